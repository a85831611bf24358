/* rows.c - what is on disk, as a simulation sees it; see rows.h. */
#include "tests/sim/rows.h"

#include "base/str.h"
#include "model/trigger_rule.h"
#include "tests/sim/fail.h"

#include <inttypes.h>
#include <string.h>

void rows_init(struct rows *rows)
{
	memset(rows, 0, sizeof *rows);
}

static void free_pause(struct pause_row *pause)
{
	mem_free(pause->dag_id);
	mem_free(pause->actor);
	mem_free(pause->reason);
}

void rows_close(struct rows *rows)
{
	for (size_t i = 0; i < rows->runs.count; i++) {
		struct run_row *run = rows->runs.items[i];

		for (uint32_t t = 0; t < run->dag->task_count; t++)
			mem_free(run->tasks[t].outputs);
		dag_unref(run->dag);
		mem_free(run->tasks);
		mem_free(run->params);
		mem_free((char *)(uintptr_t)run->period.id);
		mem_free(run->key);
		mem_free(run->source);
		mem_free(run);
	}
	for (size_t i = 0; i < rows->pauses.count; i++)
		free_pause(&rows->pauses.items[i]);
	vec_close(&rows->runs);
	vec_close(&rows->attempts);
	vec_close(&rows->pauses);
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
	sim_check(!run->is_pruned, "run %" PRId64 " was pruned, and something happens to it",
		  change->run_no);
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

static void set_text(char **text, const char *value)
{
	mem_free(*text);
	*text = mem_strdup(value);
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
	sim_check((new->state == RUN_WAITING) == (new->start_at_ms != 0), "run %s begins %s",
		  new->run_id, run_state_name(new->state));
	sim_check(new->state == RUN_RUNNING || !run_state_has_begun(new->state), "run %s begins %s",
		  new->run_id, run_state_name(new->state));
	run->state = new->state;
	run->outcome = new->state;
	run->deadline_wall_ms = new->deadline.wall_ms;
	run->deadline_boot_ms = new->deadline.boot_ms;
	run->start_at_ms = new->start_at_ms;
	run->is_forced = new->is_forced;
	run->params = mem_strdup(new->params);
	run->period = new->period;
	run->period.id = mem_strdup(new->period.id);
	run->dag = dag_ref(new->dag);
	run->tasks = mem_alloc((run->dag->task_count + 1) * sizeof *run->tasks);
	vec_push(&rows->runs, run);
}

static bool is_same_dag(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Nothing starts while it is paused. */
static void check_pause(const struct rows *rows, const struct run_row *run)
{
	for (size_t i = 0; i < rows->pauses.count; i++)
		sim_check(rows->pauses.items[i].dag_id != NULL &&
			      (run->is_forced ||
			       !is_same_dag(rows->pauses.items[i].dag_id, run->dag->id)),
			  "run %" PRId64 " starts something while it is paused", run->run_no);
}

/* Every task of the run itself is done, or that of its end. */
static void check_done(const struct run_row *run, bool with_hooks)
{
	uint32_t count = run->dag->task_count - (with_hooks ? 0 : run->dag->hook_count);

	for (uint32_t i = 0; i < count; i++)
		sim_check(task_state_is_done(run->tasks[i].state),
			  "run %" PRId64 " becomes %s while '%s' is %s", run->run_no,
			  run_state_name(run->state), run->dag->tasks[i].id,
			  task_state_name(run->tasks[i].state));
}

static void apply_run_state(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);
	const struct change_run_state *move = &change->run_state;
	bool was_decided = run->state == RUN_ENDING || run->state == RUN_CANCELLING;
	bool goes_back = run->state == RUN_ENDING && move->to == RUN_RUNNING;

	sim_check(run->state == move->from, "run %" PRId64 " is %s", run->run_no,
		  run_state_name(run->state));
	sim_check(run_state_may_become(run->state, move->to), "%s to %s",
		  run_state_name(run->state), run_state_name(move->to));
	sim_check(!was_decided || goes_back || move->outcome == run->outcome,
		  "run %" PRId64 " was to come to %s, not %s", run->run_no,
		  run_state_name(run->outcome), run_state_name(move->outcome));
	run->revivals += run_state_is_done(run->state) && !run_state_is_done(move->to);
	if (run_state_is_done(run->state) || goes_back)
		run->was_cancelled = run->timed_out = false;
	if (change->why != NULL && str_starts_with(change->why, "timeout of "))
		run->timed_out = true;
	if (move->to == RUN_RUNNING && !goes_back)
		check_pause(rows, run);
	run->state = move->to;
	run->outcome = move->outcome;
	run->deadline_wall_ms = move->deadline.wall_ms;
	run->deadline_boot_ms = move->deadline.boot_ms;
	if (run->outcome == RUN_CANCELLED && !str_starts_with(change->actor, "scheduler"))
		run->was_cancelled = true;
	if (run->state == RUN_ENDING)
		check_done(run, false);
	if (run_state_is_done(run->state))
		check_done(run, true);
	if (!run_state_is_done(run->state))
		run->ended_at_ms = 0;
	else if (run->ended_at_ms == 0)
		run->ended_at_ms = change->at_ms;
}

/* Whoever asked for it has seen that the run has ended, and that nobody goes on with it. */
static void apply_run_prune(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);

	sim_check(run_state_is_done(run->state), "run %" PRId64 " is %s, and pruned", run->run_no,
		  run_state_name(run->state));
	if (run->ended_at_ms != change->run_prune.ended_at_ms)
		return; /* it has ended anew meanwhile: it keeps what it has */
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		sim_check(task_state_is_done(run->tasks[i].state),
			  "task %u of pruned run %" PRId64 " is %s", i, run->run_no,
			  task_state_name(run->tasks[i].state));
	run->is_pruned = true;
}

