/* dag.c - a DAG: its head, its views; see page.h and dag_parts.h. */
#include "web/page/broken.h"
#include "web/page/dag_parts.h"

#include "web/page/rows.h"
#include "web/page/shape.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define GRAPH_LISTED 200u /* tasks, for those without script */

/* --- the head -----------------------------------------------------------------------------------
 */

static void write_acts(struct html *html, const struct dag_view *view)
{
	bool paused = view->pause_actor != NULL;

	html_put(
	    html,
	    "<div class=\"acts\"><a class=\"btn\" href=\"/dags/%s/pause\" data-dialog=\"pause\" "
	    "data-dag=\"%s\">",
	    view->dag_id, view->dag_id);
	shape_icon(html, paused ? "play" : "pause");
	html_put(html,
		 "%s</a><a class=\"btn primary\" href=\"/dags/%s/trigger\" "
		 "data-dialog=\"trigger\" data-dag=\"%s\">",
		 paused ? "Resume…" : "Pause…", view->dag_id, view->dag_id);
	shape_icon(html, "play");
	html_put(html, "Trigger…</a></div>");
}

/* Tags are a JSON list of texts. */
static void write_tags(struct html *html, const char *tags)
{
	json_t *list = tags == NULL ? NULL : json_loads(tags, 0, NULL);
	size_t i;
	json_t *tag;

	json_array_foreach(list, i, tag)
	{
		const char *text = json_string_value(tag);

		html_put(html, "<a class=\"tag\" href=\"/dags?tag=%s\">%s</a>", text, text);
	}
	json_decref(list);
}

static void write_sub(struct page *page, const struct dag_view *view)
{
	struct html *html = &page->html;

	html_put(html, "<p class=\"sub\"><span>");
	shape_number(html, view->task_count, "task", "tasks");
	html_put(html,
		 "</span><a class=\"t\" href=\"/dags/%s?view=code\">version <code>%.8s</code></a>"
		 "<span>in force ",
		 view->dag_id, view->hash);
	shape_time(html, view->since_ms, TIME_AGO, page->now_ms);
	html_put(html, "</span><span class=\"mono\">%s</span>", view->file);
	if (view->owner != NULL)
		html_put(html, "<span>owner <a class=\"t\" href=\"/dags?owner=%s\">%s</a></span>",
			 view->owner, view->owner);
	if (view->domain != NULL)
		html_put(html, "<span>domain <a class=\"t\" href=\"/dags?domain=%s\">%s</a></span>",
			 view->domain, view->domain);
	write_tags(html, view->tags);
	html_put(html, "</p>");
	if (view->pause_actor != NULL) {
		html_put(html, "<p class=\"sub\">");
		shape_pill(html, "late", "paused");
		html_put(html, "<span>%sby %s%s%s</span></p>",
			 view->pause_of_all ? "with all DAGs, " : "", view->pause_actor,
			 view->pause_reason == NULL ? "" : ": ", view->pause_reason);
	}
}

static const struct tab {
	const char *view; /* NULL = the first one */
	const char *title;
} tabs[] = {
    {NULL, "Grid"}, {"graph", "Graph"}, {"runs", "Runs"}, {"code", "Code"}, {"history", "History"},
};

static const char *view_of(const struct page *page)
{
	const char *view = page->call->ask.text[ASK_VIEW];

	return view == NULL || strcmp(view, "grid") == 0 ? NULL : view;
}

static void write_tabs(struct page *page, const char *dag_id)
{
	const char *view = view_of(page);
	struct html *html = &page->html;

	html_put(html, "<nav class=\"tabs\" aria-label=\"DAG views\">");
	for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++) {
		bool on = tabs[i].view == NULL ? view == NULL
					       : view != NULL && strcmp(view, tabs[i].view) == 0;

		html_put(html, "<a href=\"/dags/%s", dag_id);
		if (tabs[i].view != NULL)
			html_put(html, "?view=%s", tabs[i].view);
		html_put(html, "\"");
		if (on)
			html_put(html, " aria-current=\"page\"");
		html_put(html, ">%s</a>", tabs[i].title);
	}
	html_put(html, "</nav>\n");
}

/* What stands in its file now is not what is in force. Without the list the page is still right. */
static bool write_head(void *context, const struct dag_view *view)
{
	struct page *page = context;
	struct html *html = &page->html;

	html_put(html, "<div class=\"head\"><div><h1>%s</h1>", view->dag_id);
	if (view->description != NULL)
		html_put(html, "<p class=\"dim\">%s</p>", view->description);
	write_sub(page, view);
	html_put(html, "</div>");
	write_acts(html, view);
	html_put(html, "</div>");
	(void)broken_write(page, view->file, NULL);
	write_tabs(page, view->dag_id);
	return true;
}

/* --- the graph ----------------------------------------------------------------------------------
 */

struct listed {
	struct page *page;
	const char *run_id;
	uint32_t count;
};

static bool write_task(void *context, const struct task_view *view)
{
	struct listed *listed = context;
	struct html *html = &listed->page->html;

	if (++listed->count > GRAPH_LISTED)
		return true;
	html_put(html, "<li data-key=\"%s\">", view->task_id);
	shape_state(html, view->state, true);
	html_put(html, "<a class=\"t clip\" href=\"/runs/%s?task=%s\">%s</a></li>", listed->run_id,
		 view->task_id, view->task_id);
	return true;
}

