/* emit.c - appends changes and effects to a step's output; see emit.h. */
#include "scheduler/emit.h"

#include <inttypes.h>
#include <string.h>

struct change *emit_change(struct step *step, enum change_kind kind, const struct run *run,
			   const char *actor, const char *why)
{
	struct change_list *changes = &step->output->changes;
	struct change *change = change_list_add(changes, kind);

	change->run_no = run == NULL ? 0 : run->run_no;
	change->at_ms = step->now.wall_ms;
	change->actor = arena_strdup(&changes->arena, actor == NULL ? EMIT_ACTOR : actor);
	change->why = arena_strdup(&changes->arena, why);
	return change;
}

struct change *emit_instance_change(struct step *step, enum change_kind kind,
				    const struct instance *instance, const char *actor,
				    const char *why)
{
	struct change *change = emit_change(step, kind, instance->run, actor, why);

	change->task = instance_position(instance);
	return change;
}

static struct effect *add_effect(struct step *step, const struct effect *effect)
{
	struct sched_output *output = step->output;

	if (output->effect_count == output->effect_capacity) {
		output->effect_capacity =
		    output->effect_capacity == 0 ? 16 : output->effect_capacity * 2;
		output->effects =
		    mem_realloc(output->effects, output->effect_capacity * sizeof *output->effects);
	}
	output->effects[output->effect_count] = *effect;
	return &output->effects[output->effect_count++];
}

struct effect emit_describe(enum effect_kind kind, const struct instance *instance)
{
	struct effect effect = {.kind = kind,
				.run_no = instance->run->run_no,
				.task = instance_position(instance),
				.number = instance->attempts,
				.attempt_id = instance->attempt_id,
				.released_at_ms = instance->released_at_ms};

	memcpy(effect.run_id, instance->run->run_id, sizeof effect.run_id);
	if (kind == EFFECT_LAUNCH)
		effect.dag = instance->run->dag;
	if (kind == EFFECT_CANCEL)
		effect.deadline_boot_ms = instance->due_boot_ms;
	return effect;
}

struct effect *emit_effect(struct step *step, enum effect_kind kind,
			   const struct instance *instance)
{
	struct effect effect = emit_describe(kind, instance);

	if (effect.dag != NULL)
		dag_ref(effect.dag);
	return add_effect(step, &effect);
}

void emit_run_ended(struct step *step, const struct run *run)
{
	struct effect effect = {.kind = EFFECT_RUN_ENDED, .run_no = run->run_no};

	memcpy(effect.run_id, run->run_id, sizeof effect.run_id);
	add_effect(step, &effect);
}

void emit_forget(struct step *step, int64_t attempt_id)
{
	struct effect effect = {.kind = EFFECT_FORGET, .attempt_id = attempt_id};

	add_effect(step, &effect);
}

void emit_set_answer(struct step *step, enum input_answer answer, const char *message)
{
	step->output->answer = answer;
	step->output->message = message;
}

const char *emit_duration(struct step *step, int64_t duration_ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	if (duration_ms == 0)
		return "0s";
	while (duration_ms % units[i].ms != 0)
		i++;
	return emit_text(step, "%" PRId64 "%s", duration_ms / units[i].ms, units[i].name);
}
