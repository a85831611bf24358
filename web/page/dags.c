/* dags.c - the DAGs, one row each, and above them what does not check; see page.h. */
#include "web/page/page.h"

#include "store/read_page.h"
#include "web/hold.h"
#include "web/page/broken.h"
#include "web/page/order.h"
#include "web/page/rows.h"
#include "web/page/shape.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define ROWS 40u /* with all their bars under 1,500 elements */
#define BAR_PX 24

struct list {
	struct page *page;
	const struct dag_filter *filter;
	uint32_t shown;
	bool more;
	char last[ASK_PLACE_SIZE];
};

/* --- a row --------------------------------------------------------------------------------------
 */

static int64_t longest_ms(const struct run_bar *bars, uint32_t count, int64_t now_ms)
{
	int64_t longest = 1;

	for (uint32_t i = 0; i < count; i++) {
		int64_t duration = run_bar_duration_ms(&bars[i], now_ms);

		longest = duration > longest ? duration : longest;
	}
	return longest;
}

static void write_bar(struct page *page, const struct run_bar *bar, int64_t longest)
{
	int64_t duration = run_bar_duration_ms(bar, page->now_ms);
	int px = (int)(duration * BAR_PX / longest);

	if (px < 3)
		px = 3;
	html_put(&page->html,
		 "<i class=\"c-%s h%d\" data-cell=\"%s\" data-css=\"height:%dpx\"></i>",
		 shape_class(run_state_name(bar->state)), px, bar->run_id, px);
}

static void write_spark(struct page *page, const struct dag_row_view *view)
{
	struct html *html = &page->html;
	int64_t longest = longest_ms(view->bars, view->bar_count, page->now_ms);
	uint32_t failed = 0;

	for (uint32_t i = 0; i < view->bar_count; i++)
		failed += view->bars[i].state == RUN_FAILED;
	if (view->bar_count == 0) {
		html_put(html, "<td><span class=\"faint\">no run yet</span></td>");
		return;
	}
	html_put(html,
		 "<td><span class=\"spark\" role=\"img\" aria-label=\"last %u runs, %u failed\">",
		 view->bar_count, failed);
	for (uint32_t i = view->bar_count; i > 0; i--)
		write_bar(page, &view->bars[i - 1], longest);
	html_put(html, "</span></td>");
}

/* What holds it or went wrong is a pill; what is well is quiet. Leads to the newest run. */
static void write_now(struct page *page, const struct dag_row_view *view)
{
	struct html *html = &page->html;
	const struct dag_view *dag = &view->dag;
	struct str hold = STR_INIT;

	html_put(html, "<td class=\"wide\">");
	if (hold_line(view, &hold) && dag->last_run_id != NULL) {
		html_put(html, "<a href=\"/runs/%s\">", dag->last_run_id);
		shape_pill(html, dag->pause_actor != NULL ? "late" : dag->last_run_state,
			   str_text(&hold));
		html_put(html, "</a>");
	} else if (hold.size > 0) {
		html_put(html, "<span class=\"dim\">%s</span>", str_text(&hold));
	} else if (view->running > 0) {
		html_put(html, "<a href=\"/runs/%s\">", dag->last_run_id);
		shape_pill(html, "running", NULL);
		html_put(html, "</a>");
	} else if (dag->last_run_id != NULL) {
		html_put(html, "<a class=\"dim nowrap\" href=\"/runs/%s\">", dag->last_run_id);
		shape_state(html, dag->last_run_state, true);
		html_put(html, " ");
		shape_time(html, dag->last_run_at_ms, TIME_AGO, page->now_ms);
		html_put(html, "</a>");
	}
	html_put(html, "</td>");
	str_close(&hold);
}

/* The button belongs to the one form at the end of the table. */
static void write_switch(struct html *html, const struct dag_view *dag)
{
	bool on = dag->pause_actor == NULL;

	html_put(html,
		 "<td class=\"m0\"><button class=\"switch\" role=\"switch\" form=\"switches\"");
	if (on)
		html_put(html, " formaction=\"/dags/%s/pause\"", dag->dag_id);
	else
		html_put(html, " formaction=\"/dags/%s/resume\"", dag->dag_id);
	html_put(html,
		 " aria-checked=\"%s\" aria-label=\"%s is on\" data-pause=\"%s\"></button></td>",
		 on ? "true" : "false", dag->dag_id, dag->dag_id);
}

