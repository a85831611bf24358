/* Verbs that change runs and dags, against a daemon that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_stage.h"

#define HASH "0123456789abcdef0123456789abcdef"
#define FAILED                                                                                   \
	"{\"id\":\"" RUN "\",\"dag\":\"d\",\"state\":\"failed\",\"dag_hash\":\"" HASH "\","      \
	"\"created_at\":\"2026-11-20T06:00:00.000Z\",\"ended_at\":\"2026-11-20T06:00:02.000Z\"," \
	"\"tasks\":{\"extract\":\"success\",\"load\":\"failed\"}}"
#define PARAM(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"
#define WHOLE                                                                                    \
	"{\"id\":\"d\",\"params\":[" PARAM("n", "integer") "," PARAM("who", "string") "," PARAM( \
	    "day", "date") "," PARAM("tags", "list") "]}"
#define SCRIPT(task, path, differs) \
	"{\"path\":\"" path "\",\"task\":\"" task "\",\"attempt\":2,\"differs\":" differs "}"
#define AGAIN(task) \
	"{\"kind\":\"task\",\"task\":\"" task "\",\"to\":\"none\",\"what\":\"runs again\"}"

static void expect_told(const struct stage *stage, const char *text)
{
	if (strstr(str_text(&stage->capture.err), text) == NULL)
		fail_msg("stderr: %s", str_text(&stage->capture.err));
}

/* --- params --------------------------------------------------------------------------------------
 */

static void params_get_the_types_that_the_dag_gives_them(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d HTTP", 200, WHOLE, THEN_KEEP, NULL},
	    {"POST /api/v1/dags/d/runs ", 201, RUNNING, THEN_KEEP,
	     "{\"period\":\"2026-11-20\",\"params\":{\"n\":7,\"who\":\"7\",\"tags\":[1,\"a=b\"],"
	     "\"more\":true,\"plain\":\"a b\"}}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script,
		WORDS("trigger", "d", "--param", "n=7", "--param=who=7", "--param",
		      "tags=[1,\"a=b\"]", "--param", "more=true", "--param", "plain=a b",
		      "--period", "2026-11-20"));
	expect(&stage, CODE_OK, RUN "\n");
	leave(&stage);
}

static void a_param_of_another_type_starts_nothing(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d HTTP", 200, WHOLE, THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d", "--param", "n=seven"));
	expect(&stage, CODE_USAGE, "");
	expect_told(&stage, "param 'n' must be a value of type integer, not 'seven'");
	leave(&stage);
	perform(&stage, script, WORDS("trigger", "d", "--param", "=3"));
	expect(&stage, CODE_USAGE, "");
	expect_told(&stage, "flag '--param' is '=3': it must be NAME=VALUE");
	leave(&stage);
	perform(&stage, script, WORDS("trigger", "d", "--param", "n=1", "--param", "n=2"));
	expect(&stage, CODE_USAGE, "");
	expect_told(&stage, "param 'n' is given twice");
	leave(&stage);
}

static void params_that_the_dag_does_not_name_are_json_or_text(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d HTTP", 200, WHOLE, THEN_KEEP, NULL},
	    {"POST /api/v1/dags/d/runs ", 201, RUNNING, THEN_KEEP,
	     "{\"period\":\"2026-11-20\",\"params\":{\"n\":7,\"tags\":[1,\"a=b\"],\"more\":true,"
	     "\"plain\":\"a b\"}}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script,
		WORDS("trigger", "d", "--param", "n=7", "--param", "tags=[1,\"a=b\"]", "--param",
		      "more=true", "--param", "plain=a b", "--period", "2026-11-20"));
	expect(&stage, CODE_OK, RUN "\n");
	leave(&stage);
}

static void params_of_a_dag_that_is_not_there_are_not_found(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/dd HTTP", 404,
	     "{\"detail\":\"there is no dag 'dd' (did you mean 'd'?)\"}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "dd", "--param", "n=1"));
	expect(&stage, CODE_NOT_FOUND, "");
	expect_told(&stage, "did you mean 'd'?");
	leave(&stage);
}

/* --- rerun ---------------------------------------------------------------------------------------
 */

