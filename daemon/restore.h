/* restore.h - a start takes up what the last daemon committed. */
#ifndef HEDDLE_DAEMON_RESTORE_H
#define HEDDLE_DAEMON_RESTORE_H

#include "base/err.h"
#include "daemon/home.h"
#include "executor/process/process.h"
#include "scheduler/sched.h"
#include "store/read.h"
#include "store/store.h"

#include <stdbool.h>

/* Attempts that were released when the last daemon ended, with what decides about them. */
struct restored_attempt {
	int64_t attempt_id;
	bool same_machine; /* released under this boot and this incarnation */
	/* Why it ends as lost, whatever the executor would find: not its any more; NULL = it is. */
	const char *lost_why;
};

struct restored {
	struct restored_attempt *items; /* in the order of the load, not of the ids */
	size_t count;
	size_t capacity;
};

/* Feeds the scheduler every run that has not ended. Each keeps the version of its dag that it
 * started with: what the store kept counts, not the files of today. Delays of this boot go on by
 * the boot clock; those of a former one by what remains on the wall clock. Outputs that conditions
 * read come by the reader. Fails when the store cannot be read, or ERR_CORRUPT when a stored text
 * does not parse. */
int restore_runs(struct store *store, struct store_reader *reader, struct sched *sched,
		 const struct home *home, bool same_boot, struct restored *restored,
		 struct err *err);
/* The version that a run keeps, parsed, a reference of the caller's. NULL = *err says why. */
struct dag *restore_version(struct store_reader *reader, const char *run_id, struct err *err);
/* Feeds the scheduler a run that has ended, right before the step that reruns or marks it. */
int restore_ended_run(struct store_reader *reader, struct sched *sched, const char *run_id,
		      struct dag *dag, struct err *err);
/* The attempt's record was set aside. Harmless for one that was not restored. */
void restored_set_aside(struct restored *restored, int64_t attempt_id);
/* To be called after sched_restore_end: what is not the executor's ends as lost. */
void restore_set_aside(struct sched *sched, const struct restored *restored,
		       struct sched_output *output);
/* Asks the executor what became of each. build makes of each what a launch would be; it may fail,
 * and then an attempt without a claim is lost. To be called between restore_runs and
 * sched_restore_end: what that releases anew is launched only after its commit. */
typedef int restore_build(void *context, const struct effect *attempt, struct arena *arena,
			  struct process_launch *launch, struct err *err);
void restore_attempts(struct sched *sched, const struct restored *restored,
		      struct process_executor *executor, restore_build *build, void *context);
void restored_close(struct restored *restored);

#endif
