/* test_sim_by_hand.c - stories: rerun, mark, pause and resume. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

static const struct task_spec chain[] = {
    {.id = "a"}, {.id = "b", .after = "a"}, {.id = "c", .after = "b"}, {.id = "x"}, {.id = NULL}};

static struct story *begin(const struct dag_spec *spec, const char *task, const char *plan)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(spec);

	story_plan(story, task, plan);
	story_trigger(story, dag, "1");
	dag_unref(dag);
	return story;
}

/* The run of the chain has ended, with b failed. */
static struct story *failed_chain(void)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "b", "fail success");

	story_go_on(story);
	assert_string_equal(story_told(story), "00:00 a try 1 running\n"
					       "00:00 x try 1 running\n"
					       "00:00 a try 1 success\n"
					       "00:00 b try 1 running\n"
					       "00:00 x try 1 success\n"
					       "00:00 b try 1 failed: exit code 3\n"
					       "00:00 c upstream_failed: upstream 'b' failed\n"
					       "00:00 run failed: task 'b' failed\n");
	story_hush(story);
	return story;
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void a_rerun_of_what_failed_keeps_what_succeeded(void **state)
{
	struct story *story = failed_chain();

	(void)state;
	story_rerun(story, 1, RERUN_FAILED, NULL, NULL);
	assert_string_equal(story_answer(story), "");
	end(story, "00:00 b try 1 none: rerun by user:alice\n"
		   "00:00 c none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 b try 2 running\n"
		   "00:00 b try 2 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 run success\n");
}

static void a_rerun_from_a_task_takes_all_downstream_along(void **state)
{
	struct story *story = failed_chain();

	(void)state;
	story_rerun(story, 1, RERUN_FROM, "a", NULL);
	story_restart(story);
	end(story, "00:00 a try 1 none: rerun by user:alice\n"
		   "00:00 b try 1 none: rerun by user:alice\n"
		   "00:00 c none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 a try 2 running\n"
		   "00:00 a try 2 success\n"
		   "00:00 b try 2 running\n"
		   "00:00 b try 2 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 run success\n");
}

static void a_rerun_of_one_task_alone_leaves_the_others(void **state)
{
	struct story *story = failed_chain();

	(void)state;
	story_rerun(story, 1, RERUN_ONLY, "b", NULL);
	end(story, "00:00 b try 1 none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 b try 2 running\n"
		   "00:00 b try 2 success\n"
		   "00:00 run failed: task 'c' could not run\n");
}

static void a_rerun_gives_all_retries_again(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "flaky", .retries = 1, .retry_delay_ms = 60000}, {.id = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "flaky", "fail");

	(void)state;
	story_go_on(story);
	story_hush(story);
	story_rerun(story, 1, RERUN_FAILED, NULL, NULL);
	story_wait(story, 1000);
	story_restart(story);
	end(story,
	    "01:00 flaky try 2 none: rerun by user:alice\n"
	    "01:00 run running: rerun by user:alice\n"
	    "01:00 flaky try 3 running\n"
	    "01:00 flaky try 3 up_for_retry until 02:00: exit code 3, try 1 of 2; next try in "
	    "1m\n"
	    "02:00 flaky try 4 running\n"
	    "02:00 flaky try 4 failed: exit code 3, try 2 of 2\n"
	    "02:00 run failed: task 'flaky' failed\n");
}

static void a_rerun_of_a_task_that_runs_ends_it_first(void **state)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "b", "success:60s success");

	(void)state;
	story_wait(story, 5000);
	story_hush(story);
	story_rerun(story, 1, RERUN_FROM, "b", NULL);
	story_restart(story);
	end(story, "00:05 b try 1 cancelling for rerun until 00:17: rerun by user:alice\n"
		   "00:06 b try 1 none: its attempt is gone: it runs again\n"
		   "00:06 b try 2 running\n"
		   "00:06 b try 2 success\n"
		   "00:06 c try 1 running\n"
		   "00:06 c try 1 success\n"
		   "00:06 run success\n");
}

