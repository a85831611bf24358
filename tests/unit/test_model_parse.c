/* test_model_parse.c - a sound file becomes the dags that stand in it, and the bounds hold. What is
 * said of wrong files is in test_model_bad.c. */
#include "base/mem.h"
#include "base/str.h"
#include "model/dag.h"
#include "model/limits.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct parsed {
	struct dag_list dags;
	struct dag_errors errors;
	int rc;
};

/* Processor time: what else the machine does is not counted. */
static double now_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void parse_bytes(struct parsed *parsed, const char *source, const char *text, size_t size)
{
	dag_list_init(&parsed->dags);
	dag_errors_init(&parsed->errors);
	parsed->rc = dag_parse(source, text, size, &parsed->dags, &parsed->errors);
}

static void close_parsed(struct parsed *parsed)
{
	dag_list_close(&parsed->dags);
	dag_errors_close(&parsed->errors);
}

/* A sound text; the parsed dags are the caller's to close. */
static void parse(struct parsed *parsed, const char *text)
{
	parse_bytes(parsed, "f.yaml", text, strlen(text));
	if (parsed->errors.count > 0)
		fail_msg("%u:%u: %s", parsed->errors.items[0].line, parsed->errors.items[0].column,
			 parsed->errors.items[0].message);
	assert_int_equal(parsed->rc, 0);
}

/* A text with one error, which begins so. */
static void expect_error(const char *text, size_t size, int rc, const char *beginning)
{
	struct parsed parsed;

	parse_bytes(&parsed, "f.yaml", text, size);
	assert_int_equal(parsed.rc, rc);
	assert_int_equal(parsed.dags.count, 0);
	assert_int_equal(parsed.errors.count, 1);
	if (!str_starts_with(parsed.errors.items[0].message, beginning))
		fail_msg("%s", parsed.errors.items[0].message);
	close_parsed(&parsed);
}

static void every_key_reaches_the_dag(void **state)
{
	struct parsed parsed;
	const struct dag *dag;
	const struct task *task;

	(void)state;
	parse(&parsed, "id: etl.nightly\ndescription: what it does\nmax_active_tasks: 3\n"
		       "pools: {default: 2, db: 0x10}\ntasks:\n  - id: one\n"
		       "    description: first\n    command: |\n      set -u\n      ls\n"
		       "    env: {B: x y, A: 0777, _c: true, D: 1.50, E: \"\"}\n"
		       "    cwd: sub/folder\n    timeout: 2h\n    retries: 4\n"
		       "    retry_delay: 250ms\n");
	assert_int_equal(parsed.dags.count, 1);
	dag = parsed.dags.items[0];
	assert_string_equal(dag->id, "etl.nightly");
	assert_string_equal(dag->description, "what it does");
	assert_string_equal(dag->source, "f.yaml");
	assert_int_equal(dag->max_active_tasks, 3);
	assert_int_equal(dag->pool_count, 2);
	assert_string_equal(dag->pools[0].name, "default");
	assert_int_equal(dag->pools[0].slots, 2);
	assert_int_equal(dag->pools[1].slots, 16);
	assert_int_equal(dag->task_count, 1);
	task = &dag->tasks[0];
	assert_string_equal(task->id, "one");
	assert_string_equal(task->description, "first");
	assert_string_equal(task->command, "set -u\nls\n");
	assert_null(task->argv);
	assert_string_equal(task->cwd, "sub/folder");
	assert_int_equal(task->timeout_ms, 7200000);
	assert_int_equal(task->retries, 4);
	assert_int_equal(task->retry_delay_ms, 250);
	assert_int_equal(task->line, 6);
	close_parsed(&parsed);
}

