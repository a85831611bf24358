/* rows.c - runs as a table; see rows.h. */
#include "web/page/rows.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 50u

struct rows {
	struct page *page;
	bool of_all;
	uint32_t shown;
	bool more;
	int64_t last;
	int64_t bound; /* older ones were not looked at; 0 = all were */
};

static void write_duration(struct page *page, const struct run_view *view)
{
	char duration[SHAPE_DURATION_SIZE];
	int64_t end_ms = view->ended_at_ms == 0 ? page->now_ms : view->ended_at_ms;

	html_put(&page->html, "<td class=\"right num dim nowrap\">%s</td>",
		 shape_duration(end_ms - view->created_at_ms, duration));
}

static bool write_row(void *context, const struct run_view *view)
{
	struct rows *rows = context;
	struct html *html = &rows->page->html;

	rows->more = rows->shown == ROWS;
	if (rows->more)
		return false;
	rows->shown++;
	rows->last = view->run_no;
	html_put(html,
		 "<tr data-key=\"%s\"><td class=\"m0\"><input type=\"checkbox\" name=\"run\" "
		 "value=\"%s\" data-name=\"%s / %.8s\" data-pick data-script hidden "
		 "aria-label=\"Select %.8s\"></td><td><a class=\"dagname\" href=\"/runs/%s\">",
		 view->run_id, view->run_id, view->dag_id, view->run_id, view->run_id,
		 view->run_id);
	if (rows->of_all)
		html_put(html,
			 "<b class=\"strong clip\">%s</b><small class=\"mono\">%s</small></a></td>",
			 view->dag_id, view->run_id);
	else
		html_put(html, "<b class=\"strong mono\">%s</b></a></td>", view->run_id);
	html_put(html, "<td>");
	shape_pill(html, view->state, NULL);
	html_put(html,
		 "</td><td class=\"wide dim\">%s</td><td class=\"dim nowrap m0\">%s</td>"
		 "<td class=\"dim nowrap\">",
		 view->reason, view->source);
	shape_time(html, view->created_at_ms, TIME_FULL, rows->page->now_ms);
	html_put(html, "</td>");
	write_duration(rows->page, view);
	html_put(html, "</tr>\n");
	return true;
}

static void write_next(struct rows *rows, int64_t before, const char *label)
{
	struct html *html = &rows->page->html;
	char number[24];

	snprintf(number, sizeof number, "%" PRId64, before);
	html_put(html, "<a class=\"btn small\" rel=\"next\" href=\"");
	page_query(rows->page, ASK_CURSOR, number);
	html_put(html, "\">%s</a>", label);
}

static void write_shown(struct rows *rows)
{
	struct html *html = &rows->page->html;

	html_put(html, "<span class=\"dim\">showing ");
	shape_number(html, rows->shown, "run", "runs");
	if (rows->bound != 0 && !rows->more) {
		html_put(html, " of ");
		shape_number(html, READ_RUNS_LOOKED_AT, "run", "runs");
		html_put(html, " looked at");
	}
	html_put(html, "</span>");
}

static void write_more(struct rows *rows)
{
	struct page *page = rows->page;
	struct html *html = &page->html;

	html_put(html, "<nav class=\"more\" aria-label=\"Pages\">");
	write_shown(rows);
	if (page->call->ask.text[ASK_CURSOR] != NULL) {
		html_put(html, "<a class=\"btn small\" rel=\"prev\" href=\"");
		page_query(page, ASK_CURSOR, NULL);
		html_put(html, "\">Newest</a>");
	}
	if (rows->more)
		write_next(rows, rows->last, "Older");
	else if (rows->bound != 0)
		write_next(rows, rows->bound, "Look further back");
	html_put(html, "</nav>");
}

/* A cursor that is no number finds nothing older than run 0. */
static int64_t cursor_of(const struct page_ask *ask)
{
	const char *text = ask->text[ASK_CURSOR];

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static void write_chips(struct page *page)
{
	static const char *const chips[][2] = {{NULL, "All"},          {"failed", "Failed"},
					       {"running", "Running"}, {"queued", "Queued"},
					       {"success", "Success"}, {"cancelled", "Cancelled"}};

	for (size_t i = 0; i < sizeof chips / sizeof *chips; i++)
		page_chip(page, ASK_STATE, chips[i][0], chips[i][0], chips[i][1], -1);
}

static void write_field(struct page *page)
{
	static const enum ask_param kept[] = {ASK_DAG, ASK_STATE};
	struct html *html = &page->html;
	const struct page_ask *ask = &page->call->ask;

	html_put(html, "<form class=\"bar\" method=\"get\" action=\"/runs\" role=\"search\">"
		       "<label class=\"field\">");
	shape_icon(html, "search");
	html_put(html,
		 "<input data-filter type=\"search\" name=\"q\" value=\"%s\" "
		 "placeholder=\"Filter by DAG, id, reason\" title=\"words, dag:sales_*, "
		 "owner:platform, by:schedule, period:2026-11-20, state:failed\" "
		 "aria-label=\"Filter runs\" autocomplete=\"off\">"
		 "<span class=\"kbd\" aria-hidden=\"true\" data-script hidden>/</span></label>",
		 ask->text[ASK_WORDS]);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (ask->text[kept[i]] != NULL)
			html_put(html, "<input type=\"hidden\" name=\"%s\" value=\"%s\">",
				 ask_name(kept[i]), ask->text[kept[i]]);
	write_chips(page);
	html_put(html, "</form>\n");
}

static void write_filters(struct page *page, bool by_words)
{
	if (by_words) {
		write_field(page);
		return;
	}
	html_put(&page->html, "<nav class=\"bar\" aria-label=\"Filters\">");
	write_chips(page);
	html_put(&page->html, "</nav>\n");
}

static void write_none(struct rows *rows, const struct run_filter *filter)
{
	struct html *html = &rows->page->html;

	if (rows->bound != 0)
		html_put(html, "<p class=\"pad dim\">None of these runs is like that.</p>");
	else if (filter->state != NULL || filter->text != NULL || filter->before_run_no != 0)
		html_put(html, "<p class=\"pad dim\">No run is like that.</p>");
	else
		html_put(html,
			 "<p class=\"pad dim\">No run yet. A DAG's page has a button that starts "
			 "one; so does <code>heddle trigger DAG</code>.</p>");
}

int rows_write(struct page *page, const char *dag_id, bool by_words, struct err *err)
{
	const struct page_ask *ask = &page->call->ask;
	struct run_filter filter = {.dag_id = dag_id,
				    .state = ask->text[ASK_STATE],
				    .text = by_words ? ask->text[ASK_WORDS] : NULL,
				    .before_run_no = cursor_of(ask),
				    .limit = ROWS + 1};
	struct rows rows = {.page = page, .of_all = dag_id == NULL};
	struct html *html = &page->html;
	int rc;

	write_filters(page, by_words);
	html_put(html, "<div class=\"panel\"><table class=\"cards\"><thead><tr>" ROWS_PICK_ALL
		       "<th>Run</th>"
		       "<th>State</th><th>Why</th><th>By</th><th>Made</th>"
		       "<th class=\"right\">Took</th></tr></thead><tbody>\n");
	rc = read_runs_bound(page->reader, &filter, &rows.bound, err);
	filter.from_run_no = rows.bound;
	if (rc == 0)
		rc = read_runs(page->reader, &filter, write_row, &rows, err);
	html_put(html, "</tbody></table>");
	if (rows.shown == 0)
		write_none(&rows, &filter);
	html_put(html, "</div>");
	write_more(&rows);
	return rc;
}