static void params_of_a_rerun_are_for_what_is_still_to_come(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"},
						 {.id = "b", .after = "a", .when = "params.n > 5"},
						 {.id = "c", .when = "params.n > 5"},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "a", "success:60s");
	story_trigger_with(story, dag, "1", "{\"n\": 1}");
	dag_unref(dag);
	story_wait(story, 5000);
	story_rerun_with(story, 1, RERUN_ONLY, "b", NULL, "{\"n\": 9}");
	story_restart(story);
	end(story, "00:00 c skipped: when: params.n > 5 is false\n"
		   "00:00 a try 1 running\n"
		   "01:00 a try 1 success\n"
		   "01:00 b try 1 running\n"
		   "01:00 b try 1 success\n"
		   "01:00 run success\n");
}

static void a_cancel_of_the_run_overrules_a_rerun(void **state)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "b", "deaf success:60s success");

	(void)state;
	story_wait(story, 5000);
	story_hush(story);
	story_rerun(story, 1, RERUN_ONLY, "b", NULL);
	story_cancel(story, 1, NULL);
	story_restart(story);
	end(story, "00:05 b try 1 cancelling for rerun until 00:17: rerun by user:alice\n"
		   "00:05 run cancelling: cancelled by user:alice\n"
		   "00:05 b try 1 cancelling until 00:17: cancelled by user:alice\n"
		   "00:05 c cancelled: cancelled by user:alice\n"
		   "00:17 b try 1 cancelled: ended on request\n"
		   "00:17 run cancelled\n");
}

static void the_end_of_the_run_runs_again_after_a_rerun(void **state)
{
	static const struct task_spec tasks[] = {{.id = "work"},
						 {.id = "thanks", .hook = HOOK_SUCCESS},
						 {.id = "alarm", .hook = HOOK_FAILURE},
						 {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "work", "fail success");

	(void)state;
	story_go_on(story);
	story_hush(story);
	story_rerun(story, 1, RERUN_FAILED, NULL, NULL);
	end(story, "00:00 work try 1 none: rerun by user:alice\n"
		   "00:00 thanks none: rerun by user:alice\n"
		   "00:00 alarm try 1 none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 work try 2 running\n"
		   "00:00 work try 2 success\n"
		   "00:00 run ending as success\n"
		   "00:00 alarm try 1 skipped: the run came to success\n"
		   "00:00 thanks try 1 running\n"
		   "00:00 thanks try 1 success\n"
		   "00:00 run success\n");
}

static void a_rerun_calls_off_an_end_that_is_under_way(void **state)
{
	static const struct task_spec tasks[] = {{.id = "work"},
						 {.id = "thanks", .hook = HOOK_SUCCESS},
						 {.id = "alarm", .hook = HOOK_FAILURE},
						 {.id = "tidy", .hook = HOOK_EXIT},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "work", "fail success");
	story_plan(story, "alarm", "undead success:600s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 1000);
	story_hush(story);
	story_rerun(story, 1, RERUN_FAILED, NULL, NULL);
	end(story, "00:01 work try 1 none: rerun by user:alice\n"
		   "00:01 thanks none: rerun by user:alice\n"
		   "00:01 alarm try 1 cancelling for rerun until 00:13: rerun by user:alice\n"
		   "00:01 tidy try 1 none: rerun by user:alice\n"
		   "00:01 run running: rerun by user:alice\n"
		   "00:01 work try 2 running\n"
		   "00:01 work try 2 success\n"
		   "00:33 alarm try 1 none: its attempt is gone: it runs again\n"
		   "00:33 run ending as success\n"
		   "00:33 alarm try 1 skipped: the run came to success\n"
		   "00:33 thanks try 1 running\n"
		   "00:33 tidy try 2 running\n"
		   "00:33 thanks try 1 success\n"
		   "00:33 tidy try 2 success\n"
		   "00:33 run success\n");
}

static void a_rerun_may_go_on_with_another_version(void **state)
{
	static const struct task_spec newer[] = {{.id = "new"},
						 {.id = "b", .after = "new"},
						 {.id = "c", .after = "b"},
						 {.id = "x"},
						 {.id = NULL}};
	struct story *story = failed_chain();
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = newer});

	(void)state;
	story_rerun(story, 1, RERUN_FAILED, NULL, dag);
	dag_unref(dag);
	story_restart(story);
	end(story, "00:00 a try 1 removed: the version that the run goes on with does not have it\n"
		   "00:00 run goes on with 4 tasks, it had 4: rerun by user:alice\n"
		   "00:00 b try 1 none: rerun by user:alice\n"
		   "00:00 c none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 new try 1 running\n"
		   "00:00 new try 1 success\n"
		   "00:00 b try 2 running\n"
		   "00:00 b try 2 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 run success\n");
}

