/* dag_grid.c - the runs of a dag by its tasks; see dag_parts.h.
 *
 * A window: so many runs by so many tasks that the page stays under 1,500 elements. Each cell is a
 * button of one form, so that it works without script. */
#include "web/page/dag_parts.h"

#include "web/page/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 1000u
#define TASKS_MAX 40u
#define COLUMN_PX 48
#define DATE_EVERY 5u

struct cloth {
	struct page *page;
	const char *dag_id;
	struct grid grid;
	struct dag_cell picked;
	int64_t longest_ms;
};

/* --- which cell ---------------------------------------------------------------------------------
 */

static const struct run_bar *find_run(const struct cloth *cloth, const char *beginning)
{
	for (uint32_t i = 0; i < cloth->grid.run_count; i++)
		if (strncmp(cloth->grid.runs[i].run_id, beginning, strlen(beginning)) == 0)
			return &cloth->grid.runs[i];
	return NULL;
}

/* The newest failed task; otherwise the newest run and its first task. */
static void pick_telling(struct cloth *cloth)
{
	const struct grid *grid = &cloth->grid;
	char failed = task_state_letter(TASK_FAILED);

	for (uint32_t r = 0; r < grid->run_count; r++) {
		const char *found = memchr(grid->cells[r], failed, grid->task_count);

		if (found == NULL && r > 0)
			continue;
		if (found != NULL || grid->task_count > 0)
			snprintf(cloth->picked.task_id, sizeof cloth->picked.task_id, "%s",
				 grid->tasks[found == NULL ? 0 : found - grid->cells[r]]);
		snprintf(cloth->picked.run_id, sizeof cloth->picked.run_id, "%s",
			 grid->runs[r].run_id);
		if (found != NULL)
			return;
	}
}