static void env_is_taken_as_it_is_written_and_in_its_order(void **state)
{
	static const char *const wanted[][2] = {{"B", "x y"},  {"A", "0777"}, {"_c", "True"},
						{"D", "1.50"}, {"E", ""},     {"F", "no"},
						{"G", "=a"}};
	struct parsed parsed;
	const struct task *task;

	(void)state;
	parse(&parsed, "id: a\ntasks: {t: {command: ls, env: {B: x y, A: 0777, _c: True, D: 1.50, "
		       "E: \"\", F: no, G: =a}}}\n");
	task = &parsed.dags.items[0]->tasks[0];
	assert_int_equal(task->env_count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_string_equal(task->env[i].name, wanted[i][0]);
		assert_string_equal(task->env[i].value, wanted[i][1]);
	}
	close_parsed(&parsed);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct parsed parsed;
	const struct dag *dag;

	(void)state;
	parse(&parsed, "id: a\ntasks: [{id: t, command: ls}]\n");
	dag = parsed.dags.items[0];
	assert_null(dag->description);
	assert_int_equal(dag->max_active_tasks, DEFAULT_MAX_ACTIVE_TASKS);
	assert_int_equal(dag->pool_count, 0);
	assert_null(dag->tasks[0].description);
	assert_null(dag->tasks[0].cwd);
	assert_int_equal(dag->tasks[0].timeout_ms, 0);
	assert_int_equal(dag->tasks[0].retries, 0);
	assert_int_equal(dag->tasks[0].retry_delay_ms, DEFAULT_RETRY_DELAY_MS);
	assert_int_equal(dag->tasks[0].env_count, 0);
	assert_int_equal(dag->tasks[0].upstream_count, 0);
	assert_int_equal(dag->tasks[0].downstream_count, 0);
	close_parsed(&parsed);
}

static void a_list_is_run_without_a_shell(void **state)
{
	struct parsed parsed;
	const char *const *argv;

	(void)state;
	parse(&parsed, "id: a\ntasks: [{id: t, command: [head, -n, 5, '', a b]}]\n");
	argv = parsed.dags.items[0]->tasks[0].argv;
	assert_null(parsed.dags.items[0]->tasks[0].command);
	assert_string_equal(argv[0], "head");
	assert_string_equal(argv[1], "-n");
	assert_string_equal(argv[2], "5");
	assert_string_equal(argv[3], "");
	assert_string_equal(argv[4], "a b");
	assert_null(argv[5]);
	close_parsed(&parsed);
}

/* "position:upstream,upstream/downstream,downstream " of each task. */
static void expect_edges(const struct dag *dag, const char *wanted)
{
	struct str told = STR_INIT;

	for (uint32_t i = 0; i < dag->task_count; i++) {
		const struct task *task = &dag->tasks[i];

		str_printf(&told, "%s:", task->id);
		for (uint32_t k = 0; k < task->upstream_count; k++)
			str_append(&told, dag->tasks[task->upstream[k]].id);
		str_append_char(&told, '/');
		for (uint32_t k = 0; k < task->downstream_count; k++)
			str_append(&told, dag->tasks[task->downstream[k]].id);
		str_append_char(&told, ' ');
	}
	assert_string_equal(str_text(&told), wanted);
	str_close(&told);
}

static void edges_go_both_ways_and_ascend(void **state)
{
	struct parsed parsed;

	(void)state;
	/* A list, names of tasks further down, and one id without a list. */
	parse(&parsed, "id: a\ntasks:\n  - {id: d, command: ls, depends_on: [c, a, b]}\n"
		       "  - {id: a, command: ls}\n  - {id: b, command: ls, depends_on: a}\n"
		       "  - {id: c, command: ls, depends_on: [b, a]}\n"
		       "  - {id: e, command: ls, depends_on: []}\n");
	expect_edges(parsed.dags.items[0], "d:abc/ a:/dbc b:a/dc c:ab/d e:/ ");
	assert_int_equal(dag_find_task(parsed.dags.items[0], "c"), 3);
	close_parsed(&parsed);
}

static void tasks_may_be_a_map_by_id(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "id: a\ntasks:\n  x: {command: ls}\n  y: {command: ls, depends_on: x}\n");
	expect_edges(parsed.dags.items[0], "x:/y y:x/ ");
	assert_int_equal(parsed.dags.items[0]->tasks[1].line, 4);
	close_parsed(&parsed);
}

