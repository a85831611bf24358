/* scripts.h - which scripts have changed since the tasks of a run started them. */
#ifndef HEDDLE_CLI_SCRIPTS_H
#define HEDDLE_CLI_SCRIPTS_H

#include "cli/cli.h"

#include <jansson.h>

/* Tells "script './load.sh' of task 'load' has changed since try 2", one line each. tasks: an
 * object by the tasks that are meant, NULL = all of the run. Returns an exit code; a daemon that
 * does not know of scripts is no failure. */
int scripts_tell(struct cli *cli, const char *run_id, const json_t *tasks,
		 void (*tell)(const char *line));

#endif
