/* overview.c - what needs somebody, how the day went, what runs; see page.h. */
#include "web/page/page.h"

#include "store/read_day.h"
#include "store/read_page.h"
#include "web/page/needs.h"
#include "web/page/shape.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define PARTS 48u
#define PART_MS (30 * 60 * 1000)
#define CHART_HEIGHT 104
#define PART_WIDTH 14
#define PART_STEP 17
#define RUNNING_SHOWN 12u
#define QUEUED_SHOWN 8u

struct day {
	struct day_part parts[PARTS];
	int64_t from_ms;
	int64_t success;
	int64_t failed;
	int64_t others;
	uint32_t highest; /* of one part */
	bool more;
};

/* --- the head -----------------------------------------------------------------------------------
 */

static int gather_day(struct page *page, struct day *day, struct err *err)
{
	int rc;

	day->from_ms = (page->now_ms / PART_MS + 1 - (int64_t)PARTS) * PART_MS;
	rc = read_day(page->reader, day->from_ms, PART_MS, day->parts, PARTS, &day->more, err);
	for (size_t i = 0; i < PARTS; i++) {
		const struct day_part *part = &day->parts[i];
		uint32_t all = part->success + part->failed + part->others;

		day->success += part->success;
		day->failed += part->failed;
		day->others += part->others;
		day->highest = all > day->highest ? all : day->highest;
	}
	return rc;
}

/* "Six things need attention" */
static void write_lead(struct html *html, int64_t count)
{
	static const char *const words[] = {
	    "Nothing needs",     "One thing needs",  "Two things need", "Three things need",
	    "Four things need",  "Five things need", "Six things need", "Seven things need",
	    "Eight things need", "Nine things need"};

	html_put(html, "<div class=\"head\"><div><h1 class=\"lead\">");
	if (count < (int64_t)(sizeof words / sizeof *words))
		html_put(html, "%s attention</h1>", words[count]);
	else
		html_put(html, "%" PRId64 " things need attention</h1>", count);
}

static void write_share(struct html *html, const struct day *day)
{
	int64_t ended = day->success + day->failed;
	int64_t all = ended + day->others;
	char text[SHAPE_COUNT_SIZE];

	html_put(html, "<p class=\"sub\"><span>%s%s %s in the last 24 hours",
		 day->more ? "Over " : "", shape_count(all, text), all == 1 ? "run" : "runs");
	if (ended > 0)
		html_put(html,
			 "; of those that have ended, <b class=\"strong num\">%" PRId64 ".%" PRId64
			 " %%</b> succeeded",
			 day->success * 1000 / ended / 10, day->success * 1000 / ended % 10);
	html_put(html, ".</span></p></div></div>\n");
}

/* --- the day ------------------------------------------------------------------------------------
 */

/* Of count runs; what happened at all is seen. */
static int height_of(uint32_t count, uint32_t highest)
{
	int height = (int)((int64_t)count * CHART_HEIGHT / (highest == 0 ? 1 : highest));

	return count > 0 && height < 2 ? 2 : height;
}

static void write_rect(struct html *html, const char *class, size_t part, int top, int height)
{
	if (height > 0)
		html_put(
		    html,
		    "<rect class=\"c-%s\" fill=\"currentColor\" x=\"%zu\" y=\"%d\" width=\"%d\" "
		    "height=\"%d\"/>",
		    class, part * PART_STEP, top, PART_WIDTH, height);
}

static void write_part(struct html *html, const struct day *day, size_t i)
{
	const struct day_part *part = &day->parts[i];
	int success = height_of(part->success, day->highest);
	int others = height_of(part->others, day->highest);
	int failed = height_of(part->failed, day->highest);

	if (success + others + failed == 0)
		return;
	html_put(html, "<g><title>%u succeeded, %u failed</title>", part->success, part->failed);
	write_rect(html, "success", i, CHART_HEIGHT - success, success);
	write_rect(html, "queued", i, CHART_HEIGHT - success - others, others);
	write_rect(html, "failed", i, CHART_HEIGHT - success - others - failed, failed);
	html_put(html, "</g>");
}

