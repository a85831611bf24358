/* test_process_recover.c - shims, launcher and daemon are killed: each attempt has one effect and
 * one end, and nothing is left behind. */
#include "tests/unit/process_rig.h"

#include <sys/mman.h>

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

/* A task whose grandchild left its session and emptied its environment. */
#define HIDING_TASK                                                                         \
	"echo x >>effect; (setsid env -i /bin/sh -c 'echo $$ >hidden; exec sleep 100' &); " \
	"(setsid sleep 100 & echo $! >away); sleep 100 & echo $! >near; "                   \
	"while ! test -s hidden; do sleep 0.01; done; : >up; wait"

/* One whose child left its session and kept its environment: enough to be found without a cgroup by
 * a daemon whose launcher is not the one that would inherit it. */
#define LEAVING_TASK                                                                               \
	"echo x >>effect; (setsid sleep 100 & echo $! >away); sleep 100 & echo $! >near; cp near " \
	"hidden; : >up; wait"

static void expect_lost_once(struct rig *rig)
{
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
	assert_int_equal(rig_end_count(rig, 1), 1);
	rig_expect_dead(rig, "hidden");
	rig_expect_dead(rig, "near");
	rig_expect_dead(rig, "away");
	rig_expect_file(rig, "effect", "x\n");
}

static void a_killed_shim_is_lost_and_leaves_no_process(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, HIDING_TASK);
	struct claim claim = {0};

	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_true(rig_read_claim(rig, 1, &claim));
	assert_int_equal(kill(claim.shim_pid, SIGKILL), 0);
	expect_lost_once(rig);
}

static void a_killed_shim_without_cgroup_leaves_no_process(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, HIDING_TASK);
	struct claim claim = {0};

	launch.without_cgroup = true;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_true(rig_read_claim(rig, 1, &claim));
	assert_int_equal(kill(claim.shim_pid, SIGKILL), 0);
	expect_lost_once(rig);
}

static void what_a_shim_left_is_found_without_launcher_and_cgroup(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1,
			"echo x >>effect; (setsid sleep 100 & echo $! >away); env -i sleep 100 & "
			"echo $! >near; cp near hidden; : >up; wait");
	struct claim claim = {0};

	launch.without_cgroup = true;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_true(rig_read_claim(rig, 1, &claim));
	assert_int_equal(kill(rig_launcher_pid(rig), SIGKILL), 0);
	assert_int_equal(kill(claim.shim_pid, SIGKILL), 0);
	expect_lost_once(rig);
}

static void a_killed_launcher_doubles_and_loses_nothing(void **state)
{
	struct rig *rig = *state;

	for (int64_t id = 1; id <= 60; id++) {
		struct process_launch launch =
		    rig_command(rig, id, "echo $HEDDLE_ATTEMPT_ID >>all; sleep 0.05");

		process_launch(rig->executor, &launch);
		if (id % 20 == 0) {
			rig_until(rig, rig->end_count * 4 >= (size_t)id);
			kill(rig_launcher_pid(rig), SIGKILL);
		}
	}
	rig_until(rig, process_count(rig->executor) == 0 && rig->end_count >= 60);
	for (int64_t id = 1; id <= 60; id++)
		rig_expect_cause(rig_end(rig, id), CAUSE_SUCCESS);
	{
		char *all = rig_read(rig, "all");
		size_t lines = 0;

		for (const char *at = all; (at = strchr(at, '\n')) != NULL; at++)
			lines++;
		assert_int_equal(lines, 60);
		mem_free(all);
	}
}

static void a_new_daemon_takes_up_what_runs(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "echo x >>effect; : >up; " RIG_WAIT_FOR_GO);

	rig_run_daemon_until(rig, &launch, "up");
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig->ready_count == 1);
	assert_int_equal(process_count(rig->executor), 1);
	rig_touch(rig, "go");
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	rig_expect_file(rig, "effect", "x\n");
}

static void a_new_daemon_can_cancel_what_runs(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, ": >up; exec sleep 100");

	rig_run_daemon_until(rig, &launch, "up");
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	process_cancel(rig->executor, launch.ref);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_CANCELLED);
}

static void a_new_daemon_sees_a_taken_up_shim_die(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, LEAVING_TASK);
	struct claim claim = {0};

	rig_run_daemon_until(rig, &launch, "up");
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig->ready_count == 1);
	assert_true(rig_read_claim(rig, 1, &claim));
	kill(claim.shim_pid, SIGKILL);
	expect_lost_once(rig);
}

