/* test_sim_order.c - stories: what starts after what, and what a run comes to. */
#include "base/mem.h"
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

static struct dag *make(const struct task_spec *tasks)
{
	return spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});
}

/* Runs the dag once to its end and compares what happened. */
static void expect_story(struct story *story, const struct task_spec *tasks, const char *expected)
{
	struct dag *dag = make(tasks);

	assert_int_equal(story_trigger(story, dag, "monday"), 1);
	dag_unref(dag); /* the run keeps its own */
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	assert_int_equal(sched_active_run_count(story_sched(story)), 0);
	story_end(story);
}

static const struct task_spec chain[] = {{.id = "extract"},
					 {.id = "transform", .after = "extract"},
					 {.id = "load", .after = "transform"},
					 {.id = NULL}};

/* extract -> a, b, c -> report */
static const struct task_spec diamond[] = {{.id = "extract"},
					   {.id = "a", .after = "extract"},
					   {.id = "b", .after = "extract"},
					   {.id = "c", .after = "extract"},
					   {.id = "report", .after = "a b c"},
					   {.id = NULL}};

static void tasks_run_one_after_the_other(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "extract", "success:10s");
	story_plan(story, "transform", "success:5s");
	expect_story(story, chain,
		     "00:00 extract try 1 running\n"
		     "00:10 extract try 1 success\n"
		     "00:10 transform try 1 running\n"
		     "00:15 transform try 1 success\n"
		     "00:15 load try 1 running\n"
		     "00:15 load try 1 success\n"
		     "00:15 run success\n");
}

static void fan_out_runs_side_by_side_and_the_join_waits_for_all(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "a", "success:30s");
	story_plan(story, "b", "success:10s");
	story_plan(story, "c", "success:20s");
	expect_story(story, diamond,
		     "00:00 extract try 1 running\n"
		     "00:00 extract try 1 success\n"
		     "00:00 a try 1 running\n"
		     "00:00 b try 1 running\n"
		     "00:00 c try 1 running\n"
		     "00:10 b try 1 success\n"
		     "00:20 c try 1 success\n"
		     "00:30 a try 1 success\n"
		     "00:30 report try 1 running\n"
		     "00:30 report try 1 success\n"
		     "00:30 run success\n");
}

static void what_has_no_upstream_starts_at_once(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = "b"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.tell_queued = true});

	(void)state;
	expect_story(story, tasks,
		     "00:00 a queued\n"
		     "00:00 b queued\n"
		     "00:00 a try 1 running\n"
		     "00:00 b try 1 running\n"
		     "00:00 a try 1 success\n"
		     "00:00 b try 1 success\n"
		     "00:00 run success\n");
}

static void a_failure_stops_what_stands_downstream_and_nothing_else(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"},
						 {.id = "b"},
						 {.id = "after_a", .after = "a"},
						 {.id = "after_b", .after = "b"},
						 {.id = "last", .after = "after_a after_b"},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "a", "fail:5s");
	story_plan(story, "b", "success:9s");
	expect_story(story, tasks,
		     "00:00 a try 1 running\n"
		     "00:00 b try 1 running\n"
		     "00:05 a try 1 failed: exit code 3\n"
		     "00:05 after_a upstream_failed: upstream 'a' failed\n"
		     "00:05 last upstream_failed: upstream 'after_a' could not run\n"
		     "00:09 b try 1 success\n"
		     "00:09 after_b try 1 running\n"
		     "00:09 after_b try 1 success\n"
		     "00:09 run failed: task 'a' failed\n");
}

static void the_join_fails_while_other_upstreams_still_run(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "a", "success:30s");
	story_plan(story, "b", "fail:10s");
	story_plan(story, "c", "fail:20s");
	expect_story(story, diamond,
		     "00:00 extract try 1 running\n"
		     "00:00 extract try 1 success\n"
		     "00:00 a try 1 running\n"
		     "00:00 b try 1 running\n"
		     "00:00 c try 1 running\n"
		     "00:10 b try 1 failed: exit code 3\n"
		     "00:10 report upstream_failed: upstream 'b' failed\n"
		     "00:20 c try 1 failed: exit code 3\n"
		     "00:30 a try 1 success\n"
		     "00:30 run failed: task 'b' and 1 more failed\n");
}

static void a_skip_goes_on_downstream_and_the_run_succeeds(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "extract", "skip");
	expect_story(story, chain,
		     "00:00 extract try 1 running\n"
		     "00:00 extract try 1 skipped: exit code 99\n"
		     "00:00 transform skipped: upstream 'extract' was skipped\n"
		     "00:00 load skipped: upstream 'transform' was skipped\n"
		     "00:00 run success\n");
}

static void the_first_bad_upstream_decides(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	story_plan(story, "a", "skip:1s");
	story_plan(story, "b", "fail:2s");
	expect_story(story, diamond,
		     "00:00 extract try 1 running\n"
		     "00:00 extract try 1 success\n"
		     "00:00 a try 1 running\n"
		     "00:00 b try 1 running\n"
		     "00:00 c try 1 running\n"
		     "00:00 c try 1 success\n"
		     "00:01 a try 1 skipped: exit code 99\n"
		     "00:01 report skipped: upstream 'a' was skipped\n"
		     "00:02 b try 1 failed: exit code 3\n"
		     "00:02 run failed: task 'b' failed\n");
}

