/* retention_alone.h - tidies a home that no daemon serves. */
#ifndef HEDDLE_DAEMON_RETENTION_ALONE_H
#define HEDDLE_DAEMON_RETENTION_ALONE_H

#include "daemon/retention_round.h"

/* Makes a whole round, at once. The caller has the home open, and with it its lock. *json is what
 * it came to (retention_report.h), the caller's (mem_free); a round that is cut short says why in
 * it. Fails as store_open does. */
int retention_alone(const struct home *home, struct round_wish wish, char **json, struct err *err);

#endif
