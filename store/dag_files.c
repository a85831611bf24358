/* dag_files.c - what the files of the dag folder were when they were read, for the next start.
 *
 * Only files that check have rows: one that does not is read again at each start, for its errors.
 */
#include "store/core.h"

#include "base/vec.h"

#include <string.h>

static const char sql_put[] =
    "INSERT INTO dag_file (file, device, inode, size, mtime_ns, ctime_ns, around)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char sql_put_dag[] =
    "INSERT INTO dag_file_dag (file, position, dag_id, hash, line) VALUES (?1, ?2, ?3, ?4, ?5)";
static const char sql_put_need[] =
    "INSERT INTO dag_file_need (file, position, path, device, inode, size, mtime_ns, ctime_ns)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char sql_remove[] = "DELETE FROM dag_file WHERE file = ?1";
static const char sql_remove_dags[] = "DELETE FROM dag_file_dag WHERE file = ?1";
static const char sql_remove_needs[] = "DELETE FROM dag_file_need WHERE file = ?1";

static const char sql_files[] =
    "SELECT file, device, inode, size, mtime_ns, ctime_ns, around FROM dag_file ORDER BY file";
static const char sql_dags[] =
    "SELECT dag_id, hash, line FROM dag_file_dag WHERE file = ?1 ORDER BY position";
static const char sql_needs[] = "SELECT path, device, inode, size, mtime_ns, ctime_ns"
				" FROM dag_file_need WHERE file = ?1 ORDER BY position";

/* What stands with a file is there only while the file's own row is. */
static int remove_file(struct store *store, const char *file, struct err *err)
{
	int rc = db_run(&store->db, sql_remove, err, "t", file);

	if (rc != 0 || sqlite3_changes(store->db.handle) == 0)
		return rc;
	rc = db_run(&store->db, sql_remove_dags, err, "t", file);
	if (rc == 0)
		rc = db_run(&store->db, sql_remove_needs, err, "t", file);
	return rc;
}

static int put_file(struct store *store, const struct store_file_row *file, struct err *err)
{
	const struct store_stamp *stamp = &file->stamp;
	int rc = remove_file(store, file->file, err);

	if (rc == 0)
		rc = db_run(&store->db, sql_put, err, "tiiiiit", file->file, stamp->device,
			    stamp->inode, stamp->size, stamp->mtime_ns, stamp->ctime_ns,
			    file->around);
	for (size_t i = 0; rc == 0 && i < file->dag_count; i++)
		rc = db_run(&store->db, sql_put_dag, err, "titti", file->file, (int64_t)i,
			    file->dags[i].dag_id, file->dags[i].hash, (int64_t)file->dags[i].line);
	for (size_t i = 0; rc == 0 && i < file->need_count; i++) {
		stamp = &file->needs[i].stamp;
		rc = db_run(&store->db, sql_put_need, err, "titiiiii", file->file, (int64_t)i,
			    file->needs[i].path, stamp->device, stamp->inode, stamp->size,
			    stamp->mtime_ns, stamp->ctime_ns);
	}
	return rc;
}

int store_put_dag_files(struct store *store, const struct store_folder *folder, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < folder->gone_count; i++)
		rc = remove_file(store, folder->gone[i], err);
	for (size_t i = 0; rc == 0 && i < folder->file_count; i++)
		rc = put_file(store, &folder->files[i], err);
	return rc;
}

static struct store_stamp stamp_of(sqlite3_stmt *row, int column)
{
	return (struct store_stamp){.device = sqlite3_column_int64(row, column),
				    .inode = sqlite3_column_int64(row, column + 1),
				    .size = sqlite3_column_int64(row, column + 2),
				    .mtime_ns = sqlite3_column_int64(row, column + 3),
				    .ctime_ns = sqlite3_column_int64(row, column + 4)};
}

static int read_dags(struct store *store, struct arena *arena, struct store_file_row *file,
		     struct err *err)
{
	VEC(struct store_file_dag) list = {0};
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_dags, &row, err, "t", file->file);

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		struct store_file_dag dag = {arena_strdup(arena, db_text(row, 0)),
					     arena_strdup(arena, db_text(row, 1)),
					     (uint32_t)sqlite3_column_int64(row, 2)};

		vec_push(&list, dag);
		rc = 0;
	}
	db_reset(row);
	file->dags = arena_alloc(arena, (list.count + 1) * sizeof *file->dags);
	if (list.count > 0)
		memcpy(file->dags, list.items, list.count * sizeof *file->dags);
	file->dag_count = list.count;
	vec_close(&list);
	return rc;
}

static int read_needs(struct store *store, struct arena *arena, struct store_file_row *file,
		      struct err *err)
{
	VEC(struct store_file_need) list = {0};
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_needs, &row, err, "t", file->file);

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		struct store_file_need need = {arena_strdup(arena, db_text(row, 0)),
					       stamp_of(row, 1)};

		vec_push(&list, need);
		rc = 0;
	}
	db_reset(row);
	file->needs = arena_alloc(arena, (list.count + 1) * sizeof *file->needs);
	if (list.count > 0)
		memcpy(file->needs, list.items, list.count * sizeof *file->needs);
	file->need_count = list.count;
	vec_close(&list);
	return rc;
}

static int each_file(struct store *store, store_file_fn *each, void *context, struct err *err)
{
	struct arena arena;
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_files, &row, err, "");

	arena_init(&arena);
	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		struct store_file_row file = {
		    .file = db_text(row, 0), .stamp = stamp_of(row, 1), .around = db_text(row, 6)};

		rc = read_dags(store, &arena, &file, err);
		if (rc == 0)
			rc = read_needs(store, &arena, &file, err);
		if (rc == 0)
			each(context, &file);
		arena_reset(&arena);
	}
	db_reset(row);
	arena_close(&arena);
	return rc;
}

int store_each_file(struct store *store, store_file_fn *each, void *context, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = each_file(store, each, context, err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}
