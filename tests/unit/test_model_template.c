/* test_model_template.c - texts with expressions: how they are read and what comes out. */
#include "tests/unit/template_kit.h"

static void expect_text(struct kit *kit, const char *text, const char *expected)
{
	struct str out = STR_INIT;
	struct err err = {0};

	if (template_render(kit_parse(kit, text), &kit->values, 100000, &out, &err) != 0)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
}

static void expect_failure(struct kit *kit, const char *text, int code, const char *message)
{
	struct str out = STR_INIT;
	struct err err = {0};

	assert_int_equal(template_render(kit_parse(kit, text), &kit->values, 1000, &out, &err),
			 code);
	assert_string_equal(err.message, message);
	assert_int_equal(err.code, code);
	str_close(&out);
}

static void expect_error(struct kit *kit, const char *text, size_t offset, const char *message)
{
	struct template_error error = {0};
	struct template *template = NULL;

	if (template_parse(&kit->arena, text, &template, &error) != ERR_SYNTAX)
		fail_msg("%s: was taken", text);
	assert_string_equal(error.message, message);
	assert_int_equal(error.offset, offset);
	assert_null(template);
}

/* --- reading */

static void text_without_expressions_stays(void **state)
{
	assert_false(template_is_one("a { b } }} c"));
	assert_true(template_is_one("{{"));
	expect_text(*state, "", "");
	expect_text(*state, "a { b } }} c", "a { b } }} c");
}

static void four_braces_are_two(void **state)
{
	expect_text(*state, "{{{{ ds }}", "{{ ds }}");
	expect_text(*state, "${{{{ x }} {{ ds }}", "${{ x }} 2026-11-20");
	expect_text(*state, "{{{{{{{{", "{{{{");
	expect_text(*state, "{\"day\": {\"is\": \"{{ ds }}\"}}",
		    "{\"day\": {\"is\": \"2026-11-20\"}}");
}

static void values_of_each_type_are_put_in(void **state)
{
	expect_text(*state, "{{ds}}/{{ run.id }}", "2026-11-20/7");
	expect_text(*state, "{{ params.ratio }} {{ params.flag }} [{{ params.nothing }}]",
		    "0.1 true []");
	expect_text(*state, "{{ params.list }} {{ item }}", "[\"a\",\"b c\"] {\"n\":1}");
	expect_text(*state, "{{ params.big }}", "9007199254740993");
	expect_text(*state,
		    "{{ 'a\\n\\'b' }} {{ \"}}\" }} {{ 1.5e3 }} {{ -2 }} {{ null }}{{ true }}",
		    "a\n'b }} 1500.0 -2 true");
}

static void paths_have_dots_and_brackets(void **state)
{
	expect_text(*state, "{{ params.list[1] }}{{ event.payload.files[0] }}", "b cx");
	expect_text(*state, "{{ event.payload['odd key'] }} {{ event['payload'][\"files\"][1] }}",
		    "5 y");
	expect_text(*state, "{{ params.my-name }} {{ tasks.a-b.output.k }}", "m v");
	expect_text(*state, "{{ ( params.region ) }}", "eu");
}

