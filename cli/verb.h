/* verb.h - the table of verbs: what each takes, does and looks like in use. */
#ifndef HEDDLE_CLI_VERB_H
#define HEDDLE_CLI_VERB_H

#include "base/err.h"
#include "base/str.h"
#include "cli/args.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;

struct verb {
	const char *name;
	const char *operands; /* for people: "RUN [TASK]" */
	size_t operands_min;
	size_t operands_max;
	uint64_t flags; /* besides FLAGS_GLOBAL */
	uint64_t later; /* flags that are to come: refused by name */
	const char *summary;
	const char *examples; /* whole lines */
	int (*run)(struct cli *cli);
};

#define VERB_OPERANDS_ANY SIZE_MAX

const struct verb *verb_find(const char *name); /* NULL = none */
const struct verb *verb_at(size_t position);    /* of all, from 0 on; NULL behind the last */
/* Fails with ERR_USAGE: says that the verb is still to come, or which known one is nearest. */
int verb_refuse_unknown(const char *name, struct err *err);
/* Fails with ERR_USAGE when operands or flags are not what the verb takes. */
int verb_check(const struct verb *verb, const struct args *args, struct err *err);

/* What the exit code at a position means, from 0 on; NULL behind the last. */
const char *verb_exit_at(size_t position, int *code);

/* What `heddle help` and `heddle VERB --help` print. */
void verb_help_all(struct str *out);
void verb_help(const struct verb *verb, struct str *out);
/* The same for programs: {"verbs": [{"name", "operands", "summary", "flags", "examples"}], "flags",
 * "exit_codes"}; of one verb, its object. The caller's. */
json_t *verb_json_all(void);
json_t *verb_json(const struct verb *verb);

#endif
