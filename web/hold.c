/* hold.c - what holds a dag, in one line; see hold.h.
 *
 * A pause comes first, since nothing else moves before it ends; then what the newest run came to or
 * waits for. */
#include "web/hold.h"

#include <string.h>

static bool tell_pause(const struct dag_row_view *row, struct str *out)
{
	const struct dag_view *dag = &row->dag;

	if (dag->pause_actor == NULL)
		return false;
	str_printf(out, "%s by %s", dag->pause_of_all ? "all dags are paused" : "paused",
		   dag->pause_actor);
	if (dag->pause_reason != NULL)
		str_printf(out, ": %s", dag->pause_reason);
	if (row->queued > 0)
		str_printf(out, "; %u run%s", row->queued, row->queued == 1 ? " waits" : "s wait");
	return true;
}

static bool tell_failure(const struct dag_row_view *row, struct str *out)
{
	if (row->dag.last_run_state == NULL || strcmp(row->dag.last_run_state, "failed") != 0)
		return false;
	str_append(out, row->last_run_reason == NULL ? "failed" : row->last_run_reason);
	return true;
}

static bool tell_queue(const struct dag_row_view *row, struct str *out)
{
	if (row->queued > 0) {
		str_printf(out, "%u run%s", row->queued, row->queued == 1 ? " waits" : "s wait");
		if (row->last_run_reason != NULL && strcmp(row->dag.last_run_state, "queued") == 0)
			str_printf(out, ": %s", row->last_run_reason);
		return true;
	}
	if (row->queued_tasks == 0)
		return false;
	str_printf(out, "%u task%s for a slot", row->queued_tasks,
		   row->queued_tasks == 1 ? " waits" : "s wait");
	return true;
}

bool hold_line(const struct dag_row_view *row, struct str *out)
{
	return tell_pause(row, out) || tell_failure(row, out) || tell_queue(row, out);
}
