/* test_web_connections.c - connections: how many, how long, and in which order they are served. */
#include "tests/unit/web_client.h"

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);

	send_text(client.fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" POST_RUN
			     "Content-Length: 2\r\n\r\n{}"
			     "GET /api/v1/pools HTTP/1.1\r\nHost: localhost\r\n\r\n"
			     "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (size_t i = 0; i < 4; i++) {
		static const char *const says[] = {"ok", "\"tasks\"", "\"slots\"", "\"api\""};
		struct reply reply = next_reply(&client, false);

		assert_true(reply.status == 200 || reply.status == 201);
		assert_non_null(strstr(str_text(&reply.body), says[i]));
		close_reply(&reply);
	}
	hang_up(&client);
}

/* Whether anyone still listens behind a half-closed connection cannot be known: the server may take
 * it for gone. What must not happen is that it is held. */
static void half_closed_clients_are_answered_or_let_go(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;
	struct run run;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&client, "GET", path, "Authorization: Bearer " TOKEN "\r\n", NULL);
	await_set_aside(server, 1);
	shutdown(client.fd, SHUT_WR);
	reply = next_reply(&client, false);
	assert_true(reply.status == 0 || reply.status == 200);
	if (reply.status == 200)
		assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

static void a_connection_serves_many_requests(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);

	for (size_t i = 0; i < 300; i++) {
		struct reply reply;

		send_request(&client, i % 3 == 0 ? "POST" : "GET", "/api/v1/dags/nightly.etl/runs",
			     "Authorization: Bearer " TOKEN "\r\n", i % 3 == 0 ? "{}" : NULL);
		reply = next_reply(&client, false);
		expect_status(&reply, i % 3 == 0 ? 201 : 200);
		close_reply(&reply);
	}
	hang_up(&client);
}

static void too_many_clients_wait_for_their_turn(void **state)
{
	enum {
		COUNT = 256
	};
	struct server *server = *state;
	struct client clients[COUNT + 1];
	struct reply reply;

	for (size_t i = 0; i <= COUNT; i++) {
		clients[i] = over_unix(server);
		send_request(&clients[i], "GET", "/healthz", "", NULL);
		if (i == COUNT)
			break;
		reply = next_reply(&clients[i], false);
		expect_status(&reply, 200);
		close_reply(&reply);
	}
	assert_int_equal(recv(clients[COUNT].fd, &(char){0}, 1, MSG_DONTWAIT), -1);
	hang_up(&clients[0]);
	reply = next_reply(&clients[COUNT], false);
	expect_status(&reply, 200);
	close_reply(&reply);
	for (size_t i = 1; i <= COUNT; i++)
		hang_up(&clients[i]);
}

/* Whoever has sent no whole request is let go long before one who has. */
static void a_client_that_asks_nothing_is_let_go(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct client silent = over_tcp(server);
	struct client slow = over_tcp(server);
	struct client asks = over_tcp(server);
	struct reply reply;

	send_text(slow.fd, "GET /healthz HTTP/1.1\r\nHost: loc");
	send_request(&asks, "GET", "/healthz", "", NULL);
	reply = next_reply(&asks, false);
	close_reply(&reply);
	assert_false(receive(&silent));
	while (receive(&slow))
		;
	assert_in_range(clock_now().boot_ms - before, 5000, 19000);
	send_request(&asks, "GET", "/healthz", "", NULL);
	reply = next_reply(&asks, false);
	expect_status(&reply, 200);
	close_reply(&reply);
	hang_up(&silent);
	hang_up(&slow);
	hang_up(&asks);
}

/* A byte now and then keeps a connection busy, and its place taken: the head as a whole has a time.
 */
static void a_head_that_comes_in_drops_has_an_end(void **state)
{
	static const char head[] =
	    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: xxxxxxxxxxxx";
	int64_t before = clock_now().boot_ms;
	struct client client = over_tcp(*state);
	struct timeval blink = {1, 0};
	char buffer[64];
	ssize_t got = -1;

	setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &blink, sizeof blink);
	for (size_t i = 0; i < sizeof head - 1 && got < 0; i++) {
		send_bytes(client.fd, &head[i], 1);
		got = recv(client.fd, buffer, sizeof buffer, 0);
	}
	assert_int_equal(got, 0);
	assert_in_range(clock_now().boot_ms - before, 14000, 18000);
	hang_up(&client);
}

static void one_address_leaves_places_for_others(void **state)
{
	enum {
		COUNT = 140,
		ONE_IP = 128
	};
	struct server *server = *state;
	struct client clients[COUNT];
	size_t served = 0;

	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply;

		clients[i] = over_tcp(server);
		(void)send(clients[i].fd, ASK_HEALTH, sizeof ASK_HEALTH - 1, MSG_NOSIGNAL);
		reply = next_reply(&clients[i], false);
		served += reply.status == 200;
		close_reply(&reply);
	}
	assert_int_equal(served, ONE_IP);
	for (size_t i = 0; i < COUNT; i++)
		hang_up(&clients[i]);
}

static void a_database_that_cannot_be_read_is_told(void **state)
{
	struct server *server = *state;
	char away[128];
	struct reply reply;

	snprintf(away, sizeof away, "%s.away", server->db_path);
	assert_int_equal(rename(server->db_path, away), 0);
	reply = get(server, "/api/v1/dags");
	expect_problem(&reply, 500, "open the database");
	assert_int_equal(rename(away, server->db_path), 0);
	reply = get(server, "/api/v1/dags");
	expect_status(&reply, 200);
	close_reply(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(pipelined_requests_are_answered_in_order),
	    STORY(half_closed_clients_are_answered_or_let_go),
	    STORY(a_connection_serves_many_requests),
	    STORY(too_many_clients_wait_for_their_turn),
	    STORY(a_client_that_asks_nothing_is_let_go),
	    STORY(a_head_that_comes_in_drops_has_an_end),
	    STORY(one_address_leaves_places_for_others),
	    STORY(a_database_that_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
