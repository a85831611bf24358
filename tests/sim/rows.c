/* rows.c - what is on disk, as a simulation sees it; see rows.h. */
#include "tests/sim/rows.h"

#include "tests/sim/fail.h"

#include <inttypes.h>
#include <string.h>

void rows_init(struct rows *rows)
{
	memset(rows, 0, sizeof *rows);
}

void rows_close(struct rows *rows)
{
	for (size_t i = 0; i < rows->runs.count; i++) {
		struct run_row *run = rows->runs.items[i];

		dag_unref(run->dag);
		mem_free(run->tasks);
		mem_free(run->key);
		mem_free(run->source);
		mem_free(run);
	}
	vec_close(&rows->runs);
	vec_close(&rows->attempts);
}

struct run_row *rows_run(const struct rows *rows, int64_t run_no)
{
	if (run_no < 1 || (size_t)run_no > rows->runs.count)
		return NULL;
	return rows->runs.items[run_no - 1];
}

struct attempt_row *rows_attempt(const struct rows *rows, int64_t attempt_id)
{
	if (attempt_id < 1 || (size_t)attempt_id > rows->attempts.count)
		return NULL;
	return &rows->attempts.items[attempt_id - 1];
}

struct run_row *rows_find_key(const struct rows *rows, const char *dag_id, const char *key)
{
	for (size_t i = 0; i < rows->runs.count; i++)
		if (strcmp(rows->runs.items[i]->dag->id, dag_id) == 0 &&
		    strcmp(rows->runs.items[i]->key, key) == 0)
			return rows->runs.items[i];
	return NULL;
}

size_t rows_active_count(const struct rows *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->runs.count; i++)
		count += !run_state_is_done(rows->runs.items[i]->state);
	return count;
}

static struct run_row *run_of(const struct rows *rows, const struct change *change)
{
	struct run_row *run = rows_run(rows, change->run_no);

	sim_check(run != NULL, "run %" PRId64 " has no row", change->run_no);
	return run;
}

static struct task_row *task_of(const struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);

	sim_check(change->task < run->dag->task_count, "task %u of run %" PRId64, change->task,
		  change->run_no);
	sim_check(!run_state_is_done(run->state), "run %" PRId64 " has ended", run->run_no);
	return &run->tasks[change->task];
}

static void apply_run_new(struct rows *rows, const struct change *change)
{
	const struct change_run_new *new = &change->run_new;
	struct run_row *run = mem_alloc(sizeof *run);

	sim_check((size_t)change->run_no == rows->runs.count + 1, "run number %" PRId64,
		  change->run_no);
	sim_check(rows_find_key(rows, new->dag->id, new->key) == NULL, "key '%s' twice", new->key);
	run->run_no = change->run_no;
	snprintf(run->run_id, sizeof run->run_id, "%s", new->run_id);
	run->key = mem_strdup(new->key);
	run->source = mem_strdup(new->source);
	run->state = new->state;
	run->dag = dag_ref(new->dag);
	run->tasks = mem_alloc((run->dag->task_count + 1) * sizeof *run->tasks);
	vec_push(&rows->runs, run);
}

static void apply_run_state(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);

	sim_check(run->state == change->run_state.from, "run %" PRId64 " is %s", run->run_no,
		  run_state_name(run->state));
	sim_check(!run_state_is_done(run->state), "run %" PRId64 " ends twice", run->run_no);
	run->state = change->run_state.to;
	if (run->state == RUN_CANCELLING || run->state == RUN_CANCELLED)
		run->was_cancelled = true;
}

/* Nothing starts before all of its upstreams are committed as success. */
static void check_upstreams(const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];

	for (uint32_t i = 0; i < spec->upstream_count; i++)
		sim_check(run->tasks[spec->upstream[i]].state == TASK_SUCCESS,
			  "run %" PRId64 ": '%s' runs while '%s' is %s", run->run_no, spec->id,
			  run->dag->tasks[spec->upstream[i]].id,
			  task_state_name(run->tasks[spec->upstream[i]].state));
}

static void apply_task_state(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);
	enum task_state to = change->task_state.to;
	struct task_row *task = &run->tasks[change->task];

	sim_check(!run_state_is_done(run->state), "run %" PRId64 " has ended", run->run_no);
	sim_check(task->state == change->task_state.from, "run %" PRId64 " task %u is %s, not %s",
		  run->run_no, change->task, task_state_name(task->state),
		  task_state_name(change->task_state.from));
	sim_check(task_state_may_become(task->state, to), "%s to %s", task_state_name(task->state),
		  task_state_name(to));
	if (to == TASK_QUEUED || to == TASK_RUNNING)
		check_upstreams(run, change->task);
	task->state = to;
	task->due_wall_ms = change->task_state.due.wall_ms;
	task->due_boot_ms = change->task_state.due.boot_ms;
	task->queued_order = to == TASK_QUEUED ? rows->change_count : 0;
}

