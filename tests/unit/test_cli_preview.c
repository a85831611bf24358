/* What a rerun resets, told from the order of the tasks and from how they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static int preview(const char *states_text, const struct preview_wish *wish, struct str *out,
		   struct err *err)
{
	json_t *states = json_loads(states_text, 0, NULL);
	struct dag_list dags;
	int rc;

	assert_non_null(states);
	rc = preview_rerun(parse(CHAIN, &dags), states, wish, out, err);
	json_decref(states);
	dag_list_close(&dags);
	return rc;
}

static void expect(const char *states, const struct preview_wish *wish, const char *expected)
{
	struct str out = STR_INIT;
	struct err err = {0};

	if (preview(states, wish, &out, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
}

static void what_failed_is_reset_with_all_downstream(void **state)
{
	struct preview_wish wish = {0};

	(void)state;
	expect("{\"extract\":\"success\",\"load\":\"failed\",\"report\":\"skipped\","
	       "\"other\":\"success\",\"bye\":\"failed\"}",
	       &wish, "resets: load, report (2 tasks); keeps: extract, other (2 tasks)");
	expect("{\"extract\":\"success\",\"load\":\"success\",\"report\":\"upstream_failed\","
	       "\"other\":\"cancelled\"}",
	       &wish, "resets: report, other (2 tasks); keeps: extract, load (2 tasks)");
	expect("{\"extract\":\"success\",\"load\":\"success\",\"report\":\"success\","
	       "\"other\":\"success\"}",
	       &wish, "resets: nothing; keeps: extract, load, report, other (4 tasks)");
}

static void named_tasks_are_reset_with_all_downstream_or_alone(void **state)
{
	static const char *const tasks[] = {"load", "other"};
	struct preview_wish wish = {.tasks = tasks, .task_count = 1};

	(void)state;
	expect("{}", &wish, "resets: load, report (2 tasks); keeps: extract, other (2 tasks)");
	wish.only = true;
	expect("{}", &wish, "resets: load; keeps: extract, report, other (3 tasks)");
	wish.task_count = 2;
	expect("{}", &wish, "resets: load, other (2 tasks); keeps: extract, report (2 tasks)");
}

static void a_task_that_is_not_there_is_refused_with_the_nearest(void **state)
{
	static const char *const tasks[] = {"extrakt"};
	struct preview_wish wish = {.tasks = tasks, .task_count = 1};
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(preview("{}", &wish, &out, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "dag 'd' has no task 'extrakt' (did you mean 'extract'?)");
	assert_string_equal(str_text(&out), "");
	str_close(&out);
}

static void of_many_tasks_the_first_are_named_and_all_counted(void **state)
{
	struct preview_wish wish = {0};
	struct str text = STR_INIT;
	struct str out = STR_INIT;
	json_t *states = json_object();
	struct dag_list dags;
	char id[16];

	(void)state;
	str_append(&text, "id: d\ntasks:\n");
	for (int i = 0; i < 25; i++) {
		snprintf(id, sizeof id, "t%d", i);
		str_printf(&text, "- {id: %s, command: 'true'}\n", id);
		json_object_set_new(states, id, json_string("failed"));
	}
	assert_int_equal(preview_rerun(parse(str_text(&text), &dags), states, &wish, &out, NULL),
			 0);
	assert_non_null(strstr(str_text(&out), "t18, t19 and 5 more (25 tasks); keeps: nothing"));
	json_decref(states);
	dag_list_close(&dags);
	str_close(&text);
	str_close(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_failed_is_reset_with_all_downstream),
	    cmocka_unit_test(named_tasks_are_reset_with_all_downstream_or_alone),
	    cmocka_unit_test(a_task_that_is_not_there_is_refused_with_the_nearest),
	    cmocka_unit_test(of_many_tasks_the_first_are_named_and_all_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
