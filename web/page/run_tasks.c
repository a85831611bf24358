/* run_tasks.c - the tasks of a run over time, or as a graph; see run_parts.h. */
#include "web/page/run_parts.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TICKS 5
#define CLOCK_SPAN_MS (20 * 60 * 1000) /* below it the seconds matter */

/* The time that the lanes stand for. */
struct span {
	int64_t from_ms;
	int64_t to_ms;
};

/* --- the time -----------------------------------------------------------------------------------
 */

/* From the first attempt of what is shown: a run that waited long is not one thin line. */
static struct span span_of(const struct page *page, const struct run_whole *whole)
{
	struct span span = {.from_ms = 0, .to_ms = whole->run.ended_at_ms};

	for (size_t i = 0; i < whole->attempts.count; i++) {
		int64_t at_ms = whole->attempts.items[i].released_at_ms;

		if (span.from_ms == 0 || at_ms < span.from_ms)
			span.from_ms = at_ms;
	}
	if (span.from_ms == 0)
		span.from_ms = whole->run.created_at_ms;
	if (!whole->is_done || span.to_ms == 0)
		span.to_ms = page->now_ms;
	if (span.to_ms <= span.from_ms)
		span.to_ms = span.from_ms + 1;
	return span;
}

/* In hundredths of a percent. */
static int place_of(const struct span *span, int64_t at_ms)
{
	int64_t past = at_ms - span->from_ms;
	int64_t whole = span->to_ms - span->from_ms;

	if (past < 0)
		return 0;
	return past >= whole ? 10000 : (int)(past * 10000 / whole);
}

static void write_ticks(struct html *html, const struct span *span)
{
	bool is_short = span->to_ms - span->from_ms < CLOCK_SPAN_MS;
	int64_t unit_ms = is_short ? 1000 : 60 * 1000;
	int64_t last = -1;

	html_put(html, "<div class=\"ax\"><span></span><div>");
	for (int i = 0; i < TICKS; i++) {
		int64_t at_ms = span->from_ms + (span->to_ms - span->from_ms) * i / TICKS;
		int percent = i * 100 / TICKS;

		if (at_ms / unit_ms == last) /* it would read the same */
			continue;
		last = at_ms / unit_ms;
		html_put(html, "<span class=\"l%d\" data-css=\"left:%d%%\">", percent, percent);
		shape_time(html, at_ms, is_short ? TIME_CLOCK : TIME_MINUTE, 0);
		html_put(html, "</span>");
	}
	html_put(html, "</div><span></span></div>\n");
}

/* --- a lane -------------------------------------------------------------------------------------
 */

static void write_stretch(struct html *html, const char *class, const struct span *span,
			  int64_t from_ms, int64_t to_ms, const char *cell)
{
	int left = place_of(span, from_ms);
	int width = place_of(span, to_ms) - left;

	html_put(html,
		 "<i class=\"%s l%d w%d\" data-css=\"left:%d.%d%d%%;width:%d.%d%d%%\" "
		 "data-a=\"%" PRId64 "\" data-b=\"%" PRId64 "\"",
		 class, left / 100, width / 100, left / 100, left / 10 % 10, left % 10, width / 100,
		 width / 10 % 10, width % 10, from_ms, cell != NULL ? 0 : to_ms);
	if (cell != NULL)
		html_put(html, " data-cell=\"%s\"", cell);
	html_put(html, "></i>");
}

static int64_t begin_of(const struct attempt_view *attempt)
{
	return attempt->started_at_ms != 0 ? attempt->started_at_ms : attempt->released_at_ms;
}

static int64_t end_of(const struct page *page, const struct attempt_view *attempt)
{
	return attempt->ended_at_ms != 0 ? attempt->ended_at_ms : page->now_ms;
}

