/* test_model_duration.c - durations are one whole number and one unit. */
#include "model/duration.h"

#include "base/str.h"
#include "model/limits.h"
#include "tests/unit/unit.h"

#include <string.h>

static void each_unit_counts_its_milliseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"250ms", 250},   {"90s", 90000}, {"5m", 300000}, {"2h", 7200000},
	    {"1d", 86400000}, {"0s", 0},      {"007s", 7000}, {"3660d", LIMIT_DURATION_MS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ms = -1;

		assert_int_equal(duration_parse(cases[i].text, &ms, NULL), 0);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const words[] = {"",    "s",   "5x",   "1.5h", "1h30m",
					    "-5s", "+5s", " 5s",  "5 s",  "5s ",
					    "5S",  "5M",  "5mss", "soon", "5\xc2\xa0s"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct err err;
		int64_t ms = 77;

		assert_int_equal(duration_parse(words[i], &ms, &err), ERR_SYNTAX);
		assert_non_null(strstr(err.message, "is no duration: write one whole number"));
		assert_int_equal(ms, 77);
	}
}

static void a_bare_number_is_told_how_to_go_on(void **state)
{
	struct err err;
	int64_t ms;

	(void)state;
	assert_int_equal(duration_parse("90", &ms, &err), ERR_SYNTAX);
	assert_string_equal(
	    err.message, "'90' has no unit: write '90s' if seconds are meant (units: ms s m h d)");
}

static void no_number_of_digits_overflows(void **state)
{
	struct err err;
	int64_t ms;

	(void)state;
	assert_int_equal(duration_parse("3661d", &ms, &err), ERR_LIMIT);
	assert_string_equal(err.message, "'3661d' is too long: at most 3660 days");
	assert_int_equal(duration_parse("18446744073709551617s", &ms, &err), ERR_LIMIT);
	assert_int_equal(duration_parse("99999999999999999999999999999999999999ms", &ms, &err),
			 ERR_LIMIT);
}

static void what_could_steer_a_terminal_is_not_echoed(void **state)
{
	struct err err;
	int64_t ms;

	(void)state;
	assert_int_equal(duration_parse("\x1b[2J5s", &ms, &err), ERR_SYNTAX);
	assert_true(str_starts_with(err.message, "'\\x1b[2J5s' is no duration"));
	assert_int_equal(duration_parse("5µs", &ms, &err), ERR_SYNTAX);
	assert_true(str_starts_with(err.message, "'5µs' is no duration"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_unit_counts_its_milliseconds),
	    cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
	    cmocka_unit_test(a_bare_number_is_told_how_to_go_on),
	    cmocka_unit_test(no_number_of_digits_overflows),
	    cmocka_unit_test(what_could_steer_a_terminal_is_not_echoed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
