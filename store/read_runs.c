/* read_runs.c - questions about runs, their tasks, attempts and facts; see read.h.
 *
 * Every query walks an index from the rows that are asked for: none reads what it does not show,
 * but for the state of a run's tasks. */
#include "store/reader.h"

#include "model/change.h"
#include "store/words.h"

#include <stdio.h>
#include <string.h>

/* "g" comes after every hex digit, so the range holds all ids that begin so. */
static const char sql_run_id[] =
    "SELECT run_id FROM run WHERE run_id >= ?1 AND run_id < ?1 || 'g' ORDER BY run_id LIMIT 2";
static const char sql_run_ids[] =
    "SELECT run_id, dag_id FROM run WHERE run_id >= ?1 AND run_id < ?1 || 'g'"
    " ORDER BY run_id LIMIT ?2";
static const char sql_latest[] =
    "SELECT run_id FROM run WHERE dag_id = ?1 ORDER BY run_no DESC LIMIT 1";
static const char sql_by_key[] =
    "SELECT run_id FROM run WHERE dag_id = ?1 AND source = ?2 AND key = ?3";

#define SELECT_RUN                                                                          \
	"SELECT r.run_no, r.run_id, r.dag_id, v.hash, r.key, r.source, r.state, r.reason,"  \
	" r.created_at_ms, r.ended_at_ms,"                                                  \
	" (SELECT max(fact_no) FROM fact WHERE run_no = r.run_no), r.task_count, r.params," \
	" r.period_id, r.period_start_ms, r.period_end_ms, r.started_at_ms,"                \
	" r.pruned_at_ms, r.start_at_ms, r.is_forced"                                       \
	" FROM run r JOIN dag_version v USING (version_no)"
/* What runs have of their version is looked up for words that look at it alone. */
#define OF_VERSION(text, column)         \
	" iif(?7 & " READER_WORDS_##text \
	    ", (SELECT " column " FROM dag_version WHERE version_no = r.version_no), NULL)"
/* The wall clock may have been set back, so that instants and numbers need not agree: the first
 * number at or after the instant bounds the walk, the instant itself decides. */
#define IN_PAGE                                                                              \
	" r.run_no < ?1 AND r.run_no >= ?2 AND r.created_at_ms >= ?3"                        \
	" AND (?7 = 0 OR words_fit(?8, r.dag_id," OF_VERSION(OWNER, "owner") "," OF_VERSION( \
	    DOMAIN, "domain") "," OF_VERSION(TAG, "tags") ", r.state, r.run_id, r.source, "  \
							  "r.period_id, r.reason, NULL))"    \
							  " ORDER BY r.run_no DESC LIMIT ?4"

static const char sql_run[] = SELECT_RUN " WHERE r.run_id = ?1";
static const char sql_runs[] = SELECT_RUN " WHERE" IN_PAGE;
static const char sql_runs_dag[] = SELECT_RUN " WHERE r.dag_id = ?5 AND" IN_PAGE;
static const char sql_runs_state[] = SELECT_RUN " WHERE r.state = ?6 AND" IN_PAGE;
static const char sql_runs_both[] = SELECT_RUN " WHERE r.dag_id = ?5 AND r.state = ?6 AND" IN_PAGE;

#define BOUND(where) \
	"SELECT run_no FROM run WHERE run_no < ?1" where " ORDER BY run_no DESC LIMIT 1 OFFSET ?2"
static const char sql_bound[] = BOUND("");
static const char sql_bound_dag[] = BOUND(" AND dag_id = ?3");
static const char sql_bound_state[] = BOUND(" AND state = ?4");
static const char sql_bound_both[] = BOUND(" AND dag_id = ?3 AND state = ?4");
/* Of the runs from one on that has newest_at_ms, all before were created earlier. */
static const char sql_first_since[] =
    "SELECT run_no FROM run WHERE newest_at_ms >= ?1 ORDER BY newest_at_ms, run_no LIMIT 1";