static void write_try(struct page *page, const struct run_whole *whole, const struct span *span,
		      const struct attempt_view *attempt)
{
	char class[32];
	char cell[160];
	bool running = attempt->ended_at_ms == 0;

	snprintf(class, sizeof class, "b c-%s", shape_class(run_attempt_state(attempt)));
	snprintf(cell, sizeof cell, "%s.%s", whole->run.run_id, attempt->task_id);
	write_stretch(&page->html, class, span, begin_of(attempt), end_of(page, attempt),
		      running ? cell : NULL);
}

/* The thin line behind the bars goes from the first attempt to the last: between two of them the
 * task waits. */
static void write_lane(struct page *page, const struct run_whole *whole, const struct span *span,
		       const struct attempt_view *tries, size_t count)
{
	struct html *html = &page->html;
	size_t first = count > RUN_TRIES_SHOWN ? count - RUN_TRIES_SHOWN : 0;

	html_put(html, "<span class=\"lane\">");
	if (count > 0)
		write_stretch(html, "w", span, tries[0].released_at_ms,
			      end_of(page, &tries[count - 1]), NULL);
	for (size_t i = first; i < count; i++)
		write_try(page, whole, span, &tries[i]);
	if (!whole->is_done)
		html_put(html, "<i class=\"now l100\" data-css=\"left:100%%\"></i>");
	html_put(html, "</span>");
}

static void write_took(struct page *page, const struct attempt_view *tries, size_t count)
{
	char text[SHAPE_DURATION_SIZE];
	struct html *html = &page->html;

	html_put(html, "<span class=\"d\">");
	if (count > 1)
		html_put(html, "<span class=\"faint\">%zu×</span> ", count);
	if (count > 0)
		html_put(html, "%s",
			 shape_duration(
			     end_of(page, &tries[count - 1]) - begin_of(&tries[count - 1]), text));
	html_put(html, "</span>");
}

/* Attempts of the task, which stand together; *at is moved behind them. */
static size_t tries_of(const struct run_whole *whole, const struct task_view *task, size_t *at)
{
	size_t count = 0;

	while (*at < whole->attempts.count &&
	       whole->attempts.items[*at].task_position < task->position)
		++*at;
	while (*at + count < whole->attempts.count &&
	       whole->attempts.items[*at + count].task_position == task->position)
		count++;
	return count;
}

static void write_row(struct page *page, const struct run_whole *whole, const struct span *span,
		      const struct task_view *task, size_t *at)
{
	struct html *html = &page->html;
	size_t count = tries_of(whole, task, at);
	const struct attempt_view *tries = whole->attempts.items + *at;

	html_put(html,
		 "<a class=\"g\" data-key=\"%s\" data-task=\"%s\" aria-label=\"%s, %s\" href=\"",
		 task->task_id, task->task_id, task->task_id, shape_words(task->state));
	page_query(page, ASK_TASK, task->task_id);
	html_put(html, "\"");
	if (whole->has_task && whole->task.position == task->position)
		html_put(html, " aria-current=\"true\"");
	html_put(html, "><span class=\"n\">");
	shape_cell(html, task->state, whole->run.run_id, task->task_id);
	html_put(html, "<span class=\"clip\">%s</span></span>", task->task_id);
	write_lane(page, whole, span, tries, count);
	write_took(page, tries, count);
	html_put(html, "</a>\n");
	*at += count;
}

static void write_timeline(struct page *page, const struct run_whole *whole)
{
	struct span span = span_of(page, whole);
	size_t at = 0;

	html_put(&page->html,
		 "<div class=\"gantt\" data-from=\"%" PRId64 "\" data-to=\"%" PRId64 "\">",
		 span.from_ms, whole->is_done ? span.to_ms : 0);
	write_ticks(&page->html, &span);
	for (size_t i = 0; i < whole->tasks.count; i++)
		write_row(page, whole, &span, &whole->tasks.items[i], &at);
	html_put(&page->html, "</div>");
}

/* --- as a graph ---------------------------------------------------------------------------------
 */

