/* tell.c - those downstream of a task learn what it became; see tell.h. */
#include "scheduler/tell.h"

#include "scheduler/judge.h"

#include <assert.h>

/* As what a state counts. A failure that is allowed counts as success. */
static enum told told_of(const struct instance *instance)
{
	static const enum told told[TASK_STATE_COUNT] = {
	    [TASK_SUCCESS] = TOLD_SUCCESS,  [TASK_FAILED] = TOLD_FAILED,
	    [TASK_CANCELLED] = TOLD_FAILED, [TASK_UPSTREAM_FAILED] = TOLD_UPSTREAM_FAILED,
	    [TASK_SKIPPED] = TOLD_SKIPPED,  [TASK_REMOVED] = TOLD_REMOVED,
	};

	if (instance->state == TASK_FAILED && instance_task(instance)->allow_failure)
		return TOLD_SUCCESS;
	return told[instance->state];
}

static uint32_t *counter(struct upstream_counts *counts, enum told told)
{
	switch (told) {
	case TOLD_SUCCESS:
		return &counts->success;
	case TOLD_FAILED:
		return &counts->failed;
	case TOLD_UPSTREAM_FAILED:
		return &counts->upstream_failed;
	case TOLD_SKIPPED:
		return &counts->skipped;
	case TOLD_REMOVED:
		return &counts->removed;
	case TOLD_NOTHING:
		break;
	}
	return NULL;
}

static void count(struct instance *instance, enum told before, enum told now)
{
	uint32_t *less = counter(&instance->upstream, before);
	uint32_t *more = counter(&instance->upstream, now);

	assert(less == NULL || *less > 0);
	if (less != NULL)
		--*less;
	if (more != NULL)
		++*more;
}

static struct instance *downstream_of(const struct instance *instance, uint32_t d)
{
	return &instance->run->instances[instance_task(instance)->downstream[d]];
}

void tell_anew(struct instance *instance, struct instance_list *undone)
{
	enum told before = instance->told;
	uint32_t downstream_count = instance_task(instance)->downstream_count;

	instance->told = told_of(instance);
	for (uint32_t d = 0; instance->told != before && d < downstream_count; d++) {
		struct instance *next = downstream_of(instance, d);
		bool was_decided = judge_made_it(next);

		count(next, before, instance->told);
		if (undone != NULL && was_decided && !judge_made_it(next))
			vec_push(&undone->vec, next);
	}
}

static void tell(struct step *step, struct instance *ended)
{
	enum told before = ended->told;
	uint32_t downstream_count = instance_task(ended)->downstream_count;

	ended->told = told_of(ended);
	if (ended->told == before)
		return;
	for (uint32_t d = 0; d < downstream_count; d++) {
		struct instance *next = downstream_of(ended, d);

		count(next, before, ended->told);
		judge_instance(step, next, ended);
	}
}

void tell_all(struct step *step)
{
	struct sched *sched = step->sched;

	/* The list grows while it is read: a chain of any length takes no stack. */
	for (size_t i = 0; i < sched->ended.count; i++)
		tell(step, sched->ended.items[i]);
	vec_clear(&sched->ended);
}

void tell_counts(struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (task_state_is_done(run->instances[i].state))
			tell_anew(&run->instances[i], NULL);
}
