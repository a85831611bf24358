/* dags.c - what is known of the dag folder: the dags in force, its errors, the pools.
 *
 * Both the dags found and those in force are walked in the order of their ids, side by side; what
 * did not change is not written, so that a start with the folder of yesterday writes nothing. */
#include "store/core.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static const char sql_dags[] =
    "SELECT d.dag_id, v.hash, d.file FROM dag d JOIN dag_version v USING (version_no)"
    " ORDER BY d.dag_id";
static const char sql_dag_text[] =
    "SELECT v.text FROM dag d JOIN dag_version v USING (version_no) WHERE d.dag_id = ?1";
static const char sql_dag_put[] =
    "INSERT INTO dag (dag_id, version_no, file, since_ms) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (dag_id) DO UPDATE SET version_no = ?2, file = ?3,"
    " since_ms = iif(version_no = ?2, since_ms, ?4)";
static const char sql_dag_remove[] = "DELETE FROM dag WHERE dag_id = ?1";
static const char sql_pools_remove[] = "DELETE FROM pool WHERE dag_id = ?1";
static const char sql_pool_put[] =
    "INSERT INTO pool (dag_id, name, slots) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (dag_id, name) DO UPDATE SET slots = ?3 WHERE slots <> ?3";
static const char sql_error_round[] = "SELECT coalesce(max(round), 0) + 1 FROM dag_error";
static const char sql_error_put[] =
    "INSERT INTO dag_error (file, line, column_no, message, since_ms, round)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (file, line, column_no, message) DO UPDATE SET round = ?6";
static const char sql_errors_gone[] = "DELETE FROM dag_error WHERE round <> ?1";

/* A dag in force, as the database has it. */
struct known_dag {
	char *dag_id;
	char *hash;
	char *file;
};

struct known_dags {
	VEC(struct known_dag) list;
};

static void close_known(struct known_dags *known)
{
	for (size_t i = 0; i < known->list.count; i++) {
		mem_free(known->list.items[i].dag_id);
		mem_free(known->list.items[i].hash);
		mem_free(known->list.items[i].file);
	}
	vec_close(&known->list);
}

static int read_known(struct store *store, struct known_dags *known, struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_dags, &row, err, "");

	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		struct known_dag dag = {mem_strdup(db_text(row, 0)), mem_strdup(db_text(row, 1)),
					mem_strdup(db_text(row, 2))};

		vec_push(&known->list, dag);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct store_dag_file *const *left = a;
	const struct store_dag_file *const *right = b;

	return strcmp((*left)->dag->id, (*right)->dag->id);
}

