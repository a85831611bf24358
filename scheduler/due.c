/* due.c - the end of delays: the next try after its delay, the kill after its grace. */
#include "scheduler/due.h"

#include "scheduler/cancel.h"
#include "scheduler/emit.h"
#include "scheduler/instance.h"

#include <assert.h>

static void try_again(struct step *step, struct instance *instance)
{
	struct move move = {.to = TASK_QUEUED, .why = "its retry delay is over"};

	instance_move(step, instance, &move);
}

/* The task goes on holding its slot until it is really gone, however often it takes. The committed
 * deadline stays as it is: a restart begins again with a kill. */
static void kill_again(struct step *step, struct instance *instance)
{
	emit_effect(step, EFFECT_KILL, instance);
	heap_remove(&step->sched->timers, &instance->timer);
	instance_set_timer(step->sched, instance,
			   step->now.boot_ms + cancel_kill_every_ms(step->sched));
}

void due_happen(struct step *step)
{
	struct heap *timers = &step->sched->timers;
	struct heap_node *first;

	while ((first = heap_peek(timers)) != NULL && first->key <= step->now.boot_ms) {
		struct instance *instance = OWNER_OF(first, struct instance, timer);

		if (instance->state == TASK_UP_FOR_RETRY) {
			try_again(step, instance);
		} else {
			assert(instance->state == TASK_CANCELLING);
			kill_again(step, instance);
		}
	}
}
