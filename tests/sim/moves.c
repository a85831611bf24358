/* moves.c - all that can happen next in a random world; see world.h. One table: what it is, how
 * likely against the others, whether it is possible now. */
#include "tests/sim/fail.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <string.h>

/* --- people ------------------------------------------------------------------------------------
 */

static bool is_on_its_way(const struct world *world, const struct wish *wish)
{
	for (size_t i = 0; i < world->batches.count; i++)
		for (const struct change *change = world->batches.items[i]->changes.first;
		     change != NULL; change = change->next)
			if (change->kind == CHANGE_RUN_NEW &&
			    strcmp(change->run_new.key, wish->key) == 0)
				return true;
	return false;
}

/* A wish that is neither on disk nor on its way there; NULL = all are. */
static const struct wish *open_wish(const struct world *world)
{
	for (size_t i = 0; i < world->wishes.count; i++) {
		const struct wish *wish = &world->wishes.items[i];

		if (rows_find_key(&world->disk.rows, wish->dag->id, wish->key) == NULL &&
		    !is_on_its_way(world, wish))
			return wish;
	}
	return NULL;
}

static bool can_trigger(const struct world *world)
{
	return open_wish(world) != NULL;
}

static void trigger(struct world *world)
{
	const struct wish *wish = open_wish(world);
	struct input input = {.kind = INPUT_TRIGGER, .actor = "user:alice"};
	char run_id[RUN_ID_SIZE];

	snprintf(run_id, sizeof run_id, "%016" PRIx64, ++world->ids_made);
	input.trigger.dag = wish->dag;
	input.trigger.run_id = run_id;
	input.trigger.key = wish->key;
	input.trigger.source = "manual";
	input.trigger.is_forced = wish->is_forced;
	if (wish->delay_ms > 0)
		input.trigger.start_at_ms = world->now.wall_ms + wish->delay_ms;
	input.trigger.params = wish->key[1] % 2 == 0 ? "{\"n\": 7}" : "{\"n\": 2}";
	sim_check(sched_find_key(world->sched, wish->dag->id, "manual", wish->key) == 0,
		  "key '%s' is known", wish->key);
	world_step(world, &input);
	/* A run of empty tasks has ended already. */
	sim_check(is_on_its_way(world, wish), "key '%s' makes no run", wish->key);
}

static bool can_cancel(const struct world *world)
{
	return world->cancels_left > 0 && sched_active_run_count(world->sched) > 0;
}

static void cancel(struct world *world)
{
	struct input input = {.kind = INPUT_CANCEL, .actor = "user:bob"};

	input.cancel.run_no = rng_between(&world->rng, 1, (int64_t)world->wishes.count);
	input.cancel.reason = rng_chance(&world->rng, 50) ? "changed my mind" : NULL;
	world->cancels_left--;
	world->stats->cancels++;
	world_step(world, &input);
}

/* The daemon feeds a run that has ended from the disk, when all that is known of it is there and
 * carried out: the end of a run is told before it goes on. */
static bool feed(struct world *world, int64_t run_no)
{
	const struct run_row *run = rows_run(&world->disk.rows, run_no);

	if (run == NULL)
		return false;
	if (!run_state_is_done(run->state))
		return true;
	if (run->is_pruned || world_is_pruning(world, run_no))
		return false;
	if (world->batches.count > 0 || world->effects.count > 0)
		return false;
	rows_feed(&world->disk.rows, world->sched, run_no, world->now);
	return true;
}

static int64_t random_run(struct world *world)
{
	size_t count = world->disk.rows.runs.count;

	return count == 0 ? 0 : rng_between(&world->rng, 1, (int64_t)count);
}

static const char *random_task(struct world *world, int64_t run_no)
{
	const struct dag *dag = rows_run(&world->disk.rows, run_no)->dag;

	return dag->tasks[rng_next(&world->rng) % dag->task_count].id;
}

static bool can_rerun(const struct world *world)
{
	return world->reruns_left > 0 && world->disk.rows.runs.count > 0;
}

/* Another version of the run's dag, or none. */
static struct dag *random_version(struct world *world, int64_t run_no)
{
	const struct dag *dag = rows_run(&world->disk.rows, run_no)->dag;
	struct dag *other = world->dags.items[rng_next(&world->rng) % world->dags.count];

	return strcmp(dag->id, other->id) == 0 ? other : NULL;
}

