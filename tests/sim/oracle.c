/* oracle.c - what had to come of it all, computed from the outcomes alone; see world.h. */
#include "tests/sim/fail.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <string.h>

/* The newest attempt of a task, by the executor's truth; its number counts them. NULL = none. */
static const struct fake_attempt *last_attempt(const struct world *world, const struct run_row *run,
					       uint32_t task)
{
	const struct task_row *row = &run->tasks[task];

	return row->attempt_id == 0 ? NULL : &world->fake.attempts.items[row->attempt_id - 1];
}

static void check_never_started(const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];
	enum task_state state = run->tasks[task].state;
	bool failed = false;
	bool skipped = false;

	for (uint32_t u = 0; u < spec->upstream_count; u++) {
		enum task_state upstream = run->tasks[spec->upstream[u]].state;

		failed = failed || upstream == TASK_FAILED || upstream == TASK_UPSTREAM_FAILED;
		skipped = skipped || upstream == TASK_SKIPPED;
	}
	sim_check((state == TASK_UPSTREAM_FAILED && failed) || (state == TASK_SKIPPED && skipped),
		  "run %" PRId64 ": '%s' is %s", run->run_no, spec->id, task_state_name(state));
	sim_check(run->tasks[task].attempts == 0, "run %" PRId64 ": '%s' was tried", run->run_no,
		  spec->id);
}

static enum task_state outcome_of(enum attempt_cause cause)
{
	if (cause == CAUSE_SUCCESS)
		return TASK_SUCCESS;
	return cause == CAUSE_SKIPPED ? TASK_SKIPPED : TASK_FAILED;
}

/* A task whose upstreams all succeeded was tried until it succeeded, skipped itself, could not be
 * mended, or had no try left. */
static void check_tried(const struct world *world, const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];
	const struct task_row *row = &run->tasks[task];
	const struct fake_attempt *last = last_attempt(world, run, task);

	sim_check(last != NULL, "run %" PRId64 ": '%s' was never tried", run->run_no, spec->id);
	sim_check(row->state == outcome_of(last->end.cause), "run %" PRId64 ": '%s' is %s after %s",
		  run->run_no, spec->id, task_state_name(row->state),
		  attempt_cause_name(last->end.cause));
	sim_check(row->attempts <= spec->retries + 1, "run %" PRId64 ": '%s' was tried %u times",
		  run->run_no, spec->id, row->attempts);
	if (attempt_cause_is_retried(last->end.cause))
		sim_check(row->attempts == spec->retries + 1,
			  "run %" PRId64 ": '%s' gave up after %u", run->run_no, spec->id,
			  row->attempts);
}

static bool all_upstreams_succeeded(const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];

	for (uint32_t u = 0; u < spec->upstream_count; u++)
		if (run->tasks[spec->upstream[u]].state != TASK_SUCCESS)
			return false;
	return true;
}

static void judge_run(const struct world *world, const struct run_row *run)
{
	enum run_state expected = RUN_SUCCESS;

	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		enum task_state state = run->tasks[i].state;

		sim_check(task_state_is_done(state), "run %" PRId64 ": '%s' is left %s",
			  run->run_no, run->dag->tasks[i].id, task_state_name(state));
		if (state == TASK_FAILED || state == TASK_UPSTREAM_FAILED)
			expected = RUN_FAILED;
		if (run->was_cancelled)
			continue;
		if (all_upstreams_succeeded(run, i))
			check_tried(world, run, i);
		else
			check_never_started(run, i);
	}
	if (run->was_cancelled)
		expected = RUN_CANCELLED;
	sim_check(run->state == expected, "run %" PRId64 " is %s, not %s", run->run_no,
		  run_state_name(run->state), run_state_name(expected));
}

static void check_nothing_left(const struct world *world)
{
	sim_check(sched_active_run_count(world->sched) == 0, "runs in memory");
	sim_check(sched_next_due_boot_ms(world->sched) == INT64_MAX, "a timer");
	sim_check(world->fake.living.count == 0, "attempts that live");
	for (size_t i = 0; i < world->fake.attempts.count; i++)
		sim_check(!world->fake.attempts.items[i].record, "the record of attempt %zu",
			  i + 1);
	for (size_t i = 0; i < world->disk.rows.attempts.count; i++) {
		const struct attempt_row *row = &world->disk.rows.attempts.items[i];

		sim_check(row->ended, "attempt %zu without an end", i + 1);
		sim_check(row->cause == world->fake.attempts.items[i].end.cause,
			  "attempt %zu ended as %s on disk", i + 1, attempt_cause_name(row->cause));
	}
}

void oracle_judge(struct world *world)
{
	for (size_t i = 0; i < world->wishes.count; i++) {
		const struct wish *wish = &world->wishes.items[i];

		sim_check(rows_find_key(&world->disk.rows, wish->dag->id, wish->key) != NULL,
			  "the run with key '%s' is lost", wish->key);
	}
	sim_check(world->disk.rows.runs.count == world->wishes.count, "%zu runs for %zu wishes",
		  world->disk.rows.runs.count, world->wishes.count);
	for (size_t i = 0; i < world->disk.rows.runs.count; i++)
		judge_run(world, world->disk.rows.runs.items[i]);
	check_nothing_left(world);
}
