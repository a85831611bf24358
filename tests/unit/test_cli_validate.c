/* `heddle validate`: all that is wrong in files and folders, for people and for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli_capture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GOOD(id) \
	"id: " id "\ntasks: [{id: extract, command: 'true'}, {id: load, command: 'true'}]\n"

struct place {
	char folder[32];
	struct capture capture;
};

static void enter(struct place *place)
{
	memset(place, 0, sizeof *place);
	snprintf(place->folder, sizeof place->folder, "/tmp/heddle-val-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	assert_int_equal(chdir(place->folder), 0);
	assert_int_equal(mkdir("dags", 0700), 0);
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write_durable(path, text, 0600, NULL), 0);
}

static void validate(struct place *place, char *const words[])
{
	capture_close(&place->capture);
	capture_run(&place->capture, place->folder, words);
}

/* paths: NULL-terminated, files before the folders they are in. */
static void leave(struct place *place, const char *const *paths)
{
	for (; *paths != NULL; paths++)
		assert_int_equal(remove(*paths), 0);
	assert_int_equal(remove("dags"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(remove(place->folder), 0);
	capture_close(&place->capture);
}

static void sound_files_are_counted(void **state)
{
	static const char *const files[] = {"dags/sub/b.yml", "dags/sub/notes.txt", "dags/sub",
					    "dags/a.yaml", NULL};
	struct place place;

	(void)state;
	enter(&place);
	assert_int_equal(mkdir("dags/sub", 0700), 0);
	put("dags/a.yaml", GOOD("a") "---\n" GOOD("a2"));
	put("dags/sub/b.yml", GOOD("b"));
	put("dags/sub/notes.txt", "no dag");
	validate(&place, WORDS("validate"));
	capture_expect(&place.capture, CODE_OK, "");
	assert_string_equal(str_text(&place.capture.err), "2 files, 3 DAGs: all good\n");
	validate(&place, WORDS("validate", "--strict", "--", "dags/sub/b.yml"));
	capture_expect(&place.capture, CODE_OK, "");
	assert_string_equal(str_text(&place.capture.err), "1 file, 1 DAG: all good\n");
	leave(&place, files);
}

static void every_error_of_every_file_is_told_with_its_place(void **state)
{
	static const char *const files[] = {"dags/a.yaml", "dags/b.yaml", "dags/c.yaml", NULL};
	struct place place;

	(void)state;
	enter(&place);
	put("dags/a.yaml", "id: a\ntasks: [{id: x, comand: 'true'}]\nnonsense: 1\n");
	put("dags/b.yaml", GOOD("b"));
	put("dags/c.yaml", "id: [\n");
	validate(&place, WORDS("validate", "dags"));
	assert_int_equal(place.capture.code, CODE_INVALID);
	assert_non_null(strstr(str_text(&place.capture.out), "dags/a.yaml:2:17: "));
	assert_non_null(strstr(str_text(&place.capture.out), "(did you mean 'command'?)"));
	assert_non_null(strstr(str_text(&place.capture.out), "dags/a.yaml:3:1: "));
	assert_non_null(strstr(str_text(&place.capture.out), "dags/c.yaml:"));
	assert_null(strstr(str_text(&place.capture.out), "dags/b.yaml"));
	assert_true(str_starts_with(str_text(&place.capture.err), "3 files, 1 DAG: "));
	leave(&place, files);
}

static void an_id_in_two_files_is_told_with_both_places(void **state)
{
	static const char *const files[] = {"dags/a.yaml", "dags/b.yaml", NULL};
	struct place place;

	(void)state;
	enter(&place);
	put("dags/a.yaml", GOOD("same"));
	put("dags/b.yaml", GOOD("other") "---\n" GOOD("same"));
	validate(&place, WORDS("validate", "dags/a.yaml", "dags/b.yaml"));
	assert_int_equal(place.capture.code, CODE_INVALID);
	assert_true(str_starts_with(str_text(&place.capture.out), "dags/b.yaml:"));
	assert_non_null(strstr(str_text(&place.capture.out), "dags/a.yaml:1"));
	leave(&place, files);
}

static void programs_get_json(void **state)
{
	static const char *const files[] = {"dags/a.yaml", "dags/b.yaml", NULL};
	struct place place;
	json_t *json;
	const json_t *error;

	(void)state;
	enter(&place);
	put("dags/a.yaml", GOOD("a"));
	validate(&place, WORDS("validate", "--json", "dags"));
	capture_expect(&place.capture, CODE_OK,
		       "{\"valid\":true,\"files\":1,\"dags\":[{\"id\":\"a\",\"file\":"
		       "\"dags/a.yaml\",\"tasks\":2}],\"errors\":[]}\n");
	put("dags/b.yaml", "id: b\ntasks: [{id: x, comand: 'true'}]\n");
	validate(&place, WORDS("validate", "--json", "dags"));
	assert_int_equal(place.capture.code, CODE_INVALID);
	json = json_loads(str_text(&place.capture.out), 0, NULL);
	assert_true(json_is_false(json_object_get(json, "valid")));
	error = json_array_get(json_object_get(json, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(error, "file")), "dags/b.yaml");
	assert_int_equal(json_integer_value(json_object_get(error, "line")), 2);
	assert_int_equal(json_integer_value(json_object_get(error, "column")), 17);
	assert_non_null(json_string_value(json_object_get(error, "message")));
	json_decref(json);
	leave(&place, files);
}

static void what_is_not_there_is_not_found_and_a_fifo_is_not_waited_for(void **state)
{
	static const char *const files[] = {"dags/pipe.yaml", "dags/loop", NULL};
	struct place place;

	(void)state;
	enter(&place);
	validate(&place, WORDS("validate", "nowhere.yaml"));
	capture_expect(&place.capture, CODE_NOT_FOUND, "");
	assert_non_null(strstr(str_text(&place.capture.err), "'nowhere.yaml'"));
	assert_int_equal(mkfifo("dags/pipe.yaml", 0600), 0);
	assert_int_equal(symlink(".", "dags/loop"), 0);
	validate(&place, WORDS("validate", "dags"));
	assert_int_equal(place.capture.code, CODE_INVALID);
	assert_true(str_starts_with(str_text(&place.capture.out), "dags/pipe.yaml:1:1: "));
	assert_string_equal(str_text(&place.capture.err), "1 file, 0 DAGs: 1 error\n");
	leave(&place, files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sound_files_are_counted),
	    cmocka_unit_test(every_error_of_every_file_is_told_with_its_place),
	    cmocka_unit_test(an_id_in_two_files_is_told_with_both_places),
	    cmocka_unit_test(programs_get_json),
	    cmocka_unit_test(what_is_not_there_is_not_found_and_a_fifo_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
