/* dags.c - what is known of the dag folder: the dags in force, its errors, the pools.
 *
 * Both the dags found and those in force are walked in the order of their ids, side by side; what
 * did not change is not written, so that a start with the folder of yesterday writes nothing. */
#include "store/amend.h"
#include "store/core.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static const char sql_dags[] =
    "SELECT d.dag_id, v.hash, d.file FROM dag d JOIN dag_version v USING (version_no)"
    " ORDER BY d.dag_id";
/* Below 0: it is noted as of no use, or under another file's name. */
static const char sql_version_find[] =
    "SELECT iif(file = ?2 AND NOT EXISTS (SELECT 1 FROM version_unused u"
    " WHERE u.version_no = v.version_no), version_no, -version_no)"
    " FROM dag_version v WHERE hash = ?1 AND text <> ''";
static const char sql_version_used[] = "DELETE FROM version_unused WHERE version_no = ?1";
static const char sql_version_file[] =
    "UPDATE dag_version SET file = ?2 WHERE version_no = ?1 AND file <> ?2";
/* Of the first time that it came into force. */
static const char sql_version_git[] =
    "UPDATE dag_version SET git_commit = ?2 WHERE version_no = ?1 AND git_commit IS NULL";
static const char sql_version_dirty[] =
    "UPDATE dag_version SET git_dirty = ?3 WHERE git_commit = ?1 AND git_dirty IS NULL"
    " AND version_no IN (SELECT version_no FROM dag WHERE since_ms = ?2)";
static const char sql_dag_seen[] =
    "SELECT count(*) FROM fact WHERE dag_id = ?1 AND kind = 'dag.new'";
static const char sql_dag_put[] =
    "INSERT INTO dag (dag_id, version_no, file, since_ms, last_run_no) VALUES (?1, ?2, ?3, ?4,"
    "  coalesce((SELECT max(run_no) FROM run WHERE dag_id = ?1), 0))"
    " ON CONFLICT (dag_id) DO UPDATE SET version_no = ?2, file = ?3,"
    " since_ms = iif(version_no = ?2, since_ms, ?4)";
static const char sql_dag_remove[] = "DELETE FROM dag WHERE dag_id = ?1";
static const char sql_pools_remove[] = "DELETE FROM pool WHERE dag_id = ?1";
static const char sql_pools_put[] =
    "INSERT INTO pool (dag_id, name, slots) SELECT ?2, name, slots FROM dag_version_pool"
    "  WHERE version_no = ?1 AND domain = ''";
static const char sql_pool_put[] =
    "INSERT INTO pool (dag_id, name, slots) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (dag_id, domain, name) DO UPDATE SET slots = ?3 WHERE slots <> ?3";
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

static const char *id_of(const struct store_dag_file *found)
{
	return found->dag != NULL ? found->dag->id : found->dag_id;
}

static const char *hash_of(const struct store_dag_file *found)
{
	return found->dag != NULL ? found->dag->hash : found->hash;
}

