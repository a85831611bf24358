/* needs.c - what needs somebody, as a list; see needs.h. */
#include "web/page/needs.h"

#include "web/attention.h"
#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN_MAX 30u

static int gather(struct page *page, struct attention *out, struct err *err)
{
	struct attention_source source = {.reader = page->reader,
					  .troubles = &page->call->troubles,
					  .not_ready = page->call->not_ready,
					  .warning = page->call->warning,
					  .since_ms = page->now_ms - ATTENTION_SINCE_MS};

	return attention_read(&source, out, err);
}

static bool is_pressing(const struct attention_item *item)
{
	return item->kind != ATTENTION_RECOVERED;
}

int64_t needs_count(struct page *page)
{
	struct attention attention;
	int64_t count = 0;

	if (gather(page, &attention, NULL) == 0)
		for (size_t i = 0; i < attention.items.count; i++)
			count += is_pressing(&attention.items.items[i]);
	attention_close(&attention);
	return count;
}

/* --- items --------------------------------------------------------------------------------------
 */

static const struct {
	const char *look; /* a state */
	const char *what; /* what is said of it, behind its title */
} kinds[ATTENTION_KIND_COUNT] = {
    [ATTENTION_NOT_READY] = {"failed", "starts nothing new"},
    [ATTENTION_WARNING] = {"late", "will not go on for long"},
    [ATTENTION_BLOCKED] = {"late", "is stuck"},
    [ATTENTION_FAILED] = {"failed", "failed"},
    [ATTENTION_BROKEN] = {"upstream_failed", "does not check"},
    [ATTENTION_HELD] = {"waiting", "is held"},
    [ATTENTION_UNCERTAIN] = {"late", "was put aside"},
    [ATTENTION_RECOVERED] = {"skipped", "failed, later runs did not"},
};

static void write_title(struct html *html, const struct attention_item *item)
{
	const char *what = kinds[item->kind].what;

	if (item->run_id != NULL && item->task_id != NULL)
		html_put(html, "<a class=\"what t\" href=\"/runs/%s?task=%s\">%s %s</a>",
			 item->run_id, item->task_id, item->title, what);
	else if (item->run_id != NULL)
		html_put(html, "<a class=\"what t\" href=\"/runs/%s\">%s %s</a>", item->run_id,
			 item->title, what);
	else if (item->dag_id != NULL)
		html_put(html, "<a class=\"what t\" href=\"/dags/%s\">%s %s</a>", item->dag_id,
			 item->title, what);
	else if (item->kind == ATTENTION_BROKEN)
		html_put(html, "<a class=\"what t\" href=\"/dags\">%s %s</a>", item->title, what);
	else
		html_put(html, "<span class=\"what\">%s %s</span>", item->title, what);
}

/* The first one is what to begin with: its button is the filled one. */
static void write_action(struct html *html, const struct attention_item *item, bool first)
{
	const char *class = first ? "btn small primary" : "btn small";

	if ((item->kind == ATTENTION_FAILED || item->kind == ATTENTION_RECOVERED) &&
	    item->run_id != NULL)
		html_put(
		    html,
		    "<a class=\"%s\" href=\"/runs/%s/rerun?mode=failed\" data-dialog=\"rerun\" "
		    "data-run=\"%s\">Rerun failed…</a>",
		    class, item->run_id, item->run_id);
	else if (item->kind == ATTENTION_HELD && item->dag_id != NULL)
		html_put(html,
			 "<a class=\"%s\" href=\"/dags/%s/pause\" data-dialog=\"pause\" "
			 "data-dag=\"%s\">Resume…</a>",
			 class, item->dag_id, item->dag_id);
	else if (item->kind == ATTENTION_BROKEN)
		html_put(html, "<a class=\"%s\" href=\"/dags\">See the place</a>", class);
	else if (item->kind == ATTENTION_HELD)
		html_put(html, "<a class=\"%s\" href=\"/runs?state=queued\">See the runs</a>",
			 class);
}

static void write_item(struct page *page, const struct attention_item *item, bool first)
{
	struct html *html = &page->html;

	html_put(html, "<li data-key=\"%s.%s.%s.%s\">", attention_kind_name(item->kind),
		 item->title, item->run_id, item->task_id);
	shape_state(html, kinds[item->kind].look, true);
	write_title(html, item);
	html_put(html, "<p class=\"why\">%s", item->cause);
	if (item->count > 1)
		html_put(html, " <span class=\"faint\">and %u more</span>", item->count - 1);
	html_put(html, "</p><div class=\"act\"><span class=\"since\">");
	shape_time(html, item->since_ms, TIME_AGO, page->now_ms);
	html_put(html, "</span>");
	write_action(html, item, first);
	html_put(html, "</div></li>\n");
}

int needs_write(struct page *page, struct err *err)
{
	struct attention attention;
	int rc = gather(page, &attention, err);
	size_t count = rc == 0 ? attention.items.count : 0;

	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		write_item(page, &attention.items.items[i], i == 0);
	if (count > SHOWN_MAX)
		html_put(&page->html, "<li class=\"faint\">showing %u of %zu</li>\n", SHOWN_MAX,
			 count);
	attention_close(&attention);
	return rc;
}
