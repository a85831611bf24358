/* shim_log.h - writes the log of an attempt: the time of its arrival before each line.
 *
 *	2026-11-20T06:00:00.123Z text of the line
 *
 * The file is made for its first byte: a task that says nothing costs none, and a file system that
 * cannot make one loses output, not the task. What arrives is written at once, a line that is not
 *ended yet too. Memory is flat. A line of more than LIMIT_LOG_LINE_BYTES is broken in pieces that
 *are lines of their own. Bytes stay what they are.
 *
 * Beyond the size limit lines are dropped and counted, but the last 64 KiB are kept and written at
 * the end, behind a line that tells of it:
 *
 *	2026-11-20T06:00:09.000Z [heddle] log limit of 1000 bytes reached: 7 lines, 210 bytes
 *	dropped; the last 65000 bytes follow		(one line)
 *
 * A write that fails never stops the task: its bytes are dropped and counted, and once writing
 *works again the gap is told:
 *
 *	2026-11-20T06:00:09.000Z [heddle] 7 lines, 210 bytes lost: No space left on device
 *
 * Where stdout and stderr come apart, the lines of stderr are marked, and stand among those of
 *stdout in the order in which the bytes arrived; a line under way ends where the other stream
 *begins one:
 *
 *	2026-11-20T06:00:00.123Z [stderr] text of the line
 *
 * The attempt's token is masked (mask.h): logs are for more people than the task is.
 *
 * All sizes count what stands in the file, the times and marks included. */
#ifndef HEDDLE_EXECUTOR_PROCESS_SHIM_LOG_H
#define HEDDLE_EXECUTOR_PROCESS_SHIM_LOG_H

#include "executor/process/mask.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHIM_LOG_OUT_BYTES 131072
#define SHIM_LOG_TAIL_BYTES 65536
#define SHIM_LOG_STAMP_BYTES 25 /* the time and a space */
#define SHIM_LOG_ERROR_MARK "[stderr] "

struct shim_log_loss {
	uint64_t lines;
	uint64_t bytes;
	bool is_midline; /* the last one counted has not ended */
};

struct shim_log {
	const char *path; /* the caller's */
	int fd;           /* -1 while there is no file */
	uint64_t limit_bytes;
	uint64_t written_bytes;
	struct shim_log_loss over; /* beyond the limit */
	struct shim_log_loss gap;  /* lost since the last write that worked */
	struct shim_log_loss lost; /* in all former gaps */
	int gap_errno;
	bool is_limited;
	bool ends_midline;    /* the file does */
	uint32_t line_bytes;  /* of the line under way, its time not counted */
	bool is_midline;      /* a line is under way */
	bool is_error;        /* it is one of those that are marked as stderr */
	struct mask masks[2]; /* of stdout and stderr */
	int64_t stamp_ms;     /* what stamp says */
	char stamp[SHIM_LOG_STAMP_BYTES + 8];
	size_t out_count;
	uint64_t tail_count; /* ever put into tail */
	char out[SHIM_LOG_OUT_BYTES];
	char tail[SHIM_LOG_TAIL_BYTES]; /* a ring */
};

/* The large arrays are left untouched, so that a quiet task costs no memory for them. */
void shim_log_init(struct shim_log *log, const char *path, uint64_t limit_bytes);
/* This text (the caller's) is to be masked; NULL = none. Before anything is added. */
void shim_log_hide(struct shim_log *log, const char *secret);
/* Takes what arrived at now_ms. */
void shim_log_add(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms);
/* The same for what came from stderr, where it does not share stdout's pipe. */
void shim_log_add_error(struct shim_log *log, const char *bytes, size_t count, int64_t now_ms);
/* Adds a line of Heddle's own. */
void shim_log_note(struct shim_log *log, const char *text, int64_t now_ms);
/* Writes what is gathered. To be called before waiting for more. */
void shim_log_flush(struct shim_log *log, int64_t now_ms);
/* Writes the marks and the tail, and closes the file. */
void shim_log_finish(struct shim_log *log, int64_t now_ms);
/* What is not in the file. */
struct shim_log_loss shim_log_dropped(const struct shim_log *log);

#endif
