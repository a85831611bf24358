/* run.c - a run: its tasks over time, the log of one, why; see page.h and run_parts.h. */
#include "web/page/run_parts.h"

#include "base/clock.h"
#include "web/page/shape.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static void write_took(struct page *page, const struct run_whole *whole)
{
	char text[SHAPE_DURATION_SIZE];
	char instant[CLOCK_TEXT_SIZE];
	struct html *html = &page->html;
	int64_t since_ms = whole->run.created_at_ms;

	if (whole->is_done) {
		html_put(html, "<span class=\"num\">took %s</span>",
			 shape_duration(whole->run.ended_at_ms - since_ms, text));
		return;
	}
	html_put(
	    html, "<span class=\"num\">for <time data-t=\"since\" datetime=\"%s\">%s</time></span>",
	    clock_format_utc(since_ms, instant), shape_duration(page->now_ms - since_ms, text));
}

static bool take_hash(void *context, const struct dag_view *view)
{
	str_append(context, view->hash);
	return true;
}

/* A rerun of it can take the version in force instead: the dialog says so where it differs. */
static void write_changed(struct page *page, const struct run_view *run)
{
	struct str hash = STR_INIT;

	if (read_dag(page->reader, run->dag_id, take_hash, &hash, NULL) == 0 &&
	    strcmp(str_text(&hash), run->dag_hash) != 0)
		html_put(&page->html,
			 "<a class=\"t\" data-changed href=\"/dags/%s?view=code\">its DAG has "
			 "changed since</a>",
			 run->dag_id);
	str_close(&hash);
}

static void write_sub(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	const struct run_view *run = &whole->run;

	html_put(html, "<p class=\"sub\">");
	shape_pill(html, run->state, NULL);
	if (run->reason != NULL)
		html_put(html, "<span>%s</span>", run->reason);
	html_put(html, "<span class=\"num\">made ");
	shape_time(html, run->created_at_ms, TIME_FULL, page->now_ms);
	html_put(html, "</span>");
	write_took(page, whole);
	if (run->pruned_at_ms != 0) {
		html_put(html, "<span class=\"num\">pruned ");
		shape_time(html, run->pruned_at_ms, TIME_FULL, page->now_ms);
		html_put(html, "</span>");
	}
	html_put(
	    html,
	    "<span>%s</span><span>period %s</span><a class=\"t\" href=\"/dags/%s?view=code&amp;"
	    "version=%s\">version <code>%.8s</code></a>",
	    run->source, run->period_id, run->dag_id, run->dag_hash, run->dag_hash);
	write_changed(page, run);
	html_put(html, "</p>");
}

static void write_acts(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	const char *run = whole->run.run_id;

	html_put(html,
		 "<div class=\"acts\"><a class=\"btn\" href=\"/runs/%s/note\" data-dialog=\"note\" "
		 "data-run=\"%s\">",
		 run, run);
	shape_icon(html, "note");
	html_put(html, "Note</a>");
	if (!whole->is_done)
		html_put(html,
			 "<a class=\"btn danger\" href=\"/runs/%s/cancel\" data-dialog=\"cancel\" "
			 "data-run=\"%s\">Stop…</a>",
			 run, run);
	if (whole->run.pruned_at_ms != 0) {
		html_put(html, "</div>"); /* there is nothing left to go on with */
		return;
	}
	html_put(html,
		 "<a class=\"btn%s\" href=\"/runs/%s/rerun?mode=%s\" data-dialog=\"rerun\" "
		 "data-run=\"%s\" data-state=\"%s\">",
		 strcmp(whole->run.state, "failed") == 0 ? " primary" : "", run,
		 strcmp(whole->run.state, "success") == 0 ? "all" : "failed", run,
		 whole->run.state);
	shape_icon(html, "redo");
	html_put(html, "Rerun…</a></div>");
}

static void write_params(struct page *page, const struct run_whole *whole)
{
	const char *params = whole->run.params;

	if (params == NULL || strcmp(params, "{}") == 0)
		return;
	html_put(&page->html,
		 "<section class=\"panel\"><header><h2>Params</h2></header>"
		 "<pre class=\"body\" tabindex=\"0\" aria-label=\"Params\">%s</pre></section>\n",
		 params);
}

static int write_run(struct page *page, const struct run_whole *whole, struct err *err)
{
	struct html *html = &page->html;
	int rc;

	html_put(html,
		 "<div class=\"head\"><div><h1><a class=\"t\" href=\"/dags/%s\">%s</a> "
		 "<span class=\"faint\">/</span> ",
		 whole->run.dag_id, whole->run.dag_id);
	shape_time(html, whole->run.created_at_ms, TIME_DAY, page->now_ms);
	html_put(html, " <span class=\"faint mono\">%.8s</span></h1>", whole->run.run_id);
	write_sub(page, whole);
	html_put(html, "</div>");
	write_acts(page, whole);
	html_put(html, "</div>\n<div class=\"run\">");
	run_write_tasks(page, whole);
	run_write_log(page, whole);
	html_put(html, "<div class=\"side\">");
	run_write_why(page, whole);
	run_write_attempt(page, whole);
	rc = run_write_story(page, whole, err);
	write_params(page, whole);
	html_put(html, "</div></div>");
	return rc;
}

static int show_run(struct page *page, struct run_whole *whole, struct err *err)
{
	struct shell shell = {.kind = "run", .place = "/runs", .fills = true};
	char title[32];
	char above[128];
	int rc = run_gather(page, whole, err);

	if (rc != 0)
		return rc;
	snprintf(title, sizeof title, "%.8s", whole->run.run_id);
	snprintf(above, sizeof above, "/dags/%s", whole->run.dag_id);
	shell.title = title;
	shell.above = above;
	shell.above_title = shell.dag_id = whole->run.dag_id;
	shell.run_id = whole->run.run_id;
	shell.task_id = whole->has_task ? whole->task.task_id : NULL;
	shell_open(page, &shell);
	rc = write_run(page, whole, err);
	shell_close(page);
	return rc;
}

enum call_outcome page_run(struct call *call, struct store_reader *reader)
{
	struct run_whole whole = {.total = 0};
	struct page page;
	struct err err;
	int rc = page_begin(&page, call, reader, &err);
	enum call_outcome outcome;

	if (rc == 0)
		rc = show_run(&page, &whole, &err);
	if (rc == 0)
		outcome = page_end(&page, MHD_HTTP_OK);
	else if (whole.wants_other_task)
		outcome = page_missing_task(&page, whole.run.run_no, call->ask.text[ASK_TASK]);
	else
		outcome = page_fail(&page, &err);
	run_release(&whole);
	return outcome;
}
