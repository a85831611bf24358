/* sieve.c - goes through slices of a log; see sieve.h. */
#include "web/api/sieve.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PART_BYTES (1 << 20)
#define CONTEXT_BYTES (64 << 10) /* a stack trace is not longer */

/* --- lines --------------------------------------------------------------------------------------
 */

/* What goes on with a line is as grave as that line. */
static void take_level(struct sieve *sieve, const char *line, size_t size)
{
	enum log_level level = level_of(line, size);

	if (level != LEVEL_NONE || !level_goes_on(line, size))
		sieve->level = level;
}

static bool is_wanted(void *context, char *line, size_t size)
{
	struct sieve *sieve = context;

	take_level(sieve, line, size);
	if (sieve->level < sieve->at_least)
		return false;
	if (sieve->find == NULL)
		return true;
	scan_lower(line, size);
	return memmem(line, size, sieve->text, strlen(sieve->text)) != NULL;
}

static void take_hit(void *context, const struct scan_place *place)
{
	struct sieve *sieve = context;

	vec_push(&sieve->fresh, *place);
}

/* What the lines before the place say of the level there. */
static int take_context(struct sieve *sieve, int64_t at, struct err *err)
{
	int64_t size = at < CONTEXT_BYTES ? at : CONTEXT_BYTES;
	char *bytes;
	const char *line;
	const char *end;
	ssize_t got;

	sieve->level = LEVEL_NONE;
	if (size == 0)
		return 0;
	bytes = mem_alloc((size_t)size);
	got = scan_read(sieve->log->log, bytes, (size_t)size, at - size);
	line = size == at || got <= 0 ? bytes : memchr(bytes, '\n', (size_t)got);
	line = line == NULL || line == bytes ? line : line + 1;
	while (got > 0 && line != NULL &&
	       (end = memchr(line, '\n', (size_t)(bytes + got - line))) != NULL) {
		take_level(sieve, line, (size_t)(end - line));
		line = end + 1;
	}
	mem_free(bytes);
	return got < 0 ? err_errno(err, errno, "read the log") : 0;
}

/* --- parts --------------------------------------------------------------------------------------
 */

/* Looks at what is between the place, which moves there, and the offset. The level of the line
 * before the place is known. */
static int look(struct sieve *sieve, struct scan_place *place, int64_t end, struct err *err)
{
	struct process_log part = *sieve->log->log;
	int rc;

	part.size_bytes = end;
	vec_clear(&sieve->fresh);
	if (sieve->at_least == LEVEL_NONE)
		rc = scan_find(&part, sieve->text, take_hit, sieve, place, err);
	else
		rc = scan_pick(&part, is_wanted, take_hit, sieve, place, err);
	sieve->hit_count += (int64_t)sieve->fresh.count;
	return rc;
}

static void begin(struct sieve *sieve)
{
	snprintf(sieve->text, sizeof sieve->text, "%s", sieve->find == NULL ? "" : sieve->find);
	scan_lower(sieve->text, strlen(sieve->text));
}

/* One part is looked at however late it is: who goes on from where he was would never end. */
static bool is_over(const struct sieve *sieve, int64_t began_ms, int64_t bytes)
{
	return bytes >= SIEVE_BYTES ||
	       (bytes > 0 && clock_now().boot_ms - began_ms >= sieve->most_ms);
}

/* --- forward ------------------------------------------------------------------------------------
 */

/* Where a part ends that begins at the offset: with a line. */
static int part_end(const struct sieve *sieve, int64_t at, int64_t *end, struct err *err)
{
	int rc = 0;

	*end = at + PART_BYTES;
	if (*end < sieve->end)
		rc = scan_next(sieve->log->log, end, err);
	if (*end > sieve->end)
		*end = sieve->end;
	return rc;
}

/* One more than are wanted is kept, as the one that the next page begins with. */
static void keep_first(struct sieve *sieve)
{
	for (size_t i = 0; i < sieve->fresh.count && sieve->hits.count <= sieve->most; i++)
		vec_push(&sieve->hits, sieve->fresh.items[i]);
}

int sieve_on(struct sieve *sieve, struct err *err)
{
	const int64_t began_ms = clock_now().boot_ms;
	struct scan_place place = sieve->first;
	int64_t at = place.at;
	int rc = 0;

	begin(sieve);
	if (sieve->at_least != LEVEL_NONE)
		rc = take_context(sieve, at, err);
	while (rc == 0 && at < sieve->end && !is_over(sieve, began_ms, at - sieve->first.at)) {
		rc = part_end(sieve, at, &at, err);
		if (rc == 0)
			rc = look(sieve, &place, at, err);
		keep_first(sieve);
	}
	sieve->rest = at < sieve->end ? place.line : 0;
	return rc;
}

/* --- back ---------------------------------------------------------------------------------------
 */

/* Where a part begins that ends at the offset: with a line. */
static int part_begin(const struct sieve *sieve, int64_t end, struct scan_place *place,
		      struct err *err)
{
	if (end - PART_BYTES <= sieve->first.at) {
		*place = sieve->first;
		return 0;
	}
	return marks_offset(sieve->log, end - PART_BYTES, place, err);
}

/* The part stands before all that were looked at so far. */
static void keep_last(struct sieve *sieve)
{
	size_t room = sieve->most - sieve->hits.count;
	size_t more = sieve->fresh.count < room ? sieve->fresh.count : room;
	size_t before = sieve->hits.count;

	if (more == 0)
		return;
	for (size_t i = 0; i < more; i++)
		vec_push(&sieve->hits, sieve->fresh.items[i]);
	memmove(sieve->hits.items + more, sieve->hits.items, before * sizeof *sieve->hits.items);
	memcpy(sieve->hits.items, sieve->fresh.items + sieve->fresh.count - more,
	       more * sizeof *sieve->hits.items);
}

int sieve_back(struct sieve *sieve, struct err *err)
{
	const int64_t began_ms = clock_now().boot_ms;
	struct scan_place place = sieve->first;
	int64_t end = sieve->end;
	int rc = 0;

	begin(sieve);
	while (rc == 0 && end > sieve->first.at && !is_over(sieve, began_ms, sieve->end - end)) {
		int64_t begin_at;

		rc = part_begin(sieve, end, &place, err);
		begin_at = place.at;
		sieve->rest = place.line - 1;
		if (rc == 0 && sieve->at_least != LEVEL_NONE)
			rc = take_context(sieve, begin_at, err);
		if (rc == 0)
			rc = look(sieve, &place, end, err);
		keep_last(sieve);
		end = begin_at;
	}
	if (end <= sieve->first.at)
		sieve->rest = 0;
	return rc;
}

void sieve_close(struct sieve *sieve)
{
	vec_close(&sieve->hits);
	vec_close(&sieve->fresh);
}
