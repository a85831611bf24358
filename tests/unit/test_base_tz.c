/* test_base_tz.c - zones: gaps, overlaps, footers, hostile files, and the calendar beneath them.
 * tests/e2e/test_zones.py compares every zone of the system with another implementation. */
#include "base/mem.h"
#include "base/str.h"
#include "base/tz.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static struct tz *load(const char *name)
{
	struct tz *tz = NULL;
	struct err err = {0};

	if (tz_load(name, &tz, &err) != 0)
		fail_msg("%s", err.message);
	return tz;
}

static int64_t instant(const char *text)
{
	struct tz *utc = load("UTC");
	int64_t at_ms = 0;

	if (!tz_parse_instant(utc, text, &at_ms))
		fail_msg("'%s' is no instant", text);
	tz_destroy(utc);
	return at_ms;
}

/* Reads "2026-03-29T02:30:00" as a wall clock's reading. */
static struct civil reading(const char *text)
{
	struct civil civil = {0};
	char with_z[40];
	struct tz *utc = load("UTC");

	strcpy(with_z, text);
	strcat(with_z, "Z");
	tz_to_civil(utc, instant(with_z), &civil);
	tz_destroy(utc);
	return civil;
}

static void expect_instant(const struct tz *tz, int64_t at_ms, const char *expected)
{
	char text[40];

	tz_format_rfc3339(tz, at_ms, text);
	assert_string_equal(text, expected);
}

static void expect_reading(const char *zone, const char *clock, enum tz_reading expected,
			   const char *first, const char *second)
{
	struct tz *tz = load(zone);
	struct civil civil = reading(clock);
	int64_t at_ms[2];

	assert_int_equal(tz_from_civil(tz, &civil, at_ms), expected);
	expect_instant(tz, at_ms[0], first);
	expect_instant(tz, at_ms[1], second);
	tz_destroy(tz);
}

/* --- readings */

static void a_clock_put_forward_leaves_a_gap(void **state)
{
	(void)state;
	expect_reading("Europe/Berlin", "2026-03-29T02:30:00", TZ_NEVER,
		       "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00");
	expect_reading("Europe/Berlin", "2026-03-29T02:00:00", TZ_NEVER,
		       "2026-03-29T03:00:00+02:00", "2026-03-29T03:00:00+02:00");
	expect_reading("Europe/Berlin", "2026-03-29T03:00:00", TZ_ONCE, "2026-03-29T03:00:00+02:00",
		       "2026-03-29T03:00:00+02:00");
	expect_reading("Europe/Berlin", "2026-03-29T01:59:59", TZ_ONCE, "2026-03-29T01:59:59+01:00",
		       "2026-03-29T01:59:59+01:00");
}

static void a_clock_put_back_reads_it_twice(void **state)
{
	(void)state;
	expect_reading("Europe/Berlin", "2026-10-25T02:30:00", TZ_TWICE,
		       "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00");
	expect_reading("Europe/Berlin", "2026-10-25T02:00:00", TZ_TWICE,
		       "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00");
	expect_reading("Europe/Berlin", "2026-10-25T03:00:00", TZ_ONCE, "2026-10-25T03:00:00+01:00",
		       "2026-10-25T03:00:00+01:00");
	expect_reading("Australia/Lord_Howe", "2026-04-05T01:45:00", TZ_TWICE,
		       "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30");
}

static void a_whole_day_may_be_missing(void **state)
{
	(void)state;
	expect_reading("Pacific/Apia", "2011-12-30T12:00:00", TZ_NEVER, "2011-12-31T00:00:00+14:00",
		       "2011-12-31T12:00:00+14:00");
}

static void milliseconds_are_kept(void **state)
{
	struct tz *tz = load("Europe/Berlin");
	struct civil civil = {.year = 1969, .month = 12, .day = 31, .hour = 23, .millisecond = 250};
	int64_t at_ms[2];
	struct civil back;

	(void)state;
	assert_int_equal(tz_from_civil(tz, &civil, at_ms), TZ_ONCE);
	assert_int_equal(at_ms[0], -2 * 3600 * 1000 + 250);
	expect_instant(tz, at_ms[0], "1969-12-31T23:00:00.250+01:00");
	tz_to_civil(tz, at_ms[0], &back);
	assert_memory_equal(&back, &civil, sizeof back);
	tz_destroy(tz);
}

