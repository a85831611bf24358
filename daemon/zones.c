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
		tz_destroy(zones->list.items[i].tz);
	for (size_t i = 0; i < zones->retired.count; i++)
		tz_destroy(zones->retired.items[i]);
	vec_close(&zones->list);
	vec_close(&zones->retired);
}

static struct tz *load(const char *name)
{
	struct tz *tz = NULL;
	struct err err;

	if (tz_load(name, &tz, &err) != 0)
		log_warn("time zone not read", "zone=%s err=\"%s\"", name, err.message);
	return tz;
}

/* The rules of a zone change by law: a new package of them replaces the file. The stamp is taken
 * before the file is read, so that a change in between is seen by the next look. */
static void look_again(struct zones *zones, struct zone *zone, int64_t now_boot_ms)
{
	const char *name = tz_name(zone->tz);
	struct tz_stamp stamp;
	struct tz *tz;

	if (now_boot_ms < zone->looked_at_boot_ms + ZONES_CHECK_MS)
		return;
	zone->looked_at_boot_ms = now_boot_ms;
	if (!tz_stamp_read(name, &stamp) || memcmp(&stamp, &zone->stamp, sizeof stamp) == 0)
		return;
	zone->stamp = stamp;
	tz = load(name);
	if (tz == NULL)
		return;
	log_info("time zone read again", "zone=%s", name);
	vec_push(&zones->retired, zone->tz);
	zone->tz = tz;
}

const struct tz *zones_find(struct zones *zones, const char *name, int64_t now_boot_ms)
{
	struct zone zone = {.looked_at_boot_ms = now_boot_ms};

	for (size_t i = 0; i < zones->list.count; i++) {
		if (strcmp(tz_name(zones->list.items[i].tz), name) != 0)
			continue;
		look_again(zones, &zones->list.items[i], now_boot_ms);
		return zones->list.items[i].tz;
	}
	(void)tz_stamp_read(name, &zone.stamp);
	zone.tz = load(name);
	if (zone.tz != NULL)
		vec_push(&zones->list, zone);
	return zone.tz;
}
