/* page.h - the pages: what people see in a browser, made from committed rows.
 *
 * A page is one look at the database, on a worker, and one text of markup (html.h): it works as
 * links and forms, and the script makes it live. Addresses and what they hold: routes.c. The
 * functions with a reader are routes (route.h); the others write a part of a page. */
#ifndef HEDDLE_WEB_PAGE_PAGE_H
#define HEDDLE_WEB_PAGE_PAGE_H

#include "base/err.h"
#include "store/read.h"
#include "web/api/api.h"
#include "web/page/html.h"

#include <stdbool.h>
#include <stdint.h>

/* One page that is being written. */
struct page {
	struct html html;
	struct call *call;
	struct store_reader *reader; /* NULL: on the loop, without the database */
	int64_t now_ms;
	int64_t last_fact; /* read before all else: the script goes on from it */
};

/* What stands around the contents. Texts live until shell_close. */
struct shell {
	const char *kind;  /* of page: "dags", "run" ... */
	const char *title; /* of the window, and the last of the path */
	const char *place; /* the place of the rail it belongs to, "/dags"; NULL = none */
	const char *above; /* address of what stands above it in the path; NULL = nothing */
	const char *above_title;
	const char *dag_id; /* what it is about; NULL = nothing */
	const char *run_id;
	const char *task_id;
	bool fills; /* its panels scroll, and not the page */
};

/* Begins an answer of markup. Fails as its queries do. */
int page_begin(struct page *page, struct call *call, struct store_reader *reader, struct err *err);
/* The answer is done. */
enum call_outcome page_end(struct page *page, unsigned status);
/* The answer is a page that tells what went wrong. */
enum call_outcome page_fail(struct page *page, const struct err *err);

/* head, rail, path; then the contents follow. */
void shell_open(struct page *page, const struct shell *shell);
void shell_close(struct page *page);

/* Inside an address: the query of this page with one parameter changed (value NULL = left out).
 * Where the list begins is forgotten, unless that is what changes. */
void page_query(struct page *page, enum ask_param changed, const char *value);
/* A switch between views and filters: <a class="chip">, marked when it is on. */
void page_chip(struct page *page, enum ask_param param, const char *value, const char *state,
	       const char *label, int64_t count);
/* The hidden fields of a form that changes something. back NULL = to where the command leads. */
void page_form_fields(struct page *page, const char *back);
/* Begins a form that changes something; the address is a local one. Ends with </form>. */
void page_form_open(struct page *page, const char *address, const char *class);

/* --- routes -------------------------------------------------------------------------------------
 */

void page_asset(struct call *call);
enum call_outcome page_overview(struct call *call, struct store_reader *reader);
enum call_outcome page_dags(struct call *call, struct store_reader *reader);
enum call_outcome page_dag(struct call *call, struct store_reader *reader);
enum call_outcome page_runs(struct call *call, struct store_reader *reader);
enum call_outcome page_run(struct call *call, struct store_reader *reader);

enum call_outcome page_rerun(struct call *call, struct store_reader *reader);
enum call_outcome page_cancel(struct call *call, struct store_reader *reader);
enum call_outcome page_mark(struct call *call, struct store_reader *reader);
enum call_outcome page_note(struct call *call, struct store_reader *reader);
enum call_outcome page_trigger(struct call *call, struct store_reader *reader);
/* Before the trigger: gives the params of the form their types. */
enum call_outcome page_read_params(struct call *call, struct store_reader *reader);
enum call_outcome page_pause(struct call *call, struct store_reader *reader);

enum call_outcome page_sign_out(struct call *call, struct store_reader *reader);

/* A problem (RFC 9457) that stands in the answer is told as a page: of 401 the one that tells how
 * to sign in. On the loop; needs no route. */
void page_problem(struct call *call);
/* 404, with the nearest names. */
enum call_outcome page_missing_dag(struct page *page, const char *dag_id);
enum call_outcome page_missing_run(struct page *page, const char *run);
/* Of the run that call->run_id names. */
enum call_outcome page_missing_task(struct page *page, int64_t run_no, const char *task_id);
/* api_find_run for a page that is only shown: one that is not there is told with those nearby. */
enum call_outcome page_find_run(struct call *call, struct store_reader *reader);

#endif
