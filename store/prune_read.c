/* prune_read.c - what is due to be packed and to go; see prune.h. Each question walks an index made
 * for it (schema.c), so that a home of millions of runs is asked as quickly as a small one. */
#include "store/prune.h"

#include "model/limits.h"
#include "store/prune_sql.h"
#include "store/reader.h"

#include <stdio.h>
#include <string.h>

static const char sql_unpacked[] =
    "SELECT run_no, created_at_ms, ended_at_ms, run_id FROM run INDEXED BY run_unpacked"
    " WHERE ended_at_ms IS NOT NULL AND packed_at_ms IS NULL AND pruned_at_ms IS NULL"
    " AND ended_at_ms < ?1 AND (ended_at_ms, run_no) > (?2, ?3)"
    " ORDER BY ended_at_ms, run_no LIMIT ?4";
static const char sql_attempts[] =
    "SELECT attempt_id, released_at_ms, incarnation FROM attempt"
    " WHERE run_no = ?1 AND attempt_id > ?2 ORDER BY attempt_id LIMIT ?3";
static const char sql_attempt_count[] = "SELECT count(*) FROM attempt WHERE run_no = ?1";

#define DETAILED " ended_at_ms IS NOT NULL AND pruned_at_ms IS NULL"
static const char sql_next_dag[] = "SELECT dag_id FROM run INDEXED BY run_detailed"
				   " WHERE" DETAILED " AND dag_id > ?1 ORDER BY dag_id LIMIT 1";
static const char sql_policy[] =
    "SELECT retention_ms, retention_runs FROM dag_version WHERE version_no = coalesce("
    " (SELECT version_no FROM dag WHERE dag_id = ?1),"
    " (SELECT max(version_no) FROM dag_version WHERE dag_id = ?1))";
static const char sql_nth[] = "SELECT ended_at_ms, run_no FROM run INDEXED BY run_detailed"
			      " WHERE" DETAILED " AND dag_id = ?1"
			      " ORDER BY ended_at_ms DESC, run_no DESC LIMIT 1 OFFSET ?2";
static const char sql_due[] =
    "SELECT run_no, created_at_ms, ended_at_ms, run_id FROM run INDEXED BY run_detailed"
    " WHERE" DETAILED " AND dag_id = ?1 AND (ended_at_ms, run_no) > (?2, ?3)"
    " AND (ended_at_ms, run_no) < (?4, ?5) ORDER BY ended_at_ms, run_no LIMIT ?6";
static const char sql_clearing[] =
    "SELECT run_no, created_at_ms, ended_at_ms, run_id FROM run INDEXED BY run_clearing"
    " WHERE is_clearing = 1 AND run_no > ?1 ORDER BY run_no LIMIT ?2";
static const char sql_versions[] =
    "SELECT v.version_no, u.since_ms, length(v.text) FROM dag_version v"
    " LEFT JOIN version_unused u USING (version_no)"
    " WHERE v.version_no > ?1 AND " PRUNE_UNUSED " ORDER BY v.version_no LIMIT ?2";

static const char sql_artifacts[] =
    "SELECT coalesce(sum(artifact_files), 0), coalesce(sum(artifact_bytes), 0) FROM run";
static const char sql_find_run[] =
    "SELECT pruned_at_ms IS NOT NULL AND is_clearing IS NULL FROM run WHERE run_id = ?1";
static const char sql_find_attempt[] =
    "SELECT 1 FROM attempt WHERE attempt_id = ?1 AND incarnation = ?2";
static const char sql_oldest[] =
    "SELECT coalesce(min(created_at_ms), 9223372036854775807) FROM run INDEXED BY run_active"
    " WHERE ended_at_ms IS NULL";

/* Files are named by ids, and removed by those names: one that is none of ours, as in a home that
 * came out of somebody's hands, must not lead out of its folder. */
static int check_name(const char *name, const char *what, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789";

	if (name[0] != '\0' && name[strspn(name, letters)] == '\0')
		return 0;
	return err_set(err, ERR_CORRUPT, "the database has a %s '%.64s', which is no name of ours",
		       what, name);
}

