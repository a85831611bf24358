/* version.c - the versions of dags: every text that was ever found sound, by the hash of all that
 * makes it what it is: the text, the heddle.yaml above it, the files that it names.
 *
 * A run keeps its version's number, so rows here stay; their texts go when no run has its detail
 * any more (prune.h), and come back with the version. The content of a file is kept once, however
 * many versions it belongs to. */
#include "store/version.h"

#include "store/core.h"

#include "base/vec.h"

#include <string.h>

/* Below 0: its text was pruned. */
static const char sql_find[] =
    "SELECT iif(text = '', -version_no, version_no) FROM dag_version WHERE hash = ?1";
static const char sql_used[] = "DELETE FROM version_unused WHERE version_no = ?1";
static const char sql_text_again[] = "UPDATE dag_version SET text = ?2 WHERE version_no = ?1";
static const char sql_file[] =
    "UPDATE dag_version SET file = ?2 WHERE version_no = ?1 AND file <> ?2";
static const char sql_new[] =
    "INSERT INTO dag_version (hash, dag_id, file, description, domain, owner, tags, task_count,"
    " text, retention_ms, retention_runs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
static const char sql_task[] = "INSERT INTO dag_version_task (version_no, task, task_id, pool,"
			       " slots) VALUES (?1, ?2, ?3, nullif(?4, -1), ?5)";
static const char sql_pool[] = "INSERT INTO dag_version_pool (version_no, position, domain, name,"
			       " slots) VALUES (?1, ?2, ?3, ?4, ?5)";
static const char sql_content[] = "INSERT OR IGNORE INTO content (hash, text) VALUES (?1, ?2)";
static const char sql_version_file[] =
    "INSERT INTO dag_version_file (version_no, position, kind, name, hash)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
static const char sql_files[] = "SELECT f.kind, f.name, c.text, f.hash FROM dag_version_file f"
				" JOIN content c USING (hash) WHERE f.version_no = ?1"
				" ORDER BY f.position";
static const char sql_read[] =
    "SELECT version_no, text, file FROM dag_version WHERE hash = ?1 AND text <> ''";

static const char *const kind_names[] = {
    [DAG_FILE_DEFAULTS] = "defaults",
    [DAG_FILE_NAMED] = "named",
};

static int put_tasks(struct store *store, const struct dag *dag, int64_t version_no,
		     struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < dag->task_count && rc == 0; i++) {
		const struct task *task = &dag->tasks[i];
		int64_t pool = task->pool == POOL_COMMON ? -1 : (int64_t)task->pool;

		rc = db_run(&store->db, sql_task, err, "iitii", version_no, (int64_t)i, task->id,
			    pool, (int64_t)task->slots);
	}
	return rc;
}

const char *store_pool_domain(const struct pool_size *pool)
{
	if (pool->domain == NULL)
		return "";
	return pool->domain[0] == '\0' ? "-" : pool->domain;
}

static int put_pools(struct store *store, const struct dag *dag, int64_t version_no,
		     struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < dag->pool_count && rc == 0; i++)
		rc = db_run(&store->db, sql_pool, err, "iitti", version_no, (int64_t)i,
			    store_pool_domain(&dag->pools[i]), dag->pools[i].name,
			    (int64_t)dag->pools[i].slots);
	return rc;
}

static int put_files(struct store *store, const struct dag *dag, int64_t version_no,
		     struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < dag->file_count && rc == 0; i++) {
		const struct dag_file *file = &dag->files[i];

		rc =
		    db_run(&store->db, sql_content, err, "tb", file->hash, file->text, file->bytes);
		if (rc == 0)
			rc = db_run(&store->db, sql_version_file, err, "iittt", version_no,
				    (int64_t)i, kind_names[file->kind], file->name, file->hash);
	}
	return rc;
}

/* As a JSON list. A tag holds neither quotes nor control characters that the parser let pass, but
 * the list must be sound whatever it holds. */
static void write_tags(const char *const *tags, struct str *out)
{
	for (size_t i = 0; tags != NULL && tags[i] != NULL; i++) {
		str_append(out, i == 0 ? "[\"" : ",\"");
		for (const char *at = tags[i]; *at != '\0'; at++) {
			if ((unsigned char)*at < 0x20)
				str_printf(out, "\\u%04x", (unsigned)*at);
			else if (*at == '"' || *at == '\\')
				str_printf(out, "\\%c", *at);
			else
				str_append_char(out, *at);
		}
		str_append_char(out, '"');
	}
	if (out->size > 0)
		str_append_char(out, ']');
}

static int put_new(struct store *store, const struct dag *dag, const char *file,
		   int64_t *version_no, struct err *err)
{
	struct str tags = STR_INIT;
	int rc;

	write_tags(dag->tags, &tags);
	rc = db_run(&store->db, sql_new, err, "tttttttibnn", dag->hash, dag->id, file,
		    dag->description, dag->domain, dag->owner, tags.size == 0 ? NULL : tags.data,
		    (int64_t)dag->task_count, dag->text, dag->text_bytes, dag->retention_ms,
		    (int64_t)dag->retention_runs);
	*version_no = sqlite3_last_insert_rowid(store->db.handle);
	if (rc == 0)
		rc = put_tasks(store, dag, *version_no, err);
	if (rc == 0)
		rc = put_pools(store, dag, *version_no, err);
	if (rc == 0)
		rc = put_files(store, dag, *version_no, err);
	str_close(&tags);
	return rc;
}