static void rerun_says_what_it_resets_and_does_it(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f1 ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun?dry_run=1 ", 200,
	     "{\"changes\":[" AGAIN("load") "],\"total\":1}", THEN_KEEP,
	     "{\"mode\":\"failed\",\"reason\":\"again\"}"},
	    {"GET /api/v1/runs/" RUN "/scripts ", 200,
	     "{\"items\":[" SCRIPT("extract", "./extract.sh", "true") "," SCRIPT(
		 "load", "./load.sh", "true") "," SCRIPT("load", "./same.sh",
							 "false") "," SCRIPT("load", "./gone.sh",
									     "null") "]}",
	     THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 202, RUNNING, THEN_KEEP,
	     "{\"mode\":\"failed\",\"reason\":\"again\"}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("rerun", "9f1", "--reason", "again"));
	expect(&stage, CODE_OK, "resets: load; keeps: extract\n");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: script './load.sh' of task 'load' has changed since try 2\n"
			    "heddle: run " RUN " is running\n");
	assert_non_null(strstr(str_text(&stage.requests), "\r\nIdempotency-Key: "));
	leave(&stage);
}

static void rerun_waits_and_exits_as_the_run_does(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200, FAILED, THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d HTTP", 200, WHOLE, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun?dry_run=1 ", 200,
	     "{\"changes\":[" AGAIN("extract") "," AGAIN("load") "],\"total\":2}", THEN_KEEP,
	     "{\"mode\":\"from\",\"tasks\":[\"extract\",\"load\"],\"params\":{\"n\":1},"
	     "\"version\":\"latest\"}"},
	    /* A daemon of before that. */
	    {"GET /api/v1/runs/" RUN "/scripts ", 404, "{\"detail\":\"nothing is served here\"}",
	     THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 202, RUNNING, THEN_KEEP,
	     "{\"mode\":\"from\",\"tasks\":[\"extract\",\"load\"],\"params\":{\"n\":1},"
	     "\"version\":\"latest\"}"},
	    {"GET /api/v1/runs/" RUN ":wait", 200, ENDED("failed"), THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script,
		WORDS("rerun", RUN, "--from", "extract", "--from", "load", "--latest", "--param",
		      "n=1", "--wait"));
	expect(&stage, CODE_FAILED, "resets: extract, load (2 tasks); keeps: nothing\n");
	leave(&stage);
}

static void params_of_a_version_whose_dag_is_gone_are_json_or_text(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200, FAILED, THEN_KEEP, NULL},
	    {"GET /api/v1/dags/d?version=" HASH " ", 404, "{\"detail\":\"no dag\"}", THEN_KEEP,
	     NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 202, RUNNING, THEN_KEEP,
	     "{\"mode\":\"failed\",\"params\":{\"n\":1,\"who\":\"me\"}}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script,
		WORDS("rerun", RUN, "--param", "n=1", "--param", "who=me", "--json"));
	expect(&stage, CODE_OK, RUNNING "\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void rerun_as_json_prints_the_run_alone(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 202, RUNNING, THEN_KEEP,
	     "{\"mode\":\"only\",\"tasks\":[\"load\"]}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("rerun", RUN, "--only", "load", "--pinned", "--json"));
	expect(&stage, CODE_OK, RUNNING "\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void a_rerun_of_what_did_not_fail_changes_nothing(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200,
	     "{\"id\":\"" RUN "\",\"tasks\":{\"extract\":\"success\",\"load\":\"skipped\"}}",
	     THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun?dry_run=1 ", 200, "{\"changes\":[],\"total\":0}",
	     THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("rerun", RUN));
	expect(&stage, CODE_OK, "resets: nothing; keeps: extract, load (2 tasks)\n");
	expect_told(&stage, "run " RUN " has nothing to reset: it stays success");
	leave(&stage);
}

static void a_rerun_from_a_task_that_is_not_there_is_not_done(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun?dry_run=1 ", 404,
	     "{\"detail\":\"dag 'd' has no task 'laod' (did you mean 'load'?)\"}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("rerun", RUN, "--from", "laod"));
	expect(&stage, CODE_NOT_FOUND, "");
	expect_told(&stage, "dag 'd' has no task 'laod' (did you mean 'load'?)");
	leave(&stage);
}

static void a_refused_rerun_exits_5(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/" RUN " ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":rerun ", 409, "{\"detail\":\"the run is being cancelled\"}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("rerun", RUN, "--json"));
	expect(&stage, CODE_REFUSED, "");
	expect_told(&stage, "the run is being cancelled");
	leave(&stage);
}

/* --- mark and note -------------------------------------------------------------------------------
 */

static void mark_names_task_state_and_reason(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN "/tasks/load:mark ", 202,
	     "{\"id\":\"" RUN "\",\"state\":\"success\",\"tasks\":{\"load\":\"success\"}}",
	     THEN_KEEP, "{\"state\":\"success\",\"reason\":\"by hand\"}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("mark", "9f", "load", "success", "--reason", "by hand"));
	expect(&stage, CODE_OK, "");
	expect_told(&stage, "task 'load' of run " RUN " is success; the run is success");
	leave(&stage);
}

static void a_command_whose_answer_is_lost_is_repeated_with_the_same_key(void **state)
{
	static const char name[] = "\r\nIdempotency-Key: ";
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN "/tasks/load:mark ", 0, "", THEN_BREAK, name},
	    {"POST /api/v1/runs/" RUN "/tasks/load:mark ", 200, FAILED, THEN_KEEP, name},
	    {0}};
	const char *first;
	const char *second;
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("mark", "9f", "load", "failed", "--reason", "r", "--json"));
	expect(&stage, CODE_OK, FAILED "\n");
	first = strstr(str_text(&stage.requests), name);
	second = strstr(first + sizeof name, name);
	assert_memory_equal(first, second, sizeof name - 1 + 32);
	leave(&stage);
}