/* Takes the rows of a query of runs. */
static int take_runs(struct store_reader *reader, sqlite3_stmt *row, struct prune_run *runs,
		     size_t max, size_t *count, struct err *err)
{
	int rc = 0;

	*count = 0;
	while (*count < max && (rc = reader_step(reader, row, err)) == 1) {
		struct prune_run *run = &runs[(*count)++];

		run->run_no = sqlite3_column_int64(row, 0);
		run->created_at_ms = sqlite3_column_int64(row, 1);
		run->ended_at_ms = sqlite3_column_int64(row, 2);
		snprintf(run->run_id, sizeof run->run_id, "%s", db_text(row, 3));
		rc = check_name(run->run_id, "run", err);
		if (rc != 0)
			break;
	}
	return rc < 0 ? rc : 0;
}

int prune_read_unpacked(struct store_reader *reader, int64_t before_ms,
			const struct prune_run *after, struct prune_run *runs, size_t max,
			size_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_unpacked, &row, err, "iiii", before_ms,
			      after->ended_at_ms, after->run_no, (int64_t)max);

	if (rc == 0)
		rc = take_runs(reader, row, runs, max, count, err);
	db_reset(row);
	return rc;
}

int prune_read_attempts(struct store_reader *reader, int64_t run_no, int64_t after,
			struct prune_attempt *attempts, size_t max, size_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_attempts, &row, err, "iii", run_no, after, (int64_t)max);

	*count = 0;
	while (rc == 0 && *count < max && (rc = reader_step(reader, row, err)) == 1) {
		struct prune_attempt *attempt = &attempts[(*count)++];

		attempt->attempt_id = sqlite3_column_int64(row, 0);
		attempt->released_at_ms = sqlite3_column_int64(row, 1);
		snprintf(attempt->incarnation, sizeof attempt->incarnation, "%s", db_text(row, 2));
		rc = check_name(attempt->incarnation, "incarnation", err);
	}
	db_reset(row);
	return rc;
}

int prune_count_attempts(struct store_reader *reader, int64_t run_no, size_t *count,
			 struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_attempt_count, &row, err, "i", run_no);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	*count = rc == 1 ? (size_t)sqlite3_column_int64(row, 0) : 0;
	db_reset(row);
	return rc < 0 ? rc : 0;
}

/* --- past retention -----------------------------------------------------------------------------
 */

/* Comes to the next dag that has runs with detail. */
static int next_dag(struct store_reader *reader, struct prune_walk *walk, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_next_dag, &row, err, "t", walk->dag_id);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	walk->is_over = rc == 0;
	walk->is_inside = rc == 1;
	if (rc == 1) {
		char dag_id[sizeof walk->dag_id];

		snprintf(dag_id, sizeof dag_id, "%s", db_text(row, 0));
		db_reset(row);
		memcpy(walk->dag_id, dag_id, sizeof dag_id);
		walk->after_ms = walk->after_run_no = 0;
		return 0;
	}
	db_reset(row);
	return rc;
}

static int read_policy(struct store_reader *reader, const char *dag_id, int64_t *kept_ms,
		       int64_t *kept_runs, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_policy, &row, err, "t", dag_id);

	*kept_ms = *kept_runs = 0;
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		*kept_ms = sqlite3_column_int64(row, 0);
		*kept_runs = sqlite3_column_int64(row, 1);
	}
	db_reset(row);
	if (*kept_ms == 0 && *kept_runs == 0)
		*kept_ms = DEFAULT_RETENTION_MS;
	return rc < 0 ? rc : 0;
}

/* Where the newest runs begin, of which so many are kept; before all when there are fewer. */
static int find_nth(struct store_reader *reader, struct prune_walk *walk, int64_t kept_runs,
		    struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_nth, &row, err, "ti", walk->dag_id, kept_runs - 1);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	walk->until_ms = rc == 1 ? sqlite3_column_int64(row, 0) : 0;
	walk->until_run_no = rc == 1 ? sqlite3_column_int64(row, 1) : 0;
	db_reset(row);
	return rc < 0 ? rc : 0;
}

/* As the dag's file would say it. */
static void write_span(int64_t span_ms, char text[32])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	while (span_ms % units[i].ms != 0)
		i++;
	snprintf(text, 32, "%lld%s", (long long)(span_ms / units[i].ms), units[i].unit);
}

static int find_limit(struct store_reader *reader, int64_t now_ms, struct prune_walk *walk,
		      struct err *err)
{
	int64_t kept_ms;
	int64_t kept_runs;
	int rc = read_policy(reader, walk->dag_id, &kept_ms, &kept_runs, err);

