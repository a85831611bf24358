/* test_process_removed.c - people and their cleaners remove files of attempts that run: claims, and
 * the spool. Each attempt has one effect and its one right end all the same. */
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

#define TASK "echo x >>effect; echo $$ >pid; : >up; " RIG_WAIT_FOR_GO

static void remove_claim(const struct rig *rig, int64_t id)
{
	char path[PATH_MAX];

	process_claim_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
	assert_int_equal(unlink(path), 0);
}

static void run_in_home(const struct rig *rig, const char *command)
{
	char text[512];

	snprintf(text, sizeof text, "cd '%s' && %s", rig->home, command);
	assert_int_equal(system(text), 0);
}

static void launch_until_up(struct rig *rig, const struct process_launch *launch)
{
	process_launch(rig->executor, launch);
	rig_until_seen(rig, rig_has(rig, "up"));
}

static void expect_one_success(struct rig *rig)
{
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_SUCCESS);
	assert_int_equal(rig_end_count(rig, 1), 1);
	rig_expect_file(rig, "effect", "x\n");
}

static void a_removed_claim_changes_no_end(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	remove_claim(rig, 1);
	rig_touch(rig, "go");
	expect_one_success(rig);
}

static void what_stands_under_the_claims_name_is_not_taken_for_it(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	remove_claim(rig, 1);
	{
		char path[PATH_MAX];
		int fd;

		process_claim_path(rig->home, rig->incarnation, launch.ref, path);
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "foreign", 7), 7);
		close(fd);
	}
	rig_touch(rig, "go");
	expect_one_success(rig);
}

static void a_new_daemon_starts_nothing_beside_what_lost_its_claim(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	rig_run_daemon_until(rig, &launch, "up");
	remove_claim(rig, 1);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig->trouble_count == 1);
	assert_non_null(strstr(rig->trouble, "claim file was removed"));
	assert_int_equal(process_count(rig->executor), 1);
	rig_touch(rig, "go");
	expect_one_success(rig);
	assert_string_equal(rig->trouble, "");
}

/* Deaf to TERM, so that whoever says "cancelled" too early is caught. */
#define DEAF_TASK                                                                            \
	"trap '' TERM; echo x >>effect; echo $$ >pid; : >up; i=0; while test $i -lt 60; do " \
	"sleep 0.5 || :; i=$((i+1)); done"

static void expect_cancelled_and_gone(struct rig *rig)
{
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_CANCELLED);
	rig_expect_dead(rig, "pid");
	rig_expect_file(rig, "effect", "x\n");
}

static void what_lost_its_claim_is_cancelled_once_it_is_gone(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, DEAF_TASK);

	launch.grace_ms = 300;
	launch_until_up(rig, &launch);
	remove_claim(rig, 1);
	process_cancel(rig->executor, launch.ref);
	expect_cancelled_and_gone(rig);
}

static void a_new_daemon_cancels_what_lost_its_claim_once_it_is_gone(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, DEAF_TASK);

	launch.grace_ms = 300;
	rig_run_daemon_until(rig, &launch, "up");
	remove_claim(rig, 1);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	process_cancel(rig->executor, launch.ref);
	expect_cancelled_and_gone(rig);
}

static void expect_lost_and_gone(struct rig *rig)
{
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
	rig_expect_dead(rig, "pid");
	rig_expect_dead(rig, "away");
	rig_expect_file(rig, "effect", "x\n");
}

/* Its child leaves the session, and the shim's death does not reach it. */
#define LEAVING_TASK \
	"echo x >>effect; echo $$ >pid; (setsid sleep 100 & echo $! >away); : >up; sleep 100"

static void what_lost_claim_and_shim_is_ended_and_lost(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, LEAVING_TASK);
	struct claim claim = {0};

	rig_run_daemon_until(rig, &launch, "up");
	assert_true(rig_read_claim(rig, 1, &claim));
	remove_claim(rig, 1);
	kill(claim.shim_pid, SIGKILL);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	expect_lost_and_gone(rig);
}

