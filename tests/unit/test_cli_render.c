/* The API's JSON as people see it, its problems, and the exit codes that follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/ask.h"
#include "cli/exit.h"
#include "cli/render.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW "2026-11-20T06:01:00.000Z"

static int utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static json_t *load(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (json == NULL)
		fail_msg("%s: %s", text, error.text);
	return json;
}

static void expect_list(enum render_kind kind, const char *json, const char *expected)
{
	json_t *items = load(json);
	struct str out = STR_INIT;
	int64_t now_ms = 0;

	assert_true(text_parse_instant(NOW, &now_ms));
	render_list(kind, items, now_ms, false, &out);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
	json_decref(items);
}

static void runs_are_listed_with_their_duration_up_to_now(void **state)
{
	(void)state;
	expect_list(
	    RENDER_RUNS,
	    "[{\"id\":\"9f1c6a5b00112233\",\"dag\":\"flights\",\"state\":\"failed\","
	    "\"reason\":\"task 'load' failed\",\"created_at\":\"2026-11-20T06:00:00.000Z\","
	    "\"ended_at\":\"2026-11-20T06:00:12.345Z\"},"
	    "{\"id\":\"0a00000000000000\",\"dag\":\"x\",\"state\":\"running\",\"reason\":null,"
	    "\"created_at\":\"2026-11-20T06:00:57.500Z\",\"ended_at\":null}]",
	    "RUN               DAG      STATE    CREATED                        DURATION  REASON\n"
	    "9f1c6a5b00112233  flights  failed   2026-11-20T06:00:00.000+00:00  12.3s     "
	    "task 'load' failed\n"
	    "0a00000000000000  x        running  2026-11-20T06:00:57.500+00:00  2.5s      -\n");
}

static void dags_are_listed_with_their_last_run(void **state)
{
	(void)state;
	expect_list(
	    RENDER_DAGS,
	    "[{\"id\":\"a\",\"tasks\":3,\"file\":\"a.yaml\",\"last_run\":null,\"paused\":true},"
	    "{\"id\":\"b.c\",\"tasks\":12,\"file\":\"x/b.yaml\",\"last_run\":"
	    "{\"id\":\"9f1c6a5b00112233\",\"state\":\"success\","
	    "\"created_at\":\"2026-11-20T06:00:00.000Z\"}}]",
	    "DAG  TASKS  LAST RUN          STATE    CREATED                        PAUSED  FILE\n"
	    "a    3      -                 -        -                              yes     "
	    "a.yaml\n"
	    "b.c  12     9f1c6a5b00112233  success  2026-11-20T06:00:00.000+00:00  -       "
	    "x/b.yaml\n");
}

static void pools_and_errors_have_lists_of_their_own(void **state)
{
	(void)state;
	expect_list(RENDER_POOLS,
		    "[{\"name\":\"default\",\"dag\":null,\"slots\":8,\"used\":2,\"queued\":1}]",
		    "POOL     DAG  SLOTS  USED  QUEUED\n"
		    "default  -    8      2     1\n");
	expect_list(RENDER_ERRORS,
		    "[{\"file\":\"a.yaml\",\"line\":12,\"column\":3,\"message\":\"unknown key "
		    "'comand'\\u001b[31m\"}]",
		    "a.yaml:12:3: unknown key 'comand' [31m\n");
}

static void a_run_is_shown_with_what_it_was_started_with_and_its_notes(void **state)
{
	json_t *run = load(
	    "{\"id\":\"9f1c6a5b00112233\",\"dag\":\"flights\",\"state\":\"queued\",\"paused\":true,"
	    "\"created_at\":\"2026-11-20T06:00:00.000Z\",\"ended_at\":null,"
	    "\"period\":{\"id\":\"2026-11-20\"},\"params\":{\"region\":\"eu\\u001b[2J\",\"n\":3,"
	    "\"tags\":[\"a\"]},\"notes\":[{\"at\":\"2026-11-20T06:00:30.000Z\","
	    "\"actor\":\"user:alice\",\"task\":\"load\",\"text\":\"late\\nagain\"}]}");
	json_t *tasks = json_array();
	struct str out = STR_INIT;
	int64_t now_ms = 0;

	(void)state;
	assert_true(text_parse_instant(NOW, &now_ms));
	render_run(run, tasks, now_ms, false, &out);
	assert_string_equal(
	    str_text(&out),
	    "run      9f1c6a5b00112233\n"
	    "dag      flights\n"
	    "state    queued (paused)\n"
	    "period   2026-11-20\n"
	    "params   region=eu [2J n=3 tags=[\"a\"]\n"
	    "created  2026-11-20T06:00:00.000+00:00\n"
	    "so far   1m00s\n"
	    "note     2026-11-20T06:00:30.000+00:00 user:alice at load: late again\n\n"
	    "TASK  STATE  TRIES  STARTED  DURATION  REASON\n");
	str_close(&out);
	json_decref(run);
	json_decref(tasks);
}

static void a_run_is_shown_with_its_tasks(void **state)
{
	json_t *run = load("{\"id\":\"9f1c6a5b00112233\",\"dag\":\"flights\",\"state\":\"running\","
			   "\"reason\":null,\"key\":\"k1\",\"source\":\"manual\","
			   "\"created_at\":\"2026-11-20T06:00:00.000Z\",\"ended_at\":null,"
			   "\"dag_hash\":\"abc\"}");
	json_t *tasks = load("[{\"id\":\"extract\",\"state\":\"success\",\"attempts\":2,"
			     "\"started_at\":\"2026-11-20T06:00:01.000Z\","
			     "\"ended_at\":\"2026-11-20T06:00:03.500Z\",\"reason\":null}]");
	struct str out = STR_INIT;
	int64_t now_ms = 0;

	(void)state;
	assert_true(text_parse_instant(NOW, &now_ms));
	render_run(run, tasks, now_ms, false, &out);
	assert_string_equal(
	    str_text(&out),
	    "run      9f1c6a5b00112233\n"
	    "dag      flights (version abc)\n"
	    "state    running\n"
	    "key      k1 (manual)\n"
	    "created  2026-11-20T06:00:00.000+00:00\n"
	    "so far   1m00s\n"
	    "\n"
	    "TASK     STATE    TRIES  STARTED                        DURATION  REASON\n"
	    "extract  success  2      2026-11-20T06:00:01.000+00:00  2.5s      -\n");
	str_close(&out);
	json_decref(run);
	json_decref(tasks);
}

/* rest: the members of a fact besides its instant. */
static void expect_fact(const char *rest, const char *expected)
{
	struct str text = STR_INIT;
	struct str out = STR_INIT;
	json_t *fact;

	str_printf(&text, "{\"at\":\"2026-11-20T06:00:00.123Z\",%s}", rest);
	fact = load(str_text(&text));
	render_fact(fact, false, &out);
	assert_string_equal(str_text(&out), expected);
	json_decref(fact);
	str_close(&out);
	str_close(&text);
}