static void write_name(struct html *html, const struct dag_view *dag)
{
	html_put(html,
		 "<tr data-key=\"%s\"><td class=\"m0\"><input type=\"checkbox\" name=\"dag\" "
		 "value=\"%s\" data-pick data-script hidden aria-label=\"Select %s\"></td>"
		 "<td><a class=\"dagname\" href=\"/dags/%s\"><b class=\"strong clip\">%s</b>",
		 dag->dag_id, dag->dag_id, dag->dag_id, dag->dag_id, dag->dag_id);
	if (dag->description != NULL)
		html_put(html, "<small class=\"clip\">%s</small>", dag->description);
	html_put(html, "</a></td>");
}

static bool write_row(void *context, const struct dag_row_view *view)
{
	struct list *list = context;
	struct html *html = &list->page->html;
	char usual[SHAPE_DURATION_SIZE];

	if (list->shown == ROWS) {
		list->more = true;
		return false;
	}
	list->shown++;
	order_place(list->filter, view, list->last);
	write_name(html, &view->dag);
	write_spark(list->page, view);
	write_now(list->page, view);
	html_put(html,
		 "<td class=\"right num dim m0\">%u</td><td class=\"right num dim m0 nowrap\">%s"
		 "</td><td class=\"m0 dim nowrap\">%s</td>",
		 view->dag.task_count,
		 view->usual_ms == 0 ? "" : shape_duration(view->usual_ms, usual), view->dag.owner);
	write_switch(html, &view->dag);
	html_put(html, "</tr>\n");
	return true;
}

/* --- the page -----------------------------------------------------------------------------------
 */

static const struct chip {
	const char *state;
	const char *label;
} chips[] = {
    {NULL, "All"},        {"failed", "Failed"}, {"running", "Running"},
    {"queued", "Queued"}, {"paused", "Paused"}, {"none", "Never ran"},
};

static struct dag_filter filter_of(const struct page_ask *ask)
{
	return (struct dag_filter){.limit = ROWS + 1,
				   .text = ask->text[ASK_WORDS],
				   .domain = ask->text[ASK_DOMAIN],
				   .owner = ask->text[ASK_OWNER],
				   .tag = ask->text[ASK_TAG],
				   .state = ask->text[ASK_STATE],
				   .bars = READ_BARS_DEFAULT};
}

/* What the search must not forget of the address. */
static void write_kept(struct page *page)
{
	static const enum ask_param kept[] = {ASK_STATE, ASK_DOMAIN, ASK_OWNER, ASK_TAG, ASK_SORT};

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const char *text = page->call->ask.text[kept[i]];

		if (text != NULL)
			html_put(&page->html, "<input type=\"hidden\" name=\"%s\" value=\"%s\">",
				 ask_name(kept[i]), text);
	}
}

/* A filter of the address that has no chip of its own: a click takes it away. */
static void write_given(struct page *page, enum ask_param param)
{
	const char *text = page->call->ask.text[param];

	if (text == NULL)
		return;
	html_put(&page->html, "<a class=\"chip\" aria-current=\"true\" href=\"");
	page_query(page, param, NULL);
	html_put(&page->html, "\" aria-label=\"Remove the filter %s %s\">%s: %s ", ask_name(param),
		 text, ask_name(param), text);
	shape_icon(&page->html, "x");
	html_put(&page->html, "</a>");
}

static void write_filters(struct page *page, int64_t found)
{
	struct html *html = &page->html;
	const char *words = page->call->ask.text[ASK_WORDS];
	const char *state = page->call->ask.text[ASK_STATE];

	html_put(html, "<form class=\"bar\" method=\"get\" action=\"/dags\" role=\"search\">"
		       "<label class=\"field\">");
	shape_icon(html, "search");
	html_put(html,
		 "<input data-filter type=\"search\" name=\"q\" value=\"%s\" "
		 "placeholder=\"Filter by name, owner, tag\" title=\"words, owner:platform, "
		 "tag:daily, state:failed, sales_*\" aria-label=\"Filter DAGs\" "
		 "autocomplete=\"off\">"
		 "<span class=\"kbd\" aria-hidden=\"true\" data-script hidden>/</span></label>",
		 words);
	write_kept(page);
	for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
		bool on = chips[i].state == NULL
			      ? state == NULL
			      : state != NULL && strcmp(state, chips[i].state) == 0;

		page_chip(page, ASK_STATE, chips[i].state,
			  chips[i].state == NULL || strcmp(chips[i].state, "paused") == 0
			      ? NULL
			      : chips[i].state,
			  chips[i].label, on ? found : -1);
	}
	write_given(page, ASK_DOMAIN);
	write_given(page, ASK_OWNER);
	write_given(page, ASK_TAG);
	html_put(html, "</form>\n");
}

