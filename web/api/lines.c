/* lines.c - a log by its lines, each with its number: a part of it, its end, or those that hold a
 * text. See api.h.
 *
 * Lines are counted from the beginning and never remembered (scan.h). What is answered is bounded:
 * so many lines, so many bytes of each, so many bytes in all. */
#include "web/api/level.h"
#include "web/api/scan.h"

#include "base/vec.h"
#include "web/api/api.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX 16384u               /* of one line; what is longer is shown cut */
#define ANSWER_BYTES_MAX (4u * 1024 * 1024) /* the line that goes over it is the page's last */

struct lines {
	const struct query *query;
	const struct process_log *log;
	struct scan_place end; /* the one that the log goes on from */
	int64_t total;
	struct compose compose;
	struct str text; /* of a line */
	const struct str *body;
	int64_t next; /* the line that the next page begins with; 0 = there is none */

	/* With "find" or "level": */
	VEC(struct scan_place) hits;  /* as many as are shown, and one more; with "tail", a ring */
	int64_t hit_count;            /* in the whole log */
	char find[SCAN_TEXT_MAX + 1]; /* in small letters */
	enum log_level at_least;
	enum log_level level; /* of the line before */
};

/* A NUL would end the text: it is shown as what it is, U+0000's picture. */
static void add_text(struct str *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t plain = strnlen(bytes + i, size - i);

		str_append_bytes(text, bytes + i, plain);
		i += plain;
		if (i < size) {
			str_append(text, "\xe2\x90\x80");
			i++;
		}
	}
}

/* Reads the line at *at and moves there behind its end. */
static int read_line(struct lines *lines, int64_t *at, bool *is_cut, struct err *err)
{
	char bytes[LINE_BYTES_MAX];
	ssize_t got = scan_read(lines->log, bytes, sizeof bytes, *at);
	const char *end = got <= 0 ? NULL : memchr(bytes, '\n', (size_t)got);

	if (got < 0)
		return err_errno(err, errno, "read the log");
	str_clear(&lines->text);
	add_text(&lines->text, bytes, end == NULL ? (size_t)got : (size_t)(end - bytes));
	*at += end == NULL ? got : end - bytes + 1;
	*is_cut = end == NULL && *at < lines->log->size_bytes;
	return *is_cut ? scan_next(lines->log, at, err) : 0;
}

/* Writes the line at the place, which moves to the next one. */
static int write_line(struct lines *lines, struct scan_place *place, struct err *err)
{
	bool is_cut = false;
	int rc = read_line(lines, &place->at, &is_cut, err);

	if (rc != 0)
		return rc;
	compose_open(&lines->compose, '{');
	compose_member_int(&lines->compose, "line", place->line++);
	compose_member_text(&lines->compose, "text", str_text(&lines->text));
	if (is_cut) {
		compose_key(&lines->compose, "cut");
		compose_bool(&lines->compose, true);
	}
	compose_close(&lines->compose, '}');
	return 0;
}

static bool is_full(const struct lines *lines)
{
	return lines->body->size > ANSWER_BYTES_MAX;
}

/* --- a part -------------------------------------------------------------------------------------
 */

static bool is_open(const struct lines *lines)
{
	return lines->end.at < lines->log->size_bytes;
}

/* The line that is not whole yet counts as one of all. */
static int count_from(struct lines *lines, const struct scan_place *place, struct err *err)
{
	int rc;

	lines->end = *place;
	rc = scan_line(lines->log, INT64_MAX, &lines->end, err);
	lines->total = lines->end.line - 1 + is_open(lines);
	return rc;
}

/* What stands before the line is passed once, and what follows once more, to be counted. */
static int find_line(struct lines *lines, int64_t line, struct scan_place *place, struct err *err)
{
	int rc = scan_line(lines->log, line, place, err);

	if (rc == 0)
		rc = count_from(lines, place, err);
	if (place->line < line) /* there is no such line yet */
		place->at = lines->log->size_bytes;
	return rc;
}

static int find_first(struct lines *lines, struct scan_place *place, struct err *err)
{
	const struct query *query = lines->query;
	int64_t from = query->from_line == 0 ? 1 : query->from_line;
	int rc;

	*place = SCAN_FIRST;
	if (query->tail == 0)
		return find_line(lines, from, place, err);
	rc = count_from(lines, place, err);
	if (rc != 0 || lines->total - query->tail + 1 <= from)
		return rc != 0 ? rc : find_line(lines, from, place, err);
	*place = lines->end;
	return scan_back(lines->log, (int64_t)query->tail - is_open(lines), place, err);
}