static void a_note_is_of_a_run_or_of_a_task(void **state)
{
	static const struct exchange of_run[] = {
	    {"GET /api/v1/runs/9f ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":note ", 202, FAILED, THEN_KEEP, "{\"text\":\"late\"}"},
	    {0}};
	static const struct exchange of_task[] = {
	    {"GET /api/v1/runs/9f ", 200, FAILED, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":note ", 202, FAILED, THEN_KEEP,
	     "{\"text\":\"late\",\"task\":\"load\"}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, of_run, WORDS("note", "9f", "late"));
	expect(&stage, CODE_OK, "");
	expect_told(&stage, "noted at run " RUN);
	leave(&stage);
	perform(&stage, of_task, WORDS("note", "9f", "load", "late", "--json"));
	expect(&stage, CODE_OK, FAILED "\n");
	leave(&stage);
}

/* --- pause and resume ----------------------------------------------------------------------------
 */

static void each_dag_is_paused_and_the_first_failure_is_the_exit_code(void **state)
{
	static const struct exchange script[] = {
	    {"PATCH /api/v1/dags/a ", 200, "{\"paused\":true}", THEN_KEEP,
	     "{\"reason\":\"moves\",\"paused\":true}"},
	    {"PATCH /api/v1/dags/b ", 404, "{\"detail\":\"there is no dag 'b'\"}", THEN_KEEP, NULL},
	    {"PATCH /api/v1/dags/c ", 200, "{\"paused\":true}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("pause", "a", "b", "c", "--reason", "moves", "--json"));
	expect(&stage, CODE_NOT_FOUND,
	       "[{\"dag\":\"a\",\"paused\":true},{\"dag\":\"c\",\"paused\":true}]\n");
	expect_told(&stage, "there is no dag 'b'");
	leave(&stage);
}

static void all_dags_are_resumed_at_once(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/restored ", 200, "{\"restored\":null}", THEN_KEEP, NULL},
	    {"POST /api/v1/dags:resume ", 200, "{\"paused\":false}", THEN_KEEP, NULL},
	    {0}};
	static const struct exchange older[] = {
	    {"GET /api/v1/restored ", 404, "{}", THEN_KEEP, NULL},
	    {"POST /api/v1/dags:resume ", 200, "{\"paused\":false}", THEN_KEEP, NULL},
	    {0}};
	static const struct exchange one[] = {
	    {"PATCH /api/v1/dags/a ", 200, "{\"paused\":false}", THEN_KEEP, "{\"paused\":false}"},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("resume", "--all"));
	expect(&stage, CODE_OK, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: all dags are no longer paused\n");
	leave(&stage);
	perform(&stage, older, WORDS("resume", "--all"));
	expect(&stage, CODE_OK, "");
	leave(&stage);
	perform(&stage, one, WORDS("resume", "a"));
	expect(&stage, CODE_OK, "");
	assert_string_equal(str_text(&stage.capture.err), "heddle: dag 'a' is no longer paused\n");
	leave(&stage);
}

static void what_a_restored_home_cannot_know_is_told_before_it_goes_on(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/restored ", 200,
	     "{\"restored\":{\"at\":\"2026-11-20T06:00:00.000Z\",\"actor\":\"user:alice\","
	     "\"reason\":\"restored from 'b.db'\",\"known_until\":\"2026-11-20T05:00:00.000Z\","
	     "\"runs_under_way\":2,\"uncertain\":[{\"run\":\"0123456789abcdef\",\"dag\":\"ops\","
	     "\"task\":\"load\",\"attempt\":2,\"released_at\":\"2026-11-20T04:00:00.000Z\","
	     "\"lost\":true}],\"more\":false}}",
	     THEN_KEEP, NULL},
	    {"POST /api/v1/dags:resume ", 200, "{\"paused\":false}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("resume", "--all"));
	expect(&stage, CODE_OK, "");
	expect_told(&stage, "restored from 'b.db' by user:alice");
	expect_told(&stage, "2 runs are under way; 1 attempt was under way");
	expect_told(&stage, "0123456789abcdef  ops  load  2 ");
	leave(&stage);
}

static void what_makes_no_sense_is_refused_before_anything_is_asked(void **state)
{
	(void)state;
	expect_usage(WORDS("rerun", "9f", "--failed", "--from", "a"),
		     "'--failed' and '--from' exclude each other");
	expect_usage(WORDS("rerun", "9f", "--latest", "--pinned"),
		     "'--latest' and '--pinned' exclude each other");
	expect_usage(WORDS("rerun", "9f", "--no-publish"),
		     "flag '--no-publish' of 'rerun' is not supported yet");
	expect_usage(WORDS("rerun", "9f", "--reset-bookmark"), "is not supported yet");
	expect_usage(WORDS("mark", "9f", "load", "success"), "'mark' needs a reason");
	expect_usage(WORDS("mark", "9f", "load", "done", "--reason", "x"),
		     "a task cannot be marked 'done': success, failed or skipped");
	expect_usage(WORDS("pause"), "which dags? heddle pause DAG...");
	expect_usage(WORDS("resume", "a", "--all"), "which dags? heddle resume DAG...");
	expect_usage(WORDS("pause", "flights", "--drain"),
		     "of all dags: heddle pause --all --drain");
	expect_usage(WORDS("pause", "--all", "--wait"), "how long '--drain' may take");
	expect_usage(WORDS("run", "d.yaml", "--url", "http://h"), "'run' needs no daemon");
	expect_usage(WORDS("run", "/tmp"), "'/tmp' is a folder: heddle run FILE");
	expect_usage(WORDS("note", "9f"), "'note' needs more: heddle note RUN [TASK] TEXT");
	expect_usage(WORDS("note", "9f", "a\xff"), "TEXT is not UTF-8");
	expect_usage(WORDS("pause", "a", "--reason", "a\xff"), "the value of '--reason' is not");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(params_get_the_types_that_the_dag_gives_them),
	    cmocka_unit_test(a_param_of_another_type_starts_nothing),
	    cmocka_unit_test(params_that_the_dag_does_not_name_are_json_or_text),
	    cmocka_unit_test(params_of_a_dag_that_is_not_there_are_not_found),
	    cmocka_unit_test(rerun_says_what_it_resets_and_does_it),
	    cmocka_unit_test(rerun_waits_and_exits_as_the_run_does),
	    cmocka_unit_test(params_of_a_version_whose_dag_is_gone_are_json_or_text),
	    cmocka_unit_test(rerun_as_json_prints_the_run_alone),
	    cmocka_unit_test(a_rerun_of_what_did_not_fail_changes_nothing),
	    cmocka_unit_test(a_rerun_from_a_task_that_is_not_there_is_not_done),
	    cmocka_unit_test(a_refused_rerun_exits_5),
	    cmocka_unit_test(mark_names_task_state_and_reason),
	    cmocka_unit_test(a_command_whose_answer_is_lost_is_repeated_with_the_same_key),
	    cmocka_unit_test(a_note_is_of_a_run_or_of_a_task),
	    cmocka_unit_test(each_dag_is_paused_and_the_first_failure_is_the_exit_code),
	    cmocka_unit_test(all_dags_are_resumed_at_once),
	    cmocka_unit_test(what_a_restored_home_cannot_know_is_told_before_it_goes_on),
	    cmocka_unit_test(what_makes_no_sense_is_refused_before_anything_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
