/* Times, durations, tables and addresses as people write and read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/address.h"
#include "cli/table.h"
#include "cli/text.h"

#include <stdlib.h>
#include <time.h>

#define INSTANT_MS INT64_C(1795154400123) /* 2026-11-20T06:00:00.123Z */

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void durations_are_told_in_two_units(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {-5, "0.000s"},       {0, "0.000s"},      {7, "0.007s"},      {999, "0.999s"},
	    {1000, "1.0s"},       {12345, "12.3s"},   {59999, "59.9s"},   {60000, "1m00s"},
	    {303000, "5m03s"},    {3600000, "1h00m"}, {7500000, "2h05m"}, {86400000, "1d00h"},
	    {273600000, "3d04h"},
	};
	char text[TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(text_duration(cases[i].ms, text), cases[i].text);
}

static void instants_are_told_in_the_local_zone_with_its_offset(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	zone("UTC");
	assert_string_equal(text_instant(INSTANT_MS, text), "2026-11-20T06:00:00.123+00:00");
	zone("XST-01:00");
	assert_string_equal(text_instant(INSTANT_MS, text), "2026-11-20T07:00:00.123+01:00");
	zone("XST03:30");
	assert_string_equal(text_instant(INSTANT_MS, text), "2026-11-20T02:30:00.123-03:30");
	zone("UTC");
	assert_string_equal(text_instant(-1, text), "1969-12-31T23:59:59.999+00:00");
}

static void instants_of_the_api_are_read_back(void **state)
{
	static const char *const bad[] = {"", "2026-11-20", "2026-11-20T06:00:00Z",
					  "2026-11-20T06:00:00.123", "2026-11-20T06:00:00.123Zx"};
	int64_t at_ms = 0;

	(void)state;
	zone("XST-01:00"); /* which must not matter */
	assert_true(text_parse_instant("2026-11-20T06:00:00.123Z", &at_ms));
	assert_int_equal(at_ms, INSTANT_MS);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_parse_instant(bad[i], &at_ms));
}

static void text_from_outside_cannot_steer_a_terminal(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	text_clean(&out, "a\033[31mb\nc\td\x7f\xc2\x9bz\xc3\xa4");
	assert_string_equal(str_text(&out), "a [31mb c d  z\xc3\xa4");
	str_clear(&out);
	text_clean(&out, "a\xe2\x80\xae"
			 "b\xe2\x81\xa6"
			 "c\xe2\x80\x8f"
			 "d\xd8\x9c"
			 "e\xe2\x80\x94");
	assert_string_equal(str_text(&out), "a b c d e\xe2\x80\x94");
	str_clear(&out);
	text_clean_lines(&out, "a\033[1m\n\tb\r\xe2\x80\xae\n");
	assert_string_equal(str_text(&out), "a [1m\n\tb  \n");
	str_close(&out);
}

static void columns_are_aligned_by_characters_and_lines_end_without_spaces(void **state)
{
	static const char *const titles[] = {"TASK", "STATE", "REASON", NULL};
	struct str out = STR_INIT;
	struct table table;

	(void)state;
	table_init(&table, titles);
	table_cell(&table, "\xc3\xa4hre");
	table_cell(&table, "success");
	table_cell(&table, NULL);
	table_cell(&table, "load-all");
	table_cell(&table, "failed");
	table_cell(&table, "exit code 3");
	table_print(&table, false, &out);
	assert_string_equal(str_text(&out), "TASK      STATE    REASON\n"
					    "\xc3\xa4hre      success  -\n"
					    "load-all  failed   exit code 3\n");
	str_clear(&out);
	table_print(&table, true, &out);
	assert_string_equal(str_text(&out), "TASK      STATE    REASON\n"
					    "\xc3\xa4hre      \033[32msuccess\033[0m  -\n"
					    "load-all  \033[31mfailed\033[0m   exit code 3\n");
	table_close(&table);
	str_close(&out);
}

static void expect_address(const char *text, const char *host, uint16_t port)
{
	struct address address;

	assert_int_equal(address_parse(text, &address, NULL), 0);
	assert_string_equal(address.host, host);
	assert_int_equal(address.port, port);
}

static void an_address_has_a_default_for_each_part(void **state)
{
	(void)state;
	expect_address(NULL, "127.0.0.1", 8088);
	expect_address("0.0.0.0:80", "0.0.0.0", 80);
	expect_address("example.org", "example.org", 8088);
	expect_address(":0", "127.0.0.1", 0);
	expect_address("[::1]:9000", "::1", 9000);
	expect_address("[::1]", "::1", 8088);
	expect_address("none", "", 0);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {"127.0.0.1:", "h:65536", "h:x",    "[::1",
					  "[::1]9000",  "::1",     "h:80:90"};
	struct address address;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(address_parse(bad[i], &address, &err), ERR_USAGE);
	assert_string_equal(err.message, "flag '--listen' is 'h:80:90': it must be HOST:PORT, "
					 "[IPv6]:PORT or none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_told_in_two_units),
	    cmocka_unit_test(instants_are_told_in_the_local_zone_with_its_offset),
	    cmocka_unit_test(instants_of_the_api_are_read_back),
	    cmocka_unit_test(text_from_outside_cannot_steer_a_terminal),
	    cmocka_unit_test(columns_are_aligned_by_characters_and_lines_end_without_spaces),
	    cmocka_unit_test(an_address_has_a_default_for_each_part),
	    cmocka_unit_test(what_is_no_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