static int write_part(struct lines *lines, struct err *err)
{
	uint32_t left = lines->query->tail == 0 ? lines->query->lines : lines->query->tail;
	struct scan_place place;
	int rc = find_first(lines, &place, err);

	while (rc == 0 && left > 0 && place.at < lines->log->size_bytes && !is_full(lines)) {
		rc = write_line(lines, &place, err);
		left--;
	}
	if (place.at < lines->log->size_bytes)
		lines->next = place.line;
	return rc;
}

/* --- what holds a text or is of a level ---------------------------------------------------------
 */

static void take_hit(void *context, const struct scan_place *place)
{
	struct lines *lines = context;
	const struct query *query = lines->query;
	size_t at = query->tail == 0 ? 0 : (size_t)(lines->hit_count % query->tail);

	lines->hit_count++;
	if (query->tail != 0 && lines->hits.count == query->tail)
		lines->hits.items[at] = *place;
	else if (query->tail != 0 ||
		 (place->line >= query->from_line && lines->hits.count <= query->lines))
		vec_push(&lines->hits, *place);
}

/* What goes on with a line is as grave as that line. */
static bool is_wanted(void *context, char *line, size_t size)
{
	struct lines *lines = context;
	enum log_level level = level_of(line, size);

	if (level != LEVEL_NONE || !level_goes_on(line, size))
		lines->level = level;
	if (lines->level < lines->at_least)
		return false;
	if (lines->query->find == NULL)
		return true;
	scan_lower(line, size);
	return memmem(line, size, lines->find, strlen(lines->find)) != NULL;
}

static int pick(struct lines *lines, struct err *err)
{
	const struct query *query = lines->query;

	if (query->level == NULL)
		return scan_find(lines->log, query->find, take_hit, lines, &lines->end, err);
	if (!level_from_name(query->level, &lines->at_least))
		return err_set(err, ERR_INVALID, "no level '%.20s'", query->level);
	if (query->find != NULL)
		snprintf(lines->find, sizeof lines->find, "%s", query->find);
	scan_lower(lines->find, strlen(lines->find));
	return scan_pick(lines->log, is_wanted, take_hit, lines, &lines->end, err);
}

/* The position among the hits of the one to be shown as the i-th: a ring begins where it is next
 * written to. */
static size_t position_of(const struct lines *lines, size_t i)
{
	const struct query *query = lines->query;

	if (query->tail == 0 || lines->hits.count < query->tail)
		return i;
	return (size_t)((lines->hit_count + (int64_t)i) % query->tail);
}

static int write_found(struct lines *lines, struct err *err)
{
	const struct query *query = lines->query;
	size_t most = query->tail == 0 ? query->lines : query->tail;
	int rc = pick(lines, err);
	size_t i = 0;

	lines->total = lines->end.line - 1 + is_open(lines);
	while (rc == 0 && i < lines->hits.count && i < most && !is_full(lines)) {
		struct scan_place place = lines->hits.items[position_of(lines, i++)];

		rc = write_line(lines, &place, err);
	}
	if (i < lines->hits.count)
		lines->next = lines->hits.items[position_of(lines, i)].line;
	return rc;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool is_sieved(const struct query *query)
{
	return query->find != NULL || query->level != NULL;
}

static void write_counts(struct lines *lines, bool is_running)
{
	struct compose *compose = &lines->compose;

	compose_key(compose, "next");
	if (lines->next == 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, lines->next);
	api_write_total(compose, lines->total);
	if (is_sieved(lines->query))
		compose_member_int(compose, "matches", lines->hit_count);
	compose_member_open(compose, "follow", '{');
	compose_member_int(compose, "offset", lines->end.at);
	compose_member_int(compose, "line", lines->end.line);
	compose_close(compose, '}');
	compose_key(compose, "running");
	compose_bool(compose, is_running);
}

static int write_lines(struct lines *lines, struct err *err)
{
	return is_sieved(lines->query) ? write_found(lines, err) : write_part(lines, err);
}

void api_log_lines(struct call *call, const struct process_log *log, bool is_running)
{
	struct lines lines = {
	    .query = &call->query, .log = log, .end = {.line = 1}, .body = &call->answer.body};
	struct err err;
	int rc = 0;

	compose_init(&lines.compose, &call->answer.body);
	compose_open(&lines.compose, '{');
	compose_member_open(&lines.compose, "items", '[');
	if (log->fd >= 0)
		rc = write_lines(&lines, &err);
	compose_close(&lines.compose, ']');
	write_counts(&lines, is_running);
	compose_close(&lines.compose, '}');
	str_close(&lines.text);
	vec_close(&lines.hits);
	if (rc != 0)
		api_fail(call, &err);
	else
		call->answer.status = MHD_HTTP_OK;
}
