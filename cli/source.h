/* source.h - a dag as the daemon keeps it, parsed here: its order of tasks, the types of its
 * params. */
#ifndef HEDDLE_CLI_SOURCE_H
#define HEDDLE_CLI_SOURCE_H

#include "cli/cli.h"
#include "model/dag.h"

#include <jansson.h>

/* The version with this hash, NULL = the one in force. *out gets a reference, or NULL when the text
 * cannot be read here (a newer daemon): what can be told from it is then not known. Returns an exit
 * code, after having told why: CODE_NOT_FOUND names the nearest dag. */
int source_fetch(struct cli *cli, const char *dag_id, const char *hash, struct dag **out);

/* What --param gives, typed by the params of the dag: an object, NULL when none was given. A name
 * that the dag does not have is the daemon's to refuse; its value, and all of them with dag NULL,
 * is JSON where it reads as such, else a text. Returns an exit code, after having told why. */
int source_read_params(const struct args *args, const struct dag *dag, json_t **out);

#endif
