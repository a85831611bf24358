/* `heddle why`, against a daemon that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_stage.h"

#include <jansson.h>

#define OTHER "0011223344556677"
#define DAG(last)                                                                \
	"{\"id\":\"d\",\"file\":\"d.yaml\",\"paused\":false,\"paused_by\":null," \
	"\"last_run\":" last "}"
#define LAST "{\"id\":\"" RUN "\",\"state\":\"failed\"}"
#define WAITS                                                                                \
	"{\"answer\":\"waits for 1 slot of pool 'db'\",\"chain\":[{\"kind\":\"pool\","       \
	"\"text\":\"waits for 1 slot of pool 'db'\"},{\"kind\":\"running\",\"text\":\"task " \
	"'load' runs\"}],\"holders\":[{\"dag\":\"d\",\"run\":\"" OTHER                       \
	"\",\"task\":\"load\",\"slots\":2,\"since\":null}],\"holders_total\":3}"
#define FAILED "{\"answer\":\"it failed\",\"chain\":[],\"holders\":[],\"holders_total\":0}"

static void expect_told(const struct stage *stage, const char *text)
{
	if (strstr(str_text(&stage->capture.err), text) == NULL)
		fail_msg("stderr: %s", str_text(&stage->capture.err));
}

static void the_sentence_comes_first_then_the_chain_then_who_holds(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f1c ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks/more/why ", 200, WAITS, THEN_KEEP, NULL},
	    {0}};
	static const char text[] = "waits for 1 slot of pool 'db'\n"
				   "  because task 'load' runs\n"
				   "  held by 'load' of run " OTHER " (dag 'd', 2 slots)\n"
				   "  and 2 more\n";
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "9f1c/more"));
	expect(&stage, CODE_OK, text);
	leave(&stage);
	perform(&stage, script, WORDS("why", "9f1c", "more"));
	expect(&stage, CODE_OK, text);
	leave(&stage);
	perform(&stage, script, WORDS("why", "9f1c", "more", "--json"));
	expect(&stage, CODE_OK, WAITS "\n");
	leave(&stage);
}

static void a_dag_means_its_newest_run(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d ", 200, DAG(LAST), THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/why ", 200, FAILED, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d"));
	expect(&stage, CODE_OK, "it failed\n");
	expect_told(&stage, "the newest run of dag 'd' is " RUN);
	leave(&stage);
}

static void a_word_that_is_no_dag_may_begin_a_run(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/abc ", 404, "{\"detail\":\"there is no dag 'abc'\"}", THEN_KEEP,
	     NULL},
	    {"GET /api/v1/runs/abc ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/why ", 200, FAILED, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "abc"));
	expect(&stage, CODE_OK, "it failed\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void a_dag_that_is_not_there_is_not_found(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/fligths ", 404,
	     "{\"detail\":\"there is no dag 'fligths' (did you mean 'flights'?)\"}", THEN_KEEP,
	     NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "fligths@2026-11-20"));
	expect(&stage, CODE_NOT_FOUND, "");
	expect_told(&stage, "did you mean 'flights'?");
	leave(&stage);
}

static void the_run_of_a_period_is_looked_for_page_by_page(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d ", 200, DAG(LAST), THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d/runs?limit=500 ", 200,
	     "{\"items\":[{\"id\":\"" OTHER "\",\"period\":\"2026-11-21\"}],\"next\":\"7\"}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d/runs?limit=500&cursor=7 ", 200,
	     "{\"items\":[{\"id\":\"" OTHER "\",\"period\":null},{\"id\":\"" RUN
	     "\",\"period\":\"2026-11-20\"}],\"next\":\"5\"}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks/load/why ", 200, FAILED, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d@2026-11-20/load"));
	expect(&stage, CODE_OK, "it failed\n");
	expect_told(&stage, "the run of dag 'd' for 2026-11-20 is " RUN);
	leave(&stage);
}

static void a_dag_that_never_ran_says_so_with_its_pause_and_its_errors(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d ", 200,
	     "{\"id\":\"d\",\"file\":\"d.yaml\",\"paused\":true,\"paused_by\":{\"actor\":"
	     "\"user:a\",\"reason\":\"holidays\",\"at\":null,\"all\":true},\"last_run\":null}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/errors ", 200,
	     "{\"items\":[{\"file\":\"e.yaml\",\"line\":1,\"column\":1,\"message\":\"no\"},"
	     "{\"file\":\"d.yaml\",\"line\":3,\"column\":5,\"message\":\"unknown key\"}]}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d"));
	expect(&stage, CODE_OK,
	       "dag 'd' has never run: nobody triggered it\n"
	       "  and all dags are paused by user:a: holidays\n"
	       "  and its file does not check, its last good version is in force: d.yaml:3:5: "
	       "unknown key\n");
	leave(&stage);
}

static void what_never_ran_is_json_of_the_same_form(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d ", 200, DAG("null"), THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d/runs?limit=500 ", 200, "{\"items\":[],\"next\":null}", THEN_KEEP,
	     NULL},
	    {"GET /api/v1/errors ", 200, "{\"items\":[]}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;
	json_t *why;

	(void)state;
	perform(&stage, script, WORDS("why", "d@2026-11-20", "--json"));
	why = json_loads(str_text(&stage.capture.out), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(why, "answer")),
			    "dag 'd' has no run for '2026-11-20': nobody triggered it");
	assert_int_equal(json_array_size(json_object_get(why, "chain")), 1);
	assert_true(json_is_array(json_object_get(why, "holders")));
	json_decref(why);
	leave(&stage);
}

static void without_a_daemon_nothing_is_told(void **state)
{
	struct stage stage;

	(void)state;
	perform(&stage, NULL, WORDS("why", "d"));
	expect(&stage, CODE_NO_DAEMON, "");
	leave(&stage);
	expect_usage(WORDS("why", "9f1c/load", "load"), "two tasks are named");
	expect_usage(WORDS("why", "9f1c/"), "names nothing");
	expect_usage(WORDS("why", "d@"), "names nothing");
	expect_usage(WORDS("why", "d@\xff"), "TARGET is not UTF-8");
	expect_usage(WORDS("why", "d", "--at", "soon"), "'--at soon' is neither an instant");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_sentence_comes_first_then_the_chain_then_who_holds),
	    cmocka_unit_test(a_dag_means_its_newest_run),
	    cmocka_unit_test(a_word_that_is_no_dag_may_begin_a_run),
	    cmocka_unit_test(a_dag_that_is_not_there_is_not_found),
	    cmocka_unit_test(the_run_of_a_period_is_looked_for_page_by_page),
	    cmocka_unit_test(a_dag_that_never_ran_says_so_with_its_pause_and_its_errors),
	    cmocka_unit_test(what_never_ran_is_json_of_the_same_form),
	    cmocka_unit_test(without_a_daemon_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
