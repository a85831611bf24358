/* routes.c - the addresses of the pages, beside those of the API; see route.h and page.h.
 *
 *	/                        what needs somebody, what runs
 *	/dags                    the DAGs, what does not check on top
 *	/dags/{dag}              its runs as a grid; view=graph, runs, code, history
 *	/dags/{dag}/trigger      forms: GET shows what would happen, POST does it and leads back
 *	/runs, /runs/{run}       ?task= and attempt= choose what is shown of it
 *	/runs/{run}/rerun ...
 *	/assets/{file}           script, style, icons */
#include "web/page/page.h"
#include "web/route.h"

#define HTML "text/html"
#define ANY "*/*"

#define SHOWN (ROUTE_PAGE | ROUTE_TAGGED | ROUTE_CONCERNS)
#define SHOW(path, asks, serve, what)                                                        \
	{                                                                                    \
		"GET", path, ROUTE_READ, SHOWN, asks, serve, NULL, 0, HTML, NULL, what, NULL \
	}
/* Shown with what the scheduler answers to a question. */
#define SHOW_ASKED(path, asks, find, question, serve, what)                                       \
	{                                                                                         \
		"GET", path, ROUTE_QUESTION, SHOWN, asks, find, NULL, question, HTML, NULL, what, \
		    serve                                                                         \
	}
#define DO(path, find, command, what)                                                              \
	{                                                                                          \
		"POST", path, ROUTE_COMMAND, ROUTE_PAGE, 0, find, NULL, command, HTML, NULL, what, \
		    NULL                                                                           \
	}

#define LIST_ASKS                                                                            \
	(ASK_BIT(STATE) | ASK_BIT(DOMAIN) | ASK_BIT(OWNER) | ASK_BIT(TAG) | ASK_BIT(WORDS) | \
	 ASK_BIT(CURSOR) | ASK_BIT(SORT))
#define DAG_ASKS                                                                                \
	(ASK_BIT(AT) | ASK_BIT(TO) | ASK_BIT(RUNS) | ASK_BIT(TASKS) | ASK_BIT(VIEW) |           \
	 ASK_BIT(CURSOR) | ASK_BIT(VERSION) | ASK_BIT(STATE) | ASK_BIT(TASK) | ASK_BIT(WORDS) | \
	 ASK_BIT(ROOT) | ASK_BIT(UP) | ASK_BIT(DOWN))
#define RUN_ASKS                                                                             \
	(ASK_BIT(TASK) | ASK_BIT(ATTEMPT) | ASK_BIT(VIEW) | ASK_BIT(TASKS) | ASK_BIT(LINE) | \
	 ASK_BIT(FIND) | ASK_BIT(LEVEL) | ASK_BIT(STATE))

/* clang-format off */
static const struct route routes[] = {
	{"GET", "/assets/{file}", ROUTE_NOW, ROUTE_PUBLIC | ROUTE_PAGE | ROUTE_TAGGED, 0, NULL,
	 page_asset, 0, ANY, NULL, "A script, a style, icons", NULL},
	{"POST", "/sign-out/{secret}", ROUTE_READ, ROUTE_PAGE, 0, page_sign_out, NULL, 0, HTML, NULL,
	 "Ends the session", NULL},
	SHOW("/", 0, page_overview, "What needs somebody, and what runs"),
	SHOW("/dags", LIST_ASKS, page_dags, "The DAGs"),
	SHOW("/dags/{dag}", DAG_ASKS, page_dag, "A DAG and its runs"),
	SHOW("/dags/{dag}/trigger", 0, page_trigger, "Start a run?"),
	DO("/dags/{dag}/trigger", page_read_params, WEB_TRIGGER, "Starts a run"),
	SHOW("/dags/{dag}/pause", 0, page_pause, "Pause a DAG, or let it go on?"),
	DO("/dags/{dag}/pause", NULL, WEB_PAUSE, "Pauses a DAG"),
	DO("/dags/{dag}/resume", NULL, WEB_RESUME, "Lets a DAG go on"),
	SHOW("/runs", ASK_BIT(DAG) | ASK_BIT(STATE) | ASK_BIT(WORDS) | ASK_BIT(CURSOR), page_runs,
	     "Runs, newest first"),
	SHOW_ASKED("/runs/{run}", RUN_ASKS, page_find_run, WEB_WHY, page_run, "A run"),
	SHOW_ASKED("/runs/{run}/rerun", ASK_BIT(MODE) | ASK_BIT(TASK) | ASK_BIT(VERSION), page_find_run,
		   WEB_RERUN, page_rerun, "Which tasks would run again?"),
	DO("/runs/{run}/rerun", api_find_run, WEB_RERUN, "Resets tasks of a run"),
	SHOW_ASKED("/runs/{run}/cancel", 0, page_find_run, WEB_CANCEL, page_cancel, "Stop a run?"),
	DO("/runs/{run}/cancel", api_find_run, WEB_CANCEL, "Stops a run"),
	SHOW("/runs/{run}/note", ASK_BIT(TASK), page_note, "A note"),
	DO("/runs/{run}/note", api_find_run, WEB_NOTE, "Writes a note"),
	SHOW_ASKED("/runs/{run}/tasks/{task}/mark", ASK_BIT(MARK), page_find_run, WEB_MARK, page_mark,
		   "Say what a task came to?"),
	DO("/runs/{run}/tasks/{task}/mark", api_find_run, WEB_MARK, "Says what a task came to"),
};
/* clang-format on */

const struct route *page_route_table(size_t *count)
{
	*count = sizeof routes / sizeof *routes;
	return routes;
}
