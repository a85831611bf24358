/* due.c - the end of delays: the next try after its delay, the kill after its grace, what was not
 * started in time, the timeout of a run. */
#include "scheduler/due.h"

#include "scheduler/cancel.h"
#include "scheduler/emit.h"
#include "scheduler/hold.h"
#include "scheduler/instance.h"
#include "scheduler/pause.h"
#include "scheduler/run.h"

#include <assert.h>

#define LEAST_AGAIN_MS 60000

static void try_again(struct step *step, struct instance *instance)
{
	struct move move = {.to = TASK_QUEUED, .why = "its retry delay is over"};

	instance_move(step, instance, &move);
}

static void ring_again(struct step *step, struct instance *instance, int64_t delay_ms)
{
	heap_remove(&step->sched->timers, &instance->timer);
	instance_set_timer(step->sched, instance, step->now.boot_ms + delay_ms);
}

/* The task goes on holding its slot until it is really gone, however often it takes. The committed
 * deadline stays as it is: a restart begins again with a kill. */
static void kill_again(struct step *step, struct instance *instance)
{
	emit_effect(step, EFFECT_KILL, instance);
	ring_again(step, instance, cancel_kill_every_ms(step->sched));
}

/* While its dag is paused, or nothing is started at all, it is nobody's fault that it waits: it
 * gets its time once more, or a minute: a pause of days must not wake the daemon each second. */
static void give_up_waiting(struct step *step, struct instance *instance)
{
	int64_t start_timeout_ms = instance_task(instance)->policy->start_timeout_ms;
	struct move move = {.to = TASK_FAILED};

	if (hold_first(step->sched, false) != HOLD_KIND_COUNT ||
	    pause_holds(step->sched, instance->run)) {
		ring_again(step, instance,
			   start_timeout_ms > LEAST_AGAIN_MS ? start_timeout_ms : LEAST_AGAIN_MS);
		return;
	}
	move.why = emit_text(step, "timeout: not started within %s (start_timeout)",
			     emit_duration(step, start_timeout_ms));
	instance_move(step, instance, &move);
}

static void begin_anew(struct step *step, struct instance *instance)
{
	int64_t start_timeout_ms = instance_task(instance)->policy->start_timeout_ms;

	if (start_timeout_ms > 0)
		ring_again(step, instance, start_timeout_ms);
}

static void begin_lines_anew(struct step *step, const struct dag_limit *limit)
{
	for (size_t l = 0; l < limit->lines.count; l++) {
		const struct heap *waiting = &limit->lines.items[l]->waiting;

		for (size_t i = 0; i < waiting->count; i++)
			begin_anew(step, OWNER_OF(waiting->nodes[i], struct instance, wait));
	}
}

/* Each limit is found by its newest run, those of forced runs, too. */
static void begin_all_anew(struct step *step)
{
	struct run *run;
	struct run *next;

	HASH_ITER(by_no, step->sched->runs_by_no, run, next)
	if (run->limit != NULL && heap_peek(&run->limit->runs) == &run->newest)
		begin_lines_anew(step, run->limit);
}

void due_start_anew(struct step *step, const char *dag_id)
{
	const struct dag_limit *limit =
	    dag_id == NULL ? NULL : queue_find_limit(&step->sched->queue, dag_id);

	if (dag_id == NULL)
		begin_all_anew(step);
	else if (limit != NULL)
		begin_lines_anew(step, limit);
}

void due_restore(struct step *step, struct instance *instance)
{
	if (instance->state == TASK_QUEUED && instance->due_boot_ms != 0 &&
	    instance->due_boot_ms <= step->now.boot_ms)
		begin_anew(step, instance);
}

static void ring(struct step *step, struct instance *instance)
{
	if (instance->state == TASK_UP_FOR_RETRY) {
		try_again(step, instance);
	} else if (instance->state == TASK_QUEUED) {
		give_up_waiting(step, instance);
	} else {
		assert(instance->state == TASK_CANCELLING);
		kill_again(step, instance);
	}
}

static bool is_due(const struct step *step, const struct heap *heap)
{
	struct heap_node *first = heap_peek(heap);

	return first != NULL && first->key <= step->now.boot_ms;
}

/* Runs whose instant has come. A clock that was set back finds those that have started as they are:
 * nothing starts twice. */
static void start_waiting(struct step *step)
{
	struct heap_node *first;

	while (hold_first(step->sched, true) == HOLD_KIND_COUNT &&
	       (first = heap_peek(&step->sched->starts)) != NULL && first->key <= step->now.wall_ms)
		run_come_due(step, OWNER_OF(first, struct run, start));
}

void due_happen(struct step *step)
{
	struct sched *sched = step->sched;

	while (is_due(step, &sched->timers))
		ring(step, OWNER_OF(heap_peek(&sched->timers), struct instance, timer));
	while (is_due(step, &sched->deadlines))
		cancel_late_run(step, OWNER_OF(heap_peek(&sched->deadlines), struct run, deadline));
	start_waiting(step);
}
