/* The table of verbs: each says what it does and shows itself in use, and help tells all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/manual.h"
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

static void help_for_programs_tells_the_same(void **state)
{
	json_t *all = verb_json_all();
	json_t *one;
	size_t count = 0;

	(void)state;
	while (verb_at(count) != NULL)
		count++;
	assert_int_equal(json_array_size(json_object_get(all, "verbs")), count);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(all, "exit_codes"), "6")),
	    "no daemon");
	json_decref(all);
	one = verb_json(verb_find("logs"));
	assert_string_equal(json_string_value(json_object_get(one, "operands")), "RUN [TASK]");
	assert_int_equal(json_array_size(json_object_get(one, "flags")), 2);
	assert_int_equal(json_array_size(json_object_get(one, "examples")), 3);
	json_decref(one);
}

/* Whether a line is a request that the manual uses, or text. */
static bool is_roff(const char *line, size_t length)
{
	static const char *const known[] = {".TH ", ".SH ", ".SS ", ".TP", ".PP",
					    ".EX",  ".EE",  ".B ",  ".I ", ".RI "};

	if (length == 0 || (line[0] != '.' && line[0] != '\''))
		return length > 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(line, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static void the_manual_holds_every_verb_and_flag(void **state)
{
	struct str text = STR_INIT;
	const char *line;

	(void)state;
	manual_write(&text);
	for (size_t i = 0; verb_at(i) != NULL; i++) {
		struct str title = STR_INIT;

		str_printf(&title, "\n.SS \"heddle %s", verb_at(i)->name);
		assert_non_null(strstr(str_text(&text), str_text(&title)));
		str_close(&title);
	}
	assert_non_null(strstr(str_text(&text), "\n\\fB\\-\\-dry\\-run\\fR\n"));
	assert_non_null(strstr(str_text(&text), "\n.B 124\n"));
	for (line = str_text(&text); *line != '\0'; line += strcspn(line, "\n") + 1)
		if (!is_roff(line, strcspn(line, "\n")))
			fail_msg("no line for roff: %.60s", line);
	str_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_flag_that_a_verb_takes_has_its_help),
	    cmocka_unit_test(every_verb_has_examples_and_help_shows_them),
	    cmocka_unit_test(help_for_programs_tells_the_same),
	    cmocka_unit_test(the_manual_holds_every_verb_and_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
