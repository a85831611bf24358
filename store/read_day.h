/* read_day.h - what came of the runs of the last hours, counted by the part of the day they were
 * made in. As all of read.h: over a reader, committed rows only, 5 s at most. */
#ifndef HEDDLE_STORE_READ_DAY_H
#define HEDDLE_STORE_READ_DAY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_reader;

#define READ_DAY_RUNS_MAX 50000u /* looked at, the newest */

/* Runs made within one part. */
struct day_part {
	uint32_t success;
	uint32_t failed;
	uint32_t others; /* under way, cancelled */
};

/* Part i begins at from_ms + i * part_ms. Adds to *parts, which the caller cleared. *more: there
 * were more runs than are looked at, and the oldest are not counted. */
int read_day(struct store_reader *reader, int64_t from_ms, int64_t part_ms, struct day_part *parts,
	     size_t count, bool *more, struct err *err);

#endif
