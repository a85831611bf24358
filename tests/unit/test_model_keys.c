/* test_model_keys.c - every key of the language is read or refused by its name. */
#include "base/str.h"
#include "model/keys.h"
#include "model/render.h"
#include "tests/unit/unit.h"

#include <string.h>

/* The keys of the reference, level by level. A key that the parser learns moves to the upper list.
 */
static const char *const dag_read[] = {"id",
				       "description",
				       "tasks",
				       "max_active_tasks",
				       "pools",
				       "domain",
				       "owner",
				       "tags",
				       "timezone",
				       "env",
				       "defaults",
				       "overlap",
				       "max_active_runs",
				       "queue_max",
				       "params",
				       "timeout",
				       "retention",
				       "on_success",
				       "on_failure",
				       "on_exit",
				       NULL};
static const char *const dag_refused[] = {
    "schedule",    "dst",     "calendar",        "period",     "lag",      "start",
    "end",         "catchup", "catchup_window",  "depends_on", "produces", "webhooks",
    "credentials", "alerts",  "audit_retention", "use",        NULL};
static const char *const task_read[] = {
    "id",           "command",       "depends_on",    "env",
    "cwd",          "timeout",       "retries",       "retry_delay",
    "description",  "shell",         "group",         "inputs",
    "outlets",      "trigger_rule",  "when",          "limits",
    "outputs",      "start_timeout", "retry_backoff", "retry_max_delay",
    "retry_jitter", "retry_on",      "fail_on",       "pool",
    "slots",        "priority",      "allow_failure", NULL};
static const char *const task_refused[] = {"map",         "map_max",      "files",
					   "run_as",      "continuous",   "isolate",
					   "credentials", "teardown_for", NULL};
static const char *const actions_read[] = {"sql", "empty", NULL}; /* and command */
static const char *const actions_refused[] = {
    "etl",      "quality", "spark",        "emr_serverless", "emr",           "emr_eks",
    "glue",     "athena",  "glue_crawler", "batch",          "step_function", "lambda",
    "redshift", "aws",     "slurm",        "kubernetes",     "http",          "wait",
    "call",     "approve", "branch",       "notebook",       "notify",        "publish",
    NULL};

static size_t count_of(const char *const *names)
{
	size_t count = 0;

	while (names[count] != NULL)
		count++;
	return count;
}

/* Parses the text and returns what is told of it, one error a line. */
static void parse(const char *text, struct str *told)
{
	struct dag_list dags;
	struct dag_errors errors;

	str_clear(told);
	dag_list_init(&dags);
	dag_errors_init(&errors);
	(void)dag_parse("k", text, strlen(text), &dags, &errors);
	for (size_t i = 0; i < errors.count; i++)
		dag_error_format(&errors.items[i], false, told);
	dag_errors_close(&errors);
	dag_list_close(&dags);
}

static void expect_each_refused(const char *const *names, const char *text, const char *message)
{
	struct str file = STR_INIT;
	struct str told = STR_INIT;
	struct str wanted = STR_INIT;

	for (; *names != NULL; names++) {
		str_clear(&file);
		str_clear(&wanted);
		str_printf(&file, "%s%s: x\n", text, *names);
		str_printf(&wanted, message, *names);
		parse(str_text(&file), &told);
		assert_string_equal(str_text(&told), str_text(&wanted));
	}
	str_close(&file);
	str_close(&told);
	str_close(&wanted);
}

#define DAG "id: a\ntasks: [{id: t, command: ls}]\n"
#define TASK "id: a\ntasks:\n  - id: t\n    command: ls\n    "
#define ACTION "id: a\ntasks:\n  - id: t\n    "

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void what_is_not_read_yet_is_refused_by_name(void **state)
{
	(void)state;
	expect_each_refused(dag_refused, DAG, "k:3:1: key '%s' is not supported yet\n");
	expect_each_refused(task_refused, TASK, "k:5:5: key '%s' is not supported yet\n");
	expect_each_refused(actions_refused, ACTION, "k:4:5: action '%s' is not supported yet\n");
}
#pragma GCC diagnostic pop

