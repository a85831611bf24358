/* test_process_kin.c - whose process somebody is. */
#include "executor/process/kin.h"
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

static void a_cgroup_names_its_attempt(void **state)
{
	int64_t id = 0;

	(void)state;
	assert_true(
	    kin_in_cgroup("0::/system.slice/heddle.service/heddle-inc/inc-12\n", "inc", &id));
	assert_int_equal(id, 12);
	assert_true(kin_in_cgroup("3:cpu:/\n0::/heddle-inc/inc-7/of/its/own\n", "inc", &id));
	assert_int_equal(id, 7);
	assert_false(kin_in_cgroup("0::/heddle-other/other-7\n", "inc", &id));
	assert_false(kin_in_cgroup("0::/heddle-inc/daemon\n", "inc", &id));
	assert_false(kin_in_cgroup("0::/heddle-inc/inc-007\n", "inc", &id));
	assert_false(kin_in_cgroup("", "inc", &id));
}

static pid_t told_pid(struct rig *rig)
{
	char *text = rig_read(rig, "pid");
	pid_t pid = (pid_t)strtol(text, NULL, 10);

	mem_free(text);
	return pid;
}

/* Whatever it did to get away: out of its session, its environment and its parents. */
static void what_a_task_leaves_is_its_own(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(
	    rig, 5,
	    "(setsid setsid env -i sh -c 'echo $$ > pid; exec sleep 300' &); " RIG_WAIT_FOR_GO);
	struct process_peer peer;
	pid_t pid;

	launch.without_cgroup = true;
	process_launch(rig->executor, &launch);
	rig_until_seen(rig, told_pid(rig) != 0);
	pid = told_pid(rig);
	rig_until_seen(rig, process_judge_peer(rig->executor, pid).attempt_id == 5);
	peer = process_judge_peer(rig->executor, pid);
	assert_int_equal(peer.kind, PROCESS_PEER_INSIDE);
	process_kill(rig->executor, launch.ref);
	rig_until(rig, rig_end(rig, 5) != NULL);
}

static void others_are_outside(void **state)
{
	struct rig *rig = *state;
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(process_judge_peer(rig->executor, child).kind, PROCESS_PEER_OUTSIDE);
	assert_int_equal(process_judge_peer(rig->executor, getpid()).kind, PROCESS_PEER_OUTSIDE);
	assert_int_equal(process_judge_peer(rig->executor, getppid()).kind, PROCESS_PEER_OUTSIDE);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* A parent that is outside is remembered once, by its number and its start; one that only has the
 * number of another is not taken for it. */
static void a_parent_that_is_outside_is_remembered(void **state)
{
	struct rig *rig = *state;
	struct kin_outsiders outsiders = {0};
	struct kin_home home = {
	    .path = rig->home, .incarnation = rig->incarnation, .outsiders = &outsiders};
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kin_find(&home, child).kind, PROCESS_PEER_OUTSIDE);
		assert_int_equal(outsiders.next, 1);
		assert_int_equal(outsiders.items[0].pid, getpid());
	}
	outsiders.items[0].start--;
	assert_int_equal(kin_find(&home, child).kind, PROCESS_PEER_OUTSIDE);
	assert_int_equal(outsiders.next, 2);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void the_dead_cannot_be_judged(void **state)
{
	struct rig *rig = *state;
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_judge_peer(rig->executor, child).kind, PROCESS_PEER_UNKNOWN);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(process_judge_peer(rig->executor, child).kind, PROCESS_PEER_UNKNOWN);
}

/* With shim and launcher dead, the environment is what is left. */
static void an_environment_tells_too(void **state)
{
	struct rig *rig = *state;
	char variable[160];
	char *const argv[] = {(char[]){"sleep"}, (char[]){"300"}, NULL};
	char *const env[] = {variable, NULL};
	struct process_peer peer;
	pid_t child;

	snprintf(variable, sizeof variable, "HEDDLE_ATTEMPT_ID=%s-9", rig->incarnation);
	child = fork();
	if (child == 0) {
		execve("/bin/sleep", argv, env);
		_exit(1);
	}
	rig_until_seen(rig, process_judge_peer(rig->executor, child).kind == PROCESS_PEER_INSIDE);
	peer = process_judge_peer(rig->executor, child);
	assert_int_equal(peer.attempt_id, 9);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cgroup_names_its_attempt),
	    cmocka_unit_test_setup_teardown(what_a_task_leaves_is_its_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(others_are_outside, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_parent_that_is_outside_is_remembered, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(the_dead_cannot_be_judged, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_environment_tells_too, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
