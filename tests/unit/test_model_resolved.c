/* test_model_resolved.c - the values in force, and where each came from. */
#include "model/defaults.h"
#include "model/resolved.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define NEAR                                                                                   \
	"timezone: Europe/Berlin\nenv: {REGION: eu}\ndefaults:\n  retries: 5\n  env: {LEVEL: " \
	"info}\n"
#define FAR                                                                                      \
	"owner: data\ntimezone: UTC\nenv:\n  REGION: us\n  HOME_PAGE: x y\ndefaults: {timeout: " \
	"1h}\n"

static struct defaults *parse_defaults(const char *name, const char *text)
{
	struct defaults *defaults = NULL;
	struct dag_errors errors;

	dag_errors_init(&errors);
	if (defaults_parse(name, text, strlen(text), &defaults, &errors) != 0)
		fail_msg("%s", errors.items[0].message);
	dag_errors_close(&errors);
	return defaults;
}

/* The last dag of the text, below D1/heddle.yaml and heddle.yaml. */
static json_t *resolve(const char *text)
{
	struct defaults *near = parse_defaults("D1/heddle.yaml", NEAR);
	struct defaults *far = parse_defaults("heddle.yaml", FAR);
	const struct defaults *const folders[] = {near, far};
	const struct dag_surroundings around = {.defaults = folders, .default_count = 2};
	struct dag_list dags;
	struct dag_errors errors;
	json_t *json;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse_in("D1/a.yaml", text, strlen(text), &around, &dags, &errors) != 0)
		fail_msg("%u: %s", errors.items[0].line, errors.items[0].message);
	json = resolved_make(dags.items[dags.count - 1]);
	dag_errors_close(&errors);
	dag_list_close(&dags);
	defaults_unref(near);
	defaults_unref(far);
	return json;
}

/* Expects a value, as JSON, at a path of keys, and its place. */
static void expect(json_t *json, const char *key, const char *value, const char *from)
{
	json_t *found = json_object_get(json, key);
	char *text;

	if (found == NULL)
		fail_msg("there is no '%s'", key);
	text = json_dumps(json_object_get(found, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
	assert_string_equal(text, value);
	assert_string_equal(json_string_value(json_object_get(found, "from")), from);
	free(text);
}

static void each_value_knows_its_place(void **state)
{
	json_t *dag = resolve("id: first\ntasks: {x: {command: ls}}\n---\n"
			      "id: second\ndefaults: {retries: 2}\nenv: {MODE: full}\ntasks:\n"
			      "  - {id: a, command: ls}\n"
			      "  - id: b\n    command: [ls, -l]\n    retries: 1\n    env:\n"
			      "      LEVEL: debug\n");
	json_t *a = json_array_get(json_object_get(dag, "tasks"), 0);
	json_t *b = json_array_get(json_object_get(dag, "tasks"), 1);
	json_t *env = json_object_get(b, "env");

	(void)state;
	expect(dag, "id", "\"second\"", "D1/a.yaml:4");
	expect(dag, "owner", "\"data\"", "heddle.yaml:1");
	expect(dag, "timezone", "\"Europe/Berlin\"", "D1/heddle.yaml:1");
	expect(dag, "max_active_tasks", "16", "default");
	expect(json_object_get(dag, "env"), "REGION", "\"eu\"", "D1/heddle.yaml:2");
	expect(json_object_get(dag, "env"), "HOME_PAGE", "\"x y\"", "heddle.yaml:5");
	assert_null(json_object_get(dag, "defaults"));
	expect(a, "retries", "2", "D1/a.yaml:5");
	expect(a, "timeout", "\"1h\"", "heddle.yaml:6");
	expect(a, "retry_delay", "\"30s\"", "default");
	expect(a, "shell", "[\"/bin/sh\",\"-e\"]", "default");
	expect(b, "retries", "1", "D1/a.yaml:11");
	assert_null(json_object_get(b, "shell"));
	expect(env, "LEVEL", "\"debug\"", "D1/a.yaml:13");
	expect(env, "MODE", "\"full\"", "D1/a.yaml:6");
	expect(env, "REGION", "\"eu\"", "D1/heddle.yaml:2");
	json_decref(dag);
}

static void a_task_of_a_map_has_its_key_as_id(void **state)
{
	json_t *dag = resolve("id: m\ntasks:\n  only:\n    command: ls\n");
	json_t *task = json_array_get(json_object_get(dag, "tasks"), 0);

	(void)state;
	expect(task, "id", "\"only\"", "D1/a.yaml:3");
	json_decref(dag);
}

static json_t *command_of(const json_t *dag)
{
	json_t *task = json_array_get(json_object_get(dag, "tasks"), 0);
	json_t *command = json_object_get(json_object_get(task, "command"), "value");

	assert_non_null(command);
	return command;
}

/* The text is YAML again, of the same values. */
static void the_text_can_be_read_again(void **state)
{
	static const char *const texts[] = {
	    "command: |\n      echo a\n\n      echo b\n",
	    "command: \"a\\n b\\n\\n\"\n",
	    "command: \" begins with a blank\\nx\"\n",
	    "command: 'true'\n",
	    "command: \"5\"\n",
	    "command: \"\\u00e9 # \\u0085 : \\\"\"\n",
	    "command: '- x: y'\n",
	    "command: it's \"so\"\n",
	    "command: [ls, 'a b', 5, 0.1, true]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct str file = STR_INIT;
		struct str text = STR_INIT;
		json_t *first;
		json_t *second;

		str_append(&file, "id: r\ntasks:\n  - id: t\n    ");
		str_append(&file, texts[i]);
		first = resolve(str_text(&file));
		resolved_text(first, &text);
		second = resolve(str_text(&text));
		assert_true(json_equal(command_of(first), command_of(second)));
		json_decref(first);
		json_decref(second);
		str_close(&file);
		str_close(&text);
	}
}

static void the_text_says_where_each_line_came_from(void **state)
{
	json_t *dag = resolve("id: t\ntasks:\n  - id: a\n    command: |\n      one\n      two\n");
	struct str text = STR_INIT;

	(void)state;
	resolved_text(dag, &text);
	assert_non_null(strstr(str_text(&text), "id: t  # D1/a.yaml:1\n"));
	assert_non_null(strstr(str_text(&text), "owner: data  # heddle.yaml:1\n"));
	assert_non_null(strstr(str_text(&text), "env:\n  REGION: eu  # D1/heddle.yaml:2\n"
						"  HOME_PAGE: 'x y'  # heddle.yaml:5\n"));
	assert_non_null(strstr(str_text(&text), "tasks:\n  - id: a  # D1/a.yaml:3\n"));
	assert_non_null(
	    strstr(str_text(&text), "    command: |  # D1/a.yaml:4\n      one\n      two\n"));
	assert_non_null(strstr(str_text(&text), "    retry_delay: 30s  # default\n"));
	str_close(&text);
	json_decref(dag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_value_knows_its_place),
	    cmocka_unit_test(a_task_of_a_map_has_its_key_as_id),
	    cmocka_unit_test(the_text_can_be_read_again),
	    cmocka_unit_test(the_text_says_where_each_line_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
