/* metrics.h - what the daemon counts, in the text format of Prometheus (0.0.4).
 *
 * What has happened is counted when it is on disk. What is under way is told as the scheduler knows
 * it, which may be a commit ahead of that: an answer that waited for a commit would be missing just
 * when commits fail. To write it costs what there are of states and of pools in use. */
#ifndef HEDDLE_DAEMON_METRICS_H
#define HEDDLE_DAEMON_METRICS_H

#include "base/str.h"
#include "daemon/histogram.h"
#include "model/change.h"

#include <stdint.h>

struct dispatch;
struct stall;

/* Since the daemon's start; all zero at first. */
struct metrics {
	uint64_t runs_begun;
	uint64_t runs[RUN_STATE_COUNT];   /* ended so */
	uint64_t tasks[TASK_STATE_COUNT]; /* likewise */
	uint64_t attempts[CAUSE_COUNT];   /* likewise */
	struct histogram commits; /* from the hand-over to the writer to the word that it is done */
};

/* Counts a batch that is on disk. */
void metrics_take(struct metrics *metrics, const struct change_list *changes, uint64_t took_ns);
void metrics_write(const struct dispatch *dispatch, const struct stall *stall, struct str *out);

#endif
