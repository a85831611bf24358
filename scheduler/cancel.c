/* cancel.c - ending a run before its tasks have; see cancel.h.
 *
 * What has not started is cancelled at once. What runs is asked to end and holds its slot until it
 * is gone; the last one to go ends the run (run_end.c). A cancel looks at every task of its run,
 * once; a run that was created as a whole may be ended as a whole. The tasks of the run's end run
 * after a cancel, too, unless it is those that are cancelled. */
#include "scheduler/cancel.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/run.h"
#include "scheduler/run_end.h"

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
	if (task_state_holds_slot(instance->state))
		instance_end_attempt(step, instance, AIM_CANCELLED, actor, why);
	else
		instance_move(step, instance, &move);
}

static void cancel_instances(struct step *step, struct run *run, uint32_t from, uint32_t to,
			     const char *actor, const char *why)
{
	for (uint32_t i = from; i < to; i++)
		cancel_instance(step, &run->instances[i], actor, why);
}

/* Ends the run's own tasks; it comes to the outcome when they are gone. */
static void end_tasks(struct step *step, struct run *run, enum run_state outcome, const char *actor,
		      const char *why)
{
	uint32_t own = run->dag->task_count - run->dag->hook_count;
	bool waits = run->holding > 0;

	run->outcome = outcome;
	if (waits)
		run_move(step, run, RUN_CANCELLING, actor, why);
	cancel_instances(step, run, 0, own, actor, why);
	if (waits)
		return;
	/* A run that never began has no end to run tasks for. */
	if (!run_state_has_begun(run->state))
		cancel_instances(step, run, own, run->dag->task_count, actor, why);
	run_end_conclude(step, run, outcome, actor, why);
	run_check_over(step->sched, run);
}

void cancel_late_run(struct step *step, struct run *run)
{
	end_tasks(
	    step, run, RUN_FAILED, NULL,
	    emit_text(step, "timeout of %s passed", emit_duration(step, run->dag->timeout_ms)));
}

static void end_hooks(struct step *step, struct run *run, const char *actor, const char *why)
{
	uint32_t all = run->dag->task_count;
	size_t before = step->output->changes.count;

	cancel_instances(step, run, all - run->dag->hook_count, all, actor, why);
	if (step->output->changes.count == before)
		emit_answer(step, ANSWER_UNCHANGED, "the tasks of the run's end are being ended");
}

int64_t cancel_run(struct step *step, int64_t run_no, const char *actor, const char *reason)
{
	struct run *run = run_find(step->sched, run_no);
	const char *why = emit_text(step, "cancelled by %s%s%s", actor == NULL ? EMIT_ACTOR : actor,
				    reason == NULL ? "" : ": ", reason == NULL ? "" : reason);

	if (run == NULL)
		emit_answer(step, ANSWER_NOT_FOUND, "no such run is under way");
	else if (run->state == RUN_CANCELLING)
		emit_answer(step, ANSWER_UNCHANGED, "the run is being cancelled already");
	else if (run->state == RUN_ENDING)
		end_hooks(step, run, actor, why);
	else if (!run_state_is_done(run->state))
		end_tasks(step, run, RUN_CANCELLED, actor, why);
	else
		emit_answer(step, ANSWER_UNCHANGED, "the run has ended");
	return run == NULL ? 0 : run_no;
}
