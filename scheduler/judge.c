/* judge.c - whether a task may run; see judge.h.
 *
 * A task whose rule is met is judged by its condition (`when`) next, once, before it is queued. An
 * empty task has nothing to wait for then and has succeeded in the same step. */
#include "scheduler/judge.h"

#include "scheduler/condition.h"
#include "scheduler/emit.h"
#include "scheduler/instance.h"

#include <string.h>

bool judge_hook_fits(enum task_hook hook, enum run_state outcome)
{
	if (hook == HOOK_SUCCESS)
		return outcome == RUN_SUCCESS;
	if (hook == HOOK_FAILURE)
		return outcome == RUN_FAILED || outcome == RUN_CANCELLED;
	return hook == HOOK_EXIT;
}

/* Whether it is the turn of its part of the run. */
static bool has_its_turn(const struct instance *instance)
{
	const struct run *run = instance->run;

	if (!instance_is_hook(instance))
		return run->state == RUN_RUNNING;
	return run->state == RUN_ENDING &&
	       judge_hook_fits(instance_task(instance)->hook, run->outcome);
}

static enum rule_verdict verdict_of(const struct instance *instance)
{
	return trigger_rule_judge(instance_task(instance)->trigger_rule, &instance->upstream);
}

bool judge_made_it(const struct instance *instance)
{
	enum rule_verdict made = VERDICT_SKIP;

	if (instance->state == TASK_UPSTREAM_FAILED)
		made = VERDICT_UPSTREAM_FAILED;
	else if (instance->state != TASK_SKIPPED || instance_tries(instance) > 0)
		return false;
	return verdict_of(instance) == made;
}

/* --- reasons -------------------------------------------------------------------------------------
 */

static const char *const decisive[TASK_STATE_COUNT] = {
    [TASK_SUCCESS] = "upstream '%s' succeeded",
    [TASK_FAILED] = "upstream '%s' failed",
    [TASK_CANCELLED] = "upstream '%s' was cancelled",
    [TASK_UPSTREAM_FAILED] = "upstream '%s' could not run",
    [TASK_SKIPPED] = "upstream '%s' was skipped",
};

/* Rules under which one upstream alone forbids a task to run: it is named. */
static bool names_upstream(const struct instance *instance, const struct instance *upstream)
{
	enum trigger_rule rule = instance_task(instance)->trigger_rule;
	bool skipped = upstream->state == TASK_SKIPPED;

	if (decisive[upstream->state] == NULL ||
	    (upstream->state == TASK_FAILED && upstream->told == TOLD_SUCCESS))
		return false;
	switch (rule) {
	case RULE_ALL_SUCCESS:
		return upstream->state != TASK_SUCCESS;
	case RULE_NONE_SKIPPED:
		return skipped;
	case RULE_NONE_FAILED:
	case RULE_NONE_FAILED_MIN_ONE_SUCCESS:
		return !skipped && upstream->state != TASK_SUCCESS;
	case RULE_ALL_DONE_MIN_ONE_SUCCESS:
		return skipped;
	case RULE_ALL_FAILED:
		return skipped || upstream->state == TASK_SUCCESS;
	case RULE_ALL_SKIPPED:
		return !skipped;
	default:
		return false;
	}
}

static const struct instance *find_culprit(const struct instance *instance)
{
	const struct task *task = instance_task(instance);

	for (uint32_t u = 0; u < task->upstream_count; u++) {
		const struct instance *upstream = &instance->run->instances[task->upstream[u]];

		if (names_upstream(instance, upstream))
			return upstream;
	}
	return NULL;
}

static bool is_allowed_failure(const struct instance *upstream)
{
	return upstream->state == TASK_FAILED && upstream->told == TOLD_SUCCESS;
}

static bool is_failure(const struct instance *upstream)
{
	return upstream->told == TOLD_FAILED || upstream->told == TOLD_UPSTREAM_FAILED;
}

