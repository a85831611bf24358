/* cancel.c - ending a run before its tasks have; see cancel.h.
 *
 * What has not started is cancelled at once. What runs is asked to end and holds its slot until it
 * is gone; the last one to go ends the run (run.c). A cancel looks at every task of its run, once;
 * a run that was created as a whole may be ended as a whole. */
#include "scheduler/cancel.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/run.h"

int64_t cancel_kill_every_ms(const struct sched *sched)
{
	const int64_t least_ms = 1000;

	return sched->config.grace_ms > least_ms ? sched->config.grace_ms : least_ms;
}

static void cancel_instance(struct step *step, struct instance *instance, const char *actor,
			    const char *why)
{
	struct move move = {.to = TASK_CANCELLED, .actor = actor, .why = why};

	if (task_state_is_done(instance->state))
		return;
	if (task_state_holds_slot(instance->state)) {
		move.to = TASK_CANCELLING;
		move.delay_ms = step->sched->config.grace_ms + CANCEL_MARGIN_MS;
	}
	instance_move(step, instance, &move);
	if (instance->state == TASK_CANCELLING)
		emit_effect(step, EFFECT_CANCEL, instance);
}

int64_t cancel_run(struct step *step, int64_t run_no, const char *actor, const char *reason)
{
	struct run *run = run_find(step->sched, run_no);
	const char *why;
	bool waits;

	if (run == NULL || run->state != RUN_RUNNING)
		return run == NULL ? 0 : run_no;
	why = emit_text(step, "cancelled by %s%s%s", actor == NULL ? EMIT_ACTOR : actor,
			reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
	waits = run->holding > 0;
	if (waits)
		run_move(step, run, RUN_CANCELLING, actor, why);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		cancel_instance(step, &run->instances[i], actor, why);
	if (!waits)
		run_move(step, run, RUN_CANCELLED, actor, why);
	return run_no;
}
