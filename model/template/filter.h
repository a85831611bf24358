/* filter.h - the filters and functions of templates: one table of each. */
#ifndef HEDDLE_MODEL_TEMPLATE_FILTER_H
#define HEDDLE_MODEL_TEMPLATE_FILTER_H

#include "model/template/eval.h"
#include "model/template/node.h"

struct filter {
	const char *name;
	uint32_t min_arguments; /* those in brackets */
	uint32_t max_arguments;
	const char *usage;
	/* What is wrong with the first argument when it is a literal text; may be NULL. Fails with
	 * ERR_SYNTAX. */
	int (*check)(const char *text, struct err *err);
	/* values[0] is what is filtered, the arguments follow. Gives a new reference. NULL for
	 * default, which must see its input fail. */
	int (*apply)(struct eval *eval, json_t *const *values, size_t count, json_t **out);
};

struct function {
	const char *name;
	uint32_t min_arguments;
	/* As above; NULL for coalesce. */
	int (*apply)(struct eval *eval, json_t *const *values, size_t count, json_t **out);
};

/* NULL when there is none of that name; *nearest is then the nearest known name, or NULL. */
const struct filter *filter_find(const char *name, const char **nearest);
const struct function *function_find(const char *name, const char **nearest);

bool filter_is_default(const struct filter *filter);
bool filter_is_length(const struct filter *filter);
bool filter_is_sh(const struct filter *filter);

#endif
