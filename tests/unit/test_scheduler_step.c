/* test_scheduler_step.c - what a step hands out, field by field, and who owns it. What follows from
 * what is told by the stories in tests/sim. */
#include "base/mem.h"
#include "scheduler/sched.h"
#include "tests/unit/unit.h"

#include <string.h>

#define WALL 1767225600000
#define BOOT 50000

/* "a" before "b". */
static struct dag *make_dag(void)
{
	static const uint32_t zero[] = {0};
	static const uint32_t one[] = {1};
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = "nightly";
	dag->max_active_tasks = 16;
	dag->max_active_runs = 4;
	dag->queue_max = 100;
	dag->task_count = 2;
	dag->tasks = arena_alloc(&dag->arena, 2 * sizeof *dag->tasks);
	dag->tasks[0] =
	    (struct task){.id = "a", .command = "true", .downstream = one, .downstream_count = 1};
	dag->tasks[1] =
	    (struct task){.id = "b", .command = "true", .upstream = zero, .upstream_count = 1};
	for (uint32_t i = 0; i < 2; i++) {
		dag->tasks[i].policy = &task_policy_default;
		dag->tasks[i].pool = POOL_COMMON;
		dag->tasks[i].slots = 1;
	}
	return dag;
}

struct fixture {
	struct sched *sched;
	struct dag *dag;
	struct sched_output output;
	struct moment now;
};

static int setup(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof *fixture);
	struct sched_config config = {
	    .default_pool_slots = 4, .grace_ms = 10000, .next_run_no = 7, .next_attempt_id = 40};

	fixture->sched = sched_create(&config);
	fixture->dag = make_dag();
	fixture->now = (struct moment){.wall_ms = WALL, .boot_ms = BOOT};
	sched_output_init(&fixture->output);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	sched_output_close(&fixture->output);
	sched_destroy(fixture->sched);
	assert_int_equal(atomic_load(&fixture->dag->references), 1);
	dag_unref(fixture->dag);
	mem_free(fixture);
	return 0;
}

static int64_t step(struct fixture *fixture, const struct input *input)
{
	return sched_step(fixture->sched, input, fixture->now, &fixture->output);
}

static int64_t trigger(struct fixture *fixture)
{
	struct input input = {.kind = INPUT_TRIGGER, .actor = "user:alice"};

	input.trigger.dag = fixture->dag;
	input.trigger.run_id = "00000000000000aa";
	input.trigger.key = "monday";
	input.trigger.source = "manual";
	return step(fixture, &input);
}

static const struct change *nth_change(const struct fixture *fixture, size_t n)
{
	const struct change *change = fixture->output.changes.first;

	while (n-- > 0 && change != NULL)
		change = change->next;
	assert_non_null(change);
	return change;
}

static void a_trigger_yields_run_queued_running_and_the_attempt_in_this_order(void **state)
{
	struct fixture *fixture = *state;
	const struct change *change;

	assert_int_equal(trigger(fixture), 7);
	assert_int_equal(fixture->output.changes.count, 4);
	change = nth_change(fixture, 0);
	assert_int_equal(change->kind, CHANGE_RUN_NEW);
	assert_int_equal(change->run_no, 7);
	assert_int_equal(change->at_ms, WALL);
	assert_string_equal(change->actor, "user:alice");
	assert_string_equal(change->run_new.run_id, "00000000000000aa");
	assert_string_equal(change->run_new.key, "monday");
	assert_string_equal(change->run_new.source, "manual");
	assert_int_equal(change->run_new.state, RUN_RUNNING);
	change = nth_change(fixture, 1);
	assert_int_equal(change->kind, CHANGE_TASK_STATE);
	assert_int_equal(change->task_state.from, TASK_NONE);
	assert_int_equal(change->task_state.to, TASK_QUEUED);
	assert_string_equal(change->actor, "scheduler");
	change = nth_change(fixture, 2);
	assert_int_equal(change->task_state.from, TASK_QUEUED);
	assert_int_equal(change->task_state.to, TASK_RUNNING);
	assert_int_equal(change->task_state.due.boot_ms, 0);
	change = nth_change(fixture, 3);
	assert_int_equal(change->kind, CHANGE_ATTEMPT_NEW);
	assert_int_equal(change->attempt_new.attempt_id, 40);
	assert_int_equal(change->attempt_new.number, 1);
}

