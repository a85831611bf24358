/* broken.c - files that do not check; see broken.h. */
#include "web/page/broken.h"

#include "web/page/shape.h"

#define SHOWN_MAX 12u

struct broken {
	struct page *page;
	uint32_t count;
};

static bool count_error(void *context, const struct dag_error_view *view)
{
	struct broken *broken = context;

	(void)view;
	broken->count++;
	return true;
}

static bool write_error(void *context, const struct dag_error_view *view)
{
	struct broken *broken = context;
	struct html *html = &broken->page->html;

	html_put(html, "<li data-key=\"%s:%u:%u\">", view->file, view->line, view->column);
	shape_state(html, "failed", true);
	html_put(html, "<span class=\"what\"><code>%s", view->file);
	if (view->line > 0)
		html_put(html, ":%u:%u", view->line, view->column);
	html_put(html,
		 "</code></span><p class=\"why\">%s</p><div class=\"act\"><span class=\"since\">",
		 view->message);
	shape_time(html, view->since_ms, TIME_AGO, broken->page->now_ms);
	html_put(html, "</span></div></li>\n");
	return ++broken->count < SHOWN_MAX;
}

int broken_write(struct page *page, struct err *err)
{
	struct html *html = &page->html;
	struct broken all = {.page = page};
	struct broken shown = {.page = page};
	int rc = read_dag_errors(page->reader, count_error, &all, err);

	if (rc != 0 || all.count == 0)
		return rc;
	html_put(html, "<section class=\"panel broken mb\" aria-labelledby=\"h-broken\"><header>");
	shape_icon(html, "alert");
	html_put(html,
		 "<h2 id=\"h-broken\">Does not check</h2><span class=\"faint num\">%u</span>"
		 "<span class=\"sp\"></span><span class=\"faint nowrap m0h\">the last good version "
		 "stays in force</span></header><ul class=\"todo\">\n",
		 all.count);
	rc = read_dag_errors(page->reader, write_error, &shown, err);
	html_put(html, "</ul>");
	if (all.count > SHOWN_MAX)
		html_put(
		    html,
		    "<div class=\"foot faint\">showing %u of %u: <code>heddle ls errors</code> "
		    "lists all</div>",
		    SHOWN_MAX, all.count);
	html_put(html, "</section>\n");
	return rc;
}