static void what_makes_no_sense_is_refused_and_changes_nothing(void **state)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "b", "deaf success:60s");
	struct dag *other = spec_dag(&(struct dag_spec){.id = "d", .tasks = chain, .own_slots = 3});
	size_t before;

	(void)state;
	story_wait(story, 5000);
	before = story_change_count(story);
	story_rerun(story, 9, RERUN_FAILED, NULL, NULL);
	assert_string_equal(story_answer(story), "not found: no such run");
	story_rerun(story, 1, RERUN_FROM, "nope", NULL);
	assert_string_equal(story_answer(story), "not found: dag 'd' has no task 'nope'");
	story_rerun(story, 1, RERUN_FAILED, NULL, NULL);
	assert_string_equal(story_answer(story), "unchanged: no task of the run has failed");
	story_rerun(story, 1, RERUN_FROM, "a", other);
	assert_string_equal(story_answer(story),
			    "refused: the run is under way: only one that has ended can go on "
			    "with another version of its dag");
	story_mark(story, 1, "a", TASK_SUCCESS);
	assert_string_equal(story_answer(story), "unchanged: task 'a' is success already");
	assert_int_equal(story_change_count(story), before);
	story_cancel(story, 1, NULL);
	story_mark(story, 1, "a", TASK_FAILED);
	assert_string_equal(story_answer(story), "refused: the run is being cancelled: mark its "
						 "tasks when it has ended");
	story_cancel(story, 1, NULL);
	assert_string_equal(story_answer(story), "unchanged: the run is being cancelled already");
	dag_unref(other);
	story_go_on(story);
	story_end(story);
}

/* The timeout is due in the very step that reruns: the run ends first, and is not known any more.
 */
static void a_rerun_does_not_meet_a_run_that_has_half_ended(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a", .retries = 1, .retry_delay_ms = 600000}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks, .timeout_ms = 60000}, "a", "fail");

	(void)state;
	story_wait(story, 59000);
	story_jump_both(story, 2000);
	story_rerun(story, 1, RERUN_ALL, NULL, NULL);
	assert_string_equal(story_answer(story), "not found: no such run");
	story_rerun(story, 1, RERUN_ALL, NULL, NULL);
	assert_string_equal(story_answer(story), "");
	story_go_on(story);
	story_end(story);
}

/* --- mark ----------------------------------------------------------------------------------------
 */

static void a_mark_lets_go_on_what_could_not_run(void **state)
{
	struct story *story = failed_chain();

	(void)state;
	story_mark(story, 1, "b", TASK_SUCCESS);
	story_restart(story);
	end(story, "00:00 b try 1 success: marked by user:alice\n"
		   "00:00 c none: task 'b' was marked success\n"
		   "00:00 run running: marked by user:alice\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 run success\n");
}

static void a_mark_undoes_what_followed_however_far(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"},
	    {.id = "b", .after = "a"},
	    {.id = "c", .after = "b"},
	    {.id = "alarm", .after = "a", .rule = RULE_ONE_FAILED},
	    {.id = "other", .after = "c", .when = "1 == 2"},
	    {.id = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "fail");

	(void)state;
	story_go_on(story);
	story_hush(story);
	story_mark(story, 1, "a", TASK_SUCCESS);
	story_restart(story);
	end(story, "00:00 a try 1 success: marked by user:alice\n"
		   "00:00 b none: task 'a' was marked success\n"
		   "00:00 c none: task 'a' was marked success\n"
		   "00:00 other none: task 'a' was marked success\n"
		   "00:00 run running: marked by user:alice\n"
		   "00:00 b try 1 running\n"
		   "00:00 b try 1 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 other skipped: when: 1 == 2 is false\n"
		   "00:00 run success\n");
}

static void a_mark_leaves_what_was_decided_otherwise(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"},
	    {.id = "own", .after = "a", .rule = RULE_ALL_DONE},
	    {.id = "when", .after = "a", .rule = RULE_ALL_DONE, .when = "1 == 2"},
	    {.id = "hand", .after = "a"},
	    {.id = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "fail");

	(void)state;
	story_plan(story, "own", "skip");
	story_go_on(story);
	story_mark(story, 1, "hand", TASK_SKIPPED);
	story_hush(story);
	story_mark(story, 1, "a", TASK_SUCCESS);
	end(story, "00:00 a try 1 success: marked by user:alice\n"
		   "00:00 run success\n");
}

