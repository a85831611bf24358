/* lines.c - a log by its lines, each with its number: a part of it, its end, or those that hold a
 * text. See api.h.
 *
 * What is answered is bounded: so many lines, so many bytes of each, so many bytes in all; and so
 * is what is looked at for it. Lines are counted once (marks.h), in turns of COUNT_MS between which
 * other requests have theirs; those that hold a text or are of a level are told of a slice
 * (sieve.h), with where the next one goes on. */
#include "web/api/marks.h"
#include "web/api/sieve.h"

#include "web/api/api.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX 16384u /* of one line; what is longer is shown cut */
#define SHORT_BYTES 1024      /* most lines are no longer, and one is read at a time */
#define ANSWER_BYTES_MAX (2u * 1024 * 1024) /* the line that goes over it is the page's last */
#define COUNT_MS 10
/* A log is counted in a few. Where so many are counted at a time that each drives out what is
 * remembered of the others, this ends it. */
#define TURNS_MAX 100u

struct lines {
	const struct query *query;
	const struct marks_log *marked;
	const struct process_log *log;
	struct scan_place end; /* the one that the log goes on from */
	int64_t total;
	/* The part of the log that is asked for: */
	struct scan_place first;
	struct scan_place last; /* behind it */
	struct compose compose;
	struct str text; /* of a line */
	const struct str *body;
	int64_t next; /* the line that the next page begins with; 0 = there is none */
	/* With "find" or "level": */
	struct sieve sieve;
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
	ssize_t got = scan_read(lines->log, bytes, SHORT_BYTES, *at);
	const char *end = got <= 0 ? NULL : memchr(bytes, '\n', (size_t)got);

	if (got == SHORT_BYTES && end == NULL) {
		got = scan_read(lines->log, bytes, sizeof bytes, *at);
		end = got <= 0 ? NULL : memchr(bytes, '\n', (size_t)got);
	}
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

/* The last lines were chosen so that they fit: none of them is left out for what JSON adds. */
static bool is_full(const struct lines *lines)
{
	return lines->query->tail == 0 && lines->body->size > ANSWER_BYTES_MAX;
}

/* --- a part -------------------------------------------------------------------------------------
 */

static bool is_open(const struct lines *lines)
{
	return lines->end.at < lines->log->size_bytes;
}

/* The place of the line, the end of the log when it has no such line. */
static int find_line(const struct lines *lines, int64_t line, struct scan_place *place,
		     struct err *err)
{
	int rc = marks_line(lines->marked, line, place, err);

