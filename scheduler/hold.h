/* hold.h - what keeps something from being started, beside pauses; see enum hold_kind in sched.h.
 *
 * Two of them follow from the clocks. An input carries both, so a wall clock that was set shows as
 * another distance between them. */
#ifndef HEDDLE_SCHEDULER_HOLD_H
#define HEDDLE_SCHEDULER_HOLD_H

#include "scheduler/core.h"

/* A wall clock that moves by more than this against the boot clock has jumped, and what starts at
 * an instant of it waits this long: whoever set it may set it again, and an hour that never was
 * must not start anything. */
#define HOLD_JUMP_MS (5 * 60000)
#define HOLD_JUMP_WAIT_MS 60000

void hold_close(struct sched *sched);

/* To be called in each step, before anything is decided: sees whether the clock has jumped, and
 * ends what is over. */
void hold_look(struct step *step);
/* Likewise when the scheduler begins: its clock may stand before the last fact. */
void hold_begin(struct step *step);
/* Somebody takes the responsibility: ends those that wait for a word. Returns whether there was
 * one. */
bool hold_release(struct step *step, const char *actor, const char *reason);

/* The kind that keeps all from being started, or (timed) also what starts at an instant;
 * HOLD_KIND_COUNT = none. */
enum hold_kind hold_first(const struct sched *sched, bool timed);
/* Its reason, in an arena; NULL = it does not stand. */
const char *hold_text(const struct sched *sched, enum hold_kind kind, struct arena *arena);

/* The boot-clock instant at which one of them ends by itself; INT64_MAX = none does. */
int64_t hold_next_boot_ms(const struct sched *sched);

#endif
