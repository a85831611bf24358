/* tz_rule.c - the rule by which a zone goes on after its last transition; see tz_data.h.
 *
 *	rule   = name offset [ name [ offset ] "," change "," change ]
 *	name   = three or more letters | "<" three or more letters, digits, "+", "-" ">"
 *	offset = [ "+" | "-" ] h [ ":" m [ ":" s ] ]        west of Greenwich is positive
 *	change = ( "J" n | n | "M" m "." w "." d ) [ "/" time ]
 *
 * That is POSIX.1-2017, section 8.3, TZ, with the times of -167 to 167 hours of RFC 9636, section
 * 3.3.1. The two changes are always there: POSIX leaves open what holds without them. */
#include "base/tz_data.h"

#include <string.h>

#define DAY_S 86400
#define CHANGE_DEFAULT_S (2 * 3600)
/* Changes lie at most a week outside of their year, so those of two years around are all that can
 * matter to an instant. */
#define YEARS_AROUND 2
#define CHANGE_COUNT (2 * (2 * YEARS_AROUND + 1))

/* --- reading */

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool accept(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* A whole number between two bounds, of at most three digits. */
static bool read_number(const char **at, int32_t low, int32_t high, int32_t *out)
{
	const char *begin = *at;
	int32_t number = 0;

	while (is_digit(**at) && *at - begin < 3)
		number = number * 10 + (*(*at)++ - '0');
	*out = number;
	return *at > begin && number >= low && number <= high;
}

static bool read_name(struct arena *arena, const char **at, const char **out)
{
	bool quoted = accept(at, '<');
	const char *begin = *at;

	while (is_letter(**at) || (quoted && (is_digit(**at) || **at == '+' || **at == '-')))
		(*at)++;
	if (*at - begin < 3)
		return false;
	*out = arena_strndup(arena, begin, (size_t)(*at - begin));
	return !quoted || accept(at, '>');
}

static bool read_time(const char **at, int32_t hour_max, int32_t *out_s)
{
	bool is_negative = accept(at, '-');
	int32_t hour;
	int32_t minute = 0;
	int32_t second = 0;

	if (!is_negative)
		(void)accept(at, '+');
	if (!read_number(at, 0, hour_max, &hour))
		return false;
	if (accept(at, ':') && !read_number(at, 0, 59, &minute))
		return false;
	if (accept(at, ':') && !read_number(at, 0, 59, &second))
		return false;
	*out_s = (hour * 60 + minute) * 60 + second;
	if (is_negative)
		*out_s = -*out_s;
	return true;
}

/* The sign is turned: POSIX counts west of Greenwich. */
static bool read_offset(const char **at, int32_t *out_s)
{
	int32_t west_s;

	if (!read_time(at, 24, &west_s))
		return false;
	*out_s = -west_s;
	return true;
}

static bool read_day_of_month(const char **at, struct tz_change *out)
{
	out->kind = TZ_DAY_OF_MONTH;
	return read_number(at, 1, 12, &out->month) && accept(at, '.') &&
	       read_number(at, 1, 5, &out->week) && accept(at, '.') &&
	       read_number(at, 0, 6, &out->day);
}

static bool read_change(const char **at, struct tz_change *out)
{
	bool is_read;

	out->time_s = CHANGE_DEFAULT_S;
	if (accept(at, 'M')) {
		is_read = read_day_of_month(at, out);
	} else if (accept(at, 'J')) {
		out->kind = TZ_DAY_JULIAN;
		is_read = read_number(at, 1, 365, &out->day);
	} else {
		out->kind = TZ_DAY_ORDINAL;
		is_read = read_number(at, 0, 365, &out->day);
	}
	return is_read && (!accept(at, '/') || read_time(at, 167, &out->time_s));
}

static bool read_daylight(struct arena *arena, const char **at, struct tz_rule *out)
{
	out->has_daylight = true;
	out->daylight.offset_s = out->standard.offset_s + 3600;
	if (!read_name(arena, at, &out->daylight.abbreviation))
		return false;
	if (**at != ',' && !read_offset(at, &out->daylight.offset_s))
		return false;
	return accept(at, ',') && read_change(at, &out->to_daylight) && accept(at, ',') &&
	       read_change(at, &out->to_standard);
}

bool tz_rule_read(struct arena *arena, const char *text, struct tz_rule *out)
{
	const char *at = text;

	memset(out, 0, sizeof *out);
	if (!read_name(arena, &at, &out->standard.abbreviation) ||
	    !read_offset(&at, &out->standard.offset_s))
		return false;
	if (*at != '\0' && !read_daylight(arena, &at, out))
		return false;
	return *at == '\0';
}

/* --- applying */

static bool is_leap(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t month_days(int32_t year, int32_t month)
{
	int32_t next_year = month == 12 ? year + 1 : year;
	int32_t next_month = month == 12 ? 1 : month + 1;

	return (int32_t)(civil_to_days(next_year, next_month, 1) - civil_to_days(year, month, 1));
}

static int64_t weekday_of_month(const struct tz_change *change, int32_t year)
{
	int64_t first = civil_to_days(year, change->month, 1);
	int32_t day = (change->day - civil_weekday(first) % 7 + 7) % 7 + (change->week - 1) * 7;

	if (day >= month_days(year, change->month))
		day -= 7;
	return first + day;
}

/* When the change comes in a year; offset_s is what holds until then. */
static int64_t change_at_s(const struct tz_change *change, int32_t year, int32_t offset_s)
{
	int64_t day = civil_to_days(year, 1, 1);

	switch (change->kind) {
	case TZ_DAY_JULIAN: /* day 60 is 1 March in every year */
		day += change->day - 1 + (is_leap(year) && change->day >= 60 ? 1 : 0);
		break;
	case TZ_DAY_ORDINAL:
		day += change->day;
		break;
	case TZ_DAY_OF_MONTH:
		day = weekday_of_month(change, year);
		break;
	}
	return day * DAY_S + change->time_s - offset_s;
}

struct turn {
	int64_t at_s;
	const struct tz_type *type; /* from then on */
};

/* Keeps the list ascending. Where two meet, that to daylight time stays last: a year that is all
 * daylight time (RFC 9636, section 3.3.1: "0/0,J365/25") ends in the moment in which the next
 * begins.
 */
static void insert_turn(struct turn *turns, size_t count, struct turn turn, bool to_daylight)
{
	size_t i = count;

	while (i > 0 && (turns[i - 1].at_s > turn.at_s ||
			 (turns[i - 1].at_s == turn.at_s && !to_daylight))) {
		turns[i] = turns[i - 1];
		i--;
	}
	turns[i] = turn;
}

static void list_turns(const struct tz_rule *rule, int32_t year, struct turn turns[CHANGE_COUNT])
{
	size_t count = 0;
	struct turn turn;

	for (int32_t y = year - YEARS_AROUND; y <= year + YEARS_AROUND; y++) {
		turn.at_s = change_at_s(&rule->to_daylight, y, rule->standard.offset_s);
		turn.type = &rule->daylight;
		insert_turn(turns, count++, turn, true);
		turn.at_s = change_at_s(&rule->to_standard, y, rule->daylight.offset_s);
		turn.type = &rule->standard;
		insert_turn(turns, count++, turn, false);
	}
}

void tz_rule_span(const struct tz_rule *rule, int64_t at_s, struct tz_span *out)
{
	struct turn turns[CHANGE_COUNT] = {{0}};
	int32_t year;
	int32_t month;
	int32_t day;
	size_t next = 0;

	*out = (struct tz_span){&rule->standard, INT64_MIN, INT64_MAX};
	if (!rule->has_daylight)
		return;
	civil_from_days(at_s / DAY_S, &year, &month, &day);
	list_turns(rule, year, turns);
	while (next < CHANGE_COUNT && turns[next].at_s <= at_s)
		next++;
	if (next > 0) {
		out->type = turns[next - 1].type;
		out->begin_s = turns[next - 1].at_s;
	}
	if (next < CHANGE_COUNT)
		out->end_s = turns[next].at_s;
}