static void apply_attempt_new(struct rows *rows, const struct change *change)
{
	struct task_row *task = task_of(rows, change);
	struct attempt_row row = {.run_no = change->run_no,
				  .task = change->task,
				  .number = change->attempt_new.number,
				  .released_at_ms = change->at_ms,
				  .boot = rows->boot};

	sim_check((size_t)change->attempt_new.attempt_id == rows->attempts.count + 1,
		  "attempt number %" PRId64, change->attempt_new.attempt_id);
	sim_check(task->state == TASK_RUNNING && row.number == task->attempts + 1,
		  "try %u of a task that is %s after %u", row.number, task_state_name(task->state),
		  task->attempts);
	sim_check(task->attempt_id == 0 || rows_attempt(rows, task->attempt_id)->ended,
		  "attempt %" PRId64 " is still under way", task->attempt_id);
	task->attempts = row.number;
	task->attempt_id = change->attempt_new.attempt_id;
	task->released_at_ms = change->at_ms;
	vec_push(&rows->attempts, row);
}

static void apply_attempt_end(struct rows *rows, const struct change *change)
{
	struct task_row *task = task_of(rows, change);
	struct attempt_row *attempt = rows_attempt(rows, change->attempt_end.attempt_id);

	sim_check(attempt != NULL && task->attempt_id == change->attempt_end.attempt_id,
		  "attempt %" PRId64 " is not the newest of its task",
		  change->attempt_end.attempt_id);
	sim_check(!attempt->ended, "attempt %" PRId64 " ends twice", task->attempt_id);
	attempt->ended = true;
	attempt->cause = change->attempt_end.cause;
}

static void apply_attempt_late(struct rows *rows, const struct change *change)
{
	struct attempt_row *attempt = rows_attempt(rows, change->attempt_end.attempt_id);

	sim_check(attempt == NULL || attempt->ended, "attempt %" PRId64 " is not late",
		  change->attempt_end.attempt_id);
	rows->late_count++;
}

static void (*const appliers[])(struct rows *rows, const struct change *change) = {
    [CHANGE_RUN_NEW] = apply_run_new,         [CHANGE_RUN_STATE] = apply_run_state,
    [CHANGE_TASK_STATE] = apply_task_state,   [CHANGE_ATTEMPT_NEW] = apply_attempt_new,
    [CHANGE_ATTEMPT_END] = apply_attempt_end, [CHANGE_ATTEMPT_LATE] = apply_attempt_late,
};

void rows_apply(struct rows *rows, const struct change_list *changes)
{
	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		rows->change_count++;
		appliers[change->kind](rows, change);
	}
}

int64_t rows_due_boot_ms(int64_t due_wall_ms, int64_t due_boot_ms, struct moment now)
{
	if (due_boot_ms != 0 || due_wall_ms == 0)
		return due_boot_ms;
	return now.boot_ms + (due_wall_ms > now.wall_ms ? due_wall_ms - now.wall_ms : 0);
}

static void restore_tasks(const struct run_row *run, struct sched *sched, struct moment now)
{
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		const struct task_row *task = &run->tasks[i];
		struct sched_task_row row = {
		    .run_no = run->run_no,
		    .task = i,
		    .state = task->state,
		    .attempts = task->attempts,
		    .attempt_id = task->attempt_id,
		    .released_at_ms = task->released_at_ms,
		    .due_boot_ms = rows_due_boot_ms(task->due_wall_ms, task->due_boot_ms, now),
		    .queued_order = task->queued_order};

		sched_restore_task(sched, &row);
	}
}

struct sched *rows_restore(const struct rows *rows, uint32_t slots, int64_t grace_ms,
			   struct moment now)
{
	struct sched_config config = {.default_pool_slots = slots,
				      .grace_ms = grace_ms,
				      .next_run_no = (int64_t)rows->runs.count + 1,
				      .next_attempt_id = (int64_t)rows->attempts.count + 1};
	struct sched *sched = sched_create(&config);

	for (size_t i = 0; i < rows->runs.count; i++) {
		const struct run_row *run = rows->runs.items[i];
		struct sched_run_row row = {.run_no = run->run_no,
					    .run_id = run->run_id,
					    .key = run->key,
					    .source = run->source,
					    .state = run->state,
					    .dag = run->dag};

		if (run_state_is_done(run->state))
			continue;
		sched_restore_run(sched, &row);
		restore_tasks(run, sched, now);
	}
	return sched;
}

/* Calls for every task instance of a run that has not ended. */
static void each_active_task(const struct rows *rows,
			     void (*each)(struct task_row *task, void *context), void *context)
{
	for (size_t i = 0; i < rows->runs.count; i++) {
		const struct run_row *run = rows->runs.items[i];

		if (run_state_is_done(run->state))
			continue;
		for (uint32_t t = 0; t < run->dag->task_count; t++)
			each(&run->tasks[t], context);
	}
}

static void forget_boot_clock(struct task_row *task, void *context)
{
	(void)context;
	task->due_boot_ms = 0;
}

void rows_reboot(struct rows *rows)
{
	each_active_task(rows, forget_boot_clock, NULL);
	rows->boot++;
}

static void count_inexact(struct task_row *task, void *context)
{
	if (task->due_wall_ms != 0 && task->due_boot_ms == 0)
		++*(size_t *)context;
}

bool rows_dues_are_exact(const struct rows *rows)
{
	size_t inexact = 0;

	each_active_task(rows, count_inexact, &inexact);
	return inexact == 0;
}