static void a_new_daemon_takes_the_record_of_what_ended_meanwhile(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "echo x >>effect; : >up; sleep 0.2; exit 3");
	char record[PATH_MAX];

	rig_run_daemon_until(rig, &launch, "up");
	process_record_path(rig->home, rig->incarnation, launch.ref, record);
	rig_until_seen(rig, access(record, F_OK) == 0);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_EXIT_CODE);
	assert_int_equal(rig_end(rig, 1)->exit_code, 3);
	rig_expect_file(rig, "effect", "x\n");
}

static void a_record_nobody_asks_for_is_told_too(void **state)
{
	struct rig *rig = *state;

	rig_run_command(rig, 1, "true");
	rig_stop(rig);
	rig->end_count = 0;
	rig_start(rig);
	rig_until(rig, rig_end(rig, 1) != NULL);
	process_forget(rig->executor, rig_ref(rig, 1));
	rig_stop(rig);
	rig->end_count = 0;
	rig_start(rig);
	rig_expect_cause(rig_run_command(rig, 2, "true"), CAUSE_SUCCESS);
	assert_int_equal(rig_end_count(rig, 1), 0);
}

static void without_a_claim_it_is_launched_on_the_same_machine_only(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo x >>effect");

	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	launch = rig_command(rig, 2, "echo x >>effect");
	process_adopt(rig->executor, &launch, false);
	rig_until(rig, rig_end(rig, 2) != NULL);
	rig_expect_cause(rig_end(rig, 2), CAUSE_LOST);
	rig_expect_file(rig, "effect", "x\n");
}

static void a_claim_of_another_boot_is_lost(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, ": >up; exec sleep 0.5");
	char boot_id[64];

	rig_run_daemon_until(rig, &launch, "up");
	memcpy(boot_id, rig->boot_id, sizeof boot_id);
	snprintf(rig->boot_id, sizeof rig->boot_id, "another-boot");
	rig_start(rig);
	process_adopt(rig->executor, &launch, false);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
}

/* What a second daemon does on the home, in a process of its own: takes over, and leaves. */
static void take_over(const struct rig *first, pid_t former)
{
	struct rig second = *first;
	struct procfs_stat stat;
	bool is_alive;

	second.executor = NULL;
	uv_loop_init(&second.loop);
	uv_timer_init(&second.loop, &second.patience);
	second.patience.data = &second;
	rig_start(&second);
	rig_until_seen(&second, second.ready_count == 1);
	is_alive = procfs_read_stat(former, &stat) && stat.state != 'Z' && stat.state != 'X';
	_exit(is_alive || rig_launcher_pid(&second) == former ? 1 : 0);
}

static void a_new_daemon_ends_the_former_launcher(void **state)
{
	struct rig *rig = *state;
	pid_t former;
	pid_t pid;
	int status;

	rig_until(rig, rig->ready_count == 1);
	former = rig_launcher_pid(rig);
	assert_true(former > 1);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		take_over(rig, former);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void write_over(const char *path, off_t at, const char *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, count, at), (ssize_t)count);
	close(fd);
}

static void a_torn_record_counts_as_none(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "true");
	char record[PATH_MAX];

	rig_run(rig, &launch);
	rig_stop(rig);
	rig->end_count = 0;
	process_record_path(rig->home, rig->incarnation, launch.ref, record);
	write_over(record, CLAIM_RECORD_OFFSET + 60, "torn", 4);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
	assert_int_equal(access(record, F_OK), -1);
}

static void a_torn_claim_is_lost_and_its_processes_end(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, LEAVING_TASK);
	struct claim claim = {0};
	char path[PATH_MAX];

	rig_run_daemon_until(rig, &launch, "up");
	assert_true(rig_read_claim(rig, 1, &claim));
	kill(claim.shim_pid, SIGKILL);
	process_claim_path(rig->home, rig->incarnation, launch.ref, path);
	write_over(path, 20, "garbage", 7);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	expect_lost_once(rig);
	if (claim.cgroup[0] != '\0')
		rmdir(
		    claim.cgroup); /* only the claim knew of it; the next launcher would sweep it */
}

static void set_version(const char *path, off_t at, const char *version)
{
	write_over(path, at + 4, version, 1);
}

