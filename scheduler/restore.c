/* restore.c - starting again from what was committed; see sched.h.
 *
 * Rows say what was decided. Everything else (counts, lines, slots, timers) follows from them, and
 * is built here to be equal to what the scheduler held that wrote the rows. */
#include "scheduler/core.h"
#include "scheduler/due.h"
#include "scheduler/emit.h"
#include "scheduler/hold.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/pause.h"
#include "scheduler/run.h"
#include "scheduler/settle.h"
#include "scheduler/tell.h"

#include <assert.h>

void sched_restore_pause(struct sched *sched, const char *dag_id, const char *actor,
			 const char *reason, int64_t at_ms)
{
	pause_restore(sched, dag_id, actor, reason, at_ms);
}

void sched_restore_run(struct sched *sched, const struct sched_run_row *row)
{
	struct run *run = run_create(sched, row);

	if (row->run_no >= sched->next_run_no)
		sched->next_run_no = row->run_no + 1;
	if (!run_state_is_done(row->state))
		return;
	assert(sched->guest == NULL);
	sched->guest = run;
}

/* is_guest: its run has ended and may go on with another version, whose conditions may read what
 * those of this one do not. */
static void take_row(struct instance *instance, const struct sched_task_row *row, bool is_guest)
{
	instance->state = row->state;
	instance->aim = row->state == TASK_CANCELLING ? row->aim : AIM_CANCELLED;
	instance->attempts = row->attempts;
	instance->attempts_before = row->attempts_before;
	instance->attempt_id = row->attempt_id;
	instance->released_at_ms = row->released_at_ms;
	instance->due_boot_ms = row->due_boot_ms;
	if (is_guest)
		instance->outputs = mem_strdup(row->outputs);
	else
		instance_keep_outputs(instance, row->outputs);
}

void sched_restore_task(struct sched *sched, const struct sched_task_row *row)
{
	struct run *run = run_find(sched, row->run_no);
	struct instance *instance;

	assert(run != NULL && row->task < run->dag->task_count);
	instance = &run->instances[row->task];
	assert(instance->state == TASK_NONE);
	take_row(instance, row, sched->guest == run);
	instance_settle_in(sched, instance, row->queued_order);
	if (task_state_is_done(row->state) && instance_is_hook(instance))
		run->unfinished_hooks--;
	else if (task_state_is_done(row->state))
		run->unfinished--;
	if (row->attempt_id >= sched->next_attempt_id)
		sched->next_attempt_id = row->attempt_id + 1;
	if (row->task + 1 == run->dag->task_count)
		tell_counts(run);
}

/* What was committed leaves nothing undecided, unless another release of Heddle wrote it. */
static void resume(struct step *step, struct run *run)
{
	if (run_state_has_begun(run->state))
		run_check_over(step->sched, run);
	judge_run(step, run);
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		due_restore(step, &run->instances[i]);
		if (run->instances[i].state == TASK_CANCELLING)
			emit_effect(step, EFFECT_CANCEL, &run->instances[i]);
	}
}

void sched_restore_end(struct sched *sched, struct moment now, struct sched_output *output)
{
	struct step step = {.sched = sched, .now = now, .output = output};
	struct run *run;
	struct run *next;

	hold_begin(&step);
	HASH_ITER(by_no, sched->runs_by_no, run, next)
	resume(&step, run);
	settle(&step);
}