static void anchors_and_merges_share_keys_between_tasks(void **state)
{
	struct parsed parsed;
	const struct task *tasks;

	(void)state;
	parse(&parsed, "id: a\ntasks:\n  - &base {id: x, command: ls, retries: 2, env: &e {A: b}}\n"
		       "  - {<<: *base, id: y, retries: 3}\n"
		       "  - {id: z, command: pwd, env: {<<: *e, C: d}}\n");
	tasks = parsed.dags.items[0]->tasks;
	assert_string_equal(tasks[1].id, "y");
	assert_string_equal(tasks[1].command, "ls");
	assert_int_equal(tasks[1].retries, 3);
	assert_string_equal(tasks[1].env[0].value, "b");
	assert_int_equal(tasks[2].env_count, 2);
	close_parsed(&parsed);
}

/* Parsing a dag's own text gives the same dag under the same hash. */
static void expect_same_again(const struct dag *dag)
{
	struct parsed again;

	assert_int_equal(strlen(dag->text), dag->text_bytes);
	assert_int_equal(strlen(dag->hash), 32);
	parse(&again, dag->text);
	assert_int_equal(again.dags.count, 1);
	assert_string_equal(again.dags.items[0]->hash, dag->hash);
	assert_string_equal(again.dags.items[0]->id, dag->id);
	assert_int_equal(again.dags.items[0]->task_count, dag->task_count);
	assert_int_equal(again.dags.items[0]->line, 1);
	close_parsed(&again);
}

#define TASKS "tasks: [{id: t, command: ls}]\n"

static void each_document_is_a_dag_with_its_own_text(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "# first\n%YAML 1.2\n---\nid: a\n" TASKS "--- # second\nid: b\n" TASKS
		       "...\n# third\nid: c\n" TASKS "---\n# nothing\n---\n");
	assert_int_equal(parsed.dags.count, 3);
	assert_string_equal(parsed.dags.items[0]->text, "# first\n%YAML 1.2\n---\nid: a\n" TASKS);
	assert_string_equal(parsed.dags.items[1]->text, "--- # second\nid: b\n" TASKS "...\n");
	assert_string_equal(parsed.dags.items[2]->text, "# third\nid: c\n" TASKS);
	assert_int_equal(parsed.dags.items[0]->line, 1);
	assert_int_equal(parsed.dags.items[1]->line, 6);
	assert_int_equal(parsed.dags.items[2]->line, 10);
	assert_int_equal(parsed.dags.items[2]->tasks[0].line, 12);
	for (size_t i = 0; i < 3; i++)
		expect_same_again(parsed.dags.items[i]);
	close_parsed(&parsed);
}

static void the_hash_is_that_of_the_text(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "id: a\n" TASKS);
	/* b2sum -l 128 */
	assert_string_equal(parsed.dags.items[0]->hash, "3174b59e551663c4fde09116b3b4833c");
	close_parsed(&parsed);
}

static void byte_order_mark_and_foreign_line_ends_are_accepted(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "\xef\xbb\xbfid: a\r\ntasks:\r\n  - id: t\r\n    command: |\r\n      ls\r\n"
		       "---\r\nid: b\r" TASKS);
	assert_int_equal(parsed.dags.count, 2);
	assert_string_equal(parsed.dags.items[0]->tasks[0].command, "ls\n");
	assert_int_equal(parsed.dags.items[0]->tasks[0].line, 3);
	assert_int_equal(parsed.dags.items[1]->line, 6);
	assert_int_equal(parsed.dags.items[1]->tasks[0].line, 8);
	expect_same_again(parsed.dags.items[0]);
	expect_same_again(parsed.dags.items[1]);
	close_parsed(&parsed);
}

static void one_wrong_dag_keeps_the_whole_file_out(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "id: there\n" TASKS);
	assert_int_equal(
	    dag_parse("g", "id: a\n" TASKS "---\nid: b\n", 46, &parsed.dags, &parsed.errors),
	    ERR_INVALID);
	assert_int_equal(parsed.dags.count, 1);
	assert_string_equal(parsed.dags.items[0]->id, "there");
	assert_int_equal(parsed.errors.count, 1);
	close_parsed(&parsed);
}

