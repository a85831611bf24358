/* world.c - a random world around the scheduler; see world.h. */
#include "tests/sim/world.h"

#include "base/str.h"
#include "tests/sim/fail.h"
#include "tests/sim/random_dag.h"

#include <inttypes.h>
#include <string.h>

#define MOVES_MAX 200000 /* a world that has not ended by then never will */

/* --- batches -----------------------------------------------------------------------------------
 */

static void batch_destroy(struct batch *batch)
{
	for (size_t i = 0; i < batch->effects.count; i++)
		dag_unref(batch->effects.items[i].dag);
	vec_close(&batch->effects);
	change_list_close(&batch->changes);
	mem_free(batch->dump);
	mem_free(batch);
}

static char *dump(const struct sched *sched)
{
	struct str text = STR_INIT;

	sched_dump(sched, &text);
	return str_take(&text);
}

/* Takes over what is to be committed. */
static struct batch *add_batch(struct world *world, struct sched_output *output)
{
	struct batch *batch = mem_alloc(sizeof *batch);

	batch->changes = output->changes;
	change_list_init(&output->changes);
	for (size_t i = 0; i < output->effect_count; i++)
		vec_push(&batch->effects, output->effects[i]);
	output->effect_count = 0; /* the references have moved */
	sched_output_close(output);
	batch->now = world->now;
	vec_push(&world->batches, batch);
	return batch;
}

/* Takes over what a step yielded. The state is dumped now and then: it takes longer than a step. It
 * is that of this moment only right after a step, which ends what time alone ends. */
static void add_step(struct world *world, struct sched_output *output)
{
	struct batch *batch = add_batch(world, output);

	if (rng_chance(&world->rng, 10))
		batch->dump = dump(world->sched);
}

void world_step(struct world *world, const struct input *input)
{
	struct sched_output output;

	sched_output_init(&output);
	sched_step(world->sched, input, world->now, &output);
	world->stats->steps++;
	add_step(world, &output);
}

void world_prune(struct world *world, const struct run_row *run)
{
	struct sched_output output;
	struct change *change;

	sched_output_init(&output);
	change = change_list_add(&output.changes, CHANGE_RUN_PRUNE);
	change->run_no = run->run_no;
	change->at_ms = world->now.wall_ms;
	change->run_prune.ended_at_ms = run->ended_at_ms;
	world->stats->prunes++;
	(void)add_batch(world, &output);
}

bool world_is_pruning(const struct world *world, int64_t run_no)
{
	for (size_t i = 0; i < world->batches.count; i++)
		for (const struct change *change = world->batches.items[i]->changes.first;
		     change != NULL; change = change->next)
			if (change->kind == CHANGE_RUN_PRUNE && change->run_no == run_no)
				return true;
	return false;
}

/* What was pruned lives nowhere: by the executor's truth, whatever the rows say. */
static void check_pruned(const struct world *world, const struct change_list *changes)
{
	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		if (change->kind != CHANGE_RUN_PRUNE)
			continue;
		for (size_t i = 0; i < world->fake.living.count; i++)
			sim_check(
			    world->fake.attempts.items[world->fake.living.items[i] - 1].run_no !=
				change->run_no,
			    "run %" PRId64 " is pruned while it lives", change->run_no);
	}
}

static struct sched *load(struct world *world, struct moment now)
{
	return disk_load(&world->disk, world->slots, world->grace_ms, now, world->dags.items,
			 world->dags.count);
}

/* A scheduler made from the disk, at the moment of the newest commit, equals the one that made it.
 */
static void compare(struct world *world, const char *expected, struct moment now)
{
	struct sched *sched = load(world, now);
	struct sched_output output;
	char *found;

	sched_output_init(&output);
	sched_restore_end(sched, now, &output);
	found = dump(sched);
	sim_check(strcmp(expected, found) == 0,
		  "the state made from the disk differs:\n--- committed\n%s--- from disk\n%s",
		  expected, found);
	sim_check(output.changes.count == 0, "a restart has %zu changes to make",
		  output.changes.count);
	mem_free(found);
	sched_output_close(&output);
	sched_destroy(sched);
	world->stats->compared++;
}

