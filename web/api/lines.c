/* lines.c - a log by its lines, each with its number: a part of it, its end, or those that hold a
 * text. See api.h.
 *
 * Lines are counted from the beginning, so the bytes before the wanted ones are looked through too;
 * a log has a bound (LIMIT_LOG_BYTES) that keeps this short. What is answered is bounded as well.
 */
#include "web/api/api.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

#define BUFFER_BYTES 65536
#define ANSWER_BYTES_MAX (4u * 1024 * 1024) /* the line that goes over it is the page's last */

struct lines {
	const struct query *query;
	struct compose compose;
	struct str text; /* of the line so far, while it may be wanted */
	int64_t number;  /* of that line, from 1 */
	int64_t from;    /* lines before it are only counted */
	uint32_t left;   /* to be written */
	int64_t next;    /* where the next page begins; 0 = nowhere */
	const struct str *body;
};

static bool is_wanted(const struct lines *lines)
{
	const char *find = lines->query->find;

	return lines->number >= lines->from &&
	       (find == NULL ||
		memmem(str_text(&lines->text), lines->text.size, find, strlen(find)) != NULL);
}

/* False: the page is full. */
static bool end_line(struct lines *lines)
{
	if (is_wanted(lines)) {
		if (lines->left == 0 || lines->body->size > ANSWER_BYTES_MAX) {
			lines->next = lines->number;
			return false;
		}
		compose_open(&lines->compose, '{');
		compose_member_int(&lines->compose, "line", lines->number);
		compose_member_text(&lines->compose, "text", str_text(&lines->text));
		compose_close(&lines->compose, '}');
		lines->left--;
	}
	str_clear(&lines->text);
	lines->number++;
	return true;
}

/* A NUL would end the text: it is shown as what it is, U+0000's picture. */
static void add_bytes(struct lines *lines, const char *bytes, size_t size)
{
	if (lines->number < lines->from)
		return;
	for (size_t i = 0; i < size;) {
		size_t plain = strnlen(bytes + i, size - i);

		str_append_bytes(&lines->text, bytes + i, plain);
		i += plain;
		if (i < size) {
			str_append(&lines->text, "\xe2\x90\x80");
			i++;
		}
	}
}

static bool take_bytes(struct lines *lines, const char *bytes, size_t size)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end == NULL ? size : (size_t)(end - bytes);

		add_bytes(lines, bytes, length);
		if (end == NULL)
			return true;
		if (!end_line(lines))
			return false;
		bytes += length + 1;
		size -= length + 1;
	}
	return true;
}

static int read_lines(struct lines *lines, const struct process_log *log, struct err *err)
{
	char buffer[BUFFER_BYTES];
	int64_t at = 0;
	ssize_t got;

	while ((got = process_log_read(log, buffer, sizeof buffer, at)) > 0) {
		if (!take_bytes(lines, buffer, (size_t)got))
			return 0;
		at += got;
	}
	if (got < 0)
		return err_errno(err, errno, "read the log");
	if (lines->text.size > 0)
		end_line(lines);
	return 0;
}

/* The number of lines, a last one without its end too. */
static int count_lines(const struct process_log *log, int64_t *count, struct err *err)
{
	char buffer[BUFFER_BYTES];
	bool open = false;
	int64_t at = 0;
	ssize_t got;

	*count = 0;
	while ((got = process_log_read(log, buffer, sizeof buffer, at)) > 0) {
		const char *end = buffer + got;

		for (const char *c = buffer; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++)
			++*count;
		open = end[-1] != '\n';
		at += got;
	}
	*count += open;
	return got < 0 ? err_errno(err, errno, "read the log") : 0;
}

static int begin_lines(struct lines *lines, const struct process_log *log, struct err *err)
{
	const struct query *query = lines->query;
	int64_t count;
	int rc;

	lines->number = 1;
	lines->from = query->from_line == 0 ? 1 : query->from_line;
	lines->left = query->lines;
	if (query->tail == 0)
		return 0;
	lines->left = query->tail;
	rc = count_lines(log, &count, err);
	if (rc == 0 && count - query->tail + 1 > lines->from)
		lines->from = count - query->tail + 1;
	return rc;
}

void api_log_lines(struct call *call, const struct process_log *log)
{
	struct lines lines = {.query = &call->query, .body = &call->answer.body};
	struct err err;
	int rc = 0;

	compose_init(&lines.compose, &call->answer.body);
	compose_open(&lines.compose, '{');
	compose_member_open(&lines.compose, "items", '[');
	if (log->fd >= 0) {
		rc = begin_lines(&lines, log, &err);
		if (rc == 0)
			rc = read_lines(&lines, log, &err);
	}
	compose_close(&lines.compose, ']');
	compose_key(&lines.compose, "next");
	if (lines.next == 0)
		compose_text(&lines.compose, NULL);
	else
		compose_int(&lines.compose, lines.next);
	compose_close(&lines.compose, '}');
	str_close(&lines.text);
	if (rc != 0)
		api_fail(call, &err);
	else
		call->answer.status = MHD_HTTP_OK;
}
