/* live.h - what the tasks of a run print, while they print it: "    load | 3 rows".
 *
 * Only whole lines are printed, so that those of several tasks do not mix; what has no line feed
 * yet waits for it, or for the end of its attempt. */
#ifndef HEDDLE_CLI_LIVE_H
#define HEDDLE_CLI_LIVE_H

#include "base/vec.h"
#include "cli/cli.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct live_log;

struct live {
	struct cli *cli;
	const char *run_id;          /* the holder's */
	bool is_terminal;            /* stdout: nothing may steer it */
	int64_t looked_boot_ms;      /* when live_look asked last */
	VEC(struct live_log *) logs; /* of attempts under way */
};

/* run_id outlives it. */
void live_init(struct live *live, struct cli *cli, const char *run_id);
/* Follows an attempt from its fact of kind attempt.new on, until attempt.end, when the rest of its
 * log is printed; other facts do nothing. */
void live_take_fact(struct live *live, const json_t *fact);
/* Prints what came since; asks at most twice a second. */
void live_look(struct live *live);
void live_close(struct live *live);

#endif