static void a_mark_of_the_last_task_corrects_the_outcome(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "fail");

	(void)state;
	story_go_on(story);
	story_hush(story);
	story_mark(story, 1, "a", TASK_SUCCESS);
	story_mark(story, 1, "a", TASK_SKIPPED);
	story_mark(story, 1, "a", TASK_FAILED);
	end(story, "00:00 a try 1 success: marked by user:alice\n"
		   "00:00 run success\n"
		   "00:00 a try 1 skipped: marked by user:alice\n"
		   "00:00 a try 1 failed: marked by user:alice\n"
		   "00:00 run failed: task 'a' failed\n");
}

static void a_mark_of_a_task_that_runs_ends_it_first(void **state)
{
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = chain}, "b", "fail:60s");

	(void)state;
	story_wait(story, 5000);
	story_hush(story);
	story_mark(story, 1, "b", TASK_SUCCESS);
	story_restart(story);
	end(story, "00:05 b try 1 cancelling for success until 00:17: marked by user:alice\n"
		   "00:06 b try 1 success: marked while it ran\n"
		   "00:06 c try 1 running\n"
		   "00:06 c try 1 success\n"
		   "00:06 run success\n");
}

static void a_mark_of_a_task_that_waits_decides_at_once(void **state)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "a", "success:60s");

	(void)state;
	story_wait(story, 5000);
	story_hush(story);
	story_mark(story, 1, "b", TASK_FAILED);
	end(story, "00:05 b failed: marked by user:alice\n"
		   "00:05 c upstream_failed: upstream 'b' failed\n"
		   "01:00 a try 1 success\n"
		   "01:00 run failed: task 'b' failed\n");
}

/* While the end of the run is under way its tasks are as all others; once it is over they stay. */
static void a_mark_of_a_task_of_the_end_lets_those_after_it_run(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "work"},
	    {.id = "alarm", .hook = HOOK_EXIT},
	    {.id = "page", .after = "alarm", .hook = HOOK_EXIT},
	    {.id = "tidy", .hook = HOOK_EXIT},
	    {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "tidy", "success:10s");

	(void)state;
	story_plan(story, "alarm", "fail");
	story_wait(story, 5000);
	story_hush(story);
	story_mark(story, 1, "alarm", TASK_SUCCESS);
	story_restart(story);
	story_go_on(story);
	story_mark(story, 1, "alarm", TASK_FAILED);
	story_restart(story);
	end(story, "00:05 alarm try 1 success: marked by user:alice\n"
		   "00:05 page none: task 'alarm' was marked success\n"
		   "00:05 page try 1 running\n"
		   "00:05 page try 1 success\n"
		   "00:10 tidy try 1 success\n"
		   "00:10 run success\n"
		   "00:10 alarm try 1 failed: marked by user:alice\n");
}

static void a_mark_leaves_the_outputs(void **state)
{
	static const struct task_spec tasks[] = {{.id = "count", .is_judged_by = true},
						 {.id = "slow"},
						 {.id = "load",
						  .after = "count slow",
						  .rule = RULE_ALL_DONE,
						  .when = "tasks.count.output.rows > 10"},
						 {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "slow", "success:10s");

	(void)state;
	story_outputs(story, "count", "{\"rows\": 12}");
	story_wait(story, 1000);
	story_hush(story);
	story_mark(story, 1, "count", TASK_SKIPPED);
	story_restart(story);
	end(story, "00:01 count try 1 skipped: marked by user:alice\n"
		   "00:10 slow try 1 success\n"
		   "00:10 load try 1 running\n"
		   "00:10 load try 1 success\n"
		   "00:10 run success\n");
}

/* --- pause ---------------------------------------------------------------------------------------
 */

static void a_paused_dag_starts_nothing_and_loses_nothing(void **state)
{
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = chain}, "a", "success:10s");
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = chain});

	(void)state;
	story_wait(story, 1000);
	story_hush(story);
	story_pause(story, "d");
	story_trigger(story, dag, "2");
	dag_unref(dag);
	story_wait(story, 60000);
	story_restart(story);
	story_pause(story, "d");
	assert_string_equal(story_answer(story), "unchanged: dag 'd' is paused already");
	story_resume(story, "d");
	story_wait(story, 0);
	story_cancel(story, 2, NULL);
	end(story, "00:01 d paused: upgrade\n"
		   "00:01 run 2 queued: the dag is paused\n"
		   "00:10 a try 1 success\n"
		   "01:01 d resumed\n"
		   "01:01 run 2 running\n"
		   "01:01 b try 1 running\n"
		   "01:01 2/a try 1 running\n"
		   "01:01 2/x try 1 running\n"
		   "01:01 b try 1 success\n"
		   "01:01 c try 1 running\n"
		   "01:01 2/x try 1 success\n"
		   "01:01 c try 1 success\n"
		   "01:01 run success\n"
		   "01:01 run 2 cancelling: cancelled by user:alice\n"
		   "01:01 2/a try 1 cancelling until 01:13: cancelled by user:alice\n"
		   "01:01 2/b cancelled: cancelled by user:alice\n"
		   "01:01 2/c cancelled: cancelled by user:alice\n"
		   "01:02 2/a try 1 cancelled: ended on request\n"
		   "01:02 run 2 cancelled\n");
}

