/* local.h - verbs that work in the home itself, with or without its daemon. */
#ifndef HEDDLE_CLI_LOCAL_H
#define HEDDLE_CLI_LOCAL_H

#include "cli/cli.h"

/* Fails with ERR_USAGE for a home elsewhere (--url). */
int local_check(const struct cli *cli, const char *verb, struct err *err);
/* The database of the home. Fails with ERR_NOT_FOUND when it has none, ERR_REFUSED when the home is
 * closed to who asks. */
int local_db_path(const struct cli *cli, char path[PATH_MAX], struct err *err);
/* Who asks, as facts name people: "user:alice". */
void local_actor(char actor[128]);

#endif
