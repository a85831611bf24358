/* sql.c - see sql.h. */
#include "store/sql.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/db.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Steps of SQLite's machine between two looks at the clock. */
#define STEPS_BETWEEN_LOOKS 4000
#define VALUE_BYTES_MAX (64 << 20)
#define MEMORY_MAX (512ll << 20)

struct question {
	struct db db;
	int64_t limit_ms;
	int64_t deadline_boot_ms;
	bool refused; /* the statement wanted to do what it may not */
};

static bool is_listed(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcasecmp(name, *list) == 0)
			return true;
	return false;
}

/* Those that only tell, and what they tell about. */
static bool may_ask_pragma(const char *name, const char *argument)
{
	static const char *const about[] = {
	    "table_info",  "table_xinfo",      "table_list",      "index_list",  "index_info",
	    "index_xinfo", "foreign_key_list", "integrity_check", "quick_check", NULL};
	static const char *const plain[] = {"user_version",    "application_id", "page_count",
					    "page_size",       "freelist_count", "journal_mode",
					    "compile_options", "function_list",  "collation_list",
					    "database_list",   "encoding",       NULL};

	return is_listed(name, about) || (argument == NULL && is_listed(name, plain));
}

/* Functions that reach beyond the database, where a build of SQLite has them. */
static bool may_call(const char *name)
{
	static const char *const refused[] = {"load_extension", "fts3_tokenizer", "readfile",
					      "writefile",      "edit",           NULL};

	return !is_listed(name, refused);
}

static int authorize(void *context, int action, const char *first, const char *second,
		     const char *database, const char *inside)
{
	struct question *question = context;
	bool may = false;

	(void)database;
	(void)inside;
	if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE)
		may = true;
	else if (action == SQLITE_FUNCTION)
		may = may_call(second);
	else if (action == SQLITE_PRAGMA)
		may = may_ask_pragma(first, second);
	else if (action == SQLITE_UPDATE) /* asked for when a pragma is read as a table */
		may = strcmp(first, "sqlite_master") == 0;
	question->refused |= !may;
	return may ? SQLITE_OK : SQLITE_DENY;
}

static int is_over(void *context)
{
	const struct question *question = context;

	return clock_now().boot_ms >= question->deadline_boot_ms;
}

