/* dag_change.c - what a version changed of the one before it: the lines between what both begin
 * with and what both end with. See dag_parts.h. */
#include "web/page/dag_parts.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINES_SHOWN 40u /* of each side */

/* --- the region ---------------------------------------------------------------------------------
 */

/* Bytes of the whole lines with which both begin, and how many lines those are. */
static size_t common_begin(const char *a, const char *b, uint32_t *lines)
{
	size_t whole = 0;

	*lines = 0;
	for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++)
		if (a[i] == '\n') {
			whole = i + 1;
			++*lines;
		}
	return whole;
}

/* Whether a line begins there, size bytes in. */
static bool begins_line(const char *text, size_t size)
{
	return size == 0 || text[size - 1] == '\n';
}

/* Bytes of the whole lines with which both end. */
static size_t common_end(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t whole = 0;

	for (size_t i = 1; i <= a_size && i <= b_size; i++) {
		if (a[a_size - i] != b[b_size - i])
			break;
		if (begins_line(a, a_size - i) && begins_line(b, b_size - i))
			whole = i;
	}
	return whole;
}

void dag_change_find(const char *before, const char *now, struct dag_change *change)
{
	size_t begin = common_begin(before, now, &change->lines_before);
	size_t before_size = strlen(before) - begin;
	size_t now_size = strlen(now) - begin;
	size_t end = common_end(before + begin, before_size, now + begin, now_size);

	change->before = before + begin;
	change->before_bytes = before_size - end;
	change->now = now + begin;
	change->now_bytes = now_size - end;
}

/* --- showing it ---------------------------------------------------------------------------------
 */

static void write_side(struct html *html, const char *title, const char *text, size_t size)
{
	size_t shown = 0;
	uint32_t lines = 0;

	while (shown < size && lines < LINES_SHOWN) {
		const char *end = memchr(text + shown, '\n', size - shown);

		shown = end == NULL ? size : (size_t)(end - text) + 1;
		lines++;
	}
	html_put(html,
		 "<div class=\"loghead\">%s</div><pre class=\"body\" tabindex=\"0\" "
		 "aria-label=\"%s\">",
		 title, title);
	html_bytes(html, text, shown);
	html_put(html, "%s</pre>", size == 0 ? "(nothing)" : shown < size ? "..." : "");
}

struct versions {
	char hash[33]; /* of the one before; "" = there is none */
	struct str text;
};

static bool take_hash(void *context, const struct version_view *view)
{
	struct versions *versions = context;

	snprintf(versions->hash, sizeof versions->hash, "%s", view->hash);
	return false;
}

static void take_text(void *context, const struct version_text *view)
{
	struct versions *versions = context;

	str_append(&versions->text, view->text);
}

static void write_change(struct page *page, const char *dag_id, const struct versions *before,
			 const char *now)
{
	struct html *html = &page->html;
	struct dag_change change;

	dag_change_find(str_text(&before->text), now, &change);
	html_put(
	    html,
	    "<section class=\"panel\" aria-labelledby=\"h-change\"><header><h2 id=\"h-change\">"
	    "Against the version before</h2><a class=\"t mono\" "
	    "href=\"/dags/%s?view=code&amp;version=%s\">%.8s</a><span class=\"sp\"></span>"
	    "<span class=\"faint\">from line %u</span></header>",
	    dag_id, before->hash, before->hash, change.lines_before + 1);
	if (change.before_bytes + change.now_bytes == 0) {
		html_put(html,
			 "<p class=\"pad dim\">The text is the same; a file that it names, or a "
			 "heddle.yaml above it, changed.</p></section>\n");
		return;
	}
	write_side(html, "Before", change.before, change.before_bytes);
	write_side(html, "Now", change.now, change.now_bytes);
	html_put(html, "</section>\n");
}

int dag_write_change(struct page *page, const char *dag_id, int64_t version_no, const char *now,
		     struct err *err)
{
	struct versions before = {.hash = ""};
	int rc = read_versions(page->reader, dag_id, version_no, 1, take_hash, &before, err);

	if (rc == 0 && before.hash[0] != '\0')
		rc = read_version_text(page->reader, dag_id, before.hash, take_text, &before, err);
	if (rc == 0 && before.hash[0] != '\0')
		write_change(page, dag_id, &before, now);
	str_close(&before.text);
	return rc;
}
