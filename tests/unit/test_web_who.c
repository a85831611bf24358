/* test_web_who.c - who is served, over which socket, with what to show for it. */
#include "tests/unit/web_client.h"

static void health_readiness_and_version_need_no_token(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;
	json_t *version;

	send_request(&client, "GET", "/healthz", "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "ok\n");
	close_reply(&reply);
	send_request(&client, "GET", "/readyz", "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "ready\n");
	close_reply(&reply);
	send_request(&client, "GET", "/version", "", NULL);
	reply = next_reply(&client, false);
	version = body_of(&reply);
	assert_string_equal(text_at(version, "version"), HEDDLE_VERSION);
	json_decref(version);
	close_reply(&reply);
	hang_up(&client);
}

static void who_is_not_ready_says_why(void **state)
{
	struct server *server = *state;
	struct reply reply;

	server->ready = false;
	reply = get(server, "/readyz");
	expect_status(&reply, 503);
	assert_string_equal(str_text(&reply.body), "commits fail: no space left\n");
	close_reply(&reply);
}

static void tcp_wants_the_token_for_everything_else(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;

	send_request(&client, "GET", "/api/v1/dags", "", NULL);
	reply = next_reply(&client, false);
	assert_string_equal(header(&reply, "WWW-Authenticate"), "Bearer realm=\"heddle\"");
	expect_problem(&reply, 401, "no token is given");
	send_request(&client, "GET", "/nowhere", "", NULL);
	reply = next_reply(&client, false);
	expect_problem(&reply, 401, "no token is given");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer 5ec2e8\r\n", "{}");
	reply = next_reply(&client, false);
	expect_problem(&reply, 401, "not valid");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer " TOKEN "\r\n", "{}");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_string_equal(server->last_actor, "token:home");
	close_reply(&reply);
	hang_up(&client);
}

static void another_host_or_site_is_refused(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;

	send_text(client.fd, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	reply = next_reply(&client, false);
	expect_problem(&reply, 403, "not this daemon's name");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Origin: http://evil.example\r\nAuthorization: Bearer " TOKEN "\r\n", "{}");
	reply = next_reply(&client, false);
	expect_problem(&reply, 403, "another site");
	hang_up(&client);
}

/* Runs in a child that is nobody: exits with the status it was answered, divided by 10. */
static void ask_as_nobody(const struct server *server)
{
	struct client client;
	struct reply reply;

	if (setuid(65534) != 0)
		_exit(1);
	client = over_unix(server);
	send_request(&client, "GET", "/healthz", "", NULL);
	reply = next_reply(&client, false);
	_exit(reply.status / 10);
}

static void a_stranger_on_the_unix_socket_is_refused(void **state)
{
	struct server *server = *state;
	struct stat status;
	int code;
	pid_t child;

	assert_int_equal(stat(server->socket_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	if (geteuid() != 0)
		skip(); /* only root can become somebody else */
	assert_int_equal(chmod(server->home, 0755), 0);
	assert_int_equal(chmod(server->socket_path, 0777), 0);
	child = fork();
	if (child == 0)
		ask_as_nobody(server);
	assert_int_equal(waitpid(child, &code, 0), child);
	assert_true(WIFEXITED(code));
	assert_int_equal(WEXITSTATUS(code), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(health_readiness_and_version_need_no_token),
	    STORY(who_is_not_ready_says_why),
	    STORY(tcp_wants_the_token_for_everything_else),
	    STORY(another_host_or_site_is_refused),
	    STORY(a_stranger_on_the_unix_socket_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
