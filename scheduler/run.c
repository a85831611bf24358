/* run.c - runs under way; see run.h. */
#include "scheduler/run.h"

#include "scheduler/condition.h"
#include "scheduler/emit.h"
#include "scheduler/instance.h"
#include "scheduler/judge.h"
#include "scheduler/pause.h"
#include "scheduler/rerun.h"

#include <assert.h>
#include <string.h>

/* dag id, source and key as one string of bytes. None of them holds a NUL, so that two different
 * identities never read alike. The caller frees it. */
static char *identity_create(const char *dag_id, const char *source, const char *key,
			     size_t *size_bytes)
{
	struct str text = STR_INIT;

	str_append_bytes(&text, dag_id, strlen(dag_id) + 1);
	str_append_bytes(&text, source, strlen(source) + 1);
	str_append(&text, key);
	*size_bytes = text.size;
	return str_take(&text);
}

void run_make_instances(struct run *run)
{
	const struct dag *dag = run->dag;

	run->instances = mem_alloc((dag->task_count + 1) * sizeof *run->instances);
	run->unfinished = dag->task_count - dag->hook_count;
	run->unfinished_hooks = dag->hook_count;
	for (uint32_t i = 0; i < dag->task_count; i++) {
		run->instances[i].run = run;
		run->instances[i].upstream.total = dag->tasks[i].upstream_count;
	}
}

static void set_deadline(struct sched *sched, struct run *run, int64_t at_boot_ms)
{
	run->deadline_boot_ms = at_boot_ms;
	if (at_boot_ms == 0)
		return;
	run->deadline.key = at_boot_ms;
	run->deadline.order = (uint64_t)run->run_no;
	heap_push(&sched->deadlines, &run->deadline);
}

static void index_run(struct sched *sched, struct run *run)
{
	assert(run_find(sched, run->run_no) == NULL && run_find_id(sched, run->run_id) == NULL);
	HASH_ADD(by_no, sched->runs_by_no, run_no, sizeof run->run_no, run);
	HASH_ADD(by_id, sched->runs_by_id, run_id, strlen(run->run_id), run);
	HASH_ADD_KEYPTR(by_identity, sched->runs_by_identity, run->identity, run->identity_bytes,
			run);
}

static void queue_up(struct sched *sched, struct run *run)
{
	queue_add_run(&sched->queue, run, pause_find(sched, run->dag->id) != NULL);
}

/* What is not told of a period: the run stands for an instant, under its key. */
static void set_period(struct run *run, const struct sched_run_row *row)
{
	run->period = row->period;
	run->period.id = mem_strdup(row->period.id != NULL ? row->period.id : row->key);
}

/* Rows of an older release say nothing of an outcome. */
static enum run_state outcome_of(const struct sched_run_row *row)
{
	if (row->state == RUN_CANCELLING && !run_state_is_done(row->outcome))
		return RUN_CANCELLED;
	return row->outcome;
}

struct run *run_create(struct sched *sched, const struct sched_run_row *row)
{
	struct run *run = mem_alloc(sizeof *run);

	assert(strlen(row->run_id) < sizeof run->run_id);
	run->run_no = row->run_no;
	memcpy(run->run_id, row->run_id, strlen(row->run_id) + 1);
	run->state = row->state;
	run->outcome = outcome_of(row);
	run->dag = dag_ref(row->dag);
	run->identity = identity_create(row->dag->id, row->source, row->key, &run->identity_bytes);
	run->params = mem_strdup(row->params);
	run->start_at_ms = row->start_at_ms;
	run->is_forced = row->is_forced;
	set_period(run, row);
	run_make_instances(run);
	index_run(sched, run);
	if (run_state_is_done(row->state))
		return run;
	sched->counts.runs[run->state]++;
	queue_up(sched, run);
	if (row->state == RUN_RUNNING)
		set_deadline(sched, run, row->deadline_boot_ms);
	if (row->state == RUN_WAITING) {
		run->start.key = run->start_at_ms;
		run->start.order = (uint64_t)run->run_no;
		heap_push(&sched->starts, &run->start);
	}
	return run;
}

