/* The words of a command line become a verb, operands and flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/args.h"

#include <string.h>

struct line {
	struct args args;
	struct err err;
	int rc;
};

/* Parses words, NULL-terminated. */
static struct line parse(const char *const words[])
{
	struct line line = {.rc = 0};
	int count = 0;

	while (words[count] != NULL)
		count++;
	line.rc = args_parse(count, words, &line.args, &line.err);
	return line;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void flags_stand_before_or_after_verb_and_operands(void **state)
{
	struct line lines[] = {
	    PARSE("--home", "/h", "logs", "9f1c", "extract", "-f"),
	    PARSE("logs", "--home=/h", "9f1c", "--follow", "extract"),
	    PARSE("-f", "logs", "9f1c", "extract", "--home", "/h"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct args *args = &lines[i].args;

		assert_int_equal(lines[i].rc, 0);
		assert_string_equal(args->verb, "logs");
		assert_int_equal(args->operand_count, 2);
		assert_string_equal(args->operands[0], "9f1c");
		assert_string_equal(args->operands[1], "extract");
		assert_string_equal(args->values[FLAG_HOME], "/h");
		assert_true(args_has(args, FLAG_FOLLOW));
		assert_int_equal(args->given, FLAG_BIT(FLAG_HOME) | FLAG_BIT(FLAG_FOLLOW));
		args_close(args);
	}
}

static void an_optional_value_is_only_taken_after_an_equals_sign(void **state)
{
	struct line bare = PARSE("trigger", "--wait", "flights");
	struct line bounded = PARSE("trigger", "--wait=5m", "flights");

	(void)state;
	assert_true(args_has(&bare.args, FLAG_WAIT));
	assert_null(bare.args.values[FLAG_WAIT]);
	assert_string_equal(bare.args.operands[0], "flights");
	assert_string_equal(bounded.args.values[FLAG_WAIT], "5m");
	args_close(&bare.args);
	args_close(&bounded.args);
}

static void two_dashes_end_the_flags(void **state)
{
	struct line line = PARSE("validate", "--json", "--", "--home", "-f");

	(void)state;
	assert_int_equal(line.rc, 0);
	assert_int_equal(line.args.operand_count, 2);
	assert_string_equal(line.args.operands[0], "--home");
	assert_string_equal(line.args.operands[1], "-f");
	assert_int_equal(line.args.given, FLAG_BIT(FLAG_JSON));
	args_close(&line.args);
}

static void a_lone_dash_is_an_operand_and_the_last_of_repeated_flags_counts(void **state)
{
	struct line line = PARSE("validate", "-", "--home", "/a", "--home=/b=c");

	(void)state;
	assert_int_equal(line.rc, 0);
	assert_string_equal(line.args.operands[0], "-");
	assert_string_equal(line.args.values[FLAG_HOME], "/b=c");
	args_close(&line.args);
}

static void a_repeated_flag_gives_all_its_values_in_their_order(void **state)
{
	struct line line = PARSE("rerun", "--from", "a", "--param=x=1", "9f", "--from=b", "--json");
	size_t at = 0;

	(void)state;
	assert_int_equal(line.rc, 0);
	assert_int_equal(args_count(&line.args, FLAG_FROM), 2);
	assert_string_equal(args_next(&line.args, FLAG_FROM, &at), "a");
	assert_string_equal(args_next(&line.args, FLAG_FROM, &at), "b");
	assert_null(args_next(&line.args, FLAG_FROM, &at));
	at = 0;
	assert_string_equal(args_next(&line.args, FLAG_PARAM, &at), "x=1");
	assert_null(args_next(&line.args, FLAG_PARAM, &at));
	at = 0;
	assert_null(args_next(&line.args, FLAG_ONLY, &at));
	assert_int_equal(args_count(&line.args, FLAG_ONLY), 0);
	args_close(&line.args);
}

static void flags_that_exclude_each_other_are_named(void **state)
{
	const uint64_t set = FLAG_BIT(FLAG_FAILED) | FLAG_BIT(FLAG_FROM) | FLAG_BIT(FLAG_ONLY);
	struct line one = PARSE("rerun", "--from", "a", "--from", "b", "--latest");
	struct line two = PARSE("rerun", "--only", "a", "--failed");
	struct err err;

	(void)state;
	assert_int_equal(args_check_one_of(&one.args, set, NULL), 0);
	assert_int_equal(args_check_one_of(&two.args, set, &err), ERR_USAGE);
	assert_string_equal(err.message, "'--failed' and '--only' exclude each other");
	args_close(&one.args);
	args_close(&two.args);
}

static void expect_refusal(struct line line, const char *message)
{
	assert_int_equal(line.rc, ERR_USAGE);
	assert_string_equal(line.err.message, message);
	args_close(&line.args);
}

static void what_cannot_be_meant_is_refused_with_what_would_be_right(void **state)
{
	(void)state;
	expect_refusal(PARSE("ls", "runs", "--limt", "3"),
		       "unknown flag '--limt' (did you mean '--limit'?)");
	expect_refusal(PARSE("ls", "--quite-unknown=1"), "unknown flag '--quite-unknown'");
	expect_refusal(PARSE("ls", "-x"), "unknown flag '-x'");
	expect_refusal(PARSE("logs", "-fx"), "unknown flag '-fx'");
	expect_refusal(PARSE("ls", "--limit"), "flag '--limit' needs a value: --limit N");
	expect_refusal(PARSE("ls", "--limit", "--json"), "flag '--limit' needs a value: --limit N");
	expect_refusal(PARSE("ls", "--json=yes"), "flag '--json' takes no value");
	expect_refusal(PARSE("trigger", "d", "--id="), "flag '--id' has an empty value: --id KEY");
	expect_refusal(PARSE("trigger", "d", "--id", ""),
		       "flag '--id' has an empty value: --id KEY");
}

static void a_token_has_no_flag_of_its_own(void **state)
{
	struct line line = PARSE("ls", "runs", "--token", "s3cret");

	(void)state;
	assert_int_equal(line.rc, ERR_USAGE);
	assert_null(strstr(line.err.message, "s3cret"));
	args_close(&line.args);
}

static void a_verb_gets_its_own_flags_and_those_of_all_verbs(void **state)
{
	struct line line = PARSE("trigger", "d", "--id", "k", "--json", "--url", "http://h");
	const uint64_t taken = FLAG_BIT(FLAG_ID);

	(void)state;
	assert_int_equal(args_check_flags(&line.args, "trigger", taken, 0, NULL), 0);
	args_close(&line.args);
}

static void a_flag_of_another_verb_or_of_a_later_day_is_refused_by_name(void **state)
{
	struct line other = PARSE("cancel", "9f", "--limit", "3");
	struct line early = PARSE("trigger", "d", "--param", "a=1");
	struct err err;

	(void)state;
	assert_int_equal(args_check_flags(&other.args, "cancel", 0, 0, &err), ERR_USAGE);
	assert_string_equal(err.message, "'cancel' has no flag '--limit'");
	assert_int_equal(args_check_flags(&early.args, "trigger", 0, FLAG_BIT(FLAG_PARAM), &err),
			 ERR_USAGE);
	assert_string_equal(err.message, "flag '--param' of 'trigger' is not supported yet");
	args_close(&other.args);
	args_close(&early.args);
}

static void numbers_are_held_to_their_range(void **state)
{
	static const char *const wrong[] = {"0", "101", "-1", "1x", "", "99999999999999999999",
					    " 5"};
	struct line line = PARSE("ls", "runs", "--limit", "100");
	int64_t number = 0;
	struct err err;

	(void)state;
	assert_int_equal(args_number(&line.args, FLAG_LIMIT, 1, 100, 50, &number, NULL), 0);
	assert_int_equal(number, 100);
	assert_int_equal(args_number(&line.args, FLAG_PORT, 1, 100, 50, &number, NULL), 0);
	assert_int_equal(number, 50);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		line.args.values[FLAG_LIMIT] = wrong[i];
		assert_int_equal(args_number(&line.args, FLAG_LIMIT, 1, 100, 50, &number, &err),
				 ERR_USAGE);
	}
	line.args.values[FLAG_LIMIT] = "ten";
	assert_int_equal(args_number(&line.args, FLAG_LIMIT, 1, 100, 50, &number, &err), ERR_USAGE);
	assert_string_equal(err.message,
			    "flag '--limit' is 'ten': it must be a number from 1 to 100");
	args_close(&line.args);
}

static void every_flag_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < FLAG_COUNT; i++) {
		const struct flag *flag = args_flag((enum flag_id)i);

		assert_non_null(flag->name);
		assert_true((flag->value == VALUE_NONE) == (flag->value_name == NULL));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(args_flag((enum flag_id)j)->name, flag->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flags_stand_before_or_after_verb_and_operands),
	    cmocka_unit_test(an_optional_value_is_only_taken_after_an_equals_sign),
	    cmocka_unit_test(two_dashes_end_the_flags),
	    cmocka_unit_test(a_lone_dash_is_an_operand_and_the_last_of_repeated_flags_counts),
	    cmocka_unit_test(a_repeated_flag_gives_all_its_values_in_their_order),
	    cmocka_unit_test(flags_that_exclude_each_other_are_named),
	    cmocka_unit_test(what_cannot_be_meant_is_refused_with_what_would_be_right),
	    cmocka_unit_test(a_token_has_no_flag_of_its_own),
	    cmocka_unit_test(a_verb_gets_its_own_flags_and_those_of_all_verbs),
	    cmocka_unit_test(a_flag_of_another_verb_or_of_a_later_day_is_refused_by_name),
	    cmocka_unit_test(numbers_are_held_to_their_range),
	    cmocka_unit_test(every_flag_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
