/* rehearsal.h - commands that are shown before they are done.
 *
 * A dry run is answered with the list of what the command would change, and with a token: the hash
 * of that list and of what was asked for. The same command with the token is rehearsed again right
 * before it is decided, in the same turn of the loop, and refused when the two lists differ. So
 * nothing has to be kept for a token to hold; lists are kept for a while only to say what the
 * difference is. */
#ifndef HEDDLE_DAEMON_REHEARSAL_H
#define HEDDLE_DAEMON_REHEARSAL_H

#include "daemon/dispatch.h"
#include "scheduler/sched.h"

#include <stdbool.h>
#include <stdint.h>

/* A command to a run, as it is about to be fed to the scheduler. */
struct rehearsal_run {
	const struct web_command *command;
	const struct input *input;
	int64_t run_no;
	struct dag *kept; /* of a run that has ended, and is fed from the store; else NULL */
};

/* All: true = the command is answered with that, and not to be carried out: it was a dry run, or
 * its token does not fit any more. At once false for a command that is neither. */
bool rehearsal_run(struct dispatch *dispatch, const struct rehearsal_run *run, uint64_t token);
bool rehearsal_pause(struct dispatch *dispatch, const struct web_command *command,
		     const struct input *input, uint64_t token);
bool rehearsal_trigger(struct dispatch *dispatch, const struct web_command *command,
		       const struct input *input, uint64_t token);
bool rehearsal_note(struct dispatch *dispatch, const struct web_command *command, uint64_t token);
/* Nothing would change, and why. */
bool rehearsal_nothing(struct dispatch *dispatch, const struct web_command *command,
		       const char *why, uint64_t token);

void rehearsals_close(struct rehearsals *rehearsals);

#endif
