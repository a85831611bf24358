/* record.h - the exit record: how an attempt ended, as its shim tells whoever comes later.
 *
 * Numbers are little-endian.
 *
 *	  0  4  "HdEx"
 *	  4  1  version, 1
 *	  5  3  zero
 *	  8  4  length of all
 *	 12  4  CRC-32C of the bytes from 16 to the length
 *	 16  8  attempt id
 *	 24  4  cause: a number of this format's own (record.c), not the program's
 *	 28  4  exit code
 *	 32  4  signal
 *	 36  4  length of the reason
 *	 40  9 x 8  started_at_ms ended_at_ms duration_ms max_rss_bytes cpu_user_us cpu_system_us
 *	            log_bytes log_dropped_bytes log_dropped_lines
 *	112  .. the reason, without NUL
 *
 * What does not check is no record: an end that was half written did not happen. */
#ifndef HEDDLE_EXECUTOR_PROCESS_RECORD_H
#define HEDDLE_EXECUTOR_PROCESS_RECORD_H

#include "model/attempt.h"

#include <stdbool.h>
#include <stddef.h>

#define RECORD_MAX_BYTES (112 + LIMIT_REASON_BYTES)

/* Returns the length. */
size_t record_encode(const struct attempt_end *end, unsigned char buffer[RECORD_MAX_BYTES]);
/* Reads the record at the start of bytes, whatever follows it. False, with *end untouched, for
 * anything but a whole record of a version that is known. */
bool record_decode(const void *bytes, size_t count, struct attempt_end *end);

/* Whether a newer program wrote it, so that it is no record here and no torn one either. */
bool record_is_newer(const void *bytes, size_t count);

#endif