static void a_dag_outlives_its_list_as_long_as_it_is_held(void **state)
{
	struct parsed parsed;
	struct dag *dag;

	(void)state;
	parse(&parsed, "id: a\n" TASKS);
	dag = dag_ref(parsed.dags.items[0]);
	close_parsed(&parsed);
	assert_string_equal(dag->tasks[0].command, "ls");
	dag_unref(dag);
}

static void what_is_no_text_is_refused_whole(void **state)
{
	static const char utf16[] = "\xff\xfei\0d\0";

	(void)state;
	expect_error("id: a\0b", 7, ERR_SYNTAX, "the text holds a NUL byte");
	expect_error("id: caf\xe9\n", 9, ERR_SYNTAX, "the text is not UTF-8");
	expect_error(utf16, sizeof utf16 - 1, ERR_SYNTAX, "the text is UTF-16");
	expect_error("", 0, ERR_INVALID, "the file holds no dag");
}

static void a_file_is_at_most_8_mib(void **state)
{
	char *text = mem_alloc(LIMIT_DAG_FILE_BYTES + 1);
	static const char dag[] = "id: a\n" TASKS "# ";
	struct parsed parsed;

	(void)state;
	memset(text, 'x', LIMIT_DAG_FILE_BYTES + 1);
	memcpy(text, dag, sizeof dag - 1);
	parse_bytes(&parsed, "f.yaml", text, LIMIT_DAG_FILE_BYTES);
	assert_int_equal(parsed.rc, 0);
	close_parsed(&parsed);
	expect_error(text, LIMIT_DAG_FILE_BYTES + 1, ERR_SYNTAX, "the file has 8388609 bytes");
	mem_free(text);
}

/* A dag whose one task has a value of size bytes between two texts. */
static void parse_sized(struct parsed *parsed, const char *before, size_t size, const char *after)
{
	struct str text = STR_INIT;

	str_printf(&text, "id: a\ntasks:\n  - {id: t, %s", before);
	for (size_t i = 0; i < size; i++)
		str_append_char(&text, 'x');
	str_printf(&text, "%s}\n", after);
	parse_bytes(parsed, "f.yaml", str_text(&text), text.size);
	str_close(&text);
}

static void expect_bound(const char *before, size_t most, const char *after)
{
	struct parsed parsed;

	parse_sized(&parsed, before, most, after);
	assert_int_equal(parsed.rc, 0);
	close_parsed(&parsed);
	parse_sized(&parsed, before, most + 1, after);
	assert_int_equal(parsed.rc, ERR_INVALID);
	assert_int_equal(parsed.errors.count, 1);
	close_parsed(&parsed);
}

static void what_the_kernel_would_not_start_is_refused_before(void **state)
{
	(void)state;
	expect_bound("command: '", LIMIT_ARGUMENT_BYTES, "'");
	expect_bound("command: [ls, '", LIMIT_ARGUMENT_BYTES, "']");
	/* The name and its '=' count, too. */
	expect_bound("command: ls, env: {NAME: '", LIMIT_ARGUMENT_BYTES - 5, "'}");
	expect_bound("command: ls, cwd: '", 4095, "'");
	expect_bound("command: ls, description: '", LIMIT_DESCRIPTION_BYTES, "'");
}

static void all_arguments_together_are_bounded(void **state)
{
	struct str before = STR_INIT;
	struct parsed parsed;

	(void)state;
	str_append(&before, "command: [ls");
	for (int item = 0; item < 9; item++) {
		str_append(&before, ", '");
		for (int i = 0; i < 110000; i++)
			str_append_char(&before, 'x');
		str_append_char(&before, '\'');
	}
	str_append(&before, "], env: {A: '");
	parse_sized(&parsed, str_text(&before), 1000, "'}");
	assert_int_equal(parsed.rc, 0);
	close_parsed(&parsed);
	parse_sized(&parsed, str_text(&before), 100000, "'}");
	assert_int_equal(parsed.rc, ERR_INVALID);
	assert_int_equal(parsed.errors.count, 1);
	assert_string_equal(
	    parsed.errors.items[0].message,
	    "task 't': command and env take 1090015 bytes together: at most 1048576");
	close_parsed(&parsed);
	str_close(&before);
}