static void pick(struct cloth *cloth)
{
	const struct page_ask *ask = &cloth->page->call->ask;
	const struct run_bar *run = ask->at_run[0] == '\0' ? NULL : find_run(cloth, ask->at_run);

	if (ask->at_run[0] == '\0') {
		pick_telling(cloth);
		return;
	}
	snprintf(cloth->picked.run_id, sizeof cloth->picked.run_id, "%s",
		 run == NULL ? ask->at_run : run->run_id);
	if (ask->at_task != NULL)
		snprintf(cloth->picked.task_id, sizeof cloth->picked.task_id, "%s", ask->at_task);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static enum task_state state_of(char letter)
{
	for (unsigned i = 0; i < TASK_STATE_COUNT; i++)
		if (task_state_letter(i) == letter)
			return i;
	return TASK_NONE;
}

static void write_cell(const struct cloth *cloth, const struct run_bar *run, const char *task,
		       char letter)
{
	struct html *html = &cloth->page->html;
	const char *state = task_state_name(state_of(letter));
	bool picked = strcmp(run->run_id, cloth->picked.run_id) == 0 &&
		      strcmp(task, cloth->picked.task_id) == 0;

	html_put(html,
		 "<button class=\"cell c-%s\" role=\"gridcell\" name=\"at\" value=\"%s.%s\" "
		 "data-at=\"%s.%s\" data-cell=\"%s.%s\" tabindex=\"%d\" aria-selected=\"%s\" "
		 "aria-label=\"%s, %s\"></button>",
		 shape_class(state), run->run_id, task, run->run_id, task, run->run_id, task,
		 picked ? 0 : -1, picked ? "true" : "false", task,
		 letter == READ_GRID_NO_TASK ? "not in this version" : shape_words(state));
}

static void write_row(const struct cloth *cloth, uint32_t task)
{
	const struct grid *grid = &cloth->grid;
	struct html *html = &cloth->page->html;

	html_put(
	    html,
	    "<div role=\"row\" class=\"r\" data-key=\"%s\"><div class=\"lab\" role=\"rowheader\">"
	    "<span class=\"clip\" title=\"%s\">%s</span></div><div class=\"row\">",
	    grid->tasks[task], grid->tasks[task], grid->tasks[task]);
	for (uint32_t r = grid->run_count; r > 0; r--)
		write_cell(cloth, &grid->runs[r - 1], grid->tasks[task], grid->cells[r - 1][task]);
	html_put(html, "</div></div>\n");
}

/* --- above and below ----------------------------------------------------------------------------
 */

static void write_column(const struct cloth *cloth, const struct run_bar *run)
{
	struct html *html = &cloth->page->html;
	char text[SHAPE_DURATION_SIZE];
	const char *state = run_state_name(run->state);
	int64_t duration = run_bar_duration_ms(run, cloth->page->now_ms);
	int px = (int)(duration * COLUMN_PX / cloth->longest_ms);

	html_put(html, "<span role=\"columnheader\"><a class=\"c-%s\" href=\"", shape_class(state));
	page_query(cloth->page, ASK_AT, run->run_id);
	html_put(html, "\" aria-label=\"run %.8s, %s, %s\"", run->run_id, shape_words(state),
		 shape_duration(duration, text));
	if (strcmp(run->run_id, cloth->picked.run_id) == 0)
		html_put(html, " aria-current=\"true\"");
	if (px < 2)
		px = 2;
	html_put(html,
		 "><i class=\"H%d\" data-css=\"height:%dpx\" data-cell=\"%s\"></i></a></span>", px,
		 px, run->run_id);
}

static void write_columns(struct cloth *cloth)
{
	const struct grid *grid = &cloth->grid;
	struct html *html = &cloth->page->html;
	char text[SHAPE_DURATION_SIZE];

	cloth->longest_ms = 1;
	for (uint32_t r = 0; r < grid->run_count; r++) {
		int64_t duration = run_bar_duration_ms(&grid->runs[r], cloth->page->now_ms);

		if (duration > cloth->longest_ms)
			cloth->longest_ms = duration;
	}
	html_put(html,
		 "<div role=\"row\" class=\"r\"><div class=\"lab faint low\" "
		 "role=\"columnheader\">up to %s</div><div class=\"cols\">",
		 shape_duration(cloth->longest_ms, text));
	for (uint32_t r = grid->run_count; r > 0; r--)
		write_column(cloth, &grid->runs[r - 1]);
	html_put(html, "</div></div>\n");
}

static void write_dates(const struct cloth *cloth)
{
	const struct grid *grid = &cloth->grid;
	struct html *html = &cloth->page->html;

	html_put(html, "<div class=\"cloth tail\" aria-hidden=\"true\"><div class=\"lab\"></div>"
		       "<div class=\"dates\">");
	for (uint32_t r = grid->run_count; r > 0; r--) {
		html_put(html, "<span>");
		if ((grid->run_count - r) % DATE_EVERY == 0)
			shape_time(html, grid->runs[r - 1].created_at_ms, TIME_DAY, 0);
		html_put(html, "</span>");
	}
	html_put(html, "</div></div>");
}

static void write_key(struct html *html)
{
	static const char *const states[] = {
	    "success",         "running", "failed",  "up_for_retry",
	    "upstream_failed", "queued",  "skipped", "none"};

	html_put(html, "<div class=\"key\" role=\"group\" aria-label=\"Legend\">");
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		html_put(html, "<span class=\"k\"><i class=\"cell c-%s\"></i>%s</span>", states[i],
			 shape_words(states[i]));
	html_put(html, "</div>");
}

/* --- the panel ----------------------------------------------------------------------------------
 */

/* Older runs end where these begin. */
static void write_older(const struct cloth *cloth)
{
	const struct page_ask *ask = &cloth->page->call->ask;
	struct html *html = &cloth->page->html;
	char number[24];

	if (ask->text[ASK_CURSOR] != NULL || ask->text[ASK_TO] != NULL) {
		html_put(html, "<a class=\"chip\" href=\"/dags/%s\">Newest</a>", cloth->dag_id);
	}
	if (!cloth->grid.older)
		return;
	snprintf(number, sizeof number, "%" PRId64,
		 cloth->grid.runs[cloth->grid.run_count - 1].run_no);
	html_put(html, "<a class=\"chip\" rel=\"prev\" href=\"/dags/%s?cursor=%s\">Older</a>",
		 cloth->dag_id, number);
}

static void write_span(const struct cloth *cloth)
{
	const struct grid *grid = &cloth->grid;
	struct html *html = &cloth->page->html;

	html_put(html, "<header><h2>");
	shape_number(html, grid->run_count, "run", "runs");
	html_put(html, "</h2><span class=\"faint nowrap m0h\">");
	shape_time(html, grid->runs[grid->run_count - 1].created_at_ms, TIME_DAY, 0);
	html_put(html, " - ");
	shape_time(html, grid->runs[0].created_at_ms, TIME_DAY, 0);
	html_put(html, "</span><span class=\"sp\"></span>");
	write_older(cloth);
	html_put(html, "</header>");
}

static void write_pager(const struct cloth *cloth, uint32_t step)
{
	const struct grid *grid = &cloth->grid;
	struct html *html = &cloth->page->html;
	uint32_t end = grid->from + grid->task_count;
	char number[16];

	if (grid->task_count == grid->task_total)
		return;
	html_put(html,
		 "<nav class=\"more foot\" aria-label=\"Tasks\"><span class=\"dim\">showing "
		 "tasks %u to %u of %u</span>",
		 grid->task_count == 0 ? 0 : grid->from + 1, end, grid->task_total);
	if (grid->from > 0) {
		snprintf(number, sizeof number, "%u", grid->from > step ? grid->from - step : 0);
		html_put(html, "<a class=\"btn small\" rel=\"prev\" href=\"");
		page_query(cloth->page, ASK_TASKS, number);
		html_put(html, "\">Before</a>");
	}
	if (end < grid->task_total) {
		snprintf(number, sizeof number, "%u", end);
		html_put(html, "<a class=\"btn small\" rel=\"next\" href=\"");
		page_query(cloth->page, ASK_TASKS, number);
		html_put(html, "\">Next</a>");
	}
	html_put(html, "</nav>");
}

/* What a click on a cell must not forget of the address. */
static void write_kept(struct page *page)
{
	static const enum ask_param kept[] = {ASK_TO, ASK_RUNS, ASK_TASKS, ASK_CURSOR};

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const char *text = page->call->ask.text[kept[i]];

		if (text != NULL)
			html_put(&page->html, "<input type=\"hidden\" name=\"%s\" value=\"%s\">",
				 ask_name(kept[i]), text);
	}
}

