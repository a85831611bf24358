/* read_grid.c - a window of the grid of a dag, runs by tasks; see read_page.h.
 *
 * Tasks are numbered by their position in the version that their run keeps. A run of the version
 * that gives the window its tasks is read straight from its range; for one of another version the
 * window's names are looked for in that version first, once for all its runs. */
#include "store/read_page.h"

#include "store/reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE UINT32_MAX
#define NEAR 100

static const char sql_runs[] =
    "SELECT run_no, run_id, state, created_at_ms, started_at_ms, ended_at_ms, version_no"
    " FROM run WHERE dag_id = ?1 AND run_no < ?2 ORDER BY run_no DESC LIMIT ?3";
static const char sql_version_of[] = "SELECT version_no FROM dag WHERE dag_id = ?1";
static const char sql_version[] = "SELECT hash, task_count FROM dag_version WHERE version_no = ?1";
static const char sql_names[] =
    "SELECT task, task_id FROM dag_version_task WHERE version_no = ?1 AND task >= ?2 AND task < ?3"
    " ORDER BY task";
static const char sql_states[] =
    "SELECT task, state FROM task_instance WHERE run_no = ?1 AND task >= ?2 AND task < ?3";

/* A name of the window, for a search by name. */
struct place {
	const char *name;
	uint32_t column; /* in the window */
};

/* Where the tasks of a version stand in the window. */
struct layout {
	struct layout *next;
	int64_t version_no;
	uint32_t first;    /* positions from here on */
	uint32_t count;    /* so many, may be of the window */
	uint32_t *columns; /* by position - first; NOWHERE */
};

struct sketch {
	struct store_reader *reader;
	struct grid *grid;
	int64_t version_no;   /* whose tasks the window shows */
	struct place *places; /* sorted by name; NULL = not made yet */
	struct layout *layouts;
};

static int read_window_runs(struct store_reader *reader, const struct grid_window *window,
			    struct grid *out, struct err *err)
{
	int64_t before = window->before_run_no == 0 ? INT64_MAX : window->before_run_no;
	int64_t after_to = INT64_MAX;
	sqlite3_stmt *row = NULL;
	int rc = 0;

	/* By the first run after the instant: what came later stays out, also when the clock was
	 * set back then. */
	if (window->to_ms > 0)
		rc = reader_first_since(reader, window->to_ms + 1, &after_to, err);
	if (rc == 0)
		rc = reader_query(reader, sql_runs, &row, err, "tii", window->dag_id,
				  before < after_to ? before : after_to, (int64_t)window->runs + 1);
	out->runs = arena_alloc(&out->arena, window->runs * sizeof *out->runs);
	while (rc == 0 && (rc = reader_step(reader, row, err)) == 1) {
		rc = 0;
		if (out->run_count == window->runs) {
			out->older = true;
			break;
		}
		reader_take_bar(row, &out->runs[out->run_count++]);
	}
	db_reset(row);
	return rc;
}

static int find_version(struct sketch *sketch, const char *dag_id, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(sketch->reader, sql_version_of, &row, err, "t", dag_id);

	if (rc == 0)
		rc = reader_step(sketch->reader, row, err);
	if (rc == 1)
		sketch->version_no = sqlite3_column_int64(row, 0);
	else if (rc == 0 && sketch->grid->run_count > 0)
		sketch->version_no = sketch->grid->runs[0].version_no;
	db_reset(row);
	if (rc >= 0 && sketch->version_no == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s'", dag_id);
	return rc < 0 ? rc : 0;
}

static int read_version_head(struct sketch *sketch, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(sketch->reader, sql_version, &row, err, "i", sketch->version_no);

	if (rc == 0)
		rc = reader_step(sketch->reader, row, err);
	if (rc == 1) {
		sketch->grid->hash = arena_strdup(&sketch->grid->arena, db_text(row, 0));
		sketch->grid->task_total = (uint32_t)sqlite3_column_int64(row, 1);
	}
	db_reset(row);
	return rc < 0 ? rc : 0;
}

static int read_names(struct sketch *sketch, const struct grid_window *window, struct err *err)
{
	struct grid *grid = sketch->grid;
	sqlite3_stmt *row;
	int rc = reader_query(sketch->reader, sql_names, &row, err, "iii", sketch->version_no,
			      (int64_t)window->from, (int64_t)window->from + window->tasks);

	grid->from = window->from;
	grid->tasks = arena_alloc(&grid->arena, (window->tasks + 1) * sizeof *grid->tasks);
	while (rc == 0 && (rc = reader_step(sketch->reader, row, err)) == 1) {
		grid->tasks[grid->task_count++] = arena_strdup(&grid->arena, db_text(row, 1));
		rc = 0;
	}
	db_reset(row);
	return rc;
}

/* --- where tasks stand --------------------------------------------------------------------------
 */

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a;
	const struct place *right = b;

	return strcmp(left->name, right->name);
}

