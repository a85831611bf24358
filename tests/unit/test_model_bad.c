/* test_model_bad.c - each wrong file in tests/bad/ is answered with exactly the errors that stand
 * beside it: NAME.yaml and NAME.expected, one "line:column: message" a line. */
#include "base/file.h"
#include "base/str.h"
#include "model/limits.h"
#include "model/render.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FOLDER HEDDLE_TESTS "/bad/"
#define FILES_AT_LEAST 60

static void read_file(const char *name, const char *suffix, struct str *out)
{
	struct str path = STR_INIT;
	struct err err = {.code = 0};

	str_printf(&path, FOLDER "%s%s", name, suffix);
	if (file_read(str_text(&path), 2 * LIMIT_DAG_FILE_BYTES, out, &err) != 0)
		fail_msg("%s", err.message);
	str_close(&path);
}

/* The source line of an error is the one of its number, whatever ends it. */
static void check_line_text(const struct dag_error *error, const char *text)
{
	size_t length = strlen(error->text);

	for (uint32_t line = 1; line < error->line; line++)
		text = strchr(text, '\n') + 1;
	assert_memory_equal(text, error->text, length);
	assert_non_null(strchr("\r\n", text[length])); /* finds the NUL at the end, too */
}

static void check_file(const char *name)
{
	struct str text = STR_INIT;
	struct str expected = STR_INIT;
	struct str told = STR_INIT;
	struct dag_list dags;
	struct dag_errors errors;

	read_file(name, ".yaml", &text);
	read_file(name, ".expected", &expected);
	dag_list_init(&dags);
	dag_errors_init(&errors);
	assert_true(dag_parse(name, str_text(&text), text.size, &dags, &errors) < 0);
	assert_int_equal(dags.count, 0);
	for (size_t i = 0; i < errors.count; i++) {
		const struct dag_error *error = &errors.items[i];

		assert_string_equal(error->source, name);
		check_line_text(error, str_text(&text));
		str_printf(&told, "%u:%u: %s\n", error->line, error->column, error->message);
	}
	if (strcmp(str_text(&told), str_text(&expected)) != 0)
		fail_msg("%s.yaml is answered with\n%sinstead of\n%s", name, str_text(&told),
			 str_text(&expected));
	dag_errors_close(&errors);
	dag_list_close(&dags);
	str_close(&told);
	str_close(&expected);
	str_close(&text);
}

static void every_wrong_file_is_told_its_errors(void **state)
{
	DIR *folder = opendir(FOLDER);
	const struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char name[256];

		snprintf(name, sizeof name, "%s", entry->d_name);
		if (!str_ends_with(name, ".yaml"))
			continue;
		name[strlen(name) - strlen(".yaml")] = '\0';
		check_file(name);
		count++;
	}
	closedir(folder);
	assert_true(count >= FILES_AT_LEAST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_wrong_file_is_told_its_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
