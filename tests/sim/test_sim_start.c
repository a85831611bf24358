/* test_sim_start.c - stories of runs that start at an instant, or past the limits of their dag. */
#include "scheduler/why.h"
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

#include <string.h>

static const struct task_spec one[] = {{.id = "a"}, {.id = NULL}};

static void end(struct story *story, struct dag *dag, const char *expected)
{
	dag_unref(dag);
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static struct dag *begin(struct story **story)
{
	*story = story_start(&(struct story_config){0});
	return spec_dag(&(struct dag_spec){
	    .id = "d", .tasks = one, .max_active_runs = 1, .queue_max = 2, .max_active_tasks = 1});
}

static void a_run_starts_at_its_instant_whatever_happens_before(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 600000, false);
	story_wait(story, 300000);
	story_restart(story);
	end(story, dag,
	    "00:00 run waiting: starts at 2026-01-01T00:10:00Z\n"
	    "10:00 run running\n"
	    "10:00 a try 1 running\n"
	    "10:00 a try 1 success\n"
	    "10:00 run success\n");
}

static void the_order_is_that_of_the_instants_and_others_are_not_held_up(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 600000, false);
	story_trigger_at(story, dag, "2", 300000, false);
	story_trigger(story, dag, "3");
	assert_string_equal(story_answer(story), "");
	end(story, dag,
	    "00:00 run waiting: starts at 2026-01-01T00:10:00Z\n"
	    "00:00 run 2 waiting: starts at 2026-01-01T00:05:00Z\n"
	    "00:00 3/a try 1 running\n"
	    "00:00 3/a try 1 success\n"
	    "00:00 run 3 success\n"
	    "05:00 run 2 running\n"
	    "05:00 2/a try 1 running\n"
	    "05:00 2/a try 1 success\n"
	    "05:00 run 2 success\n"
	    "10:00 run running\n"
	    "10:00 a try 1 running\n"
	    "10:00 a try 1 success\n"
	    "10:00 run success\n");
}

static void a_run_whose_instant_has_come_queues_up_like_others(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_plan(story, "a", "success:600s success");
	story_trigger(story, dag, "1");
	story_trigger_at(story, dag, "2", 60000, false);
	story_wait(story, 90000);
	story_restart(story);
	story_jump(story, -7200000); /* back before its instant: it has come all the same */
	story_hush(story);
	end(story, dag,
	    "10:00 a try 1 success\n"
	    "10:00 run success\n"
	    "10:00 run 2 running\n"
	    "10:00 2/a try 1 running\n"
	    "20:00 2/a try 1 success\n"
	    "20:00 run 2 success\n");
}

static void waiting_runs_count_for_queue_max(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 600000, false);
	story_trigger_at(story, dag, "2", 600000, false);
	assert_int_equal(story_trigger_at(story, dag, "3", 600000, false), 0);
	assert_string_equal(story_answer(story),
			    "refused: dag 'd' has 2 runs waiting already (queue_max 2): try again "
			    "when some of them have started, or cancel them");
	story_cancel(story, 1, NULL);
	story_cancel(story, 2, "not today");
	end(story, dag,
	    "00:00 run waiting: starts at 2026-01-01T00:10:00Z\n"
	    "00:00 run 2 waiting: starts at 2026-01-01T00:10:00Z\n"
	    "00:00 a cancelled: cancelled by user:alice\n"
	    "00:00 run cancelled: cancelled by user:alice\n"
	    "00:00 2/a cancelled: cancelled by user:alice: not today\n"
	    "00:00 run 2 cancelled: cancelled by user:alice: not today\n");
}

static void a_clock_set_forward_starts_nothing_for_a_minute(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 3600000, false);
	story_wait(story, 10000);
	story_jump(story, 7200000);
	story_restart(story);
	story_hush(story);
	end(story, dag,
	    "01:10 run running\n"
	    "01:10 a try 1 running\n"
	    "01:10 a try 1 success\n"
	    "01:10 run success\n");
}

static void a_clock_set_forward_by_mistake_and_back_starts_nothing_early(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 3600000, false);
	story_jump(story, 7200000);
	story_wait(story, 30000);
	story_jump(story, -7200000);
	story_hush(story);
	end(story, dag,
	    "60:00 run running\n"
	    "60:00 a try 1 running\n"
	    "60:00 a try 1 success\n"
	    "60:00 run success\n");
}

static void expect_why(struct story *story, int64_t run_no, const char *expected)
{
	struct why why;

	why_init(&why);
	assert_true(why_run(story_sched(story), run_no, story_now(story), &why));
	assert_string_equal(why.links[0].text, expected);
	why_close(&why);
}

