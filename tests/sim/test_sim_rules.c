/* test_sim_rules.c - stories: trigger rules, conditions, empty tasks, failures that are allowed,
 * and what a run comes to. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

static struct story *begin(const struct task_spec *tasks)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	story_trigger_with(story, dag, "1", "{\"region\": \"eu\", \"rows\": 3}");
	dag_unref(dag);
	return story;
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void one_success_starts_with_the_first_one(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"},
	    {.id = "b"},
	    {.id = "c", .after = "a b", .rule = RULE_ONE_SUCCESS},
	    {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "b", "success:60s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	end(story, "00:00 a try 1 running\n"
		   "00:00 b try 1 running\n"
		   "00:00 a try 1 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "01:00 b try 1 success\n"
		   "01:00 run success\n");
}

static void a_cleanup_runs_whatever_happened_and_the_failure_stays_seen(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "work"},
	    {.id = "report", .after = "work"},
	    {.id = "cleanup", .after = "report", .rule = RULE_ALL_DONE},
	    {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "work", "fail");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	end(story, "00:00 work try 1 running\n"
		   "00:00 work try 1 failed: exit code 3\n"
		   "00:00 report upstream_failed: upstream 'work' failed\n"
		   "00:00 cleanup try 1 running\n"
		   "00:00 cleanup try 1 success\n"
		   "00:00 run failed: task 'work' failed\n");
}

static void a_rule_that_cannot_come_true_is_told_with_its_counts(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"},
	    {.id = "b"},
	    {.id = "alarm", .after = "a b", .rule = RULE_ONE_FAILED},
	    {.id = NULL}};

	(void)state;
	end(begin(tasks), "00:00 a try 1 running\n"
			  "00:00 b try 1 running\n"
			  "00:00 a try 1 success\n"
			  "00:00 b try 1 success\n"
			  "00:00 alarm skipped: rule one_failed: of 2 upstream tasks 2 succeeded, "
			  "0 failed, 0 skipped\n"
			  "00:00 run success\n");
}

static void a_failure_that_is_allowed_counts_as_success(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "lint", .allow_failure = true}, {.id = "build", .after = "lint"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "lint", "fail");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	end(story, "00:00 lint try 1 running\n"
		   "00:00 lint try 1 failed: allowed to fail: exit code 3\n"
		   "00:00 build try 1 running\n"
		   "00:00 build try 1 success\n"
		   "00:00 run success\n");
}

static void a_rule_tells_a_failure_that_is_allowed(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "lint", .allow_failure = true},
	    {.id = "alarm", .after = "lint", .rule = RULE_ONE_FAILED},
	    {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "lint", "fail");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	end(story,
	    "00:00 lint try 1 running\n"
	    "00:00 lint try 1 failed: allowed to fail: exit code 3\n"
	    "00:00 alarm skipped: rule one_failed: of 1 upstream task 1 succeeded, 0 failed, "
	    "0 skipped (the failure of 'lint' is allowed and counts as success)\n"
	    "00:00 run success\n");
}

static void empty_tasks_join_without_a_slot_or_an_attempt(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "start", .action = ACTION_EMPTY},
	    {.id = "middle", .after = "start", .action = ACTION_EMPTY},
	    {.id = "work", .after = "middle"},
	    {.id = "finish", .after = "work", .action = ACTION_EMPTY},
	    {.id = NULL}};

	(void)state;
	end(begin(tasks), "00:00 start success\n"
			  "00:00 middle success\n"
			  "00:00 work try 1 running\n"
			  "00:00 work try 1 success\n"
			  "00:00 finish success\n"
			  "00:00 run success\n");
}

static void a_run_of_empty_tasks_ends_in_its_first_step(void **state)
{
	static const struct task_spec tasks[] = {{.id = "only", .action = ACTION_EMPTY},
						 {.id = NULL}};

	(void)state;
	end(begin(tasks), "00:00 only success\n"
			  "00:00 run success\n");
}

static void a_condition_decides_by_params(void **state)
{
	static const struct task_spec tasks[] = {{.id = "eu", .when = "params.region == 'eu'"},
						 {.id = "us", .when = "params.region == 'us'"},
						 {.id = "after", .after = "us"},
						 {.id = NULL}};

	(void)state;
	end(begin(tasks), "00:00 us skipped: when: params.region == 'us' is false\n"
			  "00:00 after skipped: upstream 'us' was skipped\n"
			  "00:00 eu try 1 running\n"
			  "00:00 eu try 1 success\n"
			  "00:00 run success\n");
}

static void a_condition_decides_by_outputs_also_after_a_restart(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "count", .is_judged_by = true},
	    {.id = "slow"},
	    {.id = "load", .after = "count slow", .when = "tasks.count.output.rows > 10"},
	    {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_outputs(story, "count", "{\"rows\": 12}");
	story_plan(story, "slow", "success:10s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 1000);
	story_restart(story);
	end(story, "00:00 count try 1 running\n"
		   "00:00 slow try 1 running\n"
		   "00:00 count try 1 success\n"
		   "00:10 slow try 1 success\n"
		   "00:10 load try 1 running\n"
		   "00:10 load try 1 success\n"
		   "00:10 run success\n");
}

static void a_condition_that_cannot_be_judged_fails_its_task(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "count", .is_judged_by = true},
	    {.id = "load", .after = "count", .when = "tasks.count.output.rows > 10"},
	    {.id = NULL}};

	(void)state;
	end(begin(tasks), "00:00 count try 1 running\n"
			  "00:00 count try 1 success\n"
			  "00:00 load failed: when: tasks.count.output.rows > 10: "
			  "'tasks.count.output.rows' has no value: task 'count' gave no output "
			  "'rows'\n"
			  "00:00 run failed: task 'load' failed\n");
}

static void always_waits_for_nobody(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "slow"}, {.id = "now", .after = "slow", .rule = RULE_ALWAYS}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "slow", "success:10s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	end(story, "00:00 slow try 1 running\n"
		   "00:00 now try 1 running\n"
		   "00:00 now try 1 success\n"
		   "00:10 slow try 1 success\n"
		   "00:10 run success\n");
}

/* --- the end of a run ----------------------------------------------------------------------------
 */

