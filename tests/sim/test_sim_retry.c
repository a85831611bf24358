/* test_sim_retry.c - stories: what is tried again, when, and what the clocks have to do with it. */
#include "scheduler/retry.h"
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

/* extract may be tried three times, five minutes apart. */
static const struct task_spec patient[] = {
    {.id = "extract", .retries = 2, .retry_delay_ms = 300000},
    {.id = "load", .after = "extract"},
    {.id = NULL}};

static struct story *begin(const char *plan)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = patient});

	story_plan(story, "extract", plan);
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	return story;
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void a_retry_waits_its_delay(void **state)
{
	(void)state;
	end(begin("fail:10s success"), "00:00 extract try 1 running\n"
				       "00:10 extract try 1 up_for_retry until 05:10: exit code 3, "
				       "try 1 of 3; next try in 5m\n"
				       "05:10 extract try 2 running\n"
				       "05:10 extract try 2 success\n"
				       "05:10 load try 1 running\n"
				       "05:10 load try 1 success\n"
				       "05:10 run success\n");
}

static void the_last_try_decides(void **state)
{
	(void)state;
	end(begin("signal oom lost"),
	    "00:00 extract try 1 running\n"
	    "00:00 extract try 1 up_for_retry until 05:00: killed by signal 9 (SIGKILL), try 1 of "
	    "3; next try in 5m\n"
	    "05:00 extract try 2 running\n"
	    "05:00 extract try 2 up_for_retry until 10:00: out of memory, try 2 of 3; next try in "
	    "5m\n"
	    "10:00 extract try 3 running\n"
	    "10:00 extract try 3 failed: lost, try 3 of 3\n"
	    "10:00 load upstream_failed: upstream 'extract' failed\n"
	    "10:00 run failed: task 'extract' failed\n");
}

static void what_could_not_start_is_not_tried_again(void **state)
{
	(void)state;
	end(begin("nostart success"),
	    "00:00 extract try 1 running\n"
	    "00:00 extract try 1 failed: could not start, try 1 of 3; not tried again\n"
	    "00:00 load upstream_failed: upstream 'extract' failed\n"
	    "00:00 run failed: task 'extract' failed\n");
}

static void what_somebody_else_cancelled_is_not_tried_again(void **state)
{
	(void)state;
	end(begin("cancelled success"),
	    "00:00 extract try 1 running\n"
	    "00:00 extract try 1 failed: ended on request, try 1 of 3; not tried again\n"
	    "00:00 load upstream_failed: upstream 'extract' failed\n"
	    "00:00 run failed: task 'extract' failed\n");
}

static void a_skip_is_not_tried_again(void **state)
{
	(void)state;
	end(begin("skip"), "00:00 extract try 1 running\n"
			   "00:00 extract try 1 skipped: exit code 99\n"
			   "00:00 load skipped: upstream 'extract' was skipped\n"
			   "00:00 run success\n");
}

static void a_timeout_says_how_long_it_was(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a", .timeout_ms = 90000}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "a", "timeout:90s");
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	end(story, "00:00 a try 1 running\n"
		   "01:30 a try 1 failed: timeout after 90s\n"
		   "01:30 run failed: task 'a' failed\n");
}

static void the_reason_of_an_end_is_told(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});
	struct attempt_end nope = {.attempt_id = 1,
				   .cause = CAUSE_COULD_NOT_START,
				   .reason = "exec '/bin/nope': No such file or directory"};

	(void)state;
	story_plan(story, "a", "success:60s");
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	story_hush(story);
	story_tell_end(story, &nope);
	assert_string_equal(story_told(story), "00:00 a try 1 failed: could not start: exec "
					       "'/bin/nope': No such file or directory\n"
					       "00:00 run failed: task 'a' failed\n");
	story_end(story);
}

static void a_delay_is_kept_when_the_wall_clock_jumps(void **state)
{
	struct story *story = begin("fail success");

	(void)state;
	story_wait(story, 1000);
	story_jump(story, -7200000);
	story_wait(story, 200000);
	story_jump(story, 86400000);
	story_wait(story, 90000);
	assert_int_equal(story_effect_count(story, EFFECT_LAUNCH), 1);
	story_wait(story, 9000); /* 300 s since the failure */
	assert_int_equal(story_effect_count(story, EFFECT_LAUNCH), 3);
	story_end(story);
}

static void a_task_that_waits_for_its_retry_holds_no_slot(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a", .retries = 1, .retry_delay_ms = 60000}, {.id = "b"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "a", "fail:1s success");
	story_plan(story, "b", "success:90s");
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	end(story,
	    "00:00 a try 1 running\n"
	    "00:01 a try 1 up_for_retry until 01:01: exit code 3, try 1 of 2; next try in 1m\n"
	    "00:01 b try 1 running\n"
	    "01:31 b try 1 success\n"
	    "01:31 a try 2 running\n"
	    "01:31 a try 2 success\n"
	    "01:31 run success\n");
}

