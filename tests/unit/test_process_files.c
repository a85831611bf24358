/* test_process_files.c - what a task reads as stdin and leaves beside its log, and reading that. */
#include "tests/unit/process_rig.h"

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

static const struct attempt_end *run_with_stdin(struct rig *rig, int64_t id, const char *command,
						const char *text)
{
	struct process_launch launch = rig_command(rig, id, command);

	launch.stdin_text = text;
	return rig_run(rig, &launch);
}

static void expect_log(const struct rig *rig, int64_t id, const char *expected)
{
	char *text = rig_log_text(rig, id);

	assert_string_equal(text, expected);
	mem_free(text);
}

static void stdin_is_the_text_it_was_given(void **state)
{
	struct rig *rig = *state;

	rig_expect_cause(run_with_stdin(rig, 1, "cat; echo end", "one\n\ttwo \"3\"\n"),
			 CAUSE_SUCCESS);
	expect_log(rig, 1, "one\n\ttwo \"3\"\nend\n");
	rig_expect_cause(run_with_stdin(rig, 2, "cat; readlink /proc/self/fd/0 | tr '()' ' '", ""),
			 CAUSE_SUCCESS);
	expect_log(rig, 2, "/memfd:stdin  deleted \n");
	rig_expect_cause(run_with_stdin(rig, 3, "ls /proc/self/fd | tr '\\n' ' '", "x"),
			 CAUSE_SUCCESS);
	expect_log(rig, 3, "0 1 2 3 ");
}

static void a_shell_reads_its_script_from_stdin(void **state)
{
	static const char *const argv[] = {"sh", "-s", "a b", NULL};
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, NULL);

	launch.argv = argv;
	launch.stdin_text = "echo \"[$1]\"\nexit 3\n";
	rig_expect_cause(rig_run(rig, &launch), CAUSE_EXIT_CODE);
	assert_int_equal(rig_end(rig, 1)->exit_code, 3);
	expect_log(rig, 1, "[a b]\n");
}

static void the_largest_stdin_arrives(void **state)
{
	struct rig *rig = *state;
	char *text = mem_alloc(PROCESS_STDIN_MAX_BYTES + 2);
	char expected[32];

	memset(text, 'x', PROCESS_STDIN_MAX_BYTES);
	snprintf(expected, sizeof expected, "%u\n", PROCESS_STDIN_MAX_BYTES);
	rig_expect_cause(run_with_stdin(rig, 1, "wc -c", text), CAUSE_SUCCESS);
	expect_log(rig, 1, expected);
	text[PROCESS_STDIN_MAX_BYTES] = 'x';
	rig_expect_cause(run_with_stdin(rig, 2, "wc -c", text), CAUSE_COULD_NOT_START);
	snprintf(text, 100, "the stdin is larger than %u bytes", PROCESS_STDIN_MAX_BYTES);
	assert_string_equal(rig_end(rig, 2)->reason, text);
	rig_expect_cause(rig_run_command(rig, 3, "true"), CAUSE_SUCCESS);
	mem_free(text);
}

static void many_large_launches_pass(void **state)
{
	struct rig *rig = *state;
	char *text = mem_alloc(500001);

	memset(text, 'x', 500000);
	for (int64_t id = 1; id <= 20; id++) {
		struct process_launch launch = rig_command(rig, id, "test $(wc -c) = 500000");

		launch.stdin_text = text;
		process_launch(rig->executor, &launch);
	}
	rig_until(rig, rig->end_count == 20);
	for (int64_t id = 1; id <= 20; id++)
		rig_expect_cause(rig_end(rig, id), CAUSE_SUCCESS);
	assert_int_equal(rig->trouble_count, 0);
	mem_free(text);
}

static const char *output_path(const struct rig *rig, int64_t id, char path[PATH_MAX])
{
	return process_output_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
}

/* Runs a command in which %s is the path of its output. */
static const char *run_with_output(struct rig *rig, int64_t id, const char *format,
				   char path[PATH_MAX])
{
	struct str command = STR_INIT;
	const char *at = strstr(format, "%s");

	output_path(rig, id, path);
	str_append_bytes(&command, format, (size_t)(at - format));
	str_append(&command, path);
	str_append(&command, at + 2);
	rig_expect_cause(rig_run_command(rig, id, str_text(&command)), CAUSE_SUCCESS);
	str_close(&command);
	return path;
}

static void outputs_are_read_as_they_were_written(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];

	run_with_output(rig, 1, "echo a=1 >>%s", path);
	assert_int_equal(process_read_output(path, &text, NULL), 0);
	assert_string_equal(str_text(&text), "a=1\n");
	/* What was in it goes, whatever comes. */
	assert_int_equal(process_read_output(output_path(rig, 2, path), &text, NULL), 0);
	assert_string_equal(str_text(&text), "");
	str_close(&text);
}

static void outputs_are_bounded(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];
	struct err err;

	run_with_output(rig, 1, "head -c 262144 /dev/zero | tr '\\0' x >%s", path);
	assert_int_equal(process_read_output(path, &text, NULL), 0);
	assert_int_equal(text.size, LIMIT_OUTPUT_BYTES);
	run_with_output(rig, 2, "head -c 262145 /dev/zero >%s", path);
	assert_int_equal(process_read_output(path, &text, &err), ERR_LIMIT);
	assert_int_equal(text.size, 0);
	assert_non_null(strstr(err.message, "is larger than 262144 bytes"));
	str_close(&text);
}