static int by_id(const void *a, const void *b)
{
	const struct store_dag_file *const *left = a;
	const struct store_dag_file *const *right = b;

	return strcmp(id_of(*left), id_of(*right));
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

/* The first time that the home sees it, and never again: who removed its file and put it back, or
 * resumed it, has the last word. Written with the dag itself, so that no start lies between. */
static int pause_newcomer(struct store *store, const char *dag_id, int64_t at_ms, struct err *err)
{
	struct change change = {.kind = CHANGE_DAG_PAUSE,
				.at_ms = at_ms,
				.actor = "folder",
				.why = "start_paused",
				.dag_pause = {.dag_id = dag_id, .is_paused = true}};
	int64_t seen = 0;
	int rc = db_get(&store->db, sql_dag_seen, &seen, err, "t", dag_id);

	return rc != 0 || seen > 0 ? rc : amend_pause(store, &change, err);
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

static int find_version(struct store *store, const struct store_dag_file *found,
			int64_t *version_no, struct err *err)
{
	int rc;

	if (found->dag != NULL)
		return store_put_version(store, found->dag, found->file, version_no, err);
	rc = db_get(&store->db, sql_version_find, version_no, err, "tt", found->hash, found->file);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, rc, "version '%s' of dag '%s' is not kept", found->hash,
			       found->dag_id);
	if (rc != 0 || *version_no > 0)
		return rc;
	*version_no = -*version_no;
	rc = db_run(&store->db, sql_version_used, err, "i", *version_no);
	if (rc == 0)
		rc = db_run(&store->db, sql_version_file, err, "it", *version_no, found->file);
	return rc;
}

/* A dag that is not in force has no pools. */
static int put_version_rows(struct store *store, const struct store_dag_file *found, bool is_new,
			    int64_t version_no, struct err *err)
{
	int rc = is_new ? 0 : db_run(&store->db, sql_pools_remove, err, "t", id_of(found));

	if (rc == 0)
		rc = db_run(&store->db, sql_pools_put, err, "it", version_no, id_of(found));
	if (rc == 0 && found->git_commit != NULL)
		rc = db_run(&store->db, sql_version_git, err, "it", version_no, found->git_commit);
	return rc;
}

/* A dag that is new (known NULL), changed or moved. */
static int put_dag(struct store *store, const struct known_dag *known,
		   const struct store_dag_file *found, int64_t at_ms, bool *any, struct err *err)
{
	bool changed = known == NULL || strcmp(known->hash, hash_of(found)) != 0;
	int64_t version_no;
	int rc;

	if (!changed && strcmp(known->file, found->file) == 0)
		return 0;
	rc = find_version(store, found, &version_no, err);
	if (rc == 0)
		rc = db_run(&store->db, sql_dag_put, err, "titi", id_of(found), version_no,
			    found->file, at_ms);
	if (rc == 0 && changed)
		rc = put_version_rows(store, found, known == NULL, version_no, err);
	if (rc != 0)
		return rc;
	*any = true;
	if (known == NULL && found->start_paused)
		rc = pause_newcomer(store, id_of(found), at_ms, err);
	if (rc != 0)
		return rc;
	if (!changed)
		return put_dag_fact(store, "dag.moved", id_of(found), known->file, found->file,
				    at_ms, err);
	return put_dag_fact(store, known == NULL ? "dag.new" : "dag.changed", id_of(found),
			    known == NULL ? NULL : known->hash, hash_of(found), at_ms, err);
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
		    int64_t at_ms, bool *any, struct err *err)
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
					 : strcmp(id_of(found[i]), old->dag_id);

		if (order > 0)
			rc = remove_dag(store, old, at_ms, err);
		else
			rc = put_dag(store, order == 0 ? old : NULL, found[i], at_ms, any, err);
		*any |= order > 0;
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

static int put_folder(struct store *store, const struct store_folder *folder, struct err *err)
{
	bool any = false;
	int rc = put_dags(store, folder->dags, folder->dag_count, folder->at_ms, &any, err);

	if (rc == 0)
		rc = store_put_pools(store, folder, any, err);
	if (rc == 0)
		rc = store_put_version_list(store, folder->refused, folder->refused_count, err);
	if (rc == 0)
		rc = put_errors(store, folder->errors, folder->error_count, folder->at_ms, err);
	if (rc == 0)
		rc = db_run(&store->db, sql_pool_put, err, "tti", "", "default",
			    (int64_t)folder->default_pool_slots);
	if (rc == 0)
		rc = store_put_dag_files(store, folder, err);
	return rc;
}

int store_put_folder(struct store *store, const struct store_folder *folder, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = put_folder(store, folder, err);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	if (rc != 0)
		err_wrap(err, "keep the dags of the folder");
	return rc;
}

int store_note_dirty(struct store *store, const char *git_commit, int64_t since_ms, bool is_dirty,
		     struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = db_run(&store->db, sql_version_dirty, err, "tii", git_commit, since_ms,
			    (int64_t)is_dirty);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	if (rc != 0)
		err_wrap(err, "note whether the work tree held changes");
	return rc;
}

int store_put_dags(struct store *store, const struct store_dag_file *dags, size_t dag_count,
		   const struct dag_error *errors, size_t error_count, uint32_t default_pool_slots,
		   int64_t at_ms, struct err *err)
{
	struct store_folder folder = {.dags = dags,
				      .dag_count = dag_count,
				      .errors = errors,
				      .error_count = error_count,
				      .default_pool_slots = default_pool_slots,
				      .at_ms = at_ms};

	return store_put_folder(store, &folder, err);
}

int store_each_dag(struct store *store,
		   void (*each)(void *context, const char *dag_id, const char *file,
				const char *hash),
		   void *context, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_query(&store->db, sql_dags, &row, err, "");
	while (rc == 0 && (rc = db_step(&store->db, row, err)) == 1) {
		each(context, db_text(row, 0), db_text(row, 2), db_text(row, 1));
		rc = 0;
	}
	db_reset(row);
	pthread_mutex_unlock(&store->lock);
	return rc;
}
