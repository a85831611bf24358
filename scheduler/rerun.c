/* rerun.c - tasks of a run run again; see rerun.h.
 *
 * First it is found out what the wish means for the version that the run goes on with, and whether
 * it makes sense; only then anything is changed. */
#include "scheduler/rerun.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/run.h"
#include "scheduler/tell.h"
#include "scheduler/version.h"

#include <string.h>

/* A wish, and what it comes to. */
struct rerun {
	struct run *run;
	const struct input *input;
	struct dag *dag; /* to go on with */
	uint32_t *map;   /* version_map's; NULL = the run's own version */
	bool *chosen;    /* by position in dag */
	uint32_t chosen_count;
	const char *why;
};

/* --- what is meant ------------------------------------------------------------------------------
 */

static enum task_state state_of(const struct rerun *rerun, uint32_t task)
{
	uint32_t position = rerun->map == NULL ? task : rerun->map[task];

	return position == UINT32_MAX ? TASK_NONE : rerun->run->instances[position].state;
}

static bool has_failed(enum task_state state)
{
	return state == TASK_FAILED || state == TASK_UPSTREAM_FAILED || state == TASK_CANCELLED;
}

static void choose(struct rerun *rerun, uint32_t task)
{
	rerun->chosen_count += !rerun->chosen[task];
	rerun->chosen[task] = true;
}

static void choose_by_state(struct rerun *rerun)
{
	for (uint32_t i = 0; i < rerun->dag->task_count - rerun->dag->hook_count; i++)
		if (rerun->input->rerun.mode == RERUN_ALL || has_failed(state_of(rerun, i)))
			choose(rerun, i);
}

static bool choose_by_name(struct step *step, struct rerun *rerun)
{
	for (size_t i = 0; i < rerun->input->rerun.task_count; i++) {
		const char *id = rerun->input->rerun.tasks[i];
		uint32_t task = dag_find_task(rerun->dag, id);
		struct err err;

		if (task == UINT32_MAX) {
			dag_miss_task(rerun->dag, id, &err);
			emit_answer(step, ANSWER_NOT_FOUND, "%s", err.message);
			return false;
		}
		if (rerun->dag->tasks[task].hook != HOOK_NONE) {
			emit_answer(step, ANSWER_REFUSED,
				    "task '%s' belongs to the end of the run: it runs again when "
				    "the run ends again",
				    id);
			return false;
		}
		choose(rerun, task);
	}
	return true;
}

/* All downstream of those that are chosen; each edge is looked at once. */
static void choose_downstream(struct rerun *rerun)
{
	VEC(uint32_t) open = {0};

	for (uint32_t i = 0; i < rerun->dag->task_count; i++)
		if (rerun->chosen[i])
			vec_push(&open, i);
	while (open.count > 0) {
		const struct task *task = &rerun->dag->tasks[open.items[--open.count]];

		for (uint32_t d = 0; d < task->downstream_count; d++) {
			if (rerun->chosen[task->downstream[d]])
				continue;
			choose(rerun, task->downstream[d]);
			vec_push(&open, task->downstream[d]);
		}
	}
	vec_close(&open);
}

static bool find_tasks(struct step *step, struct rerun *rerun)
{
	enum rerun_mode mode = rerun->input->rerun.mode;

	rerun->chosen = mem_alloc((rerun->dag->task_count + 1) * sizeof *rerun->chosen);
	if (mode == RERUN_FAILED || mode == RERUN_ALL)
		choose_by_state(rerun);
	else if (!choose_by_name(step, rerun))
		return false;
	if (mode == RERUN_FAILED || mode == RERUN_FROM)
		choose_downstream(rerun);
	return true;
}

bool *rerun_choose(struct step *step, struct dag *dag, const struct input *wish)
{
	struct rerun rerun = {.input = wish, .dag = dag};

	if (find_tasks(step, &rerun))
		return rerun.chosen;
	mem_free(rerun.chosen);
	return NULL;
}

/* --- whether it makes sense ---------------------------------------------------------------------
 */

static bool is_another_version(const struct rerun *rerun)
{
	struct dag *dag = rerun->input->rerun.dag;

	return dag != NULL && strcmp(dag->hash, rerun->run->dag->hash) != 0;
}

