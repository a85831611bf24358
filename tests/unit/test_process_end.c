/* test_process_end.c - timeouts, cancels and kills: nothing of an attempt survives its end. Each
 * story is told twice: with a cgroup of its own (where the machine has them) and without. */
#include "tests/unit/process_rig.h"

#include "executor/process/claim.h"

struct story {
	struct rig *rig;
	bool without_cgroup;
};

static int setup_with(void **state, bool without_cgroup)
{
	struct story *story = mem_alloc(sizeof *story);

	story->rig = rig_create();
	story->without_cgroup = without_cgroup;
	*state = story;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, false);
}

static int setup_without_cgroup(void **state)
{
	return setup_with(state, true);
}

static int teardown(void **state)
{
	struct story *story = *state;

	rig_destroy(story->rig);
	mem_free(story);
	return 0;
}

static struct process_launch command(const struct story *story, int64_t id, const char *text)
{
	struct process_launch launch = rig_command(story->rig, id, text);

	launch.without_cgroup = story->without_cgroup;
	return launch;
}

/* Processes that have the attempt's name in their environment. */
static size_t living(const struct rig *rig, int64_t id)
{
	struct pids all = {0};
	char name[PLACE_NAME_SIZE];
	char value[PLACE_NAME_SIZE];
	size_t count = 0;

	place_name(rig->incarnation, id, name);
	procfs_all(&all);
	for (size_t i = 0; i < all.count; i++)
		count += procfs_env(all.items[i], "HEDDLE_ATTEMPT_ID", value, sizeof value) &&
			 strcmp(value, name) == 0;
	vec_close(&all);
	return count;
}

static void a_timeout_ends_the_task(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, "sleep 100");
	const struct attempt_end *end;

	launch.timeout_ms = 200;
	end = rig_run(story->rig, &launch);
	rig_expect_cause(end, CAUSE_TIMEOUT);
	assert_int_equal(end->signal, SIGTERM);
	assert_in_range(end->duration_ms, 200, 1900); /* no grace was needed */
	assert_int_equal(living(story->rig, 1), 0);
}

static void who_ignores_term_is_killed_after_its_grace(void **state)
{
	struct story *story = *state;
	struct process_launch launch =
	    command(story, 1, "trap 'echo no' TERM; while :; do sleep 1 || :; done");
	const struct attempt_end *end;
	char *text;

	launch.timeout_ms = 200;
	launch.grace_ms = 300;
	end = rig_run(story->rig, &launch);
	rig_expect_cause(end, CAUSE_TIMEOUT);
	assert_int_equal(end->signal, SIGKILL);
	assert_in_range(end->duration_ms, 500, 3000);
	text = rig_log_text(story->rig, 1);
	assert_non_null(strstr(text, "no\n"));
	mem_free(text);
	assert_int_equal(living(story->rig, 1), 0);
}

static void term_may_be_used_to_tidy_up(void **state)
{
	struct story *story = *state;
	struct process_launch launch =
	    command(story, 1, "trap 'echo tidy; exit 0' TERM; : >up; while :; do sleep 0.05; done");

	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	process_cancel(story->rig->executor, launch.ref);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_CANCELLED);
	{
		char *text = rig_log_text(story->rig, 1);

		/* The shell may also say that its sleep was terminated. */
		assert_non_null(strstr(text, "tidy\n"));
		mem_free(text);
	}
}

static void a_signal_of_anybody_else_is_no_cancel(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, ": >up; exec sleep 100");
	struct claim_file file = {0};
	char path[PATH_MAX];

	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	process_claim_path(story->rig->home, story->rig->incarnation, launch.ref, path);
	assert_int_equal(claim_file_read(path, &file, NULL), 0);
	kill(file.claim.shim_pid, SIGTERM);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_SIGNAL);
	assert_int_equal(rig_end(story->rig, 1)->signal, SIGTERM);
}

static void a_stopped_task_can_be_cancelled(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, ": >up; kill -STOP $$");

	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	process_cancel(story->rig->executor, launch.ref);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_CANCELLED);
	assert_in_range(rig_end(story->rig, 1)->duration_ms, 0, 1900);
}

static void a_daemonized_child_does_not_outlive_its_task(void **state)
{
	struct story *story = *state;
	/* Out of the session, out of the tree, without the environment, and deaf to TERM. */
	struct process_launch launch = command(
	    story, 1,
	    "(setsid env -i /bin/sh -c \"trap '' TERM; echo \\$\\$ >pid; sleep 100; sleep "
	    "100\" </dev/null >/dev/null 2>&1 &) ; while ! test -s pid; do sleep 0.01; done");
	char *pid;

	launch.grace_ms = 200;
	rig_expect_cause(rig_run(story->rig, &launch), CAUSE_SUCCESS);
	pid = rig_read(story->rig, "pid");
	assert_true(atoi(pid) > 1);
	assert_int_equal(kill(atoi(pid), 0), -1);
	assert_int_equal(errno, ESRCH);
	mem_free(pid);
}

