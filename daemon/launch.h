/* launch.h - from a task of a dag to what the executor needs to start it.
 *
 * Templates are rendered here, after the release is on disk: a value that is missing makes an
 * attempt that could not start, and says which. */
#ifndef HEDDLE_DAEMON_LAUNCH_H
#define HEDDLE_DAEMON_LAUNCH_H

#include "base/arena.h"
#include "daemon/home.h"
#include "daemon/identity.h"
#include "executor/process/process.h"
#include "model/values.h"
#include "scheduler/sched.h"

/* What the attempt's run knows. */
struct launch_run {
	const char *kind;        /* "manual" */
	const char *incarnation; /* of the home: part of the names of its files */
	const struct tz *tz;     /* the dag's zone; NULL = this machine has it not */
	struct run_period period;
	const char *params; /* all params as a JSON object; NULL = none */
	/* Both as in struct run_values. */
	json_t *(*outputs)(void *context, uint32_t task);
	enum task_state (*state)(void *context, uint32_t task);
	void *context;
};

/* Fills *launch for an attempt (an EFFECT_LAUNCH, with its dag). What it points to lives in the
 * arena or in the dag. The environment is the one DIALECT.md lists, and nothing else of the
 * daemon's. Fails with ERR_INVALID (a template has no value), ERR_NOT_FOUND (the dag's time zone is
 * gone), ERR_LIMIT (more than a process can be given); *launch then still says which attempt is
 * meant, and no more. */
int launch_build(const struct home *home, const struct identity *identity,
		 const struct effect *attempt, const struct launch_run *run, struct arena *arena,
		 struct process_launch *launch, struct err *err);

#endif