/* The script draws it; without, the tasks are a list. */
static void write_graph(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;

	html_put(
	    html,
	    "<div class=\"graph\" data-keep data-graph=\"%s\" data-hash=\"%s\" data-run=\"%s\" "
	    "data-sel=\"%s\"><ul class=\"mini\">",
	    whole->run.dag_id, whole->run.dag_hash, whole->run.run_id,
	    whole->has_task ? whole->task.task_id : "");
	for (size_t i = 0; i < whole->tasks.count; i++) {
		const struct task_view *task = &whole->tasks.items[i];

		html_put(html, "<li data-key=\"%s\">", task->task_id);
		shape_state(html, task->state, true);
		html_put(html, "<a class=\"t clip\" href=\"");
		page_query(page, ASK_TASK, task->task_id);
		html_put(html, "\">%s</a><span class=\"v\">%s</span></li>", task->task_id,
			 shape_words(task->state));
	}
	html_put(html, "</ul></div>");
}

/* --- the panel ----------------------------------------------------------------------------------
 */

static void write_states(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;

	html_put(html, "<div class=\"key\">");
	page_chip(page, ASK_STATE, NULL, NULL, "All", whole->run.task_count);
	for (unsigned i = 0; i < TASK_STATE_COUNT; i++) {
		const char *name = task_state_name(i);

		if (whole->by_state[i] > 0)
			page_chip(page, ASK_STATE, name, name, shape_words(name),
				  whole->by_state[i]);
	}
	html_put(html, "</div>");
}

static void write_pager(struct page *page, const struct run_whole *whole)
{
	struct html *html = &page->html;
	uint32_t end = whole->from + (uint32_t)whole->tasks.count;
	char number[16];

	if (whole->total == whole->tasks.count)
		return;
	html_put(html,
		 "<nav class=\"more foot\" aria-label=\"Tasks\"><span class=\"dim\">showing "
		 "%u to %u of %u</span>",
		 whole->tasks.count == 0 ? 0 : whole->from + 1, end, whole->total);
	if (whole->from > 0) {
		snprintf(number, sizeof number, "%u",
			 whole->from > RUN_TASKS_SHOWN ? whole->from - RUN_TASKS_SHOWN : 0);
		html_put(html, "<a class=\"btn small\" rel=\"prev\" href=\"");
		page_query(page, ASK_TASKS, number);
		html_put(html, "\">Before</a>");
	}
	if (end < whole->total) {
		snprintf(number, sizeof number, "%u", end);
		html_put(html, "<a class=\"btn small\" rel=\"next\" href=\"");
		page_query(page, ASK_TASKS, number);
		html_put(html, "\">Next</a>");
	}
	html_put(html, "</nav>");
}

static void write_view(struct page *page, const char *view, const char *label, bool on)
{
	struct html *html = &page->html;

	html_put(html, "<a href=\"");
	page_query(page, ASK_VIEW, view);
	html_put(html, "\"");
	if (on)
		html_put(html, " aria-current=\"true\"");
	html_put(html, ">%s</a>", label);
}

void run_write_tasks(struct page *page, const struct run_whole *whole)
{
	const char *view = page->call->ask.text[ASK_VIEW];
	bool graph = view != NULL && strcmp(view, "graph") == 0;
	struct html *html = &page->html;

	html_put(html,
		 "<section class=\"panel\" aria-label=\"Tasks\"><header><h2>Tasks</h2>"
		 "<span class=\"faint\">%u</span><span class=\"sp\"></span><span class=\"seg\" "
		 "role=\"group\" aria-label=\"View\">",
		 whole->run.task_count);
	write_view(page, NULL, "Timeline", !graph);
	write_view(page, "graph", "Graph", graph);
	html_put(html, "</span></header>");
	if (graph)
		write_graph(page, whole);
	else
		write_timeline(page, whole);
	write_pager(page, whole);
	if (whole->run.task_count > RUN_TASKS_SHOWN || page->call->ask.text[ASK_STATE] != NULL)
		write_states(page, whole);
	html_put(html, "</section>\n");
}