static bool allows(struct step *step, const struct rerun *rerun)
{
	static const char *const refusals[RUN_STATE_COUNT] = {
	    [RUN_QUEUED] = "the run has not started yet: nothing in it can run again",
	    [RUN_WAITING] = "the run has not started yet: nothing in it can run again",
	    [RUN_CANCELLING] = "the run is being cancelled: rerun it when it has ended",
	};
	const char *refusal = refusals[rerun->run->state];

	if (refusal == NULL && !run_state_is_done(rerun->run->state) && is_another_version(rerun))
		refusal = "the run is under way: only one that has ended can go on with another "
			  "version of its dag";
	if (refusal != NULL)
		emit_answer(step, ANSWER_REFUSED, "%s", refusal);
	return refusal == NULL;
}

static bool brings_new_tasks(const struct rerun *rerun)
{
	for (uint32_t i = 0; rerun->map != NULL && i < rerun->dag->task_count; i++)
		if (rerun->map[i] == UINT32_MAX && rerun->dag->tasks[i].hook == HOOK_NONE)
			return true;
	return false;
}

/* --- doing it -----------------------------------------------------------------------------------
 */

void rerun_reset(struct step *step, struct instance *instance, const char *actor, const char *why)
{
	struct move move = {.to = TASK_NONE, .actor = actor, .why = why};

	if (instance->state == TASK_NONE)
		return;
	instance_keep_outputs(instance, NULL);
	if (task_state_holds_slot(instance->state)) {
		instance_end_attempt(step, instance, AIM_RERUN, actor, why);
		return;
	}
	instance_move(step, instance, &move);
	tell_anew(instance, NULL);
}

void rerun_reset_hooks(struct step *step, struct run *run, const char *actor, const char *why)
{
	for (uint32_t i = run->dag->task_count - run->dag->hook_count; i < run->dag->task_count;
	     i++)
		rerun_reset(step, &run->instances[i], actor, why);
}

static void change_params(struct step *step, struct rerun *rerun)
{
	const char *params = rerun->input->rerun.params;
	struct change *change;

	if (params == NULL)
		return;
	change = emit_change(step, CHANGE_RUN_PARAMS, rerun->run, rerun->input->actor, rerun->why);
	change->run_params = arena_strdup(&step->output->changes.arena, params);
	run_set_params(rerun->run, params);
}

static void reset_chosen(struct step *step, struct rerun *rerun)
{
	for (uint32_t i = 0; i < rerun->dag->task_count; i++)
		if (rerun->chosen[i])
			rerun_reset(step, &rerun->run->instances[i], rerun->input->actor,
				    rerun->why);
}

static void do_it(struct step *step, struct rerun *rerun)
{
	struct run *run = rerun->run;
	const char *actor = rerun->input->actor;

	change_params(step, rerun);
	if (rerun->map != NULL)
		version_change(step, run, rerun->dag, rerun->map, actor, rerun->why);
	reset_chosen(step, rerun);
	if (run_state_is_done(run->state)) {
		rerun_reset_hooks(step, run, actor, rerun->why);
		run_revive(step, run, actor, rerun->why);
	} else if (run->state == RUN_ENDING) {
		rerun_reset_hooks(step, run, actor, rerun->why);
		run_go_back(step, run, actor, rerun->why);
	} else {
		judge_run(step, run);
	}
}

int64_t rerun_apply(struct step *step, const struct input *input)
{
	struct run *run = run_find(step->sched, input->rerun.run_no);
	struct rerun rerun = {.run = run, .input = input, .dag = run == NULL ? NULL : run->dag};
	const char *reason = input->rerun.reason;

	if (run == NULL) {
		emit_answer(step, ANSWER_NOT_FOUND, "no such run");
		return 0;
	}
	rerun.why =
	    emit_text(step, "rerun by %s%s%s", input->actor == NULL ? EMIT_ACTOR : input->actor,
		      reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
	if (!allows(step, &rerun))
		return run->run_no;
	if (is_another_version(&rerun)) {
		rerun.dag = input->rerun.dag;
		rerun.map = version_map(run, rerun.dag);
	}
	if (find_tasks(step, &rerun)) {
		if (rerun.chosen_count > 0 || brings_new_tasks(&rerun))
			do_it(step, &rerun);
		else
			emit_answer(step, ANSWER_UNCHANGED, "no task of the run has failed");
	}
	mem_free(rerun.map);
	mem_free(rerun.chosen);
	return input->rerun.run_no;
}
