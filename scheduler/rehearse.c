/* rehearse.c - copies for one step; see rehearse.h. They are made as a start makes a scheduler from
 * rows, so that nothing has to be kept equal by hand. */
#include "scheduler/rehearse.h"

#include "scheduler/core.h"
#include "scheduler/run.h"

#include <string.h>

static struct sched *copy_config(const struct sched *sched)
{
	struct sched *copy = sched_create(&sched->config);

	copy->next_run_no = sched->next_run_no;
	copy->next_attempt_id = sched->next_attempt_id;
	return copy;
}

static void copy_run(struct sched *copy, const struct run *run)
{
	const char *source = run->identity + strlen(run->identity) + 1;
	struct sched_run_row row = {.run_no = run->run_no,
				    .run_id = run->run_id,
				    .key = source + strlen(source) + 1,
				    .source = source,
				    .state = run->state,
				    .dag = run->dag,
				    .outcome = run->outcome,
				    .deadline_boot_ms = run->deadline_boot_ms,
				    .params = run->params,
				    .start_at_ms = run->start_at_ms,
				    .is_forced = run->is_forced,
				    .period = run->period};

	sched_restore_run(copy, &row);
}

static void copy_task(struct sched *copy, const struct run *run, uint32_t task)
{
	const struct instance *instance = &run->instances[task];
	struct sched_task_row row = {.run_no = run->run_no,
				     .task = task,
				     .state = instance->state,
				     .attempts = instance->attempts,
				     .attempt_id = instance->attempt_id,
				     .released_at_ms = instance->released_at_ms,
				     .due_boot_ms = instance->due_boot_ms,
				     .queued_order = (int64_t)task + 1,
				     .aim = instance->aim,
				     .attempts_before = instance->attempts_before,
				     .outputs = instance->outputs};

	sched_restore_task(copy, &row);
}

struct sched *rehearse_run(const struct sched *sched, int64_t run_no, struct moment now)
{
	const struct run *run = run_no == 0 ? NULL : run_find(sched, run_no);
	struct sched *copy = copy_config(sched);
	struct sched_output output;

	sched_restore_pause(copy, NULL, "rehearsal", NULL, now.wall_ms);
	if (run == NULL)
		return copy;
	copy_run(copy, run);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		copy_task(copy, run, i);
	sched_output_init(&output);
	sched_restore_end(copy, now, &output);
	sched_output_close(&output);
	return copy;
}

struct dag *rehearse_dag(const struct sched *sched, int64_t run_no)
{
	return run_find(sched, run_no)->dag;
}

struct sched *rehearse_pauses(const struct sched *sched)
{
	struct sched *copy = copy_config(sched);
	const struct pause *pause;
	const struct pause *next;

	HASH_ITER(by_dag, sched->pauses, pause, next)
	sched_restore_pause(copy, pause->dag_id[0] == '\0' ? NULL : pause->dag_id, pause->actor,
			    pause->reason, pause->at_ms);
	/* Whoever lets all go on ends these, too. */
	copy->clock = sched->clock;
	for (enum hold_kind kind = 0; kind < HOLD_KIND_COUNT; kind++)
		if (sched->hold_whys[kind] != NULL)
			sched_hold(copy, kind, sched->hold_whys[kind]);
	return copy;
}

void rehearse_trigger(struct sched *sched, const struct input *input, struct moment now,
		      struct sched_output *output, enum run_state *state)
{
	struct step step = {.sched = sched, .now = now, .output = output};
	struct sched_run_row row = {.dag = input->trigger.dag,
				    .start_at_ms = input->trigger.start_at_ms,
				    .is_forced = input->trigger.is_forced};
	const char *why;

	output->answer = ANSWER_DONE;
	output->message = NULL;
	(void)run_may_begin(&step, &row, state, &why);
}
