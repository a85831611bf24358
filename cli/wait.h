/* wait.h - --wait: until a run has ended, or for so long. */
#ifndef HEDDLE_CLI_WAIT_H
#define HEDDLE_CLI_WAIT_H

#include "base/err.h"
#include "cli/ask.h"
#include "cli/cli.h"

#include <stdbool.h>
#include <stdint.h>

/* What --wait says. */
struct wait {
	bool wanted;
	bool is_bounded;
	int64_t until_boot_ms; /* with is_bounded */
};

/* Fails with ERR_USAGE. */
int wait_read(const struct args *args, struct wait *out, struct err *err);

/* The longest next poll that the waiting allows; 0 = its time is over. */
int64_t wait_poll_ms(const struct wait *wait);

bool wait_run_is_over(const json_t *run);
/* "run X of D: failed after 2.0s: task 'a' failed", to stderr. */
void wait_tell_end(const json_t *run);

/* Waits until the run has ended; *reply is then the run as it ended. CODE_OK, whatever the run's
 * state, or CODE_TIMED_OUT. */
int wait_for_end(struct cli *cli, const char *run_id, const struct wait *wait, struct reply *reply);
/* What is left to do for a verb that made a run go on, which *reply is: waits when that is wanted,
 * prints the run with --json, and returns the exit code, that of the run when it was waited for. */
int wait_finish(struct cli *cli, const struct wait *wait, struct reply *reply);

#endif