/* A chain: each task depends on the one before it. */
static void write_chain(struct str *text, uint32_t task_count)
{
	str_append(text, "id: chain\ntasks:\n  - {id: t0, command: ls}\n");
	for (uint32_t i = 1; i < task_count; i++)
		str_printf(text, "  - {id: t%u, command: ls, depends_on: t%u}\n", i, i - 1);
}

static void a_dag_has_at_most_20000_tasks(void **state)
{
	struct str text = STR_INIT;
	struct parsed parsed;

	(void)state;
	write_chain(&text, LIMIT_TASKS);
	parse(&parsed, str_text(&text));
	assert_int_equal(parsed.dags.items[0]->task_count, LIMIT_TASKS);
	assert_int_equal(parsed.dags.items[0]->tasks[LIMIT_TASKS - 1].upstream[0], LIMIT_TASKS - 2);
	close_parsed(&parsed);
	str_append(&text, "  - {id: more, command: ls}\n");
	expect_error(str_text(&text), text.size, ERR_SYNTAX,
		     "20001 tasks in one dag: at most 20000");
	str_close(&text);
}

static void thousands_of_errors_are_told_up_to_a_bound(void **state)
{
	struct str text = STR_INIT;
	struct parsed parsed;

	(void)state;
	str_append(&text, "id: a\ntasks:\n");
	for (int i = 0; i < 15000; i++)
		str_printf(&text, "  - {id: t%d, command: 5}\n", i);
	parse_bytes(&parsed, "f.yaml", str_text(&text), text.size);
	assert_int_equal(parsed.rc, ERR_INVALID);
	assert_int_equal(parsed.errors.count, LIMIT_ERRORS + 1);
	for (uint32_t i = 0; i < LIMIT_ERRORS; i++)
		assert_int_equal(parsed.errors.items[i].line, i + 3);
	assert_string_equal(parsed.errors.items[LIMIT_ERRORS].message,
			    "too many errors: the rest is not listed");
	close_parsed(&parsed);
	str_close(&text);
}

static void errors_on_one_endless_line_do_not_copy_it_each_time(void **state)
{
	struct str text = STR_INIT;
	struct parsed parsed;

	(void)state;
	str_append(&text, "id: a\ntasks: [");
	for (int i = 0; i < 10000; i++)
		str_printf(&text, "{id: t%d, command: 5},", i);
	str_append(&text, "]\n");
	parse_bytes(&parsed, "f.yaml", str_text(&text), text.size);
	assert_int_equal(parsed.errors.count, LIMIT_ERRORS + 1);
	assert_non_null(parsed.errors.items[0].text);
	assert_null(parsed.errors.items[LIMIT_ERRORS - 1].text);
	assert_true(parsed.errors.arena.used_bytes < 1024 * 1024);
	close_parsed(&parsed);
	str_close(&text);
}

/* As many as a list or map in brackets on one line holds: each is looked at once. */
static void expect_many_templates(const char *before, const char *entry, const char *after,
				  const char *message)
{
	struct str text = STR_INIT;
	struct parsed parsed;

	str_append(&text, before);
	for (int i = 0; i < 20000; i++)
		str_printf(&text, entry, i);
	str_append(&text, after);
	parse_bytes(&parsed, "t", str_text(&text), text.size);
	assert_true(parsed.errors.count >= LIMIT_ERRORS);
	assert_true(str_starts_with(parsed.errors.items[0].message, message));
	assert_int_equal(parsed.errors.items[0].line, 2);
	close_parsed(&parsed);
	str_close(&text);
}

static void thousands_of_templates_on_one_line_take_no_time_each(void **state)
{
	double before_s = now_s();

	(void)state;
	expect_many_templates("id: a\ntasks: [", "{{a%d}}, ", "]\n",
			      "a template without quotes is a map to YAML: quote it, '{{");
	expect_many_templates("id: a\ntasks: [{id: b, command: c, env: {", "A%d: \"{{\", ", "}}]\n",
			      "'{{' is not closed");
	assert_true(now_s() - before_s < 3.0);
}

