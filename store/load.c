/* load.c - what a start reads back; see store.h. */
#include "store/core.h"
#include "store/reader.h"
#include "store/version.h"

#define SELECT_RUN                                                                       \
	"SELECT r.run_no, r.run_id, r.dag_id, r.key, r.source, r.state, v.text, v.file," \
	" r.version_no, r.params, r.period_id, r.period_start_ms, r.period_end_ms,"      \
	" r.outcome, r.deadline_wall_ms, r.deadline_boot_ms, v.hash, r.start_at_ms,"     \
	" r.is_forced"                                                                   \
	" FROM run r JOIN dag_version v USING (version_no)"

static const char sql_runs[] = SELECT_RUN " WHERE r.ended_at_ms IS NULL ORDER BY r.run_no";
static const char sql_run[] = SELECT_RUN " WHERE r.run_id = ?1";

static const char sql_tasks[] =
    "SELECT t.task, t.state, t.due_wall_ms, t.due_boot_ms, t.queued_order, a.number, a.attempt_id,"
    " a.released_at_ms, a.boot_id, a.incarnation, a.ended_at_ms IS NOT NULL, t.aim,"
    " t.attempts_before"
    " FROM task_instance t LEFT JOIN attempt a ON a.attempt_id ="
    "  (SELECT attempt_id FROM attempt WHERE run_no = t.run_no AND task = t.task"
    "   ORDER BY number DESC LIMIT 1)"
    " WHERE t.run_no = ?1 ORDER BY t.task";

static const char sql_output[] = "SELECT json FROM output WHERE run_no = ?1 AND task = ?2";
static const char sql_outputs[] =
    "SELECT task, json FROM output WHERE run_no = ?1 AND task >= 0 ORDER BY task";
static const char sql_output_tasks[] =
    "SELECT task FROM output WHERE run_no = ?1 AND task >= 0 ORDER BY task";
static const char sql_task_state[] =
    "SELECT state FROM task_instance WHERE run_no = ?1 AND task = ?2";
static const char sql_task_reason[] =
    "SELECT reason FROM task_instance WHERE run_no = ?1 AND task ="
    " (SELECT task FROM dag_version_task WHERE version_no ="
    "   (SELECT version_no FROM run WHERE run_no = ?1) AND task_id = ?2)";
static const char sql_task_is_known[] =
    "SELECT 1 FROM dag_version_task WHERE version_no ="
    " (SELECT version_no FROM run WHERE run_no = ?1) AND task_id = ?2";
static const char sql_pauses[] = "SELECT dag_id, at_ms, actor, reason FROM pause ORDER BY dag_id";
static const char sql_next_run[] = "SELECT coalesce(max(run_no), 0) + 1 FROM run";
/* Those of before were pruned. */
static const char sql_next_attempt[] =
    "SELECT max(last_attempt_id, (SELECT coalesce(max(attempt_id), 0) FROM attempt)) + 1 FROM home";
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
				       .attempt_ended = sqlite3_column_int(row, 10) != 0,
				       .attempts_before = (uint32_t)sqlite3_column_int64(row, 12)};
	if (db_text(row, 11) != NULL && !cancel_aim_from_name(db_text(row, 11), &out->aim))
		return err_set(err, ERR_CORRUPT, "task %u of run_no %lld has no known aim",
			       out->task, (long long)run_no);
	if (!task_state_from_name(db_text(row, 1), &out->state))
		return err_set(err, ERR_CORRUPT, "task %u of run_no %lld is in no known state",
			       out->task, (long long)run_no);
	return 0;
}

static int load_tasks(struct db *db, int64_t run_no, const struct store_loader *loader,
		      struct err *err)
{
	struct store_task_row task;
	sqlite3_stmt *row;
	int rc = db_query(db, sql_tasks, &row, err, "i", run_no);

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
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
				      .version_no = sqlite3_column_int64(row, 8),
				      .params = db_text(row, 9),
				      .period = {db_text(row, 10), sqlite3_column_int64(row, 11),
						 sqlite3_column_int64(row, 12)},
				      .deadline_wall_ms = sqlite3_column_int64(row, 14),
				      .deadline_boot_ms = sqlite3_column_int64(row, 15),
				      .dag_hash = db_text(row, 16),
				      .start_at_ms = sqlite3_column_int64(row, 17),
				      .is_forced = sqlite3_column_int(row, 18) != 0};
	if (db_text(row, 13) != NULL && !run_state_from_name(db_text(row, 13), &out->outcome))
		return err_set(err, ERR_CORRUPT, "run '%s' has no known outcome", out->run_id);
	if (!run_state_from_name(db_text(row, 5), &out->state))
		return err_set(err, ERR_CORRUPT, "run '%s' is in no known state", out->run_id);
	return 0;
}