static void a_run_says_what_it_stands_for_and_until_when(void **state)
{
	struct fixture *fixture = *state;
	struct input input = {.kind = INPUT_TRIGGER, .actor = "user:alice"};
	const struct change_run_new *made;

	fixture->dag->timeout_ms = 60000;
	input.trigger.dag = fixture->dag;
	input.trigger.run_id = "00000000000000aa";
	input.trigger.key = "monday";
	input.trigger.source = "manual";
	input.trigger.params = "{\"n\": 1}";
	input.trigger.period = (struct run_period){"2026-01-01", WALL - 86400000, WALL};
	assert_int_equal(step(fixture, &input), 7);
	made = &nth_change(fixture, 0)->run_new;
	assert_string_equal(made->params, "{\"n\": 1}");
	assert_string_equal(made->period.id, "2026-01-01");
	assert_int_equal(made->period.start_ms, WALL - 86400000);
	assert_int_equal(made->period.end_ms, WALL);
	assert_int_equal(made->deadline.wall_ms, WALL + 60000);
	assert_int_equal(made->deadline.boot_ms, BOOT + 60000);
	assert_int_equal(sched_next_due_boot_ms(fixture->sched), BOOT + 60000);
	assert_int_equal(fixture->output.answer, ANSWER_DONE);
}

static void outputs_are_handed_on_once_and_only_of_what_succeeded(void **state)
{
	struct fixture *fixture = *state;
	struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor"};
	size_t found = 0;

	trigger(fixture);
	input.ended.attempt_id = 40;
	input.ended.cause = CAUSE_SUCCESS;
	input.findings.outputs = "{\"rows\": 3}";
	step(fixture, &input);
	step(fixture, &input);
	input.ended.attempt_id = 41;
	input.ended.cause = CAUSE_EXIT_CODE;
	step(fixture, &input);
	for (const struct change *change = fixture->output.changes.first; change != NULL;
	     change = change->next) {
		if (change->kind != CHANGE_OUTPUTS)
			continue;
		found++;
		assert_int_equal(change->outputs.attempt_id, 40);
		assert_string_equal(change->outputs.json, "{\"rows\": 3}");
	}
	assert_int_equal(found, 1);
}

static void an_answer_is_that_of_the_newest_step(void **state)
{
	struct fixture *fixture = *state;
	struct input cancel = {.kind = INPUT_CANCEL, .actor = "user:bob"};
	struct input pause = {.kind = INPUT_RESUME, .actor = "user:bob"};

	cancel.cancel.run_no = 99;
	step(fixture, &cancel);
	assert_int_equal(fixture->output.answer, ANSWER_NOT_FOUND);
	assert_string_equal(fixture->output.message, "no such run is under way");
	pause.pause.dag_id = "nightly";
	step(fixture, &pause);
	assert_int_equal(fixture->output.answer, ANSWER_UNCHANGED);
	assert_string_equal(fixture->output.message, "dag 'nightly' is not paused");
	trigger(fixture);
	assert_int_equal(fixture->output.answer, ANSWER_DONE);
	assert_null(fixture->output.message);
}

static void a_launch_tells_all_that_the_executor_needs_and_holds_the_dag(void **state)
{
	struct fixture *fixture = *state;
	const struct effect *effect;

	trigger(fixture);
	assert_int_equal(fixture->output.effect_count, 1);
	effect = &fixture->output.effects[0];
	assert_int_equal(effect->kind, EFFECT_LAUNCH);
	assert_int_equal(effect->run_no, 7);
	assert_string_equal(effect->run_id, "00000000000000aa");
	assert_int_equal(effect->task, 0);
	assert_int_equal(effect->number, 1);
	assert_int_equal(effect->attempt_id, 40);
	assert_int_equal(effect->released_at_ms, WALL);
	assert_ptr_equal(effect->dag, fixture->dag);
	/* The test's, the run's, the change's and the effect's. */
	assert_int_equal(atomic_load(&fixture->dag->references), 4);
	sched_output_close(&fixture->output);
	assert_int_equal(atomic_load(&fixture->dag->references), 2);
}

