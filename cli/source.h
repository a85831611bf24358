/* source.h - the params that a dag takes, and those that the command line gives it. */
#ifndef HEDDLE_CLI_SOURCE_H
#define HEDDLE_CLI_SOURCE_H

#include "cli/cli.h"
#include "model/dag.h"

#include <jansson.h>

/* The types of a dag's params, by name ("integer", as written); the caller's. */
json_t *source_types(const struct dag *dag);

/* What --param gives, typed by types: an object, NULL when none was given. A name that the dag does
 * not have is the daemon's to refuse; its value is JSON where it reads as such, else a text.
 * Returns an exit code, after having told why. */
int source_read_params(const struct args *args, const json_t *types, json_t **out);

/* The same for a dag of the daemon, in the version with this hash, NULL = the one in force. It is
 * asked only when there are params; CODE_NOT_FOUND names the nearest dag. */
int source_ask_params(struct cli *cli, const char *dag_id, const char *hash, json_t **out);

#endif
