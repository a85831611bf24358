/* problem.c - what went wrong, told as a page; see page.h. */
#include "web/page/page.h"

#include "web/page/nearest.h"
#include "web/page/shape.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/* The server's sentence as it is: problems are made of it (answer.h). */
static void take_detail(struct call *call, char *detail, size_t size)
{
	json_t *problem = json_loadb(str_text(&call->answer.body), call->answer.body.size, 0, NULL);
	const char *text = json_string_value(json_object_get(problem, "detail"));

	snprintf(detail, size, "%s", text == NULL ? "" : text);
	json_decref(problem);
}

static void open_problem(struct page *page, const char *kind, const char *title)
{
	struct shell shell = {.kind = kind, .title = title};

	shell_open(page, &shell);
	html_put(&page->html, "<section class=\"panel oops\" aria-labelledby=\"h-oops\"><header>");
	shape_icon(&page->html, "alert");
	html_put(&page->html, "<h1 id=\"h-oops\">%s</h1></header><div class=\"pad\">", title);
}

static void close_problem(struct page *page)
{
	html_put(&page->html, "</div></section>");
	shell_close(page);
}

/* --- signing in ---------------------------------------------------------------------------------
 */

static void write_sign_in(struct page *page)
{
	struct html *html = &page->html;

	open_problem(page, "signin", "Sign in");
	html_put(html,
		 "<p>This page is opened with a link that is good once. On the machine of the "
		 "daemon, ask for one:</p><pre class=\"body\"><code>heddle page</code></pre>"
		 "<p class=\"dim\">Add <code>--home DIR</code> when the daemon has one. The daemon "
		 "also printed a link when it started; it was good for ten minutes. A session "
		 "lasts twelve hours.</p>");
	html_put(html, "<p class=\"dim\">You came by such a link just now? "
		       "<a class=\"t strong\" href=\"/\">Go on</a>.</p>");
	close_problem(page);
}

/* --- others -------------------------------------------------------------------------------------
 */

static const char *title_of(unsigned status)
{
	switch (status) {
	case MHD_HTTP_NOT_FOUND:
		return "Nothing is here";
	case MHD_HTTP_FORBIDDEN:
		return "Not allowed";
	case MHD_HTTP_CONFLICT:
	case MHD_HTTP_UNPROCESSABLE_CONTENT:
		return "Not done";
	case MHD_HTTP_SERVICE_UNAVAILABLE:
		return "Not now";
	default:
		return status < 500 ? "This cannot be asked" : "Something failed here";
	}
}

/* A task or an attempt may be missing while the run is there. */
static bool has_run(const struct call *call)
{
	return call->answer.status != MHD_HTTP_NOT_FOUND || call->ask.text[ASK_TASK] != NULL ||
	       call->ask.text[ASK_ATTEMPT] != NULL || call->names.task != NULL;
}

static void write_ways_out(struct page *page)
{
	struct html *html = &page->html;
	const struct call *call = page->call;

	html_put(html, "<div class=\"foot\">");
	if (call->route != NULL && call->names.run[0] != '\0' && has_run(call))
		html_put(html, "<a class=\"btn small\" href=\"/runs/%s\">Back to the run</a>",
			 call->names.run);
	else if (call->route != NULL && call->names.dag != NULL)
		html_put(html, "<a class=\"btn small\" href=\"/dags/%s\">Back to the DAG</a>",
			 call->names.dag);
	html_put(html, "<a class=\"btn quiet small\" href=\"/dags\">All DAGs</a>"
		       "<a class=\"btn quiet small\" href=\"/runs\">All runs</a></div>");
}

void page_problem(struct call *call)
{
	unsigned status = call->answer.status;
	char detail[ERR_MESSAGE_MAX];
	struct page page;

	take_detail(call, detail, sizeof detail);
	(void)page_begin(&page, call, NULL, NULL);
	if (status == MHD_HTTP_UNAUTHORIZED) {
		write_sign_in(&page);
	} else {
		open_problem(&page, "problem", title_of(status));
		html_put(&page.html, "<p role=\"alert\">%s</p>",
			 call->route == NULL && status == MHD_HTTP_NOT_FOUND
			     ? "Nothing lives at this address. It may have been renamed."
			     : detail);
		write_ways_out(&page);
		close_problem(&page);
	}
	(void)page_end(&page, status);
}

