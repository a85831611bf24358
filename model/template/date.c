/* date.c - the filters date and add, over instants and dates; see eval.h.
 *
 * An instant is shown on the wall clock of the dag's zone. A date has no zone: it is shown as it
 * is, at midnight, and only %s and %z ask for its first instant in the zone. */
#include "base/str.h"
#include "model/duration.h"
#include "model/template/eval.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DATE_SIZE 10 /* "2026-11-20" */
#define DAY_MS 86400000
#define YEAR_MAX 9999

struct moment {
	bool is_date;
	int64_t at_ms; /* of a date: its first instant */
	struct civil civil;
	int64_t days; /* since 1970-01-01, of civil */
};

static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
				       "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January",   "February", "March",    "April",
				     "May",       "June",     "July",     "August",
				     "September", "October",  "November", "December"};

static int read_moment(struct eval *eval, const char *text, struct moment *out)
{
	const struct tz *tz = eval->values->tz;
	char buffer[SHOWN_BYTES];

	memset(out, 0, sizeof *out);
	if (!tz_parse_instant(tz, text, &out->at_ms))
		return err_set(eval->err, ERR_INVALID,
			       "'%s' is no date and no instant: as in 2026-11-20 or "
			       "2026-11-20T06:00:00+01:00",
			       node_shown(text, strlen(text), buffer));
	out->is_date = strlen(text) == DATE_SIZE;
	if (out->is_date) {
		/* Not by way of the instant: where midnight is in a gap, it reads another hour. */
		out->civil.year = (int32_t)strtol(text, NULL, 10);
		out->civil.month = (int32_t)strtol(text + 5, NULL, 10);
		out->civil.day = (int32_t)strtol(text + 8, NULL, 10);
	} else {
		tz_to_civil(tz, out->at_ms, &out->civil);
	}
	out->days = civil_to_days(out->civil.year, out->civil.month, out->civil.day);
	return 0;
}

/* --- date */

enum number {
	NUMBER_YEAR,
	NUMBER_YEAR_SHORT,
	NUMBER_MONTH,
	NUMBER_DAY,
	NUMBER_DAY_OF_YEAR,
	NUMBER_HOUR,
	NUMBER_MINUTE,
	NUMBER_SECOND,
	NUMBER_ISO_YEAR,
	NUMBER_ISO_WEEK,
	NUMBER_WEEKDAY,
	NUMBER_COUNT,
};

/* The conversions of strftime(3) that mean the same everywhere; names are English. */
static const struct {
	char letter;
	char pad; /* of a number; 0 = no number, see put_other */
	int width;
	enum number number;
} conversions[] = {
    {'Y', '0', 4, NUMBER_YEAR},
    {'m', '0', 2, NUMBER_MONTH},
    {'d', '0', 2, NUMBER_DAY},
    {'H', '0', 2, NUMBER_HOUR},
    {'M', '0', 2, NUMBER_MINUTE},
    {'S', '0', 2, NUMBER_SECOND},
    {'y', '0', 2, NUMBER_YEAR_SHORT},
    {'j', '0', 3, NUMBER_DAY_OF_YEAR},
    {'e', ' ', 2, NUMBER_DAY},
    {'V', '0', 2, NUMBER_ISO_WEEK},
    {'G', '0', 4, NUMBER_ISO_YEAR},
    {'u', '0', 1, NUMBER_WEEKDAY},
    {'a', 0, 0, 0},
    {'A', 0, 0, 0},
    {'b', 0, 0, 0},
    {'B', 0, 0, 0},
    {'F', 0, 0, 0},
    {'T', 0, 0, 0},
    {'z', 0, 0, 0},
    {'s', 0, 0, 0},
    {'%', 0, 0, 0},
};

#define CONVERSION_COUNT (sizeof conversions / sizeof conversions[0])

/* The place in conversions, CONVERSION_COUNT when there is none. */
static size_t find_conversion(char letter)
{
	size_t i = 0;

	while (i < CONVERSION_COUNT && conversions[i].letter != letter)
		i++;
	return i;
}

