/* test_process_format.c - claims, records and frames survive only whole; names and paths. */
#include "tests/unit/process_rig.h"

#include "executor/process/cgroup.h"
#include "executor/process/claim.h"
#include "executor/process/frame.h"
#include "executor/process/kept.h"
#include "executor/process/record.h"

static struct attempt_end some_end(void)
{
	struct attempt_end end = {.attempt_id = 1234567890123,
				  .cause = CAUSE_TIMEOUT,
				  .exit_code = -1,
				  .signal = 15,
				  .started_at_ms = 1795154400123,
				  .ended_at_ms = 1795154400999,
				  .duration_ms = 876,
				  .max_rss_bytes = 1 << 30,
				  .cpu_user_us = 12,
				  .cpu_system_us = 34,
				  .log_bytes = UINT64_MAX,
				  .log_dropped_bytes = 5,
				  .log_dropped_lines = 6,
				  .reason = "exec 'x': no"};

	return end;
}

static void a_record_comes_back_as_it_was(void **state)
{
	struct attempt_end end = some_end();
	struct attempt_end read;
	unsigned char bytes[RECORD_MAX_BYTES];

	(void)state;
	memset(&read, 0, sizeof read);
	memset(end.reason, 'r', LIMIT_REASON_BYTES);
	for (int cause = 0; cause < CAUSE_COUNT; cause++) {
		size_t size;

		end.cause = (enum attempt_cause)cause;
		size = record_encode(&end, bytes);
		assert_int_equal(size, RECORD_MAX_BYTES);
		assert_true(record_decode(bytes, size, &read));
		assert_memory_equal(&read, &end, sizeof end);
	}
}

static void a_record_of_the_first_release_is_read(void **state)
{
	/* As version 1 wrote it. Later versions must go on reading these bytes. */
	static const unsigned char bytes[] = {
	    'H', 'd', 'E', 'x', 1, 0, 0, 0, 114, 0, 0, 0, 0x4b, 0x72, 0x6c, 0x3f, 7, 0,   0,
	    0,   0,   0,   0,   0, 3, 0, 0, 0,   5, 0, 0, 0,    0,    0,    0,    0, 2,   0,
	    0,   0,   1,   0,   0, 0, 0, 0, 0,   0, 2, 0, 0,    0,    0,    0,    0, 0,   3,
	    0,   0,   0,   0,   0, 0, 0, 4, 0,   0, 0, 0, 0,    0,    0,    5,    0, 0,   0,
	    0,   0,   0,   0,   6, 0, 0, 0, 0,   0, 0, 0, 7,    0,    0,    0,    0, 0,   0,
	    0,   8,   0,   0,   0, 0, 0, 0, 0,   9, 0, 0, 0,    0,    0,    0,    0, 'o', 'k'};
	struct attempt_end end;

	(void)state;
	assert_true(record_decode(bytes, sizeof bytes, &end));
	assert_int_equal(end.attempt_id, 7);
	assert_int_equal(end.cause, CAUSE_EXIT_CODE);
	assert_int_equal(end.exit_code, 5);
	assert_int_equal(end.started_at_ms, 1);
	assert_int_equal(end.log_dropped_lines, 9);
	assert_string_equal(end.reason, "ok");
}

static void a_torn_record_is_none(void **state)
{
	struct attempt_end end = some_end();
	struct attempt_end read = {.attempt_id = 42};
	unsigned char bytes[RECORD_MAX_BYTES];
	size_t size = record_encode(&end, bytes);

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_false(record_decode(bytes, cut, &read));
	for (size_t at = 0; at < size; at++) {
		bytes[at] ^= 0x10;
		assert_false(record_decode(bytes, size, &read));
		bytes[at] ^= 0x10;
	}
	assert_int_equal(read.attempt_id, 42);
	assert_true(record_decode(bytes, size, &read));
}