static void a_fact_is_one_line_and_none_is_told_twice(void **state)
{
	(void)state;
	expect_fact(
	    "\"kind\":\"run.new\",\"run\":\"9f1c6a5b00112233\",\"dag\":\"flights\","
	    "\"actor\":\"user:alice\",\"to\":\"running\"",
	    "2026-11-20T06:00:00.123+00:00 run 9f1c6a5b00112233 of flights by user:alice\n");
	expect_fact(
	    "\"kind\":\"task.state\",\"task\":\"extract\",\"from\":\"none\",\"to\":\"queued\","
	    "\"attempt\":0,\"why\":null",
	    "2026-11-20T06:00:00.123+00:00 extract queued\n");
	expect_fact("\"kind\":\"task.state\",\"task\":\"extract\",\"from\":\"queued\","
		    "\"to\":\"running\"",
		    "");
	expect_fact("\"kind\":\"attempt.new\",\"task\":\"extract\",\"attempt\":1",
		    "2026-11-20T06:00:00.123+00:00 extract running (try 1)\n");
	expect_fact("\"kind\":\"task.outputs\",\"task\":\"extract\",\"to\":\"set\"",
		    "2026-11-20T06:00:00.123+00:00 extract gave outputs\n");
	expect_fact(
	    "\"kind\":\"run.note\",\"to\":\"noted\",\"actor\":\"user:bob\",\"why\":\"late\"",
	    "2026-11-20T06:00:00.123+00:00 run noted by user:bob: late\n");
	expect_fact("\"kind\":\"run.prune\",\"to\":\"pruned\",\"why\":\"retention 90d\"",
		    "2026-11-20T06:00:00.123+00:00 run pruned: retention 90d\n");
	expect_fact("\"kind\":\"run.params\",\"to\":\"{\\\"n\\\":1}\",\"actor\":\"user:bob\"",
		    "2026-11-20T06:00:00.123+00:00 run goes on with params {\"n\":1}\n");
	expect_fact("\"kind\":\"attempt.end\",\"task\":\"extract\",\"attempt\":1,"
		    "\"to\":\"exit_code\"",
		    "");
	expect_fact(
	    "\"kind\":\"task.state\",\"task\":\"extract\",\"from\":\"running\","
	    "\"to\":\"up_for_retry\",\"attempt\":1,\"why\":\"exit code 3; next try in 30s\"",
	    "2026-11-20T06:00:00.123+00:00 extract up_for_retry (try 1): exit code 3; next try in "
	    "30s\n");
	expect_fact(
	    "\"kind\":\"run.state\",\"from\":\"running\",\"to\":\"cancelling\","
	    "\"actor\":\"user:bob\",\"why\":\"cancelled by user:bob: wrong input\"",
	    "2026-11-20T06:00:00.123+00:00 run cancelling: cancelled by user:bob: wrong input\n");
	expect_fact("\"kind\":\"run.state\",\"from\":\"running\",\"to\":\"cancelling\","
		    "\"actor\":\"user:bob\",\"why\":null",
		    "2026-11-20T06:00:00.123+00:00 run cancelling by user:bob\n");
	expect_fact("\"kind\":\"run.state\",\"from\":\"running\",\"to\":\"failed\","
		    "\"actor\":\"scheduler\",\"why\":\"task 'extract' failed\"",
		    "2026-11-20T06:00:00.123+00:00 run failed: task 'extract' failed\n");
	expect_fact("\"kind\":\"attempt.late\",\"task\":\"extract\",\"attempt\":2,"
		    "\"to\":\"success\",\"why\":\"the attempt had ended already\"",
		    "2026-11-20T06:00:00.123+00:00 attempt.late extract (try 2) to success: the "
		    "attempt had ended "
		    "already\n");
}