static const struct store_dag_file **sort_found(const struct store_dag_file *dags, size_t count)
{
	const struct store_dag_file **sorted =
	    mem_alloc((count + 1) * sizeof(struct store_dag_file *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &dags[i];
	qsort(sorted, count, sizeof(struct store_dag_file *), by_id);
	return sorted;
}

static int put_dag_fact(struct store *store, const char *kind, const char *dag_id, const char *from,
			const char *to, int64_t at_ms, struct err *err)
{
	struct fact fact = {.at_ms = at_ms,
			    .kind = kind,
			    .task = -1,
			    .dag_id = dag_id,
			    .from = from,
			    .to = to,
			    .actor = "folder"};

	return store_put_fact(store, &fact, err);
}

static int put_pools(struct store *store, const struct dag *dag, struct err *err)
{
	int rc = db_run(&store->db, sql_pools_remove, err, "t", dag->id);

	for (uint32_t i = 0; i < dag->pool_count && rc == 0; i++)
		rc = db_run(&store->db, sql_pool_put, err, "tti", dag->id, dag->pools[i].name,
			    (int64_t)dag->pools[i].slots);
	return rc;
}

/* A dag that is new (known NULL), changed or moved. */
static int put_dag(struct store *store, const struct known_dag *known,
		   const struct store_dag_file *found, int64_t at_ms, struct err *err)
{
	const struct dag *dag = found->dag;
	bool changed = known == NULL || strcmp(known->hash, dag->hash) != 0;
	int64_t version_no;
	int rc;

	if (!changed && strcmp(known->file, found->file) == 0)
		return 0;
	rc = store_put_version(store, dag, found->file, &version_no, err);
	if (rc == 0)
		rc = db_run(&store->db, sql_dag_put, err, "titi", dag->id, version_no, found->file,
			    at_ms);
	if (rc == 0 && changed)
		rc = put_pools(store, dag, err);
	if (rc != 0)
		return rc;
	if (!changed)
		return put_dag_fact(store, "dag.moved", dag->id, known->file, found->file, at_ms,
				    err);
	return put_dag_fact(store, known == NULL ? "dag.new" : "dag.changed", dag->id,
			    known == NULL ? NULL : known->hash, dag->hash, at_ms, err);
}

static int remove_dag(struct store *store, const struct known_dag *known, int64_t at_ms,
		      struct err *err)
{
	int rc = db_run(&store->db, sql_dag_remove, err, "t", known->dag_id);

	if (rc == 0)
		rc = db_run(&store->db, sql_pools_remove, err, "t", known->dag_id);
	if (rc == 0)
		rc = put_dag_fact(store, "dag.removed", known->dag_id, known->hash, "removed",
				  at_ms, err);
	return rc;
}

static int put_dags(struct store *store, const struct store_dag_file *dags, size_t count,
		    int64_t at_ms, struct err *err)
{
	const struct store_dag_file **found = sort_found(dags, count);
	struct known_dags known = {{0}};
	size_t next = 0;
	int rc = read_known(store, &known, err);

	for (size_t i = 0; rc == 0 && (i < count || next < known.list.count);) {
		const struct known_dag *old =
		    next < known.list.count ? &known.list.items[next] : NULL;
		int order = old == NULL  ? -1
			    : i == count ? 1
					 : strcmp(found[i]->dag->id, old->dag_id);

		if (order > 0)
			rc = remove_dag(store, old, at_ms, err);
		else
			rc = put_dag(store, order == 0 ? old : NULL, found[i], at_ms, err);
		i += order <= 0;
		next += order >= 0;
	}
	close_known(&known);
	mem_free(found);
	return rc;
}

/* An error that was there before keeps the instant since which it is. */
static int put_errors(struct store *store, const struct dag_error *errors, size_t count,
		      int64_t at_ms, struct err *err)
{
	int64_t round = 0;
	int rc = db_get(&store->db, sql_error_round, &round, err, "");

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = db_run(&store->db, sql_error_put, err, "tiitii", errors[i].source,
			    (int64_t)errors[i].line, (int64_t)errors[i].column, errors[i].message,
			    at_ms, round);
	return rc == 0 ? db_run(&store->db, sql_errors_gone, err, "i", round) : rc;
}

int store_put_dags(struct store *store, const struct store_dag_file *dags, size_t dag_count,
		   const struct dag_error *errors, size_t error_count, uint32_t default_pool_slots,
		   int64_t at_ms, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = put_dags(store, dags, dag_count, at_ms, err);
		if (rc == 0)
			rc = put_errors(store, errors, error_count, at_ms, err);
		if (rc == 0)
			rc = db_run(&store->db, sql_pool_put, err, "tti", "", "default",
				    (int64_t)default_pool_slots);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	if (rc != 0)
		err_wrap(err, "keep the dags of the folder");
	return rc;
}

int store_each_dag(struct store *store,
		   void (*each)(void *context, const char *dag_id, const char *file), void *context,
		   struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_query(&store->db, sql_dags, &row, err, "");
	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		each(context, db_text(row, 0), db_text(row, 2));
		rc = 0;
	}
	db_reset(row);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int store_dag_text(struct store *store, const char *dag_id, struct str *text, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc;

	str_clear(text);
	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_query(&store->db, sql_dag_text, &row, err, "t", dag_id);
	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1)
		str_append_bytes(text, db_text(row, 0), (size_t)sqlite3_column_bytes(row, 0));
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "dag '%s' is not in force", dag_id);
	db_reset(row);
	pthread_mutex_unlock(&store->lock);
	return rc == 1 ? 0 : rc;
}
