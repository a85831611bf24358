/* test_model_scripts.c - which scripts a command is seen to start. */
#include "base/mem.h"
#include "base/str.h"
#include "model/limits.h"
#include "model/scripts.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...)                              \
	(const char *const[])                   \
	{                                       \
		__VA_ARGS__ __VA_OPT__(, ) NULL \
	}

/* Their names, with a blank between them. */
static void expect_of(const struct task *task, const char *said, const char *wanted)
{
	struct arena arena;
	struct str text = STR_INIT;
	const char *const *script;

	arena_init(&arena);
	script = scripts_of(task, &arena);
	assert_true(script == NULL || *script != NULL);
	for (; script != NULL && *script != NULL; script++)
		str_printf(&text, "%s%s", text.size == 0 ? "" : " ", *script);
	if (strcmp(str_text(&text), wanted) != 0)
		fail_msg("%s: '%s', wanted '%s'", said, str_text(&text), wanted);
	str_close(&text);
	arena_close(&arena);
}

static const struct {
	const char *command;
	const char *scripts;
} texts[] = {
    /* None. */
    {"", ""},
    {"true", ""},
    {"echo ./load.sh", ""},
    {"cat data/in.csv | grep x > out/y.csv", ""},
    {"/bin/true; /usr/bin/sort data/x", ""},
    {"test -f ./x && echo y", ""},
    {"[ -f ./x ]", ""},
    {"# ./old.sh", ""},
    /* A path is the program. */
    {"./load.sh", "./load.sh"},
    {"./load.sh --date {{ period.date }} --region {{ params.region }}", "./load.sh"},
    {"jobs/load one two", "jobs/load"},
    {"/opt/etl/load.sh x", "/opt/etl/load.sh"},
    {"'./my load.sh' x", "./my load.sh"},
    {"\"./my\"\\ load.sh", "./my load.sh"},
    {"A=1 B=\"$x y\" ./load.sh", "./load.sh"},
    {"exec ./load.sh", "./load.sh"},
    {"./load.sh ./load.sh; ./load.sh", "./load.sh"},
    /* Several commands. */
    {"./a.sh && ./b.sh || ./c.sh", "./a.sh ./b.sh ./c.sh"},
    {"./a.sh; ./b.sh\n./c.sh & ./d.sh|./e.sh", "./a.sh ./b.sh ./c.sh ./d.sh ./e.sh"},
    {"./a.sh \\\n  --more; ./b.sh # ./c.sh", "./a.sh ./b.sh"},
    {"if ./check.sh; then ./load.sh; else ./skip.sh; fi", "./check.sh ./load.sh ./skip.sh"},
    {"for f in ./a ./b; do ./load.sh \"$f\"; done", "./load.sh"},
    {"case $x in a) ./a.sh ;; esac; (./b.sh); { ./c.sh; }", "./a.sh ./b.sh ./c.sh"},
    {"./1;./2;./3;./4;./5;./6;./7;./8;./9", "./1 ./2 ./3 ./4 ./5 ./6 ./7 ./8"},
    /* Redirections are no words of the command, here-documents no commands. */
    {">log 2>&1 ./load.sh <in/data", "./load.sh"},
    {"./load.sh > out/x 2> out/y; ./b.sh >&2", "./load.sh ./b.sh"},
    {"cat <<EOF | ./load.sh\n./no.sh\nEOF\n./b.sh", "./load.sh"},
    {"./a.sh <<< x\n./b.sh", "./a.sh ./b.sh"},
    /* Interpreters. */
    {"sh load.sh", "load.sh"},
    {"bash -euo pipefail load.sh --x", "load.sh"},
    {"bash -e -x load.sh", "load.sh"},
    {"sh -c './load.sh'", ""},
    {"sh -ec ./load.sh", ""},
    {"sh -s ./arg", ""},
    {"python3 -u jobs/load.py --date 1", "jobs/load.py"},
    {"python3.12 load.py", "load.py"},
    {"./venv/bin/python load.py", "load.py"},
    {"python -W ignore load.py", "load.py"},
    {"python3 -m mod arg", ""},
    {"python3 -c 'print(1)' x", ""},
    {"python3 - < load.py", ""},
    {"python3", ""},
    {"pythonista load.py", ""},
    {"env -i A=1 python3 load.py", "load.py"},
    {"/usr/bin/env bash load.sh", ""},
    {"perl -Ilib -w load.pl", "load.pl"},
    {"perl -e 'print 1' x", ""},
    {"ruby load.rb; node -r ./setup load.js; node --eval 1 x", "load.rb load.js"},
    {"Rscript --vanilla report.R a; php -f a.php; julia -t 4 a.jl", "report.R a.php a.jl"},
    {"python3 -- -odd.py", "-odd.py"},
    {". ./env.sh; source lib/x.sh; . profile", "./env.sh lib/x.sh"},
    /* What only the shell finds out. */
    {"$HOME/load.sh; \"$X\"/b.sh; `which c`/d.sh", ""},
    {"./load_{{ ds }}.sh; python3 {{ ds | date('./a.sh') }}.py", ""},
    {"./l*.sh; ~/load.sh; ./{a,b}.sh; ./load?.sh", ""},
    {"x=$(cat a | ./in.sh; ./b.sh) ./load.sh", "./load.sh"},
    {"echo \"$(./in.sh; ./b.sh)\" ${y:-;./no.sh} `./x.sh; ./y.sh`; ./load.sh", "./load.sh"},
    {"./a.sh; cd sub && ./b.sh && /opt/c.sh", "./a.sh /opt/c.sh"},
    /* Broken off. */
    {"./a.sh; './b.sh", "./a.sh ./b.sh"},
    {"./a.sh \"", "./a.sh"},
    {"./a.sh $(", "./a.sh"},
    {"./a.sh ${x `", "./a.sh"},
    {"./a.sh {{ x", "./a.sh"},
    {"./a.sh <", "./a.sh"},
    {"./a.sh \\", "./a.sh"},
    {"$", ""},
};

