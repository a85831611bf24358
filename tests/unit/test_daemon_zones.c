/* test_daemon_zones.c - time zones are read again when their files change. */
#include "base/file.h"
#include "base/str.h"
#include "daemon/zones.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Puts a system zone's rules under another name, as a package does: by a rename. */
static void put_zone(const char *folder, const char *from, const char *name)
{
	const char *system = "/usr/share/zoneinfo";
	char path[512];
	char aside[512];
	struct str bytes = STR_INIT;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", system, from);
	assert_int_equal(file_read(path, 1 << 20, &bytes, NULL), 0);
	snprintf(aside, sizeof aside, "%s/.new", folder);
	file = fopen(aside, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
	fclose(file);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(rename(aside, path), 0);
	str_close(&bytes);
}

static int32_t hours_of(const struct tz *tz)
{
	return tz_offset_s(tz, 1767225600000, NULL) / 3600;
}

static void a_changed_file_is_read_again_within_a_minute_of_asking(void **state)
{
	char folder[] = "/tmp/heddle-zones-XXXXXX";
	char path[64];
	struct zones zones;
	const struct tz *before;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("TZDIR", folder, 1);
	zones_init(&zones);
	put_zone(folder, "Asia/Tokyo", "Here");
	before = zones_find(&zones, "Here", 1000);
	assert_int_equal(hours_of(before), 9);
	assert_ptr_equal(zones_find(&zones, "Here", 1000 + ZONES_CHECK_MS), before);
	put_zone(folder, "Asia/Shanghai", "Here");
	assert_int_equal(hours_of(zones_find(&zones, "Here", 2000 + ZONES_CHECK_MS)), 9);
	assert_int_equal(hours_of(zones_find(&zones, "Here", 1000 + 2 * ZONES_CHECK_MS)), 8);
	assert_int_equal(hours_of(before), 9); /* whoever was given it may still use it */

	snprintf(path, sizeof path, "%s/Here", folder);
	unlink(path);
	assert_int_equal(hours_of(zones_find(&zones, "Here", 1000 + 3 * ZONES_CHECK_MS)), 8);
	assert_null(zones_find(&zones, "Nowhere", 1000));
	zones_close(&zones);
	rmdir(folder);
	unsetenv("TZDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_changed_file_is_read_again_within_a_minute_of_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
