/* stall.h - notices when a turn of the event loop took too long, whoever was at work in it: then
 * nothing else was answered meanwhile. Costs a few readings of a clock a turn.
 *
 * What is ready is served inside the poll, so a turn goes from one poll to the next, without the
 * time that the loop slept (uv_metrics_idle_time). */
#ifndef HEDDLE_DAEMON_STALL_H
#define HEDDLE_DAEMON_STALL_H

#include "daemon/histogram.h"

#include <stdint.h>
#include <uv.h>

#define STALL_MS 50

struct stall {
	uv_prepare_t before_poll;
	uint64_t began_ns; /* 0 = before the first turn */
	uint64_t idle_ns;  /* that the loop had slept by then */
	struct histogram turns;
};

/* Each long turn is a line of the log. */
void stall_start(struct stall *stall, uv_loop_t *loop);
void stall_stop(struct stall *stall);

#endif
