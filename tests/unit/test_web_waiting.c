/* test_web_waiting.c - long polls: who is woken by what, and who is not. */
#include "tests/unit/web_client.h"

static void a_trigger_that_waits_is_answered_when_the_run_has_ended(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run = {.run_no = 1};
	struct reply reply;
	json_t *answer;

	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs?wait=30s", "", "{}");
	await_set_aside(server, 1);
	for (bool made = false; !made;) {
		struct reply list = get(server, "/api/v1/runs");
		json_t *runs = body_of(&list);
		json_t *first = json_array_get(json_object_get(runs, "items"), 0);

		made = first != NULL;
		if (made)
			snprintf(run.id, sizeof run.id, "%s", text_at(first, "id"));
		json_decref(runs);
		close_reply(&list);
	}
	on_loop(server, job_start_attempt, &run);
	on_loop(server, job_end_attempt, &run);
	on_loop(server, job_end_run, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	answer = body_of(&reply);
	assert_string_equal(text_at(answer, "state"), "failed");
	assert_string_equal(text_at(answer, "id"), run.id);
	json_decref(answer);
	close_reply(&reply);
	hang_up(&client);
}

static void when_the_time_is_over_the_run_is_told_as_it_is(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct reply reply =
	    ask(server, "POST", "/api/v1/dags/nightly.etl/runs?wait=150ms", "", "{}");
	int64_t took = clock_now().boot_ms - before;

	expect_status(&reply, 201);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	assert_true(took >= 140);
	close_reply(&reply);
	await_set_aside(server, 0);
}

static void a_wait_for_the_end_sleeps_through_changes(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run;
	struct reply reply;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%.14s:wait", run.id);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	on_loop(server, job_end_attempt, &run);
	await_set_aside(server, 1);
	on_loop(server, job_end_run, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"failed\""));
	close_reply(&reply);
	/* It has ended already: nothing to wait for. */
	send_request(&client, "GET", path, "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	close_reply(&reply);
	hang_up(&client);
}

static int64_t last_fact(const struct reply *reply)
{
	json_t *run = body_of(reply);
	int64_t fact = json_integer_value(json_object_get(run, "last_fact"));

	json_decref(run);
	return fact;
}

static void a_long_poll_is_answered_by_the_next_fact(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run;
	struct reply reply;
	char path[128];
	int64_t fact;

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s", run.id);
	reply = get(server, path);
	fact = last_fact(&reply);
	close_reply(&reply);
	snprintf(path, sizeof path, "/api/v1/runs/%s?wait=30s&since=%lld", run.id, (long long)fact);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_true(last_fact(&reply) > fact);
	assert_non_null(strstr(str_text(&reply.body), "\"extract\":\"running\""));
	close_reply(&reply);
	hang_up(&client);
}

static void facts_are_told_oldest_first_and_waited_for(void **state)
{
	struct server *server = *state;
	struct client of_run = over_unix(server);
	struct client of_all = over_unix(server);
	struct run run;
	struct reply reply;
	char path[128];
	json_t *facts;
	json_t *item;
	int64_t newest;

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/facts?run=%.10s&limit=1", run.id);
	reply = get(server, path);
	facts = body_of(&reply);
	item = json_array_get(json_object_get(facts, "items"), 0);
	assert_string_equal(text_at(item, "kind"), "run.new");
	assert_string_equal(text_at(item, "run"), run.id);
	assert_string_equal(text_at(item, "actor"), "user:test");
	assert_true(json_is_null(json_object_get(item, "attempt")));
	newest = json_integer_value(json_object_get(item, "fact"));
	json_decref(facts);
	close_reply(&reply);

	snprintf(path, sizeof path, "/api/v1/facts?run=%s&since=%lld&wait=30s", run.id,
		 (long long)newest);
	send_request(&of_run, "GET", path, "", NULL);
	snprintf(path, sizeof path, "/api/v1/facts?since=%lld&wait=30s", (long long)newest);
	send_request(&of_all, "GET", path, "", NULL);
	await_set_aside(server, 2);
	on_loop(server, job_start_attempt, &run);
	reply = next_reply(&of_run, false);
	assert_non_null(strstr(str_text(&reply.body), "\"kind\":\"attempt.new\""));
	assert_non_null(strstr(str_text(&reply.body), "\"attempt\":1"));
	close_reply(&reply);
	reply = next_reply(&of_all, false);
	assert_non_null(strstr(str_text(&reply.body), "\"task\":\"extract\""));
	close_reply(&reply);
	hang_up(&of_run);
	hang_up(&of_all);
}

static void a_run_that_has_ended_has_no_more_facts_to_wait_for(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct run run;
	struct reply reply;
	char path[128];

	new_run(server, &run);
	on_loop(server, job_end_run, &run);
	snprintf(path, sizeof path, "/api/v1/facts?run=%s&since=999999&wait=30s", run.id);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "{\"items\":[],\"next\":null}\n");
	assert_true(clock_now().boot_ms - before < 10000);
	close_reply(&reply);
}

