/* scripts.h - what the scripts were that an attempt starts, kept with it so that later somebody can
 * be told when they are not the same any more. */
#ifndef HEDDLE_DAEMON_SCRIPTS_H
#define HEDDLE_DAEMON_SCRIPTS_H

#include "daemon/dispatch.h"

/* Looks, on a worker, at the scripts of an attempt (an EFFECT_LAUNCH, with its dag) that is being
 * launched in the folder cwd, and hands what it finds to the writer. Does nothing for a task whose
 * command names none. What cannot be read, or is too large, is left out; if the daemon ends before
 * the commit, nothing is kept. */
void scripts_record(struct dispatch *dispatch, const struct effect *attempt, const char *cwd);

#endif
