/* test_process_log.c - the log of an attempt: times, limits, full disks, large amounts. */
#include "tests/unit/process_rig.h"

#include "executor/process/claim.h"
#include "executor/process/shim_log.h"

#include <sys/resource.h>

#define AT_MS 1795154400123 /* 2026-11-20T06:00:00.123Z */
/* Sanitizers have memory of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HIGH_WATER_MAX_KIB 65536
#else
#define HIGH_WATER_MAX_KIB 4096
#endif
#define STAMP "2026-11-20T06:00:00.123Z "

struct paper {
	struct shim_log log;
	char path[32];
};

static int setup(void **state)
{
	struct paper *paper = mem_alloc(sizeof *paper);
	int fd;

	snprintf(paper->path, sizeof paper->path, "/tmp/heddle-log-XXXXXX");
	fd = mkstemp(paper->path);
	assert_true(fd >= 0);
	close(fd);
	shim_log_init(&paper->log, paper->path, 1u << 20);
	*state = paper;
	return 0;
}

static int teardown(void **state)
{
	struct paper *paper = *state;

	fd_close(&paper->log.fd);
	unlink(paper->path);
	mem_free(paper);
	return 0;
}

static void add(struct paper *paper, const char *text)
{
	shim_log_add(&paper->log, text, strlen(text), AT_MS);
}

static char *written(struct paper *paper)
{
	struct str text = STR_INIT;

	assert_int_equal(file_read(paper->path, 1u << 28, &text, NULL), 0);
	str_append(&text, "");
	return str_take(&text);
}

static void expect_written(struct paper *paper, const char *expected)
{
	char *text = written(paper);

	assert_string_equal(text, expected);
	mem_free(text);
}

static void each_line_has_the_time_it_began(void **state)
{
	struct paper *paper = *state;

	add(paper, "one\n\ntw");
	shim_log_flush(&paper->log, AT_MS);
	expect_written(paper, STAMP "one\n" STAMP "\n" STAMP "tw");
	shim_log_add(&paper->log, "o\nx\n", 4, AT_MS + 877);
	shim_log_finish(&paper->log, AT_MS + 877);
	expect_written(paper, STAMP "one\n" STAMP "\n" STAMP "two\n2026-11-20T06:00:01.000Z x\n");
	assert_int_equal(paper->log.written_bytes, 4 * 25 + 4 + 1 + 4 + 2);
	assert_int_equal(shim_log_dropped(&paper->log).bytes, 0);
}

static void a_long_line_is_broken(void **state)
{
	struct paper *paper = *state;
	size_t size = 2 * LIMIT_LOG_LINE_BYTES + 10;
	char *line = mem_alloc(size + 2);
	char *text;

	memset(line, 'a', size);
	line[size] = '\n';
	/* In odd portions, so that the break falls within one. */
	for (size_t at = 0; at < size + 1; at += 7001)
		shim_log_add(&paper->log, line + at, size + 1 - at < 7001 ? size + 1 - at : 7001,
			     AT_MS);
	shim_log_finish(&paper->log, AT_MS);
	text = written(paper);
	assert_int_equal(strlen(text), size + 3 * 26);
	assert_int_equal(strcspn(text, "\n"), 25 + LIMIT_LOG_LINE_BYTES);
	assert_string_equal(text + strlen(text) - 36, STAMP "aaaaaaaaaa\n");
	mem_free(text);
	mem_free(line);
}

static void a_line_of_exactly_the_limit_is_whole(void **state)
{
	struct paper *paper = *state;
	char *line = mem_alloc(LIMIT_LOG_LINE_BYTES + 2);
	char *text;

	memset(line, 'a', LIMIT_LOG_LINE_BYTES);
	line[LIMIT_LOG_LINE_BYTES] = '\n';
	add(paper, line);
	add(paper, "b\n");
	shim_log_finish(&paper->log, AT_MS);
	text = written(paper);
	assert_int_equal(strlen(text), 25 + LIMIT_LOG_LINE_BYTES + 1 + 25 + 2);
	mem_free(text);
	mem_free(line);
}

