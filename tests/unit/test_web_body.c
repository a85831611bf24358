/* test_web_body.c - bodies of commands, and the JSON that goes out. */
#include "base/mem.h"
#include "web/body.h"
#include "web/compose.h"

#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

static bool parse(enum web_command_kind kind, const char *text, struct body *body,
		  struct answer *refusal)
{
	memset(refusal, 0, sizeof *refusal);
	return body_parse(kind, text, strlen(text), body, refusal);
}

static void nothing_and_an_empty_object_are_a_trigger(void **state)
{
	static const char *const texts[] = {"", "{}", " {\n} ", "{\"id\": null}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct answer refusal;
		struct body body;

		assert_true(parse(WEB_TRIGGER, texts[i], &body, &refusal));
		assert_null(body.key);
		body_close(&body);
	}
}

static void the_key_and_the_reason_are_taken(void **state)
{
	struct answer refusal;
	struct body body;

	(void)state;
	assert_true(parse(WEB_TRIGGER, "{\"id\": \"2026-11-20 \\u00e9\"}", &body, &refusal));
	assert_string_equal(body.key, "2026-11-20 \xc3\xa9");
	body_close(&body);
	assert_true(parse(WEB_CANCEL, "{\"reason\": \"wrong day\"}", &body, &refusal));
	assert_string_equal(body.reason, "wrong day");
	body_close(&body);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		enum web_command_kind kind;
		unsigned status;
		const char *text;
		const char *says;
	} cases[] = {
	    {WEB_TRIGGER, 400, "{", "the body is not JSON: line 1 column 1"},
	    {WEB_TRIGGER, 400, "{} x", "the body is not JSON"},
	    {WEB_TRIGGER, 400, "{\"id\":\"a\",\"id\":\"b\"}", "duplicate"},
	    {WEB_TRIGGER, 400, "{\"id\":\"\\u0000\"}", "the body is not JSON"},
	    {WEB_TRIGGER, 400, "{\"id\":\"\xff\"}", "the body is not JSON"},
	    {WEB_TRIGGER, 422, "[]", "not a JSON object"},
	    {WEB_TRIGGER, 422, "7", "not a JSON object"},
	    {WEB_TRIGGER, 422, "{\"id\":7}", "'id' is not a text"},
	    {WEB_TRIGGER, 422, "{\"id\":\"\"}", "'id' is empty"},
	    {WEB_TRIGGER, 422, "{\"id\":\"a\\nb\"}", "control character"},
	    {WEB_TRIGGER, 422, "{\"id\":\"a\\u009bb\"}", "control character"},
	    {WEB_TRIGGER, 422, "{\"id\":\"a\\u202eb\"}", "control character"},
	    {WEB_CANCEL, 422, "{\"reason\":\"a\\u0080\"}", "control character"},
	    {WEB_CANCEL, 422, "{\"reason\":\"\\u2066a\"}", "control character"},
	    {WEB_TRIGGER, 422, "{\"params\":[]}", "'params' is not an object"},
	    {WEB_TRIGGER, 422, "{\"period\":1}", "'period' is not a text"},
	    {WEB_RERUN, 422, "{\"mode\":\"some\"}", "is one of failed, from, only, all"},
	    {WEB_RERUN, 422, "{\"tasks\":\"a\"}", "not a list"},
	    {WEB_RERUN, 422, "{\"tasks\":[\"a\", \"1 b\"]}", "no id of a task"},
	    {WEB_RERUN, 422, "{\"version\":\"newest\"}", "is one of latest, pinned"},
	    {WEB_MARK, 422, "{}", "'state' is missing"},
	    {WEB_MARK, 422, "", "'state' is missing"},
	    {WEB_MARK, 422, "{\"state\":\"running\"}", "is one of success, failed, skipped"},
	    {WEB_NOTE, 422, "{\"text\":\"\"}", "'text' is empty"},
	    {WEB_NOTE, 422, "{\"text\":\"a\\u001b\"}", "control character"},
	    {WEB_NOTE, 422, "{\"text\":\"a\\u009b31m\"}", "control character"},
	    {WEB_NOTE, 422, "{\"text\":\"a\\n\\u202eb\"}", "control character"},
	    {WEB_PAUSE, 422, "{\"paused\":1}", "neither true nor false"},
	    {WEB_TRIGGER, 422, "{\"at\":1}", "'at' is not a text"},
	    {WEB_TRIGGER, 422, "{\"force\":1}", "'force' is neither true nor false"},
	    {WEB_TRIGGER, 422, "{\"key\":\"a\"}", "unknown key 'key': this body takes 'id'"},
	    {WEB_CANCEL, 422, "{\"id\":\"a\"}", "unknown key 'id': this body takes 'reason'"},
	    {WEB_CANCEL, 422, "{\"reason\":[]}", "'reason' is not a text"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer refusal;
		struct body body;

		assert_false(parse(cases[i].kind, cases[i].text, &body, &refusal));
		assert_int_equal(refusal.status, cases[i].status);
		assert_non_null(strstr(str_text(&refusal.body), cases[i].says));
		assert_null(body.key);
		assert_null(body.reason);
		answer_close(&refusal);
	}
}