struct newest {
	int64_t run_no;
	char run_id[17];
	char state[24];
	int64_t created_at_ms;
};

static bool take_newest(void *context, const struct run_view *view)
{
	struct newest *newest = context;

	newest->run_no = view->run_no;
	newest->created_at_ms = view->created_at_ms;
	snprintf(newest->run_id, sizeof newest->run_id, "%s", view->run_id);
	snprintf(newest->state, sizeof newest->state, "%s", view->state);
	return true;
}

/* The colours are those of one run: that of the address, or the newest. */
static int find_coloured(struct page *page, const char *dag_id, struct newest *newest,
			 struct err *err)
{
	const char *at = page->call->ask.at_run;
	int rc = at[0] == '\0' ? read_latest_run_id(page->reader, dag_id, newest->run_id, err)
			       : read_run_id(page->reader, at, newest->run_id, err);

	if (rc == ERR_NOT_FOUND && at[0] == '\0')
		return 0;
	return rc == 0 ? read_run(page->reader, newest->run_id, take_newest, newest, err) : rc;
}

static int write_graph(struct page *page, const char *dag_id, struct err *err)
{
	struct newest newest = {.run_no = 0};
	struct listed listed = {.page = page, .run_id = newest.run_id};
	struct html *html = &page->html;
	int rc = find_coloured(page, dag_id, &newest, err);

	html_put(html, "<section class=\"panel gfull\"><header><h2>Graph</h2>");
	if (newest.run_no != 0) {
		html_put(html, "<span class=\"faint\">coloured by the run of ");
		shape_time(html, newest.created_at_ms, TIME_FULL, page->now_ms);
		html_put(html, "</span>");
		shape_pill(html, newest.state, NULL);
	}
	html_put(html,
		 "<span class=\"sp\"></span><label class=\"field gfind\" data-script hidden>");
	shape_icon(html, "search");
	html_put(
	    html,
	    "<input type=\"search\" name=\"q\" value=\"%s\" data-graph-filter placeholder=\"name, "
	    "+name, a =&gt; b\" title=\"name: what is called so; +name: all before it; "
	    "name+2: two steps after it; a =&gt; b: the ways between; state:failed group:x "
	    "action:sql\" aria-label=\"Filter tasks\" autocomplete=\"off\"></label>",
	    page->call->ask.text[ASK_WORDS]);
	html_put(html,
		 "</header><div class=\"graph\" data-keep data-graph=\"%s\" data-run=\"%s\" "
		 "data-sel=\"%s\"><ul class=\"mini\">",
		 dag_id, newest.run_id, page->call->ask.at_task);
	if (rc == 0 && newest.run_no != 0)
		rc = read_tasks(page->reader, newest.run_no, NULL, write_task, &listed, err);
	html_put(html, "</ul>");
	if (listed.count > GRAPH_LISTED)
		html_put(html, "<p class=\"faint\">showing %u of %u tasks</p>", GRAPH_LISTED,
			 listed.count);
	html_put(html, "</div></section>\n");
	return rc;
}

/* --- the page -----------------------------------------------------------------------------------
 */

static int write_runs(struct page *page, const char *dag_id, struct err *err)
{
	return rows_write(page, dag_id, false, err);
}

static const struct {
	const char *view;
	int (*write)(struct page *page, const char *dag_id, struct err *err);
} views[] = {
    {"graph", write_graph},
    {"runs", write_runs},
    {"code", dag_write_code},
    {"history", dag_write_history},
};

static int write_view(struct page *page, const char *dag_id, struct err *err)
{
	const char *view = view_of(page);

	if (view == NULL)
		return dag_write_grid(page, dag_id, err);
	for (size_t i = 0; i < sizeof views / sizeof *views; i++)
		if (strcmp(view, views[i].view) == 0)
			return views[i].write(page, dag_id, err);
	return err_set(err, ERR_INVALID, "a DAG has no view '%s': grid, graph, runs, code, history",
		       view);
}

enum call_outcome page_dag(struct call *call, struct store_reader *reader)
{
	const char *dag_id = call->names.dag;
	struct shell shell = {.kind = "dag", .title = dag_id, .place = "/dags", .dag_id = dag_id};
	const char *view = call->ask.text[ASK_VIEW];
	struct page page;
	struct err err;
	int rc = page_begin(&page, call, reader, &err);

	if (rc != 0)
		return page_fail(&page, &err);
	shell.fills = view == NULL || strcmp(view, "grid") == 0 || strcmp(view, "graph") == 0;
	shell_open(&page, &shell);
	rc = read_dag(reader, dag_id, write_head, &page, &err);
	if (rc == ERR_NOT_FOUND)
		return page_missing_dag(&page, dag_id);
	if (rc == 0)
		rc = write_view(&page, dag_id, &err);
	shell_close(&page);
	return rc == 0 ? page_end(&page, MHD_HTTP_OK) : page_fail(&page, &err);
}
