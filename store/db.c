/* db.c - a connection with its prepared statements; see db.h. */
#include "store/db.h"

#include "store/vfs.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* What each of SQLite's primary codes means here. Codes that are not named are ERR_BUG. */
static int code_of_result(int result)
{
	switch (result & 0xff) {
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return ERR_IO;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return ERR_AGAIN;
	case SQLITE_INTERRUPT:
		return ERR_LIMIT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_CONSTRAINT:
		return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY
			   ? ERR_EXISTS
			   : ERR_BUG;
	default:
		return ERR_BUG;
	}
}

int db_error(struct db *db, int result, struct err *err)
{
	return err_set(err, code_of_result(result), "%s (sqlite %d)", sqlite3_errmsg(db->handle),
		       result);
}

int db_open(struct db *db, const char *path, int flags, struct err *err)
{
	int result;
	int rc;

	db->statement_count = 0;
	/* One thread at a time uses a connection, so SQLite's own lock of it is not wanted. */
	result = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, vfs_name());
	if (result == SQLITE_OK) {
		sqlite3_extended_result_codes(db->handle, 1);
		return 0;
	}
	rc = db_error(db, result, err);
	db_close(db);
	return rc;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < db->statement_count; i++)
		sqlite3_finalize(db->statements[i].statement);
	db->statement_count = 0;
	sqlite3_close(db->handle);
	db->handle = NULL;
}

int db_script(struct db *db, const char *sql, struct err *err)
{
	int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : db_error(db, result, err);
}

/* The prepared statement of a literal, made at its first use. */
static int find_statement(struct db *db, const char *sql, sqlite3_stmt **out, struct err *err)
{
	int result;

	for (size_t i = 0; i < db->statement_count; i++) {
		if (db->statements[i].sql == sql) {
			*out = db->statements[i].statement;
			return 0;
		}
	}
	if (db->statement_count == DB_STATEMENTS_MAX)
		return err_set(err, ERR_BUG, "more than %d statements", DB_STATEMENTS_MAX);
	result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
	if (result != SQLITE_OK)
		return db_error(db, result, err);
	db->statements[db->statement_count].sql = sql;
	db->statements[db->statement_count].statement = *out;
	db->statement_count++;
	return 0;
}

static int bind_integer(sqlite3_stmt *statement, int index, int64_t value, bool zero_is_null)
{
	if (zero_is_null && value == 0)
		return sqlite3_bind_null(statement, index);
	return sqlite3_bind_int64(statement, index, value);
}

/* Texts are not copied: the statement is reset, or bound anew, before they go. */
static int bind_all(sqlite3_stmt *statement, const char *format, va_list args)
{
	int result = SQLITE_OK;

	for (int i = 1; *format != '\0' && result == SQLITE_OK; format++, i++) {
		if (*format == 'i' || *format == 'n') {
			result = bind_integer(statement, i, va_arg(args, int64_t), *format == 'n');
		} else if (*format == 't') {
			result = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1,
						   SQLITE_STATIC);
		} else if (*format == 'p') {
			result = sqlite3_bind_pointer(statement, i, va_arg(args, void *),
						      DB_POINTER, NULL);
		} else if (*format == 'x') {
			const void *bytes = va_arg(args, const void *);
			size_t size = va_arg(args, size_t);

			result = sqlite3_bind_blob64(statement, i, bytes, size, SQLITE_STATIC);
		} else {
			const char *text = va_arg(args, const char *);
			size_t size = va_arg(args, size_t);

			result = sqlite3_bind_text64(statement, i, text, size, SQLITE_STATIC,
						     SQLITE_UTF8);
		}
	}
	return result;
}

int db_query_list(struct db *db, const char *sql, sqlite3_stmt **out, struct err *err,
		  const char *format, va_list args)
{
	int result;
	int rc;

	*out = NULL;
	rc = find_statement(db, sql, out, err);
	if (rc != 0)
		return rc;
	result = bind_all(*out, format, args);
	return result == SQLITE_OK ? 0 : db_error(db, result, err);
}

int db_step(struct db *db, sqlite3_stmt *statement, struct err *err)
{
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW)
		return 1;
	return result == SQLITE_DONE ? 0 : db_error(db, result, err);
}

void db_reset(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
}

int db_query(struct db *db, const char *sql, sqlite3_stmt **out, struct err *err,
	     const char *format, ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = db_query_list(db, sql, out, err, format, args);
	va_end(args);
	return rc;
}

int db_run(struct db *db, const char *sql, struct err *err, const char *format, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = db_query_list(db, sql, &statement, err, format, args);
	va_end(args);
	if (rc == 0)
		do
			rc = db_step(db, statement, err);
		while (rc == 1);
	db_reset(statement);
	return rc;
}

int db_get(struct db *db, const char *sql, int64_t *out, struct err *err, const char *format, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = db_query_list(db, sql, &statement, err, format, args);
	va_end(args);
	if (rc == 0)
		rc = db_step(db, statement, err);
	if (rc == 1)
		*out = sqlite3_column_int64(statement, 0);
	else if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no such row");
	db_reset(statement);
	return rc == 1 ? 0 : rc;
}

const char *db_text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}
