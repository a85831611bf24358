/* parse_param.h - the params of a dag. */
#ifndef HEDDLE_MODEL_PARSE_PARAM_H
#define HEDDLE_MODEL_PARSE_PARAM_H

#include "model/dag.h"
#include "model/yaml/tree.h"

/* Reads the value of the key params into dag->params. is_kept: as in struct dag_reading. */
void parse_params(struct dag *dag, const struct node *value, struct report *report, bool is_kept);

#endif