static void what_is_read_is_looked_at(void **state)
{
	struct str told = STR_INIT;

	(void)state;
	/* A list of numbers is no value of any of them but depends_on and command, where its items
	 * are wrong or there is no task of that name. */
	parse("id: [1]\ndescription: [1]\nmax_active_tasks: [1]\npools: [1]\ntasks: [1]\n"
	      "domain: [1]\nowner: [1]\ntags: [1]\ntimezone: [1]\nenv: [1]\ndefaults: [1]\n"
	      "overlap: [1]\nmax_active_runs: [1]\nqueue_max: [1]\nparams: [1]\ntimeout: [1]\n"
	      "retention: [1]\n"
	      "on_success: 1\non_failure: 1\non_exit: 1\n",
	      &told);
	for (size_t i = 0; dag_read[i] != NULL; i++)
		assert_non_null(strstr(str_text(&told), dag_read[i]));
	parse("id: a\ntasks:\n  - {id: [1], command: [1], depends_on: [1], env: [1], cwd: [1],\n"
	      "     timeout: [1], retries: [1], retry_delay: [1], description: [1], shell: [1],\n"
	      "     group: [1], inputs: [1], outlets: [1], trigger_rule: [1],\n"
	      "     when: [1], limits: [1], outputs: [1], start_timeout: [1], retry_backoff: [1],\n"
	      "     retry_max_delay: [1], retry_jitter: [1], retry_on: [1], fail_on: [1], pool: "
	      "[1],\n"
	      "     slots: [1], priority: [1], allow_failure: [1]}\n",
	      &told);
	for (size_t i = 0; task_read[i] != NULL; i++)
		assert_non_null(strstr(str_text(&told), task_read[i]));
	assert_null(strstr(str_text(&told), "supported"));
	str_close(&told);
}

static void the_table_holds_these_keys_and_no_others(void **state)
{
	size_t dag_count = 0;
	size_t task_count = 0;

	(void)state;
	for (size_t i = 0; i < key_count; i++) {
		dag_count += (keys[i].levels & LEVEL_DAG) != 0;
		task_count += (keys[i].levels & LEVEL_TASK) != 0;
		assert_true(!keys[i].is_action || keys[i].levels == LEVEL_TASK);
		assert_true(strlen(keys[i].meaning) > 0 && strlen(keys[i].type) > 0);
		assert_ptr_equal(
		    key_find(keys[i].name, (enum key_level)(keys[i].levels & -keys[i].levels)),
		    &keys[i]);
	}
	assert_int_equal(dag_count, count_of(dag_read) + count_of(dag_refused));
	assert_int_equal(task_count, count_of(task_read) + count_of(task_refused) +
					 count_of(actions_read) + count_of(actions_refused));
}

static void words_of_other_tools_are_answered_with_ours(void **state)
{
	static const struct {
		const char *line;
		const char *ours;
	} cases[] = {
	    {"dependencies: []", "depends_on"},
	    {"depends: []", "depends_on"},
	    {"needs: []", "depends_on"},
	    {"bash_command: ls", "command"},
	    {"run: ls", "command"},
	    {"script: ls", "command"},
	    {"execution_timeout: 5", "timeout"},
	    {"working-directory: /", "cwd"},
	    {"if: x", "when"},
	    {"withItems: []", "map"},
	};
	struct str file = STR_INIT;
	struct str told = STR_INIT;
	struct str wanted = STR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		str_clear(&file);
		str_clear(&wanted);
		str_printf(&file, ACTION "%s\n", cases[i].line);
		str_printf(&wanted, "here it is '%s'", cases[i].ours);
		parse(str_text(&file), &told);
		assert_non_null(strstr(str_text(&told), str_text(&wanted)));
	}
	str_close(&file);
	str_close(&told);
	str_close(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_read_yet_is_refused_by_name),
	    cmocka_unit_test(what_is_read_is_looked_at),
	    cmocka_unit_test(the_table_holds_these_keys_and_no_others),
	    cmocka_unit_test(words_of_other_tools_are_answered_with_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