static void make_places(struct sketch *sketch)
{
	struct grid *grid = sketch->grid;

	sketch->places = arena_alloc(&grid->arena, (grid->task_count + 1) * sizeof *sketch->places);
	for (uint32_t i = 0; i < grid->task_count; i++)
		sketch->places[i] = (struct place){grid->tasks[i], i};
	qsort(sketch->places, grid->task_count, sizeof *sketch->places, compare_places);
}

/* expected: the column behind that of the name before, since an edit leaves most in their order. */
static uint32_t column_of(const struct sketch *sketch, const char *name, uint32_t expected)
{
	const struct grid *grid = sketch->grid;
	struct place wanted = {.name = name};
	const struct place *found;

	if (expected < grid->task_count && strcmp(grid->tasks[expected], name) == 0)
		return expected;
	found = bsearch(&wanted, sketch->places, grid->task_count, sizeof wanted, compare_places);
	return found == NULL ? NOWHERE : found->column;
}

/* The same version: the window is a range of it. */
static void lay_out_own(const struct sketch *sketch, struct layout *layout)
{
	const struct grid *grid = sketch->grid;

	layout->first = grid->from;
	layout->count = grid->task_count;
	for (uint32_t i = 0; i < grid->task_count; i++)
		layout->columns[i] = i;
}

/* Looks for the window's names from one position to another; *found of them were there. */
static int look_for_names(struct sketch *sketch, struct layout *layout, int64_t from, int64_t to,
			  uint32_t *found, struct err *err)
{
	sqlite3_stmt *row;
	uint32_t expected = 0;
	int rc =
	    reader_query(sketch->reader, sql_names, &row, err, "iii", layout->version_no, from, to);

	*found = 0;
	layout->count = 0;
	while (rc == 0 && *found < sketch->grid->task_count &&
	       (rc = reader_step(sketch->reader, row, err)) == 1) {
		uint32_t task = (uint32_t)sqlite3_column_int64(row, 0);
		uint32_t column = column_of(sketch, db_text(row, 1), expected);

		rc = 0;
		if (column == NOWHERE)
			continue;
		expected = column + 1;
		if ((*found)++ == 0)
			layout->first = task;
		while (layout->count < task - layout->first)
			layout->columns[layout->count++] = NOWHERE;
		layout->columns[layout->count++] = column;
	}
	db_reset(row);
	return rc;
}

/* An edit moves most tasks by a few places, so they are looked for there first; in the whole
 * version only when one is missing. */
static int lay_out_other(struct sketch *sketch, struct layout *layout, struct err *err)
{
	const struct grid *grid = sketch->grid;
	uint32_t found;
	int rc;

	if (sketch->places == NULL)
		make_places(sketch);
	rc = look_for_names(sketch, layout, (int64_t)grid->from - NEAR,
			    (int64_t)grid->from + grid->task_count + NEAR, &found, err);
	if (rc == 0 && found < grid->task_count)
		rc = look_for_names(sketch, layout, 0, INT32_MAX, &found, err);
	return rc;
}

