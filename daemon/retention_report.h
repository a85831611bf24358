/* retention_report.h - what a round of tidying came to, in words that programs read. */
#ifndef HEDDLE_DAEMON_RETENTION_REPORT_H
#define HEDDLE_DAEMON_RETENTION_REPORT_H

#include "daemon/retention_round.h"

#include <stdbool.h>
#include <stdint.h>

struct round_told {
	uint64_t number; /* counted by this daemon; 0 = there was none */
	bool is_running;
	bool is_dry;
	int64_t began_at_ms;
	int64_t ended_at_ms;         /* 0 = not yet */
	char error[ERR_MESSAGE_MAX]; /* why it ended before its end; "" = it did not */
	struct round_report report;
};

/* As a JSON object, the caller's (mem_free). former: the newest round that somebody asked for and
 * that is over, for who comes to ask when the next one has begun; number 0 = there is none, NULL =
 * it is not told of. */
char *round_report_json(const struct round_told *told, const struct round_told *former);

#endif
