/* apply.c - writes changes: each to the row that holds the present, and to the facts.
 *
 * Every statement also names the state it leaves. A row that is not in it was not written by the
 * scheduler that speaks now: a bug, which must not be covered up. */
#include "store/amend.h"
#include "store/chain.h"
#include "store/core.h"

#include <string.h>

static const char sql_fact[] =
    "INSERT INTO fact (fact_no, at_ms, kind, run_no, task, attempt_id, attempt, dag_id, from_state,"
    " to_state, actor, why, hash)"
    " VALUES (?1, ?2, ?3, ?4, nullif(?5, -1), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

static const char sql_run_new[] =
    "INSERT INTO run (run_no, run_id, dag_id, version_no, source, key, state, reason,"
    " created_at_ms, task_count, params, period_id, period_start_ms, period_end_ms,"
    " deadline_wall_ms, deadline_boot_ms, started_at_ms, newest_at_ms, start_at_ms, is_forced)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
    "  iif(?7 IN ('queued', 'waiting'), NULL, ?9), max(?9, coalesce("
    "   (SELECT newest_at_ms FROM run ORDER BY run_no DESC LIMIT 1), 0)), ?17, ?18)";
static const char sql_run_tasks[] =
    "INSERT INTO task_instance (run_no, task, state)"
    " SELECT ?1, task, 'none' FROM dag_version_task WHERE version_no = ?2";
/* A run on its way to its end keeps the reason for that; any other state has its own or none. What
 * is corrected when it has ended leaves its times as they are: it ran when it ran. */
static const char sql_run_state[] =
    "UPDATE run SET state = ?3, reason = iif(?2 IN ('cancelling', 'ending'), coalesce(?4, reason), "
    "?4),"
    " started_at_ms = CASE ?3 WHEN 'running' THEN ?9 WHEN 'queued' THEN NULL"
    "  ELSE started_at_ms END,"
    " ended_at_ms = iif(?5 IS NULL, NULL, coalesce(ended_at_ms, ?5)), outcome = ?6,"
    " deadline_wall_ms = iif(?3 = 'running', ?7, deadline_wall_ms),"
    " deadline_boot_ms = iif(?3 = 'running', ?8, deadline_boot_ms), packed_at_ms = NULL"
    " WHERE run_no = ?1 AND state = ?2";
/* Who marked a task that ran, and why, was written down when its attempt was asked to end. */
static const char sql_task_state[] =
    "UPDATE task_instance SET state = ?4,"
    " reason = iif(state = 'cancelling' AND aim IN ('success', 'failed', 'skipped')"
    "  AND ?4 = aim, coalesce(reason, ?5), ?5), due_wall_ms = ?6, due_boot_ms = ?7,"
    " queued_order = ?8, ended_at_ms = ?9, aim = ?10,"
    " attempts_before = coalesce(nullif(?11, -1), attempts_before)"
    " WHERE run_no = ?1 AND task = ?2 AND state = ?3";
static const char sql_output_gone[] = "DELETE FROM output WHERE run_no = ?1 AND task = ?2";

static const char sql_attempt_new[] =
    "INSERT INTO attempt (attempt_id, run_no, task, number, state, incarnation, boot_id,"
    " released_at_ms) VALUES (?1, ?2, ?3, ?4, 'running', ?5, ?6, ?7)";
static const char sql_attempt_end[] =
    "UPDATE attempt SET state = ?2, started_at_ms = ?3, ended_at_ms = ?4, duration_ms = ?5,"
    " exit_code = ?6, signal = ?7, max_rss_bytes = ?8, cpu_user_us = ?9, cpu_system_us = ?10,"
    " log_bytes = ?11, log_dropped_bytes = ?12, log_dropped_lines = ?13, reason = ?14"
    " WHERE attempt_id = ?1 AND ended_at_ms IS NULL RETURNING number";

static const char sql_attempt_find[] =
    "SELECT run_no, task, number, state = ?2 AND ended_at_ms = ?3 FROM attempt"
    " WHERE attempt_id = ?1";
static const char sql_late_find[] =
    "SELECT count(*) FROM fact WHERE kind = 'attempt.late' AND attempt_id = ?1 AND to_state = ?2";

struct fact store_fact_of(const struct change *change, const char *kind, const char *from,
			  const char *to)
{
	return (struct fact){.at_ms = change->at_ms,
			     .kind = kind,
			     .run_no = change->run_no,
			     .task = -1,
			     .from = from,
			     .to = to,
			     .actor = change->actor,
			     .why = change->why};
}

