/* test_sim_pools.c - stories: pools that are named, shared and sized, slots, priority, and runs
 * that wait for other runs of their dag. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

static struct dag *trigger(struct story *story, const struct dag_spec *spec, const char *key)
{
	struct dag *dag = spec_dag(spec);

	story_trigger(story, dag, key);
	return dag;
}

static void begin(struct story *story, const struct dag_spec *spec, const char *key)
{
	dag_unref(trigger(story, spec, key));
}

static void take_ten_seconds(struct story *story)
{
	static const char *const ids[] = {"a", "b", "c", "x", "y", "big"};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		story_plan(story, ids[i], "success:10s");
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static const struct pool_size db_1[] = {{.name = "db", .domain = "D1", .slots = 1}, {.name = NULL}};
static const struct pool_size db_2[] = {{.name = "db", .domain = "D1", .slots = 2}, {.name = NULL}};

static void dags_of_a_domain_share_its_pool(void **state)
{
	static const struct task_spec ours[] = {
	    {.id = "a", .pool = "db"}, {.id = "c"}, {.id = NULL}};
	static const struct task_spec theirs[] = {{.id = "x", .pool = "db"}, {.id = NULL}};
	static const struct pool_size other[] = {{.name = "db", .domain = "D2", .slots = 1},
						 {.name = NULL}};
	static const struct task_spec far[] = {{.id = "y", .pool = "db"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = ours, .pools = db_1}, "1");
	begin(story, &(struct dag_spec){.id = "e", .tasks = theirs, .pools = db_1}, "1");
	begin(story, &(struct dag_spec){.id = "f", .tasks = far, .pools = other}, "1");
	story_wait(story, 1000);
	story_restart(story);
	end(story, "00:00 a try 1 running\n"
		   "00:00 c try 1 running\n"
		   "00:00 3/y try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 2/x try 1 running\n"
		   "00:10 c try 1 success\n"
		   "00:10 run success\n"
		   "00:10 3/y try 1 success\n"
		   "00:10 run 3 success\n"
		   "00:20 2/x try 1 success\n"
		   "00:20 run 2 success\n");
}

static void a_task_of_many_slots_is_not_starved_by_smaller_ones(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a", .pool = "db"},
						 {.id = "big", .pool = "db", .slots = 2},
						 {.id = "b", .pool = "db"},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = tasks, .pools = db_2}, "1");
	end(story, "00:00 a try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 big try 1 running\n"
		   "00:20 big try 1 success\n"
		   "00:20 b try 1 running\n"
		   "00:30 b try 1 success\n"
		   "00:30 run success\n");
}

static void the_higher_priority_comes_first_then_the_longer_wait(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a", .pool = "db", .priority = -5},
						 {.id = "b", .pool = "db"},
						 {.id = "c", .pool = "db", .priority = 7},
						 {.id = "x", .pool = "db"},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &(struct dag_spec){.id = "d", .tasks = tasks, .pools = db_1}, "1");
	story_wait(story, 1000);
	story_restart(story);
	end(story, "00:00 c try 1 running\n"
		   "00:10 c try 1 success\n"
		   "00:10 b try 1 running\n"
		   "00:20 b try 1 success\n"
		   "00:20 x try 1 running\n"
		   "00:30 x try 1 success\n"
		   "00:30 a try 1 running\n"
		   "00:40 a try 1 success\n"
		   "00:40 run success\n");
}

static void a_shared_pool_grows_and_shrinks_as_told(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a", .pool = "db"},
						 {.id = "b", .pool = "db"},
						 {.id = "c", .pool = "db"},
						 {.id = "x", .pool = "db", .slots = 2},
						 {.id = NULL}};
	struct dag_spec spec = {.id = "d", .tasks = tasks, .pools = db_1};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	story_put_pools(story, db_1);
	begin(story, &spec, "1");
	story_wait(story, 5000);
	story_put_pools(story, db_2);
	story_wait(story, 1000);
	story_restart(story);
	story_put_pools(story, db_1);
	/* The last one needs more than the whole pool has by now: it starts when that is empty. */
	end(story, "00:00 a try 1 running\n"
		   "00:05 b try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:15 b try 1 success\n"
		   "00:15 c try 1 running\n"
		   "00:25 c try 1 success\n"
		   "00:25 x try 1 running\n"
		   "00:35 x try 1 success\n"
		   "00:35 run success\n");
}