static void what_forks_without_end_is_ended(void **state)
{
	struct story *story = *state;
	/* Each process replaces itself and dies, so that no list of them is ever right. The task
	 * bounds itself: an hour of the clock would be the end of it, not of the machine. */
	struct process_launch launch =
	    command(story, 1,
		    "trap '' TERM; : >up; f() { n=$1; while [ $n -gt 0 ]; do (f $((n-1))) & "
		    "n=$((n-1)); sleep 0.005; done; }; "
		    "end=$(($(date +%s)+20)); while [ $(date +%s) -lt $end ]; do f 4; done");

	launch.grace_ms = 300;
	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	process_cancel(story->rig->executor, launch.ref);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_CANCELLED);
	assert_in_range(rig_end(story->rig, 1)->duration_ms, 300, 10000);
	assert_int_equal(living(story->rig, 1), 0);
}

static void a_kill_ends_at_once(void **state)
{
	struct story *story = *state;
	struct process_launch launch =
	    command(story, 1, "trap '' TERM; : >up; while :; do sleep 1; done");

	launch.grace_ms = 60000;
	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	process_cancel(story->rig->executor, launch.ref);
	process_kill(story->rig->executor, launch.ref);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_CANCELLED);
	assert_in_range(rig_end(story->rig, 1)->duration_ms, 0, 5000);
	assert_int_equal(living(story->rig, 1), 0);
}

static void a_cancel_right_after_the_launch_ends_it_either_way(void **state)
{
	struct story *story = *state;

	for (int64_t id = 1; id <= 30; id++) {
		struct process_launch launch = command(story, id, "exec sleep 100");

		process_launch(story->rig->executor, &launch);
		process_cancel(story->rig->executor, launch.ref);
		process_cancel(story->rig->executor, launch.ref);
	}
	rig_until(story->rig, story->rig->end_count >= 30);
	for (int64_t id = 1; id <= 30; id++) {
		rig_expect_cause(rig_end(story->rig, id), CAUSE_CANCELLED);
		assert_int_equal(living(story->rig, id), 0);
	}
}

static void what_was_cancelled_before_its_claim_never_starts(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, "echo x >>effect");

	process_cancel(story->rig->executor, launch.ref);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_CANCELLED);
	assert_int_equal(rig_end(story->rig, 1)->started_at_ms, 0);
	story->rig->end_count = 0;
	rig_expect_cause(rig_run(story->rig, &launch), CAUSE_CANCELLED);
	assert_false(rig_has(story->rig, "effect"));
}

static void a_cancel_of_what_is_over_changes_nothing(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, "true");

	story->rig->forgets = true;
	rig_expect_cause(rig_run(story->rig, &launch), CAUSE_SUCCESS);
	process_cancel(story->rig->executor, launch.ref);
	launch = command(story, 2, "true");
	rig_expect_cause(rig_run(story->rig, &launch), CAUSE_SUCCESS);
	rig_until_seen(story->rig, process_count(story->rig->executor) == 0);
	assert_int_equal(rig_end_count(story->rig, 1), 1);
}

static void output_held_open_outside_the_tree_does_not_hold_the_end(void **state)
{
	struct story *story = *state;
	struct process_launch launch = command(story, 1, "echo $$ >pid; : >up; exec sleep 0.5");
	char path[64];
	char *pid;
	int fd;

	process_launch(story->rig->executor, &launch);
	rig_until_seen(story->rig, rig_has(story->rig, "up"));
	pid = rig_read(story->rig, "pid");
	snprintf(path, sizeof path, "/proc/%d/fd/1", atoi(pid));
	mem_free(pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	rig_until(story->rig, rig_end(story->rig, 1) != NULL);
	rig_expect_cause(rig_end(story->rig, 1), CAUSE_SUCCESS);
	close(fd);
}

#define BOTH(test)                                                                  \
	{#test, test, setup, teardown, NULL},                                       \
	{                                                                           \
#test " without cgroup", test, setup_without_cgroup, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH(a_timeout_ends_the_task),
	    BOTH(who_ignores_term_is_killed_after_its_grace),
	    BOTH(term_may_be_used_to_tidy_up),
	    BOTH(a_signal_of_anybody_else_is_no_cancel),
	    BOTH(a_stopped_task_can_be_cancelled),
	    BOTH(a_daemonized_child_does_not_outlive_its_task),
	    BOTH(what_forks_without_end_is_ended),
	    BOTH(a_kill_ends_at_once),
	    BOTH(a_cancel_right_after_the_launch_ends_it_either_way),
	    BOTH(what_was_cancelled_before_its_claim_never_starts),
	    BOTH(a_cancel_of_what_is_over_changes_nothing),
	    BOTH(output_held_open_outside_the_tree_does_not_hold_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
