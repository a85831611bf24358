/* read_dags.c - questions about the dag folder and the pools; see read.h. */
#include "store/reader.h"

#define SELECT_DAG                                                                  \
	"SELECT d.dag_id, v.description, d.file, v.hash, d.since_ms, v.task_count," \
	" r.run_id, r.state, r.created_at_ms"                                       \
	" FROM dag d JOIN dag_version v USING (version_no)"                         \
	" LEFT JOIN run r ON r.run_no ="                                            \
	"  (SELECT run_no FROM run WHERE dag_id = d.dag_id ORDER BY run_no DESC LIMIT 1)"

static const char sql_dags[] = SELECT_DAG " WHERE d.dag_id > ?1 ORDER BY d.dag_id LIMIT ?2";
static const char sql_dag[] = SELECT_DAG " WHERE d.dag_id = ?1";

static const char sql_errors[] = "SELECT file, line, column_no, message, since_ms FROM dag_error"
				 " ORDER BY file, line, column_no, message";

/* A task has no pool of its own to name yet: each uses the pool "default", its dag's where it has
 * one. The IN is written as in the partial index, so that only active tasks are read. */
static const char sql_pools[] =
    "WITH by_run (run_no, used, queued) AS ("
    "  SELECT run_no, sum(state <> 'queued'), sum(state = 'queued') FROM task_instance"
    "   WHERE state IN ('queued', 'running', 'cancelling') GROUP BY run_no"
    "), by_pool (dag_id, used, queued) AS ("
    "  SELECT coalesce(p.dag_id, ''), sum(b.used), sum(b.queued)"
    "   FROM by_run b JOIN run r USING (run_no)"
    "   LEFT JOIN pool p ON p.dag_id = r.dag_id AND p.name = 'default' GROUP BY 1"
    ") SELECT nullif(p.dag_id, ''), p.name, p.slots, b.used, b.queued"
    " FROM pool p LEFT JOIN by_pool b ON b.dag_id = p.dag_id AND p.name = 'default'"
    " ORDER BY p.dag_id, p.name";

static struct dag_view dag_view_of(sqlite3_stmt *row)
{
	return (struct dag_view){.dag_id = db_text(row, 0),
				 .description = db_text(row, 1),
				 .file = db_text(row, 2),
				 .hash = db_text(row, 3),
				 .since_ms = sqlite3_column_int64(row, 4),
				 .task_count = (uint32_t)sqlite3_column_int64(row, 5),
				 .last_run_id = db_text(row, 6),
				 .last_run_state = db_text(row, 7),
				 .last_run_at_ms = sqlite3_column_int64(row, 8)};
}

int read_dags(struct store_reader *reader, const char *after, uint32_t limit, dag_view_fn each,
	      void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_dags, &row, err, "ti", after == NULL ? "" : after,
			      (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_view view = dag_view_of(row);

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_dag(struct store_reader *reader, const char *dag_id, dag_view_fn each, void *context,
	     struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_dag, &row, err, "t", dag_id);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		struct dag_view view = dag_view_of(row);

		each(context, &view);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s'", dag_id);
	}
	db_reset(row);
	return rc == 1 ? 0 : rc;
}

int read_dag_errors(struct store_reader *reader, dag_error_view_fn each, void *context,
		    struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_errors, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_error_view view = {.file = db_text(row, 0),
					      .line = (uint32_t)sqlite3_column_int64(row, 1),
					      .column = (uint32_t)sqlite3_column_int64(row, 2),
					      .message = db_text(row, 3),
					      .since_ms = sqlite3_column_int64(row, 4)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_pools(struct store_reader *reader, pool_view_fn each, void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_pools, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct pool_view view = {.dag_id = db_text(row, 0),
					 .name = db_text(row, 1),
					 .slots = (uint32_t)sqlite3_column_int64(row, 2),
					 .used = (uint32_t)sqlite3_column_int64(row, 3),
					 .queued = (uint32_t)sqlite3_column_int64(row, 4)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}