static void write_day(struct page *page, const struct day *day)
{
	struct html *html = &page->html;

	html_put(html,
		 "<section class=\"panel\" aria-labelledby=\"h-day\"><header><h2 id=\"h-day\">"
		 "Last 24 hours</h2><span class=\"sp\"></span><div class=\"legend day\">"
		 "<span class=\"k\">");
	shape_state(html, "success", false);
	html_put(html, "%" PRId64 " succeeded</span><span class=\"k\">", day->success);
	shape_state(html, "failed", false);
	html_put(html, "%" PRId64 " failed</span></div></header><div class=\"day\">", day->failed);
	html_put(html,
		 "<svg class=\"chart\" viewBox=\"0 0 %u %d\" width=\"100%%\" role=\"img\" "
		 "aria-label=\"Runs per half hour: %" PRId64 " succeeded, %" PRId64 " failed\">",
		 PARTS * PART_STEP, CHART_HEIGHT + 4, day->success, day->failed);
	for (size_t i = 0; i < PARTS; i++)
		write_part(html, day, i);
	html_put(html, "<line class=\"gl\" x1=\"0\" x2=\"%u\" y1=\"%d.5\" y2=\"%d.5\"/></svg>",
		 PARTS * PART_STEP, CHART_HEIGHT, CHART_HEIGHT);
	html_put(html, "<p class=\"faint\">from ");
	shape_time(html, day->from_ms, TIME_MINUTE, page->now_ms);
	html_put(html, " to now, by half hours</p></div></section>\n");
}

/* --- what runs, what waits ----------------------------------------------------------------------
 */

struct runs {
	struct page *page;
	uint32_t shown;
};

/* Against its usual time, where that is known. */
static void write_progress(struct page *page, const struct run_view *view)
{
	struct run_bar bars[READ_BARS_DEFAULT];
	char duration[SHAPE_DURATION_SIZE];
	char usual[SHAPE_DURATION_SIZE];
	struct html *html = &page->html;
	int64_t usual_ms = 0;
	int64_t past_ms = page->now_ms - view->created_at_ms;
	uint32_t count;
	int part;

	if (read_bars(page->reader, view->dag_id, bars, READ_BARS_DEFAULT, &count, NULL) == 0)
		usual_ms = run_bars_usual_ms(bars, count);
	if (usual_ms == 0) {
		html_put(html, "<span class=\"v\">%s</span>", shape_duration(past_ms, duration));
		return;
	}
	part = past_ms >= usual_ms ? 100 : (int)(past_ms * 100 / usual_ms);
	html_put(
	    html,
	    "<span class=\"meter prog\" role=\"img\" aria-label=\"%d %% of the usual time\">"
	    "<i class=\"w%d\" data-css=\"width:%d%%\"></i></span><span class=\"v\">%s of %s</span>",
	    part, part, part, shape_duration(past_ms, duration), shape_duration(usual_ms, usual));
}

static bool write_running(void *context, const struct run_view *view)
{
	struct runs *runs = context;
	struct html *html = &runs->page->html;

	html_put(html, "<li data-key=\"%s\">", view->run_id);
	shape_state(html, view->state, true);
	html_put(html, "<a class=\"t clip\" href=\"/runs/%s\">%s</a>", view->run_id, view->dag_id);
	write_progress(runs->page, view);
	html_put(html, "</li>");
	return ++runs->shown < RUNNING_SHOWN;
}

static bool write_queued(void *context, const struct run_view *view)
{
	struct runs *runs = context;
	struct html *html = &runs->page->html;

	html_put(html, "<li data-key=\"%s\">", view->run_id);
	shape_state(html, view->state, true);
	html_put(
	    html,
	    "<a class=\"t clip\" href=\"/runs/%s\">%s</a><span class=\"v clip\">%s</span></li>",
	    view->run_id, view->dag_id, view->reason);
	return ++runs->shown < QUEUED_SHOWN;
}

