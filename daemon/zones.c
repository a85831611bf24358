/* zones.c - see zones.h. */
#include "daemon/zones.h"

#include "base/log.h"

#include <string.h>

void zones_init(struct zones *zones)
{
	memset(zones, 0, sizeof *zones);
}

void zones_close(struct zones *zones)
{
	for (size_t i = 0; i < zones->list.count; i++)
		tz_destroy(zones->list.items[i]);
	vec_close(&zones->list);
}

const struct tz *zones_find(struct zones *zones, const char *name)
{
	struct tz *tz = NULL;
	struct err err;

	for (size_t i = 0; i < zones->list.count; i++)
		if (strcmp(tz_name(zones->list.items[i]), name) == 0)
			return zones->list.items[i];
	if (tz_load(name, &tz, &err) != 0) {
		log_warn("time zone not read", "zone=%s err=\"%s\"", name, err.message);
		return NULL;
	}
	vec_push(&zones->list, tz);
	return tz;
}
