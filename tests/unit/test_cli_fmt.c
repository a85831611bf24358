/* test_cli_fmt.c - `heddle fmt`, `schema` and `show`: what they print, change and return. */
#include "tests/unit/unit.h"

#include "cli/cli.h"
#include "tests/unit/cli_capture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOSE "tasks:\n- command: ls\n  id: a\nid: d\n"
#define TIDY "id: d\ntasks:\n  - id: a\n    command: ls\n"

struct place {
	char folder[32];
	struct capture capture;
};

static void enter(struct place *place)
{
	memset(place, 0, sizeof *place);
	snprintf(place->folder, sizeof place->folder, "/tmp/heddle-fmt-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	assert_int_equal(chdir(place->folder), 0);
	assert_int_equal(mkdir("dags", 0700), 0);
}

static void leave(struct place *place)
{
	char command[64];

	capture_close(&place->capture);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof command, "rm -r %s", place->folder);
	assert_int_equal(system(command), 0);
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write_durable(path, text, 0640, NULL), 0);
}

static void run(struct place *place, char *const words[])
{
	capture_close(&place->capture);
	capture_run(&place->capture, place->folder, words);
}

static void expect_file(const char *path, const char *wanted)
{
	struct str text = STR_INIT;

	assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
	assert_string_equal(str_text(&text), wanted);
	str_close(&text);
}

static void prints_the_canonical_form_and_leaves_the_file(void **state)
{
	struct place place;

	(void)state;
	enter(&place);
	put("loose.yaml", LOOSE);
	run(&place, WORDS("fmt", "loose.yaml"));
	capture_expect(&place.capture, CODE_OK, TIDY);
	expect_file("loose.yaml", LOOSE);
	leave(&place);
}

static void check_lists_what_is_not_canonical(void **state)
{
	struct place place;

	(void)state;
	enter(&place);
	put("loose.yaml", LOOSE);
	put("tidy.yaml", TIDY);
	run(&place, WORDS("fmt", "--check", "tidy.yaml", "loose.yaml"));
	capture_expect(&place.capture, CODE_FAILED, "loose.yaml\n");
	run(&place, WORDS("fmt", "--check", "tidy.yaml"));
	capture_expect(&place.capture, CODE_OK, "");
	expect_file("loose.yaml", LOOSE);
	leave(&place);
}

static void write_replaces_the_file_behind_a_link_and_keeps_its_mode(void **state)
{
	struct place place;
	struct stat status;

	(void)state;
	enter(&place);
	put("loose.yaml", LOOSE);
	assert_int_equal(symlink("loose.yaml", "link.yaml"), 0);
	run(&place, WORDS("fmt", "--write", "link.yaml"));
	capture_expect(&place.capture, CODE_OK, "");
	expect_file("loose.yaml", TIDY);
	assert_int_equal(lstat("link.yaml", &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat("loose.yaml", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	leave(&place);
}

static void what_is_no_yaml_is_told_and_left_alone(void **state)
{
	struct place place;

	(void)state;
	enter(&place);
	put("bad.yaml", "id: [a\n");
	put("loose.yaml", LOOSE);
	run(&place, WORDS("fmt", "--write", "bad.yaml", "loose.yaml"));
	capture_expect(&place.capture, CODE_INVALID, "");
	assert_non_null(strstr(str_text(&place.capture.err), "bad.yaml:"));
	expect_file("bad.yaml", "id: [a\n");
	expect_file("loose.yaml", TIDY);
	run(&place, WORDS("fmt", "none.yaml"));
	assert_int_equal(place.capture.code, CODE_NOT_FOUND);
	run(&place, WORDS("fmt", "bad.yaml", "loose.yaml"));
	assert_int_equal(place.capture.code, CODE_USAGE);
	run(&place, WORDS("fmt", "--check", "--write", "loose.yaml"));
	assert_int_equal(place.capture.code, CODE_USAGE);
	leave(&place);
}

static void json_tells_each_file(void **state)
{
	struct place place;

	(void)state;
	enter(&place);
	put("loose.yaml", LOOSE);
	run(&place, WORDS("fmt", "--write", "--json", "loose.yaml"));
	capture_expect(&place.capture, CODE_OK,
		       "[{\"file\":\"loose.yaml\",\"canonical\":false,\"written\":true}]\n");
	leave(&place);
}

static void show_prints_the_dag_or_the_values_in_force(void **state)
{
	struct place place;
	json_t *json;

	(void)state;
	enter(&place);
	put("dags/d.yaml", LOOSE);
	run(&place, WORDS("show", "d"));
	capture_expect(&place.capture, CODE_OK, LOOSE);
	run(&place, WORDS("show", "d", "--resolved"));
	assert_int_equal(place.capture.code, CODE_OK);
	assert_non_null(strstr(str_text(&place.capture.out), "id: d  # d.yaml:4\n"));
	assert_non_null(strstr(str_text(&place.capture.out), "    retries: 0  # default\n"));
	run(&place, WORDS("show", "dags/d.yaml", "--resolved", "--json"));
	json = json_loads(str_text(&place.capture.out), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "id"), "from")),
			    "dags/d.yaml:4");
	json_decref(json);
	leave(&place);
}

static void show_names_the_nearest_dag(void **state)
{
	struct place place;

	(void)state;
	enter(&place);
	put("dags/d.yaml", "id: nightly\ntasks: [{id: a, command: ls}]\n");
	run(&place, WORDS("show", "nigthly"));
	assert_int_equal(place.capture.code, CODE_NOT_FOUND);
	assert_non_null(strstr(str_text(&place.capture.err), "did you mean 'nightly'?"));
	put("dags/bad.yaml", "id: bad\n");
	run(&place, WORDS("show", "dags/bad.yaml"));
	assert_int_equal(place.capture.code, CODE_INVALID);
	assert_non_null(strstr(str_text(&place.capture.err), "dags/bad.yaml:1:1:"));
	leave(&place);
}

static void schema_is_json(void **state)
{
	struct place place;
	json_t *json;

	(void)state;
	enter(&place);
	run(&place, WORDS("schema"));
	json = json_loads(str_text(&place.capture.out), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "title")), "Heddle DAG");
	json_decref(json);
	run(&place, WORDS("schema", "--folder", "--json"));
	json = json_loads(str_text(&place.capture.out), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "title")),
			    "Heddle folder defaults");
	json_decref(json);
	leave(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prints_the_canonical_form_and_leaves_the_file),
	    cmocka_unit_test(check_lists_what_is_not_canonical),
	    cmocka_unit_test(write_replaces_the_file_behind_a_link_and_keeps_its_mode),
	    cmocka_unit_test(what_is_no_yaml_is_told_and_left_alone),
	    cmocka_unit_test(json_tells_each_file),
	    cmocka_unit_test(show_prints_the_dag_or_the_values_in_force),
	    cmocka_unit_test(show_names_the_nearest_dag),
	    cmocka_unit_test(schema_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