static const char sql_tasks[] =
    "SELECT t.task, n.task_id, t.state, t.reason, a.number,"
    /* How it started is on disk only when it has ended; until then, when it was released. What was
     * reset since has not started. */
    " iif(a.number <= t.attempts_before, NULL,"
    "  iif(a.ended_at_ms IS NULL, a.released_at_ms, a.started_at_ms)),"
    /* The attempt's end, where that ended the task. */
    " iif(t.ended_at_ms IS NOT NULL AND t.state IN ('success', 'failed', 'skipped')"
    "  AND a.number > t.attempts_before,"
    "     coalesce(a.ended_at_ms, t.ended_at_ms), t.ended_at_ms),"
    " iif(t.state = 'up_for_retry', t.due_wall_ms, 0)"
    " FROM task_instance t JOIN run r ON r.run_no = t.run_no"
    " JOIN dag_version_task n ON n.version_no = r.version_no AND n.task = t.task"
    " LEFT JOIN attempt a ON a.attempt_id ="
    "  (SELECT attempt_id FROM attempt WHERE run_no = t.run_no AND task = t.task"
    "   ORDER BY number DESC LIMIT 1)"
    " WHERE t.run_no = ?1 AND (?2 IS NULL OR t.state = ?2) ORDER BY t.task";

#define SELECT_ATTEMPT                                                                            \
	"SELECT a.attempt_id, a.task, n.task_id, a.number, a.state, a.released_at_ms,"            \
	" a.started_at_ms, a.ended_at_ms, a.duration_ms, a.exit_code, a.signal, a.max_rss_bytes," \
	" a.cpu_user_us, a.cpu_system_us, a.log_bytes, a.log_dropped_bytes, a.log_dropped_lines," \
	" a.reason, a.incarnation, a.scripts"                                                     \
	" FROM attempt a JOIN run r ON r.run_no = a.run_no"                                       \
	" JOIN dag_version_task n ON n.version_no = r.version_no AND n.task = a.task"

static const char sql_attempts[] =
    SELECT_ATTEMPT " WHERE a.run_no = ?1 AND (?2 = 0 OR a.number = ?2)"
		   " ORDER BY a.task, a.number";
static const char sql_task_attempts[] =
    SELECT_ATTEMPT " WHERE a.run_no = ?1 AND (?2 = 0 OR a.number = ?2) AND a.task ="
		   "  (SELECT task FROM dag_version_task WHERE version_no ="
		   "    (SELECT version_no FROM run WHERE run_no = ?1) AND task_id = ?3)"
		   " ORDER BY a.number";

static const char sql_scripts[] =
    SELECT_ATTEMPT " WHERE a.run_no = ?1 AND a.scripts IS NOT NULL AND a.number ="
		   "  (SELECT max(number) FROM attempt WHERE run_no = a.run_no AND task = a.task)"
		   " ORDER BY a.task";

/* Tasks that the version does not have any more with which the run goes on: those of its former
 * versions, behind all others. Their attempts stand below 0 (amend.c): -1 - position - 100,000
 * times the fact that ended the version. */
#define IS_GONE                                                            \
	" NOT IN (SELECT task_id FROM dag_version_task WHERE version_no =" \
	"  (SELECT version_no FROM run WHERE run_no = ?1))"
#define GONE_POSITION(until_fact, task)                                     \
	" 100000 * (SELECT count(*) FROM run_version x WHERE x.run_no = ?1" \
	"  AND x.until_fact >= " until_fact ") + " task

static const char sql_gone_tasks[] = "SELECT" GONE_POSITION(
    "g.fact",
    "g.task") ", g.task_id, 'removed',"
	      " 'the version that the run goes on with does not have it', a.number, "
	      "a.started_at_ms,"
	      " a.ended_at_ms, 0"
	      " FROM (SELECT max(h.until_fact) AS fact, o.task AS task, o.task_id AS task_id"
	      "  FROM run_version h JOIN dag_version_task o USING (version_no)"
	      "  WHERE h.run_no = ?1 AND o.task_id" IS_GONE " GROUP BY o.task_id) g"
	      " LEFT JOIN attempt a ON a.attempt_id = (SELECT attempt_id FROM attempt"
	      "  WHERE run_no = ?1 AND task = -1 - g.task - 100000 * g.fact ORDER BY number DESC "
	      "LIMIT 1)"
	      " WHERE ?2 IS NULL OR ?2 = 'removed' ORDER BY 1";

