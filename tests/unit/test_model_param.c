/* test_model_param.c - what a run may be started with, and what is said of the rest. */
#include "base/mem.h"
#include "base/str.h"
#include "model/param.h"
#include "tests/unit/unit.h"

#include <string.h>

static const struct param region = {
    .name = "region", .choices = "[\"us\",\"eu\"]", .fallback = "\"us\""};
static const struct param count = {.name = "count",
				   .type = PARAM_INTEGER,
				   .is_required = true,
				   .has_minimum = true,
				   .minimum = 1,
				   .has_maximum = true,
				   .maximum = 9};
static const struct param code = {.name = "code", .pattern = "[a-z]+"};
static const struct param day = {.name = "day", .type = PARAM_DATE};

static void expect(const struct param *param, const char *json, const char *wanted)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct err err = {0};

	assert_non_null(value);
	(void)param_check(param, value, &err);
	assert_string_equal(err.message, wanted);
	json_decref(value);
}

static void a_value_is_of_its_type_and_within_its_bounds(void **state)
{
	(void)state;
	expect(&region, "\"eu\"", "");
	expect(&region, "\"asia\"", "param 'region' must be one of [\"us\",\"eu\"], not \"asia\"");
	expect(&region, "1", "param 'region' must be a value of type string, not 1");
	expect(&region, "null", "");
	expect(&region, "\"e\\u0000u\"", "param 'region' holds a NUL character");
	expect(&count, "9", "");
	expect(&count, "0", "param 'count' must be at least 1, not 0");
	expect(&count, "10", "param 'count' must be at most 9, not 10");
	expect(&count, "1.5", "param 'count' must be a value of type integer, not 1.5");
	expect(&count, "null", "param 'count' is required and has no value");
	expect(&code, "\"abc\"", "");
	expect(&code, "\"abc \"", "param 'code' must match [a-z]+, not \"abc \"");
	expect(&day, "\"2024-02-29\"", "");
	expect(&day, "\"2026-02-29\"",
	       "param 'day' must be a value of type date (2026-11-20), not \"2026-02-29\"");
}

static void a_pattern_that_explodes_is_an_error_not_a_wait(void **state)
{
	static const struct param slow = {.name = "slow", .pattern = "(a+)+(b+)+c"};
	struct str value = STR_INIT;
	json_t *json;
	struct err err = {0};

	(void)state;
	for (int i = 0; i < 5000; i++)
		str_append(&value, "a");
	json = json_string(str_text(&value));
	assert_int_equal(param_check(&slow, json, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "param 'slow'"));
	json_decref(json);
	str_close(&value);
}

static void the_params_of_a_run_are_all_there(void **state)
{
	struct param params[] = {region, count};
	struct dag dag = {.id = "d", .params = params, .param_count = 2};
	json_t *given = json_pack("{s:i}", "count", 3);
	struct err err = {0};
	json_t *all;
	char *text;

	(void)state;
	assert_int_equal(params_resolve(&dag, given, &all, &err), 0);
	text = json_dumps(all, JSON_COMPACT);
	assert_string_equal(text, "{\"region\":\"us\",\"count\":3}");
	mem_free(text);
	json_decref(all);
	json_object_set_new(given, "regoin", json_string("eu"));
	assert_int_equal(params_resolve(&dag, given, &all, &err), ERR_INVALID);
	assert_string_equal(err.message, "dag 'd' has no param 'regoin' (did you mean 'region'?)");
	assert_null(all);
	assert_int_equal(params_resolve(&dag, NULL, &all, &err), ERR_INVALID);
	assert_string_equal(err.message, "param 'count' is required and has no value");
	json_decref(given);
}

static void texts_of_a_command_line_become_values(void **state)
{
	static const struct param list = {.name = "files", .type = PARAM_LIST};
	struct err err = {0};
	json_t *value;

	(void)state;
	value = param_from_text(&count, "7", &err);
	assert_int_equal(json_integer_value(value), 7);
	json_decref(value);
	value = param_from_text(&list, "[\"a\", \"b\"]", &err);
	assert_int_equal(json_array_size(value), 2);
	json_decref(value);
	value = param_from_text(&region, "17", &err);
	assert_string_equal(json_string_value(value), "17");
	json_decref(value);
	assert_null(param_from_text(&count, "seven", &err));
	assert_string_equal(err.message,
			    "param 'count' must be a value of type integer, not 'seven'");
}

static void only_harmless_choices_are_bound(void **state)
{
	static const struct param odd = {.name = "odd", .choices = "[\"a\",\"$(rm)\"]"};
	static const struct param plain = {.name = "plain"};

	(void)state;
	assert_true(param_is_bound(&region));
	assert_true(param_is_bound(&count));
	assert_true(param_is_bound(&code));
	assert_false(param_is_bound(&odd));
	assert_false(param_is_bound(&plain));
	assert_true(param_text_is_harmless("2026-11-20T06:00+01:00 a/b_c.d,e%"));
	assert_false(param_text_is_harmless("a;b"));
	assert_false(param_text_is_harmless("a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_is_of_its_type_and_within_its_bounds),
	    cmocka_unit_test(a_pattern_that_explodes_is_an_error_not_a_wait),
	    cmocka_unit_test(the_params_of_a_run_are_all_there),
	    cmocka_unit_test(texts_of_a_command_line_become_values),
	    cmocka_unit_test(only_harmless_choices_are_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
