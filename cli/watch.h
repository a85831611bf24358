/* watch.h - the facts of a run as they are committed, until it has ended. */
#ifndef HEDDLE_CLI_WATCH_H
#define HEDDLE_CLI_WATCH_H

#include "cli/cli.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch {
	struct cli *cli;
	char run_id[17];
	int64_t since; /* number of the newest fact taken */
	char end[16];  /* the state in which the run has ended; "" = it has not */
	bool more;     /* the last look filled its page: the next one finds facts at once */
	void (*take)(struct watch *watch, const json_t *fact); /* called for each */
	void *context;
};

/* Takes the next facts; waits for them for wait_ms at most, and not when the run has ended.
 * Returns an exit code, after having told why. */
int watch_look(struct watch *watch, int64_t wait_ms);
/* True when the run has ended and all was taken. */
bool watch_is_over(const struct watch *watch);

#endif
