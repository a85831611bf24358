/* attempt.h - how one try of one task ended: what the executor measures and the scheduler judges.
 */
#ifndef HEDDLE_MODEL_ATTEMPT_H
#define HEDDLE_MODEL_ATTEMPT_H

#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Why an attempt ended. All but success, skipped and cancelled are causes of the state failed. */
enum attempt_cause {
	CAUSE_SUCCESS,         /* exit code 0 */
	CAUSE_SKIPPED,         /* exit code 99: "skip me", as in Airflow's BashOperator */
	CAUSE_EXIT_CODE,       /* any other exit code */
	CAUSE_SIGNAL,          /* killed by a signal that Heddle did not send */
	CAUSE_OUT_OF_MEMORY,   /* killed by the kernel for memory */
	CAUSE_TIMEOUT,         /* the task's timeout passed */
	CAUSE_CANCELLED,       /* ended because it was cancelled */
	CAUSE_LOST,            /* its shim died without a record, or the machine restarted */
	CAUSE_COULD_NOT_START, /* no process came to be: program, folder, space or processes missing
				*/
	CAUSE_BAD_OUTPUT,      /* it ended well, but what it gave as outputs cannot be read */
	CAUSE_COUNT,
};

struct attempt_end {
	int64_t attempt_id;
	enum attempt_cause cause;
	int32_t exit_code;     /* with CAUSE_EXIT_CODE and CAUSE_SKIPPED, else 0 */
	int32_t signal;        /* with CAUSE_SIGNAL, CAUSE_TIMEOUT ..: what it died of; 0 = none */
	int64_t started_at_ms; /* 0 = it never started */
	int64_t ended_at_ms;
	int64_t duration_ms;   /* by a clock that does not jump */
	int64_t max_rss_bytes; /* peak of the largest process, or of the cgroup where it tells */
	int64_t cpu_user_us;
	int64_t cpu_system_us;
	uint64_t log_bytes;         /* written */
	uint64_t log_dropped_bytes; /* over the size limit, or while the disk was full */
	uint64_t log_dropped_lines;
	/* One line for people, for a cause that needs one ("exec '/bin/nope': No such file or
	 * directory"); "" otherwise. */
	char reason[LIMIT_REASON_BYTES + 1];
};

const char *attempt_cause_name(enum attempt_cause cause); /* "exit_code", "timeout" ... as stored */
bool attempt_cause_from_name(const char *name, enum attempt_cause *out);
/* False for could_not_start, which trying again does not mend, and for what is no failure. */
bool attempt_cause_is_retried(enum attempt_cause cause);
/* True for the causes of the state failed. */
bool attempt_cause_is_failure(enum attempt_cause cause);

#endif
