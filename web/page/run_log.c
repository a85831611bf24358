/* run_log.c - the end of the log of an attempt; see run_parts.h. The script takes over from there;
 * without it, the address chooses another part (line=, find=). */
#include "web/page/run_parts.h"

#include "web/page/lines.h"
#include "web/page/shape.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void write_line(struct html *html, const json_t *line)
{
	int64_t number = json_integer_value(json_object_get(line, "line"));

	html_put(html,
		 "<div class=\"ln\" id=\"L%" PRId64 "\"><a href=\"#L%" PRId64 "\">%" PRId64
		 "</a><span>",
		 number, number, number);
	lines_write_text(html, json_string_value(json_object_get(line, "text")));
	html_put(html, "</span></div>\n");
}

static void write_lines(struct page *page, const struct run_whole *whole, const json_t *answer)
{
	struct html *html = &page->html;
	size_t i;
	json_t *line;

	html_put(html,
		 "<div class=\"lines\" data-lines data-keep data-key=\"%s.%s.%u\" tabindex=\"0\" "
		 "role=\"log\" aria-live=\"off\" aria-label=\"Log of %s\">",
		 whole->run.run_id, whole->task.task_id, whole->attempt.number,
		 whole->task.task_id);
	json_array_foreach(json_object_get(answer, "items"), i, line) write_line(html, line);
	html_put(html, "</div>");
}

/* Without script one goes on by links: an answer shows so many lines and looks at so many. */
static void write_more(struct page *page, const json_t *answer)
{
	struct html *html = &page->html;
	json_int_t next = json_integer_value(json_object_get(answer, "next"));
	bool is_last = next == 0; /* these are the last lines: what is before them comes later */
	char number[24];

	if (is_last && json_integer_value(json_object_get(answer, "unsearched")) == 0)
		return;
	snprintf(number, sizeof number, "%lld", is_last ? 1LL : (long long)next);
	html_put(html, "<noscript><p class=\"pad dim\">%s <a class=\"t\" href=\"",
		 is_last ? "What is long before these lines was not looked at."
			 : "There is more to look at.");
	page_query(page, ASK_LINE, number);
	html_put(html, "\">Go on from line %s</a></p></noscript>", number);
}

/* --- the head -----------------------------------------------------------------------------------
 */

#define TRIES_LINKED 8u

static void write_tries(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	uint32_t first =
	    whole->attempt_count > TRIES_LINKED ? whole->attempt_count - TRIES_LINKED : 0;
	char number[16];

	html_put(html, "<span class=\"seg\" role=\"group\" aria-label=\"Attempt\">");
	for (uint32_t i = first + 1; i <= whole->attempt_count; i++) {
		snprintf(number, sizeof number, "%u", i);
		html_put(html, "<a href=\"");
		page_query(page, ASK_ATTEMPT, number);
		html_put(html, "\"");
		if (i == whole->attempt.number)
			html_put(html, " aria-current=\"true\"");
		html_put(html, ">#%u</a>", i);
	}
	html_put(html, "</span>");
}

static void write_levels(struct page *page)
{
	static const struct {
		const char *level;
		const char *label;
	} levels[] = {{"", "All levels"},
		      {"error", "Errors"},
		      {"warn", "Warnings"},
		      {"info", "Info"},
		      {"debug", "Debug"}};
	const char *wanted = page->call->ask.text[ASK_LEVEL];

	html_put(&page->html,
		 "<select class=\"field\" name=\"level\" data-level data-key=\"level\" "
		 "data-keep aria-label=\"Lines shown\">");
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		html_put(&page->html, "<option value=\"%s\"", levels[i].level);
		if (wanted != NULL && strcmp(wanted, levels[i].level) == 0)
			html_put(&page->html, " selected");
		html_put(&page->html, ">%s</option>", levels[i].label);
	}
	html_put(&page->html, "</select>");
}

