/* test_sim_limits.c - stories: slots of pools and limits of dags, first come, first served. */
#include "base/str.h"
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

static const struct task_spec three[] = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = NULL}};
static const struct task_spec others[] = {{.id = "x"}, {.id = "y"}, {.id = NULL}};

static void begin(struct story *story, const struct dag_spec *spec, const char *key)
{
	struct dag *dag = spec_dag(spec);

	story_trigger(story, dag, key);
	dag_unref(dag);
}

static void take_ten_seconds(struct story *story)
{
	static const char *const ids[] = {"a", "b", "c", "x", "y"};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		story_plan(story, ids[i], "success:10s");
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void who_came_first_starts_first(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 2});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = three}, "1");
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "1");
	end(story, "00:00 a try 1 running\n"
		   "00:00 b try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 c try 1 running\n"
		   "00:10 b try 1 success\n"
		   "00:10 2/x try 1 running\n"
		   "00:20 c try 1 success\n"
		   "00:20 run success\n"
		   "00:20 2/y try 1 running\n"
		   "00:20 2/x try 1 success\n"
		   "00:30 2/y try 1 success\n"
		   "00:30 run 2 success\n");
}

static void a_dag_at_its_limit_blocks_nobody(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 3});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = three, .max_active_tasks = 1}, "1");
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "1");
	end(story, "00:00 a try 1 running\n"
		   "00:00 2/x try 1 running\n"
		   "00:00 2/y try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 b try 1 running\n"
		   "00:10 2/x try 1 success\n"
		   "00:10 2/y try 1 success\n"
		   "00:10 run 2 success\n"
		   "00:20 b try 1 success\n"
		   "00:20 c try 1 running\n"
		   "00:30 c try 1 success\n"
		   "00:30 run success\n");
}

static void the_limit_of_a_dag_holds_over_all_its_runs(void **state)
{
	struct story *story = story_start(&(struct story_config){0});
	struct dag_spec spec = {.id = "d", .tasks = others, .max_active_tasks = 3};

	(void)state;
	take_ten_seconds(story);
	begin(story, &spec, "1");
	begin(story, &spec, "2");
	end(story, "00:00 x try 1 running\n"
		   "00:00 y try 1 running\n"
		   "00:00 2/x try 1 running\n"
		   "00:10 x try 1 success\n"
		   "00:10 2/y try 1 running\n"
		   "00:10 y try 1 success\n"
		   "00:10 run success\n"
		   "00:10 2/x try 1 success\n"
		   "00:20 2/y try 1 success\n"
		   "00:20 run 2 success\n");
}

static void a_dag_with_its_own_pool_takes_nothing_from_the_others(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 1});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = three, .own_slots = 2}, "1");
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "1");
	end(story, "00:00 a try 1 running\n"
		   "00:00 b try 1 running\n"
		   "00:00 2/x try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 c try 1 running\n"
		   "00:10 b try 1 success\n"
		   "00:10 2/x try 1 success\n"
		   "00:10 2/y try 1 running\n"
		   "00:20 c try 1 success\n"
		   "00:20 run success\n"
		   "00:20 2/y try 1 success\n"
		   "00:20 run 2 success\n");
}

static void a_pool_of_its_own_is_shared_by_all_runs_and_versions_and_the_newest_sizes_it(
    void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = three, .own_slots = 1}, "1");
	story_wait(story, 1000);
	/* The new version has room for three, and its size holds for the old run, too. */
	begin(story, &(struct dag_spec){.id = "d", .tasks = others, .own_slots = 3}, "2");
	story_wait(story, 500);
	assert_string_equal(story_told(story), "00:00 a try 1 running\n"
					       "00:01 b try 1 running\n"
					       "00:01 c try 1 running\n");
	story_go_on(story);
	story_end(story);
}

static void a_limit_that_shrinks_ends_nothing_and_holds_what_comes(void **state)
{
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = three}, "1");
	begin(story, &(struct dag_spec){.id = "d", .tasks = others, .max_active_tasks = 1}, "2");
	end(story, "00:00 a try 1 running\n"
		   "00:00 b try 1 running\n"
		   "00:00 c try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 b try 1 success\n"
		   "00:10 c try 1 success\n"
		   "00:10 run success\n"
		   "00:10 2/x try 1 running\n"
		   "00:20 2/x try 1 success\n"
		   "00:20 2/y try 1 running\n"
		   "00:30 2/y try 1 success\n"
		   "00:30 run 2 success\n");
}

static void a_task_that_does_not_die_keeps_its_slot(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 1});

	(void)state;
	story_plan(story, "x", "deaf success:60s");
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "1");
	begin(story, &(struct dag_spec){.id = "d", .tasks = three}, "1");
	story_cancel(story, 1, NULL);
	story_wait(story, 11000);
	assert_string_equal(story_told(story),
			    "00:00 x try 1 running\n"
			    "00:00 run cancelling: cancelled by user:alice\n"
			    "00:00 x try 1 cancelling until 00:12: cancelled by user:alice\n"
			    "00:00 y cancelled: cancelled by user:alice\n");
	story_hush(story);
	story_wait(story, 1000);
	story_go_on(story);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 1);
	assert_string_equal(story_told(story), "00:12 x try 1 cancelled: ended on request\n"
					       "00:12 run cancelled\n"
					       "00:12 2/a try 1 running\n"
					       "00:12 2/a try 1 success\n"
					       "00:12 2/b try 1 running\n"
					       "00:12 2/b try 1 success\n"
					       "00:12 2/c try 1 running\n"
					       "00:12 2/c try 1 success\n"
					       "00:12 run 2 success\n");
	story_end(story);
}

static void the_order_of_those_who_wait_outlives_a_restart(void **state)
{
	struct story *story = story_start(&(struct story_config){.slots = 1});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "1");
	begin(story, &(struct dag_spec){.id = "d", .tasks = three}, "1");
	begin(story, &(struct dag_spec){.id = "e", .tasks = others}, "2");
	story_wait(story, 5000);
	story_restart(story);
	story_wait(story, 10000);
	story_restart(story);
	story_hush(story);
	end(story, "00:20 y try 1 success\n"
		   "00:20 run success\n"
		   "00:20 2/a try 1 running\n"
		   "00:30 2/a try 1 success\n"
		   "00:30 2/b try 1 running\n"
		   "00:40 2/b try 1 success\n"
		   "00:40 2/c try 1 running\n"
		   "00:50 2/c try 1 success\n"
		   "00:50 run 2 success\n"
		   "00:50 3/x try 1 running\n"
		   "01:00 3/x try 1 success\n"
		   "01:00 3/y try 1 running\n"
		   "01:10 3/y try 1 success\n"
		   "01:10 run 3 success\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_came_first_starts_first),
	    cmocka_unit_test(a_dag_at_its_limit_blocks_nobody),
	    cmocka_unit_test(the_limit_of_a_dag_holds_over_all_its_runs),
	    cmocka_unit_test(a_dag_with_its_own_pool_takes_nothing_from_the_others),
	    cmocka_unit_test(
		a_pool_of_its_own_is_shared_by_all_runs_and_versions_and_the_newest_sizes_it),
	    cmocka_unit_test(a_limit_that_shrinks_ends_nothing_and_holds_what_comes),
	    cmocka_unit_test(a_task_that_does_not_die_keeps_its_slot),
	    cmocka_unit_test(the_order_of_those_who_wait_outlives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
