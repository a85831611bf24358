/* tz_probe.c - asks base/tz what zones say, line by line, for tests/e2e/test_zones.py:
 *
 *	ZONE at MILLISECONDS     -> OFFSET_S ABBREVIATION RFC3339
 *	ZONE clock SECONDS       -> never|once|twice FIRST_MS SECOND_MS
 *
 * SECONDS are what the wall clock reads, counted from 1970-01-01T00:00:00 on it. */
#include "base/tz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void say_at(const struct tz *tz, int64_t at_ms)
{
	const char *abbreviation;
	int32_t offset_s = tz_offset_s(tz, at_ms, &abbreviation);
	char text[40];

	tz_format_rfc3339(tz, at_ms, text);
	printf("%d %s %s\n", offset_s, abbreviation, text);
}

static void say_clock(const struct tz *utc, const struct tz *tz, int64_t clock_s)
{
	static const char *const names[] = {"never", "once", "twice"};
	struct civil civil;
	int64_t at_ms[2];
	enum tz_reading reading;

	tz_to_civil(utc, clock_s * 1000, &civil);
	reading = tz_from_civil(tz, &civil, at_ms);
	printf("%s %" PRId64 " %" PRId64 "\n", names[reading], at_ms[0], at_ms[1]);
}

/* Keeps the zone of the line before, for most lines ask the same one. */
static int answer(const struct tz *utc, struct tz **tz, const char *line)
{
	char zone[256];
	char verb[8];
	int64_t number;
	struct err err;

	if (sscanf(line, "%255s %7s %" SCNd64, zone, verb, &number) != 3)
		return -1;
	if (*tz == NULL || strcmp(tz_name(*tz), zone) != 0) {
		tz_destroy(*tz);
		*tz = NULL;
		if (tz_load(zone, tz, &err) != 0) {
			fprintf(stderr, "tz_probe: %s\n", err.message);
			return -1;
		}
	}
	if (strcmp(verb, "at") == 0)
		say_at(*tz, number);
	else
		say_clock(utc, *tz, number);
	return 0;
}

int main(void)
{
	struct tz *utc = NULL;
	struct tz *tz = NULL;
	char line[512];
	int rc = tz_load("UTC", &utc, NULL);

	while (rc == 0 && fgets(line, sizeof line, stdin) != NULL)
		rc = answer(utc, &tz, line);
	tz_destroy(tz);
	tz_destroy(utc);
	return rc == 0 ? 0 : 1;
}
