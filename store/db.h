/* db.h - one SQLite connection: its statements, kept prepared, and its errors in our words.
 *
 * A connection belongs to one thread at a time. Values are bound by a format, one letter each:
 *
 *	i  int64_t          n  int64_t, 0 is stored as NULL
 *	t  const char *, NULL is stored as NULL
 *	b  const char *, size_t: text of that many bytes
 *	x  const void *, size_t: a blob of that many bytes
 *	p  const void *: NULL to SQL, to our own functions this pointer
 *
 * SQL texts are literals: a statement is found again by the address of its text.
 *
 * Errors: ERR_FULL (no space), ERR_IO (the device, the file or a descriptor failed), ERR_AGAIN
 * (another process holds the lock), ERR_LIMIT (interrupted), ERR_CORRUPT (no sound database),
 * ERR_EXISTS (a unique key is taken), ERR_BUG (any other: the SQL or what was bound is wrong). */
#ifndef HEDDLE_STORE_DB_H
#define HEDDLE_STORE_DB_H

#include "base/err.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define DB_STATEMENTS_MAX 160
#define DB_POINTER "heddle" /* the type of "p" */

struct db {
	sqlite3 *handle; /* NULL = closed */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} statements[DB_STATEMENTS_MAX];
	size_t statement_count;
};

/* flags as of sqlite3_open_v2. On failure db is closed. */
int db_open(struct db *db, const char *path, int flags, struct err *err);
void db_close(struct db *db); /* a closed one is allowed */

/* Runs statements without values or rows. */
int db_script(struct db *db, const char *sql, struct err *err);
/* Runs one statement to its end. */
int db_run(struct db *db, const char *sql, struct err *err, const char *format, ...);
/* Reads one integer; NULL is 0. ERR_NOT_FOUND when there is no row. */
int db_get(struct db *db, const char *sql, int64_t *out, struct err *err, const char *format, ...);
/* Begins a query. Its rows come by db_step; db_reset ends it, also after a failure. */
int db_query(struct db *db, const char *sql, sqlite3_stmt **out, struct err *err,
	     const char *format, ...);
int db_query_list(struct db *db, const char *sql, sqlite3_stmt **out, struct err *err,
		  const char *format, va_list args);
/* 1 = a row, 0 = no more, else an error. */
int db_step(struct db *db, sqlite3_stmt *statement, struct err *err);
void db_reset(sqlite3_stmt *statement); /* NULL is allowed */

/* Text of a column: NULL for NULL; lives until the next step or reset. */
const char *db_text(sqlite3_stmt *statement, int column);

/* Our code and words for an error that SQLite just gave. */
int db_error(struct db *db, int result, struct err *err);

#endif
