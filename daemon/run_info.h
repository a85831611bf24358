/* run_info.h - what is on disk of the run that an attempt belongs to: what its templates and its
 * environment are made of. */
#ifndef HEDDLE_DAEMON_RUN_INFO_H
#define HEDDLE_DAEMON_RUN_INFO_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "daemon/launch.h"
#include "store/read.h"

#include <stdint.h>

struct run_info {
	struct store_reader *reader; /* the caller's */
	int64_t run_no;
	struct launch_run launch; /* its texts and functions are this info's */
	struct str kind;
	struct str params;
	struct str period_id;
	VEC(uint32_t) givers; /* tasks that gave outputs, ascending */
};

/* Reads the run, which is committed. incarnation and the zone (which may be NULL) are the caller's.
 * Close it in either case. Fails with the reader's codes. */
int run_info_read(struct run_info *info, struct store_reader *reader, const char *run_id,
		  const char *incarnation, const struct tz *tz, struct err *err);
void run_info_close(struct run_info *info);

#endif
