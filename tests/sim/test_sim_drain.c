/* test_sim_drain.c - a daemon that was told to stop, and lets what runs come to its end. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Neither what is downstream, nor a retry that is due, nor a queued run begins. Once it is over (in
 * life: with the next daemon, as nothing of it is on disk) all of it does. */
static void what_runs_ends_and_nothing_else_begins(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"},
						 {.id = "b", .after = "a"},
						 {.id = "c", .retries = 1, .retry_delay_ms = 5000},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 8});
	struct dag *dag =
	    spec_dag(&(struct dag_spec){.id = "d", .max_active_runs = 1, .tasks = tasks});

	(void)state;
	story_plan(story, "a", "success:20s success");
	story_plan(story, "c", "fail:10s success");
	story_trigger(story, dag, "1");
	story_wait(story, 1000);
	assert_true(sched_hold(story_sched(story), HOLD_DRAIN, "told to stop"));
	story_trigger(story, dag, "2");
	dag_unref(dag);
	story_wait(story, 59000);
	assert_string_equal(
	    story_told(story),
	    "00:00 a try 1 running\n"
	    "00:00 c try 1 running\n"
	    "00:01 run 2 queued: max_active_runs 1: 1 under way, 0 waiting before it\n"
	    "00:10 c try 1 up_for_retry until 00:15: exit code 3, try 1 of 2; next try in 5s\n"
	    "00:20 a try 1 success\n");
	story_hush(story);
	assert_true(sched_hold(story_sched(story), HOLD_DRAIN, NULL));
	story_resume(story, NULL); /* any step will do: nothing was paused */
	story_go_on(story);
	assert_non_null(strstr(story_told(story), "01:00 c try 2 running\n"));
	assert_non_null(strstr(story_told(story), "01:00 b try 1 running\n"));
	assert_non_null(strstr(story_told(story), "01:00 run success\n01:00 run 2 running\n"));
	story_end(story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_runs_ends_and_nothing_else_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
