/* scan.h - finds lines in a log: how many there are, where one begins, which hold a text.
 *
 * Nothing is remembered here (marks.h does). Whoever looks at a part of a log only says so by its
 * size_bytes. Memory is one buffer, however long a line is. On a worker. */
#ifndef HEDDLE_WEB_API_SCAN_H
#define HEDDLE_WEB_API_SCAN_H

#include "base/err.h"
#include "executor/process/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SCAN_TEXT_MAX 200u /* bytes of a text that is looked for */

/* Where a line begins. */
struct scan_place {
	int64_t line; /* its number, from 1 */
	int64_t at;   /* offset of its first byte */
};

/* As pread, up to the size that the log had when it was opened: what comes later is left for the
 * next time. */
ssize_t scan_read(const struct process_log *log, char *bytes, size_t count, int64_t at);

/* All fail with ERR_IO and others of err_errno. */

#define SCAN_FIRST ((struct scan_place){.line = 1, .at = 0})

/* Moves from the place of a line on to that of another. One behind all there are (INT64_MAX) gives
 * the end: behind the last line end, where a line stands that has none yet, or the next one to
 * come. */
int scan_line(const struct process_log *log, int64_t line, struct scan_place *place,
	      struct err *err);
/* Goes back from the place of a line by so many lines, to the first one at most. */
int scan_back(const struct process_log *log, int64_t lines, struct scan_place *place,
	      struct err *err);
/* The offset behind the end of the line that goes on at the offset. */
int scan_next(const struct process_log *log, int64_t *at, struct err *err);
/* Calls for each line from the place on that holds the text (at least a byte, none of them a line
 * end), in their order. Capitals and small letters of ASCII are the same. The place moves to the
 * end, as by scan_line. */
int scan_find(const struct process_log *log, const char *text,
	      void (*each)(void *context, const struct scan_place *place), void *context,
	      struct scan_place *place, struct err *err);
/* Calls for each line from the place on that is wanted, in their order. wanted gets a line without
 * its end, of a very long one the beginning (256 KiB), and may change these bytes. The place moves
 * likewise. */
int scan_pick(const struct process_log *log, bool (*wanted)(void *context, char *line, size_t size),
	      void (*each)(void *context, const struct scan_place *place), void *context,
	      struct scan_place *place, struct err *err);
/* Capitals of ASCII become small letters. */
void scan_lower(char *bytes, size_t size);

#endif