static void the_rule_goes_on_after_the_last_transition(void **state)
{
	const char *abbreviation;
	struct tz *tz = load("America/New_York");

	(void)state;
	expect_instant(tz, instant("2500-07-01T00:00:00Z"), "2500-06-30T20:00:00-04:00");
	assert_int_equal(tz_offset_s(tz, instant("2500-12-01T00:00:00Z"), &abbreviation), -18000);
	assert_string_equal(abbreviation, "EST");
	tz_destroy(tz);
	expect_reading("America/New_York", "2500-03-14T02:15:00", TZ_NEVER,
		       "2500-03-14T03:00:00-04:00", "2500-03-14T03:15:00-04:00");
	/* Greenland changes on the evening before: its footer has a time of -1 hours. */
	expect_reading("America/Nuuk", "2400-03-25T23:30:00", TZ_NEVER, "2400-03-26T00:00:00-01:00",
		       "2400-03-26T00:30:00-01:00");
}

static void offsets_of_old_are_cut_to_minutes(void **state)
{
	struct tz *tz = load("Europe/Berlin");

	(void)state;
	assert_int_equal(tz_offset_s(tz, instant("1800-01-01T00:00:00Z"), NULL), 53 * 60 + 28);
	expect_instant(tz, instant("1800-01-01T00:00:00Z"), "1800-01-01T00:53:00+00:53");
	tz_destroy(tz);
}

static void the_ends_of_time_are_told_too(void **state)
{
	struct tz *tz = load("Europe/Berlin");
	struct civil civil = {.year = TZ_YEAR_MAX, .month = 7, .day = 1};
	int64_t at_ms[2];

	(void)state;
	expect_instant(tz, INT64_MAX, "292278994-08-17T09:12:55.807+02:00");
	expect_instant(tz, INT64_MIN, "-292275055-05-16T17:40:04.192+00:53");
	assert_int_equal(tz_from_civil(tz, &civil, at_ms), TZ_ONCE);
	civil.year = -TZ_YEAR_MAX;
	assert_int_equal(tz_from_civil(tz, &civil, at_ms), TZ_ONCE);
	tz_destroy(tz);
}

/* --- texts */

static void instants_are_read_as_rfc_3339_writes_them(void **state)
{
	static const struct {
		const char *text;
		const char *utc;
	} good[] = {
	    {"2026-11-20T06:00:00+01:00", "2026-11-20T05:00:00+00:00"},
	    {"2026-11-20t06:00:00z", "2026-11-20T06:00:00+00:00"},
	    {"2026-11-20 06:00:00.25-05:30", "2026-11-20T11:30:00.250+00:00"},
	    {"2026-11-20T06:00:00.1239999Z", "2026-11-20T06:00:00.123+00:00"},
	    {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00+00:00"},
	    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"},
	    {"2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00+00:00"},
	    {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00"},
	    {"2026-11-20", "2026-11-20T00:00:00+00:00"},
	};
	struct tz *utc = load("UTC");
	int64_t at_ms;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(tz_parse_instant(utc, good[i].text, &at_ms));
		expect_instant(utc, at_ms, good[i].utc);
	}
	tz_destroy(utc);
}

static void what_is_no_instant_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "2026",
	    "2026-13-01",
	    "2026-02-29",
	    "2026-04-31",
	    "2026-00-10",
	    "2026-11-20T06:00",
	    "2026-11-20T06:00:00",
	    "2026-11-20T24:00:00Z",
	    "2026-11-20T06:60:00Z",
	    "2026-11-20T06:00:60Z",
	    "2026-11-20T06:00:61Z",
	    "2026-11-20T06:00:00.Z",
	    "2026-11-20T06:00:00+0100",
	    "2026-11-20T06:00:00+24:00",
	    "2026-11-20T06:00:00Zx",
	    "2026-11-20 ",
	    " 2026-11-20",
	    "26-11-20",
	};
	struct tz *utc = load("UTC");
	int64_t at_ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (tz_parse_instant(utc, bad[i], &at_ms))
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(at_ms, 7);
	tz_destroy(utc);
}

static void a_date_is_its_first_instant_in_the_zone(void **state)
{
	struct tz *tz = load("America/Sao_Paulo");
	int64_t at_ms;

	(void)state;
	assert_true(tz_parse_instant(tz, "2018-11-04", &at_ms)); /* midnight was in the gap */
	expect_instant(tz, at_ms, "2018-11-04T01:00:00-02:00");
	assert_true(tz_parse_instant(tz, "2026-11-04", &at_ms));
	expect_instant(tz, at_ms, "2026-11-04T00:00:00-03:00");
	tz_destroy(tz);
}