/* The first upstream of that kind; NULL = none is. */
static const struct instance *first_upstream(const struct instance *instance,
					     bool (*is)(const struct instance *upstream))
{
	const struct task *task = instance_task(instance);

	for (uint32_t u = 0; u < task->upstream_count; u++)
		if (is(&instance->run->instances[task->upstream[u]]))
			return &instance->run->instances[task->upstream[u]];
	return NULL;
}

/* What explains the counts: "; upstream 'a' failed". */
static const char *tell_culprit(struct step *step, const struct instance *instance)
{
	const struct instance *allowed = first_upstream(instance, is_allowed_failure);
	const struct instance *failed = first_upstream(instance, is_failure);
	const char *text = "";

	if (allowed != NULL)
		text = emit_text(step, " (the failure of '%s' is allowed and counts as success)",
				 instance_task(allowed)->id);
	if (failed != NULL && decisive[failed->state] != NULL) {
		const char *how =
		    emit_text(step, decisive[failed->state], instance_task(failed)->id);

		text = emit_text(step, "%s; %s", text, how);
	}
	return text;
}

/* "rule all_failed: of 3 upstream tasks 1 succeeded, 0 failed, 2 skipped". */
static const char *tell_rule(struct step *step, const struct instance *instance)
{
	const struct upstream_counts *counts = &instance->upstream;

	return emit_text(step,
			 "rule %s: of %u upstream task%s %u succeeded, %u failed, %u skipped%s",
			 trigger_rule_name(instance_task(instance)->trigger_rule), counts->total,
			 counts->total == 1 ? "" : "s", counts->success,
			 counts->failed + counts->upstream_failed, counts->skipped,
			 tell_culprit(step, instance));
}

static const char *explain(struct step *step, const struct instance *instance,
			   const struct instance *told)
{
	enum trigger_rule rule = instance_task(instance)->trigger_rule;
	const char *text;

	if (told == NULL || !names_upstream(instance, told))
		told = find_culprit(instance);
	if (told == NULL)
		return tell_rule(step, instance);
	text = emit_text(step, decisive[told->state], instance_task(told)->id);
	/* Under these rules it is the rule that surprises, not the upstream. */
	if (rule == RULE_ALL_FAILED || rule == RULE_ALL_SKIPPED ||
	    rule == RULE_ALL_DONE_MIN_ONE_SUCCESS)
		text = emit_text(step, "%s (rule %s)", text, trigger_rule_name(rule));
	return text;
}

/* --- deciding ------------------------------------------------------------------------------------
 */

/* Its rule is met. */
static void admit(struct step *step, struct instance *instance)
{
	const struct task *task = instance_task(instance);
	struct move move = {.to = task->action == ACTION_EMPTY ? TASK_SUCCESS : TASK_QUEUED};
	struct err err;
	bool holds = true;

	if (task->when != NULL && condition_judge(step->sched, instance, &holds, &err) != 0) {
		move.to = TASK_FAILED;
		move.why = emit_text(step, "when: %s", err.message);
	} else if (!holds) {
		move.to = TASK_SKIPPED;
		move.why = emit_text(step, "when: %s is false", task->when);
	}
	instance_move(step, instance, &move);
}

void judge_instance(struct step *step, struct instance *instance, const struct instance *told)
{
	struct move move = {.to = TASK_SKIPPED};

	if (instance->state != TASK_NONE || !has_its_turn(instance))
		return;
	switch (verdict_of(instance)) {
	case VERDICT_WAIT:
		return;
	case VERDICT_RUN:
		admit(step, instance);
		return;
	case VERDICT_UPSTREAM_FAILED:
		move.to = TASK_UPSTREAM_FAILED;
		break;
	case VERDICT_SKIP:
		break;
	}
	move.why = explain(step, instance, told);
	instance_move(step, instance, &move);
}

void judge_run(struct step *step, struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		judge_instance(step, &run->instances[i], NULL);
}
