/* answer.c - answers and problems; see answer.h. */
#include "web/answer.h"

#include "base/mem.h"
#include "web/compose.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void answer_close(struct answer *answer)
{
	str_close(&answer->body);
	mem_free(answer->disposition);
	answer->disposition = NULL;
	answer->status = 0;
	answer->content_type = NULL;
	answer->cache = NULL;
	answer->header_count = 0;
}

void answer_header(struct answer *answer, const char *name, const char *format, ...)
{
	struct answer_header *header = &answer->headers[answer->header_count];
	va_list args;
	int length;

	assert(answer->header_count < ANSWER_HEADERS_MAX);
	va_start(args, format);
	length = vsnprintf(header->value, sizeof header->value, format, args);
	va_end(args);
	assert(length >= 0 && (size_t)length < sizeof header->value);
	(void)length;
	header->name = name;
	answer->header_count++;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* RFC 6266 section 4.3 and appendix D: filename for those who know no better, without anything that
 * would have to be quoted; filename* (RFC 8187: what is not plain comes as %XX) where that is not
 * the whole name. */
void answer_attach(struct answer *answer, const char *name)
{
	struct str text = STR_INIT;
	bool whole = true;

	assert(answer->disposition == NULL);
	str_append(&text, "attachment; filename=\"");
	for (const char *c = name; *c != '\0'; c++) {
		whole = whole && is_plain(*c);
		str_append_char(&text, is_plain(*c) ? *c : '_');
	}
	str_append_char(&text, '"');
	if (!whole)
		str_append(&text, "; filename*=UTF-8''");
	for (const char *c = name; !whole && *c != '\0'; c++) {
		if (is_plain(*c))
			str_append_char(&text, *c);
		else
			str_printf(&text, "%%%02X", (unsigned)(unsigned char)*c);
	}
	answer->disposition = str_take(&text);
}

static const char problem_type[] = "application/problem+json";

bool answer_is_problem(const struct answer *answer)
{
	return answer->content_type == problem_type;
}

void answer_problems(struct answer *answer, unsigned status, const char *detail,
		     const char *const *keys, const char *const *errors, size_t count)
{
	struct compose compose;

	str_clear(&answer->body);
	answer->status = status;
	answer->content_type = problem_type;
	compose_init(&compose, &answer->body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "type", "about:blank");
	compose_member_text(&compose, "title", MHD_get_reason_phrase_for(status));
	compose_member_int(&compose, "status", status);
	compose_member_text(&compose, "detail", detail);
	if (count > 0)
		compose_member_open(&compose, "errors", '[');
	for (size_t i = 0; i < count; i++) {
		compose_open(&compose, '{');
		compose_member_text(&compose, "key", keys[i]);
		compose_member_text(&compose, "detail", errors[i]);
		compose_close(&compose, '}');
	}
	if (count > 0)
		compose_close(&compose, ']');
	compose_close(&compose, '}');
	str_append_char(&answer->body, '\n');
}

void answer_problem(struct answer *answer, unsigned status, const char *format, ...)
{
	char detail[ERR_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof detail, format, args);
	va_end(args);
	answer_problems(answer, status, detail, NULL, NULL, 0);
}

static unsigned status_of(int code)
{
	static const struct {
		int code;
		unsigned status;
	} statuses[] = {
	    {ERR_SYNTAX, MHD_HTTP_BAD_REQUEST},        {ERR_INVALID, MHD_HTTP_BAD_REQUEST},
	    {ERR_NOT_FOUND, MHD_HTTP_NOT_FOUND},       {ERR_GONE, MHD_HTTP_GONE},
	    {ERR_REFUSED, MHD_HTTP_CONFLICT},          {ERR_LIMIT, MHD_HTTP_SERVICE_UNAVAILABLE},
	    {ERR_AGAIN, MHD_HTTP_SERVICE_UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

void answer_err(struct answer *answer, const struct err *err)
{
	unsigned status = status_of(err->code);

	answer_problem(answer, status, "%s", err->message);
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		answer_header(answer, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

void answer_text(struct answer *answer, unsigned status, const char *text)
{
	str_clear(&answer->body);
	answer->status = status;
	answer->content_type = "text/plain; charset=utf-8";
	str_append(&answer->body, text);
	str_append_char(&answer->body, '\n');
}
