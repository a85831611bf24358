/* resolved.h - the values in force for a dag, each with the place it came from.
 *
 * Own keys, the dag's `defaults`, each heddle.yaml above it, nearest first, and what holds when
 * none of them says anything (`heddle show DAG --resolved`). */
#ifndef HEDDLE_MODEL_RESOLVED_H
#define HEDDLE_MODEL_RESOLVED_H

#include "base/str.h"
#include "model/dag.h"

#include <jansson.h>

/* An object of the dag's keys in the order of the table. Each value is {"value": ..., "from":
 * "D1/heddle.yaml:4"}, with "default" for what no file says; a map is an object of such values by
 * key, and so is each task in the lists tasks, on_success, on_failure and on_exit. A new reference.
 * Everything comes from the dag and the files kept with it. */
json_t *resolved_make(const struct dag *dag);

/* Appends it as YAML, with the place in a comment at the end of each line. */
void resolved_text(const json_t *resolved, struct str *out);

#endif
