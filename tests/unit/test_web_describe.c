/* test_web_describe.c - the document says neither more nor less than the tables do. */
#include "web/describe.h"

#include "web/api/api.h"

#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

static json_t *document(void)
{
	struct str text = STR_INIT;
	json_error_t error;
	json_t *parsed;

	describe_api(&text);
	parsed = json_loadb(str_text(&text), text.size, JSON_REJECT_DUPLICATES, &error);
	if (parsed == NULL)
		fail_msg("%s at %d", error.text, error.position);
	str_close(&text);
	return parsed;
}

static json_t *operation_of(json_t *parsed, const struct route *route)
{
	json_t *path = json_object_get(json_object_get(parsed, "paths"), route->pattern);
	char method[8] = "";

	for (size_t i = 0; route->method[i] != '\0'; i++)
		method[i] = (char)(route->method[i] | 0x20);
	return json_object_get(path, method);
}

static size_t count_operations(json_t *parsed)
{
	const char *pattern;
	json_t *path;
	size_t count = 0;

	json_object_foreach(json_object_get(parsed, "paths"), pattern, path) count +=
	    json_object_size(path);
	return count;
}

static void every_route_is_told_once_and_nothing_else(void **state)
{
	json_t *parsed = document();
	size_t count;
	const struct route *rows = route_table(&count);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(parsed, "openapi")), "3.1.0");
	assert_int_equal(count_operations(parsed), count);
	for (size_t i = 0; i < count; i++) {
		json_t *operation = operation_of(parsed, &rows[i]);

		if (operation == NULL)
			fail_msg("%s %s is not told", rows[i].method, rows[i].pattern);
		assert_non_null(json_object_get(operation, "summary"));
		assert_true(strlen(rows[i].summary) > 0);
		assert_int_equal(json_array_size(json_object_get(operation, "security")),
				 (rows[i].flags & ROUTE_PUBLIC) == 0);
		if (rows[i].schema != NULL && !describe_has_schema(rows[i].schema))
			fail_msg("%s has no schema '%s'", rows[i].pattern, rows[i].schema);
	}
	json_decref(parsed);
}

static size_t count_in(const json_t *parameters, const char *in)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(parameters); i++)
		count +=
		    strcmp(json_string_value(json_object_get(json_array_get(parameters, i), "in")),
			   in) == 0;
	return count;
}

static void every_parameter_of_a_route_is_told(void **state)
{
	json_t *parsed = document();
	size_t count;
	const struct route *rows = route_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		json_t *parameters = json_object_get(operation_of(parsed, &rows[i]), "parameters");
		size_t names = 0;

		for (const char *c = rows[i].pattern; *c != '\0'; c++)
			names += *c == '{';
		assert_int_equal(count_in(parameters, "path"), names);
		assert_int_equal(count_in(parameters, "query"),
				 __builtin_popcountll(rows[i].params));
	}
	json_decref(parsed);
}

/* Every "$ref" of the document leads somewhere. */
static void check_refs(json_t *schemas, json_t *node)
{
	static const char prefix[] = "#/components/schemas/";
	const char *key;
	json_t *value;

	if (json_is_array(node))
		for (size_t i = 0; i < json_array_size(node); i++)
			check_refs(schemas, json_array_get(node, i));
	if (!json_is_object(node))
		return;
	json_object_foreach(node, key, value)
	{
		if (strcmp(key, "$ref") == 0) {
			const char *name = json_string_value(value) + sizeof prefix - 1;

			if (json_object_get(schemas, name) == NULL)
				fail_msg("'%s' leads nowhere", json_string_value(value));
		}
		check_refs(schemas, value);
	}
}

static void every_reference_leads_somewhere(void **state)
{
	json_t *parsed = document();

	(void)state;
	check_refs(json_object_get(json_object_get(parsed, "components"), "schemas"), parsed);
	json_decref(parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_route_is_told_once_and_nothing_else),
	    cmocka_unit_test(every_parameter_of_a_route_is_told),
	    cmocka_unit_test(every_reference_leads_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