static void why_says_when_and_what_holds_it(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_trigger_at(story, dag, "1", 3600000, false);
	expect_why(story, 1, "the run starts at 01:00:00 UTC");
	story_jump(story, 7200000);
	expect_why(story, 1,
		   "the run is not started: the wall clock was set forward by 2h 00m 00s: what "
		   "starts at an instant waits until 02:01:00 UTC");
	story_go_on(story);
	dag_unref(dag);
	story_end(story);
}

static void a_forced_run_knows_neither_limits_nor_the_pause_of_its_dag(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_plan(story, "a", "success:60s");
	story_trigger(story, dag, "1");
	story_pause(story, "d");
	story_hush(story);
	story_trigger_at(story, dag, "2", 0, true);
	story_restart(story);
	story_wait(story, 60000);
	story_trigger_at(story, dag, "3", 60000, true);
	story_resume(story, "d");
	end(story, dag,
	    "00:00 2/a try 1 running\n"
	    "01:00 a try 1 success\n"
	    "01:00 run success\n"
	    "01:00 2/a try 1 success\n"
	    "01:00 run 2 success\n"
	    "01:00 run 3 waiting: starts at 2026-01-01T00:02:00Z\n"
	    "01:00 d resumed\n"
	    "02:00 run 3 running\n"
	    "02:00 3/a try 1 running\n"
	    "03:00 3/a try 1 success\n"
	    "03:00 run 3 success\n");
}

static void the_pause_of_all_holds_a_forced_run_too(void **state)
{
	struct story *story;
	struct dag *dag = begin(&story);

	(void)state;
	story_pause(story, NULL);
	story_hush(story);
	story_trigger_at(story, dag, "1", 0, true);
	story_resume(story, NULL);
	end(story, dag,
	    "00:00 run queued: everything is paused\n"
	    "00:00 all resumed\n"
	    "00:00 run running\n"
	    "00:00 a try 1 running\n"
	    "00:00 a try 1 success\n"
	    "00:00 run success\n");
}

static void a_run_of_some_tasks_leaves_out_the_others(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"},
						 {.id = "b", .after = "a"},
						 {.id = "c", .after = "b"},
						 {.id = "d", .after = "a"},
						 {.id = "tidy", .hook = HOOK_EXIT},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	(void)state;
	assert_int_equal(story_trigger_some(story, dag, "0", RERUN_FROM, "e"), 0);
	assert_string_equal(story_answer(story),
			    "not found: dag 'd' has no task 'e' (did you mean 'a'?)");
	story_trigger_some(story, dag, "1", RERUN_FROM, "b");
	story_go_on(story);
	story_restart(story);
	story_trigger_some(story, dag, "2", RERUN_ONLY, "d b");
	end(story, dag,
	    "00:00 a success: left out: the run begins at 'b'\n"
	    "00:00 d success: left out: the run begins at 'b'\n"
	    "00:00 b try 1 running\n"
	    "00:00 b try 1 success\n"
	    "00:00 c try 1 running\n"
	    "00:00 c try 1 success\n"
	    "00:00 run ending as success\n"
	    "00:00 tidy try 1 running\n"
	    "00:00 tidy try 1 success\n"
	    "00:00 run success\n"
	    "00:00 2/a success: left out: the run is only of 'd' and others\n"
	    "00:00 2/c success: left out: the run is only of 'd' and others\n"
	    "00:00 2/b try 1 running\n"
	    "00:00 2/d try 1 running\n"
	    "00:00 2/b try 1 success\n"
	    "00:00 2/d try 1 success\n"
	    "00:00 run 2 ending as success\n"
	    "00:00 2/tidy try 1 running\n"
	    "00:00 2/tidy try 1 success\n"
	    "00:00 run 2 success\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_run_starts_at_its_instant_whatever_happens_before),
	    cmocka_unit_test(the_order_is_that_of_the_instants_and_others_are_not_held_up),
	    cmocka_unit_test(a_run_whose_instant_has_come_queues_up_like_others),
	    cmocka_unit_test(waiting_runs_count_for_queue_max),
	    cmocka_unit_test(a_clock_set_forward_starts_nothing_for_a_minute),
	    cmocka_unit_test(a_clock_set_forward_by_mistake_and_back_starts_nothing_early),
	    cmocka_unit_test(why_says_when_and_what_holds_it),
	    cmocka_unit_test(a_forced_run_knows_neither_limits_nor_the_pause_of_its_dag),
	    cmocka_unit_test(the_pause_of_all_holds_a_forced_run_too),
	    cmocka_unit_test(a_run_of_some_tasks_leaves_out_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