static void only_a_plain_file_is_an_output(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];

	run_with_output(rig, 1, "mkfifo %s", path);
	assert_int_equal(process_read_output(path, &text, NULL), ERR_INVALID);
	run_with_output(rig, 2, "ln -s /etc/passwd %s", path);
	assert_int_equal(process_read_output(path, &text, NULL), ERR_INVALID);
	run_with_output(rig, 3, "mkdir %s", path);
	assert_int_equal(process_read_output(path, &text, NULL), ERR_INVALID);
	assert_int_equal(text.size, 0);
	str_close(&text);
}

static const char *artifacts_path(const struct rig *rig, int64_t id, char path[PATH_MAX])
{
	return process_artifacts_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
}

static const struct attempt_end *run_with_artifacts(struct rig *rig, int64_t id,
						    const char *command)
{
	struct process_launch launch = rig_command(rig, id, command);
	struct env_var env[2] = {{"PATH", "/usr/bin:/bin"}, {"HEDDLE_ARTIFACTS", NULL}};
	char path[PATH_MAX];

	env[1].value = artifacts_path(rig, id, path);
	launch.env = env;
	launch.env_count = 2;
	launch.want_artifacts = true;
	return rig_run(rig, &launch);
}

static void artifacts_stay_and_an_empty_folder_goes(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];
	char file[PATH_MAX + 8];

	rig_expect_cause(run_with_artifacts(rig, 1,
					    "stat -c %a \"$HEDDLE_ARTIFACTS\"; "
					    "echo x >\"$HEDDLE_ARTIFACTS/x\"; exit 4"),
			 CAUSE_EXIT_CODE);
	expect_log(rig, 1, "700\n");
	snprintf(file, sizeof file, "%s/x", artifacts_path(rig, 1, path));
	assert_int_equal(access(file, F_OK), 0);
	rig_expect_cause(run_with_artifacts(rig, 2, "test -d \"$HEDDLE_ARTIFACTS\""),
			 CAUSE_SUCCESS);
	assert_int_equal(access(artifacts_path(rig, 2, path), F_OK), -1);
	rig_expect_cause(rig_run_command(rig, 3, "true"), CAUSE_SUCCESS);
	assert_int_equal(access(artifacts_path(rig, 3, path), F_OK), -1);
}

static void the_files_stand_side_by_side(void **state)
{
	static const struct {
		const char *(*path)(const char *home, const char *incarnation,
				    struct process_ref ref, char *buffer);
		const char *expected;
	} files[] = {{process_log_path, "/h/logs/2026-11-20/i-7.log"},
		     {process_claim_path, "/h/logs/2026-11-20/i-7.claim"},
		     {process_stdout_path, "/h/logs/2026-11-20/i-7.stdout"},
		     {process_output_path, "/h/logs/2026-11-20/i-7.output"},
		     {process_progress_path, "/h/logs/2026-11-20/i-7.progress"},
		     {process_artifacts_path, "/h/logs/2026-11-20/i-7.artifacts"}};
	struct process_ref ref = {7, 1795154400123};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		assert_string_equal(files[i].path("/h", "i", ref, path), files[i].expected);
}

static void expect_tail(const char *path, size_t max_bytes, const char *expected)
{
	struct str text = STR_INIT;
	struct err err;

	if (process_log_tail(path, max_bytes, &text, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(str_text(&text), expected);
	assert_int_equal(text.size, strlen(expected));
	str_close(&text);
}

static void the_tail_of_a_log_is_what_the_task_said(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "echo one; echo; sleep 0.05; echo bad >&2; sleep 0.05; printf end");
	char path[PATH_MAX];

	launch.keep_stdout = true;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	process_log_path(rig->home, rig->incarnation, launch.ref, path);
	expect_tail(path, 65536, "one\n\nbad\nend");
	/* 25 + 3 bytes, 25 + 9 + 4, 25 + 1: the line that is cut is left out. */
	expect_tail(path, 28 + 38, "end");
	expect_tail(path, 28 + 39, "bad\nend");
	expect_tail(path, 28 + 38 + 26 + 5, "\nbad\nend");
	expect_tail(path, 5, "Z end");
	process_log_path(rig->home, rig->incarnation, rig_ref(rig, 9), path);
	expect_tail(path, 65536, "");
}

static void the_tail_is_not_read_through_a_link(void **state)
{
	struct rig *rig = *state;
	struct str text = STR_INIT;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/link", rig->home);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(process_log_tail(path, 100, &text, NULL), ERR_INVALID);
	assert_int_equal(text.size, 0);
	str_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(stdin_is_the_text_it_was_given),
	    STORY(a_shell_reads_its_script_from_stdin),
	    STORY(the_largest_stdin_arrives),
	    STORY(many_large_launches_pass),
	    STORY(outputs_are_read_as_they_were_written),
	    STORY(outputs_are_bounded),
	    STORY(only_a_plain_file_is_an_output),
	    STORY(artifacts_stay_and_an_empty_folder_goes),
	    cmocka_unit_test(the_files_stand_side_by_side),
	    STORY(the_tail_of_a_log_is_what_the_task_said),
	    STORY(the_tail_is_not_read_through_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