static void close_instances(struct sched *sched, struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		instance_pull_out(sched, &run->instances[i]);
		mem_free(run->instances[i].outputs);
	}
	mem_free(run->instances);
}

void run_destroy(struct sched *sched, struct run *run)
{
	sched->counts.runs[run->state] -= !run_state_is_done(run->state);
	close_instances(sched, run);
	heap_remove(&sched->deadlines, &run->deadline);
	heap_remove(&sched->starts, &run->start);
	if (run->limit != NULL)
		queue_remove_run(&sched->queue, run);
	HASH_DELETE(by_no, sched->runs_by_no, run);
	HASH_DELETE(by_id, sched->runs_by_id, run);
	HASH_DELETE(by_identity, sched->runs_by_identity, run);
	dag_unref(run->dag);
	condition_forget(run);
	mem_free((char *)(uintptr_t)run->period.id);
	mem_free(run->params);
	mem_free(run->identity);
	mem_free(run);
}

void run_set_params(struct run *run, const char *params)
{
	condition_forget(run);
	mem_free(run->params);
	run->params = mem_strdup(params);
}

/* --- beginning ----------------------------------------------------------------------------------
 */

static struct moment deadline_of(const struct step *step, const struct run *run)
{
	if (run->deadline_boot_ms == 0)
		return (struct moment){0};
	return (struct moment){.wall_ms = step->now.wall_ms + run->dag->timeout_ms,
			       .boot_ms = run->deadline_boot_ms};
}

static void emit_new(struct step *step, const struct run *run, const struct input *input,
		     const char *why)
{
	struct arena *arena = &step->output->changes.arena;
	struct change *change = emit_change(step, CHANGE_RUN_NEW, run, input->actor, why);

	change->run_new.run_id = arena_strdup(arena, run->run_id);
	change->run_new.dag = dag_ref(run->dag);
	change->run_new.key = arena_strdup(arena, input->trigger.key);
	change->run_new.source = arena_strdup(arena, input->trigger.source);
	change->run_new.state = run->state;
	change->run_new.params = arena_strdup(arena, run->params);
	change->run_new.period = run->period;
	change->run_new.period.id = arena_strdup(arena, run->period.id);
	change->run_new.deadline = deadline_of(step, run);
	change->run_new.start_at_ms = run->start_at_ms;
	change->run_new.is_forced = run->is_forced;
}

/* Why a run of the dag would have to wait; NULL = it would not. */
static const char *why_queued(struct step *step, const struct dag *dag, bool is_forced)
{
	const struct sched *sched = step->sched;
	const struct dag_limit *limit = queue_find_limit(&sched->queue, dag->id);

	if (is_forced)
		return sched->queue.is_paused ? "everything is paused" : NULL;
	if (sched_is_paused(sched, dag->id))
		return "the dag is paused";
	if (queue_may_start_run(&sched->queue, dag))
		return NULL;
	return emit_text(step, "max_active_runs %u: %u under way, %zu waiting before it",
			 limit == NULL ? dag->max_active_runs : limit->max_active_runs,
			 limit == NULL ? 0 : limit->active_runs,
			 limit == NULL ? (size_t)0 : limit->queued_runs.count);
}

static bool queue_is_full(struct step *step, const struct dag *dag)
{
	const struct dag_limit *limit = queue_find_limit(&step->sched->queue, dag->id);
	size_t count = limit == NULL ? 0 : limit->queued_runs.count + limit->waiting_runs;

	if (count < dag->queue_max)
		return false;
	emit_answer(step, ANSWER_REFUSED,
		    "dag '%s' has %zu run%s waiting already (queue_max %u): try again when some of "
		    "them have started, or cancel them",
		    dag->id, count, count == 1 ? "" : "s", dag->queue_max);
	return true;
}

