/* parse_policy.h - the keys of a task that say when it is tried, tried again, and with how much. */
#ifndef HEDDLE_MODEL_PARSE_POLICY_H
#define HEDDLE_MODEL_PARSE_POLICY_H

#include "model/draft.h"

#include <stdbool.h>

/* Reads the value when the key is one of these; false = it is another. */
bool parse_policy_key(struct draft *draft, struct draft_task *task, const char *key,
		      const struct node *value);
/* Looks up the pool, once all keys are read, and gives the task its policy. */
void parse_policy_end(struct draft *draft, struct draft_task *task);

#endif
