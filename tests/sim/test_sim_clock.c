/* test_sim_clock.c - stories of a wall clock that is set, and of one that is wrong. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

#include <string.h>

#define HOUR_MS 3600000

static struct story *begin(struct dag **dag)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .after = "a"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});

	*dag = spec_dag(&(struct dag_spec){.id = "d", .max_active_runs = 9, .tasks = tasks});
	return story;
}

static void end(struct story *story, const char *expected)
{
	story_go_on(story);
	assert_string_equal(story_told(story), expected);
	story_end(story);
}

static void a_jump_is_told_and_what_waits_for_no_instant_goes_on(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	story_plan(story, "a", "success:60s");
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 10000);
	story_jump(story, 2 * HOUR_MS + 61000);
	assert_true(sched_is_held(story_sched(story), HOLD_CLOCK_JUMP));
	story_restart(story);
	assert_true(sched_is_held(story_sched(story), HOLD_CLOCK_JUMP));
	end(story, "00:00 a try 1 running\n"
		   "00:10 clock_jump: the wall clock was set forward by 2h 01m 01s: what starts at "
		   "an instant waits until 02:02:11 UTC\n"
		   "01:00 a try 1 success\n"
		   "01:00 b try 1 running\n"
		   "01:00 b try 1 success\n"
		   "01:00 run success\n");
}

static void the_hold_of_a_jump_ends_after_a_minute_of_the_boot_clock(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	dag_unref(dag);
	story_jump(story, -2 * HOUR_MS);
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)),
			 story_now(story).boot_ms + 60000);
	story_wait(story, 30000);
	story_jump(story, HOUR_MS); /* set once more: a minute from now */
	story_wait(story, 59000);
	assert_true(sched_is_held(story_sched(story), HOLD_CLOCK_JUMP));
	story_wait(story, 1000);
	assert_false(sched_is_held(story_sched(story), HOLD_CLOCK_JUMP));
	end(story, "00:00 clock_jump: the wall clock was set back by 2h 00m 00s: what starts at an "
		   "instant waits until 22:01:00 UTC\n"
		   "00:30 clock_jump: the wall clock was set forward by 1h 00m 00s: what starts at "
		   "an instant waits until 23:01:30 UTC\n");
}

static void five_minutes_are_no_jump_and_time_alone_is_none(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	dag_unref(dag);
	story_jump(story, 5 * 60000);
	story_jump_both(story, 100 * HOUR_MS); /* suspended */
	story_jump(story, -10 * 60000);        /* against what was noted: five minutes */
	end(story, "");
}

static void a_clock_that_was_set_while_the_daemon_was_down_is_a_jump(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	dag_unref(dag);
	story_restart_set(story, HOUR_MS);
	end(story, "00:00 clock_jump: the wall clock was set forward by 1h 00m 00s: what starts at "
		   "an instant waits until 01:01:00 UTC\n");
}

static void a_clock_before_the_last_fact_holds_all_starts_until_it_has_passed_it(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	story_plan(story, "a", "success:30s");
	story_trigger(story, dag, "1");
	story_wait(story, 60000);
	story_trigger(story, dag, "2");
	dag_unref(dag);
	story_hush(story);
	story_restart_set(story, -240000); /* no jump: a small step back */
	assert_true(sched_is_held(story_sched(story), HOLD_CLOCK_BEHIND));
	story_wait(story, 100000);
	story_restart(story); /* the hold is on disk */
	story_wait(story, 1000);
	assert_string_equal(
	    story_told(story),
	    "01:00 clock_behind: the clock stands before the last fact of this home "
	    "(2026-01-01T00:01:00Z): nothing is started until it has passed it; set the clock, or "
	    "take it as right with 'heddle resume --all'\n"
	    "01:30 2/a try 1 success\n");
	story_hush(story);
	end(story, "05:00 clock_behind over: the clock has passed the last fact\n"
		   "05:00 2/b try 1 running\n"
		   "05:00 2/b try 1 success\n"
		   "05:00 run 2 success\n");
}

static void somebody_may_take_a_clock_as_right(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);

	(void)state;
	story_trigger(story, dag, "1");
	story_go_on(story);
	story_restart_set(story, -100000);
	story_trigger(story, dag, "2");
	dag_unref(dag);
	story_hush(story);
	story_resume(story, NULL);
	assert_string_equal(story_answer(story), "");
	story_restart(story); /* what came last is the last fact, whatever its instant */
	assert_false(sched_is_held(story_sched(story), HOLD_CLOCK_BEHIND));
	story_resume(story, NULL);
	assert_string_equal(story_answer(story), "unchanged: the whole of it is not paused");
	end(story, "00:00 clock_behind over\n"
		   "00:00 2/a try 1 running\n"
		   "00:00 2/a try 1 success\n"
		   "00:00 2/b try 1 running\n"
		   "00:00 2/b try 1 success\n"
		   "00:00 run 2 success\n");
}

static void a_restored_home_goes_on_when_all_is_resumed(void **state)
{
	struct dag *dag;
	struct story *story = begin(&dag);
	struct arena arena;
	struct hold holds[HOLD_KIND_COUNT];

	(void)state;
	dag_unref(dag);
	arena_init(&arena);
	sched_hold(story_sched(story), HOLD_RESTORED, "put back from a backup");
	assert_int_equal(sched_holds(story_sched(story), &arena, holds), 1);
	assert_int_equal(holds[0].kind, HOLD_RESTORED);
	assert_true(holds[0].holds_all);
	assert_string_equal(holds[0].why, "put back from a backup");
	arena_close(&arena);
	story_resume(story, NULL);
	assert_false(sched_is_held(story_sched(story), HOLD_RESTORED));
	end(story, "00:00 hold restored over\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jump_is_told_and_what_waits_for_no_instant_goes_on),
	    cmocka_unit_test(the_hold_of_a_jump_ends_after_a_minute_of_the_boot_clock),
	    cmocka_unit_test(five_minutes_are_no_jump_and_time_alone_is_none),
	    cmocka_unit_test(a_clock_that_was_set_while_the_daemon_was_down_is_a_jump),
	    cmocka_unit_test(a_clock_before_the_last_fact_holds_all_starts_until_it_has_passed_it),
	    cmocka_unit_test(somebody_may_take_a_clock_as_right),
	    cmocka_unit_test(a_restored_home_goes_on_when_all_is_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
