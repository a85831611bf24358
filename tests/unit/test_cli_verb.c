/* The table of verbs: each says what it does and shows itself in use, and help tells all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/verb.h"

#include <string.h>

/* Examples are whole command lines of the verb itself, in a shell or in another command. */
static void expect_examples(const struct verb *verb)
{
	struct str beginning = STR_INIT;
	const char *line = verb->examples;

	str_printf(&beginning, "heddle %s", verb->name);
	assert_true(*line != '\0');
	while (*line != '\0') {
		const char *end = strchr(line, '\n');
		const char *found = strstr(line, str_text(&beginning));

		assert_non_null(end);
		if (found == NULL || found > end)
			fail_msg("an example of '%s' does not use it: %.*s", verb->name,
				 (int)(end - line), line);
		line = end + 1;
	}
	str_close(&beginning);
}

static void every_verb_has_examples_and_help_shows_them(void **state)
{
	struct str all = STR_INIT;

	(void)state;
	verb_help_all(&all);
	for (size_t i = 0; verb_at(i) != NULL; i++) {
		const struct verb *verb = verb_at(i);
		struct str text = STR_INIT;

		expect_examples(verb);
		assert_ptr_equal(verb_find(verb->name), verb);
		assert_non_null(strstr(str_text(&all), verb->summary));
		verb_help(verb, &text);
		assert_non_null(strstr(str_text(&text), verb->summary));
		assert_non_null(strstr(str_text(&text), "\nExamples:\n  "));
		for (int flag = 0; flag < FLAG_COUNT; flag++)
			if ((verb->flags & FLAG_BIT(flag)) != 0)
				assert_non_null(
				    strstr(str_text(&text), args_flag((enum flag_id)flag)->name));
		str_close(&text);
	}
	str_close(&all);
}

/* A flag without words for it would be taken and shown as nothing. */
static void every_flag_that_a_verb_takes_has_its_help(void **state)
{
	(void)state;
	for (size_t i = 0; verb_at(i) != NULL; i++)
		for (int flag = 0; flag < FLAG_COUNT; flag++)
			if ((verb_at(i)->flags & FLAG_BIT(flag)) != 0)
				assert_non_null(args_flag((enum flag_id)flag)->help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_flag_that_a_verb_takes_has_its_help),
	    cmocka_unit_test(every_verb_has_examples_and_help_shows_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