static void rerun(struct world *world)
{
	int64_t run_no = random_run(world);
	struct input input = {.kind = INPUT_RERUN, .actor = "user:carol"};
	const char *task;

	world->reruns_left--;
	if (!feed(world, run_no))
		return;
	world->stats->reruns++;
	task = random_task(world, run_no);
	input.rerun.run_no = run_no;
	input.rerun.mode = (enum rerun_mode)rng_between(&world->rng, RERUN_FAILED, RERUN_ALL);
	input.rerun.tasks = &task;
	input.rerun.task_count = 1;
	input.rerun.dag = random_version(world, run_no);
	if (rng_chance(&world->rng, 20))
		input.rerun.params = "{\"n\": 9}";
	world_step(world, &input);
}

static bool can_mark(const struct world *world)
{
	return world->marks_left > 0 && world->disk.rows.runs.count > 0;
}

static void mark(struct world *world)
{
	static const enum task_state states[] = {TASK_SUCCESS, TASK_FAILED, TASK_SKIPPED};
	int64_t run_no = random_run(world);
	struct input input = {.kind = INPUT_MARK, .actor = "user:carol"};

	world->marks_left--;
	if (!feed(world, run_no))
		return;
	world->stats->marks++;
	input.mark.run_no = run_no;
	input.mark.task = random_task(world, run_no);
	input.mark.to = states[rng_next(&world->rng) % 3];
	world_step(world, &input);
}

static bool can_pause(const struct world *world)
{
	return world->pauses_left > 0;
}

static void pause_some(struct world *world)
{
	struct input input = {.kind = INPUT_PAUSE, .actor = "user:carol"};

	world->pauses_left--;
	world->stats->pauses++;
	if (rng_chance(&world->rng, 70))
		input.pause.dag_id =
		    world->dags.items[rng_next(&world->rng) % world->dags.count]->id;
	world_step(world, &input);
}

/* Whoever pauses resumes some time, also after a crash. */
static bool can_resume(const struct world *world)
{
	return world->disk.rows.pauses.count > 0;
}

static void resume(struct world *world)
{
	struct input input = {.kind = INPUT_RESUME, .actor = "user:carol"};
	const struct pause_row *pause =
	    &world->disk.rows.pauses.items[rng_next(&world->rng) % world->disk.rows.pauses.count];
	char *dag_id = mem_strdup(pause->dag_id);

	input.pause.dag_id = dag_id;
	world_step(world, &input);
	mem_free(dag_id);
}

static bool can_prune(const struct world *world)
{
	return world->prunes_left > 0 && world->disk.rows.runs.count > 0;
}

/* The run was read from the disk, a while ago. Now the scheduler is asked, which knows all runs
 * that anything may still happen to. */
static void prune(struct world *world)
{
	const struct run_row *run = rows_run(&world->disk.rows, random_run(world));

	world->prunes_left--;
	if (run_state_is_done(run->state) && !run->is_pruned &&
	    !world_is_pruning(world, run->run_no) && sched_find_run(world->sched, run->run_id) == 0)
		world_prune(world, run);
}

/* --- the disk and the executor -----------------------------------------------------------------
 */

static bool can_commit(const struct world *world)
{
	return world->batches.count > 0;
}

static void commit(struct world *world)
{
	world_commit(world, (size_t)rng_between(&world->rng, 1, (int64_t)world->batches.count));
}

static bool can_carry_out(const struct world *world)
{
	return world->effects.count > 0;
}

static void carry_out(struct world *world)
{
	struct effect effect = world->effects.items[0];

	world->effects.count--;
	memmove(world->effects.items, world->effects.items + 1,
		world->effects.count * sizeof effect);
	deeds_carry_out(world, &effect);
	dag_unref(effect.dag);
}

static bool has_record(const struct world *world)
{
	for (size_t i = 0; i < world->fake.attempts.count; i++)
		if (world->fake.attempts.items[i].record && !world->fake.attempts.items[i].told)
			return true;
	return false;
}

/* What is found beside an end follows from the attempt alone: it is found again after a crash. */
static void tell(struct world *world, const struct attempt_end *end)
{
	static const char *const outputs[] = {"{\"n\": 3}", "{\"n\": 8}", "{}"};
	struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor", .ended = *end};

	input.findings.retry_match = end->attempt_id % 3 == 0;
	if (end->cause == CAUSE_SUCCESS && end->attempt_id % 5 != 0)
		input.findings.outputs = outputs[end->attempt_id % 3];

	world_step(world, &input);
}

static void tell_record(struct world *world)
{
	tell(world, fake_take_record(&world->fake));
}

