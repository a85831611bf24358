/* dag_inspect.c - one cell of the grid: what came of a task in a run; see dag_parts.h. */
#include "web/page/dag_parts.h"

#include "web/page/lines.h"
#include "web/page/shape.h"

#include <stdio.h>
#include <string.h>

#define LAST_LINES 6u
#define HELD_SHOWN 4u

struct inspected {
	struct page *page;
	const struct dag_cell *cell;
	int64_t run_no;
	char run_id[17];
	char run_state[24];
	char run_reason[LIMIT_REASON_BYTES + 1];
	char state[24];
	char reason[LIMIT_REASON_BYTES + 1];
	int64_t created_at_ms;
	int64_t started_at_ms;
	int64_t ended_at_ms;
	uint32_t attempts;
	bool found;
	uint32_t held; /* tasks that could not run in that run */
	struct str held_names;
};

static bool take_run(void *context, const struct run_view *view)
{
	struct inspected *seen = context;

	seen->run_no = view->run_no;
	seen->created_at_ms = view->created_at_ms;
	snprintf(seen->run_id, sizeof seen->run_id, "%s", view->run_id);
	snprintf(seen->run_state, sizeof seen->run_state, "%s", view->state);
	snprintf(seen->run_reason, sizeof seen->run_reason, "%s",
		 view->reason == NULL ? "" : view->reason);
	return true;
}

static void count_held(struct inspected *seen, const struct task_view *view)
{
	if (strcmp(view->state, "upstream_failed") != 0)
		return;
	if (seen->held++ < HELD_SHOWN)
		str_printf(&seen->held_names, "%s%s", seen->held > 1 ? ", " : "", view->task_id);
}

static bool take_task(void *context, const struct task_view *view)
{
	struct inspected *seen = context;

	count_held(seen, view);
	if (strcmp(view->task_id, seen->cell->task_id) != 0)
		return true;
	snprintf(seen->state, sizeof seen->state, "%s", view->state);
	snprintf(seen->reason, sizeof seen->reason, "%s", view->reason == NULL ? "" : view->reason);
	seen->attempts = view->attempts;
	seen->started_at_ms = view->started_at_ms;
	seen->ended_at_ms = view->ended_at_ms;
	seen->found = true;
	return true;
}

static void write_last_lines(struct inspected *seen)
{
	struct lines_wanted wanted = {.run_id = seen->run_id,
				      .task_id = seen->cell->task_id,
				      .attempt = seen->attempts,
				      .count = LAST_LINES};
	struct html *html = &seen->page->html;
	struct str detail = STR_INIT;
	json_t *answer = seen->attempts == 0 ? NULL : lines_ask(seen->page, &wanted, &detail);
	size_t i;
	json_t *line;

	if (json_array_size(json_object_get(answer, "items")) > 0) {
		html_put(html,
			 "<div class=\"loghead faint\">Last lines</div><pre class=\"body last\" "
			 "tabindex=\"0\" aria-label=\"Last log lines\">");
		json_array_foreach(json_object_get(answer, "items"), i, line)
		{
			lines_write_text(html, json_string_value(json_object_get(line, "text")));
			html_put(html, "\n");
		}
		html_put(html, "</pre>");
	}
	json_decref(answer);
	str_close(&detail);
}

static void write_facts(struct inspected *seen)
{
	struct html *html = &seen->page->html;
	char text[SHAPE_DURATION_SIZE];

	html_put(html, "<dl class=\"facts\"><dt>Run</dt><dd><a class=\"t\" href=\"/runs/%s\">",
		 seen->run_id);
	shape_time(html, seen->created_at_ms, TIME_FULL, seen->page->now_ms);
	html_put(html, "</a></dd><dt>Its state</dt><dd>");
	shape_pill(html, seen->run_state, NULL);
	html_put(html, " %s</dd>", seen->run_reason);
	if (seen->found) {
		html_put(html, "<dt>State</dt><dd>");
		shape_pill(html, seen->state, NULL);
		html_put(html, "</dd><dt>Attempts</dt><dd class=\"num\">%u", seen->attempts);
		if (seen->started_at_ms != 0 && seen->ended_at_ms >= seen->started_at_ms)
			html_put(html, ", the last took %s",
				 shape_duration(seen->ended_at_ms - seen->started_at_ms, text));
		html_put(html, "</dd>");
	}
	if (seen->reason[0] != '\0')
		html_put(html, "<dt>Because</dt><dd class=\"t-%s\">%s</dd>",
			 shape_class(seen->state), seen->reason);
	if (seen->held > 0)
		html_put(html, "<dt>Held back</dt><dd>%s%s</dd>", str_text(&seen->held_names),
			 seen->held > HELD_SHOWN ? " and more" : "");
	html_put(html, "</dl>");
}

static void write_foot(struct inspected *seen)
{
	struct html *html = &seen->page->html;
	const char *task = seen->cell->task_id;

	html_put(html,
		 "<div class=\"foot\"><a class=\"btn primary small\" data-dialog=\"rerun\" "
		 "data-run=\"%s\" data-task=\"%s\" href=\"/runs/%s/rerun",
		 seen->run_id, task, seen->run_id);
	if (seen->found)
		html_put(html, "?mode=from&amp;task=%s", task);
	html_put(html, "\">");
	shape_icon(html, "redo");
	html_put(html, "Rerun…</a>");
	if (seen->found) {
		html_put(html, "<a class=\"btn small\" href=\"/runs/%s?task=%s\">Log</a>",
			 seen->run_id, task);
		html_put(html,
			 "<a class=\"btn quiet small\" href=\"/runs/%s/note?task=%s\" "
			 "data-dialog=\"note\" data-run=\"%s\" data-task=\"%s\">",
			 seen->run_id, task, seen->run_id, task);
		shape_icon(html, "note");
		html_put(html, "Note</a>");
	}
	html_put(html, "</div>");
}

static void write_panel(struct inspected *seen)
{
	struct html *html = &seen->page->html;

	html_put(html, "<section class=\"panel inspect\" data-panel aria-label=\"Selected task\">"
		       "<header>");
	shape_state(html, seen->found ? seen->state : seen->run_state, true);
	html_put(html,
		 "<h2 class=\"clip\">%s</h2><span class=\"sp\"></span><a class=\"btn quiet small\" "
		 "href=\"/runs/%s",
		 seen->found ? seen->cell->task_id : "The run", seen->run_id);
	if (seen->found)
		html_put(html, "?task=%s", seen->cell->task_id);
	html_put(html, "\">Open run</a></header>");
	write_facts(seen);
	if (seen->found)
		write_last_lines(seen);
	write_foot(seen);
	html_put(html, "</section>\n");
}

int dag_write_inspect(struct page *page, const struct dag_cell *cell, struct err *err)
{
	struct inspected seen = {.page = page, .cell = cell};
	char run_id[17];
	int rc = read_run_id(page->reader, cell->run_id, run_id, err);

	if (rc == 0)
		rc = read_run(page->reader, run_id, take_run, &seen, err);
	if (rc == 0)
		rc = read_tasks(page->reader, seen.run_no, NULL, take_task, &seen, err);
	if (rc == 0)
		write_panel(&seen);
	str_close(&seen.held_names);
	return rc;
}
