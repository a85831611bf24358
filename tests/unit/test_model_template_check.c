/* test_model_template_check.c - unknown names, and where free text may stand. What is let into a
 * command is also run: by /bin/sh, with a value that would do harm. */
#include "tests/unit/template_kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void expect_reports(struct kit *kit, const char *text, enum template_place place,
			   const char *expected)
{
	assert_string_equal(kit_check(kit, text, place), expected);
}

static void unknown_names_are_told_with_their_place(void **state)
{
	expect_reports(*state, "a {{ ds }} {{ params.z | default(1) }} {{ concat(q, ds, r) }}",
		       TEMPLATE_IN_VALUE,
		       "14: unknown name 'z'\n49: unknown name 'q'\n56: unknown name 'r'\n");
}

static void values_may_hold_anything(void **state)
{
	expect_reports(*state, "{{ params.name }}{{ item }}{{ event.payload.files }}",
		       TEMPLATE_IN_VALUE, "");
}

static void bound_values_may_stand_anywhere(void **state)
{
	static const char text[] = "x '{{ ds }}' \"{{ params.region | upper }}\" # {{ run.id }}";

	expect_reports(*state, text, TEMPLATE_IN_SHELL, "");
	expect_reports(*state, text, TEMPLATE_IN_CODE, "");
}