static void beyond_the_limit_the_end_is_kept(void **state)
{
	struct paper *paper = *state;
	struct shim_log_loss dropped;
	size_t lines = 0;
	char mark[200];
	char *text;

	paper->log.limit_bytes = 1000;
	for (int i = 0; i < 10000; i++) {
		char line[32];

		snprintf(line, sizeof line, "line %06d\n", i);
		add(paper, line);
	}
	shim_log_finish(&paper->log, AT_MS);
	text = written(paper);
	dropped = shim_log_dropped(&paper->log);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	/* Every line is in the file or counted, and one is the mark. */
	assert_int_equal(lines - 1 + dropped.lines, 10000);
	assert_int_equal(paper->log.written_bytes, strlen(text));
	assert_string_equal(text + strlen(text) - 37, STAMP "line 009999\n");
	snprintf(mark, sizeof mark,
		 "\n" STAMP
		 "[heddle] log limit of 1000 bytes reached: %llu lines, %llu bytes dropped; "
		 "the last 65527 bytes follow\n",
		 (unsigned long long)dropped.lines, (unsigned long long)dropped.bytes);
	assert_int_equal(dropped.bytes, dropped.lines * 37);
	assert_non_null(strstr(text, mark));
	mem_free(text);
}

static void little_beyond_the_limit_loses_nothing(void **state)
{
	struct paper *paper = *state;

	paper->log.limit_bytes = 60;
	add(paper, "first\nsecond\n");
	add(paper, "third\n");
	shim_log_finish(&paper->log, AT_MS);
	expect_written(paper,
		       STAMP "first\n" STAMP "\n" STAMP
			     "[heddle] log limit of 60 bytes reached: 1 lines, 7 bytes dropped; "
			     "the last 31 bytes follow\n" STAMP "third\n");
	assert_int_equal(shim_log_dropped(&paper->log).bytes, 7);
}

static void a_full_disk_is_told_when_it_has_room_again(void **state)
{
	struct paper *paper = *state;
	struct rlimit limit;
	struct rlimit small;
	char *text;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 40;
	setrlimit(RLIMIT_FSIZE, &small);
	add(paper, "one\n");
	shim_log_flush(&paper->log, AT_MS);
	add(paper, "two\n");
	shim_log_flush(&paper->log, AT_MS);
	add(paper, "three\n");
	shim_log_flush(&paper->log, AT_MS);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(shim_log_dropped(&paper->log).lines, 2);
	add(paper, "four\n");
	shim_log_finish(&paper->log, AT_MS);
	text = written(paper);
	assert_string_equal(text, STAMP "one\n"
					"2026-11-20T\n" STAMP
					"[heddle] 2 lines, 49 bytes lost: File too large\n" STAMP
					"four\n");
	assert_int_equal(shim_log_dropped(&paper->log).bytes, 49);
	mem_free(text);
}

static void a_log_that_cannot_be_made_is_told_once_it_can(void **state)
{
	struct paper *paper = *state;
	char missing[64];

	snprintf(missing, sizeof missing, "%s.d/log", paper->path);
	paper->log.path = missing;
	add(paper, "one\n");
	shim_log_flush(&paper->log, AT_MS);
	paper->log.path = paper->path;
	add(paper, "two\n");
	shim_log_finish(&paper->log, AT_MS);
	expect_written(paper,
		       STAMP "[heddle] 1 lines, 29 bytes lost: No such file or directory\n" STAMP
			     "two\n");
}

static void what_says_nothing_has_no_log(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];

	rig_expect_cause(rig_run_command(rig, 1, "true"), CAUSE_SUCCESS);
	process_log_path(rig->home, rig->incarnation, rig_ref(rig, 1), path);
	assert_int_equal(access(path, F_OK), -1);
}

static int setup_rig(void **state)
{
	*state = rig_create();
	return 0;
}