static void a_cancel_tells_its_deadline_on_both_clocks(void **state)
{
	struct fixture *fixture = *state;
	struct input cancel = {.kind = INPUT_CANCEL, .actor = "token"};
	const struct effect *effect;
	const struct change *change;

	trigger(fixture);
	sched_output_close(&fixture->output);
	fixture->now = (struct moment){.wall_ms = WALL - 3600000, .boot_ms = BOOT + 1000};
	cancel.cancel.run_no = 7;
	assert_int_equal(step(fixture, &cancel), 7);
	effect = &fixture->output.effects[0];
	assert_int_equal(effect->kind, EFFECT_CANCEL);
	assert_int_equal(effect->deadline_boot_ms, BOOT + 1000 + 12000);
	assert_int_equal(effect->released_at_ms, WALL);
	assert_null(effect->dag);
	assert_int_equal(nth_change(fixture, 0)->kind, CHANGE_CLOCK);
	change = nth_change(fixture, 2);
	assert_int_equal(change->task_state.to, TASK_CANCELLING);
	assert_int_equal(change->task_state.due.boot_ms, BOOT + 1000 + 12000);
	assert_int_equal(change->task_state.due.wall_ms, WALL - 3600000 + 12000);
	assert_string_equal(change->actor, "token");
	assert_string_equal(change->why, "cancelled by token");
}

static void several_steps_gather_in_one_output(void **state)
{
	struct fixture *fixture = *state;
	struct input ended = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor"};
	size_t launches = 0;

	ended.ended.cause = CAUSE_SUCCESS;
	trigger(fixture);
	ended.ended.attempt_id = 40;
	assert_int_equal(step(fixture, &ended), 7);
	ended.ended.attempt_id = 41;
	assert_int_equal(step(fixture, &ended), 7);
	for (size_t i = 0; i < fixture->output.effect_count; i++)
		launches += fixture->output.effects[i].kind == EFFECT_LAUNCH;
	assert_int_equal(launches, 2);
	assert_int_equal(fixture->output.effects[fixture->output.effect_count - 1].kind,
			 EFFECT_RUN_ENDED);
	assert_int_equal(fixture->output.changes.last->run_state.to, RUN_SUCCESS);
	assert_int_equal(sched_active_run_count(fixture->sched), 0);
}

static void an_unknown_attempt_belongs_to_no_run(void **state)
{
	struct fixture *fixture = *state;
	struct input ended = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor"};

	ended.ended.attempt_id = 12345;
	ended.ended.cause = CAUSE_EXIT_CODE;
	ended.ended.exit_code = 4;
	assert_int_equal(step(fixture, &ended), 0);
	assert_int_equal(fixture->output.changes.count, 1);
	assert_int_equal(nth_change(fixture, 0)->kind, CHANGE_ATTEMPT_LATE);
	assert_int_equal(nth_change(fixture, 0)->run_no, 0);
	assert_int_equal(nth_change(fixture, 0)->attempt_end.attempt_id, 12345);
	assert_int_equal(nth_change(fixture, 0)->attempt_end.exit_code, 4);
	assert_int_equal(fixture->output.effects[0].kind, EFFECT_FORGET);
	assert_int_equal(fixture->output.effects[0].attempt_id, 12345);
}

static void note_attempt(void *context, const struct effect *attempt)
{
	struct effect *noted = context;

	assert_int_equal(noted->attempt_id, 0); /* only one */
	*noted = *attempt;
}

static void attempts_that_hold_a_slot_are_told_as_they_were_launched(void **state)
{
	struct fixture *fixture = *state;
	struct effect noted = {0};

	trigger(fixture);
	fixture->now.wall_ms += 1000;
	sched_each_attempt(fixture->sched, note_attempt, &noted);
	assert_int_equal(noted.kind, EFFECT_LAUNCH);
	assert_int_equal(noted.attempt_id, 40);
	assert_int_equal(noted.released_at_ms, WALL);
	assert_ptr_equal(noted.dag, fixture->dag);
}

/* Rows of an older release may leave a decision open: it is made at the start. */
static void what_the_rows_leave_open_is_decided_at_the_start(void **state)
{
	struct fixture *fixture = *state;
	struct sched_run_row run = {.run_no = 3,
				    .run_id = "00000000000000bb",
				    .key = "k",
				    .source = "manual",
				    .state = RUN_RUNNING,
				    .dag = fixture->dag};
	struct sched_task_row a = {
	    .run_no = 3, .task = 0, .state = TASK_SUCCESS, .attempts = 1, .attempt_id = 9};
	struct sched_task_row b = {.run_no = 3, .task = 1, .state = TASK_NONE};

	sched_restore_run(fixture->sched, &run);
	sched_restore_task(fixture->sched, &a);
	sched_restore_task(fixture->sched, &b);
	sched_restore_end(fixture->sched, fixture->now, &fixture->output);
	assert_int_equal(fixture->output.changes.count, 3);
	assert_int_equal(fixture->output.effect_count, 1);
	assert_int_equal(fixture->output.effects[0].task, 1);
	/* Numbers go on after the config's and after the rows', whichever is higher. */
	assert_int_equal(fixture->output.effects[0].attempt_id, 40);
	assert_int_equal(trigger(fixture), 7);
}

