/* preview.h - what a rerun will reset, told before it is done. Pure. */
#ifndef HEDDLE_CLI_PREVIEW_H
#define HEDDLE_CLI_PREVIEW_H

#include "base/err.h"
#include "base/str.h"
#include "model/dag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Which tasks run again, as the scheduler chooses them (scheduler/sched.h): those that failed, or
 * those named, with all downstream unless only they are meant. */
struct preview_wish {
	const char *const *tasks; /* ids; none = those that failed */
	size_t task_count;
	bool only;
};

/* Appends "resets: load, report (2 tasks); keeps: extract". dag: the version that the run goes on
 * with; states: by task, as they are now. Fails with ERR_NOT_FOUND when a task is not in the dag;
 * the nearest one is named. */
int preview_rerun(const struct dag *dag, const json_t *states, const struct preview_wish *wish,
		  struct str *out, struct err *err);

/* The tasks that a wish (with tasks) means, by position in the dag; the caller's. Those of the
 * run's end are none of them. Fails likewise, and for a task of the run's end with ERR_USAGE. */
int preview_choose(const struct dag *dag, const struct preview_wish *wish, bool **chosen,
		   struct err *err);

#endif