static void a_text_is_read_as_a_shell_would(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct task task = {.command = texts[i].command};

		expect_of(&task, texts[i].command, texts[i].scripts);
	}
}

static void expect_list(const char *const *argv, const char *wanted)
{
	struct task task = {.argv = argv};

	expect_of(&task, argv[0], wanted);
}

static void a_list_is_one_command_without_a_shell(void **state)
{
	(void)state;
	expect_list(WORDS("./load.sh", "--date", "{{ ds }}"), "./load.sh");
	expect_list(WORDS("python3", "-u", "jobs/load.py"), "jobs/load.py");
	expect_list(WORDS("./it costs $5;*.sh"), "./it costs $5;*.sh");
	expect_list(WORDS("env", "A=1", "./load.sh"), "./load.sh");
	expect_list(WORDS("bash", "-c", "./load.sh"), "");
	expect_list(WORDS("python3", "{{ params.x }}.py", "y.py"), "");
	expect_list(WORDS("duckdb", "x/y.db"), "");
}

static void a_text_for_another_program_is_none_of_a_shell(void **state)
{
	struct task task = {.command = "./load.sh", .shell = WORDS("python3", "-")};

	(void)state;
	expect_of(&task, "python", "");
	task.shell = WORDS("/bin/bash", "-e");
	expect_of(&task, "bash", "./load.sh");
	task = (struct task){.action = ACTION_EMPTY};
	expect_of(&task, "empty", "");
}

static void a_path_longer_than_any_is_no_script(void **state)
{
	struct str command = STR_INIT;
	struct task task = {.action = ACTION_COMMAND};

	(void)state;
	str_append(&command, "./");
	for (unsigned i = 0; i < 5000; i++)
		str_append_char(&command, 'x');
	task.command = str_text(&command);
	expect_of(&task, "long", "");
	str_close(&command);
}

static void those_of_a_parsed_task_are_found(void **state)
{
	static const char text[] = "id: d\n"
				   "tasks:\n"
				   "- {id: a, command: ./load.sh}\n"
				   "- {id: b, command: 'true'}\n"
				   "- {id: c, shell: [bash], command: 'python3 x.py'}\n";
	struct dag_errors errors;
	struct dag_list list;

	(void)state;
	dag_errors_init(&errors);
	dag_list_init(&list);
	assert_int_equal(dag_parse("d.yaml", text, strlen(text), &list, &errors), 0);
	expect_of(&list.items[0]->tasks[0], "a", "./load.sh");
	expect_of(&list.items[0]->tasks[1], "b", "");
	expect_of(&list.items[0]->tasks[2], "c", "x.py");
	dag_list_close(&list);
	dag_errors_close(&errors);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_hash_is_of_what_a_regular_file_holds(void **state)
{
	char folder[] = "/tmp/heddle-scripts-XXXXXX";
	char path[64];
	char first[33];
	char second[33];
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/load.sh", folder);
	assert_int_equal(script_hash(path, first, &err), ERR_NOT_FOUND);
	write_file(path, "echo one\n");
	assert_int_equal(script_hash(path, first, &err), 0);
	assert_int_equal(strlen(first), 32);
	write_file(path, "echo two\n");
	assert_int_equal(script_hash(path, second, &err), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(truncate(path, LIMIT_SCRIPT_BYTES + 1), 0);
	assert_int_equal(script_hash(path, second, &err), ERR_LIMIT);
	assert_int_equal(script_hash(folder, second, &err), ERR_INVALID);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(script_hash(path, second, &err), ERR_INVALID);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_read_as_a_shell_would),
	    cmocka_unit_test(a_list_is_one_command_without_a_shell),
	    cmocka_unit_test(a_text_for_another_program_is_none_of_a_shell),
	    cmocka_unit_test(a_path_longer_than_any_is_no_script),
	    cmocka_unit_test(those_of_a_parsed_task_are_found),
	    cmocka_unit_test(a_hash_is_of_what_a_regular_file_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
