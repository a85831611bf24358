/* nearest.h - the names that somebody may have meant. */
#ifndef HEDDLE_WEB_PAGE_NEAREST_H
#define HEDDLE_WEB_PAGE_NEAREST_H

#include "model/limits.h"
#include "store/read.h"

#include <stddef.h>

#define NEAREST_MAX 5

/* Those of the dags in force, the nearest first: few edits away, or one holding the other. Returns
 * how many; a database that cannot be read knows none. */
size_t nearest_dags(struct store_reader *reader, const char *dag_id,
		    char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1]);

/* Likewise of the tasks of a run. */
size_t nearest_tasks(struct store_reader *reader, int64_t run_no, const char *task_id,
		     char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1]);

struct near_run {
	char run_id[17];
	char dag_id[LIMIT_ID_BYTES + 1];
};

/* Runs whose ids begin as this one does, for as long as any does; not for less than three digits,
 * which tell nothing. */
size_t nearest_runs(struct store_reader *reader, const char *run,
		    struct near_run nearest[NEAREST_MAX]);

#endif
