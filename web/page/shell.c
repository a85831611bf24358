/* shell.c - what stands around every page: head, rail, path. See page.h. */
#include "web/page/page.h"

#include "base/clock.h"
#include "web/page/asset.h"
#include "web/page/needs.h"
#include "web/page/shape.h"
#include "web/session.h"
#include "web/squeeze.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <sodium.h>
#include <string.h>

/* --- the answer ---------------------------------------------------------------------------------
 */

int page_begin(struct page *page, struct call *call, struct store_reader *reader, struct err *err)
{
	*page = (struct page){.call = call, .reader = reader, .now_ms = clock_now().wall_ms};
	str_clear(&call->answer.body);
	html_init(&page->html, &call->answer.body);
	return reader == NULL ? 0 : read_last_fact(reader, &page->last_fact, err);
}

/* Text of the address on the page, beside the secret of its forms: their sizes must not tell
 * anything of one another (the attack called BREACH), so they are not squeezed together. */
static bool echoes(const struct page_ask *ask)
{
	static const enum ask_param free_texts[] = {ASK_DOMAIN, ASK_OWNER,  ASK_TAG,
						    ASK_WORDS,  ASK_CURSOR, ASK_FIND};

	for (size_t i = 0; i < sizeof free_texts / sizeof *free_texts; i++)
		if (ask->text[free_texts[i]] != NULL)
			return true;
	return false;
}

enum call_outcome page_end(struct page *page, unsigned status)
{
	struct answer *answer = &page->call->answer;

