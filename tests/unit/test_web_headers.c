/* test_web_headers.c - what a client says beside its address: media types, tags, keys, methods. */
#include "tests/unit/web_client.h"

#define RUNS "/api/v1/dags/nightly.etl/runs"

static void what_no_client_can_read_is_not_sent(void **state)
{
	struct reply reply = ask(*state, "GET", "/api/v1/dags", "Accept: text/html\r\n", NULL);

	expect_problem(&reply, 406, "application/json");
	reply = ask(*state, "GET", "/api/v1/dags", "Accept: text/html, */*;q=0.1\r\n", NULL);
	expect_status(&reply, 200);
	close_reply(&reply);
	reply =
	    ask(*state, "GET", "/api/v1/dags", "Accept: text/html\r\nAccept: text/csv\r\n", NULL);
	expect_status(&reply, 200); /* a list in two lines is not taken apart: it takes all */
	close_reply(&reply);
}

static void a_body_that_is_no_json_is_refused(void **state)
{
	struct reply reply =
	    ask(*state, "POST", RUNS, "Content-Type: application/x-www-form-urlencoded\r\n", "{}");

	expect_problem(&reply, 415, "application/json");
	reply =
	    ask(*state, "POST", RUNS, "Content-Type: application/json; charset=utf-8\r\n", "{}");
	expect_status(&reply, 201);
	close_reply(&reply);
	reply =
	    ask(*state, "POST", RUNS, "Content-Type: application/x-www-form-urlencoded\r\n", "");
	expect_status(&reply, 201);
	close_reply(&reply);
}

static void what_a_client_has_is_not_sent_again(void **state)
{
	static const char *const paths[] = {"/api/v1/dags", "/api/v1/errors",
					    "/api/v1/dags/nightly.etl/source"};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct reply reply = get(*state, paths[i]);
		char headers[128];

		expect_status(&reply, 200);
		snprintf(headers, sizeof headers, "If-None-Match: \"x\", W/%s\r\n",
			 header(&reply, "ETag"));
		assert_string_equal(header(&reply, "Cache-Control"), "private, no-cache");
		close_reply(&reply);
		reply = ask(*state, "GET", paths[i], headers, NULL);
		expect_status(&reply, 304);
		assert_int_equal(reply.body.size, 0);
		assert_null(header(&reply, "Content-Type"));
		assert_non_null(header(&reply, "ETag"));
		close_reply(&reply);
		reply = ask(*state, "GET", paths[i], "If-None-Match: \"0123\"\r\n", NULL);
		expect_status(&reply, 200);
		close_reply(&reply);
	}
}

static void a_change_changes_the_tag(void **state)
{
	struct server *server = *state;
	struct reply reply = get(server, "/api/v1/dags");
	char headers[128];
	struct run run;

	snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", header(&reply, "ETag"));
	close_reply(&reply);
	new_run(server, &run);
	reply = ask(server, "GET", "/api/v1/dags", headers, NULL);
	expect_status(&reply, 200);
	close_reply(&reply);
}

static void options_tells_what_an_address_takes(void **state)
{
	struct reply reply = ask(*state, "OPTIONS", RUNS, "", "");

	expect_status(&reply, 204);
	assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST, OPTIONS");
	assert_int_equal(reply.body.size, 0);
	close_reply(&reply);
	reply = ask(*state, "OPTIONS", "/api/v1/nothing", "", "");
	expect_problem(&reply, 404, "nothing is served");
}

static void job_forget_reason(struct server *server, void *argument)
{
	(void)argument;
	server->last_reason[0] = '\0';
}

static void a_command_that_comes_again_is_not_done_again(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct str first = STR_INIT;
	struct run run;
	char path[64];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s:cancel", run.id);
	reply = ask(server, "POST", path, "Idempotency-Key: k1\r\n", "{\"reason\":\"late\"}");
	expect_status(&reply, 202);
	assert_null(header(&reply, "Idempotency-Replayed"));
	str_append_bytes(&first, str_text(&reply.body), reply.body.size);
	close_reply(&reply);
	on_loop(server, job_forget_reason, NULL);
	reply = ask(server, "POST", path, "Idempotency-Key: k1\r\n", "{\"reason\":\"late\"}");
	expect_status(&reply, 202);
	assert_string_equal(header(&reply, "Idempotency-Replayed"), "true");
	assert_string_equal(str_text(&reply.body), str_text(&first));
	assert_non_null(strstr(header(&reply, "Location"), run.id));
	assert_string_equal(server->last_reason, ""); /* the daemon was not asked */
	close_reply(&reply);
	reply = ask(server, "POST", path, "Idempotency-Key: k1\r\n", "{\"reason\":\"other\"}");
	expect_problem(&reply, 409, "another body");
	reply = ask(server, "POST", path, "Idempotency-Key: k2\r\n", "{\"reason\":\"other\"}");
	expect_status(&reply, 202);
	assert_string_equal(server->last_reason, "other");
	close_reply(&reply);
	str_close(&first);
}

static void a_trigger_that_comes_again_is_the_same_run(void **state)
{
	struct reply reply = ask(*state, "POST", RUNS, "Idempotency-Key: day-1\r\n", "{}");
	char place[128];

	expect_status(&reply, 201);
	snprintf(place, sizeof place, "%s", header(&reply, "Location"));
	close_reply(&reply);
	reply = ask(*state, "POST", RUNS, "Idempotency-Key: day-1\r\n", "{}");
	expect_status(&reply, 200);
	assert_string_equal(header(&reply, "Location"), place);
	close_reply(&reply);
	reply = ask(*state, "POST", RUNS, "Idempotency-Key: day-1\r\n", "{\"reason\":\"x\"}");
	expect_problem(&reply, 409, "another body");
}

/* What was not done may be tried again under the same key. */
static void a_command_that_was_held_may_come_again(void **state)
{
	struct server *server = *state;
	struct reply reply;

	server->held = true;
	reply = ask(server, "POST", RUNS, "Idempotency-Key: day-2\r\n", "{}");
	expect_problem(&reply, 503, "commits fail");
	server->held = false;
	reply = ask(server, "POST", RUNS, "Idempotency-Key: day-2\r\n", "{}");
	expect_status(&reply, 201);
	close_reply(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(what_no_client_can_read_is_not_sent),
	    STORY(a_body_that_is_no_json_is_refused),
	    STORY(what_a_client_has_is_not_sent_again),
	    STORY(a_change_changes_the_tag),
	    STORY(options_tells_what_an_address_takes),
	    STORY(a_command_that_comes_again_is_not_done_again),
	    STORY(a_trigger_that_comes_again_is_the_same_run),
	    STORY(a_command_that_was_held_may_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
