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

#endif
