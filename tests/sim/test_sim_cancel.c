/* test_sim_cancel.c - stories: a run is cancelled while its tasks are in every state there is. */
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

/* With one slot, after 5 s: up_for_retry, success, running, queued and none. */
static struct story *begin(const char *runs)
{
	static const struct task_spec tasks[] = {
	    {.id = "retries", .retries = 1, .retry_delay_ms = 60000},
	    {.id = "done"},
	    {.id = "runs"},
	    {.id = "waits"},
	    {.id = "later", .after = "runs"},
	    {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = tasks});

	story_plan(story, "retries", "fail");
	story_plan(story, "runs", runs);
	story_trigger(story, dag, "monday");
	story_wait(story, 5000);
	story_hush(story);
	dag_unref(dag);
	return story;
}

static void a_cancel_meets_every_state(void **state)
{
	struct story *story = begin("success:60s");

	(void)state;
	story_cancel(story, 1, "wrong data");
	assert_string_equal(
	    story_told(story),
	    "00:05 run cancelling: cancelled by user:alice: wrong data\n"
	    "00:05 retries try 1 cancelled: cancelled by user:alice: wrong data\n"
	    "00:05 runs try 1 cancelling until 00:17: cancelled by user:alice: wrong data\n"
	    "00:05 waits cancelled: cancelled by user:alice: wrong data\n"
	    "00:05 later cancelled: cancelled by user:alice: wrong data\n");
	story_hush(story);
	story_go_on(story);
	assert_string_equal(story_told(story), "00:06 runs try 1 cancelled: ended on request\n"
					       "00:06 run cancelled\n");
	assert_int_equal(story_effect_count(story, EFFECT_CANCEL), 1);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 0);
	assert_int_equal(story_effect_count(story, EFFECT_RUN_ENDED), 1);
	story_end(story);
}

static void a_run_of_which_nothing_runs_is_cancelled_at_once(void **state)
{
	static const struct task_spec alone[] = {{.id = "a", .retries = 1, .retry_delay_ms = 60000},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = alone});

	(void)state;
	story_plan(story, "a", "fail");
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	story_wait(story, 1000);
	story_hush(story);
	story_cancel(story, 1, NULL);
	assert_string_equal(story_told(story), "00:01 a try 1 cancelled: cancelled by user:alice\n"
					       "00:01 run cancelled: cancelled by user:alice\n");
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)), INT64_MAX);
	assert_int_equal(sched_active_run_count(story_sched(story)), 0);
	story_end(story);
}

static void what_ends_before_the_signal_ends_as_it_did(void **state)
{
	static const struct {
		enum attempt_cause cause;
		const char *told;
	} ends[] = {
	    {CAUSE_SUCCESS, "00:05 runs try 1 success\n00:05 run cancelled\n"},
	    {CAUSE_SKIPPED, "00:05 runs try 1 skipped: exit code 99\n00:05 run cancelled\n"},
	    {CAUSE_EXIT_CODE, "00:05 runs try 1 failed: exit code 99\n00:05 run cancelled\n"},
	    {CAUSE_SIGNAL,
	     "00:05 runs try 1 cancelled: killed by signal 15 (SIGTERM)\n00:05 run cancelled\n"},
	    {CAUSE_LOST, "00:05 runs try 1 cancelled: lost\n00:05 run cancelled\n"},
	    {CAUSE_TIMEOUT, "00:05 runs try 1 failed: timeout\n00:05 run cancelled\n"},
	    {CAUSE_OUT_OF_MEMORY, "00:05 runs try 1 failed: out of memory\n00:05 run cancelled\n"},
	    {CAUSE_COULD_NOT_START,
	     "00:05 runs try 1 failed: could not start\n00:05 run cancelled\n"},
	    {CAUSE_CANCELLED,
	     "00:05 runs try 1 cancelled: ended on request\n00:05 run cancelled\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct story *story = begin("success:60s");
		struct attempt_end end = {
		    .attempt_id = 3, .cause = ends[i].cause, .exit_code = 99, .signal = 15};

		story_cancel(story, 1, NULL);
		story_hush(story);
		story_tell_end(story, &end);
		assert_string_equal(story_told(story), ends[i].told);
		story_end(story);
	}
}

static void nothing_is_tried_again_in_a_cancelled_run(void **state)
{
	static const struct task_spec alone[] = {{.id = "a", .retries = 9, .retry_delay_ms = 0},
						 {.id = NULL}};
	struct story *story = story_start(&(struct story_config){0});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = alone});
	struct attempt_end failed = {.attempt_id = 1, .cause = CAUSE_EXIT_CODE, .exit_code = 1};

	(void)state;
	story_plan(story, "a", "deaf success:60s");
	story_trigger(story, dag, "monday");
	dag_unref(dag);
	story_cancel(story, 1, NULL);
	story_hush(story);
	story_tell_end(story, &failed);
	assert_string_equal(story_told(story), "00:00 a try 1 failed: exit code 1\n"
					       "00:00 run cancelled\n");
	story_end(story);
}

