/* test_web_target.c - request targets, query parameters, instants and ranges. */
#include "model/duration.h"
#include "web/instant.h"
#include "web/query.h"
#include "web/range.h"
#include "web/target.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void a_blank_of_a_form_is_a_blank(void **state)
{
	struct target target;

	(void)state;
	assert_int_equal(target_parse("/x?q=two+steps%2B&to=1+1", &target, NULL), 0);
	assert_string_equal(target.pairs[0].value, "two steps+");
	assert_string_equal(target.pairs[1].value, "1+1");
	target_close(&target);
}

static void a_path_becomes_decoded_segments(void **state)
{
	struct target target;
	struct err err;

	(void)state;
	assert_int_equal(target_parse("/api/v1/dags/a%2Fb%20c", &target, &err), 0);
	assert_int_equal(target.segment_count, 4);
	assert_string_equal(target.segments[0], "api");
	assert_string_equal(target.segments[3], "a/b c"); /* the slash did not split */
	assert_int_equal(target.pair_count, 0);
	target_close(&target);
	assert_int_equal(target_parse("/", &target, &err), 0);
	assert_int_equal(target.segment_count, 0);
	target_close(&target);
}

static void a_query_becomes_pairs_and_plus_means_itself(void **state)
{
	struct target target;
	struct err err;

	(void)state;
	assert_int_equal(
	    target_parse("/x?since=2026-11-20T06:00:00+01:00&&flag&k=a%3db", &target, &err), 0);
	assert_int_equal(target.pair_count, 3);
	assert_string_equal(target.pairs[0].name, "since");
	assert_string_equal(target.pairs[0].value, "2026-11-20T06:00:00+01:00");
	assert_string_equal(target.pairs[1].name, "flag");
	assert_string_equal(target.pairs[1].value, "");
	assert_string_equal(target.pairs[2].value, "a=b");
	target_close(&target);
}

static void what_is_no_target_is_refused_with_its_cause(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
	    {"", ERR_SYNTAX, "must begin with '/'"},
	    {"ftp://host/x", ERR_SYNTAX, "must begin with '/'"},
	    {"*", ERR_SYNTAX, "must begin with '/'"},
	    {"/a%", ERR_SYNTAX, "two hex digits"},
	    {"/a%4", ERR_SYNTAX, "two hex digits"},
	    {"/a%zz", ERR_SYNTAX, "two hex digits"},
	    {"/a%00b", ERR_SYNTAX, "control character"},
	    {"/a?b=%0a", ERR_SYNTAX, "control character"},
	    {"/1/2/3/4/5/6/7/8/9/10/11/12/13", ERR_LIMIT, "segments"},
	    {"/x?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17", ERR_LIMIT, "parameters"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct target target;
		struct err err;

		assert_int_equal(target_parse(cases[i].text, &target, &err), cases[i].code);
		assert_non_null(strstr(err.message, cases[i].says));
		assert_null(target.buffer);
		target_close(&target);
	}
}

static void a_target_beyond_the_limit_is_refused(void **state)
{
	char text[TARGET_BYTES_MAX + 2];
	struct target target;
	struct err err;

	(void)state;
	memset(text, 'a', sizeof text);
	text[0] = '/';
	text[sizeof text - 1] = '\0';
	assert_int_equal(target_parse(text, &target, &err), ERR_LIMIT);
	text[sizeof text - 2] = '\0';
	assert_int_equal(target_parse(text, &target, &err), 0);
	target_close(&target);
}

/* --- parameters ---------------------------------------------------------------------------------
 */

#define NOW_MS 1800000000000

static int parse(const char *text, unsigned accepted, struct target *target, struct query *query,
		 struct err *err)
{
	assert_int_equal(target_parse(text, target, err), 0);
	return query_parse(target, accepted, NOW_MS, query, err);
}

static void parameters_are_read_by_their_kind(void **state)
{
	struct target target;
	struct query query;
	struct err err;

	(void)state;
	assert_int_equal(
	    parse("/x?limit=7&cursor=nightly.etl&dag=d&state=failed&since=24h&wait=250ms",
		  QUERY_LIMIT | QUERY_CURSOR | QUERY_DAG | QUERY_RUN_STATE | QUERY_SINCE_TIME |
		      QUERY_WAIT,
		  &target, &query, &err),
	    0);
	assert_int_equal(query.limit, 7);
	assert_string_equal(query.cursor, "nightly.etl");
	assert_string_equal(query.dag, "d");
	assert_string_equal(query.state, "failed");
	assert_true(query.since_ms == NOW_MS - 24LL * 3600 * 1000);
	assert_int_equal(query.wait_ms, 250);
	target_close(&target);
}