/* One dag was read with two slots, another one with none at all: both go by what is told. */
static void no_version_of_a_dag_sizes_a_pool_that_is_told(void **state)
{
	static const struct task_spec ours[] = {
	    {.id = "a", .pool = "db"}, {.id = "b", .pool = "db"}, {.id = NULL}};
	static const struct task_spec theirs[] = {{.id = "big", .pool = "db", .slots = 2},
						  {.id = NULL}};
	struct dag_spec stale = {.id = "e", .tasks = theirs, .pools = db_2};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *in_force = spec_dag(&stale);

	(void)state;
	take_ten_seconds(story);
	story_put_pools(story, db_1);
	begin(story, &(struct dag_spec){.id = "d", .tasks = ours, .pools = db_1}, "1");
	begin(story, &stale, "1");
	story_put_dag(story, in_force);
	story_wait(story, 1000);
	story_restart(story);
	dag_unref(in_force);
	end(story, "00:00 a try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 b try 1 running\n"
		   "00:20 b try 1 success\n"
		   "00:20 run success\n"
		   "00:20 2/big try 1 running\n"
		   "00:30 2/big try 1 success\n"
		   "00:30 run 2 success\n");
}

static void a_pool_that_nobody_tells_of_follows_the_newest_run(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a", .pool = "db"}, {.id = "b", .pool = "db"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	story_put_pools(story, db_1);
	begin(story, &(struct dag_spec){.id = "d", .tasks = tasks, .pools = db_2}, "1");
	story_wait(story, 5000);
	story_put_pools(story, NULL);
	story_restart(story);
	end(story, "00:00 a try 1 running\n"
		   "00:05 b try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:15 b try 1 success\n"
		   "00:15 run success\n");
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static const struct task_spec one[] = {{.id = "a"}, {.id = NULL}};

static void runs_of_a_dag_queue_up_in_order(void **state)
{
	struct dag_spec spec = {.id = "d", .tasks = one, .max_active_runs = 1};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &spec, "1");
	begin(story, &spec, "2");
	begin(story, &spec, "3");
	story_wait(story, 1000);
	story_restart(story);
	story_cancel(story, 2, NULL);
	end(story, "00:00 a try 1 running\n"
		   "00:00 run 2 queued: max_active_runs 1: 1 under way, 0 waiting before it\n"
		   "00:00 run 3 queued: max_active_runs 1: 1 under way, 1 waiting before it\n"
		   "00:01 2/a cancelled: cancelled by user:alice\n"
		   "00:01 run 2 cancelled: cancelled by user:alice\n"
		   "00:10 a try 1 success\n"
		   "00:10 run success\n"
		   "00:10 run 3 running\n"
		   "00:10 3/a try 1 running\n"
		   "00:20 3/a try 1 success\n"
		   "00:20 run 3 success\n");
}

static void a_full_queue_refuses_one_more_run(void **state)
{
	struct dag_spec spec = {.id = "d", .tasks = one, .max_active_runs = 1, .queue_max = 1};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&spec);
	size_t before;

	(void)state;
	take_ten_seconds(story);
	assert_int_equal(story_trigger(story, dag, "1"), 1);
	assert_int_equal(story_trigger(story, dag, "2"), 2);
	before = story_change_count(story);
	assert_int_equal(story_trigger(story, dag, "3"), 0);
	assert_string_equal(story_answer(story),
			    "refused: dag 'd' has 1 run waiting already (queue_max 1): try again "
			    "when some of them have started, or cancel them");
	assert_int_equal(story_change_count(story), before);
	story_wait(story, 10000);
	assert_int_equal(story_trigger(story, dag, "3"), 3);
	dag_unref(dag);
	story_go_on(story);
	story_end(story);
}

static void a_rerun_waits_behind_the_runs_under_way(void **state)
{
	struct dag_spec spec = {.id = "d", .tasks = one, .max_active_runs = 1};
	struct story *story = story_start(&(struct story_config){0});

	(void)state;
	take_ten_seconds(story);
	begin(story, &spec, "1");
	story_wait(story, 10000);
	begin(story, &spec, "2");
	story_hush(story);
	story_rerun(story, 1, RERUN_ALL, NULL, NULL);
	story_restart(story);
	end(story, "00:10 a try 1 none: rerun by user:alice\n"
		   "00:10 run queued: rerun by user:alice\n"
		   "00:20 2/a try 1 success\n"
		   "00:20 run 2 success\n"
		   "00:20 run running\n"
		   "00:20 a try 2 running\n"
		   "00:30 a try 2 success\n"
		   "00:30 run success\n");
}