/* --- an oracle of the trigger rules, told by what each rule says in Airflow's documentation ------
 */

struct tally {
	uint32_t total;
	uint32_t done;
	uint32_t success;
	uint32_t failed; /* also those that could not run */
	uint32_t not_run;
	uint32_t skipped;
	uint32_t removed;
};

static struct tally tally_of(const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];
	struct tally tally = {.total = spec->upstream_count};

	for (uint32_t i = 0; i < spec->upstream_count; i++) {
		enum task_state state = run->tasks[spec->upstream[i]].state;
		bool forgiven =
		    state == TASK_FAILED && run->dag->tasks[spec->upstream[i]].allow_failure;

		tally.done += task_state_is_done(state);
		tally.success += state == TASK_SUCCESS || forgiven;
		tally.failed += (state == TASK_FAILED && !forgiven) || state == TASK_CANCELLED ||
				state == TASK_UPSTREAM_FAILED;
		tally.not_run += state == TASK_UPSTREAM_FAILED;
		tally.skipped += state == TASK_SKIPPED;
		tally.removed += state == TASK_REMOVED;
	}
	return tally;
}

static bool rule_is_met(enum trigger_rule rule, const struct tally *tally)
{
	bool all_done = tally->done == tally->total;

	if (tally->total == 0)
		return true;
	switch (rule) {
	case RULE_ALL_SUCCESS:
		return tally->success + tally->removed == tally->total;
	case RULE_ALL_FAILED:
		return tally->failed + tally->removed == tally->total;
	case RULE_ALL_DONE:
		return all_done;
	case RULE_ALL_DONE_MIN_ONE_SUCCESS:
		return all_done && tally->success > 0 && tally->skipped == 0;
	case RULE_ONE_SUCCESS:
		return tally->success > 0;
	case RULE_ONE_FAILED:
		return tally->failed > 0;
	case RULE_ONE_DONE:
		return tally->success + tally->failed - tally->not_run > 0;
	case RULE_NONE_FAILED:
		return all_done && tally->failed == 0;
	case RULE_NONE_FAILED_MIN_ONE_SUCCESS:
		return all_done && tally->failed == 0 && tally->success > 0;
	case RULE_NONE_SKIPPED:
		return all_done && tally->skipped == 0;
	case RULE_ALL_SKIPPED:
		return tally->skipped == tally->total;
	case RULE_ALWAYS:
		return true;
	case RULE_COUNT:
		break;
	}
	return false;
}

bool rows_rule_is_met(const struct run_row *run, uint32_t task)
{
	struct tally tally = tally_of(run, task);

	return rule_is_met(run->dag->tasks[task].trigger_rule, &tally);
}

bool rows_upstreams_are_done(const struct run_row *run, uint32_t task)
{
	struct tally tally = tally_of(run, task);

	return tally.done == tally.total;
}

/* Nothing is queued before its rule allows it, and outside of its part of the run. */
static void check_rule(const struct run_row *run, uint32_t task)
{
	const struct task *spec = &run->dag->tasks[task];

	sim_check(rows_rule_is_met(run, task), "run %" PRId64 ": '%s' runs against its rule %s",
		  run->run_no, spec->id, trigger_rule_name(spec->trigger_rule));
	sim_check(run->state == (spec->hook == HOOK_NONE ? RUN_RUNNING : RUN_ENDING),
		  "run %" PRId64 ": '%s' runs while the run is %s", run->run_no, spec->id,
		  run_state_name(run->state));
}

