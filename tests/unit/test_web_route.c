/* test_web_route.c - which row of the table serves a path, and what its names are. */
#include "web/api/api.h"
#include "web/route.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct route *find(const char *method, const char *path, struct target *target,
				struct route_names *names, char allow[ROUTE_ALLOW_SIZE])
{
	struct err err;

	assert_int_equal(target_parse(path, target, &err), 0);
	return route_find(method, target, names, allow);
}

static void find_each(const struct route *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[256] = "";
		char allow[ROUTE_ALLOW_SIZE];
		struct route_names names;
		struct target target;

		/* Every name in the pattern may be called "1", "latest" or "ab": "ab" is all three
		 * but an attempt. */
		for (const char *at = rows[i].pattern; *at != '\0'; at++) {
			size_t length = strlen(path);

			if (*at != '{') {
				snprintf(path + length, sizeof path - length, "%c", *at);
				continue;
			}
			snprintf(path + length, sizeof path - length, "%s",
				 strncmp(at, "{attempt}", 9) == 0  ? "7"
				 : strncmp(at, "{secret}", 8) == 0 ? SECRET
								   : "ab");
			at = strchr(at, '}');
		}
		assert_ptr_equal(find(rows[i].method, path, &target, &names, allow), &rows[i]);
		target_close(&target);
	}
}

static void each_row_is_found_by_a_path_of_its_own(void **state)
{
	size_t count;
	const struct route *rows = route_table(&count);

	(void)state;
	find_each(rows, count);
	rows = page_route_table(&count);
	find_each(rows, count);
}

/* What they answer is for people: a media type of pages, no schema, no part of the document. */
static void pages_are_pages(void **state)
{
	size_t count;
	const struct route *rows = page_route_table(&count);

	(void)state;
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		assert_true((rows[i].flags & ROUTE_PAGE) != 0);
		assert_null(rows[i].schema);
		assert_true(strlen(rows[i].summary) > 0);
		assert_true(strncmp(rows[i].pattern, "/api/", 5) != 0);
		assert_int_equal(rows[i].then != NULL, rows[i].kind == ROUTE_QUESTION);
	}
}

static void names_of_the_path_are_taken(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	struct route_names names;
	struct target target;
	const struct route *route =
	    find("GET", "/api/v1/runs/0a1b/tasks/extract/attempts/3/log", &target, &names, allow);

	(void)state;
	assert_non_null(route);
	assert_ptr_equal(route->read, api_log);
	assert_string_equal(names.run, "0a1b");
	assert_string_equal(names.task, "extract");
	assert_int_equal(names.attempt, 3);
	assert_null(names.dag);
	target_close(&target);
	route = find("GET", "/api/v1/runs/0a1b/tasks/t/attempts/latest", &target, &names, allow);
	assert_non_null(route);
	assert_int_equal(names.attempt, ROUTE_ATTEMPT_LATEST);
	target_close(&target);
}

static void a_verb_ends_the_name(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	struct route_names names;
	struct target target;
	const struct route *route =
	    find("POST", "/api/v1/runs/0a1b:cancel", &target, &names, allow);

	(void)state;
	assert_non_null(route);
	assert_int_equal(route->kind, ROUTE_COMMAND);
	assert_string_equal(names.run, "0a1b");
	target_close(&target);
}

static void head_is_served_as_get(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	struct route_names names;
	struct target target;

	(void)state;
	assert_ptr_equal(find("HEAD", "/healthz", &target, &names, allow)->now, api_healthz);
	target_close(&target);
}

static void a_known_path_tells_its_methods(void **state)
{
	static const struct {
		const char *path;
		const char *allow;
	} cases[] = {
	    {"/healthz", "GET, HEAD, OPTIONS"},
	    {"/api/v1/runs/ab:cancel", "POST, OPTIONS"},
	    {"/api/v1/dags/d/runs", "GET, HEAD, POST, OPTIONS"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char allow[ROUTE_ALLOW_SIZE];
		struct route_names names;
		struct target target;

		assert_null(find("DELETE", cases[i].path, &target, &names, allow));
		assert_string_equal(allow, cases[i].allow);
		target_close(&target);
	}
}

static void what_cannot_be_a_name_is_no_path(void **state)
{
	static const char *const paths[] = {
	    "/dags/",
	    "/runs/NOTHEX",
	    "/runs/ab/tasks/a.b/mark",
	    "/assets/.hidden",
	    "/assets/a/b",
	    "/healthz/",
	    "//healthz",
	    "/api/v1/dags/",
	    "/api/v1/dags/9lives",
	    "/api/v1/dags/a%2Fb",
	    "/api/v1/runs/NOTHEX",
	    "/api/v1/runs/00112233445566778",
	    "/api/v1/runs/:cancel",
	    "/api/v1/runs/ab:explode",
	    "/api/v1/runs/ab/tasks/a.b",
	    "/api/v1/runs/ab/tasks/t/attempts/0",
	    "/api/v1/runs/ab/tasks/t/attempts/-1",
	    "/api/v1/runs/ab/tasks/t/attempts/9999999999",
	    "/api/v1/runs/ab/tasks/t/attempts/newest",
	    "/api/v1/runs/ab/tasks/t/attempts/1/log/2",
	    "/api/v2/dags",
	};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char allow[ROUTE_ALLOW_SIZE];
		struct route_names names;
		struct target target;

		assert_null(find("GET", paths[i], &target, &names, allow));
		assert_string_equal(allow, "");
		assert_null(names.dag);
		target_close(&target);
	}
}

static bool takes_artifact(const char *name, struct route_names *names, struct target *target)
{
	char path[TARGET_BYTES_MAX];
	char allow[ROUTE_ALLOW_SIZE];

	snprintf(path, sizeof path, "/api/v1/runs/ab/tasks/t/attempts/1/artifacts/%s", name);
	return find("GET", path, target, names, allow) != NULL;
}

static void an_artifact_has_one_segment(void **state)
{
	static const char *const bad[] = {"",     "..",      ".",         "a%2f..%2fb",
					  "%2Fa", "a%2F",    "a%2F%2Fb",  "a/b",
					  "%ff",  "a%c0%ae", "%2e%2e%2fa"};
	struct route_names names;
	struct target target;
	char text[1024];

	(void)state;
	assert_true(takes_artifact("sub%2Fa%20b%25.txt", &names, &target));
	assert_string_equal(names.artifact, "sub/a b%.txt");
	target_close(&target);
	/* Longer than the names of other things may be. */
	memset(text, 'x', sizeof text);
	text[1000] = '\0';
	assert_true(takes_artifact(text, &names, &target));
	assert_string_equal(names.artifact, text);
	target_close(&target);
	text[1000] = 'x';
	text[1001] = '\0';
	assert_false(takes_artifact(text, &names, &target));
	target_close(&target);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(takes_artifact(bad[i], &names, &target));
		target_close(&target);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_row_is_found_by_a_path_of_its_own),
	    cmocka_unit_test(an_artifact_has_one_segment),
	    cmocka_unit_test(pages_are_pages),
	    cmocka_unit_test(names_of_the_path_are_taken),
	    cmocka_unit_test(a_verb_ends_the_name),
	    cmocka_unit_test(head_is_served_as_get),
	    cmocka_unit_test(a_known_path_tells_its_methods),
	    cmocka_unit_test(what_cannot_be_a_name_is_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
