/* test_store_words.c - what is typed into a filter, and what it fits. */
#include "store/words.h"

#include "unit.h"

#define FLIGHTS                                                                                \
	(const char *[WORDS_TEXT_COUNT])                                                       \
	{                                                                                      \
		[WORDS_NAME] = "sales.Flights", [WORDS_DESCRIPTION] = "By the hour [UTC]",     \
		[WORDS_OWNER] = "Desk data", [WORDS_DOMAIN] = "sales",                         \
		[WORDS_TAG] = "[\"nightly\", \"a\\\"b\\\\c\\u0009d\", \"K\303\266ln\"]",       \
		[WORDS_STATE] = "[\"failed\",\"paused\"]", [WORDS_ID] = "00c0ffee00c0ffee",    \
		[WORDS_BY] = "schedule", [WORDS_PERIOD] = "2026-11-20", [WORDS_REASON] = NULL, \
	}

static bool fits(enum words_of of, const char *text)
{
	struct words words = {0};
	bool does;

	assert_int_equal(words_parse(&words, of, text, NULL), 0);
	does = words_fit(&words, FLIGHTS);
	words_close(&words);
	return does;
}

static void expect_refused(enum words_of of, const char *text, const char *expected)
{
	struct words words = {0};
	struct err err = {0};

	assert_int_equal(words_parse(&words, of, text, &err), ERR_INVALID);
	assert_string_equal(err.message, expected);
	words_close(&words);
}

static void words_are_parts_and_keys_name_what_is_meant(void **state)
{
	(void)state;
	assert_true(fits(WORDS_OF_DAGS, ""));
	assert_true(fits(WORDS_OF_DAGS, "  FLIGHT "));
	assert_true(fits(WORDS_OF_DAGS, "flight hour night"));
	assert_false(fits(WORDS_OF_DAGS, "flight minute"));
	assert_true(fits(WORDS_OF_DAGS, "id:flight dag:SALES* name:s"));
	assert_false(fits(WORDS_OF_DAGS, "name:hour"));
	assert_true(fits(WORDS_OF_DAGS, "domain:sales domain:s*"));
	assert_false(fits(WORDS_OF_DAGS, "domain:sale"));
	assert_true(fits(WORDS_OF_DAGS, "owner:"));
	assert_true(fits(WORDS_OF_DAGS, "state:paused state:failed"));
	assert_false(fits(WORDS_OF_DAGS, "state:running"));
	assert_false(fits(WORDS_OF_DAGS, "c0ffee"));
}

static void runs_have_keys_of_their_own(void **state)
{
	(void)state;
	assert_true(fits(WORDS_OF_RUNS, "00c0f"));
	assert_true(fits(WORDS_OF_RUNS, "id:00c0ffee* by:schedule period:2026-11-20 run:00c0"));
	assert_false(fits(WORDS_OF_RUNS, "by:sched"));
	assert_false(fits(WORDS_OF_RUNS, "name:c0ffee"));
	assert_true(fits(WORDS_OF_RUNS, "2026-11 dag:flights tag:nightly owner:desk*"));
	assert_false(fits(WORDS_OF_RUNS, "hour"));
}

static void a_state_that_is_named_as_a_whole_can_be_looked_up(void **state)
{
	struct words words = {0};

	(void)state;
	assert_int_equal(words_parse(&words, WORDS_OF_RUNS, "state:fail* a", NULL), 0);
	assert_null(words_state(&words));
	assert_int_equal(words_parse(&words, WORDS_OF_RUNS, "state:Failed", NULL), 0);
	assert_string_equal(words_state(&words), "failed");
	words_close(&words);
}

static void quotes_hold_blanks(void **state)
{
	(void)state;
	assert_true(fits(WORDS_OF_DAGS, "owner:\"desk data\" \"by the\""));
	assert_false(fits(WORDS_OF_DAGS, "\"the by\""));
	assert_true(fits(WORDS_OF_DAGS, "\"by the hour"));
}

static void only_a_star_stands_for_anything(void **state)
{
	(void)state;
	assert_true(fits(WORDS_OF_DAGS, "[utc]"));
	assert_false(fits(WORDS_OF_DAGS, "?ales"));
	assert_true(fits(WORDS_OF_DAGS, "*.f*t*s"));
	assert_false(fits(WORDS_OF_DAGS, "*.f*t*x"));
	assert_true(fits(WORDS_OF_DAGS, "sales*flights"));
	assert_false(fits(WORDS_OF_DAGS, "sales*"
					 "sales*"));
	assert_true(fits(WORDS_OF_DAGS, "**flights**"));
	assert_false(fits(WORDS_OF_DAGS, "12:30"));
}

static void each_tag_is_one_text(void **state)
{
	(void)state;
	assert_true(fits(WORDS_OF_DAGS, "tag:nightly"));
	assert_false(fits(WORDS_OF_DAGS, "tag:night"));
	assert_true(fits(WORDS_OF_DAGS, "tag:a*c*d tag:*\\*"));
	assert_true(fits(WORDS_OF_DAGS, "tag:k\303\266ln"));
	assert_false(fits(WORDS_OF_DAGS, "tag:nightly*d"));
}

static void an_unknown_key_is_refused_with_the_nearest(void **state)
{
	(void)state;
	expect_refused(WORDS_OF_DAGS, "ownr:x", "no filter 'ownr:' (did you mean 'owner:'?)");
	expect_refused(WORDS_OF_DAGS, "colour:red",
		       "no filter 'colour:': there are name: owner: domain: tag: state:");
	expect_refused(WORDS_OF_RUNS, "perod:x", "no filter 'perod:' (did you mean 'period:'?)");
	expect_refused(WORDS_OF_RUNS, "colour:red",
		       "no filter 'colour:': there are dag: id: state: by: period: owner: domain: "
		       "tag:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_parts_and_keys_name_what_is_meant),
	    cmocka_unit_test(runs_have_keys_of_their_own),
	    cmocka_unit_test(a_state_that_is_named_as_a_whole_can_be_looked_up),
	    cmocka_unit_test(quotes_hold_blanks),
	    cmocka_unit_test(only_a_star_stands_for_anything),
	    cmocka_unit_test(each_tag_is_one_text),
	    cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
