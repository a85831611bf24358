/* test_web_lists.c - dags, runs, tasks and attempts as they are read. */
#include "tests/unit/web_client.h"

static void dags_errors_and_pools_are_listed(void **state)
{
	struct server *server = *state;
	struct reply reply = get(server, "/api/v1/dags");
	json_t *list = body_of(&reply);
	json_t *dag = json_array_get(json_object_get(list, "items"), 0);

	assert_string_equal(text_at(dag, "id"), "nightly.etl");
	assert_string_equal(text_at(dag, "description"), "From \"raw\" to ready");
	assert_string_equal(text_at(dag, "file"), "nightly.yaml");
	assert_int_equal(json_integer_value(json_object_get(dag, "tasks")), 2);
	assert_true(json_is_null(json_object_get(dag, "last_run")));
	assert_true(json_is_null(json_object_get(list, "next")));
	json_decref(list);
	close_reply(&reply);

	reply = get(server, "/api/v1/dags/nightly.etl");
	expect_status(&reply, 200);
	close_reply(&reply);
	reply = get(server, "/api/v1/dags/nightly");
	expect_problem(&reply, 404, "nightly");
	reply = get(server, "/api/v1/errors");
	assert_non_null(strstr(str_text(&reply.body),
			       "{\"file\":\"broken.yaml\",\"line\":3,\"column\":7,"
			       "\"message\":\"unknown key 'comand'\","));
	close_reply(&reply);
	reply = get(server, "/api/v1/pools");
	assert_non_null(
	    strstr(str_text(&reply.body), "{\"dag\":null,\"name\":\"default\",\"slots\":8,"));
	close_reply(&reply);
}

static void runs_come_newest_first_in_pages(void **state)
{
	struct server *server = *state;
	struct run runs[5];
	char path[96] = "/api/v1/runs?limit=2";
	size_t seen = 0;

	for (size_t i = 0; i < 5; i++)
		new_run(server, &runs[i]);
	while (path[0] != '\0') {
		struct reply reply = get(server, path);
		json_t *page = body_of(&reply);
		json_t *items = json_object_get(page, "items");
		json_t *next = json_object_get(page, "next");

		assert_true(json_array_size(items) <= 2);
		for (size_t i = 0; i < json_array_size(items); i++, seen++)
			assert_string_equal(text_at(json_array_get(items, i), "id"),
					    runs[4 - seen].id);
		path[0] = '\0';
		if (json_is_string(next))
			snprintf(path, sizeof path, "/api/v1/runs?limit=2&cursor=%s",
				 json_string_value(next));
		json_decref(page);
		close_reply(&reply);
	}
	assert_int_equal(seen, 5);
}

static void runs_are_filtered(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct run run;

	new_run(server, &run);
	on_loop(server, job_end_run, &run);
	new_run(server, &run);
	assert_int_equal(count_items(server, "/api/v1/runs?state=failed"), 1);
	assert_int_equal(count_items(server, "/api/v1/runs?dag=nightly.etl"), 2);
	assert_int_equal(count_items(server, "/api/v1/runs?dag=other"), 0);
	assert_int_equal(count_items(server, "/api/v1/dags/nightly.etl/runs?state=running"), 1);
	assert_int_equal(count_items(server, "/api/v1/runs?since=1h"), 2);
	assert_int_equal(count_items(server, "/api/v1/runs?since=2999-01-01"), 0);
	reply = get(server, "/api/v1/runs?status=failed");
	expect_problem(&reply, 400, "unknown query parameter 'status'");
	reply = get(server, "/api/v1/runs?cursor=abc");
	expect_problem(&reply, 400, "cursor");
}

static void a_run_is_found_by_the_beginning_of_its_id(void **state)
{
	struct server *server = *state;
	struct run runs[17]; /* two of them begin with the same digit */
	struct reply reply;
	char path[96];

	for (size_t i = 0; i < 17; i++)
		new_run(server, &runs[i]);
	snprintf(path, sizeof path, "/api/v1/runs/%.12s", runs[3].id);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), runs[3].id));
	close_reply(&reply);
	for (size_t i = 0, several = 0; i < 16; i++) {
		snprintf(path, sizeof path, "/api/v1/runs/%zx", i);
		reply = get(server, path);
		if (reply.status == 400 && several++ == 0)
			assert_non_null(strstr(str_text(&reply.body), "several runs begin with"));
		close_reply(&reply);
		assert_true(i < 15 || several > 0);
	}
	reply = get(server, "/api/v1/runs/0000000000000000");
	expect_problem(&reply, 404, "there is no run");
}

static void tasks_and_attempts_tell_what_was_measured(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[128];
	json_t *task;
	json_t *attempt;

	new_run(server, &run);
	on_loop(server, job_start_attempt, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract/attempts/latest", run.id);
	reply = get(server, path);
	attempt = body_of(&reply);
	assert_string_equal(text_at(attempt, "state"), "running");
	assert_true(json_is_null(json_object_get(attempt, "exit_code")));
	assert_true(json_is_null(json_object_get(attempt, "max_rss_bytes")));
	json_decref(attempt);
	close_reply(&reply);

	on_loop(server, job_end_attempt, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract", run.id);
	reply = get(server, path);
	task = body_of(&reply);
	attempt = json_array_get(json_object_get(task, "attempts"), 0);
	assert_string_equal(text_at(task, "state"), "failed");
	assert_string_equal(text_at(attempt, "state"), "failed");
	assert_string_equal(text_at(attempt, "cause"), "exit_code");
	assert_string_equal(text_at(attempt, "reason"), "exit code 3");
	assert_int_equal(json_integer_value(json_object_get(attempt, "exit_code")), 3);
	assert_true(json_is_null(json_object_get(attempt, "signal")));
	assert_int_equal(json_integer_value(json_object_get(attempt, "duration_ms")), 7);
	assert_int_equal(json_integer_value(json_object_get(attempt, "cpu_user_ms")), 2);
	assert_int_equal(json_integer_value(json_object_get(attempt, "max_rss_bytes")), 4096);
	json_decref(task);
	close_reply(&reply);

	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks", run.id);
	assert_int_equal(count_items(server, path), 2);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks?state=failed", run.id);
	assert_int_equal(count_items(server, path), 1);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/unload", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no task 'unload'");
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract/attempts/2", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no such attempt");
}

static void addresses_and_methods_that_are_not_served_say_so(void **state)
{
	struct server *server = *state;
	struct reply reply = get(server, "/api/v1/nothing");

	expect_problem(&reply, 404, "nothing is served at this address");
	reply = ask(server, "DELETE", "/api/v1/dags/d/runs", "", NULL);
	assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST, OPTIONS");
	expect_problem(&reply, 405, "takes only GET, HEAD, POST");
	reply = ask(server, "HEAD", "/api/v1/dags", "", NULL);
	expect_status(&reply, 200);
	assert_true(strtol(header(&reply, "Content-Length"), NULL, 10) > 50);
	close_reply(&reply);
	reply = get(server, "/api/v1/dags/%zz");
	expect_problem(&reply, 400, "two hex digits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(dags_errors_and_pools_are_listed),
	    STORY(runs_come_newest_first_in_pages),
	    STORY(runs_are_filtered),
	    STORY(a_run_is_found_by_the_beginning_of_its_id),
	    STORY(tasks_and_attempts_tell_what_was_measured),
	    STORY(addresses_and_methods_that_are_not_served_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
