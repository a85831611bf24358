/* zones.h - the time zones that were asked for, each read once, and again when its file has
 * changed. On the loop's thread. */
#ifndef HEDDLE_DAEMON_ZONES_H
#define HEDDLE_DAEMON_ZONES_H

#include "base/tz.h"
#include "base/vec.h"

#define ZONES_CHECK_MS 60000 /* between two looks at the files, while zones are asked for */

struct zone {
	struct tz *tz;
	struct tz_stamp stamp;
	int64_t looked_at_boot_ms;
};

struct zones {
	VEC(struct zone) list;    /* few: a home's dags stand in a handful of zones */
	VEC(struct tz *) retired; /* of older files: whoever was given one may still use it */
};

void zones_init(struct zones *zones);
void zones_close(struct zones *zones);
/* The zone of a name, the zones', as long as they live; NULL = this machine has none of it. One
 * that cannot be read any more stays as it was. */
const struct tz *zones_find(struct zones *zones, const char *name, int64_t now_boot_ms);

#endif
