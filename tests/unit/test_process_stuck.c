/* test_process_stuck.c - launchers and shims that are stopped, and a launcher that nobody would
 * wait for: what does nothing is noticed, told and ended. */
#include "tests/unit/process_rig.h"

#include "executor/process/internal.h"

#define PATIENCE_MS 300 /* instead of seconds */

static int setup(void **state)
{
	struct rig *rig = rig_create();

	rig->executor->patience_ms = PATIENCE_MS;
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

static void a_stopped_launcher_is_replaced(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo x >>effect");
	pid_t former;

	rig_until(rig, rig->ready_count == 1);
	former = rig_launcher_pid(rig);
	assert_int_equal(kill(former, SIGSTOP), 0);
	process_launch(rig->executor, &launch);
	rig_until(rig, rig->trouble_count > 0);
	assert_non_null(strstr(rig->trouble, "does not answer"));
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	rig_expect_file(rig, "effect", "x\n");
	assert_true(rig_launcher_pid(rig) != former);
	assert_string_equal(rig->trouble, "");
}

static void what_runs_outlives_a_stopped_launcher(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch =
	    rig_command(rig, 1, "echo x >>effect; : >up; " RIG_WAIT_FOR_GO);

	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_int_equal(kill(rig_launcher_pid(rig), SIGSTOP), 0);
	rig_until(rig, rig->trouble_count > 0 && rig->trouble[0] == '\0');
	rig_touch(rig, "go");
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	rig_expect_file(rig, "effect", "x\n");
}

static void a_launcher_that_answers_is_left_alone(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "sleep 2");
	pid_t former;

	rig->executor->patience_ms = 100;
	rig_until(rig, rig->ready_count == 1);
	former = rig_launcher_pid(rig);
	rig_expect_cause(rig_run(rig, &launch), CAUSE_SUCCESS);
	assert_int_equal(rig->trouble_count, 0);
	assert_int_equal(rig_launcher_pid(rig), former);
}

static void a_stopped_shim_is_reminded_of_its_timeout(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "echo $$ >pid; : >up; exec sleep 100");
	struct claim claim = {0};

	launch.timeout_ms = 1000;
	launch.grace_ms = 100;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_true(rig_read_claim(rig, 1, &claim));
	assert_int_equal(kill(claim.shim_pid, SIGSTOP), 0);
	rig_until(rig, rig->trouble_count == 1);
	assert_non_null(strstr(rig->trouble, "timeout"));
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_TIMEOUT);
	rig_expect_dead(rig, "pid");
	assert_string_equal(rig->trouble, "");
}

static void a_shim_that_stays_stopped_is_ended_with_its_task(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(
	    rig, 1, "trap '' TERM; echo $$ >pid; : >up; while :; do sleep 1 || :; done");
	struct claim claim = {0};

	launch.timeout_ms = 500;
	launch.grace_ms = 1000;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, rig_has(rig, "up"));
	assert_true(rig_read_claim(rig, 1, &claim));
	/* Stopped again and again: reminding it does not help. */
	rig_until_seen(rig, (kill(claim.shim_pid, SIGSTOP), rig_end(rig, 1) != NULL));
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
	rig_expect_dead(rig, "pid");
	assert_int_equal(rig->trouble_count, 1);
}

static void a_shim_in_time_is_not_overdue(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, "trap '' TERM; sleep 2");

	launch.timeout_ms = 100;
	launch.grace_ms = 800;
	rig_expect_cause(rig_run(rig, &launch), CAUSE_TIMEOUT);
	assert_int_equal(rig->trouble_count, 0);
}

static size_t zombies(void)
{
	struct pids children = {0};
	struct procfs_stat stat;
	size_t count = 0;

	procfs_children(getpid(), &children);
	for (size_t i = 0; i < children.count; i++)
		count += procfs_read_stat(children.items[i], &stat) && stat.state == 'Z';
	vec_close(&children);
	return count;
}

/* A daemon that executes itself anew forgets everything but its children: here, the loop and the
 * executor that it had. */
static void begin_anew(const struct rig *former)
{
	struct rig *rig = mem_alloc(sizeof *rig);

	*rig = *former;
	uv_loop_init(&rig->loop);
	uv_timer_init(&rig->loop, &rig->patience);
	rig->patience.data = rig;
	rig_start(rig);
	rig_until(rig, rig->ready_count == 1);
	_exit(zombies() == 0 ? 0 : 1);
}

static void a_daemon_that_begins_anew_leaves_no_zombie(void **state)
{
	struct rig *rig = *state;
	int status;
	pid_t pid;

	rig_stop(rig);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uv_loop_fork(&rig->loop);
		rig_start(rig);
		rig_until(rig, rig->ready_count == 1);
		begin_anew(rig);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rig_start(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(a_stopped_launcher_is_replaced),
	    STORY(what_runs_outlives_a_stopped_launcher),
	    STORY(a_launcher_that_answers_is_left_alone),
	    STORY(a_stopped_shim_is_reminded_of_its_timeout),
	    STORY(a_shim_that_stays_stopped_is_ended_with_its_task),
	    STORY(a_shim_in_time_is_not_overdue),
	    STORY(a_daemon_that_begins_anew_leaves_no_zombie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
