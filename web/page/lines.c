/* lines.c - lines of a log; see lines.h. */
#include "web/page/lines.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/* Of those of a level the last ones, as of all; of those found the first ones. */
static void want(struct query *query, const struct lines_wanted *wanted)
{
	query->lines = wanted->count;
	query->find = wanted->find;
	query->level = wanted->level;
	query->given =
	    (wanted->find == NULL ? 0 : QUERY_FIND) | (wanted->level == NULL ? 0 : QUERY_LEVEL);
	if (wanted->from == 0 && wanted->find == NULL) {
		query->given |= QUERY_TAIL;
		query->tail = wanted->count;
		return;
	}
	query->given |= QUERY_FROM | QUERY_LINES;
	query->from_line = wanted->from == 0 ? 1 : wanted->from;
}

json_t *lines_ask(struct page *page, const struct lines_wanted *wanted, struct str *detail)
{
	struct call call = {.home = page->call->home, .marks = page->call->marks, .log.log.fd = -1};
	json_t *json;

	snprintf(call.names.run, sizeof call.names.run, "%s", wanted->run_id);
	snprintf(call.media, sizeof call.media, "application/json");
	call.names.task = wanted->task_id;
	call.names.attempt = wanted->attempt;
	want(&call.query, wanted);
	while (api_log(&call, page->reader) == CALL_AGAIN)
		; /* a page is made in one turn */
	json = json_loadb(str_text(&call.answer.body), call.answer.body.size, 0, NULL);
	if (call.answer.status != MHD_HTTP_OK) {
		const char *text = json_string_value(json_object_get(json, "detail"));

		str_append(detail, text == NULL ? "the log cannot be read" : text);
		json_decref(json);
		json = NULL;
	}
	call_close(&call);
	return json;
}

/* Behind the escape at the text, ECMA-48 section 5.4: CSI, parameter and intermediate bytes, a
 * final byte; a string (titles, links) up to BEL or ST. */
static const char *skip_escape(const char *text)
{
	text++;
	if (*text == '[')
		text += 1 + strspn(text + 1, "0123456789:;<=>? !\"#$%&'()*+,-./");
	else if (*text == ']')
		text += strcspn(text, "\007\033");
	return *text == '\0' || *text == '\033' ? text : text + 1;
}

/* A bar of progress is written over itself: what came last stays, as on a terminal. */
static const char *overwritten(const char *text)
{
	const char *end = text + strlen(text);
	const char *last;

	while (end > text && end[-1] == '\r')
		end--;
	last = memrchr(text, '\r', (size_t)(end - text));
	return last == NULL ? text : last + 1;
}

void lines_write_text(struct html *html, const char *text)
{
	text = text == NULL ? "" : overwritten(text);
	while (*text != '\0') {
		size_t plain = strcspn(text, "\033\r");

		html_bytes(html, text, plain);
		text += plain;
		if (*text == '\033')
			text = skip_escape(text);
		else if (*text == '\r')
			text++;
	}
}