int store_put_fact(struct store *store, const struct fact *fact, struct err *err)
{
	struct fact whole = *fact;
	int64_t fact_no = store->next_fact++;

	if (whole.actor == NULL)
		whole.actor = "scheduler";
	chain_next(store->next_hash, fact_no, &whole);
	return db_run(&store->db, sql_fact, err, "iitninntttttx", fact_no, whole.at_ms, whole.kind,
		      whole.run_no, whole.task, whole.attempt_id, whole.attempt, whole.dag_id,
		      whole.from, whole.to, whole.actor, whole.why, (const void *)store->next_hash,
		      sizeof store->next_hash);
}

static int apply_run_new(struct store *store, const struct change *change, struct err *err)
{
	const struct change_run_new *made = &change->run_new;
	const char *state = run_state_name(made->state);
	struct fact fact = store_fact_of(change, "run.new", NULL, state);
	int64_t version_no = 0;
	int rc = store_version_of_run(store, made->dag, &version_no, err);

	if (rc == 0)
		rc = db_run(&store->db, sql_run_new, err, "ittittttiittiinnni", change->run_no,
			    made->run_id, made->dag->id, version_no, made->source, made->key, state,
			    change->why, change->at_ms, (int64_t)made->dag->task_count,
			    made->params, made->period.id, made->period.start_ms,
			    made->period.end_ms, made->deadline.wall_ms, made->deadline.boot_ms,
			    made->start_at_ms, (int64_t)made->is_forced);
	if (rc == 0)
		rc = db_run(&store->db, sql_run_tasks, err, "ii", change->run_no, version_no);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

/* The row that a statement was to change was not as the scheduler believes. */
static int check_changed(struct store *store, const char *what, const char *state, struct err *err)
{
	if (sqlite3_changes(store->db.handle) == 1)
		return 0;
	return err_set(err, ERR_BUG, "there is no %s in state '%s' to change", what, state);
}

static int apply_run_state(struct store *store, const struct change *change, struct err *err)
{
	const struct change_run_state *move = &change->run_state;
	const char *from = run_state_name(move->from);
	const char *to = run_state_name(move->to);
	bool has_outcome = move->to == RUN_ENDING || move->to == RUN_CANCELLING;
	const char *outcome = has_outcome ? run_state_name(move->outcome) : NULL;
	int64_t ended_at_ms = run_state_is_done(move->to) ? change->at_ms : 0;
	struct fact fact = store_fact_of(change, "run.state", from, to);
	int rc = db_run(&store->db, sql_run_state, err, "itttntnni", change->run_no, from, to,
			change->why, ended_at_ms, outcome, move->deadline.wall_ms,
			move->deadline.boot_ms, change->at_ms);

	if (rc == 0)
		rc = check_changed(store, "run", from, err);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

static int apply_task_state(struct store *store, const struct change *change, struct err *err)
{
	const struct change_task_state *move = &change->task_state;
	const char *from = task_state_name(move->from);
	const char *to = task_state_name(move->to);
	int64_t queued_order = move->to == TASK_QUEUED ? store->next_fact : 0;
	int64_t ended_at_ms = task_state_is_done(move->to) ? change->at_ms : 0;
	struct fact fact = store_fact_of(change, "task.state", from, to);
	bool is_reset = move->to == TASK_NONE;
	const char *aim = move->to == TASK_CANCELLING ? cancel_aim_name(move->aim) : NULL;
	int rc = db_run(&store->db, sql_task_state, err, "iitttnnnnti", change->run_no,
			(int64_t)change->task, from, to, change->why, move->due.wall_ms,
			move->due.boot_ms, queued_order, ended_at_ms, aim,
			is_reset ? (int64_t)move->attempts_before : -1);

	if (rc == 0)
		rc = check_changed(store, "task", from, err);
	if (rc == 0 && is_reset)
		rc = db_run(&store->db, sql_output_gone, err, "ii", change->run_no,
			    (int64_t)change->task);
	fact.task = change->task;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

static int apply_attempt_new(struct store *store, const struct change *change, struct err *err)
{
	const struct change_attempt_new *made = &change->attempt_new;
	struct fact fact = store_fact_of(change, "attempt.new", NULL, "running");
	int rc = db_run(&store->db, sql_attempt_new, err, "iiiitti", made->attempt_id,
			change->run_no, (int64_t)change->task, (int64_t)made->number,
			store->incarnation, store->boot_id, change->at_ms);

	fact.task = change->task;
	fact.attempt_id = made->attempt_id;
	fact.attempt = made->number;
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

static const char *text_or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static int apply_attempt_end(struct store *store, const struct change *change, struct err *err)
{
	const struct attempt_end *end = &change->attempt_end;
	const char *cause = attempt_cause_name(end->cause);
	struct fact fact = store_fact_of(change, "attempt.end", "running", cause);
	int rc = db_get(&store->db, sql_attempt_end, &fact.attempt, err, "itniiiiiiiiiit",
			end->attempt_id, cause, end->started_at_ms, end->ended_at_ms,
			end->duration_ms, (int64_t)end->exit_code, (int64_t)end->signal,
			end->max_rss_bytes, end->cpu_user_us, end->cpu_system_us,
			(int64_t)end->log_bytes, (int64_t)end->log_dropped_bytes,
			(int64_t)end->log_dropped_lines, text_or_null(end->reason));

	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_BUG, "there is no attempt %lld under way to end",
			       (long long)end->attempt_id);
	fact.task = change->task;
	fact.attempt_id = end->attempt_id;
	if (fact.why == NULL)
		fact.why = text_or_null(end->reason);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

/* Finds the attempt of a late record, if there is one. *same: it ended as the record says. */
static int find_late(struct store *store, const struct attempt_end *end, struct fact *fact,
		     bool *same, struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_attempt_find, &row, err, "iti", end->attempt_id, fact->to,
			  end->ended_at_ms);

	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1) {
		fact->run_no = sqlite3_column_int64(row, 0);
		fact->task = sqlite3_column_int64(row, 1);
		fact->attempt = sqlite3_column_int64(row, 2);
		*same = sqlite3_column_int(row, 3) != 0;
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* A record may come again and again (it is removed only after the commit): it is a fact once, and
 * none when it says what is known. */
static int apply_attempt_late(struct store *store, const struct change *change, struct err *err)
{
	const struct attempt_end *end = &change->attempt_end;
	struct fact fact =
	    store_fact_of(change, "attempt.late", NULL, attempt_cause_name(end->cause));
	int64_t told = 0;
	bool same = false;
	int rc = find_late(store, end, &fact, &same, err);

	if (rc == 0 && !same)
		rc = db_get(&store->db, sql_late_find, &told, err, "it", end->attempt_id, fact.to);
	if (rc != 0 || same || told > 0)
		return rc;
	fact.attempt_id = end->attempt_id;
	if (fact.why == NULL)
		fact.why = text_or_null(end->reason);
	return store_put_fact(store, &fact, err);
}

static const struct {
	const char *name; /* in messages */
	int (*apply)(struct store *store, const struct change *change, struct err *err);
} kinds[] = {
    [CHANGE_RUN_NEW] = {"make a run", apply_run_new},
    [CHANGE_RUN_STATE] = {"change a run", apply_run_state},
    [CHANGE_TASK_STATE] = {"change a task", apply_task_state},
    [CHANGE_ATTEMPT_NEW] = {"release an attempt", apply_attempt_new},
    [CHANGE_ATTEMPT_END] = {"end an attempt", apply_attempt_end},
    [CHANGE_ATTEMPT_LATE] = {"note a late end", apply_attempt_late},
    [CHANGE_OUTPUTS] = {"keep outputs", amend_outputs},
    [CHANGE_RUN_PARAMS] = {"change the params of a run", amend_params},
    [CHANGE_RUN_VERSION] = {"change the version of a run", amend_version},
    [CHANGE_DAG_PAUSE] = {"pause a dag", amend_pause},
    [CHANGE_NOTE] = {"keep a note", amend_note},
    [CHANGE_RUN_PRUNE] = {"prune a run", amend_prune},
    [CHANGE_CLOCK] = {"note what the clocks do", amend_clock},
    [CHANGE_HOLD] = {"end a hold", amend_hold},
    [CHANGE_SCRIPTS] = {"keep what scripts were", amend_scripts},
};

int apply_change(struct store *store, const struct change *change, struct err *err)
{
	int rc = kinds[change->kind].apply(store, change, err);

	if (rc != 0)
		err_wrap(err, "%s (run_no %lld, task %u)", kinds[change->kind].name,
			 (long long)change->run_no, change->task);
	return rc;
}
