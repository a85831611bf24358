/* marks.c - remembers where lines begin; see marks.h.
 *
 * Nothing is read with the mutex held. Two workers that count the same log at a time both do so,
 * and the mark that comes second is dropped. */
#include "web/api/marks.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void marks_init(struct marks *marks)
{
	memset(marks, 0, sizeof *marks);
	if (uv_mutex_init(&marks->mutex) != 0) /* only for want of memory, which ends the program */
		abort();
}

void marks_close(struct marks *marks)
{
	for (size_t i = 0; i < MARKS_LOGS; i++)
		vec_close(&marks->logs[i].places);
	uv_mutex_destroy(&marks->mutex);
}

/* --- the memory ---------------------------------------------------------------------------------
 */

static bool is_of(const struct marks_entry *marked, const struct marks_log *log)
{
	return marked->attempt_id == log->attempt_id &&
	       strcmp(marked->incarnation, log->incarnation) == 0;
}

/* Makes the place of what was not used for longest that of this log. */
static void take_over(struct marks_entry *marked, const struct marks_log *log)
{
	vec_clear(&marked->places);
	marked->attempt_id = log->attempt_id;
	snprintf(marked->incarnation, sizeof marked->incarnation, "%s", log->incarnation);
}

/* What is known of the log, perhaps by who opened it later, when it was longer. */
static struct marks_entry *marked_of(const struct marks_log *log)
{
	struct marks *marks = log->marks;
	struct marks_entry *oldest = &marks->logs[0];
	struct marks_entry *found = NULL;

	for (size_t i = 0; i < MARKS_LOGS && found == NULL; i++) {
		if (is_of(&marks->logs[i], log))
			found = &marks->logs[i];
		else if (marks->logs[i].used < oldest->used)
			oldest = &marks->logs[i];
	}
	if (found == NULL) {
		found = oldest;
		take_over(found, log);
	}
	found->used = ++marks->uses;
	return found;
}

/* The last mark up to both, and how far the log was counted. A short log takes up no room. */
static struct scan_place recall(const struct marks_log *log, int64_t line, int64_t at,
				size_t *count)
{
	struct scan_place place = SCAN_FIRST;
	const struct marks_entry *marked;

	*count = 0;
	if (log->log->size_bytes < MARKS_STEP_BYTES)
		return place;
	uv_mutex_lock(&log->marks->mutex);
	marked = marked_of(log);
	*count = marked->places.count;
	for (size_t i = *count; i > 0; i--) {
		const struct scan_place *mark = &marked->places.items[i - 1];

		if (mark->line <= line && mark->at <= at && mark->at <= log->log->size_bytes) {
			place = *mark;
			break;
		}
	}
	uv_mutex_unlock(&log->marks->mutex);
	return place;
}

static void remember(const struct marks_log *log, size_t position, struct scan_place place)
{
	struct marks_entry *marked;

	uv_mutex_lock(&log->marks->mutex);
	marked = marked_of(log);
	if (marked->places.count == position)
		vec_push(&marked->places, place);
	uv_mutex_unlock(&log->marks->mutex);
}

/* --- counting -----------------------------------------------------------------------------------
 */

/* Moves from the place, the last one before the offset from, to the last one before the other. So
 * what stands between the place and the first offset is not read again. */
static int pass_to_offset(const struct marks_log *log, struct scan_place *place, int64_t from,
			  int64_t to, struct err *err)
{
	struct process_log part = *log->log;
	struct scan_place next = {.line = place->line, .at = from};
	int rc;

	part.size_bytes = to;
	rc = scan_line(&part, INT64_MAX, &next, err);
	if (next.line > place->line)
		*place = next;
	return rc;
}

int marks_count(const struct marks_log *log, int64_t max_ms, bool *done, struct err *err)
{
	const size_t steps = (size_t)(log->log->size_bytes / MARKS_STEP_BYTES);
	const int64_t began_ms = clock_now().boot_ms;
	size_t count;
	struct scan_place place = recall(log, INT64_MAX, INT64_MAX, &count);
	int rc = 0;

	while (rc == 0 && count < steps) {
		int64_t from = (int64_t)count * MARKS_STEP_BYTES;

		rc = pass_to_offset(log, &place, from, from + MARKS_STEP_BYTES, err);
		if (rc == 0)
			remember(log, count++, place);
		if (clock_now().boot_ms - began_ms >= max_ms)
			break;
	}
	*done = count >= steps;
	return rc;
}

/* --- asking -------------------------------------------------------------------------------------
 */

int marks_line(const struct marks_log *log, int64_t line, struct scan_place *place, struct err *err)
{
	size_t count;

	*place = recall(log, line, INT64_MAX, &count);
	return scan_line(log->log, line, place, err);
}

int marks_offset(const struct marks_log *log, int64_t at, struct scan_place *place, struct err *err)
{
	size_t count;

	*place = recall(log, INT64_MAX, at, &count);
	return pass_to_offset(log, place, place->at, at, err);
}
