/* test_base_text.c - error texts, growing strings and the nearest of several words. */
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static void a_wrapped_error_reads_from_the_outside_in(void **state)
{
	struct err err = {0};
	int rc;

	(void)state;
	rc = err_errno(&err, ENOSPC, "create log");
	err_wrap(&err, "start '%s' attempt %u", "extract", 2u);
	assert_int_equal(rc, ERR_FULL);
	assert_int_equal(err.code, ERR_FULL);
	assert_string_equal(err.message,
			    "start 'extract' attempt 2: create log: No space left on device");
}

static void an_error_nobody_wants_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_BUG, "x"), ERR_BUG);
	assert_int_equal(err_errno(NULL, ENOENT, "x"), ERR_NOT_FOUND);
	err_wrap(NULL, "x");
}

static void a_text_too_long_is_cut_not_overrun(void **state)
{
	char long_text[3 * ERR_MESSAGE_MAX];
	struct err err = {0};

	(void)state;
	memset(long_text, 'x', sizeof long_text);
	long_text[sizeof long_text - 1] = '\0';
	err_set(&err, ERR_IO, "%s", long_text);
	err_wrap(&err, "%s", long_text);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
}

static void a_string_grows_and_is_taken(void **state)
{
	struct str str = STR_INIT;
	char *taken;

	(void)state;
	assert_string_equal(str_text(&str), "");
	for (int i = 0; i < 1000; i++)
		str_printf(&str, "%d,", i);
	assert_int_equal(str.size, 10 * 2 + 90 * 3 + 900 * 4);
	taken = str_take(&str);
	assert_true(str_starts_with(taken, "0,1,2,"));
	assert_true(str_ends_with(taken, ",999,"));
	assert_int_equal(str.size, 0);
	str_close(&str);
	str.data = taken;
	str_close(&str);
}

static void the_nearest_word_is_found_or_none(void **state)
{
	static const char *const names[] = {"command", "depends_on", "retries", "env", "id", NULL};

	(void)state;
	assert_string_equal(str_nearest("comand", names), "command");
	assert_string_equal(str_nearest("depend_on", names), "depends_on");
	assert_string_equal(str_nearest("retires", names), "retries");
	assert_string_equal(str_nearest("evn", names), "env");
	assert_null(str_nearest("kubernetes", names));
}

static void distance_counts_edits_and_stops_at_the_limit(void **state)
{
	(void)state;
	assert_int_equal(str_distance("", "", 3), 0);
	assert_int_equal(str_distance("ab", "ba", 3), 1);
	assert_int_equal(str_distance("kitten", "sitting", 3), 3);
	assert_int_equal(str_distance("kitten", "banana", 3), 4);
}

static void a_quoted_value_stays_on_its_line(void **state)
{
	char buffer[64];

	(void)state;
	assert_string_equal(log_quote("a \"b\"\nc", buffer, sizeof buffer),
			    "\"a \\\"b\\\"\\x0ac\"");
	log_quote("0123456789012345678901234567890123456789012345678901234567890123456789", buffer,
		  sizeof buffer);
	assert_true(strlen(buffer) < sizeof buffer);
	assert_int_equal(buffer[strlen(buffer) - 1], '"');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_wrapped_error_reads_from_the_outside_in),
	    cmocka_unit_test(an_error_nobody_wants_is_allowed),
	    cmocka_unit_test(a_text_too_long_is_cut_not_overrun),
	    cmocka_unit_test(a_string_grows_and_is_taken),
	    cmocka_unit_test(the_nearest_word_is_found_or_none),
	    cmocka_unit_test(distance_counts_edits_and_stops_at_the_limit),
	    cmocka_unit_test(a_quoted_value_stays_on_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
