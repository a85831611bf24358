/* world.h - a random world around the scheduler: dags, people, an executor, a disk, two clocks, and
 * a daemon that is killed between any two steps.
 *
 * The daemon is played as DESIGN.md section 1 has it: a step's changes wait as a batch until they
 * are committed, its effects until after that, in order. A crash loses what is not committed, and
 * the effects that were not carried out. Attempts live on in the fake executor, whose truth the
 * invariants are held against:
 *
 *	- nothing is queued before its trigger rule is met by what is committed	rows.c
 *	- nothing of a run's end runs before its outcome is committed			rows.c
 *	- no two attempts of one task live at once, and no try is made twice		deeds.c
 *	- no try comes before its delay is over						deeds.c
 *	- slots of every pool and limit of every dag hold, by what really lives	deeds.c
 *	- no more runs of a dag are under way than it allows			deeds.c
 *	- nothing starts while it is paused					rows.c
 *	- an effect is carried out only after its commit				deeds.c
 *	- nothing happens to a run that was pruned, and nothing of it lives	rows.c, world.c
 *	- a scheduler made from the disk equals the one that made the commits	world.c
 *	- every run that was accepted ends, as its outcomes say			oracle.c
 *	- nothing is left behind							oracle.c
 *
 * All is decided by the seed. A broken invariant aborts through sim_check. */
#ifndef HEDDLE_TESTS_SIM_WORLD_H
#define HEDDLE_TESTS_SIM_WORLD_H

#include "base/vec.h"
#include "tests/sim/disk.h"
#include "tests/sim/fake.h"
#include "tests/sim/rng.h"

/* Somebody wants a run, and asks until it is on disk. */
struct wish {
	struct dag *dag; /* one of world->dags */
	char key[24];
	int64_t delay_ms; /* until it is to start; 0 = at once */
	bool is_forced;
};

/* What one step yielded, on its way to the disk. */
struct batch {
	struct change_list changes;
	VEC(struct effect) effects;
	struct moment now;
	char *dump; /* the state after it, when that is to be compared; else NULL */
};

struct world_stats {
	uint64_t steps;
	uint64_t commits;
	uint64_t attempts;
	uint64_t runs;
	uint64_t crashes;
	uint64_t reboots;
	uint64_t cancels;
	uint64_t reruns;
	uint64_t marks;
	uint64_t pauses;
	uint64_t late;
	uint64_t jumps;
	uint64_t prunes;
	uint64_t compared; /* states made from the disk and found equal */
};

struct world {
	struct rng rng;
	uint32_t slots;
	uint32_t most_slots; /* that there ever were */
	int64_t grace_ms;
	unsigned failure_percent; /* of attempts */
	unsigned crashes_left;
	unsigned reboots_left;
	unsigned cancels_left;
	unsigned reruns_left;
	unsigned marks_left;
	unsigned pauses_left;
	unsigned jumps_left;
	unsigned prunes_left;
	uint64_t ids_made;      /* run ids handed out, lost ones too */
	VEC(struct dag *) dags; /* several may be versions of one */
	VEC(struct wish) wishes;
	VEC(struct batch *) batches; /* made, not committed */
	VEC(struct effect) effects;  /* committed, not carried out */
	struct sched *sched;
	struct fake fake;
	struct disk disk;
	struct moment now;
	struct world_stats *stats;
};

/* Lives through one world. Adds to *stats. */
void world_run(uint64_t seed, bool on_store, struct world_stats *stats);

/* --- for the parts of the world ----------------------------------------------------------------
 */

/* Lets the scheduler take an input; what it yields becomes a batch. */
void world_step(struct world *world, const struct input *input);
/* A run lets go of its detail: a batch beside those of the scheduler. */
void world_prune(struct world *world, const struct run_row *run);
/* It is decided, and not on disk yet. */
bool world_is_pruning(const struct world *world, int64_t run_no);
/* Commits the oldest batches. */
void world_commit(struct world *world, size_t count);
/* The daemon is killed and starts again; with reboot, the machine. */
void world_restart(struct world *world, bool reboot);

/* Carries out one effect (deeds.c). */
void deeds_carry_out(struct world *world, const struct effect *effect);
/* An attempt that a former daemon released is taken up. */
void deeds_adopt(struct world *world, const struct effect *attempt, bool reboot);

/* Does one thing that is possible now (moves.c). Returns false when nothing is left to happen. */
bool moves_make_one(struct world *world);

/* Holds the end of everything against what had to come of it (oracle.c). */
void oracle_judge(struct world *world);

#endif