static void a_client_that_goes_away_is_not_waited_for(void **state)
{
	struct server *server = *state;
	struct client unix_client = over_unix(server);
	struct client tcp_client = over_tcp(server);
	struct run run;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&unix_client, "GET", path, "", NULL);
	send_request(&tcp_client, "GET", path, "Authorization: Bearer " TOKEN "\r\n", NULL);
	await_set_aside(server, 2);
	hang_up(&unix_client);
	await_set_aside(server, 1);
	hang_up(&tcp_client);
	await_set_aside(server, 0);
}

static void many_wait_and_only_the_right_ones_are_woken(void **state)
{
	enum {
		COUNT = 60
	};
	struct server *server = *state;
	struct client clients[COUNT];
	struct run runs[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		char path[96];

		new_run(server, &runs[i]);
		clients[i] = over_unix(server);
		snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=5m", runs[i].id);
		send_request(&clients[i], "GET", path, "", NULL);
	}
	await_set_aside(server, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply;

		on_loop(server, job_end_run, &runs[i]);
		reply = next_reply(&clients[i], false);
		expect_status(&reply, 200);
		assert_non_null(strstr(str_text(&reply.body), runs[i].id));
		close_reply(&reply);
		await_set_aside(server, COUNT - 1 - i);
		hang_up(&clients[i]);
	}
}

/* How many of our descriptors lead to the database or its companions. */
static size_t count_database_fds(const struct server *server)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char path[320];
		char target[PATH_MAX];
		ssize_t length;

		snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
		length = readlink(path, target, sizeof target - 1);
		target[length < 0 ? 0 : length] = '\0';
		count += strncmp(target, server->db_path, strlen(server->db_path)) == 0;
	}
	closedir(folder);
	return count;
}

struct crowd {
	struct run run;
	size_t database_fds;
};

/* All that wait look again, and the loop takes none of them back before all have been looked at. */
static void job_wake_all_and_count(struct server *server, void *argument)
{
	struct crowd *crowd = argument;

	web_run_changed(server->web, crowd->run.id);
	usleep(300000);
	crowd->database_fds = count_database_fds(server);
}

/* A connection has up to three files open: the database, its log, and the log's index. */
static void many_that_wait_share_a_few_connections_to_the_database(void **state)
{
	enum {
		COUNT = 300,
		OVER_TCP = 100
	};
	struct server *server = *state;
	size_t before = count_database_fds(server);
	struct client *clients = mem_alloc(COUNT * sizeof *clients);
	struct crowd crowd;

	new_run(server, &crowd.run);
	for (size_t i = 0; i < COUNT; i++) {
		clients[i] = i < OVER_TCP ? over_tcp(server) : over_unix(server);
		send_request(&clients[i], "GET", "/api/v1/facts?since=999999&wait=5m",
			     "Authorization: Bearer " TOKEN "\r\n", NULL);
	}
	await_set_aside(server, COUNT);
	on_loop(server, job_wake_all_and_count, &crowd);
	assert_in_range(crowd.database_fds, before, before + 3 * READERS_MAX);
	for (size_t i = 0; i < COUNT; i++)
		hang_up(&clients[i]);
	await_set_aside(server, 0);
	assert_in_range(count_database_fds(server), before, before + 3 * READERS_MAX);
	mem_free(clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_trigger_that_waits_is_answered_when_the_run_has_ended),
	    STORY(when_the_time_is_over_the_run_is_told_as_it_is),
	    STORY(a_wait_for_the_end_sleeps_through_changes),
	    STORY(a_long_poll_is_answered_by_the_next_fact),
	    STORY(facts_are_told_oldest_first_and_waited_for),
	    STORY(a_run_that_has_ended_has_no_more_facts_to_wait_for),
	    STORY(a_client_that_goes_away_is_not_waited_for),
	    STORY(many_wait_and_only_the_right_ones_are_woken),
	    STORY(many_that_wait_share_a_few_connections_to_the_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
