/* mark.c - somebody says what a task came to; see mark.h.
 *
 * What downstream tasks had become only because of the old state is undone, as far as it goes; each
 * is then judged as if it came to it for the first time. What was decided otherwise (by its own
 * attempt, by its condition, by hand) stays. */
#include "scheduler/mark.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/rerun.h"
#include "scheduler/run.h"
#include "scheduler/run_end.h"
#include "scheduler/tell.h"

#include <assert.h>

static enum cancel_aim aim_of(enum task_state to)
{
	if (to == TASK_SUCCESS)
		return AIM_SUCCESS;
	return to == TASK_FAILED ? AIM_FAILED : AIM_SKIPPED;
}

static const char *refusal(const struct instance *instance)
{
	enum run_state state = instance->run->state;

	if (!run_state_has_begun(state))
		return "the run has not started yet";
	if (state == RUN_CANCELLING)
		return "the run is being cancelled: mark its tasks when it has ended";
	if (state == RUN_ENDING && !instance_is_hook(instance))
		return "the tasks of the run's end are under way: mark it when the run has ended "
		       "(a cancel ends them)";
	return NULL;
}

static void judge_downstream(struct step *step, struct instance *instance)
{
	const struct task *task = instance_task(instance);

	for (uint32_t d = 0; d < task->downstream_count; d++)
		judge_instance(step, &instance->run->instances[task->downstream[d]], instance);
}

/* Sets back what the mark has made undone, and what that makes undone in turn. The list grows while
 * it is read. */
static void reset_undone(struct step *step, struct instance *marked, struct instance_list *undone,
			 const char *actor)
{
	for (size_t i = 0; i < undone->vec.count; i++) {
		struct instance *instance = undone->vec.items[i];
		struct move move = {.to = TASK_NONE,
				    .actor = actor,
				    .why = emit_text(step, "task '%s' was marked %s",
						     instance_task(marked)->id,
						     task_state_name(marked->state))};

		/* It may stand here twice, for two upstreams. */
		if (!task_state_is_done(instance->state))
			continue;
		instance_move(step, instance, &move);
		tell_anew(instance, undone);
	}
}

static void judge_again(struct step *step, struct instance *marked,
			const struct instance_list *undone)
{
	judge_downstream(step, marked);
	for (size_t i = 0; i < undone->vec.count; i++) {
		judge_instance(step, undone->vec.items[i], NULL);
		judge_downstream(step, undone->vec.items[i]);
	}
}

/* Nothing of a run that had ended is left to run, but it may have come to something else. */
static void correct_outcome(struct step *step, struct run *run, const char *actor)
{
	const char *why;
	enum run_state outcome = run_end_judge(step, run, &why);

	if (outcome == run->state)
		return;
	run_move(step, run, outcome, actor, why);
	emit_run_ended(step, run);
}

static void go_on(struct step *step, struct instance *marked, const struct instance_list *undone,
		  const char *actor, const char *why)
{
	struct run *run = marked->run;

	if (!run_state_is_done(run->state)) {
		judge_again(step, marked, undone);
	} else if (run->unfinished > 0) {
		rerun_reset_hooks(step, run, actor, why);
		run_revive(step, run, actor, why);
	} else if (!instance_is_hook(marked)) {
		correct_outcome(step, run, actor);
	}
}

static void mark_now(struct step *step, struct instance *instance, const struct move *move)
{
	struct instance_list undone = {0};

	bool is_over = run_state_is_done(instance->run->state);

	instance_move(step, instance, move);
	/* When the run is over, nothing begins its end again for one task of it. */
	tell_anew(instance, is_over && instance_is_hook(instance) ? NULL : &undone);
	reset_undone(step, instance, &undone, move->actor);
	go_on(step, instance, &undone, move->actor, move->why);
	vec_close(&undone.vec);
}

static void mark(struct step *step, struct instance *instance, const struct move *move)
{
	const char *no = refusal(instance);

	if (no != NULL)
		emit_answer(step, ANSWER_REFUSED, "%s", no);
	else if (instance->state == move->to)
		emit_answer(step, ANSWER_UNCHANGED, "task '%s' is %s already",
			    instance_task(instance)->id, task_state_name(move->to));
	else if (task_state_holds_slot(instance->state))
		instance_end_attempt(step, instance, aim_of(move->to), move->actor, move->why);
	else
		mark_now(step, instance, move);
}

int64_t mark_apply(struct step *step, const struct input *input)
{
	struct run *run = run_find(step->sched, input->mark.run_no);
	const char *reason = input->mark.reason;
	struct move move = {.to = input->mark.to, .actor = input->actor};
	struct err err;
	uint32_t task;

	assert(move.to == TASK_SUCCESS || move.to == TASK_FAILED || move.to == TASK_SKIPPED);
	if (run == NULL) {
		emit_answer(step, ANSWER_NOT_FOUND, "no such run");
		return 0;
	}
	task = dag_find_task(run->dag, input->mark.task);
	move.why =
	    emit_text(step, "marked by %s%s%s", input->actor == NULL ? EMIT_ACTOR : input->actor,
		      reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
	if (task == UINT32_MAX) {
		dag_miss_task(run->dag, input->mark.task, &err);
		emit_answer(step, ANSWER_NOT_FOUND, "%s", err.message);
	} else {
		mark(step, &run->instances[task], &move);
	}
	return input->mark.run_no;
}
