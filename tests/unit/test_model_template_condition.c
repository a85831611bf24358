/* test_model_template_condition.c - conditions: what is true, what is false and what cannot be
 * told. */
#include "tests/unit/template_kit.h"

static struct template *parse(struct kit *kit, const char *text)
{
	struct template_error error = {0};
	struct template *condition = NULL;

	if (template_parse_condition(&kit->arena, text, &condition, &error) != 0)
		fail_msg("%s: %zu: %s", text, error.offset, error.message);
	return condition;
}

static void expect(struct kit *kit, const char *text, bool expected)
{
	struct err err = {0};
	bool is_true = !expected;

	if (template_judge(parse(kit, text), &kit->values, &is_true, &err) != 0)
		fail_msg("%s: %s", text, err.message);
	if (is_true != expected)
		fail_msg("%s is %s", text, is_true ? "true" : "false");
}

static void expect_failure(struct kit *kit, const char *text, const char *message)
{
	struct err err = {0};
	bool is_true;

	assert_int_equal(template_judge(parse(kit, text), &kit->values, &is_true, &err),
			 ERR_INVALID);
	assert_string_equal(err.message, message);
}

static void expect_error(struct kit *kit, const char *text, size_t offset, const char *message)
{
	struct template_error error = {0};
	struct template *condition = NULL;

	assert_int_equal(template_parse_condition(&kit->arena, text, &condition, &error),
			 ERR_SYNTAX);
	assert_string_equal(error.message, message);
	assert_int_equal(error.offset, offset);
}