static struct claim some_claim(void)
{
	struct claim claim = {.claimed_at_ms = 1795154400123,
			      .shim_pid = 17,
			      .shim_start = 123456789012345,
			      .task_pid = 18,
			      .task_start = 5,
			      .boot_id = "0f0e0d0c-0b0a-0908-0706-050403020100",
			      .name = "inc-7",
			      .cgroup = "/sys/fs/cgroup/heddle-inc/inc-7"};

	return claim;
}

static void a_claim_is_made_once_and_locked(void **state)
{
	struct claim claim = some_claim();
	struct attempt_end end = some_end();
	struct claim_file file;
	char folder[] = "/tmp/heddle-claim-XXXXXX";
	char path[64];
	bool held;
	int other;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/day/a.claim", folder);
	assert_int_equal(claim_file_read(path, &file, &held), ENOENT);
	assert_int_equal(claim_make(path, &claim, NULL, &fd), 0);
	assert_int_equal(claim_make(path, &claim, NULL, &other), EEXIST);
	assert_int_equal(other, -1);
	assert_int_equal(claim_file_read(path, &file, &held), 0);
	assert_true(held && file.is_claim && !file.is_record);
	assert_memory_equal(&file.claim, &claim, sizeof claim);
	claim.task_pid = 19;
	claim.cgroup[0] = '\0';
	assert_int_equal(claim_update(fd, &claim), 0);
	assert_int_equal(claim_write_record(fd, &end), 0);
	close(fd);
	assert_int_equal(claim_file_read(path, &file, &held), 0);
	assert_true(!held && file.is_claim && file.is_record);
	assert_int_equal(file.claim.task_pid, 19);
	assert_string_equal(file.claim.cgroup, "");
	assert_int_equal(file.end.duration_ms, 876);
	rig_remove(folder);
}

