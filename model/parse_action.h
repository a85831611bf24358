/* parse_action.h - what a task does: command, sql, empty, and what stands beside them. */
#ifndef HEDDLE_MODEL_PARSE_ACTION_H
#define HEDDLE_MODEL_PARSE_ACTION_H

#include "model/draft.h"

#include <stdbool.h>

/* Reads the value when the key is one of these; false = it is another. */
bool parse_action_key(struct draft *draft, struct draft_task *task, const char *key,
		      const struct node *value);
/* What these keys say of each other, once all are read. */
void parse_action_end(struct draft *draft, struct draft_task *task);

#endif