static void since_is_a_time_or_a_fact_as_the_route_says(void **state)
{
	struct target target;
	struct query query;
	struct err err;

	(void)state;
	assert_int_equal(parse("/x?since=42", QUERY_SINCE_FACT, &target, &query, &err), 0);
	assert_int_equal(query.since_fact, 42);
	target_close(&target);
	assert_int_equal(parse("/x?since=42", QUERY_SINCE_TIME, &target, &query, &err),
			 ERR_INVALID);
	target_close(&target);
	assert_int_equal(
	    parse("/x?since=1970-01-02T01:00:00%2B01:00", QUERY_SINCE_TIME, &target, &query, &err),
	    0);
	assert_int_equal(query.since_ms, 86400000);
	target_close(&target);
}

static void without_parameters_the_defaults_hold(void **state)
{
	struct target target;
	struct query query;
	struct err err;

	(void)state;
	assert_int_equal(parse("/x", QUERY_LIMIT | QUERY_WAIT, &target, &query, &err), 0);
	assert_int_equal(query.limit, QUERY_LIMIT_DEFAULT);
	assert_int_equal(query.wait_ms, 0);
	assert_int_equal(query.given, 0);
	target_close(&target);
}

static void bad_parameters_are_told_with_what_would_be_right(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
	    {"/x?colour=red", "unknown query parameter 'colour': this address takes limit, run, "
			      "state, wait, follow"},
	    {"/x?limit=0", "'limit' is '0': it must be a number from 1 to 1000"},
	    {"/x?limit=1001", "from 1 to 1000"},
	    {"/x?limit=-1", "from 1 to 1000"},
	    {"/x?limit=99999999999999999999", "from 1 to 1000"},
	    {"/x?limit=1&limit=2", "'limit' is given twice"},
	    {"/x?run=XYZ", "16 hex digits"},
	    {"/x?run=00112233445566778", "16 hex digits"},
	    {"/x?state=done", "one of waiting, queued, running, cancelling"},
	    {"/x?wait=30", "a duration of at most 10m"},
	    {"/x?wait=11m", "a duration of at most 10m"},
	    {"/x?wait=-1s", "a duration of at most 10m"},
	    {"/x?follow=yes", "1 or 0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct target target;
		struct query query;
		struct err err;

		assert_int_equal(
		    parse(cases[i].text,
			  QUERY_LIMIT | QUERY_RUN | QUERY_RUN_STATE | QUERY_WAIT | QUERY_FOLLOW,
			  &target, &query, &err),
		    ERR_INVALID);
		assert_non_null(strstr(err.message, cases[i].says));
		target_close(&target);
	}
}

/* --- times --------------------------------------------------------------------------------------
 */

static void instants_are_read_as_rfc_3339_has_them(void **state)
{
	static const struct {
		const char *text;
		int64_t at_ms; /* -1 = none */
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-11-20T06:00:00.123Z", 1795154400123},
	    {"2026-11-20t06:00:00.1234567z", 1795154400123},
	    {"2026-11-20T06:00:00+01:00", 1795150800000},
	    {"2026-11-19T22:30:00-07:30", 1795154400000},
	    {"2026-11-20", 1795132800000},
	    {"2000-02-29", 951782400000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"1900-02-29", -1},
	    {"2026-02-29", -1},
	    {"2100-02-29", -1},
	    {"2026-13-01", -1},
	    {"2026-00-01", -1},
	    {"2026-11-20T24:00:00Z", -1},
	    {"2026-11-20T06:00:00", -1},
	    {"2026-11-20T06:00Z", -1},
	    {"2026-11-20T06:00:00.Z", -1},
	    {"2026-11-20T06:00:00+0100", -1},
	    {"2026-11-20 06:00:00Z", -1},
	    {"2026-11-20T06:00:00Zx", -1},
	    {"1970-01-01T00:00:00+00:01", -1},
	    {"26-11-20", -1},
	    {"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t at_ms = -1;
		bool good = instant_parse(cases[i].text, &at_ms);

		assert_int_equal(good, cases[i].at_ms >= 0);
		if (good)
			assert_true(at_ms == cases[i].at_ms);
	}
}

static void durations_have_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1 = none */
	} cases[] = {
	    {"250ms", 250},
	    {"90s", 90000},
	    {"5m", 300000},
	    {"2h", 7200000},
	    {"1d", 86400000},
	    {"0s", 0},
	    {"3660d", 316224000000},
	    {"3661d", -1},
	    {"90", -1},
	    {"s", -1},
	    {"", -1},
	    {"1.5h", -1},
	    {"1h30m", -1},
	    {"-1s", -1},
	    {"5 m", -1},
	    {"99999999999d", -1},
	    {"999999999999999999999s", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ms = -1;
		bool good = duration_parse(cases[i].text, &ms, NULL) == 0;

		assert_int_equal(good, cases[i].ms >= 0);
		if (good)
			assert_true(ms == cases[i].ms);
	}
}

