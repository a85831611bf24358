/* test_model_schema.c - the JSON Schema and the table of keys say the same. */
#include "model/schema.h"
#include "tests/unit/unit.h"

#include <string.h>

static json_t *properties_of(json_t *schema, const char *def)
{
	json_t *map = def == NULL ? schema : json_object_get(json_object_get(schema, "$defs"), def);
	json_t *properties = json_object_get(map, "properties");

	assert_non_null(properties);
	assert_true(json_is_false(json_object_get(map, "additionalProperties")));
	return properties;
}

static bool is_taken(const struct key *key, enum key_level level)
{
	return (key->levels & (unsigned)level) != 0 && key->is_supported;
}

static void expect_level(json_t *properties, enum key_level level, const char *except)
{
	size_t count = 0;

	for (size_t i = 0; i < key_count; i++) {
		const struct key *key = &keys[i];
		bool is_wanted =
		    is_taken(key, level) && (except == NULL || strcmp(except, key->name) != 0);

		if (!is_wanted)
			continue;
		count++;
		if (json_object_get(properties, key->name) == NULL)
			fail_msg("'%s' is not in the schema", key->name);
		if (!schema_knows(key, level))
			fail_msg("the shape of '%s' is not known", key->name);
	}
	assert_int_equal(json_object_size(properties), count);
}

static void each_supported_key_stands_in_it(void **state)
{
	json_t *dag = schema_make(LEVEL_DAG);
	json_t *folder = schema_make(LEVEL_FOLDER);

	(void)state;
	expect_level(properties_of(dag, NULL), LEVEL_DAG, NULL);
	expect_level(properties_of(dag, "listed_task"), LEVEL_TASK, NULL);
	expect_level(properties_of(dag, "hook_task"), LEVEL_TASK, NULL);
	expect_level(properties_of(dag, "named_task"), LEVEL_TASK, "id");
	expect_level(properties_of(folder, NULL), LEVEL_FOLDER, NULL);
	json_decref(dag);
	json_decref(folder);
}

static void defaults_hold_what_may_be_one(void **state)
{
	json_t *dag = schema_make(LEVEL_DAG);
	json_t *defaults = properties_of(dag, "defaults");

	(void)state;
	for (size_t i = 0; i < key_count; i++) {
		bool is_wanted = is_taken(&keys[i], LEVEL_TASK) && key_may_be_default(&keys[i]);

		if (is_wanted)
			assert_non_null(json_object_get(defaults, keys[i].name));
	}
	assert_null(json_object_get(defaults, "id"));
	assert_null(json_object_get(defaults, "command"));
	assert_null(json_object_get(defaults, "depends_on"));
	json_decref(dag);
}

static void a_task_has_exactly_one_action(void **state)
{
	json_t *dag = schema_make(LEVEL_DAG);
	json_t *task = json_object_get(json_object_get(dag, "$defs"), "listed_task");
	json_t *actions = json_object_get(task, "oneOf");
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].is_action && keys[i].is_supported) {
			json_t *required =
			    json_object_get(json_array_get(actions, at++), "required");

			assert_string_equal(json_string_value(json_array_get(required, 0)),
					    keys[i].name);
		}
	assert_int_equal(json_array_size(actions), at);
	assert_true(at > 0);
	json_decref(dag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_supported_key_stands_in_it),
	    cmocka_unit_test(defaults_hold_what_may_be_one),
	    cmocka_unit_test(a_task_has_exactly_one_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
