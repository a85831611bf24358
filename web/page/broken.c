/* broken.c - files that do not check; see broken.h. */
#include "web/page/broken.h"

#include "web/page/shape.h"

#include <string.h>

#define FILES_SHOWN 12u
#define ERRORS_SHOWN 3u /* of each file */

struct broken {
	struct page *page;
	const char *file; /* of which alone is told; NULL = all */
	uint32_t files;
	uint32_t of_file; /* errors of the present one that were told */
};

static void write_place(struct html *html, const struct dag_error_view *view)
{
	html_put(html, "<span class=\"what\"><code>%s", view->file);
	if (view->line > 0)
		html_put(html, ":%u:%u", view->line, view->column);
	html_put(html, "</code></span>");
}

/* The last one that is told of a file says how many more it has. */
static void write_message(struct html *html, const struct broken *broken,
			  const struct dag_error_view *view)
{
	html_put(html, "<p class=\"why\">%s", view->message);
	if (broken->of_file == ERRORS_SHOWN && view->of_file > ERRORS_SHOWN)
		html_put(html, " <span class=\"faint\">and %u more in this file</span>",
			 view->of_file - ERRORS_SHOWN);
	html_put(html, "</p>");
}

static bool is_wanted(const struct broken *broken, const struct dag_error_view *view)
{
	return broken->file == NULL || strcmp(broken->file, view->file) == 0;
}

static bool count_file(void *context, const struct dag_error_view *view)
{
	struct broken *broken = context;

	broken->files += is_wanted(broken, view);
	return true;
}

static bool write_error(void *context, const struct dag_error_view *view)
{
	struct broken *broken = context;
	struct html *html = &broken->page->html;

	if (broken->files == FILES_SHOWN)
		return false;
	if (!is_wanted(broken, view))
		return true;
	broken->of_file++;
	html_put(html, "<li data-key=\"%s:%u:%u\">", view->file, view->line, view->column);
	shape_state(html, "failed", true);
	write_place(html, view);
	write_message(html, broken, view);
	html_put(html, "<div class=\"act\"><span class=\"since\">");
	shape_time(html, view->since_ms, TIME_AGO, broken->page->now_ms);
	html_put(html, "</span></div></li>\n");
	if (broken->of_file == ERRORS_SHOWN || broken->of_file == view->of_file) {
		broken->files++;
		broken->of_file = 0;
	}
	return true;
}

int broken_write(struct page *page, const char *file, struct err *err)
{
	struct html *html = &page->html;
	struct broken all = {.page = page, .file = file};
	struct broken shown = {.page = page, .file = file};
	int rc = read_dag_error_heads(page->reader, 1, count_file, &all, err);

	if (rc != 0 || all.files == 0)
		return rc;
	html_put(html, "<section class=\"panel broken mb\" aria-labelledby=\"h-broken\"><header>");
	shape_icon(html, "alert");
	html_put(html, "<h2 id=\"h-broken\">Does not check</h2><span class=\"faint num\">");
	shape_number(html, all.files, "file", "files");
	html_put(html, "</span><span class=\"sp\"></span><span class=\"faint nowrap m0h\">the last "
		       "good version stays in force</span></header><ul class=\"todo\">\n");
	rc = read_dag_error_heads(page->reader, ERRORS_SHOWN, write_error, &shown, err);
	html_put(html, "</ul>");
	if (all.files > FILES_SHOWN)
		html_put(html,
			 "<div class=\"foot faint\">showing %u of %u files: <code>heddle ls "
			 "errors</code> "
			 "lists all</div>",
			 FILES_SHOWN, all.files);
	html_put(html, "</section>\n");
	return rc;
}