static void write_empty(struct page *page, bool filtered)
{
	struct html *html = &page->html;

	if (filtered) {
		html_put(html,
			 "<section class=\"panel empty\"><div class=\"pad\"><p>No DAG is like "
			 "that. <a class=\"t strong\" href=\"/dags\">Show all</a></p></div>"
			 "</section>");
		return;
	}
	html_put(
	    html,
	    "<section class=\"panel empty\"><header><h2>No DAG yet</h2></header>"
	    "<div class=\"pad\"><p>Put a YAML file into the DAG folder; it is here within a "
	    "second. A first one:</p></div><pre class=\"body\" tabindex=\"0\" "
	    "aria-label=\"A first DAG\">id: hello\ntasks:\n  greet:\n    command: echo 'good "
	    "morning'\n  report:\n    command: date\n    depends_on: [greet]\n</pre></section>");
}

static void write_more(struct list *list, int64_t found)
{
	struct page *page = list->page;
	struct html *html = &page->html;
	char text[SHAPE_COUNT_SIZE];

	html_put(html,
		 "<nav class=\"more\" aria-label=\"Pages\"><span class=\"dim\">showing %u of %s"
		 "</span>",
		 list->shown, shape_count(found, text));
	if (page->call->ask.text[ASK_CURSOR] != NULL) {
		html_put(html, "<a class=\"btn small\" rel=\"prev\" href=\"");
		page_query(page, ASK_CURSOR, NULL);
		html_put(html, "\">First page</a>");
	}
	if (list->more) {
		html_put(html, "<a class=\"btn small\" rel=\"next\" href=\"");
		page_query(page, ASK_CURSOR, list->last);
		html_put(html, "\">Next</a>");
	}
	html_put(html, "</nav>");
}

/* The one form of all switches: each button says what it does by its formaction. */
static void write_switch_form(struct page *page)
{
	html_put(&page->html, "<form method=\"post\" id=\"switches\" action=\"/dags\">");
	page_form_fields(page, "/dags");
	html_put(&page->html, "</form>");
}

static int write_table(struct list *list, const struct dag_filter *filter, struct err *err)
{
	struct html *html = &list->page->html;
	int rc;

	html_put(html,
		 "<div class=\"panel\"><table class=\"cards sorts\"><thead><tr>" ROWS_PICK_ALL);
	order_write_head(list->page, DAGS_BY_NAME, "Name", "");
	html_put(html, "<th>Last 14 runs</th>");
	order_write_head(list->page, DAGS_BY_LAST_RUN, "Now", "");
	order_write_head(list->page, DAGS_BY_TASKS, "Tasks", "right");
	html_put(html, "<th class=\"right\">Usual time</th>");
	order_write_head(list->page, DAGS_BY_OWNER, "Owner", "");
	html_put(html, "<th>On</th></tr></thead><tbody>\n");
	rc = read_dag_rows(list->page->reader, filter, write_row, list, err);
	html_put(html, "</tbody></table></div>");
	return rc;
}

static bool is_filtered(const struct page_ask *ask)
{
	for (unsigned i = 0; i < ASK_COUNT; i++)
		if (i != ASK_SORT && ask->text[i] != NULL)
			return true;
	return false;
}

static int write_dags(struct page *page, struct err *err)
{
	struct dag_filter filter = filter_of(&page->call->ask);
	struct list list = {.page = page, .filter = &filter};
	char place[ASK_PLACE_SIZE];
	int64_t found = 0;
	int rc = read_dag_count(page->reader, &filter, &found, err);

	order_take(&page->call->ask, &filter, place);

	html_put(&page->html, "<div class=\"head\"><div><h1>DAGs</h1></div></div>");
	write_filters(page, found);
	if (rc == 0)
		rc = broken_write(page, NULL, err);
	if (rc != 0 || found == 0) {
		write_empty(page, is_filtered(&page->call->ask));
		return rc;
	}
	rc = write_table(&list, &filter, err);
	write_more(&list, found);
	write_switch_form(page);
	return rc;
}

enum call_outcome page_dags(struct call *call, struct store_reader *reader)
{
	struct shell shell = {.kind = "dags", .title = "DAGs", .place = "/dags"};
	struct page page;
	struct err err;

	if (page_begin(&page, call, reader, &err) != 0)
		return page_fail(&page, &err);
	shell_open(&page, &shell);
	if (write_dags(&page, &err) != 0)
		return page_fail(&page, &err);
	shell_close(&page);
	return page_end(&page, MHD_HTTP_OK);
}