	answer->status = status;
	answer->content_type = "text/html; charset=utf-8";
	answer_header(answer, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
	if (page->reader != NULL && page->call->takes_gzip && !echoes(&page->call->ask)) {
		squeeze(&answer->body);
		answer_header(answer, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	}
	return CALL_ANSWERED;
}

enum call_outcome page_fail(struct page *page, const struct err *err)
{
	answer_err(&page->call->answer, err);
	return CALL_ANSWERED; /* request.c has page_problem tell it */
}

/* --- head ---------------------------------------------------------------------------------------
 */

static void write_links(struct html *html)
{
	if (asset_links.favicon[0] != '\0') {
		html_put(html, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"");
		html_local(html, asset_links.favicon);
		html_put(html, "\">\n");
	}
	if (asset_links.style[0] != '\0') {
		html_put(html, "<link rel=\"stylesheet\" href=\"");
		html_local(html, asset_links.style);
		html_put(html, "\">\n");
	}
	if (asset_links.early[0] != '\0') {
		html_put(html, "<script src=\"");
		html_local(html, asset_links.early);
		html_put(html, "\"></script>\n");
	}
	if (asset_links.script[0] != '\0') {
		html_put(html, "<script type=\"module\" src=\"");
		html_local(html, asset_links.script);
		html_put(html, "\"></script>\n");
	}
}

/* What a form must send beside the cookie; "" for whoever came without one. */
static void write_csrf(struct page *page)
{
	char csrf[SESSION_SECRET_SIZE] = "";

	if (page->call->cookie[0] != '\0')
		session_csrf(page->call->cookie, csrf);
	html_put(&page->html, "%s", csrf);
	sodium_memzero(csrf, sizeof csrf);
}

static void write_data(struct html *html, const char *dag_id, const char *run_id,
		       const char *task_id)
{
	if (dag_id != NULL)
		html_put(html, " data-dag=\"%s\"", dag_id);
	if (run_id != NULL)
		html_put(html, " data-run=\"%s\"", run_id);
	if (task_id != NULL)
		html_put(html, " data-task=\"%s\"", task_id);
}

static void write_body(struct page *page, const struct shell *shell)
{
	struct html *html = &page->html;

	html_put(html, "<body data-page=\"%s\" data-fact=\"%" PRId64 "\" data-csrf=\"", shell->kind,
		 page->last_fact);
	write_csrf(page);
	html_put(html, "\" data-start=\"%s", page->call->start);
	html_put(html, "\" data-icons=\"%s\"", asset_links.icons);
	write_data(html, shell->dag_id, shell->run_id, shell->task_id);
	html_put(html, ">\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n");
}

static void write_head(struct page *page, const struct shell *shell)
{
	struct html *html = &page->html;

	html_put(html, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		       "<meta name=\"color-scheme\" content=\"light dark\">\n");
	html_put(html, "<title>%s · Heddle</title>\n", shell->title);
	write_links(html);
	html_put(html, "</head>\n");
	write_body(page, shell);
}

/* --- rail ---------------------------------------------------------------------------------------
 */

static const struct place {
	const char *address;
	const char *icon;
	const char *name;
} places[] = {
    {"/", "home", "Overview"},
    {"/dags", "dags", "DAGs"},
    {"/runs", "runs", "Runs"},
};

static void write_place(struct page *page, const struct shell *shell, const struct place *place)
{
	struct html *html = &page->html;
	bool current = shell->place != NULL && strcmp(shell->place, place->address) == 0;
	int64_t count = 0;

	html_put(html, "<a data-place=\"%s\" href=\"", place->address);
	html_local(html, place->address);
	html_put(html, "\"");
	if (current)
		html_put(html, " aria-current=\"page\"");
	html_put(html, ">");
	shape_icon(html, place->icon);
	html_put(html, "%s", place->name);
	if (strcmp(place->icon, "home") == 0 && page->reader != NULL)
		count = needs_count(page);
	if (count > 0)
		html_put(html, "<span class=\"count hot\">%" PRId64 "</span>", count);
	html_put(html, "</a>");
}

struct slots {
	int64_t total;
	int64_t used;
	int64_t queued;
};

/* The common pools come first; those of single dags say nothing of the whole. */
static bool add_pool(void *context, const struct pool_view *view)
{
	struct slots *slots = context;

	if (view->dag_id != NULL)
		return false;
	slots->total += view->slots;
	slots->used += view->used;
	slots->queued += view->queued;
	return true;
}

static void write_pulse(struct page *page)
{
	struct html *html = &page->html;
	struct slots slots = {0};
	int part;

	if (page->reader == NULL || read_pools(page->reader, add_pool, &slots, NULL) != 0 ||
	    slots.total == 0)
		return;
	part = (int)(slots.used * 100 / slots.total);
	html_put(html,
		 "<div class=\"pulse\" aria-label=\"Scheduler\" role=\"group\"><div><span>Slots"
		 "</span><b>%" PRId64 " of %" PRId64 "</b></div><span class=\"meter\">"
		 "<i class=\"w%d\" data-css=\"width:%d%%\"></i></span>",
		 slots.used, slots.total, part > 100 ? 100 : part, part > 100 ? 100 : part);
	html_put(html, "<div><span>Queued</span><b>%" PRId64 "</b></div></div>", slots.queued);
}

static void write_rail(struct page *page, const struct shell *shell)
{
	struct html *html = &page->html;

	html_put(html, "<div class=\"shell\"><div class=\"rail\"><a class=\"brand\" href=\"/\" "
		       "aria-label=\"Heddle\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\" "
		       "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.9\" "
		       "stroke-linecap=\"round\"><path d=\"M6 3v18M18 3v18\" opacity=\".38\"/>"
		       "<path d=\"M12 2.5v5.3M12 16.2v5.3\"/><ellipse cx=\"12\" cy=\"12\" rx=\"3\" "
		       "ry=\"4.2\"/></svg>Heddle</a>\n<nav aria-label=\"Main\">");
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		write_place(page, shell, &places[i]);
	html_put(html, "</nav>");
	write_pulse(page);
	html_put(html, "</div>\n");
}

/* --- path ---------------------------------------------------------------------------------------
 */

static void write_crumb(struct html *html, const char *address, const char *title, bool first)
{
	if (!first)
		shape_icon(html, "right");
	html_put(html, "<a class=\"clip\" href=\"");
	html_local(html, address);
	html_put(html, "\">%s</a>", title);
}

static const struct place *place_of(const struct shell *shell)
{
	for (size_t i = 0; shell->place != NULL && i < sizeof places / sizeof *places; i++)
		if (strcmp(shell->place, places[i].address) == 0)
			return &places[i];
	return NULL;
}

static void write_crumbs(struct html *html, const struct shell *shell)
{
	const struct place *place = place_of(shell);
	bool first = true;

	html_put(html, "<header class=\"top\"><nav class=\"crumbs\" aria-label=\"Path\">");
	if (place != NULL && strcmp(place->name, shell->title) != 0) {
		write_crumb(html, place->address, place->name, true);
		first = false;
	}
	if (shell->above != NULL) {
		write_crumb(html, shell->above, shell->above_title, first);
		first = false;
	}
	if (!first)
		shape_icon(html, "right");
	html_put(html, "<a class=\"clip\" href=\"#main\" aria-current=\"page\">%s</a></nav>",
		 shell->title);
}

/* They do nothing without the script, which shows them. */
static void write_tools(struct html *html)
{
	html_put(html,
		 "<span class=\"sp\"></span><span class=\"live\" data-live data-script hidden>"
		 "<i></i><span>Live</span></span><a class=\"jump\" href=\"/dags\" "
		 "data-dialog=\"palette\" aria-label=\"Search or jump\" data-script hidden>");
	shape_icon(html, "search");
	html_put(html,
		 "<span>Search or jump</span><span class=\"sp\"></span><span class=\"kbd\">Ctrl K"
		 "</span></a><span class=\"seg tz\" role=\"group\" aria-label=\"Time zone\" "
		 "data-script hidden><button type=\"button\" data-zone=\"utc\" "
		 "aria-pressed=\"true\">UTC</button><button type=\"button\" data-zone=\"local\" "
		 "aria-pressed=\"false\">Local</button></span><button type=\"button\" "
		 "class=\"btn quiet square\" data-theme-toggle data-script hidden "
		 "aria-label=\"Switch theme\">");
	shape_icon(html, "moon");
	html_put(html, "</button>");
}

/* Over the socket nobody is signed in. */
static void write_sign_out(struct page *page)
{
	if (page->call->cookie[0] == '\0' || page->reader == NULL)
		return;
	html_put(&page->html, "<form method=\"post\" data-sign-out action=\"/sign-out/");
	write_csrf(page);
	html_put(&page->html, "\"><button class=\"btn quiet square\" aria-label=\"Sign out\" "
			      "title=\"Sign out\">");
	shape_icon(&page->html, "out");
	html_put(&page->html, "</button></form>");
}

/* A daemon that starts nothing says so wherever one looks. */
static void write_concern(struct html *html, const struct call *call)
{
	const char *text = call->not_ready[0] != '\0' ? call->not_ready : call->warning;

	if (text[0] == '\0')
		return;
	html_put(html, "<div class=\"banner\" role=\"alert\">");
	shape_icon(html, "alert");
	html_put(html, "<p class=\"sp\"><b>%s</b> %s</p></div>",
		 call->not_ready[0] != '\0' ? "Nothing new is started." : "Not for long:", text);
}

void shell_open(struct page *page, const struct shell *shell)
{
	write_head(page, shell);
	write_rail(page, shell);
	write_crumbs(&page->html, shell);
	write_tools(&page->html);
	write_sign_out(page);
	html_put(&page->html, "</header>\n");
	html_put(&page->html, "<main id=\"main\" tabindex=\"-1\" class=\"%s\">",
		 shell->fills ? "fill" : "");
	write_concern(&page->html, page->call);
}

void shell_close(struct page *page)
{
	html_put(&page->html, "</main></div>\n</body>\n</html>\n");
}

/* --- links and forms ----------------------------------------------------------------------------
 */

/* What another choice makes meaningless: where a list begins, which attempt of another task. */
static bool falls_with(enum ask_param param, enum ask_param changed)
{
	const unsigned of_task = ASK_BIT(ATTEMPT) | ASK_BIT(LINE) | ASK_BIT(FIND);
	const unsigned of_state = ASK_BIT(TASKS);

	return param == ASK_CURSOR || (changed == ASK_TASK && (of_task >> param & 1u) != 0) ||
	       (changed == ASK_STATE && (of_state >> param & 1u) != 0);
}

void page_query(struct page *page, enum ask_param changed, const char *value)
{
	struct html *html = &page->html;
	const struct page_ask *ask = &page->call->ask;
	char mark = '?';

	for (unsigned i = 0; i < ASK_COUNT; i++) {
		const char *text = i == changed             ? value
				   : falls_with(i, changed) ? NULL
							    : ask->text[i];

		if (text == NULL)
			continue;
		if (mark == '?')
			html_put(html, "?");
		else
			html_put(html, "&amp;");
		html_put(html, "%s=%s", ask_name(i), text);
		mark = '&';
	}
	if (mark == '?' && html->address_length == 0)
		html_put(html, "?");
}

void page_chip(struct page *page, enum ask_param param, const char *value, const char *state,
	       const char *label, int64_t count)
{
	const char *now = page->call->ask.text[param];
	bool on = value == NULL ? now == NULL : now != NULL && strcmp(now, value) == 0;
	char text[SHAPE_COUNT_SIZE];
	struct html *html = &page->html;

	html_put(html, "<a class=\"chip\" href=\"");
	page_query(page, param, value);
	html_put(html, "\"");
	if (on)
		html_put(html, " aria-current=\"true\"");
	html_put(html, ">");
	if (state != NULL)
		shape_state(html, state, false);
	html_put(html, "%s", label);
	if (count >= 0)
		html_put(html, "<span class=\"n\">%s</span>", shape_count(count, text));
	html_put(html, "</a>");
}

void page_form_fields(struct page *page, const char *back)
{
	struct html *html = &page->html;

	if (back != NULL)
		html_put(html, "<input type=\"hidden\" name=\"back\" value=\"%s\">", back);
	if (page->call->cookie[0] == '\0')
		return;
	html_put(html, "<input type=\"hidden\" name=\"csrf\" value=\"");
	write_csrf(page);
	html_put(html, "\">");
}

void page_form_open(struct page *page, const char *address, const char *class)
{
	struct html *html = &page->html;

	html_put(html, "<form method=\"post\" class=\"%s\" action=\"", class);
	html_local(html, address);
	html_put(html, "\">");
	page_form_fields(page, NULL);
}
