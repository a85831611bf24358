/* read_bars.c - the last runs of dags as bars, and how many runs there are; see read_page.h.
 *
 * Bars come from the index run_by_dag alone, which holds all that they show. */
#include "store/read_page.h"

#include "store/reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sql_bars[] =
    "SELECT run_no, run_id, state, created_at_ms, started_at_ms, ended_at_ms, version_no"
    " FROM run WHERE dag_id = ?1 ORDER BY run_no DESC LIMIT ?2";

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
