/* test_store_words.c - what is typed into a filter, as patterns. */
#include "store/words.h"

#include "unit.h"

static void expect_words(const char *text, const char *expected)
{
	struct str json = STR_INIT;

	assert_int_equal(words_parse(text, &json, NULL), 0);
	assert_string_equal(str_text(&json), expected);
	str_close(&json);
}

static void expect_refused(const char *text, const char *expected)
{
	struct str json = STR_INIT;
	struct err err = {0};

	assert_int_equal(words_parse(text, &json, &err), ERR_INVALID);
	assert_string_equal(err.message, expected);
	str_close(&json);
}

static void words_are_parts_and_keys_name_what_is_meant(void **state)
{
	(void)state;
	expect_words("", "[]");
	expect_words("  Sales ", "[{\"k\":\"any\",\"p\":\"*sales*\"}]");
	expect_words("a owner:Platform",
		     "[{\"k\":\"any\",\"p\":\"*a*\"},{\"k\":\"owner\",\"p\":\"platform\"}]");
	expect_words("id:x dag:y_*",
		     "[{\"k\":\"name\",\"p\":\"*x*\"},{\"k\":\"name\",\"p\":\"y_*\"}]");
	expect_words("owner:", "[]");
}

static void quotes_hold_blanks(void **state)
{
	(void)state;
	expect_words("owner:\"desk data\" \"by the\"",
		     "[{\"k\":\"owner\",\"p\":\"desk data\"},{\"k\":\"any\",\"p\":\"*by the*\"}]");
	expect_words("\"never closed", "[{\"k\":\"any\",\"p\":\"*never closed*\"}]");
}

static void only_a_star_stands_for_anything(void **state)
{
	(void)state;
	expect_words("a?[b]", "[{\"k\":\"any\",\"p\":\"*a[?][[]b]*\"}]");
	expect_words("\\x", "[{\"k\":\"any\",\"p\":\"*\\\\x*\"}]");
	expect_words("12:30", "[{\"k\":\"any\",\"p\":\"*12:30*\"}]");
}

static void an_unknown_key_is_refused_with_the_nearest(void **state)
{
	(void)state;
	expect_refused("ownr:x", "no filter 'ownr:' (did you mean 'owner:'?)");
	expect_refused("colour:red",
		       "no filter 'colour:': there are name: owner: domain: tag: state:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_parts_and_keys_name_what_is_meant),
	    cmocka_unit_test(quotes_hold_blanks),
	    cmocka_unit_test(only_a_star_stands_for_anything),
	    cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