/* --- names and files */

static void names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
	    "",    "Europe/Berlin_",  "Europe",        "/etc/localtime",
	    "..",  "../zoneinfo/UTC", "Europe/../UTC", "Europe//Berlin/",
	    "a b", "Europe/Berlin\n", "UTC/",          "europe/nowhere",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct tz *tz = NULL;

		assert_int_equal(tz_load(bad[i], &tz, &err), ERR_NOT_FOUND);
		assert_null(tz);
	}
	assert_non_null(strstr(err.message, "'europe/nowhere'"));
}

static void utc_needs_no_file(void **state)
{
	struct tz *tz = NULL;
	struct err err;
	const char *abbreviation;

	(void)state;
	setenv("TZDIR", "/nonexistent", 1);
	assert_int_equal(tz_load("UTC", &tz, &err), 0);
	assert_string_equal(tz_name(tz), "UTC");
	assert_int_equal(tz_offset_s(tz, INT64_MIN, &abbreviation), 0);
	assert_string_equal(abbreviation, "UTC");
	tz_destroy(tz);
	assert_int_equal(tz_load("Europe/Berlin", &tz, &err), ERR_NOT_FOUND);
	unsetenv("TZDIR");
	tz_destroy(NULL);
}

static void a_file_of_another_kind_is_corrupt(void **state)
{
	struct tz *tz = NULL;
	struct err err;

	(void)state;
	assert_int_equal(tz_parse("x", "# tzdb timezone", 15, &tz, &err), ERR_CORRUPT);
	assert_string_equal(err.message, "time zone 'x': no TZif data: the header is missing");
}

/* --- files made by hand */

static void put(struct str *out, int64_t number, int bytes)
{
	for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
		str_append_char(out, (char)(unsigned char)(((uint64_t)number >> shift) & 0xff));
}

