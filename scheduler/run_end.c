/* run_end.c - how a run ends; see run_end.h.
 *
 * The outcome is decided when the last task of the run itself is done, and written down before the
 * tasks of its end begin. Whatever those come to, it stays. */
#include "scheduler/run_end.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/run.h"

#include <assert.h>

/* Counts the tasks of the run itself that came to something and finds the first of them. */
static uint32_t count(const struct run *run, bool (*counts)(const struct instance *instance),
		      const char **first)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < run->dag->task_count - run->dag->hook_count; i++)
		if (counts(&run->instances[i]) && found++ == 0)
			*first = run->dag->tasks[i].id;
	return found;
}

static bool has_failed(const struct instance *instance)
{
	return instance->state == TASK_FAILED && !instance_task(instance)->allow_failure;
}

static bool could_not_run(const struct instance *instance)
{
	return instance->state == TASK_UPSTREAM_FAILED;
}

static bool was_cancelled(const struct instance *instance)
{
	return instance->state == TASK_CANCELLED;
}

static const struct {
	bool (*counts)(const struct instance *instance);
	enum run_state outcome;
	const char *what;
} verdicts[] = {
    {has_failed, RUN_FAILED, "failed"},
    {could_not_run, RUN_FAILED, "could not run"},
    {was_cancelled, RUN_CANCELLED, "was cancelled"},
};

enum run_state run_end_judge(struct step *step, const struct run *run, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
		const char *first = NULL;
		uint32_t found = count(run, verdicts[i].counts, &first);

		if (found == 0)
			continue;
		*why = emit_text(step, "task '%s' %s", first, verdicts[i].what);
		if (found > 1)
			*why = emit_text(step, "task '%s' and %u more %s", first, found - 1,
					 verdicts[i].what);
		return verdicts[i].outcome;
	}
	return RUN_SUCCESS;
}

static void skip_others(struct step *step, struct run *run)
{
	struct move move = {.to = TASK_SKIPPED};

	for (uint32_t i = run->dag->task_count - run->dag->hook_count; i < run->dag->task_count;
	     i++) {
		struct instance *hook = &run->instances[i];

		if (hook->state != TASK_NONE ||
		    judge_hook_fits(instance_task(hook)->hook, run->outcome))
			continue;
		move.why = emit_text(step, "the run came to %s", run_state_name(run->outcome));
		instance_move(step, hook, &move);
	}
}

void run_end_conclude(struct step *step, struct run *run, enum run_state outcome, const char *actor,
		      const char *why)
{
	run->outcome = outcome;
	if (run->dag->hook_count == 0 || !run_state_has_begun(run->state)) {
		run_move(step, run, outcome, actor, why);
		return;
	}
	run_move(step, run, RUN_ENDING, actor, why);
	skip_others(step, run);
	judge_run(step, run);
}

static void finish(struct step *step, struct run *run)
{
	emit_run_ended(step, run);
	run_destroy(step->sched, run);
}

static void conclude_by_tasks(struct step *step, struct run *run)
{
	const char *why;
	enum run_state outcome = run_end_judge(step, run, &why);

	run_end_conclude(step, run, outcome, NULL, why);
}

/* The next state of a run in which nothing is left to do. */
static void go_on(struct step *step, struct run *run)
{
	if (run->state == RUN_RUNNING)
		conclude_by_tasks(step, run);
	else if (run->state == RUN_CANCELLING)
		run_end_conclude(step, run, run->outcome, NULL, NULL);
	else if (run->state == RUN_ENDING)
		run_move(step, run, run->outcome, NULL, NULL);
	if (run_state_is_done(run->state))
		finish(step, run);
	else
		run_check_over(step->sched, run);
}

bool run_end_next(struct step *step)
{
	struct sched *sched = step->sched;
	struct run *run;

	assert(sched->ended.count == 0);
	if (sched->over_next == sched->over.count) {
		vec_clear(&sched->over);
		sched->over_next = 0;
		return false;
	}
	run = sched->over.items[sched->over_next++];
	run->is_listed = false;
	if (run_is_over(run))
		go_on(step, run);
	return true;
}
