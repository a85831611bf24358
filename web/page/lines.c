/* lines.c - lines of a log; see lines.h. */
#include "web/page/lines.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static void want(struct query *query, const struct lines_wanted *wanted)
{
	query->lines = wanted->count;
	if (wanted->from == 0 && wanted->find == NULL) {
		query->given = QUERY_TAIL;
		query->tail = wanted->count;
		return;
	}
	query->given = QUERY_FROM | QUERY_LINES | (wanted->find == NULL ? 0 : QUERY_FIND);
	query->from_line = wanted->from == 0 ? 1 : wanted->from;
	query->find = wanted->find;
}

json_t *lines_ask(struct page *page, const struct lines_wanted *wanted, struct str *detail)
{
	struct call call = {.home = page->call->home, .log.log.fd = -1};
	json_t *json;

	snprintf(call.names.run, sizeof call.names.run, "%s", wanted->run_id);
	snprintf(call.media, sizeof call.media, "application/json");
	call.names.task = wanted->task_id;
	call.names.attempt = wanted->attempt;
	want(&call.query, wanted);
	(void)api_log(&call, page->reader);
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

/* ECMA-48 section 5.4: CSI, parameter and intermediate bytes, a final byte. */
void lines_write_text(struct html *html, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t plain = strcspn(text, "\033\r");

		html_bytes(html, text, plain);
		text += plain;
		if (*text == '\033' && text[1] == '[') {
			text += 2;
			text += strspn(text, "0123456789:;<=>? !\"#$%&'()*+,-./");
		}
		if (*text != '\0')
			text++;
	}
}
