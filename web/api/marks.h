/* marks.h - where lines begin in the logs that were counted lately, for the workers.
 *
 * To number the lines of a log all that stands before them must be counted. What was counted is
 * remembered here by a mark for each MiB, so that it is counted once and not for each answer: then
 * the end of a log, a line by its number and the number of a line cost one MiB at most, however
 * long the log is. A log only grows, so a mark stays true. It is no more than a memory: of the
 * logs asked for last, some 128 KiB in all, and nothing of it is on disk.
 *
 * Any thread may call but for marks_init and marks_close. All fail with err_errno's codes. */
#ifndef HEDDLE_WEB_API_MARKS_H
#define HEDDLE_WEB_API_MARKS_H

#include "web/api/scan.h"

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define MARKS_STEP_BYTES (1 << 20)
#define MARKS_LOGS 32u
#define MARKS_NAME_SIZE 32

/* The lines of one log: where the last one begins that does so within the first MiB, the first two
 * and so on. */
struct marks_entry {
	char incarnation[MARKS_NAME_SIZE];
	int64_t attempt_id; /* 0 = unused */
	uint64_t used;      /* by marks.uses: the one with the least goes first */
	VEC(struct scan_place) places;
};

struct marks {
	uv_mutex_t mutex;
	uint64_t uses;
	struct marks_entry logs[MARKS_LOGS];
};

/* An open log, and whose it is. */
struct marks_log {
	struct marks *marks;
	const struct process_log *log;
	const char *incarnation;
	int64_t attempt_id;
};

void marks_init(struct marks *marks);
void marks_close(struct marks *marks);

/* Counts on where it was last left, for max_ms at most (but a MiB). *done: what is left is less
 * than a MiB, and the calls below are short. */
int marks_count(const struct marks_log *log, int64_t max_ms, bool *done, struct err *err);
/* As scan_line from the beginning. */
int marks_line(const struct marks_log *log, int64_t line, struct scan_place *place,
	       struct err *err);
/* The last line that begins up to the offset, which is in the log or its end. */
int marks_offset(const struct marks_log *log, int64_t at, struct scan_place *place,
		 struct err *err);

#endif
