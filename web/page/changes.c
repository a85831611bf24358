/* changes.c - what would be done; see changes.h. */
#include "web/page/changes.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define SHOWN_MAX 100u

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void write_change(struct html *html, const json_t *change)
{
	const char *task = member(change, "task");
	const char *from = member(change, "from");
	const char *to = member(change, "to");
	const char *what = member(change, "what");

	html_put(html, "<li>");
	shape_state(html, from == NULL ? to : from, false);
	html_put(html, "<span class=\"t clip\">%s</span><span class=\"v\">",
		 task != NULL ? task : member(change, "kind"));
	if (what != NULL)
		html_put(html, "%s", what);
	else if (from != NULL && to != NULL)
		html_put(html, "%s → %s", shape_words(from), shape_words(to));
	else
		html_put(html, "%s", to);
	html_put(html, "</span></li>");
}

static void write_list(struct html *html, const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes");
	int64_t total = json_integer_value(json_object_get(answer, "total"));
	size_t count = json_array_size(changes);
	size_t shown = count > SHOWN_MAX ? SHOWN_MAX : count;

	html_put(html, "<ul class=\"mini panel scroll\" aria-label=\"What will be done\">");
	for (size_t i = 0; i < shown; i++)
		write_change(html, json_array_get(changes, i));
	html_put(html, "</ul>");
	if (total > (int64_t)shown)
		html_put(html, "<p class=\"faint\">showing %zu of %" PRId64 "</p>", shown, total);
	html_put(html, "<input type=\"hidden\" name=\"token\" value=\"%s\">",
		 member(answer, "token"));
}

static void write_refusal(struct html *html, const char *text)
{
	html_put(html, "<div class=\"banner\" role=\"alert\">");
	shape_icon(html, "alert");
	html_put(html, "<p class=\"sp\">%s</p></div>", text);
}

bool changes_write(struct page *page)
{
	const struct call *call = page->call;
	struct html *html = &page->html;
	json_t *answer = NULL;
	const char *message;
	size_t count;

	if (call->told_result == WEB_DONE)
		answer = json_loadb(str_text(&call->told), call->told.size, 0, NULL);
	count = json_array_size(json_object_get(answer, "changes"));
	message = answer == NULL ? str_text(&call->told) : member(answer, "message");
	if (count > 0)
		write_list(html, answer);
	if (count == 0 || message != NULL)
		write_refusal(html, message == NULL || message[0] == '\0' ? "Nothing would be done."
									  : message);
	json_decref(answer);
	return count > 0;
}