static void a_delay_goes_on_over_a_restart(void **state)
{
	struct story *story = begin("fail success");

	(void)state;
	story_wait(story, 100000);
	story_restart(story);
	story_wait(story, 100000);
	story_restart(story);
	end(story,
	    "00:00 extract try 1 running\n"
	    "00:00 extract try 1 up_for_retry until 05:00: exit code 3, try 1 of 3; next try "
	    "in 5m\n"
	    "05:00 extract try 2 running\n"
	    "05:00 extract try 2 success\n"
	    "05:00 load try 1 running\n"
	    "05:00 load try 1 success\n"
	    "05:00 run success\n");
}

static void nothing_is_due_when_nothing_waits(void **state)
{
	struct story *story = begin("fail success");

	(void)state;
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)), INT64_MAX);
	story_wait(story, 1000);
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)),
			 story_now(story).boot_ms + 299000);
	story_go_on(story);
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)), INT64_MAX);
	story_end(story);
}

static struct story *begin_with(const struct task_policy *policy, const char *plan)
{
	struct task_spec tasks[] = {
	    {.id = "job", .retries = 3, .retry_delay_ms = 60000, .policy = policy}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	story_plan(story, "job", plan);
	story_trigger(story, dag, "1");
	dag_unref(dag);
	return story;
}

static void told_at_the_end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void delays_grow_up_to_the_longest(void **state)
{
	static const struct task_policy policy = {.retry_backoff = 3, .retry_max_delay_ms = 300000};

	(void)state;
	told_at_the_end(
	    begin_with(&policy, "fail"),
	    "00:00 job try 1 running\n"
	    "00:00 job try 1 up_for_retry until 01:00: exit code 3, try 1 of 4; next try in 1m\n"
	    "01:00 job try 2 running\n"
	    "01:00 job try 2 up_for_retry until 04:00: exit code 3, try 2 of 4; next try in 3m\n"
	    "04:00 job try 3 running\n"
	    "04:00 job try 3 up_for_retry until 09:00: exit code 3, try 3 of 4; next try in 5m\n"
	    "09:00 job try 4 running\n"
	    "09:00 job try 4 failed: exit code 3, try 4 of 4\n"
	    "09:00 run failed: task 'job' failed\n");
}

static void outputs_that_cannot_be_read_are_tried_again(void **state)
{
	(void)state;
	told_at_the_end(
	    begin_with(&spec_policy, "badout success"),
	    "00:00 job try 1 running\n"
	    "00:00 job try 1 up_for_retry until 01:00: bad output, try 1 of 4; next try in 1m\n"
	    "01:00 job try 2 running\n"
	    "01:00 job try 2 success\n"
	    "01:00 run success\n");
}

static void only_listed_exit_codes_are_tried_again(void **state)
{
	static const int32_t codes[] = {75};
	static const struct task_policy policy = {
	    .retry_backoff = 1,
	    .retry_max_delay_ms = 300000,
	    .retry_on = {.is_given = true, .exit_codes = codes, .exit_code_count = 1}};

	(void)state;
	told_at_the_end(
	    begin_with(&policy, "timeout fail"),
	    "00:00 job try 1 running\n"
	    "00:00 job try 1 up_for_retry until 01:00: timeout, try 1 of 4; next try in 1m\n"
	    "01:00 job try 2 running\n"
	    "01:00 job try 2 failed: exit code 3, try 2 of 4; not tried again (not in retry_on)\n"
	    "01:00 run failed: task 'job' failed\n");
}

static void what_the_log_says_is_tried_again_too(void **state)
{
	static const struct task_policy policy = {
	    .retry_backoff = 1,
	    .retry_max_delay_ms = 300000,
	    .retry_on = {.is_given = true, .match = "connection reset"}};
	struct story *story = begin_with(&policy, "fail success");

	(void)state;
	story_match(story, "job", true, false);
	told_at_the_end(
	    story,
	    "00:00 job try 1 running\n"
	    "00:00 job try 1 up_for_retry until 01:00: exit code 3, try 1 of 4; next try in 1m\n"
	    "01:00 job try 2 running\n"
	    "01:00 job try 2 success\n"
	    "01:00 run success\n");
}

static void fail_on_wins_over_all(void **state)
{
	static const int32_t codes[] = {3};
	static const struct task_policy policy = {
	    .retry_backoff = 1,
	    .retry_max_delay_ms = 300000,
	    .retry_on = {.is_given = true, .exit_codes = codes, .exit_code_count = 1},
	    .fail_on = {.is_given = true, .match = "no such table"}};
	struct story *story = begin_with(&policy, "oom");

	(void)state;
	story_match(story, "job", true, true);
	told_at_the_end(story, "00:00 job try 1 running\n"
			       "00:00 job try 1 failed: out of memory, try 1 of 4; not tried again "
			       "(fail_on)\n"
			       "00:00 run failed: task 'job' failed\n");
}

static void jitter_stays_in_its_bounds_and_repeats(void **state)
{
	static const struct task_policy policy = {
	    .retry_backoff = 2, .retry_max_delay_ms = 100000, .retry_jitter = 0.5};
	struct task task = {.retry_delay_ms = 10000, .policy = &policy};

	(void)state;
	assert_int_equal(retry_delay_ms(&task, 1, -1), 5000);
	assert_int_equal(retry_delay_ms(&task, 1, 0), 10000);
	assert_int_equal(retry_delay_ms(&task, 1, 1), 15000);
	assert_int_equal(retry_delay_ms(&task, 3, 0), 40000);
	assert_int_equal(retry_delay_ms(&task, 9, 1), 100000);
	assert_int_equal(retry_delay_ms(&task, 10000, 0), 100000);
	task.retry_delay_ms = 0;
	assert_int_equal(retry_delay_ms(&task, 10000, 1), 0);
}

static void nobody_waits_for_a_slot_longer_than_start_timeout(void **state)
{
	static const struct task_policy policy = {
	    .retry_backoff = 1, .retry_max_delay_ms = 300000, .start_timeout_ms = 30000};
	static const struct task_spec tasks[] = {
	    {.id = "long"}, {.id = "job", .policy = &policy, .retries = 2}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "long", "success:60s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 1000);
	story_restart(story);
	told_at_the_end(story, "00:00 long try 1 running\n"
			       "00:30 job failed: timeout: not started within 30s (start_timeout)\n"
			       "01:00 long try 1 success\n"
			       "01:00 run failed: task 'job' failed\n");
}

static void while_paused_a_short_start_timeout_wakes_once_a_minute(void **state)
{
	static const struct task_policy policy = {
	    .retry_backoff = 1, .retry_max_delay_ms = 300000, .start_timeout_ms = 1000};
	static const struct task_spec tasks[] = {
	    {.id = "long"}, {.id = "job", .policy = &policy}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "long", "success:300s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_pause(story, "d");
	story_wait(story, 10000);
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)) - story_now(story).boot_ms,
			 51000);
	/* The end of the pause gives it its time, and no more than that. */
	story_resume(story, "d");
	told_at_the_end(story, "00:00 long try 1 running\n"
			       "00:00 d paused: upgrade\n"
			       "00:10 d resumed\n"
			       "00:11 job failed: timeout: not started within 1s (start_timeout)\n"
			       "05:00 long try 1 success\n"
			       "05:00 run failed: task 'job' failed\n");
}

