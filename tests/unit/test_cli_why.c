/* `heddle why`, against a daemon that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_stage.h"

#include <jansson.h>

#define OTHER "0011223344556677"
#define DAG "{\"id\":\"d\",\"file\":\"d.yaml\",\"last_run\":null}"
#define OF_RUN(rest) "Content-Location:  /api/v1/runs/" RUN rest " \r\n\r\n"
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
	    {"GET /api/v1/why?target=9f1c%2Fmore ", 200, WAITS, THEN_KEEP, NULL}, {0}};
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

/* The daemon says which run that is, and of one that was named by its id nothing. */
static void a_dag_means_its_newest_run(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/why?target=d ", 200, OF_RUN("/why") FAILED, THEN_KEEP, NULL}, {0}};
	static const struct exchange of_run[] = {
	    {"GET /api/v1/why?target=abc ", 200, FAILED, THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d"));
	expect(&stage, CODE_OK, "it failed\n");
	expect_told(&stage, "the newest run of dag 'd' is " RUN "\n");
	leave(&stage);
	perform(&stage, script, WORDS("why", "d", "--json"));
	expect(&stage, CODE_OK, FAILED "\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
	perform(&stage, of_run, WORDS("why", "abc"));
	expect(&stage, CODE_OK, "it failed\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void a_period_means_its_run(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/why?target=d%402026-11-20T06%3A00%3A00%2B01%3A00%2Fload ", 200,
	     OF_RUN("/tasks/load/why") FAILED, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d@2026-11-20T06:00:00+01:00/load"));
	expect(&stage, CODE_OK, "it failed\n");
	expect_told(&stage, "the run of dag 'd' for 2026-11-20T06:00:00+01:00 is " RUN "\n");
	leave(&stage);
}

static void a_dag_that_is_not_there_is_not_found(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/why?target=fligths%402026-11-20 ", 404,
	     "{\"detail\":\"there is no dag 'fligths' (did you mean 'flights'?)\"}", THEN_KEEP,
	     NULL},
	    {0}};
	static const struct exchange there[] = {{"GET /version ", 200, "{}", THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "fligths@2026-11-20"));
	expect(&stage, CODE_NOT_FOUND, "");
	expect_told(&stage, "did you mean 'flights'?");
	leave(&stage);
	perform(&stage, there, WORDS("why", "no id"));
	expect(&stage, CODE_NOT_FOUND, "");
	expect_told(&stage, "there is no dag 'no id'");
	leave(&stage);
}

static void what_stands_beside_the_answer_is_no_reason_for_it(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/why?target=d ", 200,
	     "{\"answer\":\"never\",\"chain\":[{\"kind\":\"never\",\"text\":\"never\"},"
	     "{\"kind\":\"pause\",\"text\":\"the dag is paused\"},{\"kind\":\"broken\","
	     "\"text\":\"its file does not check\"}],\"holders\":[],\"holders_total\":0}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d"));
	expect(&stage, CODE_OK, "never\n  and the dag is paused\n  and its file does not check\n");
	leave(&stage);
}

/* Of then the run is looked for here, and its facts are asked. */
static void the_run_of_an_instant_is_looked_for_page_by_page(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d ", 200, DAG, THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d/runs?limit=500 ", 200,
	     "{\"items\":[{\"id\":\"" OTHER "\",\"period\":\"2026-11-20\",\"created_at\":"
	     "\"2026-11-21T06:00:00.000Z\"}],\"next\":\"7\"}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d/runs?limit=500&cursor=7 ", 200,
	     "{\"items\":[{\"id\":\"" OTHER "\",\"period\":null},{\"id\":\"" RUN
	     "\",\"period\":\"2026-11-20T01:00:00Z\",\"created_at\":"
	     "\"2026-11-20T06:00:00.000Z\"}],\"next\":null}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/facts?run=" RUN, 200,
	     "{\"items\":[{\"id\":1,\"kind\":\"run.new\",\"at\":\"2026-11-20T06:00:00.000Z\","
	     "\"to\":\"queued\"}],\"next\":null}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("why", "d@2026-11-20", "--at", "2026-11-20T07:00:00Z"));
	assert_int_equal(stage.capture.code, CODE_OK);
	expect_told(&stage, "the run of dag 'd' for 2026-11-20 is " RUN "\n");
	assert_true(str_starts_with(str_text(&stage.capture.out), "the run was queued since "));
	leave(&stage);
}

static void what_was_not_made_by_then_is_json_of_the_same_form(void **state)
{
	static const struct exchange script[] = {{"GET /api/v1/dags/d ", 200, DAG, THEN_KEEP, NULL},
						 {"GET /api/v1/dags/d/runs?limit=500 ", 200,
						  "{\"items\":[],\"next\":null}", THEN_KEEP, NULL},
						 {0}};
	struct stage stage;
	json_t *why;

	(void)state;
	perform(&stage, script, WORDS("why", "d@2026-11-20", "--at", "2026-11-20", "--json"));
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
	    cmocka_unit_test(a_period_means_its_run),
	    cmocka_unit_test(a_dag_that_is_not_there_is_not_found),
	    cmocka_unit_test(what_stands_beside_the_answer_is_no_reason_for_it),
	    cmocka_unit_test(the_run_of_an_instant_is_looked_for_page_by_page),
	    cmocka_unit_test(what_was_not_made_by_then_is_json_of_the_same_form),
	    cmocka_unit_test(without_a_daemon_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