static void a_run_whose_tasks_are_all_done_ends_at_the_start(void **state)
{
	struct fixture *fixture = *state;
	struct sched_run_row run = {.run_no = 3,
				    .run_id = "00000000000000bb",
				    .key = "k",
				    .source = "manual",
				    .state = RUN_RUNNING,
				    .dag = fixture->dag};

	sched_restore_run(fixture->sched, &run);
	for (uint32_t task = 0; task < 2; task++)
		sched_restore_task(
		    fixture->sched,
		    &(struct sched_task_row){.run_no = 3, .task = task, .state = TASK_SUCCESS});
	sched_restore_end(fixture->sched, fixture->now, &fixture->output);
	assert_int_equal(fixture->output.changes.count, 1);
	assert_int_equal(nth_change(fixture, 0)->run_state.to, RUN_SUCCESS);
	assert_int_equal(sched_active_run_count(fixture->sched), 0);
}

static void two_schedulers_that_behave_alike_print_alike(void **state)
{
	struct fixture *fixture = *state;
	struct str text = STR_INIT;

	trigger(fixture);
	sched_dump(fixture->sched, &text);
	assert_string_equal(
	    str_text(&text),
	    "next run=8 attempt=41\n"
	    "run 7 00000000000000aa dag=nightly version= source=manual key=monday running "
	    "unfinished=2+0 holding=1 failed=0 params= period=monday 1767225600000 1767225600000\n"
	    "  task a running try=1/1 attempt=40 released=1767225600000\n"
	    "  task b none upstream=1: 0 success 0 failed 0 upstream_failed 0 skipped 0 removed\n"
	    "dag nightly active=1/16 runs=1/4 queued=0 waiting=0\n"
	    "pool default used=1/4\n");
	str_close(&text);
}

static void held_starts_leave_tasks_queued_with_the_reason(void **state)
{
	struct input time = {.kind = INPUT_TIME, .actor = "scheduler"};
	struct fixture *fixture = *state;
	const struct change *change;

	sched_hold(fixture->sched, HOLD_SPACE, "no room");
	trigger(fixture);
	assert_int_equal(fixture->output.changes.count, 2);
	change = nth_change(fixture, 1);
	assert_int_equal(change->task_state.to, TASK_QUEUED);
	assert_string_equal(change->why, "no room");
	step(fixture, &time);
	assert_int_equal(fixture->output.effect_count, 0);
	sched_hold(fixture->sched, HOLD_SPACE, NULL);
	step(fixture, &time);
	change = nth_change(fixture, 2);
	assert_int_equal(change->task_state.to, TASK_RUNNING);
	assert_null(change->why);
	assert_int_equal(fixture->output.effect_count, 1);
	assert_int_equal(fixture->output.effects[0].kind, EFFECT_LAUNCH);
}

int main(void)
{
#define STEP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    STEP_TEST(a_run_says_what_it_stands_for_and_until_when),
	    STEP_TEST(outputs_are_handed_on_once_and_only_of_what_succeeded),
	    STEP_TEST(an_answer_is_that_of_the_newest_step),
	    STEP_TEST(a_trigger_yields_run_queued_running_and_the_attempt_in_this_order),
	    STEP_TEST(a_launch_tells_all_that_the_executor_needs_and_holds_the_dag),
	    STEP_TEST(a_cancel_tells_its_deadline_on_both_clocks),
	    STEP_TEST(several_steps_gather_in_one_output),
	    STEP_TEST(an_unknown_attempt_belongs_to_no_run),
	    STEP_TEST(attempts_that_hold_a_slot_are_told_as_they_were_launched),
	    STEP_TEST(what_the_rows_leave_open_is_decided_at_the_start),
	    STEP_TEST(a_run_whose_tasks_are_all_done_ends_at_the_start),
	    STEP_TEST(held_starts_leave_tasks_queued_with_the_reason),
	    STEP_TEST(two_schedulers_that_behave_alike_print_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
