/* Verbs against a daemon that plays a script: each exchange says how the request must begin and
 * what is answered. What the verb printed and its exit code are what a user's script would see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_stage.h"

/* --- trigger and cancel --------------------------------------------------------------------------
 */

static void trigger_prints_the_id_of_the_run(void **state)
{
	static const struct exchange script[] = {
	    {"POST /api/v1/dags/my.dag/runs HTTP", 201, RUNNING, THEN_KEEP, "Idempotency-Key: "},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "my.dag"));
	expect(&stage, CODE_OK, RUN "\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void trigger_with_a_key_sends_it_and_waits_until_the_run_has_ended(void **state)
{
	static const struct exchange script[] = {
	    {"POST /api/v1/dags/d/runs ", 201, RUNNING, THEN_KEEP, "{\"id\":\"k \\\"1\\\"\"}"},
	    {"GET /api/v1/runs/" RUN ":wait?wait=30000ms ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN ":wait?wait=30000ms ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d", "--id", "k \"1\"", "--wait"));
	expect(&stage, CODE_OK, RUN "\n");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: run " RUN " of d: success after 2.0s\n");
	leave(&stage);
}

static void trigger_exits_as_the_run_does(void **state)
{
	static const struct exchange script[] = {
	    {"POST ", 201, RUNNING, THEN_KEEP, NULL},
	    {"GET ", 200, ENDED("failed") "\n", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d", "--wait=1m", "--json"));
	expect(&stage, CODE_FAILED, ENDED("failed") "\n");
	leave(&stage);
}

static void a_wait_that_is_over_before_the_run_exits_124(void **state)
{
	static const struct exchange script[] = {
	    {"POST ", 201, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN ":wait?wait=0ms ", 200, RUNNING, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d", "--wait=0s"));
	expect(&stage, CODE_TIMED_OUT, RUN "\n");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: run " RUN " is still running; go on with: "
			    "heddle watch " RUN "\n");
	leave(&stage);
}

static void a_wait_outlives_the_daemon(void **state)
{
	static const struct exchange script[] = {
	    {"POST ", 201, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN ":wait", 0, "", THEN_RESTART, NULL},
	    {"GET /api/v1/runs/" RUN ":wait", 503, "{\"detail\":\"starting\"}", THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN ":wait", 200, ENDED("success"), THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d", "--wait"));
	expect(&stage, CODE_OK, RUN "\n");
	leave(&stage);
}

static void a_trigger_whose_answer_is_lost_is_repeated_with_the_same_key(void **state)
{
	static const char name[] = "\r\nIdempotency-Key: ";
	static const struct exchange script[] = {
	    {"POST /api/v1/dags/d/runs ", 0, "", THEN_BREAK, name},
	    {"POST /api/v1/dags/d/runs ", 200, RUNNING, THEN_KEEP, name},
	    {0}};
	const char *first;
	const char *second;
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d"));
	expect(&stage, CODE_OK, RUN "\n");
	first = strstr(str_text(&stage.requests), name);
	second = strstr(first + sizeof name, name);
	assert_memory_equal(first, second, sizeof name - 1 + 32);
	leave(&stage);
}

static void what_the_daemon_refuses_is_told_with_its_exit_code(void **state)
{
	static const struct {
		int status;
		int code;
	} cases[] = {{404, CODE_NOT_FOUND}, {409, CODE_REFUSED}, {403, CODE_REFUSED},
		     {422, CODE_USAGE},     {503, CODE_REFUSED}, {500, CODE_FAILED}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct exchange script[] = {
		    {"POST ", cases[i].status, "{\"detail\":\"no: because\"}", THEN_KEEP, NULL},
		    {0}};
		struct stage stage;

		perform(&stage, script, WORDS("trigger", "d", "--id", "k"));
		expect(&stage, cases[i].code, "");
		assert_string_equal(str_text(&stage.capture.err), "heddle: no: because\n");
		leave(&stage);
	}
}

static void without_a_daemon_the_remedy_is_told(void **state)
{
	struct str expected = STR_INIT;
	struct stage stage;

	(void)state;
	perform(&stage, NULL, WORDS("trigger", "d"));
	expect(&stage, CODE_NO_DAEMON, "");
	str_printf(&expected,
		   "heddle: no daemon at %s/heddle.sock: start one with: heddle daemon --home %s\n",
		   stage.home, stage.home);
	assert_string_equal(str_text(&stage.capture.err), str_text(&expected));
	str_close(&expected);
	leave(&stage);
}

static void what_is_told_cannot_steer_a_terminal(void **state)
{
	static const struct exchange script[] = {
	    {"POST ", 201, "{\"id\":\"9f\\u001b[2J\\u202e1c\"}", THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("trigger", "d"));
	expect(&stage, CODE_OK, "9f [2J 1c\n");
	leave(&stage);
	perform(&stage, NULL, WORDS("a\033[2Jb\xe2\x80\xae"));
	expect(&stage, CODE_USAGE, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: unknown verb 'a [2Jb '; 'heddle help' lists all\n");
	leave(&stage);
	perform(&stage, NULL, WORDS("validate", "/nowhere\033]0;x\a"));
	assert_null(strchr(str_text(&stage.capture.err), '\033'));
	assert_null(strchr(str_text(&stage.capture.out), '\033'));
	assert_null(strchr(str_text(&stage.capture.out), '\a'));
	leave(&stage);
	perform(&stage, NULL, WORDS("ls", "dags", "--home", "/nowhere\033[2J"));
	expect(&stage, CODE_NO_DAEMON, "");
	assert_null(strchr(str_text(&stage.capture.err), '\033'));
	leave(&stage);
}

static void cancel_takes_the_beginning_of_an_id(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f1 ", 200, RUNNING, THEN_KEEP, NULL},
	    {"POST /api/v1/runs/" RUN ":cancel ", 202,
	     "{\"id\":\"" RUN "\",\"state\":\"cancelling\"}", THEN_KEEP,
	     "{\"reason\":\"wrong input\"}"},
	    {"GET /api/v1/runs/" RUN ":wait", 200, ENDED("cancelled"), THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("cancel", "9f1", "--reason", "wrong input", "--wait"));
	expect(&stage, CODE_OK, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: run " RUN " of d: cancelled after 2.0s\n");
	leave(&stage);
}

static void a_daemon_elsewhere_is_asked_with_a_token_from_file_or_environment(void **state)
{
	static const struct exchange from_file[] = {{"GET /api/v1/errors ", 200, "{\"items\":[]}",
						     THEN_KEEP,
						     "\r\nAuthorization: Bearer of-the-file\r\n"},
						    {0}};
	static const struct exchange from_environment[] = {
	    {"GET /api/v1/errors ", 401, "{\"detail\":\"no such token\"}", THEN_KEEP,
	     "\r\nAuthorization: Bearer of-the-environment\r\n"},
	    {0}};
	char flag[] = "--token-file=/tmp/heddle-token-XXXXXX";
	char *path = strchr(flag, '/');
	int fd = mkstemp(path);
	struct stage stage;

	(void)state;
	setenv("HEDDLE_TOKEN", "of-the-environment", 1);
	assert_int_equal(fd_write_all(fd, "of-the-file\n", 12, NULL), 0);
	fd_close(&fd);
	perform(&stage, from_file, WORDS(BY_URL, "ls", "errors", flag));
	expect(&stage, CODE_OK, "");
	leave(&stage);
	unlink(path);
	perform(&stage, from_environment, WORDS(BY_URL, "ls", "errors", "--json"));
	expect(&stage, CODE_REFUSED, "");
	assert_string_equal(str_text(&stage.capture.err), "heddle: no such token\n");
	leave(&stage);
	unsetenv("HEDDLE_TOKEN");
}

static void a_tasks_token_is_shown_to_the_socket_too(void **state)
{
	static const struct exchange errors[] = {{"GET /api/v1/errors ", 200, "{\"items\":[]}",
						  THEN_KEEP,
						  "\r\nAuthorization: Bearer hdt1.7.00\r\n"},
						 {0}};
	struct stage stage;

	(void)state;
	setenv("HEDDLE_TOKEN", "hdt1.7.00", 1);
	perform(&stage, errors, WORDS("ls", "errors"));
	expect(&stage, CODE_OK, "");
	leave(&stage);
	unsetenv("HEDDLE_TOKEN");
}

/* It may be good elsewhere, and nobody here is to learn it. */
static void a_token_that_is_no_tasks_is_not_shown_to_the_socket(void **state)
{
	static const struct exchange errors[] = {
	    {"GET /api/v1/errors ", 200, "{\"items\":[]}", THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	setenv("HEDDLE_TOKEN", "of-another-daemon", 1);
	perform(&stage, errors, WORDS("ls", "errors"));
	expect(&stage, CODE_OK, "");
	assert_null(strstr(str_text(&stage.requests), "of-another-daemon"));
	leave(&stage);
	unsetenv("HEDDLE_TOKEN");
}

/* --- looking -------------------------------------------------------------------------------------
 */

static void runs_show_prints_the_api_s_json_as_it_is(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d/runs?limit=1 ", 200, "{\"items\":[" RUNNING "],\"next\":null}",
	     THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, "{\"id\": \"" RUN "\", \"tasks\": {\"b\": \"x\"}}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("runs", "show", "--dag", "d", "--latest", "--json"));
	expect(&stage, CODE_OK, "{\"id\": \"" RUN "\", \"tasks\": {\"b\": \"x\"}}\n");
	leave(&stage);
}

static void the_latest_run_of_a_dag_that_never_ran_is_not_found(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/dags/d/runs?limit=1 ", 200, "{\"items\":[],\"next\":null}", THEN_KEEP,
	     NULL},
	    {"GET /api/v1/dags/d ", 200, "{\"id\":\"d\"}", THEN_KEEP, NULL},
	    {0}};
	static const struct exchange missing[] = {
	    {"GET /api/v1/dags/d/runs?limit=1 ", 200, "{\"items\":[],\"next\":null}", THEN_KEEP,
	     NULL},
	    {"GET /api/v1/dags/d ", 404, "{\"detail\":\"there is no dag 'd'\"}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("runs", "show", "--dag", "d", "--latest"));
	expect(&stage, CODE_NOT_FOUND, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: dag 'd' has never run: start it with: heddle trigger d\n");
	leave(&stage);
	perform(&stage, missing, WORDS("runs", "show", "--dag", "d", "--latest"));
	expect(&stage, CODE_NOT_FOUND, "");
	assert_string_equal(str_text(&stage.capture.err), "heddle: there is no dag 'd'\n");
	leave(&stage);
}

static void a_list_is_gathered_from_all_its_pages(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs?dag=d&state=failed&since=24h&limit=3 ", 200,
	     "{\"items\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"next\":\"b\"}", THEN_KEEP, NULL},
	    {"GET /api/v1/runs?dag=d&state=failed&since=24h&limit=3&cursor=b ", 200,
	     "{\"items\":[{\"id\":\"c\"},{\"id\":\"d\"}],\"next\":\"d\"}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script,
		WORDS("ls", "runs", "--dag", "d", "--state", "failed", "--since", "24h", "--limit",
		      "3", "--json"));
	expect(&stage, CODE_OK, "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]\n");
	leave(&stage);
}

static void watch_prints_facts_once_and_exits_as_the_run_does(void **state)
{
	static const char first[] =
	    "{\"items\":[{\"fact\":8,\"at\":\"2026-11-20T06:00:00.123Z\",\"kind\":\"attempt.new\","
	    "\"task\":\"extract\",\"attempt\":1}]}";
	static const char ending[] =
	    "{\"items\":[{\"fact\":9,\"at\":\"2026-11-20T06:00:00.500Z\",\"kind\":\"run.state\","
	    "\"from\":\"running\",\"to\":\"ending\",\"actor\":\"scheduler\"}]}";
	static const char second[] =
	    "{\"items\":[{\"fact\":10,\"at\":\"2026-11-20T06:00:01.000Z\",\"kind\":\"run.state\","
	    "\"from\":\"running\",\"to\":\"failed\",\"actor\":\"scheduler\","
	    "\"why\":\"task 'extract' failed\"}]}";
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/facts?run=" RUN "&since=0&limit=1000&wait=30000ms ", 200, first,
	     THEN_KEEP, NULL},
	    {"GET /api/v1/facts?run=" RUN "&since=8&limit=1000&wait=30000ms ", 200, ending,
	     THEN_KEEP, NULL},
	    {"GET /api/v1/facts?run=" RUN "&since=9&limit=1000&wait=30000ms ", 200, second,
	     THEN_BREAK, NULL},
	    {"GET /api/v1/facts?run=" RUN "&since=9&", 200, second, THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	setenv("TZ", "UTC", 1);
	perform(&stage, script, WORDS("watch", "9f"));
	expect(&stage, CODE_FAILED,
	       "2026-11-20T06:00:00.123+00:00 extract running (try 1)\n"
	       "2026-11-20T06:00:00.500+00:00 run ending\n"
	       "2026-11-20T06:00:01.000+00:00 run failed: task 'extract' failed\n");
	leave(&stage);
}

/* --- logs ----------------------------------------------------------------------------------------
 */

#define TASK(id, attempts, started)                                       \
	"{\"id\":\"" id "\",\"state\":\"success\",\"attempts\":" attempts \
	",\"started_at\":\"2026-11-20T06:00:0" started ".000Z\"}"
#define LOG(task, n) "GET /api/v1/runs/" RUN "/tasks/" task "/attempts/" n "/log"
#define ATTEMPT(task, n) "GET /api/v1/runs/" RUN "/tasks/" task "/attempts/" n " "
#define ATTEMPT_RUNS "{\"state\":\"running\",\"ended_at\":null}"
#define ATTEMPT_OVER "{\"state\":\"success\",\"ended_at\":\"2026-11-20T06:00:05.000Z\"}"

static void logs_of_a_run_come_in_the_order_of_their_start(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200,
	     "{\"items\":[" TASK("late", "1", "3") "," TASK("never", "0",
							    "0") "," TASK("early", "2", "1") "]}",
	     THEN_KEEP, NULL},
	    {LOG("early", "2") " ", 200, "one\n", THEN_KEEP, NULL},
	    {LOG("late", "1") " ", 200, "two\n", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("logs", "9f"));
	expect(&stage, CODE_OK, "one\ntwo\n");
	assert_string_equal(str_text(&stage.capture.err),
			    "==> early (try 2) <==\n\n==> late (try 1) <==\n");
	leave(&stage);
}

static void a_followed_log_neither_doubles_nor_loses_a_line_when_the_daemon_restarts(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "1", "1") "]}",
	     THEN_KEEP, NULL},
	    {ATTEMPT("x", "1"), 200, ATTEMPT_RUNS, THEN_KEEP, NULL},
	    {LOG("x", "1") "?follow=1 ", 200, "line1\nli", THEN_RESTART, NULL},
	    {ATTEMPT("x", "1"), 200, ATTEMPT_RUNS, THEN_KEEP, NULL},
	    {LOG("x", "1") "?follow=1 ", 206, "ne2\n", THEN_BREAK, "\r\nRange: bytes=8-\r\n"},
	    {ATTEMPT("x", "1"), 200, ATTEMPT_RUNS, THEN_KEEP, NULL},
	    /* An answer from the beginning: what was printed is left out. */
	    {LOG("x", "1") "?follow=1 ", 200, "line1\nline2\nline3\n", THEN_KEEP,
	     "\r\nRange: bytes=12-\r\n"},
	    {ATTEMPT("x", "1"), 200, ATTEMPT_OVER, THEN_KEEP, NULL},
	    {LOG("x", "1") " ", 206, "line4\n", THEN_KEEP, "\r\nRange: bytes=18-\r\n"},
	    {"GET /api/v1/runs/" RUN " ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "1", "1") "]}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("logs", "9f", "x", "-f"));
	expect(&stage, CODE_OK, "line1\nline2\nline3\nline4\n");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void a_followed_task_is_followed_into_its_next_attempt(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200,
	     "{\"items\":[{\"id\":\"x\",\"state\":\"up_for_retry\",\"attempts\":1}]}", THEN_KEEP,
	     NULL},
	    {ATTEMPT("x", "1"), 200, ATTEMPT_OVER, THEN_KEEP, NULL},
	    {LOG("x", "1") " ", 200, "first\n", THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200,
	     "{\"items\":[{\"id\":\"x\",\"state\":\"up_for_retry\",\"attempts\":1}]}", THEN_KEEP,
	     NULL},
	    {"GET /api/v1/runs/" RUN "?wait=30000ms&since=7 ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "2", "1") "]}",
	     THEN_KEEP, NULL},
	    {ATTEMPT("x", "2"), 200, ATTEMPT_OVER, THEN_KEEP, NULL},
	    {LOG("x", "2") " ", 200, "second\n", THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "2", "1") "]}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("logs", "9f", "x", "--follow"));
	expect(&stage, CODE_OK, "first\nsecond\n");
	assert_string_equal(str_text(&stage.capture.err), "\n==> x (try 2) <==\n");
	leave(&stage);
}

static void a_log_that_cannot_be_is_not_found(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "1", "1") "]}",
	     THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("logs", "9f", "y"));
	expect(&stage, CODE_NOT_FOUND, "");
	assert_string_equal(str_text(&stage.capture.err), "heddle: run " RUN " has no task 'y'\n");
	leave(&stage);
	perform(&stage, script, WORDS("logs", "9f", "x", "--attempt", "2"));
	expect(&stage, CODE_NOT_FOUND, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: task 'x' has no attempt 2: it has had 1\n");
	leave(&stage);
}

static void an_empty_log_that_was_written_is_told_to_be_gone(void **state)
{
	static const struct exchange script[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "1", "1") "]}",
	     THEN_KEEP, NULL},
	    {LOG("x", "1") " ", 200, "", THEN_KEEP, NULL},
	    {ATTEMPT("x", "1"), 200, "{\"state\":\"success\",\"log_bytes\":12}", THEN_KEEP, NULL},
	    {0}};
	static const struct exchange silent[] = {
	    {"GET /api/v1/runs/9f ", 200, RUNNING, THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN " ", 200, ENDED("success"), THEN_KEEP, NULL},
	    {"GET /api/v1/runs/" RUN "/tasks ", 200, "{\"items\":[" TASK("x", "1", "1") "]}",
	     THEN_KEEP, NULL},
	    {LOG("x", "1") " ", 200, "", THEN_KEEP, NULL},
	    {ATTEMPT("x", "1"), 200, "{\"state\":\"success\",\"log_bytes\":0}", THEN_KEEP, NULL},
	    {0}};
	struct stage stage;

	(void)state;
	perform(&stage, script, WORDS("logs", "9f", "x"));
	expect(&stage, CODE_OK, "");
	assert_string_equal(str_text(&stage.capture.err),
			    "heddle: the log file of task 'x' (try 1) is gone: it had 12 bytes\n");
	leave(&stage);
	perform(&stage, silent, WORDS("logs", "9f", "x"));
	expect(&stage, CODE_OK, "");
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
}

static void what_can_be_no_run_is_not_found(void **state)
{
	char *const *const lines[] = {WORDS("cancel", "xyz"), WORDS("logs", "xyz"),
				      WORDS("watch", "xyz"), WORDS("runs", "show", "xyz"),
				      WORDS("ls", "tasks", "--run", "xyz")};
	static const struct exchange script[] = {
	    {"GET /version ", 200, "{\"version\":\"1\"}", THEN_KEEP, NULL}, {0}};
	struct stage stage;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		perform(&stage, script, lines[i]);
		expect(&stage, CODE_NOT_FOUND, "");
		assert_string_equal(str_text(&stage.capture.err),
				    "heddle: no run begins with 'xyz'\n");
		leave(&stage);
	}
	perform(&stage, script, WORDS("logs", RUN "0"));
	expect(&stage, CODE_NOT_FOUND, "");
	leave(&stage);
	perform(&stage, NULL, WORDS("logs", "xyz"));
	expect(&stage, CODE_NO_DAEMON, "");
	leave(&stage);
}

static void a_password_in_the_url_is_refused_and_not_repeated(void **state)
{
	struct stage stage;

	(void)state;
	perform(&stage, NULL, WORDS("ls", "dags", "--url", "http://u:hunter2@localhost:1"));
	expect(&stage, CODE_USAGE, "");
	assert_non_null(strstr(str_text(&stage.capture.err), "$HEDDLE_TOKEN"));
	assert_null(strstr(str_text(&stage.capture.err), "hunter2"));
	leave(&stage);
}

/* --- usage ---------------------------------------------------------------------------------------
 */

static void wrong_usage_is_told_before_anything_is_done(void **state)
{
	(void)state;
	expect_usage(WORDS("trigge", "d"), "unknown verb 'trigge' (did you mean 'trigger'?)");
	expect_usage(WORDS("backfill", "d"), "verb 'backfill' is not supported yet");
	expect_usage(WORDS("xyzzy"), "unknown verb 'xyzzy'; 'heddle help' lists all");
	expect_usage(WORDS("trigger"), "'trigger' needs more: heddle trigger DAG");
	expect_usage(WORDS("trigger", "a", "b"), "'b' is one word too many: heddle trigger DAG");
	expect_usage(WORDS("rerun", "a", "--no-publish"),
		     "flag '--no-publish' of 'rerun' is not supported yet");
	expect_usage(WORDS("trigger", "a", "--wait=5"), "flag '--wait'");
	expect_usage(WORDS("ls", "runz"), "unknown list 'runz' (did you mean 'runs'?)");
	expect_usage(WORDS("ls", "products"), "'ls products' is not supported yet");
	expect_usage(WORDS("ls", "pools", "--since", "1h"), "'ls pools' has no flag '--since'");
	expect_usage(WORDS("ls", "tasks"), "tasks of which run?");
	expect_usage(WORDS("runs", "shwo", "x"), "unknown word 'shwo' after 'runs'");
	expect_usage(WORDS("runs", "show"), "which run?");
	expect_usage(WORDS("runs", "show", "x", "--latest"), "'--dag' and '--latest' go together");
	expect_usage(WORDS("logs", "x", "--attempt", "1"), "'--attempt' needs a task");
	expect_usage(WORDS("watch", ""), "RUN is empty");
	expect_usage(WORDS("cancel", ""), "RUN is empty");
	expect_usage(WORDS("logs", "x", "t#3"), "not supported yet");
	expect_usage(WORDS("ls", "dags", "--url", "ftp://x"), "must begin with http");
	expect_usage(WORDS("daemon", "--listen", "none", "--port", "1"), "has no meaning");
	expect_usage(WORDS("validate", "--strict-mwaas"), "is not supported yet");
}

static void help_is_data_and_tells_flags_and_examples(void **state)
{
	struct stage stage;

	(void)state;
	perform(&stage, NULL, WORDS("trigger", "--help"));
	assert_int_equal(stage.capture.code, CODE_OK);
	assert_true(str_starts_with(str_text(&stage.capture.out),
				    "usage: heddle trigger DAG [flags]\n\nStart a run"));
	assert_non_null(strstr(str_text(&stage.capture.out), "  --wait[=DURATION]"));
	assert_non_null(
	    strstr(str_text(&stage.capture.out), "\nExamples:\n  heddle trigger flights\n"));
	assert_string_equal(str_text(&stage.capture.err), "");
	leave(&stage);
	perform(&stage, NULL, WORDS("version", "--json"));
	expect(&stage, CODE_OK, "{\"version\":\"" HEDDLE_VERSION "\"}\n");
	leave(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trigger_prints_the_id_of_the_run),
	    cmocka_unit_test(trigger_with_a_key_sends_it_and_waits_until_the_run_has_ended),
	    cmocka_unit_test(trigger_exits_as_the_run_does),
	    cmocka_unit_test(a_wait_that_is_over_before_the_run_exits_124),
	    cmocka_unit_test(a_wait_outlives_the_daemon),
	    cmocka_unit_test(a_trigger_whose_answer_is_lost_is_repeated_with_the_same_key),
	    cmocka_unit_test(what_the_daemon_refuses_is_told_with_its_exit_code),
	    cmocka_unit_test(without_a_daemon_the_remedy_is_told),
	    cmocka_unit_test(what_is_told_cannot_steer_a_terminal),
	    cmocka_unit_test(cancel_takes_the_beginning_of_an_id),
	    cmocka_unit_test(a_daemon_elsewhere_is_asked_with_a_token_from_file_or_environment),
	    cmocka_unit_test(a_tasks_token_is_shown_to_the_socket_too),
	    cmocka_unit_test(a_token_that_is_no_tasks_is_not_shown_to_the_socket),
	    cmocka_unit_test(runs_show_prints_the_api_s_json_as_it_is),
	    cmocka_unit_test(the_latest_run_of_a_dag_that_never_ran_is_not_found),
	    cmocka_unit_test(a_list_is_gathered_from_all_its_pages),
	    cmocka_unit_test(watch_prints_facts_once_and_exits_as_the_run_does),
	    cmocka_unit_test(logs_of_a_run_come_in_the_order_of_their_start),
	    cmocka_unit_test(
		a_followed_log_neither_doubles_nor_loses_a_line_when_the_daemon_restarts),
	    cmocka_unit_test(a_followed_task_is_followed_into_its_next_attempt),
	    cmocka_unit_test(a_log_that_cannot_be_is_not_found),
	    cmocka_unit_test(an_empty_log_that_was_written_is_told_to_be_gone),
	    cmocka_unit_test(what_can_be_no_run_is_not_found),
	    cmocka_unit_test(a_password_in_the_url_is_refused_and_not_repeated),
	    cmocka_unit_test(wrong_usage_is_told_before_anything_is_done),
	    cmocka_unit_test(help_is_data_and_tells_flags_and_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