static void write_cloth(struct cloth *cloth, uint32_t step)
{
	struct html *html = &cloth->page->html;

	html_put(html, "<section class=\"panel\" aria-label=\"Runs and tasks\">");
	write_span(cloth);
	html_put(html, "<form method=\"get\" action=\"/dags/%s\" role=\"presentation\">",
		 cloth->dag_id);
	write_kept(cloth->page);
	html_put(html, "<div class=\"cloth-box\"><div class=\"cloth\" role=\"grid\" "
		       "aria-label=\"Task states by run\">");
	write_columns(cloth);
	for (uint32_t i = 0; i < cloth->grid.task_count; i++)
		write_row(cloth, i);
	html_put(html, "</div>");
	write_dates(cloth);
	html_put(html, "</div></form>");
	write_pager(cloth, step);
	write_key(html);
	html_put(html, "</section>\n");
}

static void write_graph(const struct cloth *cloth)
{
	html_put(&cloth->page->html,
		 "<section class=\"panel gpanel\" aria-labelledby=\"h-graph\"><header><h2 "
		 "id=\"h-graph\">Graph</h2><span class=\"sp\"></span><a class=\"btn quiet small\" "
		 "href=\"/dags/%s?view=graph\">Open</a></header><div class=\"graph\" data-keep "
		 "data-graph=\"%s\" data-hash=\"%s\" data-run=\"%s\" data-sel=\"%s\"><noscript>The "
		 "graph is drawn by the script.</noscript></div></section>\n",
		 cloth->dag_id, cloth->dag_id, cloth->grid.hash, cloth->picked.run_id,
		 cloth->picked.task_id);
}

/* What one sees of a dag that never ran. */
static void write_none(const struct cloth *cloth)
{
	html_put(&cloth->page->html,
		 "<section class=\"panel empty\"><header><h2>No run yet</h2></header>"
		 "<div class=\"pad\"><p>Start the first one with Trigger, or with <code>heddle "
		 "trigger %s</code>.</p></div></section>\n",
		 cloth->dag_id);
}

static int64_t cursor_of(const struct page_ask *ask)
{
	const char *text = ask->text[ASK_CURSOR];

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

int dag_write_grid(struct page *page, const char *dag_id, struct err *err)
{
	const struct page_ask *ask = &page->call->ask;
	uint32_t step = CELLS_MAX / ask->runs < TASKS_MAX ? CELLS_MAX / ask->runs : TASKS_MAX;
	struct grid_window window = {.dag_id = dag_id,
				     .to_ms = ask->to_ms,
				     .before_run_no = cursor_of(ask),
				     .runs = ask->runs,
				     .from = ask->tasks,
				     .tasks = step};
	struct cloth cloth = {.page = page, .dag_id = dag_id};
	int rc = read_grid(page->reader, &window, &cloth.grid, err);

	if (rc == 0) {
		pick(&cloth);
		html_put(&page->html, "<div class=\"split\">");
		if (cloth.grid.run_count == 0)
			write_none(&cloth);
		else
			write_cloth(&cloth, step);
		if (cloth.picked.run_id[0] != '\0')
			rc = dag_write_inspect(page, &cloth.picked, err);
		write_graph(&cloth);
		html_put(&page->html, "</div>");
	}
	grid_close(&cloth.grid);
	return rc;
}
