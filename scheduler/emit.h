/* emit.h - what a step yields: rows to be written and deeds to be done, appended to its output. */
#ifndef HEDDLE_SCHEDULER_EMIT_H
#define HEDDLE_SCHEDULER_EMIT_H

#include "scheduler/core.h"

#define EMIT_ACTOR "scheduler" /* who decides what nobody asked for */

/* Appends a change about a run (NULL = none) and returns it for filling in. actor and why are
 * copied; why may be NULL. */
struct change *emit_change(struct step *step, enum change_kind kind, const struct run *run,
			   const char *actor, const char *why);
/* Likewise about one instance. */
struct change *emit_instance_change(struct step *step, enum change_kind kind,
				    const struct instance *instance, const char *actor,
				    const char *why);
/* Appends a deed for the newest attempt of an instance. */
struct effect *emit_effect(struct step *step, enum effect_kind kind,
			   const struct instance *instance);
/* The deed as emit_effect would append it, without a reference to the dag. */
struct effect emit_describe(enum effect_kind kind, const struct instance *instance);
void emit_run_ended(struct step *step, const struct run *run);
/* For an attempt that is not under way: all that is known of it is its id. */
void emit_forget(struct step *step, int64_t attempt_id);

/* A text that lives as long as the output's changes. */
#define emit_text(step, ...) arena_printf(&(step)->output->changes.arena, __VA_ARGS__)
/* What is answered to whoever waits for this step; a format and its arguments follow. */
#define emit_answer(step, answer, ...) emit_set_answer(step, answer, emit_text(step, __VA_ARGS__))
void emit_set_answer(struct step *step, enum input_answer answer, const char *message);
/* A length of time in the largest unit that says it without a fraction: "90s", "5m", "250ms". */
const char *emit_duration(struct step *step, int64_t duration_ms);

#endif
