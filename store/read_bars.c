/* read_bars.c - the last runs of dags as bars, and the dags with them; see read_page.h.
 *
 * Bars come from the index run_by_dag alone, which holds all that they show. */
#include "store/read_page.h"

#include "store/reader.h"
#include "store/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sql_bars[] =
    "SELECT run_no, run_id, state, created_at_ms, started_at_ms, ended_at_ms, version_no"
    " FROM run WHERE dag_id = ?1 ORDER BY run_no DESC LIMIT ?2";

/* What a dag says stands in its version; the state of its newest run is in the index of bars. */
#define FILTERED                                                                         \
	" WHERE d.dag_id > ?1 AND (?2 IS NULL OR coalesce(v.domain, '') = ?2)"           \
	" AND (?3 IS NULL OR v.owner = ?3)"                                              \
	" AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(v.tags) WHERE value = ?4))" \
	" AND (?5 IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(?5) w"                  \
	"  WHERE NOT CASE w.value ->> 'k' WHEN 'any' THEN"                               \
	"   lower(d.dag_id) GLOB w.value ->> 'p'"                                        \
	"   OR lower(coalesce(v.description, '')) GLOB w.value ->> 'p'"                  \
	"   OR lower(coalesce(v.owner, '')) GLOB w.value ->> 'p'"                        \
	"   OR EXISTS (SELECT 1 FROM json_each(v.tags) t"                                \
	"    WHERE lower(t.value) GLOB w.value ->> 'p')"                                 \
	"  WHEN 'tag' THEN EXISTS (SELECT 1 FROM json_each(v.tags) t"                    \
	"   WHERE lower(t.value) GLOB w.value ->> 'p')"                                  \
	"  WHEN 'state' THEN iif(w.value ->> 'p' = 'paused',"                            \
	"   EXISTS (SELECT 1 FROM pause WHERE dag_id IN ('', d.dag_id)),"                \
	"   coalesce((SELECT state FROM run WHERE dag_id = d.dag_id"                     \
	"    ORDER BY run_no DESC LIMIT 1), 'none') GLOB w.value ->> 'p')"               \
	"  WHEN 'name' THEN lower(d.dag_id) GLOB w.value ->> 'p'"                        \
	"  WHEN 'owner' THEN lower(coalesce(v.owner, '')) GLOB w.value ->> 'p'"          \
	"  ELSE lower(coalesce(v.domain, '')) GLOB w.value ->> 'p' END))"                \
	" AND (?6 IS NULL OR CASE ?6 WHEN 'paused' THEN"                                 \
	"  EXISTS (SELECT 1 FROM pause WHERE dag_id IN ('', d.dag_id)) ELSE ?6 ="        \
	"  coalesce((SELECT state FROM run WHERE dag_id = d.dag_id ORDER BY run_no DESC" \
	"   LIMIT 1), 'none') END)"

static const char sql_rows[] = READER_SELECT_DAG
    ", r.reason, r.run_no,"
    " (SELECT count(*) FROM run WHERE dag_id = d.dag_id AND state = 'queued'),"
    " (SELECT count(*) FROM run WHERE dag_id = d.dag_id"
    "  AND state IN ('running', 'cancelling', 'ending')),"
    " iif(r.ended_at_ms IS NULL, (SELECT count(*) FROM task_instance t"
    "  WHERE t.state = 'queued' AND t.run_no = r.run_no), 0)" READER_FROM_DAG FILTERED
    " ORDER BY d.dag_id LIMIT ?7";
static const char sql_count[] =
    "SELECT count(*) FROM dag d JOIN dag_version v USING (version_no)" FILTERED;
static const char sql_count_dags[] = "SELECT count(*) FROM dag";

/* One more than the limit is looked at, so that "more than that" is known. */
static const char sql_count_all[] = "SELECT count(*) FROM (SELECT 1 FROM run LIMIT ?1)";
static const char sql_count_dag[] =
    "SELECT count(*) FROM (SELECT 1 FROM run WHERE dag_id = ?2 LIMIT ?1)";
static const char sql_count_state[] =
    "SELECT count(*) FROM (SELECT 1 FROM run WHERE state = ?3 LIMIT ?1)";
static const char sql_count_both[] =
    "SELECT count(*) FROM (SELECT 1 FROM run WHERE dag_id = ?2 AND state = ?3 LIMIT ?1)";

int64_t run_bar_duration_ms(const struct run_bar *bar, int64_t now_ms)
{
	int64_t end_ms = bar->ended_at_ms == 0 ? now_ms : bar->ended_at_ms;

	/* The clock may have been set back in between. */
	return bar->started_at_ms == 0 || end_ms < bar->started_at_ms ? 0
								      : end_ms - bar->started_at_ms;
}