/* The limits follow the version that was triggered: it is in force. */
static void follow_version(struct sched *sched, struct dag *dag)
{
	const struct dag_limit *limit = queue_find_limit(&sched->queue, dag->id);

	if (limit != NULL && limit->in_force != NULL && limit->in_force != dag)
		queue_put_dag(&sched->queue, dag);
}

static void begin_to_run(struct step *step, struct run *run)
{
	judge_run(step, run);
	run_check_over(step->sched, run);
}

/* What a new run is at first, and why it is not running. */
static enum run_state first_state(struct step *step, const struct sched_run_row *row,
				  const char **why)
{
	char at[CLOCK_TEXT_SIZE];

	if (row->start_at_ms == 0) {
		*why = why_queued(step, row->dag, row->is_forced);
		return *why == NULL ? RUN_RUNNING : RUN_QUEUED;
	}
	clock_format_utc(row->start_at_ms, at);
	*why = emit_text(step, "starts at %.19sZ", at);
	return RUN_WAITING;
}

bool run_may_begin(struct step *step, const struct sched_run_row *row, enum run_state *state,
		   const char **why)
{
	*state = first_state(step, row, why);
	if (*why == NULL && row->is_forced)
		*why = "forced: past the limits and the pause of its dag";
	return *state == RUN_RUNNING || row->is_forced || !queue_is_full(step, row->dag);
}

/* Those that are asked for, when not all are; false = there is no such task, which is answered. */
static bool choose(struct step *step, const struct input *input, bool **chosen)
{
	const struct input wish = {.kind = INPUT_RERUN,
				   .rerun = {.mode = input->trigger.mode,
					     .tasks = input->trigger.tasks,
					     .task_count = input->trigger.task_count}};

	*chosen = NULL;
	if (wish.rerun.task_count == 0)
		return true;
	*chosen = rerun_choose(step, input->trigger.dag, &wish);
	return *chosen != NULL;
}

static void leave_out(struct step *step, struct run *run, const struct input *input,
		      const bool *chosen)
{
	struct move move = {.to = TASK_SUCCESS, .actor = input->actor};

	move.why = emit_text(
	    step, "left out: %s '%s'%s",
	    input->trigger.mode == RERUN_FROM ? "the run begins at" : "the run is only of",
	    input->trigger.tasks[0], input->trigger.task_count > 1 ? " and others" : "");
	for (uint32_t i = 0; i < run->dag->task_count - run->dag->hook_count; i++)
		if (!chosen[i])
			instance_move(step, &run->instances[i], &move);
}

/* *chosen is only read when not all tasks are asked for. */
static struct run *begin(struct step *step, const struct input *input, const bool *chosen)
{
	struct sched *sched = step->sched;
	struct dag *dag = input->trigger.dag;
	const char *why;
	struct sched_run_row row = {.run_id = input->trigger.run_id,
				    .key = input->trigger.key,
				    .source = input->trigger.source,
				    .params = input->trigger.params,
				    .period = input->trigger.period,
				    .start_at_ms = input->trigger.start_at_ms,
				    .is_forced = input->trigger.is_forced,
				    .dag = dag};
	struct run *run;

	follow_version(sched, dag);
	if (!run_may_begin(step, &row, &row.state, &why))
		return NULL;
	row.run_no = sched->next_run_no++;
	if (row.period.id == NULL)
		row.period.start_ms = row.period.end_ms =
		    row.start_at_ms > 0 ? row.start_at_ms : step->now.wall_ms;
	if (row.state == RUN_RUNNING && dag->timeout_ms > 0)
		row.deadline_boot_ms = step->now.boot_ms + dag->timeout_ms;
	run = run_create(sched, &row);
	emit_new(step, run, input, why);
	if (chosen != NULL)
		leave_out(step, run, input, chosen);
	if (row.state == RUN_RUNNING)
		begin_to_run(step, run);
	return run;
}