static void errors_of_form_show_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *message;
	} rows[] = {
	    {"{{ ds", 0, "'{{' is not closed: '}}' is missing"},
	    {"x {{ ds | ", 2, "'{{' is not closed: '}}' is missing"},
	    {"ab {{ ds }", 9, "'}' stands where '|' or '}}' should"},
	    {"{{ }}", 3, "'}' stands where a name or a value should"},
	    {"{{ ds ds }}", 6, "'ds' stands where '|' or '}}' should"},
	    {"{{{ ds }}}", 0, "'{{{' can be read in two ways: put a blank after the first brace"},
	    {"{{ 'ds }}", 3, "the quote is not closed"},
	    {"{{ 'a\\d' }}", 5, "'\\' goes before n, t, a quote or another '\\' only"},
	    {"{{ params. }}", 11, "'}' stands where a name after '.' should"},
	    {"{{ params[x] }}", 10, "'x' stands where a number or a text in quotes should"},
	    {"{{ params[-1] }}", 10, "an index is a whole number from 0 on, or a key in quotes"},
	    {"{{ params['a' }}", 14, "'}' stands where ']' should"},
	    {"{{ 2026-11-20 }}", 3, "'2026-11-20' is no number; a text needs quotes"},
	    {"{{ 5m }}", 3, "'5m' is no number; a text needs quotes"},
	    {"{{ ds | uper }}", 8, "unknown filter 'uper': did you mean 'upper'?"},
	    {"{{ ds | concat }}", 8, "'concat' is a function: write concat(VALUE, ...)"},
	    {"{{ ds | xyzzy }}", 8, "unknown filter 'xyzzy'"},
	    {"{{ colesce(ds) }}", 3, "unknown function 'colesce': did you mean 'coalesce'?"},
	    {"{{ upper(ds) }}", 3, "'upper' is a filter: write VALUE | upper"},
	    {"{{ concat() }}", 3, "concat takes 1 to 64 values in its brackets"},
	    {"{{ concat(ds ds) }}", 13, "'ds' stands where ',' or ')' should"},
	    {"{{ ds | replace('a') }}", 8, "write it as | replace('OLD', 'NEW')"},
	    {"{{ ds | date }}", 8, "write it as | date('%Y%m%d')"},
	    {"{{ ds | date(5) }}", 13, "write it as | date('%Y%m%d')"},
	    {"{{ ds | date('%Y%Q') }}", 13,
	     "date knows no '%Q': it knows %Y %m %d %H %M %S %y %j %a %A %b %B %e %V %G %u %F %T "
	     "%z "
	     "%s %%"},
	    {"{{ ds | date('5%') }}", 13, "the format ends in '%': write '%%' for the character"},
	    {"{{ ds | add('1') }}", 12,
	     "'1' has no unit: write '1s' if seconds are meant (units: ms s m h d)"},
	    {"{{ ds and ts }}", 6, "'and' stands where '|' or '}}' should"},
	    {"{{ not ds }}", 3, "'not' belongs into a condition, as in when"},
	    {"{{ ds == ts }}", 6, "'=' stands where '|' or '}}' should"},
	    {"{{ '\xff' }}", 3, "the text in quotes is not UTF-8"},
	    {"{{ \x1b }}", 3, "'\\x1b' stands where a name or a value should"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect_error(*state, rows[i].text, rows[i].offset, rows[i].message);
}

static char *repeat(const char *begin, const char *part, size_t count, const char *end)
{
	struct str text = STR_INIT;

	str_append(&text, begin);
	for (size_t i = 0; i < count; i++)
		str_append(&text, part);
	str_append(&text, end);
	return str_take(&text);
}

static int parse_code(struct kit *kit, char *text)
{
	struct template_error error;
	struct template *template = NULL;
	int rc = template_parse(&kit->arena, text, &template, &error);

	assert_true(rc == 0 || error.message[0] != '\0');
	free(text);
	return rc;
}

static void size_and_depth_are_bounded(void **state)
{
	struct kit *kit = *state;

	assert_int_equal(parse_code(kit, repeat("", "{{ ds }}", 1000, "")), 0);
	assert_int_equal(parse_code(kit, repeat("", "{{ ds }}", 1001, "")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ ds", " | upper", 31, " }}")), 0);
	assert_int_equal(parse_code(kit, repeat("{{ ds", " | upper", 32, " }}")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ ", "(", 100000, "")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ ", "concat(", 100000, "")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ ds | join(", "ds | join(", 9000, "")),
			 ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ a", ".b", 100, " }}")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ '", "x", 65536, "' }}")), ERR_LIMIT);
	assert_int_equal(parse_code(kit, repeat("{{ '", "x", 65000, "' }}")), 0);
	assert_int_equal(parse_code(kit, repeat("", "{{ concat(1,1,1,1,1,1,1,1,1,1) }}", 999, "")),
			 ERR_LIMIT);
}

/* --- filters and functions */

static void filters_of_texts(void **state)
{
	expect_text(*state,
		    "{{ params.region | upper }} {{ 'ABC' | lower }} {{ params.umlaut|upper }}",
		    "EU abc \xc3\xa4"
		    "B");
	expect_text(*state, "{{ ds | replace('-', '') }} {{ 'aaa' | replace('aa', 'b') }}",
		    "20261120 ba");
	expect_text(*state, "{{ params.list | join(', ') }} {{ params.none | join(',') }}",
		    "a, b c ");
	expect_text(*state, "{{ 'a,,b' | split(',') }} {{ '' | split(',') }}",
		    "[\"a\",\"\",\"b\"] [\"\"]");
	expect_text(*state,
		    "{{ params.umlaut | length }} {{ params.list | length }} {{ item|length }}",
		    "2 2 1");
	expect_text(*state, "{{ params.name | json }} {{ 0.1 | json }} {{ params.nothing | json }}",
		    "\"it's\" 0.1 null");
}