int date_check_format(const char *format, struct err *err)
{
	char buffer[SHOWN_BYTES];

	for (const char *at = format; *at != '\0'; at++) {
		if (*at != '%')
			continue;
		at++;
		if (*at == '\0')
			return err_set(err, ERR_SYNTAX,
				       "the format ends in '%%': write '%%%%' for the character");
		if (find_conversion(*at) == CONVERSION_COUNT)
			return err_set(err, ERR_SYNTAX,
				       "date knows no '%%%s': it knows %%Y %%m %%d %%H %%M %%S %%y "
				       "%%j %%a %%A %%b %%B %%e %%V %%G %%u %%F %%T %%z %%s %%%%",
				       node_shown(at, 1, buffer));
	}
	return 0;
}

static void list_numbers(const struct moment *moment, int32_t numbers[NUMBER_COUNT])
{
	const struct civil *civil = &moment->civil;

	numbers[NUMBER_YEAR] = civil->year;
	/* Of the year before 0, in which an instant of the year 0 may fall, too. */
	numbers[NUMBER_YEAR_SHORT] = (civil->year % 100 + 100) % 100;
	numbers[NUMBER_MONTH] = civil->month;
	numbers[NUMBER_DAY] = civil->day;
	numbers[NUMBER_DAY_OF_YEAR] =
	    (int32_t)(moment->days - civil_to_days(civil->year, 1, 1)) + 1;
	numbers[NUMBER_HOUR] = civil->hour;
	numbers[NUMBER_MINUTE] = civil->minute;
	numbers[NUMBER_SECOND] = civil->second;
	numbers[NUMBER_WEEKDAY] = civil_weekday(moment->days);
	civil_iso_week(moment->days, &numbers[NUMBER_ISO_YEAR], &numbers[NUMBER_ISO_WEEK]);
}

static void put_zone(struct str *out, const struct tz *tz, int64_t at_ms)
{
	int32_t offset_m = tz_offset_s(tz, at_ms, NULL) / 60;
	int32_t size_m = abs(offset_m);

	str_printf(out, "%c%02d%02d", offset_m < 0 ? '-' : '+', size_m / 60, size_m % 60);
}

/* Those that are no plain number. */
static void put_other(struct str *out, char letter, const struct moment *moment,
		      const struct tz *tz)
{
	const struct civil *civil = &moment->civil;
	const char *weekday = weekdays[civil_weekday(moment->days) - 1];
	const char *month = months[civil->month - 1];

	if (letter == 'a' || letter == 'A')
		str_append_bytes(out, weekday, letter == 'a' ? 3 : strlen(weekday));
	else if (letter == 'b' || letter == 'B')
		str_append_bytes(out, month, letter == 'b' ? 3 : strlen(month));
	else if (letter == 'F')
		str_printf(out, "%04d-%02d-%02d", civil->year, civil->month, civil->day);
	else if (letter == 'T')
		str_printf(out, "%02d:%02d:%02d", civil->hour, civil->minute, civil->second);
	else if (letter == 'z')
		put_zone(out, tz, moment->at_ms);
	else if (letter == 's')
		str_printf(out, "%" PRId64,
			   moment->at_ms / 1000 - (moment->at_ms % 1000 < 0 ? 1 : 0));
	else
		str_append_char(out, '%');
}

static void put_conversion(struct str *out, char letter, const struct moment *moment,
			   const struct tz *tz)
{
	size_t i = find_conversion(letter);
	int32_t numbers[NUMBER_COUNT];

	if (conversions[i].pad == 0) {
		put_other(out, letter, moment, tz);
		return;
	}
	list_numbers(moment, numbers);
	if (conversions[i].pad == '0')
		str_printf(out, "%0*d", conversions[i].width, numbers[conversions[i].number]);
	else
		str_printf(out, "%*d", conversions[i].width, numbers[conversions[i].number]);
}

