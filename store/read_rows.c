/* read_rows.c - the dags as a list: which ones, in which order, each with its last runs; see
 * read_page.h.
 *
 * The rows of one page are found first, by what they are ordered by alone; then only they are read
 * whole. */
#include "store/read_page.h"

#include "store/reader.h"
#include "store/words.h"

#include <assert.h>

_Static_assert(1 << WORDS_STATE == 16 && 1 << WORDS_OWNER == 2 && 1 << WORDS_DOMAIN == 4 &&
		   1 << WORDS_TAG == 8,
	       "READER_WORDS_STATE and its like are numbers in SQL");

/* What a dag says stands in its version. */
#define FILTERED                                                                                 \
	" WHERE (?2 IS NULL OR coalesce(v.domain, '') = ?2)"                                     \
	" AND (?3 IS NULL OR v.owner = ?3)"                                                      \
	" AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(v.tags) WHERE value = ?4))"         \
	" AND (?7 = 0 OR words_fit(?5, d.dag_id, v.owner, v.domain, v.tags,"                     \
	"  iif(?7 & " READER_WORDS_STATE ", '[\"' ||"                                            \
	"   coalesce((SELECT state FROM run WHERE run_no = d.last_run_no), 'none') ||"           \
	"   iif(EXISTS (SELECT 1 FROM pause WHERE dag_id IN ('', d.dag_id)), '\",\"paused', '')" \
	"   || '\"]', NULL), NULL, NULL, NULL, NULL, v.description))"                            \
	" AND (?6 IS NULL OR CASE ?6 WHEN 'paused' THEN"                                         \
	"  EXISTS (SELECT 1 FROM pause WHERE dag_id IN ('', d.dag_id)) ELSE ?6 ="                \
	"  coalesce((SELECT state FROM run WHERE run_no = d.last_run_no), 'none') END)"

/* From the place (?9, ?1) on. What the rows show is read of those alone that are shown, and not of
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
	", d.dag_id) " beyond " (?9, ?1)"                                           \
	"  ORDER BY " key " " direction ", d.dag_id " direction " LIMIT ?8)"        \
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

static int query_rows(struct store_reader *reader, const struct dag_filter *filter,
		      const struct words *words, sqlite3_stmt **row, struct err *err)
{
	const char *first = orders[filter->order].first[filter->descends];
	const char *key = filter->order == DAGS_BY_NAME ? filter->after : filter->after_key;

	return reader_query(reader, orders[filter->order].sql[filter->descends], row, err,
			    "ttttptiit", filter->after == NULL ? first : filter->after,
			    filter->domain, filter->owner, filter->tag, words, filter->state,
			    (int64_t)words->texts, (int64_t)filter->limit,
			    filter->after == NULL ? first : key);
}

static int each_row(struct store_reader *reader, const struct dag_filter *filter, sqlite3_stmt *row,
		    dag_row_view_fn each, void *context, struct err *err)
{
	struct run_bar bars[READ_BARS_MAX];
	bool more = true;
	int rc = 0;

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct dag_row_view view = row_view_of(row);

		rc = read_row_bars(reader, &view, bars, filter->bars, err);
		if (rc == 0)
			more = each(context, &view);
	}
	return rc;
}

static int parse_text(const struct dag_filter *filter, struct words *words, struct err *err)
{
	return filter->text == NULL ? 0 : words_parse(words, WORDS_OF_DAGS, filter->text, err);
}

int read_dag_rows(struct store_reader *reader, const struct dag_filter *filter,
		  dag_row_view_fn each, void *context, struct err *err)
{
	struct words words = {0};
	sqlite3_stmt *row = NULL;
	int rc = parse_text(filter, &words, err);

	assert(filter->bars <= READ_BARS_MAX);
	if (rc == 0)
		rc = query_rows(reader, filter, &words, &row, err);
	if (rc == 0)
		rc = each_row(reader, filter, row, each, context, err);
	db_reset(row);
	words_close(&words);
	return rc;
}

static int query_count(struct store_reader *reader, const struct dag_filter *filter,
		       const struct words *words, sqlite3_stmt **row, struct err *err)
{
	bool any = filter->domain == NULL && filter->owner == NULL && filter->tag == NULL &&
		   words->texts == 0 && filter->state == NULL;

	return any ? reader_query(reader, sql_count_dags, row, err, "")
		   : reader_query(reader, sql_count, row, err, "ttttpti", NULL, filter->domain,
				  filter->owner, filter->tag, words, filter->state,
				  (int64_t)words->texts);
}

int read_dag_count(struct store_reader *reader, const struct dag_filter *filter, int64_t *count,
		   struct err *err)
{
	struct words words = {0};
	sqlite3_stmt *row = NULL;
	int rc = parse_text(filter, &words, err);

	*count = 0;
	if (rc == 0)
		rc = query_count(reader, filter, &words, &row, err);
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1)
		*count = sqlite3_column_int64(row, 0);
	db_reset(row);
	words_close(&words);
	return rc < 0 ? rc : 0;
}