static const struct task_spec with_hooks[] = {
    {.id = "work"},
    {.id = "thanks", .hook = HOOK_SUCCESS},
    {.id = "alarm", .hook = HOOK_FAILURE},
    {.id = "page", .after = "alarm", .hook = HOOK_FAILURE},
    {.id = "tidy", .hook = HOOK_EXIT},
    {.id = NULL}};

static struct story *begin_with_hooks(const char *work)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = with_hooks});

	story_plan(story, "work", work);
	story_plan(story, "tidy", "fail:5s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	return story;
}

static void the_end_of_a_good_run_is_told_before_its_tasks_run(void **state)
{
	(void)state;
	end(begin_with_hooks("success"), "00:00 work try 1 running\n"
					 "00:00 work try 1 success\n"
					 "00:00 run ending as success\n"
					 "00:00 alarm skipped: the run came to success\n"
					 "00:00 page skipped: the run came to success\n"
					 "00:00 thanks try 1 running\n"
					 "00:00 tidy try 1 running\n"
					 "00:00 thanks try 1 success\n"
					 "00:05 tidy try 1 failed: exit code 3\n"
					 "00:05 run success\n");
}

static void a_failed_run_runs_the_tasks_of_failure_in_order(void **state)
{
	struct story *story = begin_with_hooks("fail");

	(void)state;
	story_wait(story, 1000);
	story_restart(story);
	end(story, "00:00 work try 1 running\n"
		   "00:00 work try 1 failed: exit code 3\n"
		   "00:00 run ending as failed: task 'work' failed\n"
		   "00:00 thanks skipped: the run came to failed\n"
		   "00:00 alarm try 1 running\n"
		   "00:00 tidy try 1 running\n"
		   "00:00 alarm try 1 success\n"
		   "00:00 page try 1 running\n"
		   "00:00 page try 1 success\n"
		   "00:05 tidy try 1 failed: exit code 3\n"
		   "00:05 run failed\n");
}

