/* reach.c - see reach.h. */
#include "store/reach.h"

#include "store/db.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

#define LOCK_WAIT_MS 1000
#define SCHEMA_THAT_TELLS 11

static int read_reach(struct db *db, struct store_reach *out, struct err *err)
{
	static const char sql[] =
	    "SELECT incarnation, folder,"
	    " max(last_attempt_id, (SELECT coalesce(max(attempt_id), 0) FROM attempt)),"
	    " (SELECT at_ms FROM fact ORDER BY fact_no DESC LIMIT 1) FROM home";
	sqlite3_stmt *row;
	int rc = db_query(db, sql, &row, err, "");

	if (rc == 0)
		rc = db_step(db, row, err);
	if (rc == 1) {
		snprintf(out->incarnation, sizeof out->incarnation, "%s", db_text(row, 0));
		snprintf(out->folder, sizeof out->folder, "%s", db_text(row, 1));
		out->attempt_id = sqlite3_column_int64(row, 2);
		out->last_fact_ms = sqlite3_column_int64(row, 3);
		out->is_known = true;
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int store_reach(const char *db_path, struct store_reach *out, struct err *err)
{
	struct db db = {.handle = NULL};
	size_t number = 0;
	int rc = db_open(&db, db_path, SQLITE_OPEN_READONLY, err);

	memset(out, 0, sizeof *out);
	if (rc == 0) {
		sqlite3_busy_timeout(db.handle, LOCK_WAIT_MS);
		rc = schema_check(&db, db_path, &schema_present, &number, err);
	}
	if (rc == 0 && number >= SCHEMA_THAT_TELLS)
		rc = read_reach(&db, out, err);
	db_close(&db);
	return rc;
}