static void what_does_not_die_is_killed_again_and_again(void **state)
{
	struct story *story = begin("undead success:600s");

	(void)state;
	story_cancel(story, 1, NULL);
	/* Grace of 10 s and the margin of 2 s, then every 10 s; the first two do nothing. */
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)) - story_now(story).boot_ms,
			 12000);
	story_wait(story, 11999);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 0);
	story_wait(story, 1);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 1);
	story_wait(story, 10000);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 2);
	story_hush(story);
	story_go_on(story);
	assert_int_equal(story_effect_count(story, EFFECT_KILL), 3);
	assert_string_equal(story_told(story), "00:37 runs try 1 cancelled: ended on request\n"
					       "00:37 run cancelled\n");
	story_end(story);
}

static void a_second_cancel_changes_nothing(void **state)
{
	struct story *story = begin("deaf success:600s");
	size_t before;

	(void)state;
	story_cancel(story, 1, "first");
	before = story_change_count(story);
	story_cancel(story, 1, "second");
	story_cancel(story, 77, "no such run");
	assert_int_equal(story_change_count(story), before);
	assert_int_equal(story_effect_count(story, EFFECT_CANCEL), 1);
	story_go_on(story);
	before = story_change_count(story);
	story_cancel(story, 1, "it has ended");
	assert_int_equal(story_change_count(story), before);
	story_end(story);
}

static void a_cancel_leaves_other_runs_alone(void **state)
{
	static const struct task_spec alone[] = {{.id = "a"}, {.id = NULL}};
	struct story *story = story_start(&(struct story_config){.slots = 1});
	struct dag *dag = spec_dag(&(struct dag_spec){.id = "d", .tasks = alone});

	(void)state;
	story_plan(story, "a", "success:10s");
	story_trigger(story, dag, "1");
	story_trigger(story, dag, "2");
	story_trigger(story, dag, "3");
	dag_unref(dag);
	story_cancel(story, 2, NULL);
	story_go_on(story);
	assert_string_equal(story_told(story), "00:00 a try 1 running\n"
					       "00:00 2/a cancelled: cancelled by user:alice\n"
					       "00:00 run 2 cancelled: cancelled by user:alice\n"
					       "00:10 a try 1 success\n"
					       "00:10 run success\n"
					       "00:10 3/a try 1 running\n"
					       "00:20 3/a try 1 success\n"
					       "00:20 run 3 success\n");
	story_end(story);
}

static void a_cancel_is_asked_again_after_a_restart_and_the_deadline_stays(void **state)
{
	struct story *story = begin("deaf success:600s");

	(void)state;
	story_cancel(story, 1, NULL);
	story_wait(story, 5000);
	story_restart(story);
	assert_int_equal(story_effect_count(story, EFFECT_CANCEL), 2);
	assert_int_equal(sched_next_due_boot_ms(story_sched(story)) - story_now(story).boot_ms,
			 7000);
	story_hush(story);
	story_go_on(story);
	assert_string_equal(story_told(story), "00:17 runs try 1 cancelled: ended on request\n"
					       "00:17 run cancelled\n");
	story_end(story);
}

int main(void)
{
	static const struct CMUnitTest all[] = {
	    cmocka_unit_test(a_cancel_meets_every_state),
	    cmocka_unit_test(a_run_of_which_nothing_runs_is_cancelled_at_once),
	    cmocka_unit_test(what_ends_before_the_signal_ends_as_it_did),
	    cmocka_unit_test(nothing_is_tried_again_in_a_cancelled_run),
	    cmocka_unit_test(what_does_not_die_is_killed_again_and_again),
	    cmocka_unit_test(a_second_cancel_changes_nothing),
	    cmocka_unit_test(a_cancel_leaves_other_runs_alone),
	    cmocka_unit_test(a_cancel_is_asked_again_after_a_restart_and_the_deadline_stays),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