/* As after somebody went back to an older release: nothing is ended, lost or set aside. */
static void what_a_newer_release_wrote_is_left_to_it(void **state)
{
	struct rig *rig = *state;

	for (int64_t id = 1; id <= 2; id++) {
		struct process_launch launch = rig_command(rig, id, "true");
		char record[PATH_MAX];

		rig_run(rig, &launch);
		rig_stop(rig);
		rig->end_count = 0;
		process_record_path(rig->home, rig->incarnation, launch.ref, record);
		set_version(record, 0, id == 1 ? "\2" : "\1");
		set_version(record, CLAIM_RECORD_OFFSET, "\2");
		rig_start(rig);
		process_adopt(rig->executor, &launch, true);
		rig_until(rig, rig->trouble[0] != '\0');
		assert_non_null(strstr(rig->trouble, "a newer Heddle"));
		assert_int_equal(access(record, F_OK), 0);
		assert_int_equal(rig->end_count, 0);
		/* What is of a version that it knows again is taken. */
		set_version(record, 0, "\1");
		set_version(record, CLAIM_RECORD_OFFSET, "\1");
		rig_until(rig, rig_end(rig, id) != NULL);
		rig_expect_cause(rig_end(rig, id), CAUSE_SUCCESS);
		process_forget(rig->executor, launch.ref);
		rig->trouble[0] = '\0';
	}
}

static void garbage_in_the_spool_harms_nothing(void **state)
{
	struct rig *rig = *state;
	char command[512];

	rig_stop(rig);
	snprintf(
	    command, sizeof command,
	    "cd %s/spool/exit && mkdir dir && mkdir %s-5 && mkfifo fifo && mkfifo %s-6 && "
	    "echo x >foreign && echo x >%s-7 && truncate -s 1G %s-8 && : >%s-9 && ln -s loop %s-10",
	    rig->home, rig->incarnation, rig->incarnation, rig->incarnation, rig->incarnation,
	    rig->incarnation, rig->incarnation);
	assert_int_equal(system(command), 0);
	rig_start(rig);
	rig_expect_cause(rig_run_command(rig, 1, "true"), CAUSE_SUCCESS);
	assert_int_equal(rig->end_count, 1);
}

static void a_full_disk_still_tells_the_end(void **state)
{
	struct rig *rig = *state;
	char command[256];

	rig_stop(rig);
	snprintf(command, sizeof command, "mount -t tmpfs -o size=400k none %s 2>/dev/null",
		 rig->home);
	if (system(command) != 0) {
		print_message("skipped: only root may mount a small disk\n");
		skip();
	}
	rig_start(rig);
	rig_expect_cause(
	    rig_run_command(rig, 1,
			    "cat /dev/zero >fill 2>/dev/null || :; i=0; while [ $i -lt "
			    "2000 ]; do echo $i; i=$((i+1)); done; exit 5"),
	    CAUSE_EXIT_CODE);
	assert_true(rig_end(rig, 1)->log_dropped_lines > 0);
	rig_expect_cause(rig_run_command(rig, 2, "echo x >>effect"), CAUSE_COULD_NOT_START);
	assert_string_equal(rig_end(rig, 2)->reason, "claim the attempt: No space left on device");
	snprintf(command, sizeof command, "rm %s/fill", rig->home);
	assert_int_equal(system(command), 0);
	rig_expect_cause(rig_run_command(rig, 3, "echo y >>effect"), CAUSE_SUCCESS);
	rig_expect_file(rig, "effect", "y\n");
	rig_stop(rig);
	snprintf(command, sizeof command, "umount -l %s", rig->home);
	assert_int_equal(system(command), 0);
}

static void a_home_that_vanishes_lets_its_shims_end(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, ": >up; sleep 0.2");
	struct claim claim = {0};

	launch.cwd = "/";
	launch.command = "sleep 0.3";
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_read_claim(rig, 1, &claim));
	rig_stop(rig);
	rig_remove(rig->home);
	/* The teardown waits for all processes. */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(a_killed_shim_is_lost_and_leaves_no_process),
	    STORY(a_killed_shim_without_cgroup_leaves_no_process),
	    STORY(what_a_shim_left_is_found_without_launcher_and_cgroup),
	    STORY(a_killed_launcher_doubles_and_loses_nothing),
	    STORY(a_new_daemon_takes_up_what_runs),
	    STORY(a_new_daemon_can_cancel_what_runs),
	    STORY(a_new_daemon_sees_a_taken_up_shim_die),
	    STORY(a_new_daemon_takes_the_record_of_what_ended_meanwhile),
	    STORY(a_record_nobody_asks_for_is_told_too),
	    STORY(without_a_claim_it_is_launched_on_the_same_machine_only),
	    STORY(a_claim_of_another_boot_is_lost),
	    STORY(a_new_daemon_ends_the_former_launcher),
	    STORY(a_torn_record_counts_as_none),
	    STORY(what_a_newer_release_wrote_is_left_to_it),
	    STORY(a_torn_claim_is_lost_and_its_processes_end),
	    STORY(garbage_in_the_spool_harms_nothing),
	    STORY(a_full_disk_still_tells_the_end),
	    STORY(a_home_that_vanishes_lets_its_shims_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