static void more_runs_start_when_the_version_in_force_allows_them(void **state)
{
	struct dag_spec spec = {.id = "d", .tasks = one, .max_active_runs = 1};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *wider;

	(void)state;
	take_ten_seconds(story);
	begin(story, &spec, "1");
	begin(story, &spec, "2");
	story_hush(story);
	spec.max_active_runs = 2;
	wider = spec_dag(&spec);
	story_wait(story, 5000);
	story_put_dag(story, wider);
	dag_unref(wider);
	end(story, "00:05 run 2 running\n"
		   "00:05 2/a try 1 running\n"
		   "00:10 a try 1 success\n"
		   "00:10 run success\n"
		   "00:15 2/a try 1 success\n"
		   "00:15 run 2 success\n");
}

static void new_limits_pools_and_priorities_reach_what_waits(void **state)
{
	static const struct pool_size small[] = {{.name = "p", .slots = 1}, {.name = NULL}};
	static const struct pool_size large[] = {{.name = "p", .slots = 2}, {.name = NULL}};
	static const struct task_spec before[] = {{.id = "x", .pool = "p"},
						  {.id = "y", .pool = "p"},
						  {.id = "z", .pool = "p", .priority = 5},
						  {.id = NULL}};
	static const struct task_spec after[] = {{.id = "y", .pool = "p", .priority = 9},
						 {.id = "z", .pool = "p", .priority = 1},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag_spec spec = {.id = "d", .tasks = before, .pools = small, .max_active_runs = 1};
	struct dag *old = spec_dag(&spec);
	struct dag *new;

	(void)state;
	story_plan(story, "x", "success:10s");
	story_plan(story, "y", "success:10s");
	story_plan(story, "z", "success:10s");
	story_trigger(story, old, "1");
	story_trigger(story, old, "2");
	story_hush(story);
	spec.tasks = after;
	spec.pools = large;
	spec.max_active_runs = 2;
	new = spec_dag(&spec);
	story_put_dag(story, new);
	story_restart(story);
	story_wait(story, 10000);
	/* z runs since the beginning; now y comes before x, and z of run 2 last. */
	assert_string_equal(story_told(story), "00:00 run 2 running\n"
					       "00:00 y try 1 running\n"
					       "00:10 z try 1 success\n"
					       "00:10 2/y try 1 running\n"
					       "00:10 y try 1 success\n"
					       "00:10 2/z try 1 running\n");
	story_go_on(story);
	dag_unref(old);
	dag_unref(new);
	story_end(story);
}

/* An ended run goes on with its old version, while a newer one says how much may run at once. */
static void the_version_in_force_limits_an_old_run_that_is_rerun(void **state)
{
	static const struct pool_size small[] = {{.name = "p", .slots = 1}, {.name = NULL}};
	static const struct pool_size large[] = {{.name = "p", .slots = 2}, {.name = NULL}};
	static const struct task_spec tasks[] = {
	    {.id = "a", .pool = "p"}, {.id = "b", .pool = "p"}, {.id = NULL}};
	struct dag_spec spec = {
	    .id = "d", .tasks = tasks, .pools = small, .max_active_tasks = 1, .max_active_runs = 1};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *new;

	(void)state;
	begin(story, &spec, "1");
	story_go_on(story);
	story_hush(story);
	take_ten_seconds(story);
	spec.pools = large;
	spec.max_active_tasks = 4;
	new = spec_dag(&spec);
	story_tell_dag(story, new);
	story_rerun(story, 1, RERUN_ALL, NULL, NULL);
	story_wait(story, 1000);
	story_restart(story);
	dag_unref(new);
	end(story, "00:00 a try 1 none: rerun by user:alice\n"
		   "00:00 b try 1 none: rerun by user:alice\n"
		   "00:00 run running: rerun by user:alice\n"
		   "00:00 a try 2 running\n"
		   "00:00 b try 2 running\n"
		   "00:10 a try 2 success\n"
		   "00:10 b try 2 success\n"
		   "00:10 run success\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(new_limits_pools_and_priorities_reach_what_waits),
	    cmocka_unit_test(dags_of_a_domain_share_its_pool),
	    cmocka_unit_test(a_task_of_many_slots_is_not_starved_by_smaller_ones),
	    cmocka_unit_test(the_higher_priority_comes_first_then_the_longer_wait),
	    cmocka_unit_test(a_shared_pool_grows_and_shrinks_as_told),
	    cmocka_unit_test(no_version_of_a_dag_sizes_a_pool_that_is_told),
	    cmocka_unit_test(a_pool_that_nobody_tells_of_follows_the_newest_run),
	    cmocka_unit_test(runs_of_a_dag_queue_up_in_order),
	    cmocka_unit_test(a_full_queue_refuses_one_more_run),
	    cmocka_unit_test(a_rerun_waits_behind_the_runs_under_way),
	    cmocka_unit_test(more_runs_start_when_the_version_in_force_allows_them),
	    cmocka_unit_test(the_version_in_force_limits_an_old_run_that_is_rerun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
