/* cycle.h - finds tasks that wait for each other. */
#ifndef HEDDLE_MODEL_CYCLE_H
#define HEDDLE_MODEL_CYCLE_H

#include "model/dag.h"

#include <stddef.h>
#include <stdint.h>

/* path: positions of the tasks of one cycle, each upstream of the next and the last upstream of the
 * first. It lives only during the call. */
typedef void (*cycle_fn)(void *context, const uint32_t *path, size_t count);

/* Calls each once for every knot of tasks that wait for each other, with a shortest cycle through
 * the knot's first task in the file. Needs upstream and downstream of the tasks; a task that names
 * itself must not be among its own. Takes time in proportion to tasks and edges. */
void cycle_each(const struct task *tasks, uint32_t task_count, cycle_fn each, void *context);

#endif