static int open_guarded(struct question *question, const char *path, struct err *err)
{
	int rc;

	if (access(path, F_OK) != 0)
		return err_set(err, ERR_NOT_FOUND, "there is no database '%s'", path);
	rc = db_open(&question->db, path, SQLITE_OPEN_READONLY, err);
	if (rc != 0)
		return rc;
	sqlite3_busy_timeout(question->db.handle, 1000);
	sqlite3_hard_heap_limit64(MEMORY_MAX);
	sqlite3_limit(question->db.handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
	sqlite3_limit(question->db.handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(question->db.handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(question->db.handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	rc = db_script(&question->db, "PRAGMA query_only = ON", err);
	sqlite3_set_authorizer(question->db.handle, authorize, question);
	sqlite3_progress_handler(question->db.handle, STEPS_BETWEEN_LOOKS, is_over, question);
	return rc;
}

/* What SQLite said, in words for who asked. */
static int explain(struct question *question, int result, struct err *err)
{
	int rc = db_error(&question->db, result, err);

	if (question->refused)
		return err_set(err, ERR_REFUSED,
			       "only questions are answered here (select ...): the statement would "
			       "do more than read");
	if (rc == ERR_LIMIT)
		return err_set(
		    err, ERR_LIMIT,
		    "cut off after %lld ms: ask for less, or allow it more with --timeout",
		    (long long)question->limit_ms);
	if ((result & 0xff) == SQLITE_NOMEM || (result & 0xff) == SQLITE_TOOBIG)
		return err_set(err, ERR_LIMIT, "the answer is too large: ask for less");
	if ((result & 0xff) == SQLITE_ERROR || (result & 0xff) == SQLITE_RANGE)
		return err_set(err, ERR_USAGE, "%s", sqlite3_errmsg(question->db.handle));
	return rc;
}

/* Whether what follows the statement is blanks, comments and semicolons. */
static bool is_more(struct question *question, const char *tail)
{
	while (*tail != '\0') {
		sqlite3_stmt *next = NULL;
		int result = sqlite3_prepare_v2(question->db.handle, tail, -1, &next, &tail);

		sqlite3_finalize(next);
		if (result != SQLITE_OK || next != NULL)
			return true;
	}
	return false;
}

static int prepare(struct question *question, const char *text, sqlite3_stmt **out, struct err *err)
{
	const char *tail = text;
	int result = sqlite3_prepare_v2(question->db.handle, text, -1, out, &tail);

	if (result != SQLITE_OK)
		return explain(question, result, err);
	if (*out == NULL)
		return err_set(err, ERR_USAGE, "there is no SQL in '%.64s'", text);
	if (is_more(question, tail))
		return err_set(err, ERR_USAGE, "one statement at a time: what is '%.64s'?", tail);
	if (!sqlite3_stmt_readonly(*out))
		return err_set(err, ERR_REFUSED, "only questions are answered here (select ...)");
	return 0;
}

static struct sql_cell cell_of(sqlite3_stmt *row, int column)
{
	struct sql_cell cell = {.kind = SQL_NULL};

	switch (sqlite3_column_type(row, column)) {
	case SQLITE_INTEGER:
		cell.kind = SQL_INTEGER;
		cell.integer = sqlite3_column_int64(row, column);
		break;
	case SQLITE_FLOAT:
		cell.kind = SQL_REAL;
		cell.real = sqlite3_column_double(row, column);
		break;
	case SQLITE_TEXT:
		cell.kind = SQL_TEXT;
		cell.bytes = sqlite3_column_text(row, column);
		cell.size = (size_t)sqlite3_column_bytes(row, column);
		break;
	case SQLITE_BLOB:
		cell.kind = SQL_BLOB;
		cell.bytes = sqlite3_column_blob(row, column);
		cell.size = (size_t)sqlite3_column_bytes(row, column);
		break;
	default:
		break;
	}
	return cell;
}

static int tell_rows(struct question *question, sqlite3_stmt *row, const struct sql_events *events,
		     struct err *err)
{
	size_t count = (size_t)sqlite3_column_count(row);
	struct sql_cell *cells = mem_alloc((count + 1) * sizeof *cells);
	int result = SQLITE_DONE;
	int rc = 0;

	while (rc == 0 && (result = sqlite3_step(row)) == SQLITE_ROW) {
		for (size_t i = 0; i < count; i++)
			cells[i] = cell_of(row, (int)i);
		rc = events->row(events->context, cells, count, err);
	}
	if (rc == 0 && result != SQLITE_DONE)
		rc = explain(question, result, err);
	mem_free(cells);
	return rc;
}

static int answer(struct question *question, const char *text, const struct sql_events *events,
		  struct err *err)
{
	sqlite3_stmt *statement = NULL;
	const char **names;
	size_t count;
	int rc = prepare(question, text, &statement, err);

	if (rc == 0) {
		count = (size_t)sqlite3_column_count(statement);
		names = mem_alloc((count + 1) * sizeof *names);
		for (size_t i = 0; i < count; i++)
			names[i] = sqlite3_column_name(statement, (int)i);
		events->columns(events->context, names, count);
		mem_free(names);
		rc = tell_rows(question, statement, events, err);
	}
	sqlite3_finalize(statement);
	return rc;
}

int sql_ask(const char *db_path, const char *text, int64_t limit_ms,
	    const struct sql_events *events, struct err *err)
{
	struct question question = {.limit_ms = limit_ms};
	int rc;

	question.deadline_boot_ms = clock_now().boot_ms + limit_ms;
	rc = open_guarded(&question, db_path, err);
	if (rc == 0)
		rc = answer(&question, text, events, err);
	db_close(&question.db);
	return rc;
}