static void values_are_true_or_false_alone(void **state)
{
	static const char *const yes[] = {
	    "true", "1",           "-0.5", "'x'",         "'0'",
	    "[0]",  "params.list", "item", "params.flag", "params.region"};
	static const char *const no[] = {
	    "false",          "0",           "0.0",         "''", "[]", "null",
	    "params.nothing", "params.none", "params.empty"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		expect(*state, yes[i], true);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		expect(*state, no[i], false);
}

static void likes_are_compared(void **state)
{
	expect(*state, "params.n == 3", true);
	expect(*state, "params.n == 3.0 and 3 <= params.n and params.n<4", true);
	expect(*state, "params.n != 3", false);
	expect(*state, "params.big > 9007199254740992.0", true);
	expect(*state, "params.region == 'eu'", true);
	expect(*state, "'a' < 'b' and 'a' < 'aa' and 'Z' < 'a'", true);
	expect(*state, "ds >= '2026-11-20'", true);
	expect(*state, "params.flag == true and params.flag != false", true);
	expect(*state, "params.nothing == null", true);
	expect(*state, "params.list == ['a', 'b c']", true);
	expect(*state, "ds | date('%u') == '5'", true);
	expect(*state, "tasks.a-b.state=='success'", true);
}

static void unlikes_are_unequal_and_have_no_order(void **state)
{
	expect(*state, "'3' == 3", false);
	expect(*state, "1 == true", false);
	expect(*state, "null == false", false);
	expect(*state, "'3' != 3", true);
	expect_failure(
	    *state, "'2' < 3",
	    "'2' < 3: a text and a number have no order: compare two numbers or two texts");
	expect_failure(
	    *state, "true < false",
	    "true < false: true and false have no order: compare two numbers or two texts");
	expect_failure(
	    *state, "[1] > [0]",
	    "[1] > [0]: a list and a list have no order: compare two numbers or two texts");
}

static void in_looks_in_lists_texts_and_objects(void **state)
{
	expect(*state, "params.region in ['eu', 'us']", true);
	expect(*state, "params.region not in ['eu', 'us']", false);
	expect(*state, "3.0 in [1, 2, 3]", true);
	expect(*state, "1 in [true]", false);
	expect(*state, "'b' in 'abc' and '' in 'abc'", true);
	expect(*state, "'n' in item and 'm' not in item", true);
	expect(*state, "'x' in []", false);
	expect_failure(
	    *state, "1 in '123'",
	    "1 in '123': in cannot look for a number in a text: an item in a list, a text "
	    "in a text or a key in an object");
	expect_failure(*state, "'a' not in 5",
		       "'a' not in 5: in cannot look for a text in a number: an item in a list, a "
		       "text in a text or a key in an object");
}

static void and_or_not_bind_as_in_python(void **state)
{
	expect(*state, "true or false and false", true);
	expect(*state, "(true or false) and false", false);
	expect(*state, "not false and false", false);
	expect(*state, "not (false and false)", true);
	expect(*state, "not params.n == 4", true);
	expect(*state, "not not 5", true);
	expect(*state, "not not not 5", false);
	expect(*state, "(1 < 2) == true", true);
	expect(*state, "false or 'x'", true);
}

static void what_is_decided_is_not_looked_at(void **state)
{
	expect(*state, "false and params.x == 1", false);
	expect(*state, "true or params.x == 1", true);
	expect(*state, "params.x | default(1) == 1", true);
	expect_failure(*state, "true and params.x == 1",
		       "true and params.x == 1: 'params.x' has no value: no 'x' here");
}

static void errors_of_form_offer_the_right_form(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *message;
	} rows[] = {
	    {"", 0, "it ends where a name or a value should stand"},
	    {"params.n ==", 11, "it ends where a name or a value should stand"},
	    {"{{ params.n == 3 }}", 0, "a condition stands without '{{' and '}}'"},
	    {"params.n = 3", 9, "write '==' for '='"},
	    {"a && b", 2, "write 'and' for '&&'"},
	    {"a || b", 2, "write 'or' for '||'"},
	    {"!a", 0, "'!' stands where a name or a value should"},
	    {"1 < 2 < 3", 6, "comparisons do not chain: join two with and"},
	    {"a b", 2, "'b' stands where an operator or the end should"},
	    {"(a", 2, "it ends where ')' should stand"},
	    {"[1, 2", 5, "it ends where ',' or ']' should stand"},
	    {"a and", 5, "it ends where a name or a value should stand"},
	    {"and a", 0, "'and' stands where a value should"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect_error(*state, rows[i].text, rows[i].offset, rows[i].message);
}

static void depth_is_bounded(void **state)
{
	struct kit *kit = *state;
	struct template_error error;
	struct template *condition = NULL;
	struct str text = STR_INIT;

	for (int i = 0; i < 5000; i++)
		str_append(&text, "not ");
	str_append(&text, "true");
	expect(kit, text.data, true);
	str_clear(&text);
	for (int i = 0; i < 5000; i++)
		str_append(&text, "true and ");
	str_append(&text, "true");
	expect(kit, text.data, true);
	str_clear(&text);
	for (int i = 0; i < 5000; i++)
		str_append(&text, "not (");
	assert_int_equal(template_parse_condition(&kit->arena, text.data, &condition, &error),
			 ERR_LIMIT);
	str_close(&text);
}

static void add_path(void *context, const struct template_path *path)
{
	struct str *out = context;

	str_printf(out, "%zu+%zu:", path->offset, path->length);
	for (uint32_t i = 0; i < path->count; i++)
		str_printf(out, "%s/", path->parts[i]);
}

static void all_names_are_told_in_order(void **state)
{
	struct str out = STR_INIT;

	template_each_path(parse(*state, "a.b[0] == 1 or not (c['x.y'] in [d | default(e)])"),
			   add_path, &out);
	assert_string_equal(str_text(&out), "0+6:a/b/0/20+8:c/x.y/33+1:d/45+1:e/");
	str_close(&out);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)
	const struct CMUnitTest tests[] = {
	    CASE(values_are_true_or_false_alone),        CASE(likes_are_compared),
	    CASE(unlikes_are_unequal_and_have_no_order), CASE(in_looks_in_lists_texts_and_objects),
	    CASE(and_or_not_bind_as_in_python),          CASE(what_is_decided_is_not_looked_at),
	    CASE(errors_of_form_offer_the_right_form),   CASE(depth_is_bounded),
	    CASE(all_names_are_told_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
