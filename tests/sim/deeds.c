/* deeds.c - the daemon carries out effects, and each is held against the disk and the executor's
 * truth first; see world.h. */
#include "tests/sim/fail.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <string.h>

static const char *dag_id_of(struct world *world, int64_t attempt_id)
{
	return fake_attempt(&world->fake, attempt_id)->dag->id;
}

static bool has_own_pool(const struct dag *dag)
{
	return dag->pool_count > 0;
}

/* The most that any version of a dag allows: a version may change while attempts wait to start. */
static uint32_t most_active(const struct world *world, const char *dag_id)
{
	uint32_t most = 0;

	for (size_t i = 0; i < world->dags.count; i++) {
		const struct dag *dag = world->dags.items[i];

		if (strcmp(dag->id, dag_id) == 0 && dag->max_active_tasks > most)
			most = dag->max_active_tasks;
	}
	return most;
}

static uint32_t most_own_slots(const struct world *world, const char *dag_id)
{
	uint32_t most = 0;

	for (size_t i = 0; i < world->dags.count; i++) {
		const struct dag *dag = world->dags.items[i];

		if (strcmp(dag->id, dag_id) == 0 && has_own_pool(dag) && dag->pools[0].slots > most)
			most = dag->pools[0].slots;
	}
	return most;
}

/* Called with the attempt that has just started among the living. */
static void check_limits(struct world *world, const struct effect *launch)
{
	uint32_t of_dag = 0;
	uint32_t in_own = 0;
	uint32_t in_common = 0;

	for (size_t i = 0; i < world->fake.living.count; i++) {
		int64_t id = world->fake.living.items[i];
		const struct dag *dag = fake_attempt(&world->fake, id)->dag;
		bool same = strcmp(dag_id_of(world, id), launch->dag->id) == 0;

		of_dag += same;
		in_own += same && has_own_pool(dag);
		in_common += !has_own_pool(dag);
	}
	sim_check(of_dag <= most_active(world, launch->dag->id), "%u attempts of dag '%s'", of_dag,
		  launch->dag->id);
	if (has_own_pool(launch->dag))
		sim_check(in_own <= most_own_slots(world, launch->dag->id),
			  "%u attempts in the pool of '%s'", in_own, launch->dag->id);
	else
		sim_check(in_common <= world->most_slots, "%u attempts in the common pool",
			  in_common);
}

/* No attempt of one task lives beside another, and none comes after a later one. */
static void check_alone(struct world *world, const struct effect *launch)
{
	for (size_t i = 0; i < world->fake.attempts.count; i++) {
		const struct fake_attempt *other = &world->fake.attempts.items[i];

		if ((int64_t)i + 1 == launch->attempt_id || other->dag == NULL ||
		    other->run_no != launch->run_no || other->task != launch->task)
			continue;
		sim_check(!other->lives, "task %u of run %" PRId64 " runs twice at once",
			  launch->task, launch->run_no);
		sim_check(other->number < launch->number, "try %u of task %u is made again",
			  launch->number, launch->task);
	}
}

/* The next try does not come before its delay is over, by the clock that does not jump. */
static void check_delay(struct world *world, const struct effect *launch)
{
	int64_t delay_ms = launch->dag->tasks[launch->task].retry_delay_ms;

	for (size_t i = 0; i < world->fake.attempts.count; i++) {
		const struct fake_attempt *other = &world->fake.attempts.items[i];

		if (other->dag == NULL || other->run_no != launch->run_no ||
		    other->task != launch->task || other->number + 1 != launch->number ||
		    other->boot != world->fake.boot)
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

/* Somebody's wish to cancel is on disk. */
static void check_cancelled(const struct world *world, const struct effect *effect)
{
	const struct run_row *run = rows_run(&world->disk.rows, effect->run_no);

	check_committed(world, effect);
	sim_check(run->was_cancelled, "run %" PRId64 " was not cancelled", effect->run_no);
}

static void cancel(struct world *world, const struct effect *effect)
{
	const struct run_row *run = rows_run(&world->disk.rows, effect->run_no);

	check_cancelled(world, effect);
	if (run->tasks[effect->task].due_boot_ms != 0)
		sim_check(effect->deadline_boot_ms == run->tasks[effect->task].due_boot_ms,
			  "the deadline of attempt %" PRId64 " is another on disk",
			  effect->attempt_id);
	fake_cancel(&world->fake, effect->attempt_id, world->now);
}

static void kill(struct world *world, const struct effect *effect)
{
	const struct run_row *run = rows_run(&world->disk.rows, effect->run_no);

	check_cancelled(world, effect);
	sim_check(run->tasks[effect->task].due_boot_ms <= world->now.boot_ms,
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