static int make_layout(struct sketch *sketch, int64_t version_no, struct err *err)
{
	struct arena *arena = &sketch->grid->arena;
	struct layout *layout = arena_alloc(arena, sizeof *layout);
	bool own = version_no == sketch->version_no;
	size_t capacity = own ? sketch->grid->task_count : LIMIT_TASKS;

	layout->version_no = version_no;
	layout->columns = arena_alloc(arena, (capacity + 1) * sizeof *layout->columns);
	layout->next = sketch->layouts;
	sketch->layouts = layout;
	if (!own)
		return lay_out_other(sketch, layout, err);
	lay_out_own(sketch, layout);
	return 0;
}

static int layout_of(struct sketch *sketch, int64_t version_no, const struct layout **out,
		     struct err *err)
{
	int rc = 0;

	*out = sketch->layouts;
	while (*out != NULL && (*out)->version_no != version_no)
		*out = (*out)->next;
	if (*out == NULL) {
		rc = make_layout(sketch, version_no, err);
		*out = sketch->layouts;
	}
	return rc;
}

/* --- cells --------------------------------------------------------------------------------------
 */

/* Neighbours mostly are in the same state: the one before is remembered. */
struct letter {
	char state[24];
	char letter;
};

static char letter_of(struct letter *last, const char *name)
{
	enum task_state state;

	if (strcmp(last->state, name) == 0)
		return last->letter;
	snprintf(last->state, sizeof last->state, "%s", name);
	last->letter =
	    task_state_from_name(name, &state) ? task_state_letter(state) : READ_GRID_NO_TASK;
	return last->letter;
}

static int read_cells(struct sketch *sketch, const struct run_bar *run, char *cells,
		      struct err *err)
{
	struct letter last = {.letter = READ_GRID_NO_TASK};
	const struct layout *layout;
	sqlite3_stmt *row = NULL;
	int rc = layout_of(sketch, run->version_no, &layout, err);

	if (rc == 0)
		rc = reader_query(sketch->reader, sql_states, &row, err, "iii", run->run_no,
				  (int64_t)layout->first, (int64_t)layout->first + layout->count);
	while (rc == 0 && (rc = reader_step(sketch->reader, row, err)) == 1) {
		size_t at = (size_t)(sqlite3_column_int64(row, 0) - layout->first);

		rc = 0;
		if (layout->columns[at] != NOWHERE)
			cells[layout->columns[at]] = letter_of(&last, db_text(row, 1));
	}
	db_reset(row);
	return rc;
}

static int read_all_cells(struct sketch *sketch, struct err *err)
{
	struct grid *grid = sketch->grid;
	int rc = 0;

	grid->cells = arena_alloc(&grid->arena, (grid->run_count + 1) * sizeof *grid->cells);
	for (uint32_t i = 0; rc == 0 && i < grid->run_count; i++) {
		grid->cells[i] = arena_alloc(&grid->arena, grid->task_count + 1);
		memset(grid->cells[i], READ_GRID_NO_TASK, grid->task_count);
		rc = read_cells(sketch, &grid->runs[i], grid->cells[i], err);
	}
	return rc;
}

int read_grid(struct store_reader *reader, const struct grid_window *window, struct grid *out,
	      struct err *err)
{
	struct sketch sketch = {.reader = reader, .grid = out};
	int rc;

	assert(window->runs >= 1 && window->runs <= READ_BARS_MAX);
	assert(window->tasks <= READ_GRID_TASKS_MAX);
	memset(out, 0, sizeof *out);
	arena_init(&out->arena);
	rc = read_window_runs(reader, window, out, err);
	if (rc == 0)
		rc = find_version(&sketch, window->dag_id, err);
	if (rc == 0)
		rc = read_version_head(&sketch, err);
	if (rc == 0)
		rc = read_names(&sketch, window, err);
	if (rc == 0)
		rc = read_all_cells(&sketch, err);
	return rc;
}

void grid_close(struct grid *grid)
{
	arena_close(&grid->arena);
}
