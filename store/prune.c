/* prune.c - the rows that go; see prune.h. */
#include "store/prune.h"

#include "store/amend.h"
#include "store/core.h"
#include "store/prune_sql.h"

static const char sql_prune[] = "UPDATE run SET pruned_at_ms = ?2, is_clearing = 1"
				" WHERE run_no = ?1 AND ended_at_ms = ?3 AND pruned_at_ms IS NULL";
static const char sql_keep_names[] =
    "UPDATE dag_version SET keeps_names = 1 WHERE keeps_names = 0"
    " AND version_no = (SELECT version_no FROM run WHERE run_no = ?1)";

static const char sql_pack[] = "UPDATE run SET pack_bytes = ?2, artifact_files = ?3,"
			       " artifact_bytes = ?4 WHERE run_no = ?1 AND pruned_at_ms IS NULL";
static const char sql_packed[] =
    "UPDATE run SET packed_at_ms = ?2 WHERE run_no = ?1 AND ended_at_ms = ?3";

static const char sql_attempts_gone[] =
    "DELETE FROM attempt WHERE attempt_id IN (SELECT attempt_id FROM attempt"
    " WHERE run_no = ?1 AND attempt_id <= ?2 ORDER BY attempt_id LIMIT ?3)";
static const char sql_attempts_taken[] =
    "UPDATE home SET last_attempt_id = max(last_attempt_id,"
    " coalesce((SELECT max(attempt_id) FROM attempt WHERE run_no = ?1 AND attempt_id <= ?2), 0))";
static const char sql_outputs_gone[] = "DELETE FROM output WHERE rowid IN"
				       " (SELECT rowid FROM output WHERE run_no = ?1 LIMIT ?2)";
static const char sql_tasks_gone[] = "DELETE FROM task_instance WHERE run_no = ?1 AND task IN"
				     " (SELECT task FROM task_instance WHERE run_no = ?1 LIMIT ?2)";
static const char sql_left[] = "SELECT EXISTS (SELECT 1 FROM attempt WHERE run_no = ?1)"
			       " OR EXISTS (SELECT 1 FROM output WHERE run_no = ?1)"
			       " OR EXISTS (SELECT 1 FROM task_instance WHERE run_no = ?1)";
static const char sql_cleared[] =
    "UPDATE run SET is_clearing = NULL, params = NULL, outcome = NULL, deadline_wall_ms = NULL,"
    " deadline_boot_ms = NULL, packed_at_ms = NULL, pack_bytes = NULL, artifact_files = NULL,"
    " artifact_bytes = NULL WHERE run_no = ?1";

static const char sql_unused[] = "SELECT count(*) FROM dag_version v"
				 " WHERE v.version_no = ?1 AND " PRUNE_UNUSED;
static const char sql_note_unused[] =
    "INSERT OR IGNORE INTO version_unused (version_no, since_ms) VALUES (?1, ?2)";
static const char sql_note_gone[] = "DELETE FROM version_unused WHERE version_no = ?1";
static const char sql_text_bytes[] = "SELECT length(text) FROM dag_version WHERE version_no = ?1";
static const char sql_text_gone[] = "UPDATE dag_version SET text = '' WHERE version_no = ?1";
static const char sql_content_bytes[] =
    "SELECT coalesce(sum(length(c.text)), 0) FROM content c WHERE c.hash IN"
    " (SELECT hash FROM dag_version_file WHERE version_no = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM dag_version_file f WHERE f.hash = c.hash"
    "  AND f.version_no <> ?1)";
static const char sql_content_gone[] =
    "DELETE FROM content WHERE hash IN (SELECT hash FROM dag_version_file WHERE version_no = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM dag_version_file f WHERE f.hash = content.hash"
    "  AND f.version_no <> ?1)";
static const char sql_files_gone[] = "DELETE FROM dag_version_file WHERE version_no = ?1";
static const char sql_pools_gone[] = "DELETE FROM dag_version_pool WHERE version_no = ?1";
/* All of it, when no fact speaks of its tasks. */
static const char sql_version_gone[] =
    "DELETE FROM dag_version WHERE version_no = ?1 AND keeps_names = 0"
    " AND NOT EXISTS (SELECT 1 FROM run_version WHERE version_no = ?1)";
static const char sql_names_gone[] =
    "DELETE FROM dag_version_task WHERE version_no = ?1"
    " AND NOT EXISTS (SELECT 1 FROM dag_version WHERE version_no = ?1)";

/* --- the change ---------------------------------------------------------------------------------
 */

int amend_prune(struct store *store, const struct change *change, struct err *err)
{
	struct fact fact = store_fact_of(change, "run.prune", NULL, "pruned");
	int rc = db_run(&store->db, sql_prune, err, "iii", change->run_no, change->at_ms,
			change->run_prune.ended_at_ms);

	/* One that goes on, whoever believes otherwise, keeps what it has. */
	if (rc != 0 || sqlite3_changes(store->db.handle) == 0)
		return rc;
	rc = db_run(&store->db, sql_keep_names, err, "i", change->run_no);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

/* --- transactions -------------------------------------------------------------------------------
 */

static int begin(struct store *store, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc != 0)
		pthread_mutex_unlock(&store->lock);
	return rc;
}

/* Nobody else carries the log over while nothing but this is written. */
static int end(struct store *store, int rc, const char *what, struct err *err)
{
	rc = store_end_once(store, rc, err);
	pthread_mutex_unlock(&store->lock);
	if (rc == 0)
		store_tidy(store);
	else
		err_wrap(err, "%s", what);
	return rc;
}

