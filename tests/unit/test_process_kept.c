/* test_process_kept.c - a task's stdout, kept apart from its stderr: in the log and in its file. */
#include "tests/unit/process_rig.h"

#include "executor/process/kept.h"
#include "executor/process/shim_log.h"

#include <sys/resource.h>

#define AT_MS 1795154400123 /* 2026-11-20T06:00:00.123Z */
#define STAMP "2026-11-20T06:00:00.123Z "

static int setup(void **state)
{
	*state = rig_create();
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

static const struct attempt_end *run_kept(struct rig *rig, int64_t id, const char *command)
{
	struct process_launch launch = rig_command(rig, id, command);

	launch.keep_stdout = true;
	return rig_run(rig, &launch);
}

static const char *stdout_path(const struct rig *rig, int64_t id, char path[PATH_MAX])
{
	return process_stdout_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
}

static void expect_stdout(const struct rig *rig, int64_t id, const char *expected)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	bool is_whole = false;
	struct err err;

	if (process_read_stdout(stdout_path(rig, id, path), &text, &is_whole, &err) != 0)
		fail_msg("%s", err.message);
	assert_true(is_whole);
	assert_string_equal(str_text(&text), expected);
	assert_int_equal(text.size, strlen(expected));
	str_close(&text);
}

static void the_streams_come_apart(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];
	struct stat status;
	char *text;

	rig_expect_cause(run_kept(rig, 1,
				  "echo one; sleep 0.05; echo bad >&2; sleep 0.05; echo two; "
				  "sleep 0.05; printf 'three' >&2"),
			 CAUSE_SUCCESS);
	expect_stdout(rig, 1, "one\ntwo\n");
	text = rig_log_text(rig, 1);
	assert_string_equal(text, "one\n[stderr] bad\ntwo\n[stderr] three");
	mem_free(text);
	assert_int_equal(stat(stdout_path(rig, 1, path), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void what_says_nothing_is_kept_too(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];

	rig_expect_cause(run_kept(rig, 1, "true"), CAUSE_SUCCESS);
	expect_stdout(rig, 1, "");
	process_log_path(rig->home, rig->incarnation, rig_ref(rig, 1), path);
	assert_int_equal(access(path, F_OK), -1);
}

static void it_is_there_when_the_end_is_told(void **state)
{
	struct rig *rig = *state;

	for (int64_t id = 1; id <= 20; id++) {
		rig_expect_cause(run_kept(rig, id, "echo $HEDDLE_ATTEMPT_ID; exit 3"),
				 CAUSE_EXIT_CODE);
		{
			char expected[80];

			snprintf(expected, sizeof expected, "%s-%d\n", rig->incarnation, (int)id);
			expect_stdout(rig, id, expected);
		}
	}
}

static void a_task_without_it_has_no_file_and_no_marks(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];
	bool is_whole;
	char *log;

	rig_expect_cause(rig_run_command(rig, 1, "echo one; echo bad >&2"), CAUSE_SUCCESS);
	assert_int_equal(process_read_stdout(stdout_path(rig, 1, path), &text, &is_whole, NULL),
			 ERR_NOT_FOUND);
	log = rig_log_text(rig, 1);
	assert_string_equal(log, "one\nbad\n");
	mem_free(log);
	str_close(&text);
}

/* Exactly as much as is kept whole, and one byte more. */
static void up_to_its_bound_it_is_whole(void **state)
{
	struct rig *rig = *state;
	char command[100];

	for (int more = 0; more < 2; more++) {
		struct str text = STR_INIT;
		char path[PATH_MAX];
		bool is_whole;

		snprintf(command, sizeof command, "head -c %u /dev/zero | tr '\\0' x; echo y",
			 KEPT_WHOLE_BYTES - 2 + (unsigned)more);
		rig_expect_cause(run_kept(rig, 1 + more, command), CAUSE_SUCCESS);
		assert_int_equal(
		    process_read_stdout(stdout_path(rig, 1 + more, path), &text, &is_whole, NULL),
		    0);
		assert_int_equal(is_whole, more == 0);
		assert_int_equal(text.size, more == 0 ? KEPT_WHOLE_BYTES : KEPT_END_BYTES);
		assert_string_equal(text.data + text.size - 4, "xxy\n");
		assert_int_equal(strspn(text.data, "x"), text.size - 2);
		str_close(&text);
	}
}

static void of_a_flood_the_end_is_kept(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "seq 1 2000000; echo gone wrong >&2; echo last");
	struct str text = STR_INIT;
	char path[PATH_MAX];
	struct stat status;
	bool is_whole = true;

	launch.keep_stdout = true;
	launch.log_limit_bytes = 100000; /* what the log drops is not dropped here */
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	assert_int_equal(process_read_stdout(stdout_path(rig, 1, path), &text, &is_whole, NULL), 0);
	assert_false(is_whole);
	assert_int_equal(text.size, KEPT_END_BYTES);
	assert_string_equal(text.data + text.size - 21, "1999999\n2000000\nlast\n");
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size < KEPT_END_BYTES + KEPT_HEAD_BYTES);
	str_close(&text);
}

static void a_background_process_is_read_to_its_end(void **state)
{
	struct rig *rig = *state;

	rig_expect_cause(run_kept(rig, 1, "trap '' TERM; (sleep 0.2; echo late) & echo early"),
			 CAUSE_SUCCESS);
	expect_stdout(rig, 1, "early\nlate\n");
}