/* A clock that went back a little is no jump, and yet a start holds everything until it has passed
 * the last fact. */
static bool is_comparable(const struct rows *rows, struct moment now)
{
	return rows_dues_are_exact(rows) &&
	       ((now.wall_ms >= rows->last_fact_ms && now.wall_ms >= rows->last_late_ms) ||
		rows->clock.behind_until_ms != 0);
}

/* The first of a list of things goes; the others move up. */
#define take_first(vec, taken)                        \
	memmove((vec)->items, (vec)->items + (taken), \
		((vec)->count -= (taken)) * sizeof *(vec)->items)

void world_commit(struct world *world, size_t count)
{
	VEC(struct change_list *) lists = {0};
	struct batch *last = world->batches.items[count - 1];

	for (size_t i = 0; i < count; i++)
		vec_push(&lists, &world->batches.items[i]->changes);
	disk_commit(&world->disk, lists.items, count);
	for (size_t i = 0; i < count; i++)
		check_pruned(world, lists.items[i]);
	vec_close(&lists);
	if (last->dump != NULL && is_comparable(&world->disk.rows, last->now))
		compare(world, last->dump, last->now);
	for (size_t i = 0; i < count; i++) {
		struct batch *batch = world->batches.items[i];

		for (size_t e = 0; e < batch->effects.count; e++)
			vec_push(&world->effects, batch->effects.items[e]);
		batch->effects.count = 0;
		batch_destroy(batch);
	}
	take_first(&world->batches, count);
	world->stats->commits++;
}

/* --- crash and restart -------------------------------------------------------------------------
 */

static void forget_what_was_in_memory(struct world *world)
{
	for (size_t i = 0; i < world->batches.count; i++)
		batch_destroy(world->batches.items[i]);
	vec_clear(&world->batches);
	for (size_t i = 0; i < world->effects.count; i++)
		dag_unref(world->effects.items[i].dag);
	vec_clear(&world->effects);
	sched_destroy(world->sched);
	world->sched = NULL;
}

struct adoption {
	struct world *world;
	bool reboot;
};

static void adopt(void *context, const struct effect *attempt)
{
	struct adoption *adoption = context;

	deeds_adopt(adoption->world, attempt, adoption->reboot);
}

void world_restart(struct world *world, bool reboot)
{
	struct adoption adoption = {world, reboot};
	struct sched_output output;

	forget_what_was_in_memory(world);
	if (reboot) {
		fake_reboot(&world->fake);
		world->now.boot_ms = rng_between(&world->rng, 1, 100000);
		world->now.wall_ms += rng_between(&world->rng, 1, 600000);
		world->stats->reboots++;
	}
	disk_crash(&world->disk, reboot, world->now);
	/* A restart may come with another number of slots. */
	if (rng_chance(&world->rng, 20))
		world->slots = (uint32_t)rng_between(&world->rng, 1, 8);
	if (world->slots > world->most_slots)
		world->most_slots = world->slots;
	fake_tell_again(&world->fake);
	world->sched = load(world, world->now);
	sched_each_attempt(world->sched, adopt, &adoption);
	sched_output_init(&output);
	sched_restore_end(world->sched, world->now, &output);
	add_step(world, &output);
	world->stats->crashes++;
}

/* --- the beginning and the end -----------------------------------------------------------------
 */

static struct fake_plan plan(void *context, const struct effect *launch)
{
	static const enum attempt_cause bad[] = {
	    CAUSE_EXIT_CODE, CAUSE_EXIT_CODE,       CAUSE_SIGNAL, CAUSE_OUT_OF_MEMORY,
	    CAUSE_TIMEOUT,   CAUSE_COULD_NOT_START, CAUSE_LOST,   CAUSE_SKIPPED,
	    CAUSE_CANCELLED, CAUSE_BAD_OUTPUT};
	struct world *world = context;
	struct rng *rng = &world->rng;
	struct fake_plan made = {.cause = CAUSE_SUCCESS, .exit_code = 7};

