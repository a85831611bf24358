/* load.c - what a start reads back; see store.h. */
#include "store/core.h"
#include "store/version.h"

static const char sql_runs[] =
    "SELECT r.run_no, r.run_id, r.dag_id, r.key, r.source, r.state, v.text, v.file,"
    " r.version_no"
    " FROM run r JOIN dag_version v USING (version_no)"
    " WHERE r.ended_at_ms IS NULL ORDER BY r.run_no";

static const char sql_tasks[] =
    "SELECT t.task, t.state, t.due_wall_ms, t.due_boot_ms, t.queued_order, a.number, a.attempt_id,"
    " a.released_at_ms, a.boot_id, a.incarnation, a.ended_at_ms IS NOT NULL"
    " FROM task_instance t LEFT JOIN attempt a ON a.attempt_id ="
    "  (SELECT attempt_id FROM attempt WHERE run_no = t.run_no AND task = t.task"
    "   ORDER BY number DESC LIMIT 1)"
    " WHERE t.run_no = ?1 ORDER BY t.task";

static const char sql_next_run[] = "SELECT coalesce(max(run_no), 0) + 1 FROM run";
static const char sql_next_attempt[] = "SELECT coalesce(max(attempt_id), 0) + 1 FROM attempt";
static const char sql_attempt[] =
    "SELECT ended_at_ms IS NOT NULL FROM attempt WHERE attempt_id = ?1";

static int task_row_of(sqlite3_stmt *row, int64_t run_no, struct store_task_row *out,
		       struct err *err)
{
	*out = (struct store_task_row){.run_no = run_no,
				       .task = (uint32_t)sqlite3_column_int64(row, 0),
				       .due_wall_ms = sqlite3_column_int64(row, 2),
				       .due_boot_ms = sqlite3_column_int64(row, 3),
				       .queued_order = sqlite3_column_int64(row, 4),
				       .attempts = (uint32_t)sqlite3_column_int64(row, 5),
				       .attempt_id = sqlite3_column_int64(row, 6),
				       .released_at_ms = sqlite3_column_int64(row, 7),
				       .attempt_boot_id = db_text(row, 8),
				       .attempt_incarnation = db_text(row, 9),
				       .attempt_ended = sqlite3_column_int(row, 10) != 0};
	if (!task_state_from_name(db_text(row, 1), &out->state))
		return err_set(err, ERR_CORRUPT, "task %u of run_no %lld is in no known state",
			       out->task, (long long)run_no);
	return 0;
}

static int load_tasks(struct store *store, int64_t run_no, const struct store_loader *loader,
		      struct err *err)
{
	struct store_task_row task;
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_tasks, &row, err, "i", run_no);

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		rc = task_row_of(row, run_no, &task, err);
		if (rc == 0)
			rc = loader->task(loader->context, &task, err);
	}
	db_reset(row);
	return rc;
}

static int run_row_of(sqlite3_stmt *row, struct store_run_row *out, struct err *err)
{
	*out = (struct store_run_row){.run_no = sqlite3_column_int64(row, 0),
				      .run_id = db_text(row, 1),
				      .dag_id = db_text(row, 2),
				      .key = db_text(row, 3),
				      .source = db_text(row, 4),
				      .dag_text = db_text(row, 6),
				      .dag_text_bytes = (size_t)sqlite3_column_bytes(row, 6),
				      .dag_file = db_text(row, 7),
				      .version_no = sqlite3_column_int64(row, 8)};
	if (!run_state_from_name(db_text(row, 5), &out->state))
		return err_set(err, ERR_CORRUPT, "run '%s' is in no known state", out->run_id);
	return 0;
}

static int load_run(struct store *store, struct store_run_row *run,
		    const struct store_loader *loader, struct err *err)
{
	struct dag_file *files = NULL;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = version_read_files(&store->db, run->version_no, &arena, &files, &run->file_count, err);
	run->files = files;
	if (rc == 0)
		rc = loader->run(loader->context, run, err);
	if (rc == 0)
		rc = load_tasks(store, run->run_no, loader, err);
	arena_close(&arena);
	return rc;
}

static int load_runs(struct store *store, const struct store_loader *loader, struct err *err)
{
	struct store_run_row run;
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_runs, &row, err, "");

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		rc = run_row_of(row, &run, err);
		if (rc == 0)
			rc = load_run(store, &run, loader, err);
	}
	db_reset(row);
	return rc;
}

int store_load_active(struct store *store, const struct store_loader *loader, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = load_runs(store, loader, err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int store_next_numbers(struct store *store, int64_t *next_run_no, int64_t *next_attempt_id,
		       struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_get(&store->db, sql_next_run, next_run_no, err, "");
	if (rc == 0)
		rc = db_get(&store->db, sql_next_attempt, next_attempt_id, err, "");
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int store_attempt_state(struct store *store, int64_t attempt_id, bool *known, bool *ended,
			struct err *err)
{
	int64_t is_ended = 0;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_get(&store->db, sql_attempt, &is_ended, err, "i", attempt_id);
	pthread_mutex_unlock(&store->lock);
	*known = rc == 0;
	*ended = rc == 0 && is_ended != 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}