static void a_shim_that_dies_without_its_claim_is_seen(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, LEAVING_TASK);
	struct claim claim = {0};

	rig_run_daemon_until(rig, &launch, "up");
	assert_true(rig_read_claim(rig, 1, &claim));
	remove_claim(rig, 1);
	rig_start(rig);
	process_adopt(rig->executor, &launch, true);
	rig_until(rig, rig->trouble_count == 1);
	kill(claim.shim_pid, SIGKILL);
	expect_lost_and_gone(rig);
}

/* Its claim is removed and its shim killed, under a launcher that sees it. */
static void expect_no_second_start(struct rig *rig, const char *command)
{
	struct process_launch launch = rig_command(rig, 1, command);
	struct claim claim = {0};

	launch.without_cgroup = true;
	launch_until_up(rig, &launch);
	assert_true(rig_read_claim(rig, 1, &claim));
	remove_claim(rig, 1);
	kill(claim.shim_pid, SIGKILL);
	rig_until(rig, rig_end(rig, 1) != NULL);
	rig_expect_cause(rig_end(rig, 1), CAUSE_LOST);
	rig_expect_file(rig, "effect", "x\n");
}

static void what_left_a_log_is_not_started_again(void **state)
{
	expect_no_second_start(*state, "echo said; echo x >>effect; : >up; sleep 100");
}

static void what_left_nothing_but_its_process_is_not_started_again(void **state)
{
	expect_no_second_start(*state, "echo x >>effect; : >up; exec sleep 100");
}

static void a_removed_spool_is_made_anew(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	run_in_home(rig, "rm -rf spool/exit");
	rig_touch(rig, "go");
	expect_one_success(rig);
	rig_expect_cause(rig_run_command(rig, 2, "true"), CAUSE_SUCCESS);
}

static void a_spool_that_is_moved_away_is_made_anew(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	run_in_home(rig, "mv spool elsewhere");
	rig_until_seen(rig, rig_launcher_pid(rig) > 0);
	rig_touch(rig, "go");
	expect_one_success(rig);
	rig_expect_cause(rig_run_command(rig, 2, "true"), CAUSE_SUCCESS);
}

static void a_spool_that_cannot_be_made_is_told_and_waited_for(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	run_in_home(rig, "rm -rf spool && : >spool");
	rig_until(rig, rig->trouble_count > 0);
	assert_non_null(strstr(rig->trouble, "spool"));
	rig_touch(rig, "go");
	run_in_home(rig, "rm spool");
	expect_one_success(rig);
	rig_until(rig, rig->trouble[0] == '\0');
}

static void claim_and_spool_may_be_removed_together(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);

	launch_until_up(rig, &launch);
	run_in_home(rig, "rm -rf spool logs");
	rig_touch(rig, "go");
	expect_one_success(rig);
}

static void a_record_that_vanished_unread_is_found_in_its_claim(void **state)
{
	struct rig *rig = *state;
	struct process_launch launch = rig_command(rig, 1, TASK);
	const struct timespec pause = {0, 5000000};
	char record[PATH_MAX];

	launch_until_up(rig, &launch);
	rig_touch(rig, "go");
	process_record_path(rig->home, rig->incarnation, launch.ref, record);
	/* The loop does not turn meanwhile: nobody has read it. */
	for (int i = 0; i < 2000 && access(record, F_OK) != 0; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(unlink(record), 0);
	expect_one_success(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(a_removed_claim_changes_no_end),
	    STORY(what_stands_under_the_claims_name_is_not_taken_for_it),
	    STORY(a_new_daemon_starts_nothing_beside_what_lost_its_claim),
	    STORY(what_lost_its_claim_is_cancelled_once_it_is_gone),
	    STORY(a_new_daemon_cancels_what_lost_its_claim_once_it_is_gone),
	    STORY(what_lost_claim_and_shim_is_ended_and_lost),
	    STORY(a_shim_that_dies_without_its_claim_is_seen),
	    STORY(what_left_a_log_is_not_started_again),
	    STORY(what_left_nothing_but_its_process_is_not_started_again),
	    STORY(a_removed_spool_is_made_anew),
	    STORY(a_spool_that_is_moved_away_is_made_anew),
	    STORY(a_spool_that_cannot_be_made_is_told_and_waited_for),
	    STORY(claim_and_spool_may_be_removed_together),
	    STORY(a_record_that_vanished_unread_is_found_in_its_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
