/* own.h - a daemon of the program's own, for one file and the length of one run. */
#ifndef HEDDLE_CLI_OWN_H
#define HEDDLE_CLI_OWN_H

#include "base/str.h"
#include "cli/cli.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct own {
	pid_t pid;         /* of the daemon; 0 = none */
	struct str log;    /* path of what it says */
	bool is_temporary; /* the home is: own_stop removes it */
};

/* Starts a daemon with this one dag file, in the home that --home names, else in a temporary one,
 * and waits until it is ready; cli->home is then its home. It gets no signals from the terminal,
 * and ends when this process dies. Returns an exit code, after having told why; own_stop is due in
 * any case. */
int own_start(struct own *own, struct cli *cli, const char *file);
/* Ends the daemon. */
void own_stop(struct own *own, struct cli *cli);

#endif