static void sh_makes_one_word(void **state)
{
	expect_text(*state, "{{ params.name | sh }} {{ params.empty | sh }} {{ params.n | sh }}",
		    "'it'\\''s' '' '3'");
	expect_text(*state, "{{ params.list | sh }}", "'[\"a\",\"b c\"]'");
	expect_text(*state, "{{ '\\'\\'' | sh }}", "''\\'''\\'''");
}

static void default_catches_what_has_no_value(void **state)
{
	expect_text(*state, "{{ params.nothing | default('d') }} {{ params.x | default(1) }}",
		    "d 1");
	expect_text(*state, "{{ params.x.y | upper | default(params.z | default('e')) }}", "e");
	expect_text(*state, "{{ params.empty | default('d') }}|{{ params.flag | default(0) }}",
		    "|true");
	expect_text(*state, "{{ coalesce(params.x, params.nothing, ds, ts) }}", "2026-11-20");
	expect_failure(*state, "a {{ coalesce(params.x, params.y) }}", ERR_INVALID,
		       "coalesce(params.x, params.y): 'params.y' has no value: no 'y' here");
	expect_failure(*state, "{{ params.n | upper | default('x') }}", ERR_INVALID,
		       "params.n | upper | default('x'): upper takes a text, and this is a number");
}

static void functions_of_several_values(void **state)
{
	expect_text(*state, "{{ concat('a', 1, null, params.list) }}", "a1[\"a\",\"b c\"]");
	expect_text(*state,
		    "{{ min(3, 1.5, 2) }} {{ max(ds, '2025-01-01') }} {{ max(params.list) }}",
		    "1.5 2026-11-20 b c");
	expect_failure(*state, "{{ min(1, 'a') }}", ERR_INVALID,
		       "min(1, 'a'): a text and a number have no order: compare two numbers or two "
		       "texts");
	expect_failure(*state, "{{ min(params.none) }}", ERR_INVALID,
		       "min(params.none): an empty list has no least and no greatest");
}

/* --- dates */

static void dates_are_written_in_the_zone(void **state)
{
	expect_text(*state, "{{ ds | date('%Y%m%d') }} {{ ts | date('%F %T %z') }}",
		    "20261120 2026-11-20 06:00:00 +0100");
	expect_text(*state, "{{ '2026-07-01T22:30:00Z' | date('%F %H:%M %z') }}",
		    "2026-07-02 00:30 +0200");
	expect_text(*state, "{{ ts | date('%a %A %b %B %e %j %y %u') }}",
		    "Fri Friday Nov November 20 324 26 5");
	expect_text(*state, "{{ '2027-01-03' | date('%G-W%V %e|%s %%') }}",
		    "2026-W53  3|1798930800 %");
	expect_failure(*state, "{{ params.region | date('%F') }}", ERR_INVALID,
		       "params.region | date('%F'): 'eu' is no date and no instant: as in "
		       "2026-11-20 or 2026-11-20T06:00:00+01:00");
}

static void dates_move_by_days(void **state)
{
	expect_text(*state,
		    "{{ ds | add('1d') }} {{ ds | add('-20d') }} {{ '2024-02-28'|add('+1d') }}",
		    "2026-11-21 2026-10-31 2024-02-29");
	expect_failure(*state, "{{ ds | add('24h') }}", ERR_INVALID,
		       "ds | add('24h'): '2026-11-20' is a date, which moves by days: as in "
		       "add('1d')");
	expect_failure(*state, "{{ '9999-12-31' | add('1d') }}", ERR_INVALID,
		       "'9999-12-31' | add('1d'): '9999-12-31' moved so far leaves the years 0 to "
		       "9999");
}

