/* suspects.h - attempts whose end could not be written.
 *
 * When the store refuses a batch for another reason than space or I/O, the daemon starts anew, and
 * would take the same exit records from the spool again, for ever. So the attempts whose ends were
 * in the unwritten batches are noted in spool/suspects; the next daemon takes each of their records
 * in a batch of its own; the one that fails again is set aside (DESIGN.md section 1: dead letter).
 *
 * The file: one line an attempt, "ATTEMPT_ID FAILURES\n". */
#ifndef HEDDLE_DAEMON_SUSPECTS_H
#define HEDDLE_DAEMON_SUSPECTS_H

#include "base/err.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define SUSPECT_FAILURES_MAX 2 /* at this many it is set aside */

struct suspect {
	int64_t attempt_id;
	unsigned failures;
};

struct suspects {
	char path[PATH_MAX];
	struct suspect *items;
	size_t count;
	size_t capacity;
};

/* Reads the file below home; a missing or unreadable one counts as empty. */
void suspects_open(struct suspects *suspects, const char *home);
void suspects_close(struct suspects *suspects);
unsigned suspects_failures(const struct suspects *suspects, int64_t attempt_id); /* 0 = none */
void suspects_note(struct suspects *suspects, int64_t attempt_id);
void suspects_clear(struct suspects *suspects, int64_t attempt_id);
/* Writes the file durably, or removes it when nothing is suspected. */
int suspects_save(const struct suspects *suspects, struct err *err);

#endif
