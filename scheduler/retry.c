/* retry.c - whether a task that failed is tried again; see retry.h. */
#include "scheduler/retry.h"

#include "scheduler/emit.h"

void retry_judge(struct step *step, const struct instance *instance, enum attempt_cause cause,
		 struct move *move)
{
	const struct task *task = instance_task(instance);
	bool left = instance->attempts <= task->retries;

	if (task->retries > 0)
		move->why = emit_text(step, "%s, try %u of %u", move->why, instance->attempts,
				      task->retries + 1);
	if (left && attempt_cause_is_retried(cause)) {
		move->to = TASK_UP_FOR_RETRY;
		move->delay_ms = task->retry_delay_ms;
		move->why = emit_text(step, "%s; next try in %s", move->why,
				      emit_duration(step, task->retry_delay_ms));
	} else if (left) {
		move->why = emit_text(step, "%s; not tried again", move->why);
	}
}