static void instants_move_by_days_of_the_calendar(void **state)
{
	/* 25 October 2026 has 25 hours in Berlin, 29 March 23. */
	expect_text(*state, "{{ '2026-10-24T12:00:00+02:00' | add('1d') }}",
		    "2026-10-25T12:00:00+01:00");
	expect_text(*state, "{{ '2026-10-24T12:00:00+02:00' | add('24h') }}",
		    "2026-10-25T11:00:00+01:00");
	expect_text(*state, "{{ '2026-03-28T02:30:00+01:00' | add('1d') }}",
		    "2026-03-29T03:30:00+02:00");
	expect_text(*state, "{{ '2026-10-24T02:30:00+02:00' | add('1d') }}",
		    "2026-10-25T02:30:00+02:00");
	expect_text(*state, "{{ '2026-10-26T02:30:00+01:00' | add('-1d') }}",
		    "2026-10-25T02:30:00+01:00");
	expect_text(*state, "{{ ts | add('250ms') }} {{ ts | add('-90s') }}",
		    "2026-11-20T06:00:00.250+01:00 2026-11-20T05:58:30+01:00");
	expect_text(*state, "{{ ts | add('1d') | date('%a') }}", "Sat");
}

/* --- bounds of rendering */

static void what_has_no_value_is_told(void **state)
{
	expect_failure(
	    *state, "a {{ tasks.a-b.output.z | upper }}", ERR_INVALID,
	    "tasks.a-b.output.z | upper: 'tasks.a-b.output.z' has no value: no 'z' here");
	expect_failure(*state, "{{ params.n | join(',') }}", ERR_INVALID,
		       "params.n | join(','): join takes a list, and this is a number");
}

static void the_text_is_bounded(void **state)
{
	struct kit *kit = *state;
	struct template *template = kit_parse(kit, "0123456789{{ ds }}");
	struct str out = STR_INIT;
	struct err err;

	assert_int_equal(template_render(template, &kit->values, 20, &out, &err), 0);
	str_clear(&out);
	assert_int_equal(template_render(template, &kit->values, 19, &out, &err), ERR_LIMIT);
	assert_string_equal(err.message, "ds: the text gets longer than 19 bytes");
	assert_int_equal(template_render(template, &kit->values, 5, &out, NULL), ERR_LIMIT);
	str_close(&out);
}

static void texts_that_grow_in_each_filter_are_stopped(void **state)
{
	struct kit *kit = *state;
	char *text = repeat("{{ 'aaaaaaaa'", " | replace('a', 'aaaaaaaa')", 30, " }}");
	struct str out = STR_INIT;

	assert_int_equal(template_render(kit_parse(kit, text), &kit->values, 1000, &out, NULL),
			 ERR_LIMIT);
	free(text);
	text = repeat("",
		      "{{ 'aaaaaaaa' | replace('a','aaaaaaaa') | replace('a','aaaaaaaa') | "
		      "replace('a','aaaaaaaa') | replace('a','aaaaaaaa') | "
		      "replace('a','aaaaaaaa') | length }}",
		      500, "");
	assert_int_equal(template_render(kit_parse(kit, text), &kit->values, 10000, &out, NULL),
			 ERR_LIMIT);
	free(text);
	str_close(&out);
}

static void a_nul_never_gets_out(void **state)
{
	struct kit *kit = *state;

	json_object_set_new(kit->root, "nul", json_stringn("a\0b", 3));
	expect_failure(kit, "{{ nul }}", ERR_INVALID, "nul: a text holds a NUL character");
	expect_failure(kit, "{{ nul | sh }}", ERR_INVALID,
		       "nul | sh: a text holds a NUL character");
	expect_text(kit, "{{ nul | json }}", "\"a\\u0000b\"");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)
	const struct CMUnitTest tests[] = {
	    CASE(text_without_expressions_stays),
	    CASE(four_braces_are_two),
	    CASE(values_of_each_type_are_put_in),
	    CASE(paths_have_dots_and_brackets),
	    CASE(errors_of_form_show_their_place),
	    CASE(size_and_depth_are_bounded),
	    CASE(filters_of_texts),
	    CASE(sh_makes_one_word),
	    CASE(default_catches_what_has_no_value),
	    CASE(functions_of_several_values),
	    CASE(dates_are_written_in_the_zone),
	    CASE(dates_move_by_days),
	    CASE(instants_move_by_days_of_the_calendar),
	    CASE(what_has_no_value_is_told),
	    CASE(the_text_is_bounded),
	    CASE(texts_that_grow_in_each_filter_are_stopped),
	    CASE(a_nul_never_gets_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