static void put_header(struct str *out, char version, int leaps, int times, int types, int chars)
{
	str_append(out, "TZif");
	str_append_char(out, version);
	str_append_bytes(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	put(out, 0, 4);
	put(out, 0, 4);
	put(out, leaps, 4);
	put(out, times, 4);
	put(out, types, 4);
	put(out, chars, 4);
}

static void put_type(struct str *out, int32_t offset_s, int name)
{
	put(out, offset_s, 4);
	put(out, 0, 1);
	put(out, name, 1);
}

/* Two types and a transition at second 1000, as one block. */
static void put_block(struct str *out, int time_bytes)
{
	put(out, 1000, time_bytes);
	put(out, 1, 1);
	put_type(out, 3600, 0);
	put_type(out, 7200, 4);
	str_append_bytes(out, "ONE\0TWO", 8);
}

static void put_second(struct str *out, const char *footer)
{
	put_header(out, '2', 0, 1, 2, 8);
	put_block(out, 4);
	put_header(out, '2', 0, 1, 2, 8);
	put_block(out, 8);
	str_append(out, footer);
}

static int parse(const struct str *bytes, struct tz **tz)
{
	char *exact = mem_alloc(bytes->size); /* so that one byte too far is found */
	struct err err;
	int rc;

	*tz = NULL;
	if (bytes->size > 0)
		memcpy(exact, bytes->data, bytes->size);
	rc = tz_parse("Made/By_Hand", exact, bytes->size, tz, &err);
	mem_free(exact);
	assert_true((rc == 0) == (*tz != NULL));
	assert_true(rc == 0 || rc == ERR_CORRUPT);
	return rc;
}

static void the_first_version_is_read(void **state)
{
	struct str bytes = STR_INIT;
	struct tz *tz;
	const char *abbreviation;

	(void)state;
	put_header(&bytes, '\0', 0, 1, 2, 8);
	put_block(&bytes, 4);
	assert_int_equal(parse(&bytes, &tz), 0);
	assert_int_equal(tz_offset_s(tz, 999999, &abbreviation), 3600);
	assert_string_equal(abbreviation, "ONE");
	assert_int_equal(tz_offset_s(tz, 1000000, &abbreviation), 7200);
	assert_string_equal(abbreviation, "TWO");
	assert_int_equal(tz_offset_s(tz, INT64_MAX, NULL), 7200);
	tz_destroy(tz);
	str_close(&bytes);
}

static void each_shorter_file_is_refused(void **state)
{
	struct str bytes = STR_INIT;
	size_t whole;
	struct tz *tz;

	(void)state;
	put_second(&bytes, "\nTWO-2\n");
	whole = bytes.size;
	assert_int_equal(parse(&bytes, &tz), 0);
	tz_destroy(tz);
	for (bytes.size = 0; bytes.size < whole; bytes.size++)
		assert_int_equal(parse(&bytes, &tz), ERR_CORRUPT);
	str_close(&bytes);
}

static void footers_are_rules_or_refused(void **state)
{
	static const struct {
		const char *footer;
		bool is_good;
	} rows[] = {
	    {"\n\n", true},
	    {"\nTWO-2\n", true},
	    {"\n<+0530>-5:30\n", true},
	    {"\nEET-2EEST,M3.5.0/3,M10.5.0/4\n", true},
	    {"\nEST3EDT4,0/0,J365/23\n", true},
	    {"\nIST-2IDT,M3.4.4/26,M10.5.0\n", true},
	    {"\n<-02>2<-01>,M3.5.0/-1,M10.5.0/-167:59:59\n", true},
	    {"\nTWO\n", false},
	    {"\nTW-2\n", false},
	    {"\nTWO-25\n", false},
	    {"\nTWO-2:60\n", false},
	    {"\nTWO-2DST\n", false},
	    {"\nTWO-2DST,M3.5.0\n", false},
	    {"\nTWO-2DST,M13.5.0,M10.5.0\n", false},
	    {"\nTWO-2DST,M3.6.0,M10.5.0\n", false},
	    {"\nTWO-2DST,M3.5.7,M10.5.0\n", false},
	    {"\nTWO-2DST,M3.5.0/168,M10.5.0\n", false},
	    {"\nTWO-2DST,J0,J365\n", false},
	    {"\nTWO-2DST,0,366\n", false},
	    {"\nTWO-2 \n", false},
	    {"\n<TWO-2\n", false},
	    {"TWO-2\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str bytes = STR_INIT;
		struct tz *tz;

		put_second(&bytes, rows[i].footer);
		if ((parse(&bytes, &tz) == 0) != rows[i].is_good)
			fail_msg("'%s'", rows[i].footer);
		tz_destroy(tz);
		str_close(&bytes);
	}
}

static void counts_beyond_the_bytes_are_refused(void **state)
{
	static const int32_t odd[][4] = {
	    /* leaps, times, types, chars */
	    {0, 0x7fffffff, 2, 8}, {0, 1, 0x7fffffff, 8}, {0, 1, 2, 0x7fffffff}, {-1, -1, -1, -1},
	    {0, 1, 0, 8},          {0, 1, 2, 0},          {1, 0, 1, 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		struct str bytes = STR_INIT;
		struct tz *tz;

		put_header(&bytes, '\0', odd[i][0], odd[i][1], odd[i][2], odd[i][3]);
		for (int k = 0; k < 64; k++)
			put(&bytes, 0, 1);
		assert_int_equal(parse(&bytes, &tz), ERR_CORRUPT);
		str_close(&bytes);
	}
}

/* Found by the fuzzer: RFC 3339 has no offset of 24 hours, so what was written could not be read.
 */
static void an_offset_of_a_day_is_cut(void **state)
{
	struct str bytes = STR_INIT;
	struct tz *tz;
	int64_t at_ms;
	char text[40];

	(void)state;
	put_second(&bytes, "\nFAR24\n");
	assert_int_equal(parse(&bytes, &tz), 0);
	assert_int_equal(tz_offset_s(tz, instant("2026-11-20T12:00:00Z"), NULL), -86400);
	tz_format_rfc3339(tz, instant("2026-11-20T12:00:00Z"), text);
	assert_string_equal(text, "2026-11-19T12:01:00-23:59");
	assert_true(tz_parse_instant(tz, text, &at_ms));
	assert_int_equal(at_ms, instant("2026-11-20T12:00:00Z"));
	tz_destroy(tz);
	str_close(&bytes);
}

static void a_footer_holds_no_nul(void **state)
{
	struct str bytes = STR_INIT;
	struct tz *tz;

	(void)state;
	put_second(&bytes, "");
	str_append_bytes(&bytes, "\nTWO-2\0DST\n", 11);
	assert_int_equal(parse(&bytes, &tz), ERR_CORRUPT);
	str_close(&bytes);
}

/* RFC 9636, section 3.3.1: "0/0,J365/23" is daylight time all year, at UTC-4. */
static void a_year_may_be_all_daylight_time(void **state)
{
	struct str bytes = STR_INIT;
	struct civil civil = {.year = 2027, .month = 1, .day = 1};
	struct tz *tz;
	int64_t at_ms[2];

	(void)state;
	put_second(&bytes, "\nEST3EDT4,0/0,J365/23\n");
	assert_int_equal(parse(&bytes, &tz), 0);
	for (int64_t day = 1; day < 3000; day++)
		for (int64_t minute = -1; minute <= 1; minute++)
			assert_int_equal(tz_offset_s(tz, (day * 1440 + 180 + minute) * 60000, NULL),
					 -4 * 3600);
	assert_int_equal(tz_from_civil(tz, &civil, at_ms), TZ_ONCE);
	expect_instant(tz, at_ms[0], "2027-01-01T00:00:00-04:00");
	tz_destroy(tz);
	str_close(&bytes);
}

/* --- the calendar */

static void days_and_dates_are_pairs(void **state)
{
	int32_t year = -401;
	int32_t month = 12;
	int32_t day = 31;
	int64_t days = civil_to_days(year, month, day);

	(void)state;
	assert_int_equal(civil_to_days(1970, 1, 1), 0);
	assert_int_equal(civil_to_days(2000, 3, 1), 11017);
	for (int i = 0; i < 3 * 146097; i++) {
		int32_t next_year;
		int32_t next_month;
		int32_t next_day;

		civil_from_days(++days, &next_year, &next_month, &next_day);
		assert_int_equal(civil_to_days(next_year, next_month, next_day), days);
		if (next_day != day + 1) {
			assert_int_equal(next_day, 1);
			assert_true(day >= 28);
			assert_int_equal(next_month, month % 12 + 1);
			assert_int_equal(next_year, month == 12 ? year + 1 : year);
		}
		year = next_year;
		month = next_month;
		day = next_day;
	}
	assert_int_equal(year, 799);
	assert_int_equal(month, 12);
}

static void weeks_are_those_of_iso_8601(void **state)
{
	static const int32_t rows[][6] = {
	    /* date, weekday, year and number of the week */
	    {2026, 11, 20, 5, 2026, 47}, {2027, 1, 3, 7, 2026, 53},  {2027, 1, 4, 1, 2027, 1},
	    {2024, 12, 30, 1, 2025, 1},  {1969, 12, 29, 1, 1970, 1}, {2000, 1, 1, 6, 1999, 52},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t days = civil_to_days(rows[i][0], rows[i][1], rows[i][2]);
		int32_t year;
		int32_t week;

		assert_int_equal(civil_weekday(days), rows[i][3]);
		civil_iso_week(days, &year, &week);
		assert_int_equal(year, rows[i][4]);
		assert_int_equal(week, rows[i][5]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clock_put_forward_leaves_a_gap),
	    cmocka_unit_test(a_clock_put_back_reads_it_twice),
	    cmocka_unit_test(a_whole_day_may_be_missing),
	    cmocka_unit_test(milliseconds_are_kept),
	    cmocka_unit_test(the_rule_goes_on_after_the_last_transition),
	    cmocka_unit_test(offsets_of_old_are_cut_to_minutes),
	    cmocka_unit_test(the_ends_of_time_are_told_too),
	    cmocka_unit_test(instants_are_read_as_rfc_3339_writes_them),
	    cmocka_unit_test(what_is_no_instant_is_refused),
	    cmocka_unit_test(a_date_is_its_first_instant_in_the_zone),
	    cmocka_unit_test(names_that_are_none_are_refused),
	    cmocka_unit_test(utc_needs_no_file),
	    cmocka_unit_test(a_file_of_another_kind_is_corrupt),
	    cmocka_unit_test(the_first_version_is_read),
	    cmocka_unit_test(each_shorter_file_is_refused),
	    cmocka_unit_test(footers_are_rules_or_refused),
	    cmocka_unit_test(counts_beyond_the_bytes_are_refused),
	    cmocka_unit_test(an_offset_of_a_day_is_cut),
	    cmocka_unit_test(a_footer_holds_no_nul),
	    cmocka_unit_test(a_year_may_be_all_daylight_time),
	    cmocka_unit_test(days_and_dates_are_pairs),
	    cmocka_unit_test(weeks_are_those_of_iso_8601),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
