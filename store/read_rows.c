/* read_rows.c - the dags as a list: which ones, in which order, each with its last runs; see
 * read_page.h.
 *
 * The rows of one page are found first, by what they are ordered by alone; then only they are read
 * whole. */
#include "store/read_page.h"

#include "store/reader.h"
#include "store/words.h"

#include <assert.h>

/* What a dag says stands in its version. */
#define FILTERED                                                                         \
	" WHERE (?2 IS NULL OR coalesce(v.domain, '') = ?2)"                             \
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
	"   coalesce((SELECT state FROM run WHERE run_no = d.last_run_no), 'none')"      \
	"    GLOB w.value ->> 'p')"                                                      \
	"  WHEN 'name' THEN lower(d.dag_id) GLOB w.value ->> 'p'"                        \
	"  WHEN 'owner' THEN lower(coalesce(v.owner, '')) GLOB w.value ->> 'p'"          \
	"  ELSE lower(coalesce(v.domain, '')) GLOB w.value ->> 'p' END))"                \
	" AND (?6 IS NULL OR CASE ?6 WHEN 'paused' THEN"                                 \
	"  EXISTS (SELECT 1 FROM pause WHERE dag_id IN ('', d.dag_id)) ELSE ?6 ="        \
	"  coalesce((SELECT state FROM run WHERE run_no = d.last_run_no), 'none') END)"

/* From the place (?8, ?1) on. What the rows show is read of those alone that are shown, and not of
 * all that are put in order. */
#define ROWS_BY(key, beyond, direction)                                             \
	READER_SELECT_DAG                                                           \
	", r.reason, " key ","                                                      \
	" (SELECT count(*) FROM run WHERE dag_id = d.dag_id AND state = 'queued')," \
	" (SELECT count(*) FROM run WHERE dag_id = d.dag_id"                        \
	"  AND state IN ('running', 'cancelling', 'ending')),"                      \
	" iif(r.ended_at_ms IS NULL, (SELECT count(*) FROM task_instance t"         \
	"  WHERE t.state = 'queued' AND t.run_no = r.run_no), 0)" READER_FROM_DAG   \
	" WHERE d.dag_id IN (SELECT d.dag_id"                                       \
	"  FROM dag d JOIN dag_version v USING (version_no)" FILTERED " AND (" key  \
	", d.dag_id) " beyond " (?8, ?1)"                                           \
	"  ORDER BY " key " " direction ", d.dag_id " direction " LIMIT ?7)"        \
	" ORDER BY " key " " direction ", d.dag_id " direction

#define OWNER_KEY "lower(substr(coalesce(v.owner, ''), 1, " DAG_ROWS_KEY_CHARS "))"

/* No owner is behind U+10FFFF, the last character; a number is bound as text and becomes one where
 * it is compared. */
static const struct {
	const char *sql[2]; /* ascending, descending */
	const char *first[2];
} orders[] = {
    [DAGS_BY_NAME] = {{ROWS_BY("d.dag_id", ">", "ASC"), ROWS_BY("d.dag_id", "<", "DESC")},
		      {"", "\xf4\x8f\xbf\xbf"}},
    [DAGS_BY_LAST_RUN] = {{ROWS_BY("d.last_run_no", ">", "ASC"),
			   ROWS_BY("d.last_run_no", "<", "DESC")},
			  {"-1", "9223372036854775807"}},
    [DAGS_BY_TASKS] = {{ROWS_BY("v.task_count", ">", "ASC"), ROWS_BY("v.task_count", "<", "DESC")},
		       {"-1", "9223372036854775807"}},
    [DAGS_BY_OWNER] = {{ROWS_BY(OWNER_KEY, ">", "ASC"), ROWS_BY(OWNER_KEY, "<", "DESC")},
		       {"", "\xf4\x8f\xbf\xbf"}},
};

static const char sql_count[] =
    "SELECT count(*) FROM dag d JOIN dag_version v USING (version_no)" FILTERED;
static const char sql_count_dags[] = "SELECT count(*) FROM dag";

static struct dag_row_view row_view_of(sqlite3_stmt *row)
{
	int column = READER_DAG_COLUMNS;

	return (struct dag_row_view){
	    .dag = reader_dag_view(row),
	    .last_run_reason = db_text(row, column),
	    .sort_key = db_text(row, column + 1),
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
	const char *first = orders[filter->order].first[filter->descends];
	const char *key = filter->after_key;
	const char *words;
	int rc = parse_text(filter, json, &words, err);

	if (filter->order == DAGS_BY_NAME)
		key = filter->after;
	*row = NULL;
	if (rc == 0)
		rc = reader_query(reader, orders[filter->order].sql[filter->descends], row, err,
				  "ttttttit", filter->after == NULL ? first : filter->after,
				  filter->domain, filter->owner, filter->tag, words, filter->state,
				  (int64_t)filter->limit, filter->after == NULL ? first : key);
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
