/* instance.c - moves the states of instances; see instance.h and the drawing in model/state.h.
 *
 * Who makes which arrow:
 *	none -> queued                       instance_judge, tell_one: all upstreams succeeded
 *	none -> upstream_failed | skipped    the same: one of them will never succeed
 *	queued -> running                    instance_start
 *	running, cancelling -> an end        ending.c
 *	running -> up_for_retry              ending.c with retry.c
 *	up_for_retry -> queued               due.c
 *	running -> cancelling, all -> cancelled   cancel.c */
#include "scheduler/instance.h"

#include "scheduler/emit.h"

#include <assert.h>

void instance_set_timer(struct sched *sched, struct instance *instance, int64_t at_boot_ms)
{
	instance->timer.key = at_boot_ms;
	/* Ties ring in an order that a restart does not change. */
	instance->timer.order = (uint64_t)instance->run->run_no << 20 | instance_position(instance);
	heap_push(&sched->timers, &instance->timer);
}

bool instance_waits(enum task_state state)
{
	return state == TASK_UP_FOR_RETRY || state == TASK_CANCELLING;
}

void instance_settle_in(struct sched *sched, struct instance *instance, int64_t queued_order)
{
	if (instance->state == TASK_QUEUED)
		queue_add(&sched->queue, instance, queued_order);
	if (instance_waits(instance->state))
		instance_set_timer(sched, instance, instance->due_boot_ms);
	if (!task_state_holds_slot(instance->state))
		return;
	queue_take_slot(&sched->queue, instance);
	instance->run->holding++;
	HASH_ADD(by_attempt, sched->attempts, attempt_id, sizeof instance->attempt_id, instance);
}

void instance_pull_out(struct sched *sched, struct instance *instance)
{
	heap_remove(&sched->timers, &instance->timer);
	if (instance->state == TASK_QUEUED)
		queue_remove(&sched->queue, instance);
	if (!task_state_holds_slot(instance->state))
		return;
	queue_give_slot(&sched->queue, instance);
	instance->run->holding--;
	HASH_DELETE(by_attempt, sched->attempts, instance);
}

static void note_done(struct sched *sched, struct instance *instance)
{
	struct run *run = instance->run;

	assert(run->unfinished > 0);
	vec_push(&sched->ended, instance);
	if (--run->unfinished == 0)
		vec_push(&sched->over, run);
}

static void emit_move(struct step *step, const struct instance *instance, enum task_state from,
		      const struct move *move)
{
	const char *held = move->to == TASK_QUEUED ? step->sched->hold_why : NULL;
	struct change *change = emit_instance_change(step, CHANGE_TASK_STATE, instance, move->actor,
						     move->why == NULL ? held : move->why);

	change->task_state.from = from;
	change->task_state.to = move->to;
	if (!instance_waits(move->to))
		return;
	change->task_state.due.boot_ms = instance->due_boot_ms;
	change->task_state.due.wall_ms = step->now.wall_ms + move->delay_ms;
}

void instance_move(struct step *step, struct instance *instance, const struct move *move)
{
	struct sched *sched = step->sched;
	enum task_state from = instance->state;

	assert(task_state_may_become(from, move->to));
	instance_pull_out(sched, instance);
	instance->state = move->to;
	instance->due_boot_ms = instance_waits(move->to) ? step->now.boot_ms + move->delay_ms : 0;
	instance_settle_in(sched, instance,
			   move->to == TASK_QUEUED ? queue_arrive(&sched->queue) : 0);
	if (task_state_is_done(move->to))
		note_done(sched, instance);
	emit_move(step, instance, from, move);
}

void instance_start(struct step *step, struct instance *instance)
{
	struct move move = {.to = TASK_RUNNING};
	struct change *change;

	instance->attempt_id = step->sched->next_attempt_id++;
	instance->attempts++;
	instance->released_at_ms = step->now.wall_ms;
	instance_move(step, instance, &move);
	change = emit_instance_change(step, CHANGE_ATTEMPT_NEW, instance, NULL, NULL);
	change->attempt_new.attempt_id = instance->attempt_id;
	change->attempt_new.number = instance->attempts;
	emit_effect(step, EFFECT_LAUNCH, instance);
}

/* all_success, by what an upstream became. none = it decides nothing. A cancelled upstream has
 * nobody to decide about: its whole run is cancelled with it. */
static const struct {
	enum task_state becomes;
	const char *why;
} verdicts[TASK_STATE_COUNT] = {
    [TASK_FAILED] = {TASK_UPSTREAM_FAILED, "upstream '%s' failed"},
    [TASK_UPSTREAM_FAILED] = {TASK_UPSTREAM_FAILED, "upstream '%s' could not run"},
    [TASK_SKIPPED] = {TASK_SKIPPED, "upstream '%s' was skipped"},
};

/* An instance that waits for its upstreams learns what one of them became. */
static void tell_one(struct step *step, struct instance *instance, const struct instance *upstream)
{
	struct move move = {.to = verdicts[upstream->state].becomes};

	if (instance->state != TASK_NONE)
		return;
	if (move.to != TASK_NONE) {
		move.why =
		    emit_text(step, verdicts[upstream->state].why, instance_task(upstream)->id);
		instance_move(step, instance, &move);
	} else if (instance->unfinished_upstream == 0) {
		move.to = TASK_QUEUED;
		instance_move(step, instance, &move);
	}
}

void instance_tell_downstream(struct step *step)
{
	struct sched *sched = step->sched;

	/* The list grows while it is read: a chain of any length takes no stack. */
	for (size_t i = 0; i < sched->ended.count; i++) {
		struct instance *ended = sched->ended.items[i];
		const struct task *task = instance_task(ended);

		for (uint32_t d = 0; d < task->downstream_count; d++) {
			struct instance *next = &ended->run->instances[task->downstream[d]];

			assert(next->unfinished_upstream > 0);
			next->unfinished_upstream--;
			tell_one(step, next, ended);
		}
	}
	vec_clear(&sched->ended);
}

void instance_judge(struct step *step, struct instance *instance)
{
	const struct task *task = instance_task(instance);
	struct move move = {.to = TASK_QUEUED};

	for (uint32_t u = 0; u < task->upstream_count; u++) {
		const struct instance *upstream = &instance->run->instances[task->upstream[u]];

		if (task_state_is_done(upstream->state))
			tell_one(step, instance, upstream);
	}
	if (instance->state == TASK_NONE && task->upstream_count == 0)
		instance_move(step, instance, &move);
}
