/* read_day.c - runs counted by the part of the day; see read_day.h. */
#include "store/read_day.h"

#include "store/reader.h"

#include <string.h>

static const char sql_day[] =
    "SELECT created_at_ms, state FROM run WHERE run_no >= ?1 ORDER BY run_no DESC LIMIT ?2";

static void count_run(sqlite3_stmt *row, int64_t from_ms, int64_t part_ms, struct day_part *parts,
		      size_t count)
{
	int64_t past_ms = sqlite3_column_int64(row, 0) - from_ms;
	const char *state = db_text(row, 1);
	size_t part = (size_t)(past_ms / part_ms);

	if (past_ms < 0 || part >= count)
		return;
	if (strcmp(state, "success") == 0)
		parts[part].success++;
	else if (strcmp(state, "failed") == 0)
		parts[part].failed++;
	else
		parts[part].others++;
}

int read_day(struct store_reader *reader, int64_t from_ms, int64_t part_ms, struct day_part *parts,
	     size_t count, bool *more, struct err *err)
{
	sqlite3_stmt *row = NULL;
	uint32_t seen = 0;
	int64_t first;
	int rc = reader_first_since(reader, from_ms, &first, err);

	if (rc == 0)
		rc = reader_query(reader, sql_day, &row, err, "ii", first,
				  (int64_t)READ_DAY_RUNS_MAX + 1);
	while (rc == 0 && seen <= READ_DAY_RUNS_MAX && (rc = reader_step(reader, row, err)) == 1) {
		if (++seen <= READ_DAY_RUNS_MAX)
			count_run(row, from_ms, part_ms, parts, count);
		rc = 0;
	}
	*more = seen > READ_DAY_RUNS_MAX;
	db_reset(row);
	return rc;
}
