/* grid.c - a window of a dag's grid: runs by tasks, one letter a cell. See api.h. */
#include "web/api/api.h"

#include "store/read_page.h"
#include "web/compose.h"

#include <microhttpd.h>

_Static_assert(QUERY_RUNS_MAX <= READ_BARS_MAX, "a window holds as many runs as can be asked for");
_Static_assert(QUERY_TASKS_MAX <= READ_GRID_TASKS_MAX, "and as many tasks");

void api_write_bar(struct compose *compose, const struct run_bar *bar)
{
	compose_member_text(compose, "id", bar->run_id);
	compose_member_text(compose, "state", run_state_name(bar->state));
	compose_member_time(compose, "created_at", bar->created_at_ms);
	compose_member_time(compose, "started_at", bar->started_at_ms);
	compose_key(compose, "duration_ms");
	/* That of a run under way grows: who shows it counts on from when it started. */
	if (bar->ended_at_ms == 0 || bar->started_at_ms == 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, run_bar_duration_ms(bar, bar->ended_at_ms));
}

static void write_runs(struct compose *compose, const struct grid *grid)
{
	compose_member_open(compose, "runs", '[');
	for (uint32_t i = 0; i < grid->run_count; i++) {
		compose_open(compose, '{');
		api_write_bar(compose, &grid->runs[i]);
		compose_member_time(compose, "ended_at", grid->runs[i].ended_at_ms);
		compose_member_text(compose, "cells", grid->cells[i]);
		compose_close(compose, '}');
	}
	compose_close(compose, ']');
}

static void write_tasks(struct compose *compose, const struct grid *grid)
{
	uint32_t next = grid->from + grid->task_count;

	compose_member_open(compose, "tasks", '[');
	for (uint32_t i = 0; i < grid->task_count; i++)
		compose_text(compose, grid->tasks[i]);
	compose_close(compose, ']');
	compose_member_int(compose, "from", grid->from);
	compose_member_int(compose, "tasks_total", grid->task_total);
	compose_key(compose, "next_from");
	if (next < grid->task_total)
		compose_int(compose, next);
	else
		compose_text(compose, NULL);
}

static void write_grid(struct call *call, const struct grid *grid)
{
	struct compose compose;

	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "dag", call->names.dag);
	compose_member_text(&compose, "hash", grid->hash);
	write_runs(&compose, grid);
	write_tasks(&compose, grid);
	api_write_next_number(&compose, grid->older,
			      grid->run_count == 0 ? 0 : grid->runs[grid->run_count - 1].run_no);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_grid(struct call *call, struct store_reader *reader)
{
	const struct query *query = &call->query;
	struct grid_window window = {.dag_id = call->names.dag,
				     .to_ms = query->to_ms,
				     .before_run_no = api_cursor_number(call),
				     .runs = query->runs,
				     .from = query->from_task,
				     .tasks = query->tasks};
	struct grid grid;
	struct err err;
	int rc = read_grid(reader, &window, &grid, &err);

	if (rc == 0)
		write_grid(call, &grid);
	else if (rc == ERR_NOT_FOUND)
		api_suggest_dag(reader, call->names.dag, &err);
	grid_close(&grid);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}
