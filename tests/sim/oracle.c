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
	enum task_state state = run->tasks[task].state;

	sim_check(state == TASK_UPSTREAM_FAILED || state == TASK_SKIPPED,
		  "run %" PRId64 ": '%s' is %s", run->run_no, run->dag->tasks[task].id,
		  task_state_name(state));
	sim_check(run->tasks[task].attempts == 0, "run %" PRId64 ": '%s' was tried", run->run_no,
		  run->dag->tasks[task].id);
}

static enum task_state outcome_of(enum attempt_cause cause)
{
	if (cause == CAUSE_SUCCESS)
		return TASK_SUCCESS;
	return cause == CAUSE_SKIPPED ? TASK_SKIPPED : TASK_FAILED;
}

/* Whether a try that ended like this may be followed by another. */
static bool may_be_retried(const struct task *task, const struct attempt_end *end)
{
	const struct task_policy *policy = task->policy;

	if (!attempt_cause_is_retried(end->cause))
		return false;
	if (end->cause != CAUSE_EXIT_CODE)
		return true;
	/* The only code that anything fails with is listed in fail_on; a match is found in each
	 * third log (moves.c). */
	return !policy->fail_on.is_given &&
	       (!policy->retry_on.is_given || end->attempt_id % 3 == 0);
}

/* A task that was allowed to run was tried until it succeeded, skipped itself, could not be mended,
 * or had no try left. */
static void check_tried(const struct world *world, const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];
	const struct task_row *row = &run->tasks[task];
	const struct fake_attempt *last = last_attempt(world, run, task);

	if (spec->policy->start_timeout_ms > 0 && row->state == TASK_FAILED)
		return; /* perhaps it was not started in time */
	sim_check(last != NULL, "run %" PRId64 ": '%s' was never tried", run->run_no, spec->id);
	sim_check(row->state == outcome_of(last->end.cause), "run %" PRId64 ": '%s' is %s after %s",
		  run->run_no, spec->id, task_state_name(row->state),
		  attempt_cause_name(last->end.cause));
	sim_check(row->attempts <= spec->retries + 1, "run %" PRId64 ": '%s' was tried %u times",
		  run->run_no, spec->id, row->attempts);
	if (may_be_retried(spec, &last->end))
		sim_check(row->attempts == spec->retries + 1,
			  "run %" PRId64 ": '%s' gave up after %u", run->run_no, spec->id,
			  row->attempts);
}

enum condition {
	HOLDS,
	DOES_NOT_HOLD,
	CANNOT_BE_JUDGED,
	DEPENDS, /* on outputs, which may come before or after it is judged */
};

/* The conditions that random_dag.c makes. */
static enum condition condition_of(const struct run_row *run, uint32_t task)
{
	const char *when = run->dag->tasks[task].when;
	int n = 0;

	if (when == NULL)
		return HOLDS;
	if (strcmp(when, "params.n > 5") == 0)
		return sscanf(run->params, "{\"n\": %d}", &n) == 1 && n > 5 ? HOLDS : DOES_NOT_HOLD;
	return strcmp(when, "params.nothing == 1") == 0 ? CANNOT_BE_JUDGED : DEPENDS;
}

static void check_admitted(const struct world *world, const struct run_row *run, uint32_t task)
{
	const struct task_row *row = &run->tasks[task];
	enum condition condition = condition_of(run, task);
	enum task_state expected = TASK_SUCCESS;

	if (condition == DEPENDS && row->attempts == 0)
		return;
	if (condition == DOES_NOT_HOLD)
		expected = TASK_SKIPPED;
	else if (condition == CANNOT_BE_JUDGED)
		expected = TASK_FAILED;
	else if (run->dag->tasks[task].action != ACTION_EMPTY) {
		check_tried(world, run, task);
		return;
	}
	sim_check(row->state == expected && row->attempts == 0, "run %" PRId64 ": '%s' is %s",
		  run->run_no, run->dag->tasks[task].id, task_state_name(row->state));
}

static bool hook_fits(enum task_hook hook, enum run_state outcome)
{
	return hook == HOOK_EXIT || (hook == HOOK_SUCCESS) == (outcome == RUN_SUCCESS);
}

static void check_task(const struct world *world, const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];

	if (run->by_hand || run->tasks[task].state == TASK_CANCELLED)
		return;
	if (spec->hook != HOOK_NONE && !hook_fits(spec->hook, run->state))
		sim_check(run->tasks[task].state == TASK_SKIPPED,
			  "run %" PRId64 " came to %s, and '%s' is %s", run->run_no,
			  run_state_name(run->state), spec->id,
			  task_state_name(run->tasks[task].state));
	else if (run->was_cancelled || run->timed_out ||
		 (run->end_was_cancelled && spec->hook != HOOK_NONE))
		return;
	else if (rows_rule_is_met(run, task))
		check_admitted(world, run, task);
	else
		check_never_started(run, task);
}

static enum run_state expected_state(const struct run_row *run)
{
	enum run_state expected = RUN_SUCCESS;

	if (run->was_cancelled || run->timed_out)
		return run->timed_out ? RUN_FAILED : RUN_CANCELLED;
	for (uint32_t i = 0; i < run->dag->task_count - run->dag->hook_count; i++) {
		enum task_state state = run->tasks[i].state;

		if ((state == TASK_FAILED && !run->dag->tasks[i].allow_failure) ||
		    state == TASK_UPSTREAM_FAILED)
			return RUN_FAILED;
		if (state == TASK_CANCELLED)
			expected = RUN_CANCELLED;
	}
	return expected;
}

static void judge_run(const struct world *world, const struct run_row *run)
{
	enum run_state expected = expected_state(run);

	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		enum task_state state = run->tasks[i].state;

		sim_check(task_state_is_done(state), "run %" PRId64 ": '%s' is left %s",
			  run->run_no, run->dag->tasks[i].id, task_state_name(state));
		check_task(world, run, i);
	}
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