static void the_end_of_an_attempt_that_is_not_under_way_is_kept_and_changes_nothing(void **state)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = make(chain);
	struct attempt_end again = {.attempt_id = 1, .cause = CAUSE_EXIT_CODE, .exit_code = 1};

	(void)state;
	story_plan(story, "transform", "success:60s");
	story_trigger(story, dag, "monday");
	story_wait(story, 1000);
	story_hush(story);
	story_tell_end(story, &again);
	assert_string_equal(story_told(story), "");
	/* The first end of extract, then the late one. */
	assert_int_equal(story_effect_count(story, EFFECT_FORGET), 2);
	story_go_on(story);
	story_tell_end(story, &again);
	assert_int_equal(story_effect_count(story, EFFECT_FORGET), 5);
	assert_int_equal(story_effect_count(story, EFFECT_LAUNCH), 3);
	assert_int_equal(story_effect_count(story, EFFECT_RUN_ENDED), 1);
	dag_unref(dag);
	story_end(story);
}

static void runs_are_found_by_key_and_id_while_they_are_under_way(void **state)
{
	struct story *story = story_start(&(struct story_config){0});
	struct sched *sched = story_sched(story);
	struct dag *dag = make(chain);

	(void)state;
	story_plan(story, "extract", "success:10s");
	assert_int_equal(story_trigger(story, dag, "monday"), 1);
	assert_int_equal(story_trigger(story, dag, "tuesday"), 2);
	assert_int_equal(sched_find_key(sched, "d", "manual", "tuesday"), 2);
	assert_int_equal(sched_find_key(sched, "d", "manual", "friday"), 0);
	assert_int_equal(sched_find_key(sched, "d", "hook", "monday"), 0);
	assert_int_equal(sched_find_key(sched, "dmanual", "", "monday"), 0);
	assert_int_equal(sched_find_run(sched, sched_run_id(sched, 2)), 2);
	assert_int_equal(sched_find_run(sched, "ffffffffffffffff"), 0);
	assert_int_equal(sched_active_run_count(sched), 2);
	story_go_on(story);
	assert_int_equal(sched_find_key(sched, "d", "manual", "monday"), 0);
	assert_null(sched_run_id(sched, 1));
	assert_int_equal(sched_active_run_count(sched), 0);
	dag_unref(dag);
	story_end(story);
}

/* --- cost and depth: counted, not timed ------------------------------------------------------- */

static struct dag *make_chain(uint32_t length)
{
	struct dag *dag = spec_create("chain", length);
	struct spec_edge *edges = mem_alloc(length * sizeof *edges);

	for (uint32_t i = 1; i < length; i++)
		edges[i - 1] = (struct spec_edge){i - 1, i};
	spec_connect(dag, edges, length - 1);
	mem_free(edges);
	spec_seal(dag);
	return dag;
}

/* t0 before all others. */
static struct dag *make_fan_out(uint32_t width)
{
	struct dag *dag = spec_create("fan", width + 1);
	struct spec_edge *edges = mem_alloc(width * sizeof *edges);

	for (uint32_t i = 0; i < width; i++)
		edges[i] = (struct spec_edge){0, i + 1};
	spec_connect(dag, edges, width);
	mem_free(edges);
	spec_seal(dag);
	return dag;
}

static void a_failure_goes_down_a_chain_of_ten_thousand_in_one_step(void **state)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = make_chain(10000);
	size_t before;

	(void)state;
	story_plan(story, "t0", "fail:1s");
	story_trigger(story, dag, "monday");
	before = story_change_count(story);
	story_go_on(story);
	/* The attempt's end, its failure, 9,999 that could not run, and the run. */
	assert_int_equal(story_change_count(story) - before, 2 + 9999 + 1);
	assert_int_equal(sched_active_run_count(story_sched(story)), 0);
	dag_unref(dag);
	story_end(story);
}

static void the_end_of_one_of_ten_thousand_changes_one(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 4});
	struct dag *dag = make_fan_out(10000);
	size_t before;

	(void)state;
	dag->max_active_tasks = 100;
	story_plan(story, "t1", "success:1s");
	story_plan(story, "t2", "success:9s");
	story_plan(story, "t3", "success:9s");
	story_plan(story, "t4", "success:9s");
	story_plan(story, "t5", "success:9s");
	story_trigger(story, dag, "monday");
	story_wait(story, 500);
	before = story_change_count(story);
	story_wait(story, 1000);
	/* t1's attempt and state, t5's state and attempt: nothing of the other 9,995 that wait. */
	assert_int_equal(story_change_count(story) - before, 4);
	dag_unref(dag);
	story_end(story);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tasks_run_one_after_the_other),
	    cmocka_unit_test(fan_out_runs_side_by_side_and_the_join_waits_for_all),
	    cmocka_unit_test(what_has_no_upstream_starts_at_once),
	    cmocka_unit_test(a_failure_stops_what_stands_downstream_and_nothing_else),
	    cmocka_unit_test(the_join_fails_while_other_upstreams_still_run),
	    cmocka_unit_test(a_skip_goes_on_downstream_and_the_run_succeeds),
	    cmocka_unit_test(the_first_bad_upstream_decides),
	    cmocka_unit_test(
		the_end_of_an_attempt_that_is_not_under_way_is_kept_and_changes_nothing),
	    cmocka_unit_test(runs_are_found_by_key_and_id_while_they_are_under_way),
	    cmocka_unit_test(a_failure_goes_down_a_chain_of_ten_thousand_in_one_step),
	    cmocka_unit_test(the_end_of_one_of_ten_thousand_changes_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