	(void)launch;
	world->stats->attempts++;
	if (rng_chance(rng, world->failure_percent))
		made.cause = bad[rng_next(rng) % (sizeof bad / sizeof bad[0])];
	made.duration_ms = rng_chance(rng, 30) ? 0 : rng_between(rng, 1, 90000);
	made.term_ms = rng_chance(rng, 30) ? -1 : rng_between(rng, 0, 5000);
	made.hangs = rng_chance(rng, 50);
	made.deaf_kills = (uint32_t)(rng_chance(rng, 20) ? rng_between(rng, 1, 3) : 0);
	return made;
}

static void make_dags(struct world *world)
{
	int64_t ids = rng_between(&world->rng, 1, 3);

	for (int64_t i = 0; i < ids; i++) {
		char id[24];

		snprintf(id, sizeof id, "d%" PRId64, i);
		vec_push(&world->dags, random_dag(&world->rng, id));
		if (rng_chance(&world->rng, 25))
			vec_push(&world->dags, random_dag(&world->rng, id));
	}
}

static void make_wishes(struct world *world)
{
	int64_t count = rng_between(&world->rng, 1, rng_chance(&world->rng, 20) ? 12 : 5);

	for (int64_t i = 0; i < count; i++) {
		struct wish wish = {
		    .dag = world->dags.items[rng_next(&world->rng) % world->dags.count]};

		snprintf(wish.key, sizeof wish.key, "k%" PRId64, i);
		if (rng_chance(&world->rng, 20))
			wish.delay_ms = rng_between(&world->rng, 1, 600000);
		wish.is_forced = rng_chance(&world->rng, 10);
		vec_push(&world->wishes, wish);
	}
}

static void begin(struct world *world, uint64_t seed, bool on_store)
{
	struct rng *rng = &world->rng;
	struct sched_config config = {.next_run_no = 1, .next_attempt_id = 1};

	rng->state = seed;
	world->slots = (uint32_t)rng_between(rng, 1, 8);
	world->most_slots = world->slots;
	world->grace_ms = rng_between(rng, 0, 20000);
	world->failure_percent = (unsigned)(rng_chance(rng, 30) ? 0 : rng_between(rng, 1, 60));
	world->crashes_left = (unsigned)rng_between(rng, 0, 7);
	world->reboots_left = (unsigned)rng_between(rng, 0, 1);
	world->cancels_left = (unsigned)(rng_chance(rng, 50) ? 0 : rng_between(rng, 1, 3));
	world->reruns_left = (unsigned)(rng_chance(rng, 50) ? 0 : rng_between(rng, 1, 4));
	world->prunes_left = (unsigned)(rng_chance(rng, 50) ? 0 : rng_between(rng, 1, 6));
	world->marks_left = (unsigned)(rng_chance(rng, 50) ? 0 : rng_between(rng, 1, 4));
	world->pauses_left = (unsigned)(rng_chance(rng, 60) ? 0 : rng_between(rng, 1, 4));
	world->jumps_left = (unsigned)rng_between(rng, 0, 3);
	world->now = (struct moment){.wall_ms = 1767225600000, .boot_ms = 5000000};
	config.default_pool_slots = world->slots;
	config.grace_ms = world->grace_ms;
	world->sched = sched_create(&config);
	world->fake.plan = plan;
	world->fake.context = world;
	disk_open(&world->disk, on_store, seed, world->now);
	sched_restore_clock(world->sched, &world->disk.rows.clock, 0);
	make_dags(world);
	make_wishes(world);
}

static void end(struct world *world)
{
	world->stats->runs += world->disk.rows.runs.count;
	world->stats->late += world->disk.rows.late_count;
	forget_what_was_in_memory(world);
	disk_close(&world->disk);
	fake_close(&world->fake);
	for (size_t i = 0; i < world->dags.count; i++)
		dag_unref(world->dags.items[i]);
	vec_close(&world->dags);
	vec_close(&world->wishes);
	vec_close(&world->batches);
	vec_close(&world->effects);
}

void world_run(uint64_t seed, bool on_store, struct world_stats *stats)
{
	struct world world = {.stats = stats};
	uint64_t moves = 0;

	begin(&world, seed, on_store);
	while (moves_make_one(&world))
		sim_check(++moves < MOVES_MAX, "%zu runs do not end",
			  rows_active_count(&world.disk.rows));
	oracle_judge(&world);
	end(&world);
}
