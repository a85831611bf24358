/* runs.c - the runs of all dags, or of one that may be gone; see page.h. */
#include "web/page/page.h"

#include "web/page/rows.h"

#include <microhttpd.h>

enum call_outcome page_runs(struct call *call, struct store_reader *reader)
{
	struct shell shell = {.kind = "runs", .title = "Runs", .place = "/runs"};
	const char *dag_id = call->ask.text[ASK_DAG];
	struct page page;
	struct err err;

	if (page_begin(&page, call, reader, &err) != 0)
		return page_fail(&page, &err);
	shell_open(&page, &shell);
	html_put(&page.html, "<div class=\"head\"><div><h1>Runs</h1>");
	if (dag_id != NULL)
		html_put(&page.html,
			 "<p class=\"sub\"><span>of <a class=\"t strong\" "
			 "href=\"/dags/%s\">%s</a></span>"
			 "<a class=\"t\" href=\"/runs\">Show all</a></p>",
			 dag_id, dag_id);
	html_put(&page.html, "</div></div>");
	if (rows_write(&page, dag_id, true, &err) != 0)
		return page_fail(&page, &err);
	shell_close(&page);
	return page_end(&page, MHD_HTTP_OK);
}
