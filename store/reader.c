/* reader.c - read-only connections, each query with an end; see read.h. */
#include "store/reader.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/words.h"

#include <assert.h>
#include <stdarg.h>

#define QUERY_LIMIT_MS 5000
/* Steps of SQLite's machine between two looks at the clock: well under a millisecond. */
#define STEPS_BETWEEN_LOOKS 4000

/* query_only also refuses what would write to a temporary table. A reader's pages are few: what is
 * read again soon is in the system's cache. */
static const char pragmas[] = "PRAGMA query_only = ON;"
			      "PRAGMA cache_size = -256;"
			      "PRAGMA temp_store = MEMORY;";

static int is_over(void *context)
{
	const struct store_reader *reader = context;

	return clock_now().boot_ms >= reader->deadline_boot_ms;
}

/* words_fit(words, the texts in the order of enum words_text): 1 or 0. */
static void fit(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct words *words = sqlite3_value_pointer(values[0], DB_POINTER);
	const char *texts[WORDS_TEXT_COUNT];

	assert(count == 1 + WORDS_TEXT_COUNT);
	for (int i = 1; i < count; i++)
		texts[i - 1] = (const char *)sqlite3_value_text(values[i]);
	sqlite3_result_int(context, words == NULL || words_fit(words, texts));
}

static int add_functions(struct db *db, struct err *err)
{
	int result = sqlite3_create_function(db->handle, "words_fit", 1 + WORDS_TEXT_COUNT,
					     SQLITE_UTF8, NULL, fit, NULL, NULL);

	return result == SQLITE_OK ? 0 : db_error(db, result, err);
}

int store_reader_open(const char *path, struct store_reader **out, struct err *err)
{
	struct store_reader *reader = mem_alloc(sizeof *reader);
	int rc;

	reader->limit_ms = QUERY_LIMIT_MS;
	reader->deadline_boot_ms = INT64_MAX;
	rc = db_open(&reader->db, path, SQLITE_OPEN_READONLY, err);
	if (rc == 0) {
		sqlite3_busy_timeout(reader->db.handle, 1000);
		sqlite3_progress_handler(reader->db.handle, STEPS_BETWEEN_LOOKS, is_over, reader);
		rc = db_script(&reader->db, pragmas, err);
	}
	if (rc == 0)
		rc = add_functions(&reader->db, err);
	if (rc != 0) {
		err_wrap(err, "open '%s' for reading", path);
		store_reader_close(reader);
		reader = NULL;
	}
	*out = reader;
	return rc;
}

void store_reader_close(struct store_reader *reader)
{
	if (reader == NULL)
		return;
	db_close(&reader->db);
	mem_free(reader);
}

int reader_query(struct store_reader *reader, const char *sql, sqlite3_stmt **out, struct err *err,
		 const char *format, ...)
{
	va_list args;
	int rc;

	reader->deadline_boot_ms = clock_now().boot_ms + reader->limit_ms;
	va_start(args, format);
	rc = db_query_list(&reader->db, sql, out, err, format, args);
	va_end(args);
	return rc;
}

int reader_step(struct store_reader *reader, sqlite3_stmt *row, struct err *err)
{
	int rc = db_step(&reader->db, row, err);

	if (rc == ERR_LIMIT)
		return err_set(err, ERR_LIMIT, "the query took longer than %lld ms and was cut off",
			       (long long)reader->limit_ms);
	return rc;
}