static void what_stands_in_its_place_is_told_and_left(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, NULL);
	struct str out = STR_INIT;
	char command[PATH_MAX + 64];
	char path[PATH_MAX];
	bool is_whole;
	char *text;

	snprintf(command, sizeof command, "echo one; ln -s /etc/passwd '%s'",
		 stdout_path(rig, 1, path));
	launch.command = command;
	launch.keep_stdout = true;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	text = rig_log_text(rig, 1);
	assert_string_equal(text,
			    "one\n[heddle] stdout cannot be kept for the outputs: File exists\n");
	mem_free(text);
	assert_int_equal(process_read_stdout(path, &out, &is_whole, NULL), ERR_INVALID);
	assert_int_equal(out.size, 0);
	str_close(&out);
}

static void it_is_kept_while_no_daemon_lives(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "read word; echo $word; : >up; " RIG_WAIT_FOR_GO "; echo end");

	launch.stdin_text = "first\n";
	launch.keep_stdout = true;
	rig_run_daemon_until(rig, &launch, "up");
	rig_touch(rig, "go");
	{
		char record[PATH_MAX];

		process_record_path(rig->home, rig->incarnation, launch.ref, record);
		rig_until_seen(rig, access(record, F_OK) == 0);
	}
	expect_stdout(rig, 1, "first\nend\n");
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	expect_stdout(rig, 1, "first\nend\n");
}

static void a_full_disk_leaves_no_half_of_it(void **state)
{
	struct rig *rig = *state;
	struct str out = STR_INIT;
	struct rlimit limit;
	struct rlimit small;
	char path[PATH_MAX];
	bool is_whole;
	char *text;

	/* The launcher is started under the limit, and its shims have it from there. */
	rig_stop(rig);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 8192;
	setrlimit(RLIMIT_FSIZE, &small);
	rig_start(rig);
	rig_until(rig, rig->ready_count == 1);
	setrlimit(RLIMIT_FSIZE, &limit);
	rig_expect_cause(run_kept(rig, 1,
				  "head -c 9000 /dev/zero | tr '\\0' '\\n' | uniq; "
				  "head -c 9000 /dev/zero >/dev/stderr"),
			 CAUSE_SUCCESS);
	expect_stdout(rig, 1, "\n");
	rig_expect_cause(run_kept(rig, 2, "seq 1 5 >&2; sleep 0.5; seq -s, 1 2000 | tee /dev/null"),
			 CAUSE_SUCCESS);
	assert_int_equal(process_read_stdout(stdout_path(rig, 2, path), &out, &is_whole, NULL),
			 ERR_NOT_FOUND);
	text = rig_log(rig, 2);
	assert_true(str_starts_with(text + 25, "[stderr] 1\n"));
	mem_free(text);
	str_close(&out);
}

static void a_torn_file_is_told_from_a_whole_one(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];
	bool is_whole;

	rig_expect_cause(run_kept(rig, 1, "echo one"), CAUSE_SUCCESS);
	assert_int_equal(truncate(stdout_path(rig, 1, path), 20), 0);
	assert_int_equal(process_read_stdout(path, &text, &is_whole, NULL), ERR_CORRUPT);
	str_close(&text);
}

/* A line that is under way when the other stream speaks ends there. */
static void lines_of_both_streams_are_never_mixed(void **state)
{
	struct shim_log *log = mem_alloc(sizeof *log);
	char path[] = "/tmp/heddle-log-XXXXXX";
	struct str text = STR_INIT;

	(void)state;
	close(mkstemp(path));
	shim_log_init(log, path, 1u << 20);
	shim_log_add(log, "ha", 2, AT_MS);
	shim_log_add_error(log, "bad\nwor", 7, AT_MS);
	shim_log_add_error(log, "se\n", 3, AT_MS);
	shim_log_add(log, "lf\n", 3, AT_MS);
	shim_log_add(log, "", 0, AT_MS);
	shim_log_add_error(log, "end", 3, AT_MS);
	shim_log_note(log, "noted", AT_MS);
	shim_log_finish(log, AT_MS);
	assert_int_equal(file_read(path, 4096, &text, NULL), 0);
	assert_string_equal(str_text(&text),
			    STAMP "ha\n" STAMP "[stderr] bad\n" STAMP "[stderr] worse\n" STAMP
				  "lf\n" STAMP "[stderr] end\n" STAMP "[heddle] noted\n");
	assert_int_equal(log->written_bytes, text.size);
	str_close(&text);
	unlink(path);
	mem_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(the_streams_come_apart),
	    STORY(what_says_nothing_is_kept_too),
	    STORY(it_is_there_when_the_end_is_told),
	    STORY(a_task_without_it_has_no_file_and_no_marks),
	    STORY(up_to_its_bound_it_is_whole),
	    STORY(of_a_flood_the_end_is_kept),
	    STORY(a_background_process_is_read_to_its_end),
	    STORY(what_stands_in_its_place_is_told_and_left),
	    STORY(it_is_kept_while_no_daemon_lives),
	    STORY(a_full_disk_leaves_no_half_of_it),
	    STORY(a_torn_file_is_told_from_a_whole_one),
	    cmocka_unit_test(lines_of_both_streams_are_never_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
