/* test_web_form.c - what a form of a page sends, and what the address of a page asks for. */
#include "web/page/ask.h"
#include "web/page/form.h"

#include "tests/unit/unit.h"

#include <string.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

static int parse(const char *text, struct form *form, struct err *err)
{
	return form_parse(text, strlen(text), form, err);
}

static const char *field(const struct form *form, const char *name)
{
	return json_string_value(json_object_get(form->fields, name));
}

static void fields_become_a_body(void **state)
{
	struct form form;
	struct err err;

	(void)state;
	assert_int_equal(
	    parse("csrf=ab&reason=it+was+%22late%22+%26+more&mode=from&tasks=load&tasks=report"
		  "&version=&param-region=eu&param-n=3&token=" TOKEN "&back=%2Fdags",
		  &form, &err),
	    0);
	assert_string_equal(form.csrf, "ab");
	assert_string_equal(form.token, TOKEN);
	assert_string_equal(form.back, "/dags");
	assert_string_equal(field(&form, "reason"), "it was \"late\" & more");
	assert_null(json_object_get(form.fields, "version"));
	assert_null(json_object_get(form.fields, "csrf"));
	assert_int_equal(json_array_size(json_object_get(form.fields, "tasks")), 2);
	assert_string_equal(json_string_value(json_object_get(form.params, "n")), "3");
	form_close(&form);
}

static void lines_of_a_text_end_as_they_should(void **state)
{
	struct form form;
	struct err err;

	(void)state;
	assert_int_equal(parse("text=one%0D%0Atwo", &form, &err), 0);
	assert_string_equal(field(&form, "text"), "one\ntwo");
	form_close(&form);
}

static void nothing_is_nothing(void **state)
{
	struct form form;
	struct err err;

	(void)state;
	assert_int_equal(parse("", &form, &err), 0);
	assert_int_equal(json_object_size(form.fields), 0);
	assert_null(form.csrf);
	form_close(&form);
	assert_int_equal(parse("&&reason&=&", &form, &err), 0);
	form_close(&form);
}

static void one_comes_back_to_this_server_alone(void **state)
{
	static const char *const elsewhere[] = {"back=https%3A%2F%2Fevil.example",
						"back=%2F%2Fevil.example",
						"back=%2F%5Cevil.example", "back=%2Fa%0Ab", NULL};

	(void)state;
	for (size_t i = 0; elsewhere[i] != NULL; i++) {
		struct form form;
		struct err err;

		assert_int_equal(parse(elsewhere[i], &form, &err), 0);
		assert_null(form.back);
		form_close(&form);
	}
}

static void bad_forms_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
	    {"reason=a&reason=b", ERR_INVALID},
	    {"csrf=a&csrf=b", ERR_INVALID},
	    {"token=", ERR_INVALID},
	    {"token=abc", ERR_INVALID},
	    {"token=0123456789abcdef0123456789abcdeF", ERR_INVALID},
	    {"token=0123456789abcdef0123456789abcdef0", ERR_INVALID},
	    {"reason=%", ERR_SYNTAX},
	    {"reason=%4", ERR_SYNTAX},
	    {"reason=%zz", ERR_SYNTAX},
	    {"reason=a%00b", ERR_SYNTAX},
	    {"reason=%ff", ERR_SYNTAX},
	    {"%ff=a", ERR_SYNTAX},
	    {"param-a=1&param-a=2", ERR_INVALID},
	    {"tasks=%ff", ERR_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct form form;
		struct err err = {0};

		assert_int_equal(parse(cases[i].text, &form, &err), cases[i].code);
		assert_true(err.message[0] != '\0');
		assert_null(form.fields);
	}
}

static void too_many_fields_are_refused(void **state)
{
	struct str text = STR_INIT;
	struct form form;
	struct err err;

	(void)state;
	for (unsigned i = 0; i <= FORM_FIELDS_MAX; i++)
		str_printf(&text, "&tasks=t%u", i);
	/* Not "try again later". */
	assert_int_equal(parse(str_text(&text), &form, &err), ERR_INVALID);
	str_close(&text);
}

static void a_form_is_told_by_its_type(void **state)
{
	(void)state;
	assert_true(form_is_type("application/x-www-form-urlencoded"));
	assert_true(form_is_type("Application/X-WWW-Form-Urlencoded; charset=utf-8"));
	assert_false(form_is_type("text/plain"));
	assert_false(form_is_type("application/x-www-form-urlencodedx"));
	assert_false(form_is_type(NULL));
}

/* --- addresses ----------------------------------------------------------------------------------
 */

static int ask(const char *address, unsigned accepted, struct page_ask *out, struct target *target,
	       struct err *err)
{
	assert_int_equal(target_parse(address, target, err), 0);
	return ask_parse(target, accepted, out, err);
}

static void an_address_chooses_what_is_shown(void **state)
{
	struct target target;
	struct page_ask asked;
	struct err err;

	(void)state;
	assert_int_equal(ask("/dags/a?at=0a1b.load&runs=50&to=2026-11-20&tasks=40&view=", ~0u,
			     &asked, &target, &err),
			 0);
	assert_string_equal(asked.at_run, "0a1b");
	assert_string_equal(asked.at_task, "load");
	assert_int_equal(asked.runs, 50);
	assert_int_equal(asked.tasks, 40);
	assert_true(asked.to_ms > 0);
	assert_null(asked.text[ASK_VIEW]); /* an empty one was not filled in */
	target_close(&target);
	assert_int_equal(ask("/dags/a?at=0a1b", ASK_BIT(AT), &asked, &target, &err), 0);
	assert_null(asked.at_task);
	assert_int_equal(asked.runs, ASK_RUNS_DEFAULT);
	target_close(&target);
}

static void what_no_page_takes_is_refused(void **state)
{
	static const char *const bad[] = {
	    "/?state=odd",     "/?runs=0",        "/?runs=101",     "/?at=XYZ.load",
	    "/?at=0a.9",       "/?at=0a1b.load.", "/?to=yesterday", "/?tasks=-1",
	    "/?task=a%20b",    "/?attempt=0",     "/?view=odd",     "/?mode=everything",
	    "/?version=abc",   "/?line=0",        "/?as=running",   "/?dag=a%2Fb",
	    "/?runs=1&runs=1", "/?nothing=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct target target;
		struct page_ask asked;
		struct err err = {0};

		if (ask(bad[i], ~0u, &asked, &target, &err) != ERR_INVALID)
			fail_msg("%s is taken", bad[i]);
		assert_true(err.message[0] != '\0');
		target_close(&target);
	}
}

static void a_parameter_of_another_page_is_refused(void **state)
{
	struct target target;
	struct page_ask asked;
	struct err err;

	(void)state;
	assert_int_equal(ask("/?owner=a", ASK_BIT(STATE) | ASK_BIT(WORDS), &asked, &target, &err),
			 ERR_INVALID);
	assert_non_null(strstr(err.message, "this page takes state, q"));
	target_close(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_become_a_body),
	    cmocka_unit_test(lines_of_a_text_end_as_they_should),
	    cmocka_unit_test(nothing_is_nothing),
	    cmocka_unit_test(one_comes_back_to_this_server_alone),
	    cmocka_unit_test(bad_forms_are_refused),
	    cmocka_unit_test(too_many_fields_are_refused),
	    cmocka_unit_test(a_form_is_told_by_its_type),
	    cmocka_unit_test(an_address_chooses_what_is_shown),
	    cmocka_unit_test(what_no_page_takes_is_refused),
	    cmocka_unit_test(a_parameter_of_another_page_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