static const char sql_gone_attempts[] = "SELECT a.attempt_id," GONE_POSITION(
    "h.until_fact",
    "n.task") ", n.task_id, a.number, a.state, a.released_at_ms,"
	      " a.started_at_ms, a.ended_at_ms, a.duration_ms, a.exit_code, a.signal, "
	      "a.max_rss_bytes,"
	      " a.cpu_user_us, a.cpu_system_us, a.log_bytes, a.log_dropped_bytes, "
	      "a.log_dropped_lines,"
	      " a.reason, a.incarnation, a.scripts"
	      " FROM attempt a"
	      " JOIN run_version h ON h.run_no = a.run_no AND h.until_fact = (-1 - a.task) / 100000"
	      " JOIN dag_version_task n ON n.version_no = h.version_no AND n.task = (-1 - a.task) "
	      "% 100000"
	      " WHERE a.run_no = ?1 AND a.task < 0 AND (?2 = 0 OR a.number = ?2)"
	      " AND (?3 IS NULL OR n.task_id = ?3) AND n.task_id" IS_GONE " ORDER BY 2, a.number";

#define SELECT_FACT                                                                             \
	"SELECT f.fact_no, f.at_ms, f.kind, r.run_id, coalesce(f.dag_id, r.dag_id), n.task_id," \
	" f.attempt, f.from_state, f.to_state, f.actor, f.why"                                  \
	" FROM fact f LEFT JOIN run r ON r.run_no = f.run_no"                                   \
	" LEFT JOIN dag_version_task n ON n.task = f.task AND n.version_no = coalesce("         \
	"  (SELECT h.version_no FROM run_version h WHERE h.run_no = f.run_no"                   \
	"   AND h.until_fact > f.fact_no ORDER BY h.until_fact LIMIT 1), r.version_no)"

static const char sql_facts[] = SELECT_FACT " WHERE f.fact_no > ?1 ORDER BY f.fact_no LIMIT ?2";
static const char sql_run_facts[] =
    SELECT_FACT " WHERE f.run_no = (SELECT run_no FROM run WHERE run_id = ?3) AND f.fact_no > ?1"
		" ORDER BY f.fact_no LIMIT ?2";

/* All facts of one command have its instant, its actor and its reason. */
static const char sql_deeds[] =
    "SELECT x.*, g.count FROM (SELECT max(fact_no) AS last, count(*) AS count FROM fact"
    "  WHERE run_no = ?1 AND actor NOT IN ('scheduler', 'executor', 'daemon', 'folder')"
    "  AND kind != 'note' GROUP BY at_ms, actor, why ORDER BY last DESC LIMIT ?2) g"
    " JOIN (" SELECT_FACT ") x ON x.fact_no = g.last ORDER BY g.last";

static const char sql_ending[] =
    "SELECT at_ms FROM fact WHERE run_no = ?1 AND kind = 'run.state' AND to_state = 'ending'"
    " ORDER BY fact_no DESC LIMIT 1";

static const char sql_notes[] =
    "SELECT at_ms, actor, task_id, text FROM"
    " (SELECT * FROM note WHERE run_no = ?1 ORDER BY note_no DESC LIMIT ?2) ORDER BY note_no";

static int64_t number_at(sqlite3_stmt *row, int column)
{
	return sqlite3_column_int64(row, column);
}

/* Reads the first row's text into run_id, and the second's into other when there is one. */
static int take_run_ids(struct store_reader *reader, sqlite3_stmt *row, char run_id[RUN_ID_SIZE],
			char other[RUN_ID_SIZE], struct err *err)
{
	int rc = reader_step(reader, row, err);

	other[0] = '\0';
	if (rc == 0)
		return ERR_NOT_FOUND;
	if (rc < 0)
		return rc;
	snprintf(run_id, RUN_ID_SIZE, "%s", db_text(row, 0));
	rc = reader_step(reader, row, err);
	if (rc == 1)
		snprintf(other, RUN_ID_SIZE, "%s", db_text(row, 0));
	return rc < 0 ? rc : 0;
}

int read_run_id(struct store_reader *reader, const char *beginning, char run_id[17],
		struct err *err)
{
	char first[RUN_ID_SIZE];
	char second[RUN_ID_SIZE] = "";
	sqlite3_stmt *row;
	size_t length = strlen(beginning);
	int rc;