static void expect_problem(const char *body, const char *expected)
{
	struct str out = STR_INIT;

	ask_problem_text(409, body, strlen(body), &out);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
}

static void a_problem_is_told_by_its_detail(void **state)
{
	(void)state;
	expect_problem("{\"title\":\"Conflict\",\"status\":409,\"detail\":\"run has\\nended\"}",
		       "run has ended");
	expect_problem("{\"title\":\"Conflict\",\"status\":409}", "Conflict");
	expect_problem("<html>\n", "the daemon answered with HTTP status 409: <html> ");
	expect_problem("", "the daemon answered with HTTP status 409");
	expect_problem("[]", "the daemon answered with HTTP status 409: []");
}

static void exit_codes_tell_what_to_do_next(void **state)
{
	static const int statuses[][2] = {
	    {200, 0}, {201, 0}, {202, 0}, {400, 2}, {401, 5}, {403, 5}, {404, 4},
	    {405, 1}, {409, 5}, {422, 2}, {500, 1}, {503, 5}, {0, 1},
	};
	static const int errs[][2] = {
	    {0, 0},           {ERR_USAGE, 2},     {ERR_INVALID, 3}, {ERR_SYNTAX, 3},
	    {ERR_REFUSED, 5}, {ERR_NOT_FOUND, 4}, {ERR_IO, 1},      {ERR_FULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		assert_int_equal(exit_code_of_status(statuses[i][0]), statuses[i][1]);
	for (size_t i = 0; i < sizeof errs / sizeof *errs; i++)
		assert_int_equal(exit_code_of_err(errs[i][0]), errs[i][1]);
	assert_int_equal(exit_code_of_run("success"), 0);
	assert_int_equal(exit_code_of_run("failed"), 1);
	assert_int_equal(exit_code_of_run("cancelled"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(runs_are_listed_with_their_duration_up_to_now),
	    cmocka_unit_test(dags_are_listed_with_their_last_run),
	    cmocka_unit_test(pools_and_errors_have_lists_of_their_own),
	    cmocka_unit_test(a_run_is_shown_with_what_it_was_started_with_and_its_notes),
	    cmocka_unit_test(a_run_is_shown_with_its_tasks),
	    cmocka_unit_test(a_fact_is_one_line_and_none_is_told_twice),
	    cmocka_unit_test(a_problem_is_told_by_its_detail),
	    cmocka_unit_test(exit_codes_tell_what_to_do_next),
	};

	return cmocka_run_group_tests(tests, utc, NULL);
}