/* What is on disk is the instant of before the pause. */
static void a_restart_after_a_pause_leaves_the_start_timeout_that_it_gave(void **state)
{
	static const struct task_policy policy = {
	    .retry_backoff = 1, .retry_max_delay_ms = 300000, .start_timeout_ms = 30000};
	static const struct task_spec tasks[] = {
	    {.id = "long"}, {.id = "job", .policy = &policy}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "long", "success:300s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_pause(story, NULL);
	story_wait(story, 100000);
	story_resume(story, NULL);
	story_wait(story, 10000);
	story_restart(story);
	told_at_the_end(story, "00:00 long try 1 running\n"
			       "00:00 all paused: upgrade\n"
			       "01:40 all resumed\n"
			       "02:20 job failed: timeout: not started within 30s (start_timeout)\n"
			       "05:00 long try 1 success\n"
			       "05:00 run failed: task 'job' failed\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_retry_waits_its_delay),
	    cmocka_unit_test(the_last_try_decides),
	    cmocka_unit_test(what_could_not_start_is_not_tried_again),
	    cmocka_unit_test(what_somebody_else_cancelled_is_not_tried_again),
	    cmocka_unit_test(a_skip_is_not_tried_again),
	    cmocka_unit_test(a_timeout_says_how_long_it_was),
	    cmocka_unit_test(the_reason_of_an_end_is_told),
	    cmocka_unit_test(a_delay_is_kept_when_the_wall_clock_jumps),
	    cmocka_unit_test(a_task_that_waits_for_its_retry_holds_no_slot),
	    cmocka_unit_test(a_delay_goes_on_over_a_restart),
	    cmocka_unit_test(nothing_is_due_when_nothing_waits),
	    cmocka_unit_test(delays_grow_up_to_the_longest),
	    cmocka_unit_test(outputs_that_cannot_be_read_are_tried_again),
	    cmocka_unit_test(only_listed_exit_codes_are_tried_again),
	    cmocka_unit_test(what_the_log_says_is_tried_again_too),
	    cmocka_unit_test(fail_on_wins_over_all),
	    cmocka_unit_test(jitter_stays_in_its_bounds_and_repeats),
	    cmocka_unit_test(nobody_waits_for_a_slot_longer_than_start_timeout),
	    cmocka_unit_test(while_paused_a_short_start_timeout_wakes_once_a_minute),
	    cmocka_unit_test(a_restart_after_a_pause_leaves_the_start_timeout_that_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