	if (rc != 0)
		return rc;
	if (kept_runs > 0) {
		snprintf(walk->retention, sizeof walk->retention, "{runs: %lld}",
			 (long long)kept_runs);
		return find_nth(reader, walk, kept_runs, err);
	}
	write_span(kept_ms, walk->retention);
	walk->until_ms = now_ms - kept_ms;
	walk->until_run_no = 0;
	return 0;
}

int prune_read_due(struct store_reader *reader, int64_t now_ms, struct prune_walk *walk,
		   struct prune_run *runs, size_t max, size_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = 0;

	*count = 0;
	if (!walk->is_inside) {
		rc = next_dag(reader, walk, err);
		if (rc == 0 && walk->is_inside)
			rc = find_limit(reader, now_ms, walk, err);
	}
	if (rc != 0 || walk->is_over)
		return rc;
	rc = reader_query(reader, sql_due, &row, err, "tiiiii", walk->dag_id, walk->after_ms,
			  walk->after_run_no, walk->until_ms, walk->until_run_no, (int64_t)max);
	if (rc == 0)
		rc = take_runs(reader, row, runs, max, count, err);
	db_reset(row);
	walk->is_inside = rc == 0 && *count == max;
	if (*count > 0) {
		walk->after_ms = runs[*count - 1].ended_at_ms;
		walk->after_run_no = runs[*count - 1].run_no;
	}
	return rc;
}

int prune_read_clearing(struct store_reader *reader, int64_t after_run_no, struct prune_run *runs,
			size_t max, size_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_clearing, &row, err, "ii", after_run_no, (int64_t)max);

	if (rc == 0)
		rc = take_runs(reader, row, runs, max, count, err);
	db_reset(row);
	return rc;
}

int prune_read_versions(struct store_reader *reader, int64_t after, struct prune_version *versions,
			size_t max, size_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_versions, &row, err, "ii", after, (int64_t)max);

	*count = 0;
	while (rc == 0 && *count < max && (rc = reader_step(reader, row, err)) == 1) {
		struct prune_version *version = &versions[(*count)++];

		version->version_no = sqlite3_column_int64(row, 0);
		version->unused_since_ms = sqlite3_column_int64(row, 1);
		version->bytes = sqlite3_column_int64(row, 2);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* --- whose a file is ----------------------------------------------------------------------------
 */

/* One row of two numbers at most. *is_known: there is one. */
static int take_numbers(struct store_reader *reader, sqlite3_stmt *row, bool *is_known,
			int64_t *first, int64_t *second, struct err *err)
{
	int rc = reader_step(reader, row, err);

	*is_known = rc == 1;
	if (rc == 1 && first != NULL)
		*first = sqlite3_column_int64(row, 0);
	if (rc == 1 && second != NULL)
		*second = sqlite3_column_int64(row, 1);
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int prune_read_artifacts(struct store_reader *reader, int64_t *files, int64_t *bytes,
			 struct err *err)
{
	sqlite3_stmt *row;
	bool is_known;
	int rc = reader_query(reader, sql_artifacts, &row, err, "");

	return rc == 0 ? take_numbers(reader, row, &is_known, files, bytes, err) : rc;
}

int prune_find_run(struct store_reader *reader, const char *run_id, bool *is_known,
		   bool *is_cleared, struct err *err)
{
	sqlite3_stmt *row;
	int64_t cleared = 0;
	int rc = reader_query(reader, sql_find_run, &row, err, "t", run_id);

	if (rc == 0)
		rc = take_numbers(reader, row, is_known, &cleared, NULL, err);
	*is_cleared = cleared != 0;
	return rc;
}

int prune_find_attempt(struct store_reader *reader, int64_t attempt_id, const char *incarnation,
		       bool *is_known, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_find_attempt, &row, err, "it", attempt_id, incarnation);

	return rc == 0 ? take_numbers(reader, row, is_known, NULL, NULL, err) : rc;
}

int prune_read_oldest(struct store_reader *reader, int64_t *created_at_ms, struct err *err)
{
	sqlite3_stmt *row;
	bool is_known;
	int rc = reader_query(reader, sql_oldest, &row, err, "");

	return rc == 0 ? take_numbers(reader, row, &is_known, created_at_ms, NULL, err) : rc;
}