	if (place->line < line) {
		place->line = lines->total + 1;
		place->at = lines->log->size_bytes;
	}
	return rc;
}

/* The line that is not whole yet counts as one of all. */
static int find_bounds(struct lines *lines, struct err *err)
{
	const struct query *query = lines->query;
	int64_t to = query->to_line == 0 ? INT64_MAX - 1 : query->to_line;
	int rc = marks_line(lines->marked, INT64_MAX, &lines->end, err);

	lines->total = lines->end.line - 1 + is_open(lines);
	if (rc == 0)
		rc = find_line(lines, query->from_line == 0 ? 1 : query->from_line, &lines->first,
			       err);
	if (rc == 0)
		rc = find_line(lines, to + 1, &lines->last, err);
	return rc;
}

/* So many of the last lines, or as many as fit into an answer: to go back over more to begin with
 * lines that do not fit would tell the first ones. */
static int find_tail(struct lines *lines, struct err *err)
{
	const bool is_cut = lines->last.at > lines->end.at; /* its last line has no end yet */
	const int64_t wanted = lines->query->tail;
	int64_t at = lines->last.at - (int64_t)ANSWER_BYTES_MAX;
	struct scan_place place;
	int rc = marks_offset(lines->marked, at < 0 ? 0 : at, &place, err);

	if (place.line > lines->first.line)
		lines->first = place;
	if (rc != 0 || lines->last.line - lines->first.line <= wanted)
		return rc;
	place = is_cut ? lines->end : lines->last;
	rc = scan_back(lines->log, wanted - is_cut, &place, err);
	lines->first = place;
	return rc;
}

static int write_part(struct lines *lines, struct err *err)
{
	uint32_t left = lines->query->tail == 0 ? lines->query->lines : lines->query->tail;
	struct scan_place place;
	int rc = lines->query->tail == 0 ? 0 : find_tail(lines, err);

	place = lines->first;
	while (rc == 0 && left > 0 && place.at < lines->last.at && !is_full(lines)) {
		rc = write_line(lines, &place, err);
		left--;
	}
	if (place.at < lines->last.at)
		lines->next = place.line;
	return rc;
}

/* --- what holds a text or is of a level ---------------------------------------------------------
 */

static int sift(struct lines *lines, struct err *err)
{
	const struct query *query = lines->query;
	struct sieve *sieve = &lines->sieve;

	sieve->log = lines->marked;
	sieve->find = query->find;
	sieve->most = query->tail == 0 ? query->lines : query->tail;
	sieve->most_ms = SIEVE_MS;
	sieve->first = lines->first;
	sieve->end = lines->last.at;
	if (query->level != NULL && !level_from_name(query->level, &sieve->at_least))
		return err_set(err, ERR_INVALID, "no level '%.20s'", query->level);
	return query->tail == 0 ? sieve_on(sieve, err) : sieve_back(sieve, err);
}

/* The position of the first hit that is shown when the last ones are, as many as fit. */
static int first_that_fits(struct lines *lines, size_t *first, struct err *err)
{
	const struct sieve *sieve = &lines->sieve;
	size_t bytes = 0;
	int rc = 0;

	for (*first = sieve->hits.count; rc == 0 && *first > 0; --*first) {
		int64_t at = sieve->hits.items[*first - 1].at;
		bool is_cut;

		rc = read_line(lines, &at, &is_cut, err);
		bytes += lines->text.size;
		if (bytes > ANSWER_BYTES_MAX)
			break;
	}
	return rc;
}

/* From the hit at *i on, which moves behind the last one that is written. */
static int write_hits(struct lines *lines, size_t *i, struct err *err)
{
	const struct sieve *sieve = &lines->sieve;
	int rc = 0;

	while (rc == 0 && *i < sieve->hits.count && *i < sieve->most && !is_full(lines)) {
		struct scan_place place = sieve->hits.items[(*i)++];

		rc = write_line(lines, &place, err);
	}
	return rc;
}

/* What did not fit counts as not looked at. */
static int write_first_hits(struct lines *lines, struct err *err)
{
	struct sieve *sieve = &lines->sieve;
	size_t i = 0;
	int rc = write_hits(lines, &i, err);

	if (i < sieve->hits.count && i < sieve->most) {
		sieve->rest = sieve->hits.items[i].line;
		sieve->hit_count = (int64_t)i;
	}
	lines->next = i < sieve->hits.count ? sieve->hits.items[i].line : sieve->rest;
	return rc;
}

static int write_last_hits(struct lines *lines, struct err *err)
{
	struct sieve *sieve = &lines->sieve;
	size_t i;
	int rc = first_that_fits(lines, &i, err);

	if (rc == 0 && i > 0) {
		sieve->rest = sieve->hits.items[i].line - 1;
		sieve->hit_count = (int64_t)(sieve->hits.count - i);
	}
	return rc == 0 ? write_hits(lines, &i, err) : rc;
}

static int write_found(struct lines *lines, struct err *err)
{
	int rc = sift(lines, err);

	if (rc != 0)
		return rc;
	return lines->query->tail == 0 ? write_first_hits(lines, err) : write_last_hits(lines, err);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool is_sieved(const struct query *query)
{
	return query->find != NULL || query->level != NULL;
}

static void write_line_number(struct compose *compose, const char *key, int64_t line)
{
	compose_key(compose, key);
	if (line == 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, line);
}

static void write_counts(struct lines *lines, bool is_running)
{
	struct compose *compose = &lines->compose;

	write_line_number(compose, "next", lines->next);
	api_write_total(compose, lines->total);
	if (is_sieved(lines->query)) {
		compose_member_int(compose, "matches", lines->sieve.hit_count);
		write_line_number(compose, "unsearched", lines->sieve.rest);
	}
	compose_member_open(compose, "follow", '{');
	compose_member_int(compose, "offset", lines->end.at);
	compose_member_int(compose, "line", lines->end.line);
	compose_close(compose, '}');
	compose_key(compose, "running");
	compose_bool(compose, is_running);
}

static int write_lines(struct lines *lines, struct err *err)
{
	int rc = find_bounds(lines, err);

	if (rc != 0)
		return rc;
	return is_sieved(lines->query) ? write_found(lines, err) : write_part(lines, err);
}

static void write_answer(struct call *call, const struct marks_log *marked, bool is_running)
{
	struct lines lines = {.query = &call->query,
			      .marked = marked,
			      .log = marked->log,
			      .end = SCAN_FIRST,
			      .body = &call->answer.body};
	struct err err;
	int rc = 0;

	compose_init(&lines.compose, &call->answer.body);
	compose_open(&lines.compose, '{');
	compose_member_open(&lines.compose, "items", '[');
	if (lines.log->fd >= 0)
		rc = write_lines(&lines, &err);
	compose_close(&lines.compose, ']');
	write_counts(&lines, is_running);
	compose_close(&lines.compose, '}');
	str_close(&lines.text);
	sieve_close(&lines.sieve);
	if (rc != 0)
		api_fail(call, &err);
	else
		call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_log_lines(struct call *call, const struct marks_log *marked, bool is_running)
{
	bool is_counted = true;
	struct err err;
	int rc = 0;

	if (marked->log->fd >= 0)
		rc = marks_count(marked, COUNT_MS, &is_counted, &err);
	if (rc != 0)
		return api_fail(call, &err);
	if (!is_counted && ++call->turns < TURNS_MAX)
		return CALL_AGAIN;
	write_answer(call, marked, is_running);
	return CALL_ANSWERED;
}
