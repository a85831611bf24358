/* log.h - the log of an attempt, wherever it stands: in a file of its own, or in the one of its
 * run (pack.h). */
#ifndef HEDDLE_EXECUTOR_PROCESS_LOG_H
#define HEDDLE_EXECUTOR_PROCESS_LOG_H

#include "executor/process/pack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_log {
	int fd;             /* -1 = there is none (yet); the holder's */
	int64_t begin;      /* of its first byte in the file */
	int64_t size_bytes; /* as of the opening */
	bool is_packed;     /* it does not grow any more */
};

/* No log is no error: the attempt said nothing, could not start, or its shim has not come so far.
 * Fails with ERR_CORRUPT (the run's file is torn), ERR_IO (no regular file) and others. */
int process_log_open(const char *home, const char *incarnation, struct process_ref ref,
		     struct pack_run run, struct process_log *log, struct err *err);
/* As pread: what stands at that offset of the log. */
ssize_t process_log_read(const struct process_log *log, void *bytes, size_t count, int64_t at);
void process_log_close(struct process_log *log);

#endif
