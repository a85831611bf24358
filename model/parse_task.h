/* parse_task.h - the tasks of a dag, and the order between them. */
#ifndef HEDDLE_MODEL_PARSE_TASK_H
#define HEDDLE_MODEL_PARSE_TASK_H

#include "model/dag.h"
#include "model/yaml/tree.h"

/* Reads the value of the key tasks into dag->tasks, whose memory is the dag's arena. All that is
 * wrong goes to the report; the dag is of use only when that stays empty. */
void parse_tasks(struct dag *dag, const struct node *tasks, struct report *report);

#endif