static int teardown_rig(void **state)
{
	rig_destroy(*state);
	return 0;
}

static void both_streams_keep_their_order(void **state)
{
	struct rig *rig = *state;
	char *text;

	rig_run_command(rig, 1, "for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done");
	text = rig_log_text(rig, 1);
	assert_string_equal(text, "out1\nerr1\nout2\nerr2\nout3\nerr3\nout4\nerr4\nout5\nerr5\n");
	mem_free(text);
}

static void a_line_under_way_is_visible(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "printf 'half'; " RIG_WAIT_FOR_GO "; echo ' whole'");
	char path[PATH_MAX];
	struct stat status;
	char *text;

	process_launch(rig->executor, &launch);
	process_log_path(rig->home, rig->incarnation, launch.ref, path);
	rig_until_seen(rig, stat(path, &status) == 0 && status.st_size == 25 + 4);
	rig_touch(rig, "go");
	rig_until(rig, rig_end(rig, 1) != NULL);
	text = rig_log_text(rig, 1);
	assert_string_equal(text, "half whole\n");
	mem_free(text);
}

static long high_water_kib(pid_t pid)
{
	char path[64];
	struct str text = STR_INIT;
	const char *at;
	long kib = -1;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	if (file_read(path, 1u << 16, &text, NULL) == 0 &&
	    (at = strstr(str_text(&text), "VmHWM:")) != NULL)
		kib = strtol(at + 6, NULL, 10);
	str_close(&text);
	return kib;
}

static void a_flood_needs_no_memory(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1,
						   "head -c 200000000 /dev/zero | tr '\\0' 'x' | "
						   "fold -w 99; : >up; " RIG_WAIT_FOR_GO);
	struct claim_file file = {0};
	char path[PATH_MAX];
	struct stat status;

	launch.log_limit_bytes = 8u << 20;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	process_claim_path(rig->home, rig->incarnation, launch.ref, path);
	assert_int_equal(claim_file_read(path, &file, NULL), 0);
	assert_in_range(high_water_kib(file.claim.shim_pid), 1, HIGH_WATER_MAX_KIB);
	rig_touch(rig, "go");
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	process_log_path(rig->home, rig->incarnation, launch.ref, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(rig_end(rig, 1)->log_bytes, (uint64_t)status.st_size);
	assert_in_range((uint64_t)status.st_size, 8u << 20, (8u << 20) + 70000);
	assert_true(rig_end(rig, 1)->log_dropped_lines > 1500000);
}

static void a_limit_on_file_size_stops_no_task(void **state)
{
	struct rig *rig = *state;
	const struct attempt_end *end;
	struct rlimit limit;
	struct rlimit small;

	/* The launcher is started under the limit, and its shims have it from there. */
	rig_stop(rig);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 8192;
	setrlimit(RLIMIT_FSIZE, &small);
	rig_start(rig);
	rig_until(rig, rig->ready_count == 1);
	setrlimit(RLIMIT_FSIZE, &limit);
	end = rig_run_command(rig, 1, "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done");
	rig_expect_cause(end, CAUSE_SUCCESS);
	assert_int_equal(end->log_bytes, 8192);
	assert_true(end->log_dropped_lines > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define PAPER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup_rig, teardown_rig)
	    PAPER(each_line_has_the_time_it_began),
	    PAPER(a_long_line_is_broken),
	    PAPER(a_line_of_exactly_the_limit_is_whole),
	    PAPER(beyond_the_limit_the_end_is_kept),
	    PAPER(little_beyond_the_limit_loses_nothing),
	    PAPER(a_full_disk_is_told_when_it_has_room_again),
	    PAPER(a_log_that_cannot_be_made_is_told_once_it_can),
	    STORY(what_says_nothing_has_no_log),
	    STORY(both_streams_keep_their_order),
	    STORY(a_line_under_way_is_visible),
	    STORY(a_flood_needs_no_memory),
	    STORY(a_limit_on_file_size_stops_no_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