/* A record that was told of, and is not forgotten or was long ago. */
static bool can_repeat(const struct world *world)
{
	return world->fake.attempts.count > 0;
}

static void tell_again(struct world *world)
{
	int64_t id = rng_between(&world->rng, 1, (int64_t)world->fake.attempts.count);
	const struct fake_attempt *attempt = fake_attempt(&world->fake, id);

	if (attempt->claimed && !attempt->lives && attempt->told)
		tell(world, &attempt->end);
}

/* --- time --------------------------------------------------------------------------------------
 */

static int64_t next_instant(const struct world *world)
{
	int64_t due = sched_next_due_boot_ms(world->sched);
	int64_t end = fake_next_end_boot_ms(&world->fake);

	return due < end ? due : end;
}

static bool can_wait(const struct world *world)
{
	return next_instant(world) != INT64_MAX;
}

static void pass(struct world *world, int64_t duration_ms)
{
	world->now.wall_ms += duration_ms;
	world->now.boot_ms += duration_ms;
	fake_run(&world->fake, world->now);
}

/* To the next instant of which something is known, or not quite as far. */
static void wait_a_while(struct world *world)
{
	int64_t most = next_instant(world) - world->now.boot_ms;

	if (most < 0)
		most = 0;
	pass(world, rng_chance(&world->rng, 70) ? most : rng_between(&world->rng, 0, most));
}

static bool is_due(const struct world *world)
{
	return sched_next_due_boot_ms(world->sched) <= world->now.boot_ms;
}

static void tick(struct world *world)
{
	struct input input = {.kind = INPUT_TIME};

	world_step(world, &input);
}

static bool can_jump(const struct world *world)
{
	return world->jumps_left > 0;
}

/* The daemon is told of a clock that is set, and may be dead just then. */
static void jump(struct world *world)
{
	world->jumps_left--;
	world->stats->jumps++;
	world->now.wall_ms += rng_chance(&world->rng, 30)
				  ? rng_between(&world->rng, -600000, 600000)
				  : rng_between(&world->rng, -86400000, 86400000);
	if (rng_chance(&world->rng, 80))
		tick(world);
}

/* --- trouble -----------------------------------------------------------------------------------
 */

static bool can_crash(const struct world *world)
{
	return world->crashes_left > 0;
}

static void crash(struct world *world)
{
	world->crashes_left--;
	world_restart(world, false);
}

static bool can_reboot(const struct world *world)
{
	return world->reboots_left > 0;
}

static void reboot(struct world *world)
{
	world->reboots_left--;
	world_restart(world, true);
}

/* The shim of a living attempt dies, and its task with it. */
static bool can_lose(const struct world *world)
{
	return world->fake.living.count > 0 && world->failure_percent > 0;
}

static void lose(struct world *world)
{
	size_t i = rng_next(&world->rng) % world->fake.living.count;

	fake_lose(&world->fake, world->fake.living.items[i], world->now);
}

static const struct {
	unsigned weight;
	bool (*possible)(const struct world *world);
	void (*make)(struct world *world);
	bool idle; /* it alone keeps no world going */
} moves[] = {
    {60, can_trigger, trigger, false},
    {10, can_cancel, cancel, true},
    {10, can_rerun, rerun, true},
    {10, can_mark, mark, true},
    {10, can_prune, prune, true},
    {10, can_pause, pause_some, true},
    {40, can_resume, resume, false},
    {150, can_commit, commit, false},
    {300, can_carry_out, carry_out, false},
    {150, has_record, tell_record, false},
    {4, can_repeat, tell_again, true},
    {60, can_wait, wait_a_while, false},
    {60, is_due, tick, false},
    {5, can_jump, jump, true},
    {8, can_crash, crash, true},
    {2, can_reboot, reboot, true},
    {1, can_lose, lose, true},
};

#define MOVE_COUNT (sizeof moves / sizeof moves[0])

bool moves_make_one(struct world *world)
{
	unsigned weights[MOVE_COUNT];
	unsigned sum = 0;
	bool alive = false;
	unsigned chosen;
	size_t i = 0;

	for (size_t m = 0; m < MOVE_COUNT; m++) {
		weights[m] = moves[m].possible(world) ? moves[m].weight : 0;
		sum += weights[m];
		alive = alive || (weights[m] > 0 && !moves[m].idle);
	}
	if (!alive)
		return false;
	chosen = (unsigned)(rng_next(&world->rng) % sum);
	while (chosen >= weights[i])
		chosen -= weights[i++];
	moves[i].make(world);
	return true;
}
