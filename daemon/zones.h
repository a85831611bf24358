/* zones.h - the time zones that were asked for, each read once. On the loop's thread. */
#ifndef HEDDLE_DAEMON_ZONES_H
#define HEDDLE_DAEMON_ZONES_H

#include "base/tz.h"
#include "base/vec.h"

struct zones {
	VEC(struct tz *) list; /* few: a home's dags stand in a handful of zones */
};

void zones_init(struct zones *zones);
void zones_close(struct zones *zones);
/* The zone of a name, the zones'; NULL = this machine has none of it. */
const struct tz *zones_find(struct zones *zones, const char *name);

#endif