static void a_claim_leaves_no_trace_when_it_loses(void **state)
{
	struct claim claim = some_claim();
	char folder[] = "/tmp/heddle-claim-XXXXXX";
	char path[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a.claim", folder);
	assert_int_equal(claim_make(path, &claim, NULL, &fd), 0);
	close(fd);
	assert_int_equal(claim_make(path, &claim, NULL, &fd), EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void garbage_is_neither_claim_nor_record(void **state)
{
	unsigned char bytes[CLAIM_FILE_BYTES];
	struct claim_file file;
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof bytes; i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		memcpy(bytes, "HdCl\1\0\0\0", 8);
		memcpy(bytes + CLAIM_RECORD_OFFSET, "HdEx\1\0\0\0", 8);
		claim_file_decode(bytes, sizeof bytes, &file);
		assert_false(file.is_claim || file.is_record);
	}
	claim_file_decode(bytes, 0, &file);
	assert_false(file.is_claim || file.is_record);
}

static void a_launch_comes_back_as_it_was(void **state)
{
	struct frame_launch launch = {.attempt_id = 5,
				      .timeout_ms = 6,
				      .grace_ms = 7,
				      .log_limit_bytes = 8,
				      .memory_bytes = 1ull << 40,
				      .cpus_milli = 1500,
				      .pids = 9,
				      .without_cgroup = true,
				      .keep_stdout = true,
				      .want_artifacts = true,
				      .name = "n-5",
				      .day = "2026-11-20",
				      .cwd = "/",
				      .run_dir = "",
				      .stdin_text = "select 1\n",
				      .argc = 2,
				      .envc = 1};
	struct frame_launch read;
	struct str frame = STR_INIT;

	(void)state;
	frame_launch_begin(&frame, &launch);
	str_append_bytes(&frame, "a\0\0K=V", 7);
	assert_true(frame_launch_end(&frame, &launch));
	assert_int_equal(frame_size(frame.data, frame.size), frame.size);
	assert_true(frame_launch_decode(frame.data, frame.size, &read));
	assert_string_equal(read.day, "2026-11-20");
	assert_string_equal(read.strings, "a");
	assert_string_equal(frame_next(read.strings), "");
	assert_string_equal(frame_next(frame_next(read.strings)), "K=V");
	assert_true(read.without_cgroup && read.keep_stdout && read.want_artifacts);
	assert_true(read.memory_bytes == 1ull << 40);
	assert_int_equal(read.cpus_milli, 1500);
	assert_int_equal(read.pids, 9);
	assert_string_equal(read.stdin_text, "select 1\n");
	for (size_t cut = 0; cut < frame.size; cut++)
		assert_false(frame_launch_decode(frame.data, cut, &read));
	frame.data[4] = 9; /* version */
	assert_int_equal(frame_size(frame.data, frame.size), -1);
	str_close(&frame);
}

static void an_empty_stdin_is_not_none(void **state)
{
	struct frame_launch launch = {
	    .name = "n", .day = "d", .cwd = "/", .run_dir = "", .stdin_text = "", .argc = 1};
	struct frame_launch read;
	struct str frame = STR_INIT;

	(void)state;
	for (int round = 0; round < 2; round++) {
		str_clear(&frame);
		frame_launch_begin(&frame, &launch);
		str_append_bytes(&frame, "a", 2);
		assert_true(frame_launch_end(&frame, &launch));
		assert_true(frame_launch_decode(frame.data, frame.size, &read));
		assert_true((read.stdin_text == NULL) == (launch.stdin_text == NULL));
		launch.stdin_text = NULL;
	}
	str_close(&frame);
}

static void a_launch_of_the_first_release_is_read(void **state)
{
	/* As version 1 wrote it. Later versions must go on reading these bytes. */
	static const unsigned char bytes[] = {
	    82, 0,  0,  0,  1,  1, 0,  0, 5,  0,   0, 0,  0, 0,  0,   0,  6,  0,  0,  0,  0,
	    0,  0,  0,  7,  0,  0, 0,  0, 0,  0,   0, 8,  0, 0,  0,   0,  0,  0,  0,  2,  0,
	    0,  0,  1,  0,  0,  0, 1,  0, 0,  0,   0, 0,  0, 0,  110, 0,  50, 48, 50, 54, 45,
	    49, 49, 45, 50, 48, 0, 47, 0, 47, 114, 0, 97, 0, 98, 0,   75, 61, 86, 0};
	struct frame_launch read;

	(void)state;
	assert_int_equal(frame_size(bytes, sizeof bytes), sizeof bytes);
	assert_true(frame_launch_decode(bytes, sizeof bytes, &read));
	assert_int_equal(read.attempt_id, 5);
	assert_int_equal(read.timeout_ms, 6);
	assert_int_equal(read.grace_ms, 7);
	assert_int_equal(read.log_limit_bytes, 8);
	assert_true(read.without_cgroup);
	assert_string_equal(read.name, "n");
	assert_string_equal(read.day, "2026-11-20");
	assert_string_equal(read.run_dir, "/r");
	assert_string_equal(read.strings, "a");
	assert_string_equal(frame_next(frame_next(read.strings)), "K=V");
	assert_null(read.stdin_text);
	assert_false(read.keep_stdout || read.want_artifacts);
	assert_true(read.memory_bytes == 0 && read.cpus_milli == 0 && read.pids == 0);
}

static void only_a_launch_has_the_second_version(void **state)
{
	struct frame_head head = frame_head(FRAME_PING, sizeof head);

	(void)state;
	assert_int_equal(head.version, 1); /* what daemons of the first release understand */
	assert_int_equal(frame_size(&head, sizeof head), sizeof head);
	head.version = 2;
	assert_int_equal(frame_size(&head, sizeof head), -1);
}

static void a_stdin_beyond_its_bound_is_no_launch(void **state)
{
	char *text = mem_alloc(FRAME_STDIN_MAX_BYTES + 2);
	struct frame_launch launch = {
	    .name = "n", .day = "d", .cwd = "/", .run_dir = "", .stdin_text = text, .argc = 1};
	struct frame_launch read;
	struct str frame = STR_INIT;

	(void)state;
	memset(text, 'x', FRAME_STDIN_MAX_BYTES + 1);
	frame_launch_begin(&frame, &launch);
	str_append_bytes(&frame, "a", 2);
	assert_false(frame_launch_end(&frame, &launch));
	text[FRAME_STDIN_MAX_BYTES] = '\0';
	str_clear(&frame);
	frame_launch_begin(&frame, &launch);
	str_append_bytes(&frame, "a", 2);
	assert_true(frame_launch_end(&frame, &launch));
	assert_int_equal(frame_size(frame.data, frame.size), frame.size);
	assert_true(frame_launch_decode(frame.data, frame.size, &read));
	assert_string_equal(read.stdin_text, text);
	str_close(&frame);
	mem_free(text);
}

static void a_kept_stdout_survives_only_whole(void **state)
{
	static const char whole[] = "heddle-stdout 1 whole 4 of 4 bytes\na\nb\n";
	static const char *const others[] = {"heddle-stdout 1 whole 4 of 5 bytes\na\nb\n",
					     "heddle-stdout 1 end 4 of 4 bytes\na\nb\n",
					     "heddle-stdout 2 whole 4 of 4 bytes\na\nb\n",
					     "heddle-stdout 1 some 4 of 4 bytes\na\nb\n",
					     "heddle-stdout 1 whole 4 of 4 bytes \na\nb\n",
					     "heddle-stdout 1 whole 3 of 3 bytes\na\nb\n",
					     "a\nb\n"};
	size_t begin = 0;
	bool is_whole = false;

	(void)state;
	assert_true(kept_decode(whole, sizeof whole - 1, &begin, &is_whole));
	assert_true(is_whole);
	assert_string_equal(whole + begin, "a\nb\n");
	for (size_t cut = 0; cut < sizeof whole - 1; cut++)
		assert_false(kept_decode(whole, cut, &begin, &is_whole));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(kept_decode(others[i], strlen(others[i]), &begin, &is_whole));
	assert_true(kept_decode("heddle-stdout 1 end 1 of 9 bytes\nx", 34, &begin, &is_whole));
	assert_false(is_whole);
}

/* A folder with a group's files stands in for one that has the controllers. */
static void limits_are_written_as_the_kernel_reads_them(void **state)
{
	static const char *const files[] = {"memory.max", "memory.oom.group", "cpu.max",
					    "pids.max"};
	static const char *const expected[] = {"536870912", "1", "1500 100000", "33"};
	char folder[] = "/tmp/heddle-group-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_false(cgroup_limit_memory(folder, 1));
	assert_false(cgroup_limit_cpus(folder, 1));
	assert_false(cgroup_limit_pids(folder, 1));
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	assert_true(cgroup_limit_memory(folder, 512u << 20));
	assert_true(cgroup_limit_cpus(folder, 15));
	assert_true(cgroup_limit_pids(folder, 33));
	for (size_t i = 0; i < 4; i++) {
		struct str text = STR_INIT;

		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		assert_int_equal(file_read(path, 100, &text, NULL), 0);
		assert_string_equal(str_text(&text), expected[i]);
		str_close(&text);
	}
	snprintf(path, sizeof path, "%s/cpu.max", folder);
	assert_int_equal(truncate(path, 0), 0);
	assert_true(cgroup_limit_cpus(folder, 1)); /* the kernel takes no quota below 1 ms */
	{
		struct str text = STR_INIT;

		assert_int_equal(file_read(path, 100, &text, NULL), 0);
		assert_string_equal(str_text(&text), "1000 100000");
		str_close(&text);
	}
	rig_remove(folder);
}

static void names_are_read_only_as_they_are_written(void **state)
{
	char name[PLACE_NAME_SIZE];
	int64_t id = 0;

	(void)state;
	assert_string_equal(place_name("a-b", 12, name), "a-b-12");
	assert_true(place_attempt("a-b-12", "a-b", &id));
	assert_int_equal(id, 12);
	assert_false(place_attempt("a-b-012", "a-b", &id));
	assert_false(place_attempt("a-b-12.tmp", "a-b", &id));
	assert_false(place_attempt("a-b-", "a-b", &id));
	assert_false(place_attempt("a-c-12", "a-b", &id));
	assert_false(place_attempt("a-b-99999999999999999999", "a-b", &id));
	assert_true(place_incarnation_is_good("0f-9_x.y"));
	assert_false(place_incarnation_is_good(""));
	assert_false(place_incarnation_is_good("../x"));
	assert_false(place_incarnation_is_good("a/b"));
}

static void the_own_cgroup_is_found_in_every_layout(void **state)
{
	static const char hybrid[] =
	    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw\n"
	    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
	static const char pure[] =
	    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
	static const char part[] = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
	static const char none[] = "30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n";
	char path[CGROUP_PATH_SIZE];

	(void)state;
	assert_true(cgroup_find(hybrid, "1:cpu:/a\n0::/\n", path));
	assert_string_equal(path, "/sys/fs/cgroup/unified");
	assert_true(cgroup_find(pure, "0::/system.slice/heddle.service\n", path));
	assert_string_equal(path, "/sys/fs/cgroup/system.slice/heddle.service");
	assert_true(cgroup_find(part, "0::/docker/x/y\n", path));
	assert_string_equal(path, "/sys/fs/cgroup/y");
	assert_false(cgroup_find(part, "0::/docker/xy\n", path));
	assert_false(cgroup_find(pure, "0::/../other\n", path));
	assert_false(cgroup_find(pure, "4:memory:/\n", path));
	assert_false(cgroup_find(none, "0::/\n", path));
}

static void a_process_is_known_by_pid_and_start(void **state)
{
	struct procfs_stat stat;
	char value[16];
	pid_t pid = fork();
	int fd;

	(void)state;
	if (pid == 0) {
		/* Larger than what is read at once, with the variable behind it. */
		static char large[40000] = "LARGE=";
		static char *env[] = {large, (char *)(uintptr_t) "WANTED=found", NULL};
		static char *argv[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "100",
				       NULL};

		memset(large + 6, 'x', sizeof large - 7);
		execve("/bin/sleep", argv, env);
		_exit(1);
	}
	while (!procfs_env(pid, "WANTED", value, sizeof value))
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_string_equal(value, "found");
	assert_false(procfs_env(pid, "ANTED", value, sizeof value));
	assert_true(procfs_read_stat(pid, &stat));
	assert_int_equal(stat.parent, getpid());
	assert_int_equal(procfs_open(pid, stat.start + 1), -1);
	fd = procfs_open(pid, stat.start);
	assert_true(fd >= 0);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(procfs_open(pid, stat.start), -1);
	assert_false(procfs_read_stat(pid, &stat));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_comes_back_as_it_was),
	    cmocka_unit_test(a_record_of_the_first_release_is_read),
	    cmocka_unit_test(a_torn_record_is_none),
	    cmocka_unit_test(a_claim_is_made_once_and_locked),
	    cmocka_unit_test(a_claim_leaves_no_trace_when_it_loses),
	    cmocka_unit_test(garbage_is_neither_claim_nor_record),
	    cmocka_unit_test(a_launch_comes_back_as_it_was),
	    cmocka_unit_test(an_empty_stdin_is_not_none),
	    cmocka_unit_test(a_launch_of_the_first_release_is_read),
	    cmocka_unit_test(only_a_launch_has_the_second_version),
	    cmocka_unit_test(a_stdin_beyond_its_bound_is_no_launch),
	    cmocka_unit_test(a_kept_stdout_survives_only_whole),
	    cmocka_unit_test(limits_are_written_as_the_kernel_reads_them),
	    cmocka_unit_test(names_are_read_only_as_they_are_written),
	    cmocka_unit_test(the_own_cgroup_is_found_in_every_layout),
	    cmocka_unit_test(a_process_is_known_by_pid_and_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