int date_format(struct eval *eval, const char *text, const char *format, struct str *out)
{
	struct str piece = STR_INIT;
	struct moment moment;
	int rc = read_moment(eval, text, &moment);

	if (rc == 0 && date_check_format(format, eval->err) != 0)
		rc = ERR_INVALID;
	for (; rc == 0 && *format != '\0'; format++) {
		str_clear(&piece);
		if (*format == '%')
			put_conversion(&piece, *++format, &moment, eval->values->tz);
		else
			str_append_char(&piece, *format);
		rc = text_append(eval, out, piece.data, piece.size);
	}
	str_close(&piece);
	return rc;
}

/* --- add */

struct step {
	int64_t ms;
	int64_t days; /* the same, when it counts days of the calendar */
	bool is_days;
};

static int read_step(const char *text, struct step *out, struct err *err)
{
	bool is_negative = text[0] == '-';
	const char *size = is_negative || text[0] == '+' ? text + 1 : text;

	if (duration_parse(size, &out->ms, err) != 0)
		return ERR_SYNTAX;
	if (is_negative)
		out->ms = -out->ms;
	out->is_days = text[strlen(text) - 1] == 'd';
	out->days = out->ms / DAY_MS;
	return 0;
}

int date_check_step(const char *step, struct err *err)
{
	struct step read;

	return read_step(step, &read, err);
}

/* The same time of the clock some days on. Where the clock never reads it, what one reads that goes
 * on as before the gap; where it reads it twice, with the offset of before when that is one of
 * them. */
static int64_t add_days(const struct tz *tz, const struct moment *moment, int64_t days)
{
	struct civil civil = moment->civil;
	int64_t at_ms[2];
	enum tz_reading reading;

	civil_from_days(moment->days + days, &civil.year, &civil.month, &civil.day);
	reading = tz_from_civil(tz, &civil, at_ms);
	if (reading == TZ_NEVER)
		return at_ms[1];
	return tz_offset_s(tz, at_ms[1], NULL) == tz_offset_s(tz, moment->at_ms, NULL) ? at_ms[1]
										       : at_ms[0];
}

static void add_to_date(const struct moment *moment, const struct step *step, char out[40],
			int32_t *year)
{
	struct str text = STR_INIT;
	int32_t month;
	int32_t day;

	civil_from_days(moment->days + step->days, year, &month, &day);
	str_printf(&text, "%04d-%02d-%02d", *year, month, day);
	memcpy(out, text.data, text.size < 40 ? text.size + 1 : 40);
	str_close(&text);
}

static void add_to_instant(const struct tz *tz, const struct moment *moment,
			   const struct step *step, char out[40], int32_t *year)
{
	int64_t at_ms = step->is_days ? add_days(tz, moment, step->days) : moment->at_ms + step->ms;
	struct civil civil;

	tz_to_civil(tz, at_ms, &civil);
	*year = civil.year;
	tz_format_rfc3339(tz, at_ms, out);
}

int date_add(struct eval *eval, const char *text, const char *step_text, struct str *out)
{
	struct moment moment;
	struct step step;
	char result[40];
	int32_t year;
	int rc = read_moment(eval, text, &moment);

	if (rc != 0)
		return rc;
	if (read_step(step_text, &step, eval->err) != 0)
		return ERR_INVALID;
	if (moment.is_date && !step.is_days)
		return err_set(eval->err, ERR_INVALID,
			       "'%s' is a date, which moves by days: as in add('1d')", text);
	if (moment.is_date)
		add_to_date(&moment, &step, result, &year);
	else
		add_to_instant(eval->values->tz, &moment, &step, result, &year);
	if (year < 0 || year > YEAR_MAX)
		return err_set(eval->err, ERR_INVALID, "'%s' moved so far leaves the years 0 to %d",
			       text, YEAR_MAX);
	return text_append(eval, out, result, strlen(result));
}
