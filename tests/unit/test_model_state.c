/* test_model_state.c - the tables of states and causes hold together. */
#include "model/attempt.h"
#include "model/state.h"
#include "tests/unit/unit.h"

#include <string.h>

static void every_state_is_found_by_its_name(void **state)
{
	enum task_state task;
	enum run_state run;
	enum attempt_cause cause;

	(void)state;
	for (int i = 0; i < TASK_STATE_COUNT; i++) {
		assert_true(task_state_from_name(task_state_name((enum task_state)i), &task));
		assert_int_equal(task, i);
	}
	for (int i = 0; i < RUN_STATE_COUNT; i++) {
		assert_true(run_state_from_name(run_state_name((enum run_state)i), &run));
		assert_int_equal(run, i);
	}
	for (int i = 0; i < CAUSE_COUNT; i++) {
		assert_true(
		    attempt_cause_from_name(attempt_cause_name((enum attempt_cause)i), &cause));
		assert_int_equal(cause, i);
	}
	assert_false(task_state_from_name("sleeping", &task));
	assert_false(run_state_from_name("", &run));
	assert_false(attempt_cause_from_name("bad luck", &cause));
}

/* What has ended moves again only when somebody reruns or marks it. */
static void what_is_done_becomes_only_what_somebody_makes_of_it(void **state)
{
	(void)state;
	for (int from = 0; from < TASK_STATE_COUNT; from++) {
		if (!task_state_is_done((enum task_state)from))
			continue;
		assert_true(task_state_may_become((enum task_state)from, TASK_NONE));
		assert_false(task_state_may_become((enum task_state)from, (enum task_state)from));
		assert_false(task_state_may_become((enum task_state)from, TASK_QUEUED));
		assert_false(task_state_may_become((enum task_state)from, TASK_RUNNING));
		assert_false(task_state_may_become((enum task_state)from, TASK_CANCELLING));
		assert_false(task_state_may_become((enum task_state)from, TASK_UPSTREAM_FAILED));
	}
}

static void what_holds_a_slot_is_not_reset_before_it_is_gone(void **state)
{
	(void)state;
	assert_false(task_state_may_become(TASK_RUNNING, TASK_NONE));
	assert_true(task_state_may_become(TASK_RUNNING, TASK_CANCELLING));
	assert_true(task_state_may_become(TASK_CANCELLING, TASK_NONE));
	assert_false(task_state_may_become(TASK_CANCELLING, TASK_REMOVED));
}

static void an_ended_run_comes_back_through_running_or_the_queue(void **state)
{
	(void)state;
	for (int from = 0; from < RUN_STATE_COUNT; from++) {
		enum run_state run = (enum run_state)from;

		assert_false(run_state_may_become(run, run));
		if (!run_state_is_done(run))
			continue;
		assert_true(run_state_may_become(run, RUN_RUNNING));
		assert_true(run_state_may_become(run, RUN_QUEUED));
		assert_false(run_state_may_become(run, RUN_ENDING));
		assert_false(run_state_may_become(run, RUN_CANCELLING));
	}
	assert_false(run_state_may_become(RUN_QUEUED, RUN_CANCELLING));
}

static void every_aim_is_found_by_its_name(void **state)
{
	enum cancel_aim aim;

	(void)state;
	for (int i = 0; i < AIM_COUNT; i++) {
		assert_true(cancel_aim_from_name(cancel_aim_name((enum cancel_aim)i), &aim));
		assert_int_equal(aim, i);
	}
	assert_false(cancel_aim_from_name("none", &aim));
}

static void only_a_released_attempt_holds_a_slot(void **state)
{
	(void)state;
	assert_true(task_state_holds_slot(TASK_RUNNING));
	assert_true(task_state_holds_slot(TASK_CANCELLING));
	assert_false(task_state_holds_slot(TASK_UP_FOR_RETRY));
	assert_false(task_state_holds_slot(TASK_QUEUED));
}

static void every_state_has_a_letter_of_its_own(void **state)
{
	char seen[TASK_STATE_COUNT + 2] = "-";

	(void)state;
	for (unsigned i = 0; i < TASK_STATE_COUNT; i++) {
		char letter = task_state_letter((enum task_state)i);

		assert_in_range(letter, ' ' + 1, '~');
		assert_null(strchr(seen, letter));
		seen[i + 1] = letter;
	}
}

static void trying_again_does_not_mend_what_cannot_start(void **state)
{
	(void)state;
	assert_true(attempt_cause_is_retried(CAUSE_LOST));
	assert_true(attempt_cause_is_retried(CAUSE_TIMEOUT));
	assert_false(attempt_cause_is_retried(CAUSE_COULD_NOT_START));
	assert_false(attempt_cause_is_retried(CAUSE_SUCCESS));
	assert_true(attempt_cause_is_failure(CAUSE_COULD_NOT_START));
	assert_false(attempt_cause_is_failure(CAUSE_SKIPPED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_state_is_found_by_its_name),
	    cmocka_unit_test(what_is_done_becomes_only_what_somebody_makes_of_it),
	    cmocka_unit_test(what_holds_a_slot_is_not_reset_before_it_is_gone),
	    cmocka_unit_test(an_ended_run_comes_back_through_running_or_the_queue),
	    cmocka_unit_test(every_aim_is_found_by_its_name),
	    cmocka_unit_test(only_a_released_attempt_holds_a_slot),
	    cmocka_unit_test(every_state_has_a_letter_of_its_own),
	    cmocka_unit_test(trying_again_does_not_mend_what_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
