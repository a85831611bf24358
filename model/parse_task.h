/* parse_task.h - the tasks of a dag: those of its run, and those of its end. */
#ifndef HEDDLE_MODEL_PARSE_TASK_H
#define HEDDLE_MODEL_PARSE_TASK_H

#include "model/draft.h"

/* Reads the keys tasks, on_success, on_failure, on_exit and defaults into dag->tasks, whose memory
 * is the dag's arena, and sets the order between them. */
void parse_tasks(struct draft *draft);

#endif
