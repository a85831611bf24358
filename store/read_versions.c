/* read_versions.c - questions about the texts that a dag has had; see read.h. */
#include "store/reader.h"
#include "store/version.h"

#define SELECT_VERSION                                                                   \
	"SELECT v.version_no, v.hash, v.file, v.task_count, d.since_ms, length(v.text)," \
	" d.version_no IS NOT NULL"                                                      \
	" FROM dag_version v LEFT JOIN dag d USING (version_no)"

static const char sql_versions[] =
    SELECT_VERSION " WHERE v.dag_id = ?1 AND v.version_no < ?2 ORDER BY v.version_no DESC LIMIT ?3";

static const char sql_text_in_force[] =
    "SELECT v.version_no, v.hash, v.file, v.text FROM dag d JOIN dag_version v USING (version_no)"
    " WHERE d.dag_id = ?1";
static const char sql_text_of[] = "SELECT v.version_no, v.hash, v.file, v.text FROM dag_version v"
				  " WHERE v.hash = ?2 AND v.dag_id = ?1";

static const char sql_last_fact[] = "SELECT coalesce(max(fact_no), 0) FROM fact";

int read_versions(struct store_reader *reader, const char *dag_id, int64_t before_version_no,
		  uint32_t limit, version_view_fn each, void *context, struct err *err)
{
	int64_t before = before_version_no == 0 ? INT64_MAX : before_version_no;
	sqlite3_stmt *row;
	bool more = true;
	int rc =
	    reader_query(reader, sql_versions, &row, err, "tii", dag_id, before, (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct version_view view = {.version_no = sqlite3_column_int64(row, 0),
					    .hash = db_text(row, 1),
					    .file = db_text(row, 2),
					    .task_count = (uint32_t)sqlite3_column_int64(row, 3),
					    .since_ms = sqlite3_column_int64(row, 4),
					    .text_bytes = sqlite3_column_int64(row, 5),
					    .is_in_force = sqlite3_column_int(row, 6) != 0};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* With the files that belong to it. */
static int give_text(struct store_reader *reader, struct version_text *view, version_text_fn each,
		     void *context, struct err *err)
{
	struct dag_file *files = NULL;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = version_read_files(&reader->db, view->version_no, &arena, &files, &view->file_count,
				err);
	view->files = files;
	if (rc == 0)
		each(context, view);
	arena_close(&arena);
	return rc;
}

int read_version_text(struct store_reader *reader, const char *dag_id, const char *hash,
		      version_text_fn each, void *context, struct err *err)
{
	sqlite3_stmt *row;
	int rc = hash == NULL ? reader_query(reader, sql_text_in_force, &row, err, "t", dag_id)
			      : reader_query(reader, sql_text_of, &row, err, "tt", dag_id, hash);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		struct version_text view = {.version_no = sqlite3_column_int64(row, 0),
					    .hash = db_text(row, 1),
					    .file = db_text(row, 2),
					    .text = db_text(row, 3),
					    .bytes = (size_t)sqlite3_column_bytes(row, 3)};

		if (view.bytes > 0)
			rc = give_text(reader, &view, each, context, err);
		else
			rc = err_set(err, ERR_GONE,
				     "version '%s' of dag '%.128s' was pruned: it is not in force, "
				     "and no run has it but those that were pruned, too",
				     view.hash, dag_id);
	} else if (rc == 0 && hash != NULL) {
		rc = err_set(err, ERR_NOT_FOUND, "dag '%.128s' has had no version '%.40s'", dag_id,
			     hash);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s'", dag_id);
	}
	db_reset(row);
	return rc;
}

int read_last_fact(struct store_reader *reader, int64_t *fact_no, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_last_fact, &row, err, "");

	if (rc == 0)
		rc = reader_step(reader, row, err);
	*fact_no = rc == 1 ? sqlite3_column_int64(row, 0) : 0;
	db_reset(row);
	return rc == 1 ? 0 : rc;
}
