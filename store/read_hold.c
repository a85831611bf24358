/* read_hold.c - see read_hold.h. */
#include "store/read_hold.h"

#include "store/reader.h"

static const char sql_hold[] =
    "SELECT at_ms, actor, reason, known_until_ms,"
    " (SELECT count(*) FROM run WHERE ended_at_ms IS NULL) FROM hold WHERE kind = 'restored'";

/* Attempts of before carry another incarnation. Those of active tasks have not been judged yet;
 * those that were have a fact since the hold. */
static const char sql_uncertain[] =
    "WITH uncertain (attempt_id, is_lost) AS ("
    " SELECT a.attempt_id, 0 FROM task_instance t JOIN attempt a"
    "  ON a.run_no = t.run_no AND a.task = t.task AND a.ended_at_ms IS NULL"
    "  WHERE t.state IN ('queued', 'running', 'cancelling')"
    " UNION ALL"
    " SELECT f.attempt_id, 1 FROM fact f WHERE f.kind = 'attempt.end'"
    "  AND f.fact_no > (SELECT fact_no FROM hold WHERE kind = 'restored'))"
    " SELECT r.run_id, r.dag_id, v.task_id, a.number, a.released_at_ms, u.is_lost"
    " FROM uncertain u JOIN attempt a USING (attempt_id) JOIN run r USING (run_no)"
    " LEFT JOIN dag_version_task v ON v.version_no = r.version_no AND v.task = a.task"
    " WHERE a.incarnation <> (SELECT incarnation FROM home)"
    "  AND EXISTS (SELECT 1 FROM hold WHERE kind = 'restored')"
    " ORDER BY a.attempt_id LIMIT ?1";

static const char sql_active[] =
    "SELECT a.attempt_id, a.incarnation, a.released_at_ms FROM task_instance t JOIN attempt a"
    " ON a.run_no = t.run_no AND a.task = t.task AND a.ended_at_ms IS NULL"
    " WHERE t.state IN ('queued', 'running', 'cancelling') ORDER BY a.attempt_id";

int read_hold(struct store_reader *reader, hold_fn *each, void *context, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_hold, &row, err, "");

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		struct hold_view view = {.at_ms = sqlite3_column_int64(row, 0),
					 .actor = db_text(row, 1),
					 .reason = db_text(row, 2),
					 .known_until_ms = sqlite3_column_int64(row, 3),
					 .active_runs = sqlite3_column_int64(row, 4)};

		each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_uncertain(struct store_reader *reader, uint32_t limit, uncertain_fn *each, void *context,
		   struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_uncertain, &row, err, "i", (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct uncertain_view view = {.run_id = db_text(row, 0),
					      .dag_id = db_text(row, 1),
					      .task_id = db_text(row, 2),
					      .number = (uint32_t)sqlite3_column_int64(row, 3),
					      .released_at_ms = sqlite3_column_int64(row, 4),
					      .is_lost = sqlite3_column_int(row, 5) != 0};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_active_attempts(struct store_reader *reader, active_fn *each, void *context,
			 struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_active, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct active_view view = {.attempt_id = sqlite3_column_int64(row, 0),
					   .incarnation = db_text(row, 1),
					   .released_at_ms = sqlite3_column_int64(row, 2)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}
