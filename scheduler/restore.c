/* restore.c - starting again from what was committed; see sched.h.
 *
 * Rows say what was decided. Everything else (counts, lines, slots, timers) follows from them, and
 * is built here to be equal to what the scheduler held that wrote the rows. */
#include "scheduler/core.h"
#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/run.h"
#include "scheduler/settle.h"

#include <assert.h>

void sched_restore_run(struct sched *sched, const struct sched_run_row *row)
{
	assert(!run_state_is_done(row->state));
	run_create(sched, row);
	if (row->run_no >= sched->next_run_no)
		sched->next_run_no = row->run_no + 1;
}

void sched_restore_task(struct sched *sched, const struct sched_task_row *row)
{
	struct run *run = run_find(sched, row->run_no);
	struct instance *instance;

	assert(run != NULL && row->task < run->dag->task_count);
	instance = &run->instances[row->task];
	assert(instance->state == TASK_NONE);
	instance->state = row->state;
	instance->attempts = row->attempts;
	instance->attempt_id = row->attempt_id;
	instance->released_at_ms = row->released_at_ms;
	instance->due_boot_ms = row->due_boot_ms;
	instance_settle_in(sched, instance, row->queued_order);
	if (task_state_is_done(row->state))
		run->unfinished--;
	if (row->attempt_id >= sched->next_attempt_id)
		sched->next_attempt_id = row->attempt_id + 1;
}

static void count_upstreams(struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		const struct task *task = &run->dag->tasks[i];

		if (!task_state_is_done(run->instances[i].state))
			continue;
		for (uint32_t d = 0; d < task->downstream_count; d++)
			run->instances[task->downstream[d]].unfinished_upstream--;
	}
}

/* What was committed leaves nothing undecided, unless another release of Heddle wrote it. */
static void judge_all(struct step *step, struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (run->instances[i].state == TASK_NONE)
			instance_judge(step, &run->instances[i]);
}

static void resume(struct step *step, struct run *run)
{
	count_upstreams(run);
	if (run->unfinished == 0)
		vec_push(&step->sched->over, run);
	judge_all(step, run);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (run->instances[i].state == TASK_CANCELLING)
			emit_effect(step, EFFECT_CANCEL, &run->instances[i]);
}

void sched_restore_end(struct sched *sched, struct moment now, struct sched_output *output)
{
	struct step step = {.sched = sched, .now = now, .output = output};
	struct run *run;
	struct run *next;

	HASH_ITER(by_no, sched->runs_by_no, run, next)
	resume(&step, run);
	settle(&step);
}
