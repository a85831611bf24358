/* rerun.c - which tasks of a run are to run again: choices as links, the list of what would be
 * reset, and the form that does it. See page.h. */
#include "web/page/changes.h"
#include "web/page/form_parts.h"
#include "web/page/shape.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static const char *mode_of(const struct call *call)
{
	const char *mode = call->ask.text[ASK_MODE];

	return mode == NULL ? "failed" : mode;
}

static void write_choice(struct page *page, enum ask_param param, const char *value,
			 const char *now, const char *label)
{
	struct html *html = &page->html;

	html_put(html, "<a class=\"chip\" href=\"");
	page_query(page, param, value);
	html_put(html, "\"");
	if (strcmp(value, now) == 0)
		html_put(html, " aria-current=\"true\"");
	html_put(html, ">%s</a>", label);
}

/* What starts from a task needs one. */
static void write_choices(struct page *page)
{
	struct html *html = &page->html;
	const char *mode = mode_of(page->call);
	const char *version = page->call->ask.text[ASK_VERSION];

	html_put(html, "<div class=\"bar\" role=\"group\" aria-label=\"Which tasks\">");
	if (page->call->names.task != NULL) {
		write_choice(page, ASK_MODE, "from", mode, "This task and what follows");
		write_choice(page, ASK_MODE, "only", mode, "This task alone");
	}
	write_choice(page, ASK_MODE, "failed", mode, "What failed");
	write_choice(page, ASK_MODE, "all", mode, "All tasks");
	html_put(html, "</div><div class=\"bar\" role=\"group\" aria-label=\"Which version\">");
	version = version == NULL ? "pinned" : version;
	write_choice(page, ASK_VERSION, "pinned", version, "The run's own version");
	write_choice(page, ASK_VERSION, "latest", version, "The version in force");
	html_put(html, "</div>");
}

static bool names_task(const char *mode)
{
	return strcmp(mode, "from") == 0 || strcmp(mode, "only") == 0;
}

static void write_hidden(struct page *page)
{
	struct html *html = &page->html;
	const struct call *call = page->call;
	const char *mode = mode_of(call);

	html_put(html, "<input type=\"hidden\" name=\"mode\" value=\"%s\">", mode);
	if (call->names.task != NULL && names_task(mode))
		html_put(html, "<input type=\"hidden\" name=\"tasks\" value=\"%s\">",
			 call->names.task);
	if (call->ask.text[ASK_VERSION] != NULL)
		html_put(html, "<input type=\"hidden\" name=\"version\" value=\"%s\">",
			 call->ask.text[ASK_VERSION]);
}

enum call_outcome page_rerun(struct call *call, struct store_reader *reader)
{
	struct ask_form form = {.title = "Run again"};
	struct ask_run run;
	struct page page;
	struct err err;
	int rc = page_begin(&page, call, reader, &err);

	if (rc == 0)
		rc = ask_read_run(&page, &run, &err);
	if (rc != 0)
		return page_fail(&page, &err);
	ask_open_run(&page, &form, &run, "rerun");
	write_choices(&page);
	if (changes_write(&page)) {
		form.button = "Run these again";
		write_hidden(&page);
		ask_reason(&page, true);
	}
	ask_close(&page, &form);
	return page_end(&page, MHD_HTTP_OK);
}