static void a_cancelled_run_has_an_end_that_can_be_cancelled_too(void **state)
{
	struct story *story = begin_with_hooks("success:60s");

	(void)state;
	story_wait(story, 1000);
	story_cancel(story, 1, NULL);
	story_wait(story, 2000);
	story_cancel(story, 1, "enough");
	end(story, "00:00 work try 1 running\n"
		   "00:01 run cancelling: cancelled by user:alice\n"
		   "00:01 work try 1 cancelling until 00:13: cancelled by user:alice\n"
		   "00:02 work try 1 cancelled: ended on request\n"
		   "00:02 run ending as cancelled\n"
		   "00:02 thanks skipped: the run came to cancelled\n"
		   "00:02 alarm try 1 running\n"
		   "00:02 tidy try 1 running\n"
		   "00:02 alarm try 1 success\n"
		   "00:02 page try 1 running\n"
		   "00:02 page try 1 success\n"
		   "00:03 tidy try 1 cancelling until 00:15: cancelled by user:alice: enough\n"
		   "00:04 tidy try 1 cancelled: ended on request\n"
		   "00:04 run cancelled\n");
}

static void a_run_that_takes_too_long_fails(void **state)
{
	static const struct task_spec tasks[] = {{.id = "slow"},
						 {.id = "next", .after = "slow"},
						 {.id = "tidy", .hook = HOOK_FAILURE},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag =
	    spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks, .timeout_ms = 60000});

	(void)state;
	story_plan(story, "slow", "success:600s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 30000);
	story_jump(story, 86400000);
	story_restart(story);
	end(story,
	    "00:00 slow try 1 running\n"
	    "00:30 clock_jump: the wall clock was set forward by 24h 00m 00s: what starts at an "
	    "instant waits until 00:01:30 UTC\n"
	    "01:00 run cancelling as failed: timeout of 1m passed\n"
	    "01:00 slow try 1 cancelling until 01:12: timeout of 1m passed\n"
	    "01:00 next cancelled: timeout of 1m passed\n"
	    "01:01 slow try 1 cancelled: ended on request\n"
	    "01:01 run ending as failed\n"
	    "01:01 tidy try 1 running\n"
	    "01:01 tidy try 1 success\n"
	    "01:01 run failed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_success_starts_with_the_first_one),
	    cmocka_unit_test(a_cleanup_runs_whatever_happened_and_the_failure_stays_seen),
	    cmocka_unit_test(a_rule_that_cannot_come_true_is_told_with_its_counts),
	    cmocka_unit_test(a_failure_that_is_allowed_counts_as_success),
	    cmocka_unit_test(a_rule_tells_a_failure_that_is_allowed),
	    cmocka_unit_test(empty_tasks_join_without_a_slot_or_an_attempt),
	    cmocka_unit_test(a_run_of_empty_tasks_ends_in_its_first_step),
	    cmocka_unit_test(a_condition_decides_by_params),
	    cmocka_unit_test(a_condition_decides_by_outputs_also_after_a_restart),
	    cmocka_unit_test(a_condition_that_cannot_be_judged_fails_its_task),
	    cmocka_unit_test(always_waits_for_nobody),
	    cmocka_unit_test(the_end_of_a_good_run_is_told_before_its_tasks_run),
	    cmocka_unit_test(a_failed_run_runs_the_tasks_of_failure_in_order),
	    cmocka_unit_test(a_cancelled_run_has_an_end_that_can_be_cancelled_too),
	    cmocka_unit_test(a_run_that_takes_too_long_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
