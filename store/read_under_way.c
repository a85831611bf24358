/* read_under_way.c - see read_under_way.h. */
#include "store/read_under_way.h"

#include "store/reader.h"

/* The IN is written as in the partial index, so that only active tasks are read. */
static const char sql_under_way[] =
    "SELECT r.run_id, r.dag_id, v.task_id, t.state, a.number, a.released_at_ms"
    " FROM task_instance t JOIN run r USING (run_no)"
    " JOIN dag_version_task v ON v.version_no = r.version_no AND v.task = t.task"
    " LEFT JOIN attempt a ON a.attempt_id ="
    "  (SELECT attempt_id FROM attempt WHERE run_no = t.run_no AND task = t.task"
    "   ORDER BY number DESC LIMIT 1)"
    " WHERE t.state IN ('queued', 'running', 'cancelling') AND t.state <> 'queued'"
    " ORDER BY t.run_no, t.task";

int read_under_way(struct store_reader *reader, under_way_view_fn each, void *context,
		   struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_under_way, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct under_way_view view = {.run_id = db_text(row, 0),
					      .dag_id = db_text(row, 1),
					      .task_id = db_text(row, 2),
					      .state = db_text(row, 3),
					      .attempt = (uint32_t)sqlite3_column_int64(row, 4),
					      .released_at_ms = sqlite3_column_int64(row, 5)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}
