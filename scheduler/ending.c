/* ending.c - what the end of an attempt means for its task; see ending.h.
 *
 * While its run is being cancelled, what happened is what is recorded: a task that was quicker than
 * the signal has succeeded, failed or skipped itself; one that was ended, or whose end nobody saw,
 * is cancelled. Nothing is tried again then. One that was ended for a rerun or a mark becomes what
 * was asked for, whatever its attempt came to.
 *
 * CAUSE_CANCELLED without a cancel means that somebody asked the shim behind Heddle's back.
 * Somebody wanted the task to end, so it has failed and is not tried again. */
#include "scheduler/ending.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/retry.h"
#include "scheduler/run.h"

#include <assert.h>
#include <string.h>

static const struct {
	enum task_state usually;
	enum task_state in_cancelling;
	const char *text; /* for people; %d is the exit code or the signal */
} endings[CAUSE_COUNT] = {
    [CAUSE_SUCCESS] = {TASK_SUCCESS, TASK_SUCCESS, NULL},
    [CAUSE_SKIPPED] = {TASK_SKIPPED, TASK_SKIPPED, "exit code %d"},
    [CAUSE_EXIT_CODE] = {TASK_FAILED, TASK_FAILED, "exit code %d"},
    [CAUSE_SIGNAL] = {TASK_FAILED, TASK_CANCELLED, "killed by signal %d"},
    [CAUSE_OUT_OF_MEMORY] = {TASK_FAILED, TASK_FAILED, "out of memory"},
    [CAUSE_TIMEOUT] = {TASK_FAILED, TASK_FAILED, "timeout"},
    [CAUSE_CANCELLED] = {TASK_FAILED, TASK_CANCELLED, "ended on request"},
    [CAUSE_LOST] = {TASK_FAILED, TASK_CANCELLED, "lost"},
    [CAUSE_COULD_NOT_START] = {TASK_FAILED, TASK_FAILED, "could not start"},
    [CAUSE_BAD_OUTPUT] = {TASK_FAILED, TASK_FAILED, "bad output"},
};

/* What a shell means by an exit code (POSIX.1-2017, Shell Command Language, 2.8.2); "" = nothing.
 */
static const char *hint_of_shell(const struct instance *instance, const struct attempt_end *end)
{
	if (end->cause != CAUSE_EXIT_CODE || instance_task(instance)->command == NULL)
		return "";
	if (end->exit_code == 127)
		return " (the shell found no such program; the log names it)";
	return end->exit_code == 126 ? " (the shell may not execute it; the log names it)" : "";
}

/* " (SIGKILL)"; "" for a signal without a name. */
static const char *name_of_signal(struct step *step, const struct attempt_end *end)
{
	const char *name = end->cause == CAUSE_SIGNAL ? sigabbrev_np(end->signal) : NULL;

	return name == NULL ? "" : emit_text(step, " (SIG%s)", name);
}

/* "exit code 3", "killed by signal 9 (SIGKILL)", "timeout after 5m", "could not start:
 * exec '/bin/nope': ..."; NULL = nothing to say. */
static const char *describe(struct step *step, const struct instance *instance,
			    const struct attempt_end *end)
{
	const char *text = endings[end->cause].text;
	int64_t timeout_ms = instance_task(instance)->timeout_ms;

	if (text == NULL)
		return NULL;
	text = emit_text(step, text, end->cause == CAUSE_SIGNAL ? end->signal : end->exit_code);
	text = emit_text(step, "%s%s%s", text, name_of_signal(step, end),
			 hint_of_shell(instance, end));
	if (end->cause == CAUSE_TIMEOUT && timeout_ms > 0)
		text = emit_text(step, "%s after %s", text, emit_duration(step, timeout_ms));
	if (end->reason[0] != '\0')
		text = emit_text(step, "%s: %s", text, end->reason);
	return text;
}

static void become_by_aim(struct step *step, struct instance *instance)
{
	static const struct {
		enum task_state to;
		const char *why;
	} aims[AIM_COUNT] = {
	    [AIM_RERUN] = {TASK_NONE, "its attempt is gone: it runs again"},
	    [AIM_SUCCESS] = {TASK_SUCCESS, "marked while it ran"},
	    [AIM_FAILED] = {TASK_FAILED, "marked while it ran"},
	    [AIM_SKIPPED] = {TASK_SKIPPED, "marked while it ran"},
	};
	struct move move = {.to = aims[instance->aim].to, .why = aims[instance->aim].why};

	instance_move(step, instance, &move);
	judge_instance(step, instance, NULL);
	run_check_over(step->sched, instance->run);
}

static void keep_outputs(struct step *step, struct instance *instance, const char *json)
{
	struct change *change;

	if (json == NULL)
		return;
	change = emit_instance_change(step, CHANGE_OUTPUTS, instance, NULL, NULL);
	change->outputs.attempt_id = instance->attempt_id;
	change->outputs.json = arena_strdup(&step->output->changes.arena, json);
	instance_keep_outputs(instance, json);
}

static void judge(struct step *step, struct instance *instance, const struct attempt_end *end,
		  const struct end_findings *findings)
{
	struct move move = {.to = endings[end->cause].usually,
			    .why = describe(step, instance, end)};

	if (instance->state == TASK_CANCELLING && instance->aim != AIM_CANCELLED) {
		become_by_aim(step, instance);
		return;
	}
	if (instance->state == TASK_CANCELLING)
		move.to = endings[end->cause].in_cancelling;
	else if (move.to == TASK_FAILED)
		retry_judge(step, instance, end, findings, &move);
	if (move.to == TASK_SUCCESS)
		keep_outputs(step, instance, findings->outputs);
	instance_move(step, instance, &move);
}

static void note_late(struct step *step, const char *actor, const struct attempt_end *end)
{
	struct change *change =
	    emit_change(step, CHANGE_ATTEMPT_LATE, NULL, actor, "the attempt had ended already");

	change->attempt_end = *end;
	emit_forget(step, end->attempt_id);
}

int64_t ending_apply(struct step *step, const char *actor, const struct attempt_end *end,
		     const struct end_findings *findings)
{
	struct instance *instance;
	struct change *change;

	assert(end->cause < CAUSE_COUNT);
	HASH_FIND(by_attempt, step->sched->attempts, &end->attempt_id, sizeof end->attempt_id,
		  instance);
	if (instance == NULL) {
		note_late(step, actor, end);
		return 0;
	}
	change = emit_instance_change(step, CHANGE_ATTEMPT_END, instance, actor, NULL);
	change->attempt_end = *end;
	emit_effect(step, EFFECT_FORGET, instance);
	judge(step, instance, end, findings);
	return instance->run->run_no;
}
