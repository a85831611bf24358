/* instance.c - moves the states of instances; see instance.h and the drawing in model/state.h.
 *
 * Who makes which arrow:
 *	none -> queued, success, failed      judge.c: its rule is met
 *	none -> upstream_failed | skipped    judge.c: its rule, or its condition, says so
 *	queued -> running                    instance_start
 *	running, cancelling -> an end        ending.c
 *	running -> up_for_retry              ending.c with retry.c
 *	up_for_retry -> queued               due.c
 *	queued -> failed                     due.c
 *	running -> cancelling                cancel.c, rerun.c, mark.c
 *	all -> cancelled                     cancel.c
 *	all -> none | removed                rerun.c, mark.c
 *	all -> success | failed | skipped    mark.c */
#include "scheduler/instance.h"

#include "scheduler/cancel.h"
#include "scheduler/emit.h"
#include "scheduler/hold.h"
#include "scheduler/run.h"

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

static bool is_counted(enum task_state state)
{
	return state != TASK_NONE && !task_state_is_done(state);
}

void instance_settle_in(struct sched *sched, struct instance *instance, int64_t queued_order)
{
	sched->counts.tasks[instance->state] += is_counted(instance->state);
	if (instance->state == TASK_QUEUED)
		queue_add(&sched->queue, instance, queued_order);
	if (instance_waits(instance->state) || instance->due_boot_ms != 0)
		instance_set_timer(sched, instance, instance->due_boot_ms);
	if (!task_state_holds_slot(instance->state))
		return;
	queue_take_slot(&sched->queue, instance);
	instance->run->holding++;
	HASH_ADD(by_attempt, sched->attempts, attempt_id, sizeof instance->attempt_id, instance);
}

void instance_pull_out(struct sched *sched, struct instance *instance)
{
	sched->counts.tasks[instance->state] -= is_counted(instance->state);
	heap_remove(&sched->timers, &instance->timer);
	if (instance->state == TASK_QUEUED)
		queue_remove(&sched->queue, instance);
	if (!task_state_holds_slot(instance->state))
		return;
	queue_give_slot(&sched->queue, instance);
	instance->run->holding--;
	HASH_DELETE(by_attempt, sched->attempts, instance);
}

static uint32_t *unfinished_beside(const struct instance *instance)
{
	struct run *run = instance->run;

	return instance_is_hook(instance) ? &run->unfinished_hooks : &run->unfinished;
}

static void count_done(struct sched *sched, struct instance *instance, bool was_done)
{
	uint32_t *unfinished = unfinished_beside(instance);
	bool is_done = task_state_is_done(instance->state);

	if (is_done)
		vec_push(&sched->ended, instance);
	if (is_done && !was_done) {
		assert(*unfinished > 0);
		--*unfinished;
		run_check_over(sched, instance->run);
	} else if (was_done && !is_done) {
		++*unfinished;
	}
}

/* A queued task may have to be started within a time. */
static int64_t delay_of(const struct instance *instance, const struct move *move)
{
	if (move->to == TASK_QUEUED)
		return instance_task(instance)->policy->start_timeout_ms;
	return instance_waits(move->to) ? move->delay_ms : 0;
}

/* Why a task that is queued now will wait however many slots are free; NULL = it will not. */
static const char *why_held(struct step *step, const struct instance *instance)
{
	const struct sched *sched = step->sched;
	enum hold_kind hold = hold_first(sched, false);

	if (hold != HOLD_KIND_COUNT)
		return hold_text(sched, hold, &step->output->changes.arena);
	if (sched->queue.is_paused)
		return "everything is paused";
	return instance->run->limit->is_paused ? "the dag is paused" : NULL;
}

/* Whoever looks for what a run failed of must not take this for it. */
static const char *why_failed(struct step *step, const struct instance *instance, const char *why)
{
	if (!instance_task(instance)->allow_failure)
		return why;
	return emit_text(step, "allowed to fail%s%s", why == NULL ? "" : ": ",
			 why == NULL ? "" : why);
}

static void emit_move(struct step *step, const struct instance *instance, enum task_state from,
		      const struct move *move)
{
	const char *why = move->why;
	struct change *change;

	if (why == NULL && move->to == TASK_QUEUED)
		why = why_held(step, instance);
	if (move->to == TASK_FAILED)
		why = why_failed(step, instance, why);
	change = emit_instance_change(step, CHANGE_TASK_STATE, instance, move->actor, why);

	change->task_state.from = from;
	change->task_state.to = move->to;
	change->task_state.aim = instance->aim;
	if (move->to == TASK_NONE)
		change->task_state.attempts_before = instance->attempts_before;
	if (instance->due_boot_ms == 0)
		return;
	change->task_state.due.boot_ms = instance->due_boot_ms;
	change->task_state.due.wall_ms = step->now.wall_ms + delay_of(instance, move);
}

void instance_move(struct step *step, struct instance *instance, const struct move *move)
{
	struct sched *sched = step->sched;
	enum task_state from = instance->state;
	int64_t delay_ms = delay_of(instance, move);

	assert(task_state_may_become(from, move->to));
	instance_pull_out(sched, instance);
	instance->state = move->to;
	instance->aim = move->to == TASK_CANCELLING ? move->aim : AIM_CANCELLED;
	instance->due_boot_ms =
	    delay_ms != 0 || instance_waits(move->to) ? step->now.boot_ms + delay_ms : 0;
	if (move->to == TASK_NONE)
		instance->attempts_before = instance->attempts;
	instance_settle_in(sched, instance,
			   move->to == TASK_QUEUED ? queue_arrive(&sched->queue) : 0);
	count_done(sched, instance, task_state_is_done(from));
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

void instance_end_attempt(struct step *step, struct instance *instance, enum cancel_aim aim,
			  const char *actor, const char *why)
{
	struct move move = {.to = TASK_CANCELLING, .aim = aim, .actor = actor, .why = why};
	bool was_asked = instance->state == TASK_CANCELLING;

	if (was_asked && instance->aim == aim)
		return;
	move.delay_ms = step->sched->config.grace_ms + CANCEL_MARGIN_MS;
	if (was_asked)
		move.delay_ms = instance->due_boot_ms - step->now.boot_ms;
	instance_move(step, instance, &move);
	if (!was_asked)
		emit_effect(step, EFFECT_CANCEL, instance);
}

void instance_keep_outputs(struct instance *instance, const char *json)
{
	if (json != NULL && !instance_task(instance)->is_judged_by)
		return;
	mem_free(instance->outputs);
	instance->outputs = mem_strdup(json);
}