	if (length == 0 || length >= RUN_ID_SIZE || strspn(beginning, "0123456789abcdef") != length)
		return err_set(err, ERR_NOT_FOUND, "there is no run '%.64s'", beginning);
	rc = reader_query(reader, sql_run_id, &row, err, "t", beginning);
	if (rc == 0)
		rc = take_run_ids(reader, row, first, second, err);
	db_reset(row);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "there is no run '%s'", beginning);
	if (rc == 0 && second[0] != '\0')
		return err_set(err, ERR_INVALID, "several runs begin with '%s': '%s', '%s' ...",
			       beginning, first, second);
	if (rc == 0)
		memcpy(run_id, first, RUN_ID_SIZE);
	return rc;
}

int read_run_ids(struct store_reader *reader, const char *beginning, uint32_t limit, run_id_fn each,
		 void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_run_ids, &row, err, "ti", beginning, (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		more = each(context, db_text(row, 0), db_text(row, 1));
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_latest_run_id(struct store_reader *reader, const char *dag_id, char run_id[17],
		       struct err *err)
{
	char none[RUN_ID_SIZE];
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_latest, &row, err, "t", dag_id);

	if (rc == 0)
		rc = take_run_ids(reader, row, run_id, none, err);
	db_reset(row);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "dag '%.128s' has no run", dag_id);
	return rc;
}

int read_run_by_key(struct store_reader *reader, const char *dag_id, const char *source,
		    const char *key, char run_id[17], struct err *err)
{
	char none[RUN_ID_SIZE];
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_by_key, &row, err, "ttt", dag_id, source, key);

	if (rc == 0)
		rc = take_run_ids(reader, row, run_id, none, err);
	db_reset(row);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "dag '%.128s' has no run with the key '%.200s'",
			       dag_id, key);
	return rc;
}

static struct run_view run_view_of(sqlite3_stmt *row)
{
	return (struct run_view){.run_no = number_at(row, 0),
				 .run_id = db_text(row, 1),
				 .dag_id = db_text(row, 2),
				 .dag_hash = db_text(row, 3),
				 .key = db_text(row, 4),
				 .source = db_text(row, 5),
				 .state = db_text(row, 6),
				 .reason = db_text(row, 7),
				 .created_at_ms = number_at(row, 8),
				 .ended_at_ms = number_at(row, 9),
				 .last_fact = number_at(row, 10),
				 .task_count = (uint32_t)number_at(row, 11),
				 .params = db_text(row, 12),
				 .period_id = db_text(row, 13),
				 .period_start_ms = number_at(row, 14),
				 .period_end_ms = number_at(row, 15),
				 .started_at_ms = number_at(row, 16),
				 .pruned_at_ms = number_at(row, 17),
				 .start_at_ms = number_at(row, 18),
				 .is_forced = number_at(row, 19) != 0};
}

/* Shows the rows of a query until there are no more or the callback has enough; *shown counts. */
static int each_run(struct store_reader *reader, sqlite3_stmt *row, run_view_fn each, void *context,
		    size_t *shown, struct err *err)
{
	int rc;

	while ((rc = reader_step(reader, row, err)) == 1) {
		struct run_view view = run_view_of(row);

		++*shown;
		if (!each(context, &view))
			return 0;
	}
	return rc;
}

int read_run(struct store_reader *reader, const char *run_id, run_view_fn each, void *context,
	     struct err *err)
{
	sqlite3_stmt *row;
	size_t shown = 0;
	int rc = reader_query(reader, sql_run, &row, err, "t", run_id);

	if (rc == 0)
		rc = each_run(reader, row, each, context, &shown, err);
	db_reset(row);
	if (rc == 0 && shown == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no run '%.64s'", run_id);
	return rc;
}

/* By whether there is a dag, and a state. */
static const char *const sql_lists[2][2] = {{sql_runs, sql_runs_state},
					    {sql_runs_dag, sql_runs_both}};
static const char *const sql_bounds[2][2] = {{sql_bound, sql_bound_state},
					     {sql_bound_dag, sql_bound_both}};

/* A state among the words is looked for by its index, as one that is asked for beside them. */
static int take_words(const struct run_filter *filter, struct words *words, const char **state,
		      struct err *err)
{
	int rc = 0;