static void ranges_are_cut_to_what_is_there(void **state)
{
	static const struct {
		const char *header;
		int64_t size;
		enum range_result result;
		int64_t first;
		int64_t end;
	} cases[] = {
	    {NULL, 10, RANGE_WHOLE, 0, 0},
	    {"bytes=0-3", 10, RANGE_PART, 0, 4},
	    {"bytes=4-", 10, RANGE_PART, 4, 10},
	    {"Bytes=4-99", 10, RANGE_PART, 4, 10},
	    {"bytes=-3", 10, RANGE_PART, 7, 10},
	    {"bytes=-30", 10, RANGE_PART, 0, 10},
	    {"bytes=9-9", 10, RANGE_PART, 9, 10},
	    {"bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0},
	    {"bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0},
	    {"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
	    {"bytes=-5", 0, RANGE_UNSATISFIABLE, 0, 0},
	    {"bytes=5-4", 10, RANGE_WHOLE, 0, 0},
	    {"bytes=1-2,4-5", 10, RANGE_WHOLE, 0, 0},
	    {"bytes=", 10, RANGE_WHOLE, 0, 0},
	    {"bytes=-", 10, RANGE_WHOLE, 0, 0},
	    {"bytes=a-b", 10, RANGE_WHOLE, 0, 0},
	    {"bytes=99999999999999999999-", 10, RANGE_WHOLE, 0, 0},
	    {"lines=1-2", 10, RANGE_WHOLE, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t first = 0;
		int64_t end = 0;

		assert_int_equal(range_parse(cases[i].header, cases[i].size, &first, &end),
				 cases[i].result);
		if (cases[i].result != RANGE_PART)
			continue;
		assert_int_equal(first, cases[i].first);
		assert_int_equal(end, cases[i].end);
	}
}

static void a_target_in_absolute_form_names_its_host(void **state)
{
	struct target target;
	struct err err;

	(void)state;
	assert_int_equal(target_parse("HTTP://[::1]:8088/api/v1/dags?q=http://x/y", &target, &err),
			 0);
	assert_string_equal(target.host, "[::1]:8088");
	assert_int_equal(target.segment_count, 3);
	assert_string_equal(target.segments[2], "dags");
	assert_string_equal(target.pairs[0].value, "http://x/y");
	target_close(&target);
	assert_int_equal(target_parse("https://localhost", &target, &err), 0);
	assert_string_equal(target.host, "localhost");
	assert_int_equal(target.segment_count, 0);
	target_close(&target);
	assert_int_equal(target_parse("/http://localhost/x", &target, &err), 0);
	assert_null(target.host);
	target_close(&target);
	assert_int_equal(target_parse("ftp://localhost/x", &target, &err), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_blank_of_a_form_is_a_blank),
	    cmocka_unit_test(a_path_becomes_decoded_segments),
	    cmocka_unit_test(a_target_in_absolute_form_names_its_host),
	    cmocka_unit_test(a_query_becomes_pairs_and_plus_means_itself),
	    cmocka_unit_test(what_is_no_target_is_refused_with_its_cause),
	    cmocka_unit_test(a_target_beyond_the_limit_is_refused),
	    cmocka_unit_test(parameters_are_read_by_their_kind),
	    cmocka_unit_test(since_is_a_time_or_a_fact_as_the_route_says),
	    cmocka_unit_test(without_parameters_the_defaults_hold),
	    cmocka_unit_test(bad_parameters_are_told_with_what_would_be_right),
	    cmocka_unit_test(instants_are_read_as_rfc_3339_has_them),
	    cmocka_unit_test(durations_have_a_number_and_a_unit),
	    cmocka_unit_test(ranges_are_cut_to_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