static int compare_durations(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

int64_t run_bars_usual_ms(const struct run_bar *bars, size_t count)
{
	int64_t durations[READ_BARS_MAX];
	size_t found = 0;

	assert(count <= READ_BARS_MAX);
	for (size_t i = 0; i < count; i++)
		if (bars[i].state == RUN_SUCCESS)
			durations[found++] = run_bar_duration_ms(&bars[i], bars[i].ended_at_ms);
	if (found < READ_USUAL_MIN)
		return 0;
	qsort(durations, found, sizeof *durations, compare_durations);
	return durations[found / 2];
}

void reader_take_bar(sqlite3_stmt *row, struct run_bar *bar)
{
	*bar = (struct run_bar){.run_no = sqlite3_column_int64(row, 0),
				.created_at_ms = sqlite3_column_int64(row, 3),
				.started_at_ms = sqlite3_column_int64(row, 4),
				.ended_at_ms = sqlite3_column_int64(row, 5),
				.version_no = sqlite3_column_int64(row, 6)};
	snprintf(bar->run_id, sizeof bar->run_id, "%s", db_text(row, 1));
	(void)run_state_from_name(db_text(row, 2), &bar->state);
}

int read_bars(struct store_reader *reader, const char *dag_id, struct run_bar *bars,
	      uint32_t capacity, uint32_t *count, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_bars, &row, err, "ti", dag_id, (int64_t)capacity);

	*count = 0;
	while (rc == 0 && *count < capacity && (rc = reader_step(reader, row, err)) == 1) {
		reader_take_bar(row, &bars[(*count)++]);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* --- dags ---------------------------------------------------------------------------------------
 */

static struct dag_row_view row_view_of(sqlite3_stmt *row)
{
	int column = READER_DAG_COLUMNS;

	return (struct dag_row_view){
	    .dag = reader_dag_view(row),
	    .last_run_reason = db_text(row, column),
	    .queued = (uint32_t)sqlite3_column_int64(row, column + 2),
	    .running = (uint32_t)sqlite3_column_int64(row, column + 3),
	    .queued_tasks = (uint32_t)sqlite3_column_int64(row, column + 4),
	};
}

static int read_row_bars(struct store_reader *reader, struct dag_row_view *view,
			 struct run_bar *bars, uint32_t capacity, struct err *err)
{
	int rc = 0;

	if (capacity > 0 && view->dag.last_run_id != NULL)
		rc = read_bars(reader, view->dag.dag_id, bars, capacity, &view->bar_count, err);
	view->bars = bars;
	view->usual_ms = run_bars_usual_ms(bars, view->bar_count);
	return rc;
}

/* The words of the filter as the queries take them; NULL = none. They live in *json, the caller's,
 * as long as the query does. */
static int parse_text(const struct dag_filter *filter, struct str *json, const char **words,
		      struct err *err)
{
	int rc = 0;

	if (filter->text != NULL)
		rc = words_parse(filter->text, json, err);
	*words = filter->text == NULL ? NULL : str_text(json);
	return rc;
}

static int query_rows(struct store_reader *reader, const struct dag_filter *filter,
		      struct str *json, sqlite3_stmt **row, struct err *err)
{
	const char *words;
	int rc = parse_text(filter, json, &words, err);

	*row = NULL;
	if (rc == 0)
		rc = reader_query(reader, sql_rows, row, err, "tttttti",
				  filter->after == NULL ? "" : filter->after, filter->domain,
				  filter->owner, filter->tag, words, filter->state,
				  (int64_t)filter->limit);
	return rc;
}

int read_dag_rows(struct store_reader *reader, const struct dag_filter *filter,
		  dag_row_view_fn each, void *context, struct err *err)
{
	struct run_bar bars[READ_BARS_MAX];
	sqlite3_stmt *row;
	struct str json = STR_INIT;
	bool more = true;
	int rc = query_rows(reader, filter, &json, &row, err);

	assert(filter->bars <= READ_BARS_MAX);
	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_row_view view = row_view_of(row);

		rc = read_row_bars(reader, &view, bars, filter->bars, err);
		if (rc == 0)
			more = each(context, &view);
	}
	db_reset(row);
	str_close(&json);
	return rc;
}

static int query_count(struct store_reader *reader, const struct dag_filter *filter,
		       struct str *json, sqlite3_stmt **row, struct err *err)
{
	bool any = filter->domain == NULL && filter->owner == NULL && filter->tag == NULL &&
		   filter->text == NULL && filter->state == NULL;
	const char *words;
	int rc = parse_text(filter, json, &words, err);

	*row = NULL;
	if (rc == 0 && any)
		rc = reader_query(reader, sql_count_dags, row, err, "");
	else if (rc == 0)
		rc = reader_query(reader, sql_count, row, err, "tttttt", "", filter->domain,
				  filter->owner, filter->tag, words, filter->state);
	return rc;
}

int read_dag_count(struct store_reader *reader, const struct dag_filter *filter, int64_t *count,
		   struct err *err)
{
	struct str json = STR_INIT;
	sqlite3_stmt *row;
	int rc = query_count(reader, filter, &json, &row, err);

	*count = 0;
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		*count = sqlite3_column_int64(row, 0);
	db_reset(row);
	str_close(&json);
	return rc < 0 ? rc : 0;
}

int read_run_count(struct store_reader *reader, const struct run_filter *filter, uint32_t max,
		   int64_t *count, struct err *err)
{
	static const struct {
		const char *sql;
		const char *format;
	} queries[2][2] = {
	    {{sql_count_all, "i"}, {sql_count_state, "itt"}},
	    {{sql_count_dag, "it"}, {sql_count_both, "itt"}},
	};
	size_t by_dag = filter->dag_id != NULL;
	size_t by_state = filter->state != NULL;
	sqlite3_stmt *row;
	int rc = reader_query(reader, queries[by_dag][by_state].sql, &row, err,
			      queries[by_dag][by_state].format, (int64_t)max + 1, filter->dag_id,
			      filter->state);

	*count = 0;
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		*count = sqlite3_column_int64(row, 0) > max ? -1 : sqlite3_column_int64(row, 0);
	db_reset(row);
	return rc < 0 ? rc : 0;
}
