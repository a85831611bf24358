/* clock.c - reading and writing instants; see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#ifdef HEDDLE_FAULTS
static int64_t off_by_ms(void)
{
	const char *path = getenv("HEDDLE_FAULT_CLOCK");
	FILE *file = path == NULL ? NULL : fopen(path, "re");
	char text[32] = "";

	if (file == NULL)
		return 0;
	if (fgets(text, sizeof text, file) == NULL)
		text[0] = '\0';
	fclose(file);
	return strtoll(text, NULL, 10);
}
#else
static int64_t off_by_ms(void)
{
	return 0;
}
#endif

struct moment clock_now(void)
{
	struct moment now = {read_clock_ms(CLOCK_REALTIME), read_clock_ms(CLOCK_BOOTTIME)};

	now.wall_ms += off_by_ms();
	return now;
}

struct civil {
	int64_t year;
	unsigned month;
	unsigned day;
};

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, without the C library's time
 * zone machinery, which a forked single-purpose process must not need. Eras are 400 years; the
 * year begins in March, so that the leap day comes last. */
static struct civil civil_from_days(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	struct civil civil;

	civil.day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	civil.month =
	    (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
	return civil;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

char *clock_format_utc(int64_t at_ms, char buffer[CLOCK_TEXT_SIZE])
{
	const int64_t day_ms = 86400000;
	int64_t days = floor_div(at_ms, day_ms);
	int64_t rest = at_ms - days * day_ms;
	struct civil civil = civil_from_days(days);

	snprintf(buffer, CLOCK_TEXT_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", (int)civil.year,
		 civil.month, civil.day, (unsigned)(rest / 3600000), (unsigned)(rest / 60000 % 60),
		 (unsigned)(rest / 1000 % 60), (unsigned)(rest % 1000));
	return buffer;
}

char *clock_format_day(int64_t at_ms, char buffer[CLOCK_TEXT_SIZE])
{
	struct civil civil = civil_from_days(floor_div(at_ms, 86400000));

	snprintf(buffer, CLOCK_TEXT_SIZE, "%04d-%02u-%02u", (int)civil.year, civil.month,
		 civil.day);
	return buffer;
}
