/* scratch.h - scratch folders (HOME/runs/RUN) that outlived their runs.
 *
 * A run's empty scratch folder is removed when the run has ended. A daemon that is killed between
 * the commit of that end and the removal leaves it, so each start looks once for those left. */
#ifndef HEDDLE_DAEMON_SCRATCH_H
#define HEDDLE_DAEMON_SCRATCH_H

#include <uv.h>

enum scratch_verdict {
	SCRATCH_KEEP,   /* the run has not ended */
	SCRATCH_REMOVE, /* it has; a folder with files in it stays all the same */
	SCRATCH_STOP,   /* look no further */
};

/* Looks through the folders of home on a worker thread, in bounded steps, and asks judge, on the
 * loop's thread, about each. What cannot be listed or removed is left to the next start. context
 * must live until the loop ends. */
void scratch_sweep(uv_loop_t *loop, const char *home,
		   enum scratch_verdict (*judge)(void *context, const char *run_id), void *context);

#endif
