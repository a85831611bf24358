/* deeds.c - the daemon carries out effects, and each is held against the disk and the executor's
 * truth first; see world.h. */
#include "tests/sim/fail.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <string.h>

/* The most that any version of a dag allows: a version may change while attempts wait to start. */
static uint32_t most_active(const struct world *world, const char *dag_id, bool of_runs)
{
	uint32_t most = 0;

	for (size_t i = 0; i < world->dags.count; i++) {
		const struct dag *dag = world->dags.items[i];
		uint32_t allowed = of_runs ? dag->max_active_runs : dag->max_active_tasks;

		if (strcmp(dag->id, dag_id) == 0 && allowed > most)
			most = allowed;
	}
	return most;
}

/* Whose pool it is and which, as text. */
static void name_pool(const struct dag *dag, uint32_t position, char out[64])
{
	const struct pool_size *pool = &dag->pools[position];

	if (position == POOL_COMMON)
		snprintf(out, 64, "common");
	else if (pool->domain != NULL)
		snprintf(out, 64, "domain %s %s", pool->domain, pool->name);
	else
		snprintf(out, 64, "dag %s %s", dag->id, pool->name);
}

static uint32_t most_slots(const struct world *world, const char *name)
{
	uint32_t most = strcmp(name, "common") == 0 ? world->most_slots : 0;

	for (size_t i = 0; i < world->dags.count; i++) {
		const struct dag *dag = world->dags.items[i];

		for (uint32_t p = 0; p < dag->pool_count; p++) {
			char other[64];

			name_pool(dag, p, other);
			if (strcmp(other, name) == 0 && dag->pools[p].slots > most)
				most = dag->pools[p].slots;
		}
	}
	return most;
}

/* Called with the attempt that has just started among the living. One alone in its pool may take
 * more than there is. */
static void check_pool(struct world *world, const struct effect *launch)
{
	uint32_t slots = 0;
	uint32_t users = 0;
	char own[64];

	name_pool(launch->dag, launch->dag->tasks[launch->task].pool, own);
	for (size_t i = 0; i < world->fake.living.count; i++) {
		const struct fake_attempt *other =
		    fake_attempt(&world->fake, world->fake.living.items[i]);
		char name[64];

		name_pool(other->dag, other->dag->tasks[other->task].pool, name);
		if (strcmp(name, own) != 0)
			continue;
		slots += other->dag->tasks[other->task].slots;
		users++;
	}
	sim_check(users == 1 || slots <= most_slots(world, own), "%u slots taken of pool %s", slots,
		  own);
}

static uint32_t count_active_runs(const struct world *world, const char *dag_id)
{
	uint32_t count = 0;

	for (size_t i = 0; i < world->disk.rows.runs.count; i++) {
		const struct run_row *run = world->disk.rows.runs.items[i];

		count += strcmp(run->dag->id, dag_id) == 0 && !run_state_is_done(run->state) &&
			 run_state_has_begun(run->state) && !run->is_forced;
	}
	return count;
}

/* Whether two attempts share max_active_tasks: that of their dag, or, of a forced run, its own. */
static bool share_limit(const struct world *world, const struct fake_attempt *attempt,
			const struct effect *launch)
{
	bool is_forced = rows_run(&world->disk.rows, launch->run_no)->is_forced;

	if (is_forced || rows_run(&world->disk.rows, attempt->run_no)->is_forced)
		return attempt->run_no == launch->run_no;
	return strcmp(attempt->dag->id, launch->dag->id) == 0;
}

static void check_limits(struct world *world, const struct effect *launch)
{
	const char *dag_id = launch->dag->id;
	uint32_t of_dag = 0;

	for (size_t i = 0; i < world->fake.living.count; i++)
		of_dag += share_limit(
		    world, fake_attempt(&world->fake, world->fake.living.items[i]), launch);
	sim_check(of_dag <= most_active(world, dag_id, false), "%u attempts of dag '%s'", of_dag,
		  dag_id);
	sim_check(count_active_runs(world, dag_id) <= most_active(world, dag_id, true),
		  "%u runs of dag '%s'", count_active_runs(world, dag_id), dag_id);
	check_pool(world, launch);
}

static bool is_same_task(const struct fake_attempt *other, const struct effect *launch)
{
	return other->dag != NULL && other->run_no == launch->run_no &&
	       strcmp(other->dag->tasks[other->task].id, launch->dag->tasks[launch->task].id) == 0;
}

/* No attempt of one task lives beside another, and none comes after a later one. */
static void check_alone(struct world *world, const struct effect *launch)
{
	for (size_t i = 0; i < world->fake.attempts.count; i++) {
		const struct fake_attempt *other = &world->fake.attempts.items[i];

		if ((int64_t)i + 1 == launch->attempt_id || !is_same_task(other, launch))
			continue;
		sim_check(!other->lives, "task %u of run %" PRId64 " runs twice at once",
			  launch->task, launch->run_no);
		/* A task that was removed and came back with another version counts anew. */
		sim_check(rows_run(&world->disk.rows, launch->run_no)->has_moved ||
			      other->number < launch->number,
			  "try %u of task %u is made again", launch->number, launch->task);
	}
}

