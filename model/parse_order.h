/* parse_order.h - depends_on: who waits for whom. */
#ifndef HEDDLE_MODEL_PARSE_ORDER_H
#define HEDDLE_MODEL_PARSE_ORDER_H

#include "model/draft.h"

/* Links all tasks of the draft by their depends_on, and reports what is no task, stands twice, or
 * closes a cycle. */
void parse_order(struct draft *draft);

#endif