/* What was ended for something becomes that. */
static void check_aim(const struct task_row *task, enum task_state to)
{
	static const enum task_state wanted[AIM_COUNT] = {
	    [AIM_RERUN] = TASK_NONE,
	    [AIM_SUCCESS] = TASK_SUCCESS,
	    [AIM_FAILED] = TASK_FAILED,
	    [AIM_SKIPPED] = TASK_SKIPPED,
	};

	if (task->state != TASK_CANCELLING || to == TASK_CANCELLING)
		return;
	if (task->aim == AIM_CANCELLED)
		sim_check(task_state_is_done(to), "a cancelled task becomes %s",
			  task_state_name(to));
	else
		sim_check(to == wanted[task->aim], "a task that is cancelling for %s becomes %s",
			  cancel_aim_name(task->aim), task_state_name(to));
}

static void check_task_state(const struct run_row *run, const struct task_row *task,
			     const struct change *change)
{
	enum task_state to = change->task_state.to;
	bool by_hand = to == TASK_NONE || to == TASK_REMOVED || to == TASK_SUCCESS ||
		       to == TASK_FAILED || to == TASK_SKIPPED;

	sim_check(by_hand || !run_state_is_done(run->state), "run %" PRId64 " has ended",
		  run->run_no);
	sim_check(task->state == change->task_state.from, "run %" PRId64 " task %u is %s, not %s",
		  run->run_no, change->task, task_state_name(task->state),
		  task_state_name(change->task_state.from));
	sim_check(task_state_may_become(task->state, to), "%s to %s", task_state_name(task->state),
		  task_state_name(to));
	check_aim(task, to);
	/* From a retry it comes back to the queue whatever became of its upstreams meanwhile. */
	if (to == TASK_QUEUED && task->state == TASK_NONE)
		check_rule(run, change->task);
}

static void apply_task_state(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);
	enum task_state to = change->task_state.to;
	struct task_row *task = &run->tasks[change->task];

	check_task_state(run, task, change);
	if (run->state == RUN_ENDING && str_starts_with(change->actor, "user:bob"))
		run->end_was_cancelled = true;
	run->by_hand = run->by_hand || str_starts_with(change->actor, "user:carol");
	task->state = to;
	task->aim = change->task_state.aim;
	task->due_wall_ms = change->task_state.due.wall_ms;
	task->due_boot_ms = change->task_state.due.boot_ms;
	task->queued_order = to == TASK_QUEUED ? rows->change_count : 0;
	if (to != TASK_NONE)
		return;
	sim_check(change->task_state.attempts_before == task->attempts, "task %u forgets tries",
		  change->task);
	task->attempts_before = change->task_state.attempts_before;
	set_text(&task->outputs, NULL);
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
	sim_check(rows->clock.behind_until_ms == 0, "a start, and the clock is behind");
	sim_check(task->state == TASK_RUNNING && row.number == task->attempts + 1,
		  "try %u of a task that is %s after %u", row.number, task_state_name(task->state),
		  task->attempts);
	check_pause(rows, run_of(rows, change));
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

static void apply_outputs(struct rows *rows, const struct change *change)
{
	struct task_row *task = task_of(rows, change);

	sim_check(task->attempt_id == change->outputs.attempt_id, "outputs of attempt %" PRId64,
		  change->outputs.attempt_id);
	set_text(&task->outputs, change->outputs.json);
}

/* What was decided with the params of before stays, even if the rerun names only tasks that have
 * not begun and so resets none. */
static void apply_run_params(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);

	set_text(&run->params, change->run_params);
	run->by_hand = true;
}

/* Rows go with the ids of their tasks. */
static void apply_run_version(struct rows *rows, const struct change *change)
{
	struct run_row *run = run_of(rows, change);
	struct dag *dag = change->run_version.dag;
	struct task_row *tasks = mem_alloc((dag->task_count + 1) * sizeof *tasks);

	sim_check(run_state_is_done(run->state), "run %" PRId64 " is under way", run->run_no);
	for (uint32_t i = 0; i < dag->task_count; i++) {
		uint32_t old = change->run_version.old_positions[i];

		if (old == UINT32_MAX)
			continue;
		sim_check(strcmp(run->dag->tasks[old].id, dag->tasks[i].id) == 0,
			  "task '%s' becomes '%s'", run->dag->tasks[old].id, dag->tasks[i].id);
		tasks[i] = run->tasks[old];
		run->tasks[old].outputs = NULL;
		run->tasks[old].state = TASK_REMOVED;
	}
	for (uint32_t i = 0; i < run->dag->task_count; i++) {
		sim_check(run->tasks[i].state == TASK_REMOVED, "task '%s' is lost",
			  run->dag->tasks[i].id);
		mem_free(run->tasks[i].outputs);
	}
	mem_free(run->tasks);
	dag_unref(run->dag);
	run->dag = dag_ref(dag);
	run->tasks = tasks;
	run->has_moved = true;
	run->by_hand = true;
}

