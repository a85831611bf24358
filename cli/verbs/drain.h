/* drain.h - `heddle pause --all --drain`: until nothing runs any more. */
#ifndef HEDDLE_CLI_VERBS_DRAIN_H
#define HEDDLE_CLI_VERBS_DRAIN_H

#include "cli/cli.h"
#include "cli/wait.h"

/* Waits while all dags are paused and something runs, and tells what. CODE_OK: nothing does;
 * CODE_TIMED_OUT; CODE_REFUSED: somebody resumed them meanwhile. */
int drain_wait(struct cli *cli, const struct wait *wait);

#endif
