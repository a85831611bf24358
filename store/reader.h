/* reader.h - a read-only connection, as the files of this folder share it. */
#ifndef HEDDLE_STORE_READER_H
#define HEDDLE_STORE_READER_H

#include "store/db.h"
#include "store/read.h"

#include <stdbool.h>
#include <stdint.h>

struct store_reader {
	struct db db;
	int64_t limit_ms; /* a query is cut off after so long */
	int64_t deadline_boot_ms;
};

/* Begins a query and its time. As db_query; its rows come by reader_step. */
int reader_query(struct store_reader *reader, const char *sql, sqlite3_stmt **out, struct err *err,
		 const char *format, ...);
/* 1 = a row, 0 = no more, ERR_LIMIT when the time is over, else an error. */
int reader_step(struct store_reader *reader, sqlite3_stmt *row, struct err *err);

/* The first run of which it cannot be said that it was created before the instant: all older ones
 * were. INT64_MAX when there is none, 0 when since_ms is not positive. */
int reader_first_since(struct store_reader *reader, int64_t since_ms, int64_t *first,
		       struct err *err);

/* What a dag_view is read from, in the order of reader_dag_view; more may be selected between the
 * two. '' is the pause of all dags, and comes before every dag's own. */
#define READER_DAG_COLUMNS 18
#define READER_SELECT_DAG                                                           \
	"SELECT d.dag_id, v.description, d.file, v.hash, d.since_ms, v.task_count," \
	" r.run_id, r.state, r.created_at_ms, v.domain, v.owner, v.tags,"           \
	" v.git_commit, v.git_dirty, p.actor, p.reason, p.at_ms, p.dag_id = ''"
#define READER_FROM_DAG                                     \
	" FROM dag d JOIN dag_version v USING (version_no)" \
	" LEFT JOIN run r ON r.run_no = d.last_run_no"      \
	" LEFT JOIN pause p ON p.dag_id ="                  \
	"  (SELECT max(dag_id) FROM pause WHERE dag_id IN ('', d.dag_id))"

/* Texts live until the next step. */
struct dag_view reader_dag_view(sqlite3_stmt *row);

/* 1 << WORDS_STATE, WORDS_OWNER ... as SQL has it: what no word looks at is not read for words_fit.
 */
#define READER_WORDS_OWNER "2"
#define READER_WORDS_DOMAIN "4"
#define READER_WORDS_TAG "8"
#define READER_WORDS_STATE "16"

struct run_bar;

/* Of a row with run_no, run_id, state, created_at_ms, started_at_ms, ended_at_ms, version_no. */
void reader_take_bar(sqlite3_stmt *row, struct run_bar *bar);

#endif
