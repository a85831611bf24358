/* test_model_render.c - how an error of a file looks. */
#include "model/render.h"
#include "tests/unit/unit.h"

static void expect(const struct dag_error *error, bool caret, const char *wanted)
{
	struct str out = STR_INIT;

	dag_error_format(error, caret, &out);
	assert_string_equal(str_text(&out), wanted);
	str_close(&out);
}

static void an_error_is_one_line_and_with_caret_three(void **state)
{
	const struct dag_error error = {.source = "nightly.yaml",
					.line = 4,
					.column = 5,
					.message = "unknown key 'comand'",
					.text = "    comand: ls"};

	(void)state;
	expect(&error, false, "nightly.yaml:4:5: unknown key 'comand'\n");
	expect(&error, true, "nightly.yaml:4:5: unknown key 'comand'\n    comand: ls\n    ^\n");
}

static void the_caret_lines_up_behind_tabs_and_long_characters(void **state)
{
	const struct dag_error error = {
	    .source = "a.yaml", .line = 1, .column = 5, .message = "m", .text = "\tx\t\u00e9: y"};
	const struct dag_error later = {.source = "a.yaml",
					.line = 1,
					.column = 4,
					.message = "m",
					.text = "\u00e9\u00e9\u00e9x"};

	(void)state;
	expect(&error, true, "a.yaml:1:5: m\n\tx\t\u00e9: y\n\t \t ^\n");
	expect(&later, true, "a.yaml:1:4: m\n\u00e9\u00e9\u00e9x\n   ^\n");
}

static void the_caret_may_stand_just_behind_the_line(void **state)
{
	const struct dag_error error = {
	    .source = "a.yaml", .line = 1, .column = 4, .message = "m", .text = "id:"};

	(void)state;
	expect(&error, true, "a.yaml:1:4: m\nid:\n   ^\n");
}

static void without_the_source_line_there_is_no_caret(void **state)
{
	const struct dag_error none = {
	    .source = "a.yaml", .line = 1, .column = 1, .message = "m", .text = NULL};
	const struct dag_error cut = {
	    .source = "a.yaml", .line = 1, .column = 900, .message = "m", .text = "short"};

	(void)state;
	expect(&none, true, "a.yaml:1:1: m\n");
	expect(&cut, true, "a.yaml:1:900: m\n");
}

static void nothing_of_a_name_or_a_line_steers_the_terminal(void **state)
{
	const struct dag_error error = {.source = "a\x1b[2J\n\t\u202e\xc2\x85\u00e9.yaml",
					.line = 1,
					.column = 7,
					.message = "m",
					.text = "\tid: \u202ex\u2069"};

	(void)state;
	expect(&error, true,
	       "a\\x1b[2J\\n\\t\\u202e\\x85\u00e9.yaml:1:7: m\n"
	       "\tid: \\u202ex\\u2069\n"
	       "\t          ^\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_error_is_one_line_and_with_caret_three),
	    cmocka_unit_test(the_caret_lines_up_behind_tabs_and_long_characters),
	    cmocka_unit_test(the_caret_may_stand_just_behind_the_line),
	    cmocka_unit_test(without_the_source_line_there_is_no_caret),
	    cmocka_unit_test(nothing_of_a_name_or_a_line_steers_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
