/* What a rerun resets, and which tasks a run of some tasks is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/preview.h"

#include <string.h>

#define CHAIN                                                                                  \
	"id: d\non_exit: [{id: bye, command: 'true'}]\n"                                       \
	"tasks:\n- {id: extract, command: 'true'}\n- {id: load, command: 'true', "             \
	"depends_on: [extract]}\n- {id: report, command: 'true', depends_on: [load]}\n- {id: " \
	"other, "                                                                              \
	"command: 'true'}\n"

static struct dag *parse(const char *text, struct dag_list *dags)
{
	struct dag_errors errors;

	dag_list_init(dags);
	dag_errors_init(&errors);
	if (dag_parse("d.yaml", text, strlen(text), dags, &errors) != 0)
		fail_msg("%s", errors.items[0].message);
	dag_errors_close(&errors);
	return dags->items[0];
}

/* What is told of a run of these tasks when the dry run answers with these changes. */
static void expect(const char *tasks_text, const char *dry_run_text, const char *expected)
{
	json_t *tasks = json_loads(tasks_text, 0, NULL);
	json_t *dry_run = json_loads(dry_run_text, 0, NULL);
	struct str out = STR_INIT;

	assert_non_null(tasks);
	assert_non_null(dry_run);
	preview_rerun(tasks, dry_run, &out);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
	json_decref(tasks);
	json_decref(dry_run);
}

#define BECOMES(task, what) "{\"kind\":\"task\",\"task\":\"" task "\",\"what\":\"" what "\"}"

static void what_runs_again_is_told_from_what_is_left_alone(void **state)
{
	static const char tasks[] = "{\"extract\":\"success\",\"load\":\"failed\","
				    "\"report\":\"running\",\"other\":\"skipped\"}";

	(void)state;
	expect(tasks,
	       "{\"changes\":[" BECOMES("load", "runs again") "," BECOMES(
		   "report", "is ended, then runs again") ",{\"kind\":\"run\",\"task\":null,"
							  "\"what\":\"goes on\"}],\"total\":3}",
	       "resets: load, report (2 tasks); keeps: extract, other (2 tasks)");
	expect(tasks, "{\"changes\":[],\"total\":0}",
	       "resets: nothing; keeps: extract, load, report, other (4 tasks)");
	expect(tasks,
	       "{\"changes\":[" BECOMES("new", "runs again") "," BECOMES(
		   "other", "is not in the version any more") "],\"total\":2}",
	       "resets: new; keeps: extract, load, report (3 tasks)");
}

static void of_many_tasks_the_first_are_named_and_all_counted(void **state)
{
	struct str dry_run = STR_INIT;
	struct str tasks = STR_INIT;

	(void)state;
	str_append(&dry_run, "{\"changes\":[");
	for (int i = 0; i < 25; i++) {
		str_printf(&dry_run, "%s" BECOMES("t%d", "runs again"), i == 0 ? "" : ",", i);
		str_printf(&tasks, "%s\"t%d\":\"failed\"", i == 0 ? "{" : ",", i);
	}
	str_append(&tasks, "}");
	str_append(&dry_run, "],\"total\":25}");
	expect(str_text(&tasks), str_text(&dry_run),
	       "resets: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, "
	       "t17, t18, t19 and 5 more (25 tasks); keeps: nothing");
	str_close(&dry_run);
	str_close(&tasks);
}

static void a_list_that_was_cut_says_so(void **state)
{
	(void)state;
	expect("{\"a\":\"failed\",\"b\":\"failed\"}",
	       "{\"changes\":[" BECOMES("a", "runs again") "],\"total\":5000}",
	       "resets: a at least; keeps: the rest");
}

/* --- a choice */

static int choose(const struct preview_wish *wish, char chosen_text[8], struct err *err)
{
	struct dag_list dags;
	const struct dag *dag = parse(CHAIN, &dags);
	bool *chosen;
	int rc = preview_choose(dag, wish, &chosen, err);

	for (int i = 0; rc == 0 && i < 4; i++)
		chosen_text[i] = chosen[i] ? 'x' : '-';
	chosen_text[rc == 0 ? 4 : 0] = '\0';
	mem_free(chosen);
	dag_list_close(&dags);
	return rc;
}

static void named_tasks_run_with_all_downstream_or_alone(void **state)
{
	static const char *const tasks[] = {"load", "other"};
	struct preview_wish wish = {.tasks = tasks, .task_count = 1};
	char chosen[8];

	(void)state;
	assert_int_equal(choose(&wish, chosen, NULL), 0);
	assert_string_equal(chosen, "-xx-");
	wish.only = true;
	wish.task_count = 2;
	assert_int_equal(choose(&wish, chosen, NULL), 0);
	assert_string_equal(chosen, "-x-x");
}

static void a_task_that_is_not_there_is_refused_with_the_nearest(void **state)
{
	static const char *const tasks[] = {"extrakt", "bye"};
	struct preview_wish wish = {.tasks = tasks, .task_count = 1};
	struct err err;
	char chosen[8];

	(void)state;
	assert_int_equal(choose(&wish, chosen, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "dag 'd' has no task 'extrakt' (did you mean 'extract'?)");
	wish.tasks = tasks + 1;
	assert_int_equal(choose(&wish, chosen, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "'bye' belongs to the end of the run"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_runs_again_is_told_from_what_is_left_alone),
	    cmocka_unit_test(of_many_tasks_the_first_are_named_and_all_counted),
	    cmocka_unit_test(a_list_that_was_cut_says_so),
	    cmocka_unit_test(named_tasks_run_with_all_downstream_or_alone),
	    cmocka_unit_test(a_task_that_is_not_there_is_refused_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
