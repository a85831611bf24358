/* target.h - what a request line asks for: the segments of its path and the pairs of its query.
 *
 * The target is taken as it came over the wire, so that an encoded slash stays inside its segment.
 * Percent signs are decoded once; "+" means itself, so that "since=2026-11-20T06:00:00+01:00" needs
 * no escape, but for a blank in what people type (q, find, domain, owner, tag): so forms send it.
 * A target may come in absolute form, "http://localhost:8088/api/v1/dags", as proxies send it (RFC
 * 9112 section 3.2.2). Pure: from memory to memory. */
#ifndef HEDDLE_WEB_TARGET_H
#define HEDDLE_WEB_TARGET_H

#include "base/err.h"

#include <stddef.h>

#define TARGET_BYTES_MAX 4096
#define TARGET_SEGMENTS_MAX 12
#define TARGET_PAIRS_MAX 16

struct target_pair {
	const char *name;
	const char *value; /* "" when there is no "=" */
};

/* All texts live in the buffer, which target_close gives back. */
struct target {
	char *buffer;
	const char *host; /* of a target in absolute form; NULL = it is a path alone */
	const char *segments[TARGET_SEGMENTS_MAX];
	size_t segment_count; /* 0 for "/" */
	struct target_pair pairs[TARGET_PAIRS_MAX];
	size_t pair_count;
};

/* Takes a target apart. Fails with ERR_SYNTAX (does not begin with "/", a bad percent sign, a
 * control character) or ERR_LIMIT (too long, too many segments or pairs). On failure *out holds
 * nothing, and may be closed. */
int target_parse(const char *text, struct target *out, struct err *err);
void target_close(struct target *target);

#endif
