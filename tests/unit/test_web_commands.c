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
	assert_non_null(strstr(at, "{\"extract\":\"none\",\"load\":\"none\"},\"notes\":[]}\n"));
	close_reply(&reply);
}

static void what_cannot_be_triggered_says_why(void **state)
{
	struct server *server = *state;
	struct reply reply;

	reply = ask(server, "POST", "/api/v1/dags/x/runs", "", "");
	expect_problem(&reply, 404, "no dag 'x' is in force");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"at\":1}");
	expect_problem(&reply, 422, "'at' is not a text");
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

/* Posts to the run, and compares what the daemon was told. */
static void expect_told(struct server *server, const char *run_id, const char *path,
			const char *body, unsigned status, const char *told)
{
	struct reply reply;
	char whole[128];

	snprintf(whole, sizeof whole, "/api/v1/runs/%s%s", run_id, path);
	reply = ask(server, "POST", whole, "", body);
	expect_status(&reply, (int)status);
	assert_string_equal(str_text(&server->last_command), told);
	close_reply(&reply);
}

static void a_rerun_a_mark_and_a_note_say_what_they_want(void **state)
{
	struct server *server = *state;
	struct run run;

	new_run(server, &run);
	expect_told(server, run.id, ":rerun", "", 202, "rerun mode=failed");
	expect_told(server, run.id, ":rerun",
		    "{\"mode\":\"from\",\"tasks\":[\"extract\"],\"version\":\"latest\","
		    "\"params\":{\"n\":1},\"reason\":\"new input\"}",
		    202, "rerun mode=from params={\"n\":1} reason=new input +extract latest");
	expect_told(server, run.id, "/tasks/load:mark",
		    "{\"state\":\"success\",\"reason\":\"done by hand\"}", 202,
		    "mark mode=failed task=load state=success reason=done by hand");
	expect_told(server, run.id, ":note", "{\"text\":\"called the partner\"}", 202,
		    "note mode=failed text=called the partner");
}

static void dags_are_paused_one_by_one_or_all(void **state)
{
	struct server *server = *state;
	struct reply reply;

	reply = ask(server, "PATCH", "/api/v1/dags/nightly.etl", "",
		    "{\"paused\":true,\"reason\":\"holidays\"}");
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "{\"paused\":true}\n");
	assert_string_equal(str_text(&server->last_command),
			    "pause dag=nightly.etl mode=failed reason=holidays");
	close_reply(&reply);
	reply = ask(server, "PATCH", "/api/v1/dags/nightly.etl", "", "{\"paused\":false}");
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "{\"paused\":false}\n");
	close_reply(&reply);
	reply = ask(server, "POST", "/api/v1/dags:resume", "", "");
	expect_status(&reply, 200);
	assert_string_equal(str_text(&server->last_command), "resume mode=failed");
	close_reply(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_trigger_makes_a_run_and_tells_it),
	    STORY(the_keys_of_a_run_stand_in_their_order),
	    STORY(what_cannot_be_triggered_says_why),
	    STORY(a_cancel_goes_to_the_whole_id),
	    STORY(a_rerun_a_mark_and_a_note_say_what_they_want),
	    STORY(dags_are_paused_one_by_one_or_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
