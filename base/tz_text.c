/* tz_text.c - instants as text, RFC 3339; see tz.h. */
#include "base/tz_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS 86400000
#define OFFSET_MAX_M (23 * 60 + 59)

/* The minutes of an offset that RFC 3339 can write: it has no seconds, as the local mean times
 * before 1900 have them, and no 24 hours, as a file may have them. What is cut off is dropped from
 * the clock, too: so the text still names the same instant. */
static int32_t writable_m(int32_t offset_s)
{
	int32_t offset_m = offset_s / 60;

	if (offset_m > OFFSET_MAX_M)
		return OFFSET_MAX_M;
	return offset_m < -OFFSET_MAX_M ? -OFFSET_MAX_M : offset_m;
}

void tz_format_rfc3339(const struct tz *tz, int64_t at_ms, char out[40])
{
	int32_t offset_m = writable_m(tz_offset_s(tz, at_ms, NULL));
	int32_t size_m = offset_m < 0 ? -offset_m : offset_m;
	int64_t days;
	int64_t of_day_ms;
	int32_t year;
	int32_t month;
	int32_t day;
	char fraction[8] = "";

	/* Days first: an instant near the ends of the range has no room for the offset. */
	days = at_ms / DAY_MS - (at_ms % DAY_MS < 0 ? 1 : 0);
	of_day_ms = at_ms % DAY_MS + (at_ms % DAY_MS < 0 ? DAY_MS : 0) + (int64_t)offset_m * 60000;
	while (of_day_ms < 0) {
		of_day_ms += DAY_MS;
		days--;
	}
	while (of_day_ms >= DAY_MS) {
		of_day_ms -= DAY_MS;
		days++;
	}
	civil_from_days(days, &year, &month, &day);
	if (of_day_ms % 1000 != 0)
		snprintf(fraction, sizeof fraction, ".%03d", (int)(of_day_ms % 1000));
	snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d", year, month, day,
		 (int)(of_day_ms / 3600000), (int)(of_day_ms / 60000 % 60),
		 (int)(of_day_ms / 1000 % 60), fraction, offset_m < 0 ? '-' : '+', size_m / 60,
		 size_m % 60);
}

/* --- reading */

/* A number of exactly so many digits. */
static bool read_digits(const char **at, int count, int32_t *out)
{
	*out = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool accept(const char **at, const char *chars)
{
	if (**at == '\0' || strchr(chars, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

/* A date that the calendar has. */
static bool read_date(const char **at, struct civil *out)
{
	int32_t year;
	int32_t month;
	int32_t day;

	if (!read_digits(at, 4, &out->year) || !accept(at, "-") ||
	    !read_digits(at, 2, &out->month) || !accept(at, "-") || !read_digits(at, 2, &out->day))
		return false;
	if (out->month < 1 || out->month > 12 || out->day < 1 || out->day > 31)
		return false;
	/* 31 April turns into 1 May. */
	civil_from_days(civil_to_days(out->year, out->month, out->day), &year, &month, &day);
	return month == out->month;
}

/* Digits after the third are read and dropped. */
static bool read_fraction(const char **at, int32_t *out_ms)
{
	int32_t worth = 100;
	const char *begin;

	*out_ms = 0;
	if (!accept(at, "."))
		return true;
	for (begin = *at; **at >= '0' && **at <= '9'; (*at)++, worth /= 10)
		*out_ms += (**at - '0') * worth;
	return *at > begin;
}

static bool read_time(const char **at, struct civil *out)
{
	return read_digits(at, 2, &out->hour) && accept(at, ":") &&
	       read_digits(at, 2, &out->minute) && accept(at, ":") &&
	       read_digits(at, 2, &out->second) && read_fraction(at, &out->millisecond) &&
	       out->hour <= 23 && out->minute <= 59 && out->second <= 60;
}

static bool read_offset(const char **at, int32_t *out_m)
{
	bool is_west;
	int32_t hour;
	int32_t minute;

	*out_m = 0;
	if (accept(at, "Zz"))
		return true;
	is_west = **at == '-';
	if (!accept(at, "+-") || !read_digits(at, 2, &hour) || !accept(at, ":") ||
	    !read_digits(at, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*out_m = (hour * 60 + minute) * (is_west ? -1 : 1);
	return true;
}

bool tz_parse_instant(const struct tz *tz, const char *text, int64_t *out_ms)
{
	struct civil civil = {0};
	int64_t at_ms[2];
	int32_t offset_m;
	int64_t minutes;

	if (!read_date(&text, &civil))
		return false;
	if (*text == '\0') {
		(void)tz_from_civil(tz, &civil, at_ms);
		*out_ms = at_ms[0];
		return true;
	}
	if (!accept(&text, "Tt ") || !read_time(&text, &civil) || !read_offset(&text, &offset_m) ||
	    *text != '\0')
		return false;
	minutes = civil_to_days(civil.year, civil.month, civil.day) * 1440 + civil.hour * 60 +
		  civil.minute - offset_m;
	/* A leap second is the last of a day in UTC; Unix time counts it as the first of the next.
	 */
	if (civil.second == 60 && (minutes + 1) % 1440 != 0)
		return false;
	*out_ms = minutes * 60000 + civil.second * 1000 + civil.millisecond;
	return true;
}
