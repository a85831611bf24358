/* outcome.h - what an ended attempt left behind besides its exit: outputs, and words in its log
 * that decide about a retry. */
#ifndef HEDDLE_DAEMON_OUTCOME_H
#define HEDDLE_DAEMON_OUTCOME_H

#include "executor/process/process.h"
#include "model/attempt.h"
#include "scheduler/sched.h"

struct outcome {
	struct end_findings findings; /* its texts are this outcome's */
	char *outputs;
};

/* Looks at the files of an attempt (as it was released, with its dag), which are there until its
 * log goes. An attempt that ended well, but whose outputs cannot be read, has failed: *end then
 * says so. The same attempt always gives the same outcome. Close it. */
void outcome_read(struct outcome *outcome, const char *home, const char *incarnation,
		  const struct effect *attempt, struct attempt_end *end);
void outcome_close(struct outcome *outcome);

#endif