/* A version that was of no use any more, and is now. Its text may be gone, and what stood with it;
 * its tasks are there. */
static int put_again(struct store *store, const struct dag *dag, int64_t *version_no,
		     struct err *err)
{
	bool is_gone = *version_no < 0;
	int rc;

	*version_no = is_gone ? -*version_no : *version_no;
	rc = db_run(&store->db, sql_used, err, "i", *version_no);
	if (rc != 0 || !is_gone)
		return rc;
	rc = db_run(&store->db, sql_text_again, err, "ib", *version_no, dag->text, dag->text_bytes);
	if (rc == 0)
		rc = put_pools(store, dag, *version_no, err);
	if (rc == 0)
		rc = put_files(store, dag, *version_no, err);
	return rc;
}

int store_put_version(struct store *store, const struct dag *dag, const char *file,
		      int64_t *version_no, struct err *err)
{
	int rc = db_get(&store->db, sql_find, version_no, err, "t", dag->hash);

	if (rc == ERR_NOT_FOUND)
		return put_new(store, dag, file, version_no, err);
	if (rc == 0)
		rc = put_again(store, dag, version_no, err);
	if (rc == 0)
		rc = db_run(&store->db, sql_file, err, "it", *version_no, file);
	return rc;
}

int store_put_version_list(struct store *store, const struct store_dag_file *dags, size_t count,
			   struct err *err)
{
	int64_t version_no;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = store_put_version(store, dags[i].dag, dags[i].file, &version_no, err);
	return rc;
}

int store_version_of_run(struct store *store, const struct dag *dag, int64_t *version_no,
			 struct err *err)
{
	int rc = db_get(&store->db, sql_find, version_no, err, "t", dag->hash);

	if (rc == 0)
		return put_again(store, dag, version_no, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	return put_new(store, dag, dag->source, version_no, err);
}

int store_put_versions(struct store *store, const struct store_dag_file *dags, size_t count,
		       struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = store_put_version_list(store, dags, count, err);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	if (rc != 0)
		err_wrap(err, "keep versions of dags");
	return rc;
}

/* --- reading back --------------------------------------------------------------------------------
 */

static int file_of(sqlite3_stmt *row, struct arena *arena, struct dag_file *out, struct err *err)
{
	const char *kind = db_text(row, 0);

	out->kind =
	    strcmp(kind, kind_names[DAG_FILE_NAMED]) == 0 ? DAG_FILE_NAMED : DAG_FILE_DEFAULTS;
	if (strcmp(kind, kind_names[out->kind]) != 0)
		return err_set(err, ERR_CORRUPT, "a version has a file of unknown kind '%s'", kind);
	out->name = arena_strdup(arena, db_text(row, 1));
	out->text = arena_strndup(arena, db_text(row, 2), (size_t)sqlite3_column_bytes(row, 2));
	out->bytes = (size_t)sqlite3_column_bytes(row, 2);
	if (sqlite3_column_bytes(row, 3) != sizeof out->hash - 1)
		return err_set(err, ERR_CORRUPT, "a version has a file without a hash");
	memcpy(out->hash, db_text(row, 3), sizeof out->hash);
	return 0;
}

int version_read_files(struct db *db, int64_t version_no, struct arena *arena,
		       struct dag_file **files, uint32_t *file_count, struct err *err)
{
	VEC(struct dag_file) list = {0};
	sqlite3_stmt *row;
	int rc = db_query(db, sql_files, &row, err, "i", version_no);

	while (rc == 0 && (rc = db_step(db, row, err)) == 1) {
		struct dag_file file = {0};

		rc = file_of(row, arena, &file, err);
		vec_push(&list, file);
	}
	db_reset(row);
	*files = arena_alloc(arena, (list.count + 1) * sizeof **files);
	*file_count = (uint32_t)list.count;
	if (list.count > 0)
		memcpy(*files, list.items, list.count * sizeof **files);
	vec_close(&list);
	return rc;
}

static int read_version(struct store *store, const char *hash, struct store_version *out,
			struct err *err)
{
	sqlite3_stmt *row;
	int64_t version_no = 0;
	int rc = db_query(&store->db, sql_read, &row, err, "t", hash);

	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1) {
		version_no = sqlite3_column_int64(row, 0);
		out->bytes = (size_t)sqlite3_column_bytes(row, 1);
		out->text = arena_strndup(&out->arena, db_text(row, 1), out->bytes);
		out->file = arena_strdup(&out->arena, db_text(row, 2));
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "no version '%s' is kept", hash);
	}
	db_reset(row);
	if (rc != 1)
		return rc;
	return version_read_files(&store->db, version_no, &out->arena, &out->files,
				  &out->file_count, err);
}

int store_version_read(struct store *store, const char *hash, struct store_version *out,
		       struct err *err)
{
	int rc;

	memset(out, 0, sizeof *out);
	arena_init(&out->arena);
	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = read_version(store, hash, out, err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

void store_version_close(struct store_version *version)
{
	arena_close(&version->arena);
}
