/* preview.h - which tasks run again, or at all. Pure. */
#ifndef HEDDLE_CLI_PREVIEW_H
#define HEDDLE_CLI_PREVIEW_H

#include "base/err.h"
#include "base/str.h"
#include "model/dag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Appends "resets: load, report (2 tasks); keeps: extract": of the tasks of a run (an object by
 * task, in their order) those that a rerun lets run again, as the daemon's dry run of it lists
 * them, and those that it leaves alone. */
void preview_rerun(const json_t *tasks, const json_t *dry_run, struct str *out);

/* The tasks that such a dry run lets run again: an object by task, the caller's. */
json_t *preview_again(const json_t *dry_run);

/* Which tasks run: those named, with all downstream unless only they are meant. */
struct preview_wish {
	const char *const *tasks; /* ids */
	size_t task_count;
	bool only;
};

/* The tasks that a wish means, by position in the dag; the caller's. Fails with ERR_NOT_FOUND when
 * one is not in the dag (the nearest one is named), with ERR_USAGE when it belongs to the end of
 * the run. */
int preview_choose(const struct dag *dag, const struct preview_wish *wish, bool **chosen,
		   struct err *err);

#endif
