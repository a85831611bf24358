/* instant.c - times as clients write them; see instant.h. */
#include "web/instant.h"

#include "model/limits.h"

#include <stddef.h>
#include <string.h>

/* Reads up to max_digits digits, at least one; NULL when there is none. */
static const char *read_number(const char *text, unsigned max_digits, int64_t *out)
{
	const char *at = text;

	*out = 0;
	while (*at >= '0' && *at <= '9' && (unsigned)(at - text) < max_digits)
		*out = *out * 10 + (*at++ - '0');
	return at == text ? NULL : at;
}

/* Exactly count digits. */
static bool read_digits(const char **at, unsigned count, int64_t *out)
{
	const char *end = read_number(*at, count, out);

	if (end == NULL || end - *at != (ptrdiff_t)count)
		return false;
	*at = end;
	return true;
}

static bool read_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01; the year begins in March, so that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month <= 2 ? year - 1 : year;
	int64_t era = shifted / 400;
	int64_t year_of_era = shifted - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static bool read_date(const char **at, int64_t *out_ms)
{
	int64_t year;
	int64_t month;
	int64_t day;

	if (!read_digits(at, 4, &year) || !read_char(at, '-') || !read_digits(at, 2, &month) ||
	    !read_char(at, '-') || !read_digits(at, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*out_ms = days_from_civil(year, month, day) * 86400000;
	return true;
}

/* Digits beyond the millisecond are dropped. */
static bool read_fraction(const char **at, int64_t *out_ms)
{
	int64_t scale = 100;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		*out_ms += (**at - '0') * scale;
		scale /= 10;
	}
	return true;
}

/* A leap second (23:59:60) counts as the second after it, as Unix time has it. */
static bool read_time(const char **at, int64_t *out_ms)
{
	int64_t hour;
	int64_t minute;
	int64_t second;

	if (!read_digits(at, 2, &hour) || !read_char(at, ':') || !read_digits(at, 2, &minute) ||
	    !read_char(at, ':') || !read_digits(at, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*out_ms = ((hour * 60 + minute) * 60 + second) * 1000;
	return !read_char(at, '.') || read_fraction(at, out_ms);
}

static bool read_offset(const char **at, int64_t *out_ms)
{
	int64_t sign = **at == '-' ? -1 : 1;
	int64_t hour;
	int64_t minute;

	*out_ms = 0;
	if (read_char(at, 'Z') || read_char(at, 'z'))
		return true;
	if (!read_char(at, '+') && !read_char(at, '-'))
		return false;
	if (!read_digits(at, 2, &hour) || !read_char(at, ':') || !read_digits(at, 2, &minute) ||
	    hour > 23 || minute > 59)
		return false;
	*out_ms = sign * (hour * 60 + minute) * 60000;
	return true;
}

bool instant_parse(const char *text, int64_t *out_ms)
{
	const char *at = text;
	int64_t date_ms;
	int64_t time_ms = 0;
	int64_t offset_ms = 0;

	if (!read_date(&at, &date_ms))
		return false;
	if (*at != '\0' && ((!read_char(&at, 'T') && !read_char(&at, 't')) ||
			    !read_time(&at, &time_ms) || !read_offset(&at, &offset_ms)))
		return false;
	if (*at != '\0' || date_ms + time_ms - offset_ms < 0)
		return false;
	*out_ms = date_ms + time_ms - offset_ms;
	return true;
}