struct run *run_begin(struct step *step, const struct input *input)
{
	struct run *run = NULL;
	bool *chosen;

	if (choose(step, input, &chosen))
		run = begin(step, input, chosen);
	mem_free(chosen);
	return run;
}

void run_move(struct step *step, struct run *run, enum run_state to, const char *actor,
	      const char *why)
{
	struct change *change = emit_change(step, CHANGE_RUN_STATE, run, actor, why);

	assert(run_state_may_become(run->state, to));
	change->run_state.from = run->state;
	change->run_state.to = to;
	step->sched->counts.runs[run->state] -= !run_state_is_done(run->state);
	step->sched->counts.runs[to] += !run_state_is_done(to);
	run->state = to;
	heap_remove(&step->sched->starts, &run->start);
	heap_remove(&step->sched->deadlines, &run->deadline);
	set_deadline(step->sched, run,
		     to == RUN_RUNNING && run->dag->timeout_ms > 0
			 ? step->now.boot_ms + run->dag->timeout_ms
			 : 0);
	if (run->limit != NULL)
		queue_move_run(&step->sched->queue, run);
	change->run_state.outcome = to == RUN_ENDING || to == RUN_CANCELLING ? run->outcome : to;
	change->run_state.deadline = deadline_of(step, run);
}

void run_start(struct step *step, struct run *run)
{
	run_move(step, run, RUN_RUNNING, NULL, NULL);
	begin_to_run(step, run);
}

void run_go_back(struct step *step, struct run *run, const char *actor, const char *why)
{
	run_move(step, run, RUN_RUNNING, actor, why);
	begin_to_run(step, run);
}

void run_come_due(struct step *step, struct run *run)
{
	const char *why = why_queued(step, run->dag, run->is_forced);

	run_move(step, run, why == NULL ? RUN_RUNNING : RUN_QUEUED, NULL, why);
	if (why == NULL)
		begin_to_run(step, run);
}

/* All outputs came back with the run; from here on only those that conditions read are kept. */
static void drop_unread_outputs(struct run *run)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (!run->dag->tasks[i].is_judged_by)
			instance_keep_outputs(&run->instances[i], NULL);
}

void run_revive(struct step *step, struct run *run, const char *actor, const char *why)
{
	struct sched *sched = step->sched;
	bool waits = why_queued(step, run->dag, run->is_forced) != NULL;

	drop_unread_outputs(run);
	run_move(step, run, waits ? RUN_QUEUED : RUN_RUNNING, actor, why);
	queue_up(sched, run);
	sched->guest = NULL;
	if (!waits)
		begin_to_run(step, run);
}

/* A task of an end that was called off may still be on its way out, while the run goes on. */
bool run_is_over(const struct run *run)
{
	if (run->state == RUN_ENDING)
		return run->unfinished_hooks == 0;
	return run->unfinished == 0 && run->holding == 0;
}

void run_check_over(struct sched *sched, struct run *run)
{
	if (!run_is_over(run) || run->is_listed || run->limit == NULL)
		return;
	run->is_listed = true;
	vec_push(&sched->over, run);
}

struct run *run_find(const struct sched *sched, int64_t run_no)
{
	struct run *run;

	HASH_FIND(by_no, sched->runs_by_no, &run_no, sizeof run_no, run);
	return run;
}

struct run *run_find_id(const struct sched *sched, const char *run_id)
{
	struct run *run;

	HASH_FIND(by_id, sched->runs_by_id, run_id, strlen(run_id), run);
	return run;
}

struct run *run_find_key(const struct sched *sched, const char *dag_id, const char *source,
			 const char *key)
{
	struct run *run;
	size_t size_bytes;
	char *identity = identity_create(dag_id, source, key, &size_bytes);

	HASH_FIND(by_identity, sched->runs_by_identity, identity, size_bytes, run);
	mem_free(identity);
	return run;
}