static int load_run(struct db *db, struct store_run_row *run, const struct store_loader *loader,
		    struct err *err)
{
	struct dag_file *files = NULL;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = version_read_files(db, run->version_no, &arena, &files, &run->file_count, err);
	run->files = files;
	if (rc == 0)
		rc = loader->run(loader->context, run, err);
	if (rc == 0)
		rc = load_tasks(db, run->run_no, loader, err);
	arena_close(&arena);
	return rc;
}

/* The runs of a query, which goes on while their tasks are read by another. */
static int load_runs(struct db *db, sqlite3_stmt *row, const struct store_loader *loader,
		     size_t *count, struct err *err)
{
	struct store_run_row run;
	int rc = 0;

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
		rc = run_row_of(row, &run, err);
		if (rc == 0)
			rc = load_run(db, &run, loader, err);
		(*count)++;
	}
	return rc;
}

int store_load_active(struct store *store, const struct store_loader *loader, struct err *err)
{
	sqlite3_stmt *row = NULL;
	size_t count = 0;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_query(&store->db, sql_runs, &row, err, "");
	if (rc == 0)
		rc = load_runs(&store->db, row, loader, &count, err);
	db_reset(row);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int read_run_rows(struct store_reader *reader, const char *run_id,
		  const struct store_loader *loader, struct err *err)
{
	sqlite3_stmt *row = NULL;
	size_t count = 0;
	int rc = reader_query(reader, sql_run, &row, err, "t", run_id);

	if (rc == 0)
		rc = load_runs(&reader->db, row, loader, &count, err);
	db_reset(row);
	if (rc == 0 && count == 0)
		return err_set(err, ERR_NOT_FOUND, "no run '%s'", run_id);
	return rc;
}

int read_output(struct store_reader *reader, int64_t run_no, uint32_t task, struct str *json,
		struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc = reader_query(reader, sql_output, &row, err, "ii", run_no, (int64_t)task);

	str_clear(json);
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		str_append(json, db_text(row, 0));
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int read_outputs(struct store_reader *reader, int64_t run_no,
		 void (*each)(void *context, uint32_t task, const char *json), void *context,
		 struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc = reader_query(reader, sql_outputs, &row, err, "i", run_no);

	while (rc == 0 && (rc = reader_step(reader, row, err)) == 1) {
		each(context, (uint32_t)sqlite3_column_int64(row, 0), db_text(row, 1));
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_output_tasks(struct store_reader *reader, int64_t run_no,
		      bool (*each)(void *context, uint32_t task), void *context, struct err *err)
{
	sqlite3_stmt *row = NULL;
	bool more = true;
	int rc = reader_query(reader, sql_output_tasks, &row, err, "i", run_no);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		more = each(context, (uint32_t)sqlite3_column_int64(row, 0));
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_task_reason(struct store_reader *reader, int64_t run_no, const char *task_id, char *reason,
		     size_t size, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc = reader_query(reader, sql_task_reason, &row, err, "it", run_no, task_id);
	const char *text = NULL;

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		text = db_text(row, 0);
	snprintf(reason, size, "%s", text == NULL ? "" : text);
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int read_task_is_known(struct store_reader *reader, int64_t run_no, const char *task_id,
		       bool *is_known, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc = reader_query(reader, sql_task_is_known, &row, err, "it", run_no, task_id);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	*is_known = rc == 1;
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int read_task_state(struct store_reader *reader, int64_t run_no, uint32_t task,
		    enum task_state *state, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc = reader_query(reader, sql_task_state, &row, err, "ii", run_no, (int64_t)task);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		rc = task_state_from_name(db_text(row, 0), state)
			 ? 0
			 : err_set(err, ERR_CORRUPT, "task %u is in no known state", task);
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no task %u", task);
	db_reset(row);
	return rc;
}

int read_pauses(struct store_reader *reader, pause_view_fn each, void *context, struct err *err)
{
	sqlite3_stmt *row = NULL;
	bool more = true;
	int rc = reader_query(reader, sql_pauses, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct pause_view view = {db_text(row, 0), sqlite3_column_int64(row, 1),
					  db_text(row, 2), db_text(row, 3)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
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
