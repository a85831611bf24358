/* parse_output.h - what a task's output names are read from. */
#ifndef HEDDLE_MODEL_PARSE_OUTPUT_H
#define HEDDLE_MODEL_PARSE_OUTPUT_H

#include "model/draft.h"

/* Reads the value of the key outputs. */
void parse_outputs(struct draft *draft, struct draft_task *own, const struct node *value);

/* Once all outputs are read: reports those that are one name in the environment. */
void parse_outputs_meet(struct draft *draft);

#endif
