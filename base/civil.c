/* civil.c - days and dates of the proleptic Gregorian calendar; see tz.h.
 *
 * The year is counted from March, so that the odd day of a leap year is its last one and the
 * lengths of the months follow a line: (153 * month + 2) / 5 days stand before month 0 = March. A
 * cycle of 400 years has 146,097 days. */
#include "base/tz.h"

#define CYCLE_YEARS 400
#define CYCLE_DAYS 146097
#define DAYS_BEFORE_1970 719468 /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

int64_t civil_to_days(int32_t year, int32_t month, int32_t day)
{
	int64_t from_march = (int64_t)year - (month <= 2 ? 1 : 0);
	int64_t cycle = floor_div(from_march, CYCLE_YEARS);
	int64_t year_of_cycle = from_march - cycle * CYCLE_YEARS;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return cycle * CYCLE_DAYS + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
	       day_of_year - DAYS_BEFORE_1970;
}

void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
	int64_t cycle = floor_div(days + DAYS_BEFORE_1970, CYCLE_DAYS);
	int64_t day_of_cycle = days + DAYS_BEFORE_1970 - cycle * CYCLE_DAYS;
	/* The three corrections take out the leap days of 4, 100 and 400 years. */
	int64_t year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
				 day_of_cycle / (CYCLE_DAYS - 1)) /
				365;
	int64_t day_of_year =
	    day_of_cycle - (year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100);
	int64_t from_march = (5 * day_of_year + 2) / 153;

	*day = (int32_t)(day_of_year - (153 * from_march + 2) / 5 + 1);
	*month = (int32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = (int32_t)(cycle * CYCLE_YEARS + year_of_cycle + (*month <= 2 ? 1 : 0));
}

int civil_weekday(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	int64_t since_monday = days + 3;

	return (int)(since_monday - floor_div(since_monday, 7) * 7) + 1;
}

void civil_iso_week(int64_t days, int32_t *year, int32_t *week)
{
	/* A week belongs to the year that holds its Thursday. */
	int64_t thursday = days + 4 - civil_weekday(days);
	int32_t month;
	int32_t day;

	civil_from_days(thursday, year, &month, &day);
	*week = (int32_t)((thursday - civil_to_days(*year, 1, 1)) / 7 + 1);
}