	if (filter->text != NULL)
		rc = words_parse(words, WORDS_OF_RUNS, filter->text, err);
	*state = filter->state == NULL ? words_state(words) : filter->state;
	return rc;
}

int read_runs_bound(struct store_reader *reader, const struct run_filter *filter,
		    int64_t *from_run_no, struct err *err)
{
	int64_t before = filter->before_run_no == 0 ? INT64_MAX : filter->before_run_no;
	struct words words = {0};
	sqlite3_stmt *row = NULL;
	const char *state;
	int rc = take_words(filter, &words, &state, err);

	*from_run_no = 0;
	if (rc == 0 && words.texts != 0)
		rc = reader_query(reader, sql_bounds[filter->dag_id != NULL][state != NULL], &row,
				  err,
				  state != NULL            ? "iitt"
				  : filter->dag_id != NULL ? "iit"
							   : "ii",
				  before, (int64_t)READ_RUNS_LOOKED_AT - 1, filter->dag_id, state);
	if (rc == 0 && row != NULL)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		*from_run_no = number_at(row, 0);
	db_reset(row);
	words_close(&words);
	return rc < 0 ? rc : 0;
}

int reader_first_since(struct store_reader *reader, int64_t since_ms, int64_t *first,
		       struct err *err)
{
	sqlite3_stmt *row;
	int rc;

	*first = 0;
	if (since_ms <= 0)
		return 0;
	rc = reader_query(reader, sql_first_since, &row, err, "i", since_ms);
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc >= 0)
		*first = rc == 1 ? number_at(row, 0) : INT64_MAX;
	db_reset(row);
	return rc > 0 ? 0 : rc;
}

int read_runs(struct store_reader *reader, const struct run_filter *filter, run_view_fn each,
	      void *context, struct err *err)
{
	int64_t before = filter->before_run_no == 0 ? INT64_MAX : filter->before_run_no;
	struct words words = {0};
	sqlite3_stmt *row = NULL;
	size_t shown = 0;
	const char *state;
	int64_t first;
	int rc = take_words(filter, &words, &state, err);

	if (rc == 0)
		rc = reader_first_since(reader, filter->since_ms, &first, err);
	if (rc == 0)
		rc = reader_query(reader, sql_lists[filter->dag_id != NULL][state != NULL], &row,
				  err, "iiiittip", before,
				  first > filter->from_run_no ? first : filter->from_run_no,
				  filter->since_ms, (int64_t)filter->limit, filter->dag_id, state,
				  (int64_t)words.texts, &words);
	if (rc == 0)
		rc = each_run(reader, row, each, context, &shown, err);
	db_reset(row);
	words_close(&words);
	return rc;
}

/* Shows the rows of a query; *more becomes false when the callback has enough. */
static int each_task(struct store_reader *reader, sqlite3_stmt *row, task_view_fn each,
		     void *context, bool *more, struct err *err)
{
	int rc = 0;

	while (rc == 0 && *more && (rc = reader_step(reader, row, err)) == 1) {
		struct task_view view = {.position = (uint32_t)number_at(row, 0),
					 .task_id = db_text(row, 1),
					 .state = db_text(row, 2),
					 .reason = db_text(row, 3),
					 .attempts = (uint32_t)number_at(row, 4),
					 .started_at_ms = number_at(row, 5),
					 .ended_at_ms = number_at(row, 6),
					 .retry_at_ms = number_at(row, 7)};

		*more = each(context, &view);
		rc = 0;
	}
	return rc;
}

int read_tasks(struct store_reader *reader, int64_t run_no, const char *state, task_view_fn each,
	       void *context, struct err *err)
{
	static const char *const queries[] = {sql_tasks, sql_gone_tasks};
	bool more = true;
	int rc = 0;

	for (size_t q = 0; rc == 0 && more && q < sizeof queries / sizeof queries[0]; q++) {
		sqlite3_stmt *row;

		rc = reader_query(reader, queries[q], &row, err, "it", run_no, state);
		if (rc == 0)
			rc = each_task(reader, row, each, context, &more, err);
		db_reset(row);
	}
	return rc;
}