static void open_nearest(struct html *html, size_t count, const char *title)
{
	if (count > 0)
		html_put(html, "<h2>%s</h2><ul class=\"mini\">", title);
}

static void close_nearest(struct html *html, size_t count)
{
	if (count > 0)
		html_put(html, "</ul>");
}

enum call_outcome page_missing_dag(struct page *page, const char *dag_id)
{
	char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1];
	size_t count = nearest_dags(page->reader, dag_id, nearest);
	struct html *html = &page->html;

	str_clear(html->out);
	open_problem(page, "problem", "No such DAG");
	html_put(html,
		 "<p role=\"alert\">No DAG <code>%s</code> is in force. Its file may have been "
		 "removed or renamed, or it does not check.</p>",
		 dag_id);
	open_nearest(html, count, "The nearest names");
	for (size_t i = 0; i < count; i++)
		html_put(html, "<li><a class=\"t strong\" href=\"/dags/%s\">%s</a></li>",
			 nearest[i], nearest[i]);
	close_nearest(html, count);
	html_put(html,
		 "<div class=\"foot\"><a class=\"btn small\" href=\"/runs?dag=%s\">Its past "
		 "runs</a><a class=\"btn quiet small\" href=\"/dags\">All DAGs</a></div>",
		 dag_id);
	close_problem(page);
	return page_end(page, MHD_HTTP_NOT_FOUND);
}

static void write_near_runs(struct page *page, const char *run)
{
	struct near_run nearest[NEAREST_MAX];
	size_t count = nearest_runs(page->reader, run, nearest);

	open_nearest(&page->html, count, "Runs whose ids begin alike");
	for (size_t i = 0; i < count; i++)
		html_put(&page->html,
			 "<li><a class=\"t strong mono\" href=\"/runs/%s\">%s</a> "
			 "<span class=\"dim\">%s</span></li>",
			 nearest[i].run_id, nearest[i].run_id, nearest[i].dag_id);
	close_nearest(&page->html, count);
}

enum call_outcome page_missing_run(struct page *page, const char *run)
{
	struct html *html = &page->html;

	str_clear(html->out);
	open_problem(page, "problem", "No such run");
	html_put(html, "<p role=\"alert\">There is no run <code>%s</code>.</p>", run);
	write_near_runs(page, run);
	html_put(html, "<div class=\"foot\"><a class=\"btn small\" href=\"/runs\">All runs</a>"
		       "<a class=\"btn quiet small\" href=\"/dags\">All DAGs</a></div>");
	close_problem(page);
	return page_end(page, MHD_HTTP_NOT_FOUND);
}

enum call_outcome page_missing_task(struct page *page, int64_t run_no, const char *task_id)
{
	char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1];
	size_t count = nearest_tasks(page->reader, run_no, task_id, nearest);
	const char *run_id = page->call->run_id;
	struct html *html = &page->html;

	str_clear(html->out);
	open_problem(page, "problem", "No such task");
	html_put(html, "<p role=\"alert\">Run <code>%s</code> has no task <code>%s</code>.</p>",
		 run_id, task_id);
	open_nearest(html, count, "The nearest names");
	for (size_t i = 0; i < count; i++)
		html_put(html, "<li><a class=\"t strong\" href=\"/runs/%s?task=%s\">%s</a></li>",
			 run_id, nearest[i], nearest[i]);
	close_nearest(html, count);
	html_put(html,
		 "<div class=\"foot\"><a class=\"btn small\" href=\"/runs/%s\">Back to the run</a>"
		 "<a class=\"btn quiet small\" href=\"/runs\">All runs</a></div>",
		 run_id);
	close_problem(page);
	return page_end(page, MHD_HTTP_NOT_FOUND);
}

enum call_outcome page_find_run(struct call *call, struct store_reader *reader)
{
	struct page page;
	struct err err;
	int rc = read_run_id(reader, call->names.run, call->run_id, &err);

	if (rc == 0)
		return CALL_ANSWERED;
	if (rc != ERR_NOT_FOUND || page_begin(&page, call, reader, &err) != 0)
		return api_fail(call, &err);
	return page_missing_run(&page, call->names.run);
}
