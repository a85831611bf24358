/* sql.h - a question of a person to a database, in SQL: read-only, one statement, bounded.
 *
 * Nothing can be changed, attached, loaded or set by it: the file is opened for reading, and SQLite
 * asks before each deed of a statement whether it may. Works beside a daemon and without one. */
#ifndef HEDDLE_STORE_SQL_H
#define HEDDLE_STORE_SQL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sql_cell {
	enum sql_kind {
		SQL_NULL,
		SQL_INTEGER,
		SQL_REAL,
		SQL_TEXT,
		SQL_BLOB,
	} kind;
	int64_t integer;
	double real;
	const void *bytes; /* of text and blob; a text may hold NULs */
	size_t size;
};

struct sql_events {
	void *context;
	/* Once, before the rows. Texts live until the call returns, as those of a row do. */
	void (*columns)(void *context, const char *const *names, size_t count);
	/* A non-zero return ends the query and is returned by it. */
	int (*row)(void *context, const struct sql_cell *cells, size_t count, struct err *err);
};

/* Fails with ERR_NOT_FOUND (no database there), ERR_USAGE (SQL that is none, or not one statement),
 * ERR_REFUSED (it would do more than read), ERR_LIMIT (longer than limit_ms, or too large), else
 * db.h's codes. */
int sql_ask(const char *db_path, const char *question, int64_t limit_ms,
	    const struct sql_events *events, struct err *err);

#endif