int store_note_packs(struct store *store, const struct prune_pack *packs, size_t count,
		     struct err *err)
{
	int rc = begin(store, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = db_run(&store->db, sql_pack, err, "inii", packs[i].run_no, packs[i].pack_bytes,
			    packs[i].artifact_files, packs[i].artifact_bytes);
	return end(store, rc, "note packed logs", err);
}

int store_note_packed(struct store *store, const struct prune_pack *packs, size_t count,
		      int64_t now_ms, struct err *err)
{
	int rc = begin(store, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = db_run(&store->db, sql_packed, err, "iii", packs[i].run_no, now_ms,
			    packs[i].ended_at_ms);
	return end(store, rc, "note packed logs", err);
}

/* --- runs ---------------------------------------------------------------------------------------
 */

/* Runs a statement that removes, and takes what it removed from *rows. */
static int remove_some(struct store *store, const char *sql, int64_t run_no, int64_t *rows,
		       int64_t *removed, struct err *err)
{
	int rc = *rows > 0 ? db_run(&store->db, sql, err, "ii", run_no, *rows) : 0;
	int64_t count = rc == 0 && *rows > 0 ? sqlite3_changes(store->db.handle) : 0;

	*rows -= count;
	*removed += count;
	return rc;
}

static int remove_attempts(struct store *store, const struct prune_clear *run, int64_t *rows,
			   int64_t *removed, struct err *err)
{
	int rc =
	    db_run(&store->db, sql_attempts_taken, err, "ii", run->run_no, run->through_attempt_id);
	int64_t count;

	if (rc == 0)
		rc = db_run(&store->db, sql_attempts_gone, err, "iii", run->run_no,
			    run->through_attempt_id, *rows);
	if (rc != 0)
		return rc;
	count = sqlite3_changes(store->db.handle);
	*rows -= count;
	*removed += count;
	return 0;
}

static int finish_run(struct store *store, int64_t run_no, struct prune_counts *counts,
		      struct err *err)
{
	int64_t left = 0;
	int rc = db_get(&store->db, sql_left, &left, err, "i", run_no);

	if (rc != 0 || left != 0)
		return rc;
	counts->runs++;
	return db_run(&store->db, sql_cleared, err, "i", run_no);
}

static int clear_run(struct store *store, const struct prune_clear *run, int64_t *rows,
		     struct prune_counts *counts, struct err *err)
{
	int rc = remove_attempts(store, run, rows, &counts->attempts, err);

	if (rc != 0 || !run->is_whole)
		return rc;
	rc = remove_some(store, sql_outputs_gone, run->run_no, rows, &counts->outputs, err);
	if (rc == 0)
		rc = remove_some(store, sql_tasks_gone, run->run_no, rows, &counts->tasks, err);
	return rc == 0 ? finish_run(store, run->run_no, counts, err) : rc;
}

int store_clear_runs(struct store *store, const struct prune_clear *runs, size_t count,
		     size_t max_rows, struct prune_counts *counts, struct err *err)
{
	struct prune_counts before = *counts;
	int64_t rows = (int64_t)max_rows;
	int rc = begin(store, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count && rows > 0; i++)
		rc = clear_run(store, &runs[i], &rows, counts, err);
	rc = end(store, rc, "clear pruned runs", err);
	if (rc != 0)
		*counts = before;
	return rc;
}

/* --- versions -----------------------------------------------------------------------------------
 */

static int count_bytes(struct store *store, int64_t version_no, int64_t *bytes, struct err *err)
{
	int64_t text = 0;
	int64_t contents = 0;
	int rc = db_get(&store->db, sql_text_bytes, &text, err, "i", version_no);

	if (rc == 0)
		rc = db_get(&store->db, sql_content_bytes, &contents, err, "i", version_no);
	*bytes += text + contents;
	return rc;
}

static int remove_version(struct store *store, int64_t version_no, struct prune_counts *counts,
			  struct err *err)
{
	static const char *const removals[] = {sql_content_gone, sql_files_gone,   sql_pools_gone,
					       sql_text_gone,    sql_version_gone, sql_names_gone,
					       sql_note_gone};
	int rc = count_bytes(store, version_no, &counts->version_bytes, err);

	for (size_t i = 0; rc == 0 && i < sizeof removals / sizeof removals[0]; i++)
		rc = db_run(&store->db, removals[i], err, "i", version_no);
	counts->versions++;
	return rc;
}

static int judge_version(struct store *store, const struct prune_version *version, int64_t now_ms,
			 int64_t before_ms, struct prune_counts *counts, struct err *err)
{
	int64_t is_unused = 0;
	int rc = db_get(&store->db, sql_unused, &is_unused, err, "i", version->version_no);

	if (rc != 0 || !is_unused)
		return rc;
	/* Taken up and let go of since: it was noted anew, or is not noted. */
	if (version->unused_since_ms == 0 || version->unused_since_ms > before_ms)
		return db_run(&store->db, sql_note_unused, err, "ii", version->version_no, now_ms);
	return remove_version(store, version->version_no, counts, err);
}

int store_prune_versions(struct store *store, const struct prune_version *versions, size_t count,
			 int64_t now_ms, int64_t before_ms, struct prune_counts *counts,
			 struct err *err)
{
	struct prune_counts before = *counts;
	int rc = begin(store, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = judge_version(store, &versions[i], now_ms, before_ms, counts, err);
	rc = end(store, rc, "prune versions", err);
	if (rc != 0)
		*counts = before;
	return rc;
}