static void apply_dag_pause(struct rows *rows, const struct change *change)
{
	const char *dag_id = change->dag_pause.dag_id;
	struct pause_row row = {mem_strdup(dag_id), mem_strdup(change->actor),
				mem_strdup(change->why), change->at_ms};
	size_t i = 0;

	while (i < rows->pauses.count && !is_same_dag(rows->pauses.items[i].dag_id, dag_id))
		i++;
	sim_check((i == rows->pauses.count) == change->dag_pause.is_paused, "paused twice, or not");
	if (change->dag_pause.is_paused) {
		vec_push(&rows->pauses, row);
		return;
	}
	free_pause(&row);
	free_pause(&rows->pauses.items[i]);
	rows->pauses.items[i] = rows->pauses.items[--rows->pauses.count];
}

static void apply_clock(struct rows *rows, const struct change *change)
{
	const struct sched_clock *row = &change->clock.row;

	sim_check(row->is_known, "a clock that is not known");
	sim_check(strcmp(change->clock.hold, "clock_jump") == 0 ||
		      change->clock.is_on == (row->behind_until_ms != 0),
		  "the clock is behind, or not");
	rows->clock = *row;
}

/* What a backup put on is the caller's to keep. */
static void apply_hold(struct rows *rows, const struct change *change)
{
	(void)rows;
	sim_check(strcmp(change->hold.name, "restored") == 0, "hold '%s'", change->hold.name);
}

static void (*const appliers[CHANGE_KIND_COUNT])(struct rows *rows, const struct change *change) = {
    [CHANGE_RUN_NEW] = apply_run_new,
    [CHANGE_RUN_STATE] = apply_run_state,
    [CHANGE_TASK_STATE] = apply_task_state,
    [CHANGE_ATTEMPT_NEW] = apply_attempt_new,
    [CHANGE_ATTEMPT_END] = apply_attempt_end,
    [CHANGE_ATTEMPT_LATE] = apply_attempt_late,
    [CHANGE_HOLD] = apply_hold,
    [CHANGE_CLOCK] = apply_clock,
    [CHANGE_OUTPUTS] = apply_outputs,
    [CHANGE_RUN_PARAMS] = apply_run_params,
    [CHANGE_RUN_VERSION] = apply_run_version,
    [CHANGE_DAG_PAUSE] = apply_dag_pause,
    [CHANGE_RUN_PRUNE] = apply_run_prune,
};

void rows_apply(struct rows *rows, const struct change_list *changes)
{
	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		rows->change_count++;
		if (change->kind == CHANGE_ATTEMPT_LATE)
			rows->last_late_ms = change->at_ms;
		else
			rows->last_fact_ms = change->at_ms;
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
	bool is_done = run_state_is_done(run->state);

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
		    .queued_order = task->queued_order,
		    .aim = task->aim,
		    .attempts_before = task->attempts_before,
		    .outputs = is_done || run->dag->tasks[i].is_judged_by ? task->outputs : NULL};

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

	sched_restore_clock(sched, &rows->clock, rows->last_fact_ms);
	for (size_t i = 0; i < rows->pauses.count; i++) {
		const struct pause_row *pause = &rows->pauses.items[i];

		sched_restore_pause(sched, pause->dag_id, pause->actor, pause->reason,
				    pause->at_ms);
	}
	for (size_t i = 0; i < rows->runs.count; i++)
		if (!run_state_is_done(rows->runs.items[i]->state))
			rows_feed(rows, sched, (int64_t)i + 1, now);
	return sched;
}

void rows_feed(const struct rows *rows, struct sched *sched, int64_t run_no, struct moment now)
{
	const struct run_row *run = rows_run(rows, run_no);
	struct sched_run_row row = {
	    .run_no = run->run_no,
	    .run_id = run->run_id,
	    .key = run->key,
	    .source = run->source,
	    .state = run->state,
	    .dag = run->dag,
	    .outcome = run->outcome,
	    .deadline_boot_ms = rows_due_boot_ms(run->deadline_wall_ms, run->deadline_boot_ms, now),
	    .params = run->params,
	    .period = run->period,
	    .start_at_ms = run->start_at_ms,
	    .is_forced = run->is_forced};

	sched_restore_run(sched, &row);
	restore_tasks(run, sched, now);
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

void rows_begin(struct rows *rows, struct moment now)
{
	rows->clock.is_known = true;
	rows->clock.ahead_ms = now.wall_ms - now.boot_ms;
}

void rows_reboot(struct rows *rows, struct moment now)
{
	rows->clock.jump_by_ms = rows->clock.jump_until_boot_ms = 0;
	rows_begin(rows, now);
	each_active_task(rows, forget_boot_clock, NULL);
	for (size_t i = 0; i < rows->runs.count; i++)
		rows->runs.items[i]->deadline_boot_ms = 0;
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
	for (size_t i = 0; i < rows->runs.count; i++)
		inexact += rows->runs.items[i]->deadline_wall_ms != 0 &&
			   rows->runs.items[i]->deadline_boot_ms == 0;
	return inexact == 0;
}
