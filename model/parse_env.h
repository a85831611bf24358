/* parse_env.h - env maps and lists of words, which dags and tasks have alike. */
#ifndef HEDDLE_MODEL_PARSE_ENV_H
#define HEDDLE_MODEL_PARSE_ENV_H

#include "model/draft.h"

/* Reads an env map into *vars, shared by all who have the same map. Returns the bytes that the
 * variables take in an environment. task is the position of the task it is read for, or NO_TASK. */
size_t parse_env(struct draft *draft, const struct node *value, uint32_t task,
		 const struct env_var **vars, uint32_t *count);

/* A list of texts, or one text alone; NULL-terminated in the dag's arena. NULL when it is neither,
 * which is reported. */
const char *const *parse_words(struct draft *draft, const char *name, const struct node *value,
			       size_t max_bytes);

#endif