/* Tasks that all use one text of a megabyte by its alias. */
static void write_aliases(struct str *text, const char *key, int count)
{
	str_clear(text);
	str_append(text, "id: a\ndescription: &d ");
	for (int i = 0; i < 1024 * 1024; i++)
		str_append_char(text, 'x');
	str_append(text, "\ntasks:\n");
	for (int i = 0; i < count; i++)
		str_printf(text, "  - {id: t%d, command: c, %s: *d}\n", i, key);
}

static void what_aliases_expand_to_is_bounded_in_bytes(void **state)
{
	static const char *const keys[] = {"depends_on", "cwd", "timeout", "retries"};
	struct str text = STR_INIT;
	struct parsed parsed;
	double before_s = now_s();

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		write_aliases(&text, keys[i], 16);
		parse_bytes(&parsed, "f.yaml", str_text(&text), text.size);
		assert_int_equal(parsed.rc, ERR_INVALID);
		assert_int_equal(parsed.errors.count, 17);
		close_parsed(&parsed);
		write_aliases(&text, keys[i], 20000);
		expect_error(str_text(&text), text.size, ERR_SYNTAX,
			     "the aliases of the file expand to more than 16777216 bytes of text");
	}
	assert_true(now_s() - before_s < 5.0);
	str_close(&text);
}

static void a_text_too_long_for_an_id_is_told_and_not_kept(void **state)
{
	char id[200] = "";
	char text[1000];

	(void)state;
	memset(id, 'x', LIMIT_ID_BYTES + 1);
	snprintf(text, sizeof text, "id: a\ntasks:\n  %s: {command: c}\n", id);
	expect_error(text, strlen(text), ERR_INVALID, "'xxxx");
	snprintf(text, sizeof text, "id: a\ntasks:\n  b: {command: c, depends_on: %s}\n", id);
	expect_error(text, strlen(text), ERR_INVALID, "unknown task 'xxxx");
}

static void a_file_has_a_bounded_number_of_documents(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	for (uint32_t i = 0; i <= LIMIT_DOCUMENTS; i++)
		str_append(&text, "---\n");
	expect_error(str_text(&text), text.size, ERR_SYNTAX, "more than 10000 documents");
	str_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_reaches_the_dag),
	    cmocka_unit_test(env_is_taken_as_it_is_written_and_in_its_order),
	    cmocka_unit_test(what_is_left_out_has_its_default),
	    cmocka_unit_test(a_list_is_run_without_a_shell),
	    cmocka_unit_test(edges_go_both_ways_and_ascend),
	    cmocka_unit_test(tasks_may_be_a_map_by_id),
	    cmocka_unit_test(anchors_and_merges_share_keys_between_tasks),
	    cmocka_unit_test(each_document_is_a_dag_with_its_own_text),
	    cmocka_unit_test(the_hash_is_that_of_the_text),
	    cmocka_unit_test(byte_order_mark_and_foreign_line_ends_are_accepted),
	    cmocka_unit_test(one_wrong_dag_keeps_the_whole_file_out),
	    cmocka_unit_test(a_dag_outlives_its_list_as_long_as_it_is_held),
	    cmocka_unit_test(what_is_no_text_is_refused_whole),
	    cmocka_unit_test(a_file_is_at_most_8_mib),
	    cmocka_unit_test(what_the_kernel_would_not_start_is_refused_before),
	    cmocka_unit_test(all_arguments_together_are_bounded),
	    cmocka_unit_test(a_dag_has_at_most_20000_tasks),
	    cmocka_unit_test(thousands_of_errors_are_told_up_to_a_bound),
	    cmocka_unit_test(errors_on_one_endless_line_do_not_copy_it_each_time),
	    cmocka_unit_test(thousands_of_templates_on_one_line_take_no_time_each),
	    cmocka_unit_test(what_aliases_expand_to_is_bounded_in_bytes),
	    cmocka_unit_test(a_text_too_long_for_an_id_is_told_and_not_kept),
	    cmocka_unit_test(a_file_has_a_bounded_number_of_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
