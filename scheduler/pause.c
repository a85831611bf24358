/* pause.c - dags that start nothing; see pause.h. */
#include "scheduler/pause.h"

#include "scheduler/due.h"
#include "scheduler/emit.h"
#include "scheduler/hold.h"

#include <string.h>

/* All dags stand under the id that no dag has. */
static const char *key_of(const char *dag_id)
{
	return dag_id == NULL ? "" : dag_id;
}

const struct pause *pause_find(const struct sched *sched, const char *dag_id)
{
	const char *key = key_of(dag_id);
	struct pause *pause;

	HASH_FIND(by_dag, sched->pauses, key, strlen(key), pause);
	return pause;
}

bool sched_is_paused(const struct sched *sched, const char *dag_id)
{
	return sched->queue.is_paused || pause_find(sched, dag_id) != NULL;
}

bool sched_is_paused_alone(const struct sched *sched, const char *dag_id)
{
	return pause_find(sched, dag_id) != NULL;
}

bool pause_holds(const struct sched *sched, const struct run *run)
{
	return sched->queue.is_paused || run->limit->is_paused;
}

static void forget(struct sched *sched, struct pause *pause)
{
	HASH_DELETE(by_dag, sched->pauses, pause);
	mem_free(pause->dag_id);
	mem_free(pause->actor);
	mem_free(pause->reason);
	mem_free(pause);
}

void pause_forget_all(struct sched *sched)
{
	struct pause *pause;
	struct pause *next;

	HASH_ITER(by_dag, sched->pauses, pause, next)
	forget(sched, pause);
}

static void apply(struct sched *sched, const char *dag_id, bool is_paused)
{
	if (dag_id == NULL)
		sched->queue.is_paused = is_paused;
	else
		queue_pause_dag(&sched->queue, dag_id, is_paused);
}

void pause_restore(struct sched *sched, const char *dag_id, const char *actor, const char *reason,
		   int64_t at_ms)
{
	struct pause *pause = mem_alloc(sizeof *pause);

	pause->dag_id = mem_strdup(key_of(dag_id));
	pause->actor = mem_strdup(actor);
	pause->reason = mem_strdup(reason);
	pause->at_ms = at_ms;
	HASH_ADD_KEYPTR(by_dag, sched->pauses, pause->dag_id, strlen(pause->dag_id), pause);
	apply(sched, dag_id, true);
}

static void answer_unchanged(struct step *step, const char *dag_id, bool is_paused)
{
	const char *how = is_paused ? "paused already" : "not paused";

	if (dag_id == NULL)
		emit_answer(step, ANSWER_UNCHANGED, "the whole of it is %s", how);
	else
		emit_answer(step, ANSWER_UNCHANGED, "dag '%s' is %s", dag_id, how);
}

void pause_set(struct step *step, const struct input *input, bool is_paused)
{
	const char *dag_id = input->pause.dag_id;
	const char *actor = input->actor == NULL ? EMIT_ACTOR : input->actor;
	struct pause *found = (struct pause *)(uintptr_t)pause_find(step->sched, dag_id);
	struct change *change;
	bool released =
	    !is_paused && dag_id == NULL && hold_release(step, actor, input->pause.reason);

	if (released && found == NULL)
		return;
	if ((found != NULL) == is_paused) {
		answer_unchanged(step, dag_id, is_paused);
		return;
	}
	change = emit_change(step, CHANGE_DAG_PAUSE, NULL, actor, input->pause.reason);
	change->dag_pause.dag_id = arena_strdup(&step->output->changes.arena, dag_id);
	change->dag_pause.is_paused = is_paused;
	if (is_paused) {
		pause_restore(step->sched, dag_id, actor, input->pause.reason, step->now.wall_ms);
	} else {
		forget(step->sched, found);
		apply(step->sched, dag_id, false);
		due_start_anew(step, dag_id);
	}
}