static void a_task_that_is_queued_in_a_pause_says_so(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .after = "a"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.tell_queued = true});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	story_plan(story, "a", "success:10s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_hush(story);
	story_pause(story, "d");
	story_wait(story, 20000);
	story_resume(story, "d");
	end(story, "00:00 d paused: upgrade\n"
		   "00:10 a try 1 success\n"
		   "00:10 b queued: the dag is paused\n"
		   "00:20 d resumed\n"
		   "00:20 b try 1 running\n"
		   "00:20 b try 1 success\n"
		   "00:20 run success\n");
}

static void all_are_paused_beside_each_by_itself(void **state)
{
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = chain}, "a", "success");

	(void)state;
	story_pause(story, NULL);
	story_pause(story, "d");
	story_hush(story);
	story_go_on(story);
	story_resume(story, NULL);
	assert_true(sched_is_paused(story_sched(story), "d"));
	assert_false(sched_is_paused(story_sched(story), "e"));
	story_resume(story, NULL);
	assert_string_equal(story_answer(story), "unchanged: the whole of it is not paused");
	story_restart(story);
	story_resume(story, "d");
	end(story, "00:00 a try 1 success\n"
		   "00:00 x try 1 success\n"
		   "00:00 all resumed\n"
		   "00:00 d resumed\n"
		   "00:00 b try 1 running\n"
		   "00:00 b try 1 success\n"
		   "00:00 c try 1 running\n"
		   "00:00 c try 1 success\n"
		   "00:00 run success\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rerun_of_what_failed_keeps_what_succeeded),
	    cmocka_unit_test(a_rerun_from_a_task_takes_all_downstream_along),
	    cmocka_unit_test(a_rerun_of_one_task_alone_leaves_the_others),
	    cmocka_unit_test(a_rerun_gives_all_retries_again),
	    cmocka_unit_test(a_rerun_of_a_task_that_runs_ends_it_first),
	    cmocka_unit_test(params_of_a_rerun_are_for_what_is_still_to_come),
	    cmocka_unit_test(a_cancel_of_the_run_overrules_a_rerun),
	    cmocka_unit_test(the_end_of_the_run_runs_again_after_a_rerun),
	    cmocka_unit_test(a_rerun_calls_off_an_end_that_is_under_way),
	    cmocka_unit_test(a_rerun_may_go_on_with_another_version),
	    cmocka_unit_test(what_makes_no_sense_is_refused_and_changes_nothing),
	    cmocka_unit_test(a_rerun_does_not_meet_a_run_that_has_half_ended),
	    cmocka_unit_test(a_mark_lets_go_on_what_could_not_run),
	    cmocka_unit_test(a_mark_undoes_what_followed_however_far),
	    cmocka_unit_test(a_mark_leaves_what_was_decided_otherwise),
	    cmocka_unit_test(a_mark_of_the_last_task_corrects_the_outcome),
	    cmocka_unit_test(a_mark_of_a_task_that_runs_ends_it_first),
	    cmocka_unit_test(a_mark_of_a_task_that_waits_decides_at_once),
	    cmocka_unit_test(a_mark_of_a_task_of_the_end_lets_those_after_it_run),
	    cmocka_unit_test(a_mark_leaves_the_outputs),
	    cmocka_unit_test(a_paused_dag_starts_nothing_and_loses_nothing),
	    cmocka_unit_test(a_task_that_is_queued_in_a_pause_says_so),
	    cmocka_unit_test(all_are_paused_beside_each_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