static struct attempt_view attempt_view_of(sqlite3_stmt *row)
{
	return (struct attempt_view){.attempt_id = number_at(row, 0),
				     .task_position = (uint32_t)number_at(row, 1),
				     .task_id = db_text(row, 2),
				     .number = (uint32_t)number_at(row, 3),
				     .state = db_text(row, 4),
				     .released_at_ms = number_at(row, 5),
				     .started_at_ms = number_at(row, 6),
				     .ended_at_ms = number_at(row, 7),
				     .duration_ms = number_at(row, 8),
				     .exit_code = (int32_t)number_at(row, 9),
				     .signal = (int32_t)number_at(row, 10),
				     .max_rss_bytes = number_at(row, 11),
				     .cpu_user_us = number_at(row, 12),
				     .cpu_system_us = number_at(row, 13),
				     .log_bytes = number_at(row, 14),
				     .log_dropped_bytes = number_at(row, 15),
				     .log_dropped_lines = number_at(row, 16),
				     .reason = db_text(row, 17),
				     .incarnation = db_text(row, 18),
				     .scripts = db_text(row, 19)};
}

static int each_attempt(struct store_reader *reader, sqlite3_stmt *row, attempt_view_fn each,
			void *context, bool *more, struct err *err)
{
	int rc = 0;

	while (rc == 0 && *more && (rc = reader_step(reader, row, err)) == 1) {
		struct attempt_view view = attempt_view_of(row);

		*more = each(context, &view);
		rc = 0;
	}
	return rc;
}

int read_attempts(struct store_reader *reader, int64_t run_no, const char *task_id, uint32_t number,
		  attempt_view_fn each, void *context, struct err *err)
{
	const char *const queries[] = {task_id == NULL ? sql_attempts : sql_task_attempts,
				       sql_gone_attempts};
	bool more = true;
	int rc = 0;

	for (size_t q = 0; rc == 0 && more && q < sizeof queries / sizeof queries[0]; q++) {
		const char *format = queries[q] == sql_attempts ? "ii" : "iit";
		sqlite3_stmt *row;

		rc = reader_query(reader, queries[q], &row, err, format, run_no, (int64_t)number,
				  task_id);
		if (rc == 0)
			rc = each_attempt(reader, row, each, context, &more, err);
		db_reset(row);
	}
	return rc;
}

int read_scripts(struct store_reader *reader, int64_t run_no, attempt_view_fn each, void *context,
		 struct err *err)
{
	bool more = true;
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_scripts, &row, err, "i", run_no);

	if (rc == 0)
		rc = each_attempt(reader, row, each, context, &more, err);
	db_reset(row);
	return rc;
}

static struct fact_view fact_view_of(sqlite3_stmt *row)
{
	return (struct fact_view){.fact_no = number_at(row, 0),
				  .at_ms = number_at(row, 1),
				  .kind = db_text(row, 2),
				  .run_id = db_text(row, 3),
				  .dag_id = db_text(row, 4),
				  .task_id = db_text(row, 5),
				  .attempt_number = (uint32_t)number_at(row, 6),
				  .from = db_text(row, 7),
				  .to = db_text(row, 8),
				  .actor = db_text(row, 9),
				  .why = db_text(row, 10)};
}

int read_facts(struct store_reader *reader, const char *run_id, int64_t since, uint32_t limit,
	       fact_view_fn each, void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc;

	if (run_id == NULL)
		rc = reader_query(reader, sql_facts, &row, err, "ii", since, (int64_t)limit);
	else
		rc = reader_query(reader, sql_run_facts, &row, err, "iit", since, (int64_t)limit,
				  run_id);
	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct fact_view view = fact_view_of(row);

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_ending(struct store_reader *reader, int64_t run_no, int64_t *at_ms, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_ending, &row, err, "i", run_no);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	*at_ms = rc == 1 ? number_at(row, 0) : INT64_MAX;
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int read_deeds(struct store_reader *reader, int64_t run_no, uint32_t limit, deed_view_fn each,
	       void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_deeds, &row, err, "ii", run_no, (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct deed_view view = {fact_view_of(row), (uint32_t)number_at(row, 11)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_notes(struct store_reader *reader, int64_t run_no, note_view_fn each, void *context,
	       struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_notes, &row, err, "ii", run_no, (int64_t)READ_NOTES_MAX);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct note_view view = {.at_ms = number_at(row, 0),
					 .actor = db_text(row, 1),
					 .task_id = db_text(row, 2),
					 .text = db_text(row, 3)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}
