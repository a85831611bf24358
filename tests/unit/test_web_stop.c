/* test_web_stop.c - how the server starts and ends. */
#include "tests/unit/web_client.h"

static void a_stop_answers_what_waits(void **state)
{
	struct server *server = *state;
	struct client waiting = over_unix(server);
	struct client commanding = over_tcp(server);
	struct client following = over_unix(server);
	struct client idle = over_tcp(server);
	struct reply followed = {0};
	struct reply reply;
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "one\n", 4);
	server->silent = true;
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&waiting, "GET", path, "", NULL);
	send_request(&commanding, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer " TOKEN "\r\n", "{}");
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&following, "GET", path, "", NULL);
	assert_true(read_head(&following, &followed));
	read_until(&following, &followed, 4);
	await_set_aside(server, 3);
	stop_server(server);
	reply = next_reply(&waiting, false);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	close_reply(&reply);
	reply = next_reply(&commanding, false);
	assert_string_equal(header(&reply, "Retry-After"), "1");
	expect_problem(&reply, 503, "the daemon is stopping");
	assert_false(read_chunk(&following, &followed));
	assert_string_equal(str_text(&followed.body), "one\n");
	assert_true(followed.cut); /* so that the client knows that there is more to come */
	close_reply(&followed);
	assert_false(receive(&idle));
	assert_int_equal(access(server->socket_path, F_OK), -1);
	hang_up(&waiting);
	hang_up(&commanding);
	hang_up(&following);
	hang_up(&idle);
}

static void a_stop_while_all_are_busy_forgets_nothing(void **state)
{
	enum {
		COUNT = 40
	};
	struct server *server = *state;
	struct client clients[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		clients[i] = over_unix(server);
		send_request(&clients[i], i % 2 == 0 ? "POST" : "GET",
			     "/api/v1/dags/nightly.etl/runs", "", i % 2 == 0 ? "{}" : NULL);
	}
	stop_server(server);
	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply = next_reply(&clients[i], false);

		/* 0: it had not been read yet when the daemon stopped. */
		assert_true(reply.status == 0 || reply.status == 200 || reply.status == 201 ||
			    reply.status == 503);
		close_reply(&reply);
		hang_up(&clients[i]);
	}
}

static void a_stale_socket_is_replaced_and_a_taken_port_refused(void **state)
{
	struct server *server = *state;
	struct web_config config = {.db_path = server->db_path,
				    .home = server->home,
				    .listen_host = "127.0.0.1",
				    .listen_port = server->port,
				    .token = TOKEN};
	struct web_events events = {.context = server, .command = take_command, .ready = is_ready};
	char path[128];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct err err = {0};
	struct web *web = NULL;
	uv_loop_t loop;
	int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof path, "%s/other.sock", server->home);
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	assert_int_equal(bind(stale, (const struct sockaddr *)&address, sizeof address), 0);
	close(stale);
	config.socket_path = path;
	uv_loop_init(&loop);
	assert_int_equal(web_start(&loop, &config, &events, &web, &err), ERR_REFUSED);
	assert_non_null(strstr(err.message, "is taken"));
	assert_null(web);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_stop_answers_what_waits),
	    STORY(a_stop_while_all_are_busy_forgets_nothing),
	    STORY(a_stale_socket_is_replaced_and_a_taken_port_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