/* The least that chance and the longest delay leave of it; growth makes it only longer. */
static int64_t least_delay_ms(const struct task *task)
{
	int64_t most_ms = task->policy->retry_max_delay_ms;
	int64_t delay_ms = task->retry_delay_ms < most_ms ? task->retry_delay_ms : most_ms;

	return (int64_t)((double)delay_ms * (1 - task->policy->retry_jitter));
}

/* The next try does not come before its delay is over, by the clock that does not jump. */
static void check_delay(struct world *world, const struct effect *launch)
{
	int64_t delay_ms = least_delay_ms(&launch->dag->tasks[launch->task]);
	const struct run_row *run = rows_run(&world->disk.rows, launch->run_no);

	/* The first try after a rerun comes at once. */
	if (launch->number == run->tasks[launch->task].attempts_before + 1)
		return;
	for (size_t i = 0; i < world->fake.attempts.count; i++) {
		const struct fake_attempt *other = &world->fake.attempts.items[i];

		if (!is_same_task(other, launch) || other->number + 1 != launch->number ||
		    run->has_moved || other->boot != world->fake.boot)
			continue;
		sim_check(world->now.boot_ms >= other->ends_at_boot_ms + delay_ms,
			  "try %u of task %u comes too early", launch->number, launch->task);
	}
}

static struct attempt_row *committed(const struct world *world, const struct effect *effect)
{
	struct attempt_row *row = rows_attempt(&world->disk.rows, effect->attempt_id);

	sim_check(row != NULL, "attempt %" PRId64 " is not on disk", effect->attempt_id);
	return row;
}

static void check_committed(const struct world *world, const struct effect *effect)
{
	const struct attempt_row *row = committed(world, effect);

	sim_check(row->run_no == effect->run_no && row->task == effect->task &&
		      row->number == effect->number &&
		      row->released_at_ms == effect->released_at_ms,
		  "attempt %" PRId64 " is another on disk", effect->attempt_id);
}

static void launch(struct world *world, const struct effect *effect)
{
	check_committed(world, effect);
	if (!fake_launch(&world->fake, effect, world->now))
		return;
	sim_check(!committed(world, effect)->ended, "attempt %" PRId64 " starts after its end",
		  effect->attempt_id);
	check_alone(world, effect);
	check_delay(world, effect);
	check_limits(world, effect);
}

/* What is cancelling on disk, as the newest attempt of its task; NULL = its end is on disk by now.
 */
static const struct task_row *cancelling(const struct world *world, const struct effect *effect)
{
	const struct run_row *run = rows_run(&world->disk.rows, effect->run_no);
	const struct task_row *task;

	check_committed(world, effect);
	if (committed(world, effect)->ended)
		return NULL;
	task = &run->tasks[effect->task];
	sim_check(task->state == TASK_CANCELLING && task->attempt_id == effect->attempt_id,
		  "attempt %" PRId64 " was not cancelled", effect->attempt_id);
	return task;
}

static void cancel(struct world *world, const struct effect *effect)
{
	const struct task_row *task = cancelling(world, effect);

	if (task != NULL && task->due_boot_ms != 0)
		sim_check(effect->deadline_boot_ms == task->due_boot_ms,
			  "the deadline of attempt %" PRId64 " is another on disk",
			  effect->attempt_id);
	fake_cancel(&world->fake, effect->attempt_id, world->now);
}

static void kill(struct world *world, const struct effect *effect)
{
	const struct task_row *task = cancelling(world, effect);

	sim_check(task == NULL || task->due_boot_ms <= world->now.boot_ms,
		  "attempt %" PRId64 " is killed within its grace", effect->attempt_id);
	sim_check(fake_attempt(&world->fake, effect->attempt_id)->asked,
		  "attempt %" PRId64 " is killed and was never asked to end", effect->attempt_id);
	fake_kill(&world->fake, effect->attempt_id, world->now);
}

static void forget(struct world *world, const struct effect *effect)
{
	sim_check(committed(world, effect)->ended, "the end of attempt %" PRId64 " is not on disk",
		  effect->attempt_id);
	fake_forget(&world->fake, effect->attempt_id);
}

static void run_ended(struct world *world, const struct effect *effect)
{
	const struct run_row *run = rows_run(&world->disk.rows, effect->run_no);

	sim_check(run != NULL && run_state_is_done(run->state), "run %" PRId64 " has not ended",
		  effect->run_no);
	sim_check(strcmp(run->run_id, effect->run_id) == 0, "run id %s", effect->run_id);
}

static void (*const deeds[])(struct world *world, const struct effect *effect) = {
    [EFFECT_LAUNCH] = launch, [EFFECT_CANCEL] = cancel,       [EFFECT_KILL] = kill,
    [EFFECT_FORGET] = forget, [EFFECT_RUN_ENDED] = run_ended,
};

void deeds_carry_out(struct world *world, const struct effect *effect)
{
	deeds[effect->kind](world, effect);
}

/* As executor/process judges a claim. An attempt that is being cancelled is never launched any
 * more. */
void deeds_adopt(struct world *world, const struct effect *attempt, bool reboot)
{
	const struct fake_attempt *found = fake_attempt(&world->fake, attempt->attempt_id);
	const struct run_row *run = rows_run(&world->disk.rows, attempt->run_no);

	check_committed(world, attempt);
	if (found->lives || found->record)
		return;
	if (found->claimed || reboot || run->tasks[attempt->task].state == TASK_CANCELLING)
		fake_lose(&world->fake, attempt->attempt_id, world->now);
	else
		launch(world, attempt);
}
