/* sieve.h - the lines of a log that hold a text or are of a level, a slice at a time.
 *
 * A log may be long, and looking through it costs what it is long. So one look goes as far as
 * SIEVE_MS or SIEVE_BYTES allow, whichever is over sooner, and says where the next one goes on:
 * forward from a line, or back from one to find the last ones first. It goes by parts of a MiB that
 * begin and end with lines. On a worker. */
#ifndef HEDDLE_WEB_API_SIEVE_H
#define HEDDLE_WEB_API_SIEVE_H

#include "web/api/level.h"
#include "web/api/marks.h"

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

#define SIEVE_MS 10
#define SIEVE_BYTES (16 << 20)

struct sieve {
	const struct marks_log *log;
	const char *find;        /* NULL = any text */
	enum log_level at_least; /* LEVEL_NONE = any */
	uint32_t most;           /* hits that are kept */
	int64_t most_ms;         /* SIEVE_MS; one part is looked at in any case */
	struct scan_place first; /* nothing before it is looked at */
	int64_t end;             /* nor anything from this offset on, where a line begins */

	/* What came of it: */
	VEC(struct scan_place) hits; /* ascending: the first ones and one more, or the last ones */
	int64_t hit_count;           /* of the lines that were looked at */
	int64_t rest; /* the first line that was not, going back the last one; 0 = all were */

	/* Of the part under way: */
	char text[SCAN_TEXT_MAX + 1]; /* find in small letters */
	enum log_level level;         /* of the line before */
	VEC(struct scan_place) fresh; /* its hits */
};

/* Looks from the first line on. Both fail as scan_find does. */
int sieve_on(struct sieve *sieve, struct err *err);
/* Looks back from the end. */
int sieve_back(struct sieve *sieve, struct err *err);
void sieve_close(struct sieve *sieve);

#endif