static void a_rerun_says_what_and_with_what(void **state)
{
	const char *text = "{\"mode\":\"from\",\"tasks\":[\"a\",\"b-c\"],\"version\":\"latest\","
			   "\"params\":{\"n\":1},\"reason\":\"new input\"}";
	struct answer refusal;
	struct body body;

	(void)state;
	assert_true(parse(WEB_RERUN, text, &body, &refusal));
	assert_string_equal(body.mode, "from");
	assert_int_equal(body.task_count, 2);
	assert_string_equal(body.tasks[1], "b-c");
	assert_string_equal(body.version, "latest");
	assert_string_equal(body.params, "{\"n\":1}");
	assert_string_equal(body.reason, "new input");
	body_close(&body);
	assert_true(parse(WEB_PAUSE, "{\"paused\": false}", &body, &refusal));
	assert_true(body.resumes);
	body_close(&body);
	assert_true(
	    parse(WEB_NOTE, "{\"text\": \"two\\nlines\", \"task\": \"a\"}", &body, &refusal));
	assert_string_equal(body.text, "two\nlines");
	body_close(&body);
}

static void all_faults_come_at_once(void **state)
{
	struct answer refusal;
	struct body body;
	json_t *problem;

	(void)state;
	assert_false(parse(WEB_TRIGGER, "{\"id\":\"good\",\"at\":1,\"nope\":2}", &body, &refusal));
	problem = json_loads(str_text(&refusal.body), 0, NULL);
	assert_non_null(problem);
	assert_int_equal(json_integer_value(json_object_get(problem, "status")), 422);
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), 2);
	json_decref(problem);
	answer_close(&refusal);
}

static void of_very_many_faults_the_first_are_told(void **state)
{
	struct str text = STR_INIT;
	struct answer refusal;
	struct body body;
	json_t *problem;

	(void)state;
	for (int i = 0; i < 100; i++)
		str_printf(&text, "%c\"k%d\":%d", i == 0 ? '{' : ',', i, i);
	str_append(&text, "}");
	assert_false(parse(WEB_CANCEL, text.data, &body, &refusal));
	problem = json_loads(str_text(&refusal.body), 0, NULL);
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), 16);
	assert_non_null(strstr(str_text(&refusal.body), "'k15'"));
	json_decref(problem);
	answer_close(&refusal);
	str_close(&text);
}

static void a_key_has_a_length(void **state)
{
	char key[202];

	(void)state;
	memset(key, 'k', sizeof key);
	assert_null(body_key_fault(key, 200));
	assert_non_null(body_key_fault(key, 201));
	assert_non_null(body_key_fault("", 0));
	assert_non_null(body_key_fault("\x80", 1));
	assert_non_null(body_key_fault("a\x7f", 2));
}

/* --- what goes out ------------------------------------------------------------------------------
 */

static void members_come_in_the_order_of_the_calls(void **state)
{
	struct str out = STR_INIT;
	struct compose compose;

	(void)state;
	compose_init(&compose, &out);
	compose_open(&compose, '{');
	compose_member_text(&compose, "b", "x");
	compose_member_text(&compose, "a", NULL);
	compose_member_open(&compose, "list", '[');
	compose_int(&compose, -1);
	compose_bool(&compose, true);
	compose_open(&compose, '{');
	compose_close(&compose, '}');
	compose_close(&compose, ']');
	compose_member_time(&compose, "at", 1795154400123);
	compose_member_time(&compose, "never", 0);
	compose_close(&compose, '}');
	assert_string_equal(str_text(&out), "{\"b\":\"x\",\"a\":null,\"list\":[-1,true,{}],"
					    "\"at\":\"2026-11-20T06:00:00.123Z\",\"never\":null}");
	str_close(&out);
}

static void every_text_comes_back_as_it_was(void **state)
{
	static const char *const texts[] = {
	    "",
	    "plain",
	    "\"quoted\" \\ / \b\f\n\r\t\x01\x1f\x7f",
	    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str out = STR_INIT;
		struct compose compose;
		json_t *text;

		compose_init(&compose, &out);
		compose_text(&compose, texts[i]);
		text = json_loads(str_text(&out), JSON_DECODE_ANY, NULL);
		assert_non_null(text);
		assert_string_equal(json_string_value(text), texts[i]);
		json_decref(text);
		str_close(&out);
	}
}

static void bad_bytes_become_replacement_characters(void **state)
{
	static const struct {
		const char *text;
		size_t bad;
	} cases[] = {
	    {"\xff", 1},
	    {"\xc3", 1},
	    {"\xc0\x80", 2},
	    {"\xed\xa0\x80", 3},
	    {"\xf4\x90\x80\x80", 4},
	    {"\xe2\x82", 2},
	    {"a\x80z", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str out = STR_INIT;
		struct compose compose;
		json_t *text;
		size_t found = 0;

		compose_init(&compose, &out);
		compose_text(&compose, cases[i].text);
		text = json_loads(str_text(&out), JSON_DECODE_ANY, NULL);
		assert_non_null(text);
		for (const char *at = json_string_value(text);
		     (at = strstr(at, "\xef\xbf\xbd")) != NULL; at++)
			found++;
		assert_int_equal(found, cases[i].bad);
		json_decref(text);
		str_close(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_and_an_empty_object_are_a_trigger),
	    cmocka_unit_test(the_key_and_the_reason_are_taken),
	    cmocka_unit_test(what_is_wrong_is_told),
	    cmocka_unit_test(a_rerun_says_what_and_with_what),
	    cmocka_unit_test(all_faults_come_at_once),
	    cmocka_unit_test(of_very_many_faults_the_first_are_told),
	    cmocka_unit_test(a_key_has_a_length),
	    cmocka_unit_test(members_come_in_the_order_of_the_calls),
	    cmocka_unit_test(every_text_comes_back_as_it_was),
	    cmocka_unit_test(bad_bytes_become_replacement_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