static int write_runs(struct page *page, const char *state, const char *title, run_view_fn each,
		      uint32_t limit, struct err *err)
{
	struct run_filter filter = {.state = state, .limit = limit};
	struct runs runs = {.page = page};
	struct html *html = &page->html;
	int64_t count = 0;
	int rc = read_run_count(page->reader, &filter, 1000, &count, err);

	html_put(
	    html,
	    "<section class=\"panel\" aria-labelledby=\"h-%s\"><header><h2 id=\"h-%s\">%s</h2>",
	    state, state, title);
	if (count > 0)
		html_put(html, "<span class=\"faint num\">%" PRId64 "</span>", count);
	if (count < 0)
		html_put(html, "<span class=\"faint num\">over 1,000</span>");
	html_put(html,
		 "<span class=\"sp\"></span><a class=\"btn quiet small\" href=\"/runs?state=%s\">"
		 "All</a></header><ul class=\"mini\">",
		 state);
	if (rc == 0)
		rc = read_runs(page->reader, &filter, each, &runs, err);
	if (runs.shown == 0)
		html_put(html, "<li class=\"faint\">None</li>");
	html_put(html, "</ul></section>\n");
	return rc;
}

/* --- the page -----------------------------------------------------------------------------------
 */

/* Of a home without DAGs the first step is told instead. */
static int write_nothing_to_do(struct page *page, struct err *err)
{
	struct dag_filter all = {0};
	int64_t dags = 0;
	int rc = read_dag_count(page->reader, &all, &dags, err);

	if (dags == 0)
		html_put(&page->html,
			 "<p class=\"pad dim\">No DAG yet: put a YAML file into the DAG "
			 "folder. <a class=\"t strong\" href=\"/dags\">A first one</a>"
			 "</p></section>");
	else
		html_put(&page->html,
			 "<p class=\"pad dim\">No run has failed without being made good, every "
			 "file checks, and nothing is held.</p></section>");
	return rc;
}

static int write_todo(struct page *page, int64_t count, struct err *err)
{
	struct html *html = &page->html;
	int rc;

	html_put(html,
		 "<section class=\"panel\" aria-labelledby=\"h-todo\"><header><h2 id=\"h-todo\">"
		 "Needs attention</h2><span class=\"faint num\">%" PRId64 "</span></header>",
		 count);
	if (count == 0)
		return write_nothing_to_do(page, err);
	html_put(html, "<ul class=\"todo\">\n");
	rc = needs_write(page, err);
	html_put(html, "</ul></section>\n");
	return rc;
}

static int write_overview(struct page *page, struct err *err)
{
	int64_t count = needs_count(page);
	struct day day = {.from_ms = 0};
	struct html *html = &page->html;
	int rc = gather_day(page, &day, err);

	write_lead(html, count);
	write_share(html, &day);
	html_put(html, "<div class=\"ov\"><div class=\"col\">");
	if (rc == 0)
		rc = write_todo(page, count, err);
	write_day(page, &day);
	html_put(html, "</div><div class=\"col\">");
	if (rc == 0)
		rc = write_runs(page, "running", "Running now", write_running, RUNNING_SHOWN, err);
	if (rc == 0)
		rc = write_runs(page, "queued", "Waiting", write_queued, QUEUED_SHOWN, err);
	html_put(html, "</div></div>");
	return rc;
}

enum call_outcome page_overview(struct call *call, struct store_reader *reader)
{
	struct shell shell = {.kind = "overview", .title = "Overview", .place = "/"};
	struct page page;
	struct err err;

	if (page_begin(&page, call, reader, &err) != 0)
		return page_fail(&page, &err);
	shell_open(&page, &shell);
	if (write_overview(&page, &err) != 0)
		return page_fail(&page, &err);
	shell_close(&page);
	return page_end(&page, MHD_HTTP_OK);
}
