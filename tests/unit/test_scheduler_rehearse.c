/* test_scheduler_rehearse.c - a rehearsal tells what a step would do, and leaves the scheduler as
 * it was. */
#include "scheduler/rehearse.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WALL 1767225600000
#define BOOT 50000

/* "a" before "b"; one run at a time, and one that waits. */
static struct dag *make_dag(void)
{
	static const uint32_t zero[] = {0};
	static const uint32_t one[] = {1};
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = "nightly";
	dag->max_active_tasks = 16;
	dag->max_active_runs = 1;
	dag->queue_max = 1;
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

static int64_t trigger(struct fixture *fixture, const char *run_id)
{
	struct input input = {.kind = INPUT_TRIGGER, .actor = "user:alice"};

	input.trigger.dag = fixture->dag;
	input.trigger.run_id = run_id;
	input.trigger.key = run_id;
	input.trigger.source = "manual";
	return sched_step(fixture->sched, &input, fixture->now, &fixture->output);
}

static char *dump(const struct sched *sched)
{
	struct str text = STR_INIT;

	sched_dump(sched, &text);
	return str_take(&text);
}

/* The lines of a dump that are about the run with this number. */
static char *dump_of_run(const struct sched *sched, int64_t run_no)
{
	char *whole = dump(sched);
	char head[32];
	const char *begin;
	const char *end;
	char *part;

	snprintf(head, sizeof head, "run %" PRId64 " ", run_no);
	begin = strstr(whole, head);
	assert_non_null(begin);
	end = strchr(begin, '\n') + 1;
	while (strncmp(end, "  task", 6) == 0)
		end = strchr(end, '\n') + 1;
	part = mem_strndup(begin, (size_t)(end - begin));
	mem_free(whole);
	return part;
}

static void a_copy_knows_its_run_as_the_scheduler_does(void **state)
{
	struct fixture *fixture = *state;
	int64_t running = trigger(fixture, "0000000000000001");
	int64_t queued = trigger(fixture, "0000000000000002");
	const int64_t runs[] = {running, queued};

	for (size_t i = 0; i < 2; i++) {
		char *before = dump(fixture->sched);
		struct sched *copy = rehearse_run(fixture->sched, runs[i], fixture->now);
		char *known = dump_of_run(fixture->sched, runs[i]);
		char *copied = dump_of_run(copy, runs[i]);
		char *after = dump(fixture->sched);

		assert_string_equal(copied, known);
		assert_string_equal(after, before);
		assert_int_equal(sched_active_run_count(copy), 1);
		assert_ptr_equal(rehearse_dag(fixture->sched, runs[i]), fixture->dag);
		mem_free(before);
		mem_free(known);
		mem_free(copied);
		mem_free(after);
		sched_destroy(copy);
	}
}

static void a_cancel_is_rehearsed_without_being_done(void **state)
{
	struct fixture *fixture = *state;
	struct input input = {.kind = INPUT_CANCEL, .actor = "user:alice"};
	struct sched_output output;
	struct sched *copy;
	char *before;
	char *after;

	input.cancel.run_no = trigger(fixture, "0000000000000001");
	before = dump(fixture->sched);
	copy = rehearse_run(fixture->sched, input.cancel.run_no, fixture->now);
	sched_output_init(&output);
	sched_step(copy, &input, fixture->now, &output);
	after = dump(fixture->sched);
	assert_int_equal(output.answer, ANSWER_DONE);
	assert_int_equal(output.changes.first->kind, CHANGE_RUN_STATE);
	assert_int_equal(output.changes.first->run_state.to, RUN_CANCELLING);
	assert_string_equal(after, before);
	sched_output_close(&output);
	sched_destroy(copy);
	mem_free(before);
	mem_free(after);
}

static void a_trigger_is_foreseen(void **state)
{
	struct fixture *fixture = *state;
	struct input input = {.kind = INPUT_TRIGGER, .actor = "user:alice"};
	struct sched_output output;
	enum run_state first;

	sched_output_init(&output);
	input.trigger.dag = fixture->dag;
	rehearse_trigger(fixture->sched, &input, fixture->now, &output, &first);
	assert_int_equal(output.answer, ANSWER_DONE);
	assert_int_equal(first, RUN_RUNNING);
	trigger(fixture, "0000000000000001");
	rehearse_trigger(fixture->sched, &input, fixture->now, &output, &first);
	assert_int_equal(first, RUN_QUEUED);
	trigger(fixture, "0000000000000002");
	rehearse_trigger(fixture->sched, &input, fixture->now, &output, &first);
	assert_int_equal(output.answer, ANSWER_REFUSED);
	assert_non_null(strstr(output.message, "has 1 run waiting already"));
	assert_int_equal(sched_active_run_count(fixture->sched), 2);
	sched_output_close(&output);
}

static void pauses_are_known_to_a_copy(void **state)
{
	struct fixture *fixture = *state;
	struct input input = {.kind = INPUT_PAUSE, .actor = "user:alice"};
	struct sched *copy;

	input.pause.dag_id = "nightly";
	sched_step(fixture->sched, &input, fixture->now, &fixture->output);
	copy = rehearse_pauses(fixture->sched);
	assert_true(sched_is_paused(copy, "nightly"));
	assert_false(sched_is_paused(copy, "other"));
	sched_destroy(copy);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_copy_knows_its_run_as_the_scheduler_does),
	    STORY(a_cancel_is_rehearsed_without_being_done),
	    STORY(a_trigger_is_foreseen),
	    STORY(pauses_are_known_to_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
