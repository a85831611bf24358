/* test_web_commands.c - what a client wants done, and what it is told after the commit. */
#include "tests/unit/web_client.h"

static void a_trigger_makes_a_run_and_tells_it(void **state)
{
	struct server *server = *state;
	struct reply reply =
	    ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"id\":\"2026-11-20\"}");
	char first[RUN_ID_SIZE];
	char location[64];
	json_t *run;

	expect_status(&reply, 201);
	run = body_of(&reply);
	snprintf(first, sizeof first, "%s", text_at(run, "id"));
	snprintf(location, sizeof location, "/api/v1/runs/%s", first);
	assert_string_equal(header(&reply, "Location"), location);
	assert_string_equal(text_at(run, "dag"), "nightly.etl");
	assert_string_equal(text_at(run, "state"), "running");
	assert_string_equal(text_at(run, "key"), "2026-11-20");
	assert_string_equal(text_at(json_object_get(run, "tasks"), "extract"), "none");
	assert_true(json_is_null(json_object_get(run, "ended_at")));
	assert_true(str_starts_with(server->last_actor, "user:"));
	json_decref(run);
	close_reply(&reply);

	/* The same key is the same run, whether in the body or in the header. */
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs",
		    "Idempotency-Key: 2026-11-20\r\n", NULL);
	expect_status(&reply, 200);
	run = body_of(&reply);
	assert_string_equal(text_at(run, "id"), first);
	json_decref(run);
	close_reply(&reply);
}

static void the_keys_of_a_run_stand_in_their_order(void **state)
{
	static const char *const keys[] = {"id",        "dag",      "state",      "reason",
					   "key",       "source",   "created_at", "ended_at",
					   "last_fact", "dag_hash", "tasks"};
	struct reply reply =
	    ask(*state, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"id\":\"k\"}");
	const char *at = str_text(&reply.body);
	char quoted[32];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(quoted, sizeof quoted, "\"%s\":", keys[i]);
		at = strstr(at, quoted);
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "{\"extract\":\"none\",\"load\":\"none\"}}\n"));
	close_reply(&reply);
}

static void what_cannot_be_triggered_says_why(void **state)
{
	struct server *server = *state;
	struct reply reply;

	reply = ask(server, "POST", "/api/v1/dags/x/runs", "", "");
	expect_problem(&reply, 404, "no dag 'x' is in force");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"params\":{}}");
	expect_problem(&reply, 422, "key 'params' is not supported yet");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "Idempotency-Key: a\r\n",
		    "{\"id\":\"b\"}");
	expect_problem(&reply, 422, "differ");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs?wait=1y", "", "");
	expect_problem(&reply, 400, "a duration of at most 10m");
	server->held = true;
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "");
	assert_string_equal(header(&reply, "Retry-After"), "1");
	expect_problem(&reply, 503, "commits fail: no space left");
}

static void a_cancel_goes_to_the_whole_id(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%.12s:cancel", run.id);
	reply = ask(server, "POST", path, "", "{\"reason\":\"wrong day\"}");
	expect_status(&reply, 202);
	assert_non_null(strstr(str_text(&reply.body), run.id));
	assert_string_equal(server->last_reason, "wrong day");
	close_reply(&reply);
	reply = ask(server, "POST", "/api/v1/runs/ffffffff:cancel", "", "");
	expect_problem(&reply, 404, "there is no run 'ffffffff'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_trigger_makes_a_run_and_tells_it),
	    STORY(the_keys_of_a_run_stand_in_their_order),
	    STORY(what_cannot_be_triggered_says_why),
	    STORY(a_cancel_goes_to_the_whole_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
