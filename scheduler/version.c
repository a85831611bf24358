/* version.c - a run goes on with another version of its dag; see version.h. */
#include "scheduler/version.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/run.h"
#include "scheduler/tell.h"

#include <assert.h>
#include <string.h>

struct named {
	const char *id;
	uint32_t position;
};

static int compare_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

uint32_t *version_map(const struct run *run, const struct dag *dag)
{
	uint32_t old_count = run->dag->task_count;
	struct named *old = mem_alloc((old_count + 1) * sizeof *old);
	uint32_t *map = mem_alloc((dag->task_count + 1) * sizeof *map);

	for (uint32_t i = 0; i < old_count; i++)
		old[i] = (struct named){run->dag->tasks[i].id, i};
	qsort(old, old_count, sizeof *old, compare_named);
	for (uint32_t i = 0; i < dag->task_count; i++) {
		struct named key = {dag->tasks[i].id, 0};
		const struct named *found =
		    bsearch(&key, old, old_count, sizeof *old, compare_named);

		map[i] = found == NULL ? UINT32_MAX : found->position;
	}
	mem_free(old);
	return map;
}

/* Those that no task of the new version is. */
static void remove_others(struct step *step, struct run *run, const struct dag *dag,
			  const uint32_t *map, const char *actor)
{
	struct move move = {.to = TASK_REMOVED,
			    .actor = actor,
			    .why = "the version that the run goes on with does not have it"};
	bool *stays = mem_alloc((run->dag->task_count + 1) * sizeof *stays);

	for (uint32_t i = 0; i < dag->task_count; i++)
		if (map[i] != UINT32_MAX)
			stays[map[i]] = true;
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (!stays[i] && run->instances[i].state != TASK_REMOVED)
			instance_move(step, &run->instances[i], &move);
	mem_free(stays);
	/* They are nobody's upstream in the new version. */
	vec_clear(&step->sched->ended);
}

static void emit_version(struct step *step, const struct run *run, struct dag *dag,
			 const uint32_t *map, const char *actor, const char *why)
{
	struct change *change = emit_change(step, CHANGE_RUN_VERSION, run, actor, why);
	size_t bytes = dag->task_count * sizeof *map;
	uint32_t *copy = arena_alloc(&step->output->changes.arena, bytes + sizeof *map);

	memcpy(copy, map, bytes);
	change->run_version.dag = dag_ref(dag);
	change->run_version.old_positions = copy;
	change->run_version.old_task_count = run->dag->task_count;
}

static void take_over(struct instance *instance, struct instance *old)
{
	instance->state = old->state;
	instance->attempts = old->attempts;
	instance->attempts_before = old->attempts_before;
	instance->attempt_id = old->attempt_id;
	instance->released_at_ms = old->released_at_ms;
	instance_keep_outputs(instance, old->outputs);
}

static void count_unfinished(struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		const struct instance *instance = &run->instances[i];

		if (!task_state_is_done(instance->state))
			continue;
		if (instance_is_hook(instance))
			run->unfinished_hooks--;
		else
			run->unfinished--;
	}
}

void version_change(struct step *step, struct run *run, struct dag *dag, const uint32_t *map,
		    const char *actor, const char *why)
{
	struct instance *old = run->instances;
	uint32_t old_count = run->dag->task_count;

	assert(run->limit == NULL);
	remove_others(step, run, dag, map, actor);
	emit_version(step, run, dag, map, actor, why);
	dag_ref(dag);
	dag_unref(run->dag);
	run->dag = dag;
	run_make_instances(run);
	for (uint32_t i = 0; i < dag->task_count; i++)
		if (map[i] != UINT32_MAX)
			take_over(&run->instances[i], &old[map[i]]);
	for (uint32_t i = 0; i < old_count; i++)
		mem_free(old[i].outputs);
	mem_free(old);
	count_unfinished(run);
	tell_counts(run);
}