static void free_text_in_a_command_names_the_variable(void **state)
{
	static const struct {
		const char *text;
		const char *report;
	} rows[] = {
	    {"echo {{ params.name }}",
	     "8: params.name is free text, which must not stand in a command: use "
	     "\"$HEDDLE_PARAM_name\" or {{ params.name | sh }}\n"},
	    {"echo {{ params.my-name | upper }}",
	     "8: params.my-name is free text, which must not stand in a command: use "
	     "\"$HEDDLE_PARAM_my_name\" or {{ params.my-name | upper | sh }}\n"},
	    {"echo {{ tasks.a-b.output.k }}",
	     "8: tasks.a-b.output.k is free text, which must not stand in a command: use "
	     "\"$HEDDLE_OUT_a_b__k\" or {{ tasks.a-b.output.k | sh }}\n"},
	    {"echo \"{{ item }}\"",
	     "9: item is free text, which must not stand in a command: use \"$HEDDLE_ITEM\"\n"},
	    {"jq . {{ event.payload.files }}",
	     "8: event.payload.files is free text, which must not stand in a command: use the file "
	     "\"$HEDDLE_EVENT\" or {{ event.payload.files | sh }}\n"},
	    {"echo {{ env.HOST }}",
	     "8: env.HOST is free text, which must not stand in a command: use \"$HOST\" or "
	     "{{ env.HOST | sh }}\n"},
	    {"echo {{ vars.X }}", "8: vars.X is free text, which must not stand in a command: set "
				  "a variable in env to it "
				  "and use \"$NAME\" or {{ vars.X | sh }}\n"},
	    {"{{ params.name | sh | upper }}",
	     "3: params.name is free text, which must not stand in a command: use "
	     "\"$HEDDLE_PARAM_name\", or put | sh at the end of the expression\n"},
	    {"{{ concat(params.name, item) }}",
	     "10: params.name is free text, which must not stand in a command: use "
	     "\"$HEDDLE_PARAM_name\" or {{ concat(params.name, item) | sh }}\n"
	     "23: item is free text, which must not stand in a command: use \"$HEDDLE_ITEM\" or "
	     "{{ concat(params.name, item) | sh }}\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect_reports(*state, rows[i].text, TEMPLATE_IN_SHELL, rows[i].report);
}

static void free_text_in_code_is_refused_in_every_form(void **state)
{
	expect_reports(
	    *state, "{{ params.name | sh }}", TEMPLATE_IN_CODE,
	    "3: params.name is free text, which must not stand in arguments or code: read "
	    "$HEDDLE_PARAM_name there, or give the param an enum, a pattern or another "
	    "type\n");
	expect_reports(*state, "{{ event.payload.files | json }}", TEMPLATE_IN_CODE,
		       "3: event.payload.files is free text, which must not stand in arguments or "
		       "code: read the file $HEDDLE_EVENT there\n");
}

static void what_is_made_of_free_text_is_free_but_its_length(void **state)
{
	static const char *const free_texts[] = {
	    "{{ params.name | date('%Y') }}",
	    "{{ ds | default(params.name) }}",
	    "{{ max('a', params.name) }}",
	    "{{ ds | replace('-', params.name) }}",
	    "{{ coalesce(ds, params.name) | json }}",
	    "{{ params.list | join(',') }}",
	    "{{ (params.name | sh) | json }}",
	    "{{ params.name[0] }}",
	};

	for (size_t i = 0; i < sizeof free_texts / sizeof free_texts[0]; i++)
		if (kit_check(*state, free_texts[i], TEMPLATE_IN_SHELL)[0] == '\0')
			fail_msg("%s was let in", free_texts[i]);
	expect_reports(*state,
		       "{{ params.name | length }} {{ params.list | join(params.name) | length }}",
		       TEMPLATE_IN_SHELL, "");
	expect_reports(*state, "{{ params.list | length }}", TEMPLATE_IN_CODE, "");
}

/* --- sh and where it stands; X is {{ params.name | sh }}, D is {{ ds }} */

static char *spell(const char *text)
{
	struct str out = STR_INIT;

	for (; *text != '\0'; text++) {
		if (*text == 'X')
			str_append(&out, "{{ params.name | sh }}");
		else if (*text == 'D')
			str_append(&out, "{{ ds }}");
		else
			str_append_char(&out, *text);
	}
	return str_take(&out);
}

static bool is_let_in(struct kit *kit, const char *text)
{
	char *spelled = spell(text);
	bool is_in = kit_check(kit, spelled, TEMPLATE_IN_SHELL)[0] == '\0';

	free(spelled);
	return is_in;
}

static void a_quoted_word_stands_where_quotes_begin(void **state)
{
	static const char *const good[] = {
	    "X",
	    "echo X",
	    "echo a X b; echo 'q' X \"r\" X",
	    "f=X; echo \"$f\" 'it' X",
	    "echo \"${f}\" \"${f:-d}\" ${#f} ${f#x} X",
	    "echo \"$(date +%F)\" `date` $((1 + 2)) $((n * 3)) X",
	    "echo $(basename X) \"a\\\"b\" X",
	    "echo \\' X \\\" X",
	    "# it is\necho X",
	    "a=1 # it's\necho X",
	    "echo a#b's' X",
	    "cat < X > X",
	    "if [ X = y ]; then\n  run --name=X D\nfi",
	    "echo $'plain' X",
	    "echo D'x'X",
	    "echo \\\nX",
	    "cat <X; (X); X#'a' X",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!is_let_in(*state, good[i]))
			fail_msg("%s was refused: %s", good[i],
				 str_text(&((struct kit *)*state)->reports));
}

static void a_quoted_word_is_refused_elsewhere(void **state)
{
	static const char *const bad[] = {
	    "'X'",
	    "\"X\"",
	    "echo \"a X b\"",
	    "echo 'a' 'X'",
	    "# X",
	    "echo a # it X",
	    "`X`",
	    "echo `echo 'a'` X",
	    "cat <<E\nX\nE",
	    "cat <<E\nE\nX",
	    "cat <<< X",
	    "\\X",
	    "$X",
	    "echo \\\\\\X",
	    "echo \"$(cat \"X\")\"",
	    "echo \"$(cat \"a\")\" X",
	    "echo \"${f:-\"a\"}\" X",
	    "echo ${f:-X}",
	    "echo ${f:-'X'}",
	    "echo $((X))",
	    "((X))",
	    "echo $'a\\'X'",
	    "echo $'a\\'' X '",
	    "echo D# ' X '",
	    "echo $D'X'",
	    "echo \\D'X'",
	    "echo <D< X",
	    "echo {{ '\\'' }} X",
	    "echo {{ ds | replace('-', '\"') }} X",
	    "\"`echo \"X\"`\"",
	    "echo \"${{ ds }}(echo \"X\")\"",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (is_let_in(*state, bad[i]))
			fail_msg("%s was let in", bad[i]);
}

static void a_refusal_says_what_to_do(void **state)
{
	static const struct {
		const char *text;
		const char *report;
	} rows[] = {
	    {"a '{{ item | sh }}'", "6: item with | sh stands in quotes, and sh brings its own: "
				    "take the quotes away, or use "
				    "\"$HEDDLE_ITEM\"\n"},
	    {"a # {{ item | sh }}",
	     "7: item with | sh stands in a comment, which a line's end in it would close: take it "
	     "out, or use \"$HEDDLE_ITEM\"\n"},
	    {"a `b {{ item | sh }}`", "8: item with | sh stands in backticks, which read quotes in "
				      "their own way: write $(...), "
				      "or use \"$HEDDLE_ITEM\"\n"},
	    {"a <<E\n{{ item | sh }}\nE", "9: item with | sh stands behind '<<', where quotes may "
					  "be text: put it before, or use "
					  "\"$HEDDLE_ITEM\"\n"},
	    {"a \\{{ item | sh }}", "6: item with | sh stands right behind '\\' or '$', which "
				    "changes its quotes: take that "
				    "away, or use \"$HEDDLE_ITEM\"\n"},
	    {"a \"$(b \"c\")\" {{ item | sh }}", "16: item with | sh stands behind something whose "
						 "quotes cannot be followed for sure: put "
						 "it before, or use \"$HEDDLE_ITEM\"\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect_reports(*state, rows[i].text, TEMPLATE_IN_SHELL, rows[i].report);
}

/* --- the shell as the judge */

/* Each way out of quotes that the tests know of; "H" is a program that leaves a file. */
static const char harm[] = "x\n./H\n'`./H`$(./H);./H \"`./H`$(./H)\";./H #\\";

static uint32_t roll(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % sides;
}

/* A command made of pieces that shells read in odd ways. */
static void make_command(uint32_t *seed, struct str *out)
{
	static const char *const pieces[] = {
	    " ",  " ",      "X",     "X",     "X",  "a",  "'",  "'",   "\"", "\"",    "`",
	    "\\", "$",      "#",     " #",    "\n", "$(", ")",  "${v", "}",  "${v:-", "$((1",
	    "))", "<",      "<<E",   "\nE\n", "D",  "D",  "$v", ": ",  ";",  "(",     "\\\n",
	    "$'", "\"$(: ", "\"`: ", "&",     "|",  "[",  "!",  "=",   "v=", "\t",
	};
	uint32_t count = 2 + roll(seed, 10);

	str_append(out, ": ");
	for (uint32_t i = 0; i < count; i++)
		str_append(out, pieces[roll(seed, sizeof pieces / sizeof pieces[0])]);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Renders the command and runs it; true when the value in it was run, too. */
static bool is_harmed(struct kit *kit, const char *text, const char *folder, const char *shell)
{
	bool is_there;

	struct str out = STR_INIT;
	struct str command = STR_INIT;
	struct str path = STR_INIT;
	char *spelled = spell(text);

	assert_int_equal(template_render(kit_parse(kit, spelled), &kit->values, 100000, &out, NULL),
			 0);
	str_printf(&path, "%s/command", folder);
	write_file(path.data, out.data, 0600);
	str_printf(&command, "cd %s && timeout 5 %s ./command </dev/null >/dev/null 2>&1", folder,
		   shell);
	(void)!system(command.data);
	str_clear(&path);
	str_printf(&path, "%s/harmed", folder);
	is_there = unlink(path.data) == 0;
	free(spelled);
	str_close(&out);
	str_close(&command);
	str_close(&path);
	return is_there;
}

static void expect_no_harm(struct kit *kit, const char *text, const char *folder, const char *shell)
{
	if (is_harmed(kit, text, folder, shell))
		fail_msg("%s ran what stood in a value: %s", shell, text);
}

static void no_command_that_is_let_in_runs_what_a_value_says(void **state)
{
	struct kit *kit = *state;
	uint32_t seed = (uint32_t)time(NULL);
	bool has_bash = access("/bin/bash", X_OK) == 0;
	char folder[] = "/tmp/heddle-template-XXXXXX";
	struct str path = STR_INIT;
	int run_count = 0;

	print_message("seed %u\n", seed);
	assert_non_null(mkdtemp(folder));
	str_printf(&path, "%s/H", folder);
	write_file(path.data, "#!/bin/sh\n: >harmed\n", 0700);
	json_object_set_new(json_object_get(kit->root, "params"), "name", json_string(harm));
	/* The value does harm where it may: this is no test that cannot fail. */
	assert_true(is_harmed(kit, ": \"X\"", folder, "/bin/sh"));
	assert_true(is_harmed(kit, ": # X", folder, "/bin/sh"));
	for (int i = 0; i < 20000 && run_count < 150; i++) {
		struct str text = STR_INIT;

		make_command(&seed, &text);
		if (strchr(text.data, 'X') != NULL && is_let_in(kit, text.data)) {
			run_count++;
			json_object_set_new(kit->root, "ds", json_string(i % 2 ? "" : "1"));
			expect_no_harm(kit, text.data, folder, "/bin/sh");
			if (has_bash)
				expect_no_harm(kit, text.data, folder, "/bin/bash");
		}
		str_close(&text);
		arena_reset(&kit->arena);
	}
	assert_true(run_count >= 100);
	str_clear(&path);
	str_printf(&path, "rm -rf %s", folder);
	assert_int_equal(system(path.data), 0);
	str_close(&path);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)
	const struct CMUnitTest tests[] = {
	    CASE(unknown_names_are_told_with_their_place),
	    CASE(values_may_hold_anything),
	    CASE(bound_values_may_stand_anywhere),
	    CASE(free_text_in_a_command_names_the_variable),
	    CASE(free_text_in_code_is_refused_in_every_form),
	    CASE(what_is_made_of_free_text_is_free_but_its_length),
	    CASE(a_quoted_word_stands_where_quotes_begin),
	    CASE(a_quoted_word_is_refused_elsewhere),
	    CASE(a_refusal_says_what_to_do),
	    CASE(no_command_that_is_let_in_runs_what_a_value_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
