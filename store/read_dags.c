/* read_dags.c - questions about the dag folder and the pools; see read.h. */
#include "store/reader.h"

#include <string.h>

static const char sql_dags[] =
    READER_SELECT_DAG READER_FROM_DAG " WHERE d.dag_id > ?1 ORDER BY d.dag_id LIMIT ?2";
static const char sql_dag[] = READER_SELECT_DAG READER_FROM_DAG " WHERE d.dag_id = ?1";

static const char sql_errors[] = "SELECT file, line, column_no, message, since_ms FROM dag_error"
				 " ORDER BY file, line, column_no, message";
static const char sql_error_heads[] =
    "SELECT file, line, column_no, message, since_ms, of_file FROM ("
    "  SELECT *, count(*) OVER (PARTITION BY file) AS of_file,"
    "   row_number() OVER (PARTITION BY file ORDER BY line, column_no, message) AS place"
    "  FROM dag_error) WHERE place <= ?1 ORDER BY file, place";

/* The IN is written as in the partial index, so that only active tasks are read. A task without a
 * pool uses the common one. A pool that no dag in force has any more is there as long as tasks hold
 * its slots or wait for them; the newest run that has it says its size, as in the scheduler. */
static const char sql_pools[] =
    "WITH active (dag_id, domain, name, used, queued) AS ("
    "  SELECT iif(p.domain = '', r.dag_id, ''), coalesce(p.domain, ''),"
    "   coalesce(p.name, 'default'), iif(t.state = 'queued', 0, v.slots),"
    "   iif(t.state = 'queued', v.slots, 0)"
    "  FROM task_instance t JOIN run r USING (run_no)"
    "  JOIN dag_version_task v ON v.version_no = r.version_no AND v.task = t.task"
    "  LEFT JOIN dag_version_pool p ON p.version_no = r.version_no AND p.position = v.pool"
    "  WHERE t.state IN ('queued', 'running', 'cancelling')"
    "), by_pool (dag_id, domain, name, used, queued) AS ("
    "  SELECT dag_id, domain, name, sum(used), sum(queued) FROM active GROUP BY 1, 2, 3"
    "), every (dag_id, domain, name, slots, used, queued) AS ("
    "  SELECT p.dag_id, p.domain, p.name, p.slots, b.used, b.queued"
    "   FROM pool p LEFT JOIN by_pool b USING (dag_id, domain, name)"
    "  UNION ALL SELECT b.dag_id, b.domain, b.name, ("
    "    SELECT p.slots FROM run r JOIN dag_version_pool p USING (version_no)"
    "     WHERE r.ended_at_ms IS NULL AND p.name = b.name AND p.domain = b.domain"
    "      AND (b.dag_id = '' OR r.dag_id = b.dag_id) ORDER BY r.run_no DESC LIMIT 1),"
    "   b.used, b.queued FROM by_pool b"
    "   WHERE NOT EXISTS (SELECT 1 FROM pool p"
    "     WHERE p.dag_id = b.dag_id AND p.domain = b.domain AND p.name = b.name)"
    ") SELECT nullif(dag_id, ''), name, slots, used, queued, nullif(domain, '') FROM every"
    " ORDER BY dag_id, domain, name";
static const char sql_pool_sizes[] =
    "SELECT domain, name, slots FROM pool WHERE dag_id = '' AND domain <> ''";

struct dag_view reader_dag_view(sqlite3_stmt *row)
{
	return (struct dag_view){.dag_id = db_text(row, 0),
				 .description = db_text(row, 1),
				 .file = db_text(row, 2),
				 .hash = db_text(row, 3),
				 .since_ms = sqlite3_column_int64(row, 4),
				 .task_count = (uint32_t)sqlite3_column_int64(row, 5),
				 .last_run_id = db_text(row, 6),
				 .last_run_state = db_text(row, 7),
				 .last_run_at_ms = sqlite3_column_int64(row, 8),
				 .domain = db_text(row, 9),
				 .owner = db_text(row, 10),
				 .tags = db_text(row, 11),
				 .git_commit = db_text(row, 12),
				 .git_dirty = sqlite3_column_type(row, 13) == SQLITE_NULL
						  ? -1
						  : sqlite3_column_int(row, 13),
				 .pause_actor = db_text(row, 14),
				 .pause_reason = db_text(row, 15),
				 .pause_at_ms = sqlite3_column_int64(row, 16),
				 .pause_of_all = sqlite3_column_int(row, 17) != 0};
}

int read_dags(struct store_reader *reader, const char *after, uint32_t limit, dag_view_fn each,
	      void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_dags, &row, err, "ti", after == NULL ? "" : after,
			      (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_view view = reader_dag_view(row);

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
		struct dag_view view = reader_dag_view(row);

		each(context, &view);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s'", dag_id);
	}
	db_reset(row);
	return rc == 1 ? 0 : rc;
}

/* Steps through the errors that the query names; it may end with how many their file has. */
static int each_error(struct store_reader *reader, sqlite3_stmt *row, dag_error_view_fn each,
		      void *context, struct err *err)
{
	bool more = true;
	int rc = 0;

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_error_view view = {.file = db_text(row, 0),
					      .line = (uint32_t)sqlite3_column_int64(row, 1),
					      .column = (uint32_t)sqlite3_column_int64(row, 2),
					      .message = db_text(row, 3),
					      .since_ms = sqlite3_column_int64(row, 4)};

		if (sqlite3_column_count(row) > 5)
			view.of_file = (uint32_t)sqlite3_column_int64(row, 5);
		more = each(context, &view);
		rc = 0;
	}
	return rc;
}

int read_dag_errors(struct store_reader *reader, dag_error_view_fn each, void *context,
		    struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_errors, &row, err, "");

	if (rc == 0)
		rc = each_error(reader, row, each, context, err);
	db_reset(row);
	return rc;
}

int read_dag_error_heads(struct store_reader *reader, uint32_t of_each, dag_error_view_fn each,
			 void *context, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_error_heads, &row, err, "i", (int64_t)of_each);

	if (rc == 0)
		rc = each_error(reader, row, each, context, err);
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
					 .queued = (uint32_t)sqlite3_column_int64(row, 4),
					 .domain = db_text(row, 5)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_pool_sizes(struct store_reader *reader, struct arena *arena, struct pool_sizes *sizes,
		    struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_pool_sizes, &row, err, "");

	while (rc == 0 && (rc = reader_step(reader, row, err)) == 1) {
		const char *domain = db_text(row, 0);
		struct pool_size size = {
		    .domain = strcmp(domain, "-") == 0 ? "" : arena_strdup(arena, domain),
		    .name = arena_strdup(arena, db_text(row, 1)),
		    .slots = (uint32_t)sqlite3_column_int64(row, 2)};

		vec_push(&sizes->list, size);
		rc = 0;
	}
	db_reset(row);
	return rc;
}
