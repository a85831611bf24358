/* test_model_outputs.c - what a task prints and writes becomes outputs, or is told to be none. */
#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"
#include "model/outputs.h"
#include "tests/unit/unit.h"

#include <string.h>

/* What the lines give as JSON, or the error. */
static void expect_lines(const char *lines, const char *wanted)
{
	json_t *outputs = json_object();
	struct err err;
	char *text = NULL;

	if (outputs_add_lines(outputs, lines, strlen(lines), &err) != 0) {
		assert_string_equal(err.message, wanted);
	} else {
		text = json_dumps(outputs, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, wanted);
	}
	mem_free(text);
	json_decref(outputs);
}

static void lines_are_pairs_or_objects(void **state)
{
	(void)state;
	expect_lines("", "{}");
	expect_lines("a=1\nb=x = y\n\n  \r\n", "{\"a\":\"1\",\"b\":\"x = y\"}");
	expect_lines("a=\nlast=line without end", "{\"a\":\"\",\"last\":\"line without end\"}");
	expect_lines("{\"rows\": 3, \"ok\": true}\nrows=4\n", "{\"ok\":true,\"rows\":\"4\"}");
}

static void a_line_that_is_neither_is_told(void **state)
{
	(void)state;
	expect_lines("fine=1\nwhat is this\n",
		     "$HEDDLE_OUTPUT line 2: neither key=value nor a JSON object: what is this");
	expect_lines("1x=2",
		     "$HEDDLE_OUTPUT line 1: '1x' is no name of an output: a letter or '_', "
		     "then letters, digits, '_' or '-', at most 100");
	expect_lines("a=\xff\xfe", "$HEDDLE_OUTPUT line 1: the value is not UTF-8");
	expect_lines("{\"a\": }",
		     "$HEDDLE_OUTPUT line 1: no JSON object: unexpected token near '}'");
}

static int take(enum output_source source, const char *path, const char *text, bool is_whole,
		json_t *outputs, struct err *err)
{
	struct task_output output = {.name = "o", .source = source, .path = path};
	struct task task = {.outputs = &output, .output_count = 1};

	return outputs_add_stdout(outputs, &task, text, strlen(text), is_whole, err);
}

static void expect_taken(enum output_source source, const char *path, const char *text,
			 bool is_whole, const char *wanted)
{
	json_t *outputs = json_object();
	struct err err;
	char *json = NULL;

	if (take(source, path, text, is_whole, outputs, &err) != 0) {
		assert_string_equal(err.message, wanted);
	} else {
		json = json_dumps(json_object_get(outputs, "o"), JSON_COMPACT | JSON_ENCODE_ANY);
		assert_string_equal(json, wanted);
	}
	mem_free(json);
	json_decref(outputs);
}

static void stdout_gives_its_last_line_or_its_json(void **state)
{
	(void)state;
	expect_taken(OUTPUT_LAST_LINE, "", "one\ntwo\n\n", true, "\"two\"");
	expect_taken(OUTPUT_LAST_LINE, "", "end of much\nlast\r\n", false, "\"last\"");
	expect_taken(OUTPUT_STDOUT, "", "a\nb\n", true, "\"a\\nb\"");
	expect_taken(OUTPUT_JSON, "", " {\"a\": [1, 2]}\n", true, "{\"a\":[1,2]}");
	expect_taken(OUTPUT_JSON, "a.1", " {\"a\": [1, 2]}\n", true, "2");
	expect_taken(OUTPUT_JSON, "a.b", "{\"a\": [1, 2]}", true,
		     "output 'o': stdout has no part 'a.b'");
	expect_taken(OUTPUT_LAST_LINE, "", " \n", true, "output 'o': stdout has no line");
	expect_taken(OUTPUT_JSON, "", "{}", false,
		     "output 'o': stdout is longer than 262144 bytes: print less, or write the "
		     "output to $HEDDLE_OUTPUT");
}

static void the_rows_of_the_last_statement_count(void **state)
{
	const char *text = "[{\"Success\":true}]\n[{\"n\":1},\n{\"n\":2}]\n";
	json_t *outputs = json_object();
	struct err err;
	bool kept;
	char *json;

	(void)state;
	assert_int_equal(outputs_add_rows(outputs, text, strlen(text), true, &kept, &err), 0);
	assert_true(kept);
	json = json_dumps(outputs, JSON_COMPACT);
	assert_string_equal(json, "{\"rows\":[{\"n\":1},{\"n\":2}]}");
	mem_free(json);
	json_object_clear(outputs);
	assert_int_equal(outputs_add_rows(outputs, text, strlen(text), false, &kept, &err), 0);
	assert_false(kept);
	assert_int_equal(json_object_size(outputs), 0);
	assert_int_equal(outputs_add_rows(outputs, "nan", 3, true, &kept, &err), ERR_INVALID);
	json_decref(outputs);
}

static void more_than_the_bound_is_refused(void **state)
{
	json_t *outputs = json_object();
	struct str big = STR_INIT;
	struct err err;
	char *text;

	(void)state;
	assert_int_equal(outputs_text(outputs, &text, &err), 0);
	assert_null(text);
	for (unsigned i = 0; i < LIMIT_OUTPUT_BYTES; i++)
		str_append_char(&big, 'x');
	json_object_set_new(outputs, "a", json_string(str_text(&big)));
	assert_int_equal(outputs_text(outputs, &text, &err), ERR_LIMIT);
	assert_null(text);
	str_close(&big);
	json_decref(outputs);
}

static void names_of_the_environment_hold_no_dashes(void **state)
{
	struct str name = STR_INIT;

	(void)state;
	outputs_env_name("load-all", "row-count", &name);
	assert_string_equal(str_text(&name), "HEDDLE_OUT_load_all__row_count");
	str_close(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_pairs_or_objects),
	    cmocka_unit_test(a_line_that_is_neither_is_told),
	    cmocka_unit_test(stdout_gives_its_last_line_or_its_json),
	    cmocka_unit_test(the_rows_of_the_last_statement_count),
	    cmocka_unit_test(more_than_the_bound_is_refused),
	    cmocka_unit_test(names_of_the_environment_hold_no_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