/* Without script a form that asks for the page again. */
static void write_find(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;

	html_put(html,
		 "<span class=\"sp\"></span><form class=\"sieve\" method=\"get\" "
		 "action=\"/runs/%s\" role=\"search\" aria-label=\"Log\"><input type=\"hidden\" "
		 "name=\"task\" value=\"%s\"><input type=\"hidden\" name=\"attempt\" "
		 "value=\"%u\">",
		 whole->run.run_id, whole->task.task_id, whole->attempt.number);
	write_levels(page);
	html_put(html, "<label class=\"field find\">");
	shape_icon(html, "search");
	html_put(
	    html,
	    "<input type=\"search\" name=\"find\" value=\"%s\" data-find "
	    "placeholder=\"Find in log\" aria-label=\"Find in log\"><span class=\"faint num "
	    "nowrap clip\" data-hits data-key=\"hits\" data-keep></span></label><noscript><button "
	    "class=\"btn small\">Show</button></noscript></form>",
	    page->call->ask.text[ASK_FIND]);
	html_put(html,
		 "<button type=\"button\" class=\"btn small\" data-wrap data-script hidden "
		 "aria-pressed=\"false\">Wrap</button><button type=\"button\" class=\"btn small\" "
		 "data-follow data-script hidden aria-pressed=\"true\">Follow "
		 "<span class=\"kbd\">f</span></button>");
}

static void write_log_address(struct html *html, const struct run_whole *whole)
{
	html_put(html, "/api/v1/runs/%s/tasks/%s/attempts/%u/log", whole->run.run_id,
		 whole->task.task_id, whole->attempt.number);
}

static void write_head(struct page *page, const struct run_whole *whole, int64_t total)
{
	struct html *html = &page->html;

	html_put(html, "<header>");
	shape_state(html, run_attempt_state(&whole->attempt), true);
	html_put(html, "<h2 class=\"clip\">%s</h2>", whole->task.task_id);
	write_tries(page, whole);
	html_put(html, "<span class=\"faint num nowrap m0\" data-count>");
	if (total >= 0)
		shape_number(html, total, "line", "lines");
	html_put(html, "</span>");
	write_find(page, whole);
	html_put(
	    html,
	    "<a class=\"btn quiet small square\" download aria-label=\"Download log\" href=\"");
	write_log_address(html, whole);
	html_put(html, "\">");
	shape_icon(html, "download");
	html_put(html, "</a></header>");
}

/* --- the panel ----------------------------------------------------------------------------------
 */

static void write_none(struct page *page, const struct run_whole *whole, const char *detail)
{
	struct html *html = &page->html;

	html_put(html, "<section class=\"panel log\" aria-label=\"Log\"><header>");
	if (whole->has_task)
		shape_state(html, whole->task.state, true);
	html_put(html, "<h2 class=\"clip\">%s</h2></header><p class=\"pad dim\">%s</p></section>\n",
		 whole->has_task ? whole->task.task_id : "Log", detail);
}

void run_write_log(struct page *page, const struct run_whole *whole)
{
	struct lines_wanted wanted = {.run_id = whole->run.run_id,
				      .task_id = whole->task.task_id,
				      .attempt = whole->attempt.number,
				      .count = RUN_LOG_LINES,
				      .from = page->call->ask.line,
				      .find = page->call->ask.text[ASK_FIND],
				      .level = page->call->ask.text[ASK_LEVEL]};
	struct html *html = &page->html;
	struct str detail = STR_INIT;
	json_t *answer;
	json_t *total;

	if (whole->attempt.attempt_id == 0) {
		write_none(page, whole,
			   whole->run.pruned_at_ms == 0
			       ? "No attempt yet, so no log."
			       : "This run was pruned, as the retention of its DAG says: its logs "
				 "are gone. Its facts stay.");
		return;
	}
	answer = lines_ask(page, &wanted, &detail);
	if (answer == NULL) {
		write_none(page, whole, str_text(&detail));
		str_close(&detail);
		return;
	}
	total = json_object_get(answer, "total");
	html_put(html,
		 "<section class=\"panel log\" aria-label=\"Log\" data-running=\"%d\" "
		 "data-total=\"%" PRId64 "\" data-log=\"",
		 whole->attempt.ended_at_ms == 0, (int64_t)json_integer_value(total));
	write_log_address(html, whole);
	html_put(html, "\">");
	write_head(page, whole, total == NULL ? -1 : json_integer_value(total));
	write_lines(page, whole, answer);
	write_more(page, answer);
	html_put(html, "</section>\n");
	json_decref(answer);
}
