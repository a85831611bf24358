/* stall.h - notices when a turn of the event loop took too long, whoever was at work in it: then
 * nothing else was answered meanwhile. Costs two readings of a clock a turn. */
#ifndef HEDDLE_DAEMON_STALL_H
#define HEDDLE_DAEMON_STALL_H

#include <stdint.h>
#include <uv.h>

#define STALL_MS 50

struct stall {
	uv_check_t after_poll;
	uv_prepare_t before_poll;
	uint64_t began_ns; /* 0 = before the first turn */
	uint64_t longest_ns;
};

void stall_start(struct stall *stall, uv_loop_t *loop); /* each long turn is a line of the log */
void stall_stop(struct stall *stall);

#endif
