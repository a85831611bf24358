/* Where the command line looks for a daemon's state and its DAG files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* NULL = unset. */
static void environment(const char *heddle_home, const char *state_home, const char *home)
{
	const char *const names[] = {"HEDDLE_HOME", "XDG_STATE_HOME", "HOME"};
	const char *const values[] = {heddle_home, state_home, home};

	for (size_t i = 0; i < 3; i++) {
		if (values[i] == NULL)
			unsetenv(names[i]);
		else
			setenv(names[i], values[i], 1);
	}
}

static void expect_home(const char *flag, const char *expected)
{
	char home[PATH_MAX];

	assert_int_equal(cli_find_home(flag, home, NULL), 0);
	assert_string_equal(home, expected);
}

static void the_nearest_word_on_the_home_counts(void **state)
{
	(void)state;
	environment("/env", "/state", "/home/alice");
	expect_home("/flag", "/flag");
	expect_home(NULL, "/env");
	environment("", "/state", "/home/alice");
	expect_home(NULL, "/state/heddle");
	environment(NULL, "relative", "/home/alice");
	expect_home(NULL, "/home/alice/.local/state/heddle");
	environment(NULL, NULL, "/home/alice");
	expect_home(NULL, "/home/alice/.local/state/heddle");
}

static void without_a_home_the_user_database_knows_one(void **state)
{
	char home[PATH_MAX];

	(void)state;
	environment(NULL, NULL, NULL);
	assert_int_equal(cli_find_home(NULL, home, NULL), 0);
	assert_true(home[0] == '/');
	assert_true(str_ends_with(home, "/.local/state/heddle"));
}

static void dag_files_are_below_the_home_unless_named(void **state)
{
	char dags[PATH_MAX];

	(void)state;
	assert_int_equal(cli_find_dags(NULL, "/h", dags, NULL), 0);
	assert_string_equal(dags, "/h/dags");
	assert_int_equal(cli_find_dags("some/dags", "/h", dags, NULL), 0);
	assert_string_equal(dags, "some/dags");
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	char path[PATH_MAX + 1];
	char home[PATH_MAX];
	struct err err;

	(void)state;
	memset(path, 'x', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(cli_find_home(path, home, &err), ERR_USAGE);
	path[PATH_MAX - 3] = '\0';
	assert_int_equal(cli_find_home(path, home, &err), 0);
	assert_int_equal(cli_find_dags(NULL, path, home, &err), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_nearest_word_on_the_home_counts),
	    cmocka_unit_test(without_a_home_the_user_database_knows_one),
	    cmocka_unit_test(dag_files_are_below_the_home_unless_named),
	    cmocka_unit_test(a_path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
