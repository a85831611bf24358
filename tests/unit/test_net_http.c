/* HTTP requests against a small server in a thread, over a Unix socket and over TCP. The server
 * plays one script a connection: it reads one request whole, then writes what the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/curl_load.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HANG "" /* an answer that never comes: the connection stays open until the test ends */
#define BODY_MAX 1024

struct server {
	char folder[64];
	char path[108];
	char url[64];
	const char *const *answers; /* one a request, NULL-terminated */
	struct str requests;        /* all that came in */
	int listen_fd;
	int fd; /* the connection */
	pthread_t thread;
	bool is_playing; /* the thread was not joined yet */
};

static bool request_is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\ncontent-length:");

	if (end == NULL)
		return false;
	return length == NULL ||
	       strlen(end + 4) >= strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
}

static bool read_request(struct server *server)
{
	struct str one = STR_INIT;
	char buffer[4096];
	bool whole = false;

	while (!whole) {
		ssize_t got = read(server->fd, buffer, sizeof buffer);

		if (got <= 0)
			break;
		str_append_bytes(&one, buffer, (size_t)got);
		whole = request_is_whole(str_text(&one));
	}
	str_append(&server->requests, str_text(&one));
	str_close(&one);
	return whole;
}

/* Answers with "Connection: close" end their connection; the others keep it for the next one. */
static void *serve(void *context)
{
	struct server *server = context;

	for (const char *const *answer = server->answers; *answer != NULL; answer++) {
		if (server->fd < 0)
			server->fd = accept(server->listen_fd, NULL, NULL);
		if (!read_request(server)) {
			fd_close(&server->fd);
			answer--;
			continue;
		}
		if (write(server->fd, *answer, strlen(*answer)) < 0)
			break;
		if (strstr(*answer, "Connection: close") != NULL)
			fd_close(&server->fd);
	}
	return NULL;
}

static void start(struct server *server, int domain, struct sockaddr *address, socklen_t size,
		  const char *const *answers)
{
	server->answers = answers;
	server->is_playing = true;
	server->fd = -1;
	server->listen_fd = socket(domain, SOCK_STREAM, 0);
	assert_int_equal(bind(server->listen_fd, address, size), 0);
	assert_int_equal(listen(server->listen_fd, 8), 0);
	assert_int_equal(getsockname(server->listen_fd, address, &size), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void start_unix(struct server *server, const char *const *answers)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memset(server, 0, sizeof *server);
	snprintf(server->folder, sizeof server->folder, "/tmp/heddle-net-XXXXXX");
	assert_non_null(mkdtemp(server->folder));
	snprintf(server->path, sizeof server->path, "%s/s", server->folder);
	memcpy(address.sun_path, server->path, strlen(server->path) + 1);
	start(server, AF_UNIX, (struct sockaddr *)&address, sizeof address, answers);
}

static void start_tcp(struct server *server, const char *const *answers)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	memset(server, 0, sizeof *server);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	start(server, AF_INET, (struct sockaddr *)&address, sizeof address, answers);
	snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
}

/* Waits until the script is played; the text is all that came in, and good until stop. */
static const char *requests_of(struct server *server)
{
	if (server->is_playing)
		pthread_join(server->thread, NULL);
	server->is_playing = false;
	return str_text(&server->requests);
}

static void stop(struct server *server)
{
	fd_close(&server->fd);
	fd_close(&server->listen_fd);
	if (server->folder[0] != '\0') {
		unlink(server->path);
		rmdir(server->folder);
	}
	str_close(&server->requests);
}

static struct http_client *connect_to(const struct server *server, const char *token)
{
	struct http_server where = {.token = token};
	struct http_client *client = NULL;
	struct err err = {0};

	if (server->url[0] != '\0')
		where.url = server->url;
	else
		where.socket_path = server->path;
	if (http_client_create(&where, &client, &err) != 0)
		fail_msg("%s", err.message);
	return client;
}

static struct http_request get(const char *path)
{
	struct http_request request = {
	    .method = "GET", .path = path, .timeout_ms = 10000, .max_body_bytes = BODY_MAX};

	return request;
}

static void a_connection_serves_several_requests(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nno run", NULL};
	struct http_request request = get("/api/v1/runs/9f?wait=30s");
	struct http_response response = {0};
	struct http_client *client;
	struct server server;

	(void)state;
	start_unix(&server, answers);
	client = connect_to(&server, NULL);
	assert_int_equal(http_request(client, &request, &response, NULL), 0);
	assert_int_equal(response.status, 200);
	assert_string_equal(str_text(&response.body), "hello");
	assert_int_equal(http_request(client, &request, &response, NULL), 0);
	assert_int_equal(response.status, 404);
	assert_string_equal(str_text(&response.body), "no run");
	assert_true(str_starts_with(
	    requests_of(&server), "GET /api/v1/runs/9f?wait=30s HTTP/1.1\r\nHost: localhost\r\n"));
	assert_null(strstr(requests_of(&server), "Authorization"));
	http_client_destroy(client);
	stop(&server);
	str_close(&response.body);
}

static void a_post_carries_its_body_and_headers_and_a_get_after_it_carries_none(void **state)
{
	static const char *const answers[] = {"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
					      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
					      NULL};
	static const char *const headers[] = {"Idempotency-Key: nightly-1", NULL};
	struct http_request post = get("/api/v1/dags/flights/runs");
	struct http_request after = get("/healthz");
	struct http_response response = {0};
	struct http_client *client;
	struct server server;
	const char *second;

	(void)state;
	post.method = "POST";
	post.body = "{\"reason\":\"x\"}";
	post.headers = headers;
	start_unix(&server, answers);
	client = connect_to(&server, NULL);
	assert_int_equal(http_request(client, &post, &response, NULL), 0);
	assert_int_equal(response.status, 201);
	assert_int_equal(http_request(client, &after, &response, NULL), 0);
	assert_true(str_starts_with(requests_of(&server), "POST /api/v1/dags/flights/runs "));
	assert_non_null(strstr(requests_of(&server), "\r\nIdempotency-Key: nightly-1\r\n"));
	assert_non_null(strstr(requests_of(&server), "\r\nContent-Type: application/json\r\n"));
	second = strstr(requests_of(&server), "{\"reason\":\"x\"}GET /healthz ");
	assert_non_null(second);
	assert_null(strstr(second, "Idempotency-Key"));
	assert_null(strstr(second, "Content-Type"));
	http_client_destroy(client);
	stop(&server);
	str_close(&response.body);
}

static void a_url_is_asked_with_the_token(void **state)
{
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
					      NULL};
	struct http_request request = get("/readyz");
	struct http_response response = {0};
	struct http_client *client;
	struct server server;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* not for this machine's own addresses */
	start_tcp(&server, answers);
	client = connect_to(&server, "s3cret");
	assert_int_equal(http_request(client, &request, &response, NULL), 0);
	assert_int_equal(response.status, 200);
	assert_true(str_starts_with(requests_of(&server), "GET /readyz "));
	assert_non_null(strstr(requests_of(&server), "\r\nAuthorization: Bearer s3cret\r\n"));
	unsetenv("http_proxy");
	http_client_destroy(client);
	stop(&server);
	str_close(&response.body);
}

/* One request on a client of its own. */
static int ask(struct server *server, const struct http_request *request,
	       struct http_response *response, struct err *err)
{
	struct http_client *client = connect_to(server, NULL);
	int rc = http_request(client, request, response, err);

	http_client_destroy(client);
	(void)requests_of(server);
	return rc;
}

static void a_body_over_its_bound_is_refused(void **state)
{
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
					      NULL};
	struct http_request request = get("/");
	struct http_response response = {0};
	struct err err = {0};
	struct server server;

	(void)state;
	request.max_body_bytes = 4;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, &err), ERR_LIMIT);
	assert_string_equal(err.message, "answer is larger than 4 bytes");
	stop(&server);
	request.max_body_bytes = 5;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, &err), 0);
	assert_string_equal(str_text(&response.body), "hello");
	stop(&server);
	str_close(&response.body);
}

struct taken {
	struct str text;
	size_t wanted; /* bytes after which it has enough; 0 = all */
};

static bool take(void *context, int status, const char *bytes, size_t count)
{
	struct taken *taken = context;

	assert_int_equal(status, 200);
	str_append_bytes(&taken->text, bytes, count);
	return taken->wanted == 0 || taken->text.size < taken->wanted;
}

static void a_stream_is_handed_over_piece_by_piece_and_is_not_bounded(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "6\r\nline1\n\r\n6\r\nline2\n\r\n0\r\n\r\n",
	    NULL};
	struct http_request request = get("/log?follow=1");
	struct http_response response = {0};
	struct taken taken = {0};
	struct server server;

	(void)state;
	request.max_body_bytes = 1;
	request.piece = take;
	request.context = &taken;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, NULL), 0);
	assert_string_equal(str_text(&taken.text), "line1\nline2\n");
	assert_int_equal(response.body.size, 0);
	stop(&server);
	str_close(&taken.text);
	str_close(&response.body);
}

static void a_reader_that_has_enough_ends_the_stream(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "6\r\nline1\n\r\n",
	    NULL};
	struct http_request request = get("/log?follow=1");
	struct http_response response = {0};
	struct taken taken = {.wanted = 1};
	struct server server;

	(void)state;
	request.piece = take;
	request.context = &taken;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, NULL), 0);
	assert_string_equal(str_text(&taken.text), "line1\n");
	stop(&server);
	str_close(&taken.text);
	str_close(&response.body);
}

static void an_error_in_place_of_a_stream_is_gathered(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno task", NULL};
	struct http_request request = get("/log");
	struct http_response response = {0};
	struct taken taken = {0};
	struct server server;

	(void)state;
	request.piece = take;
	request.context = &taken;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, NULL), 0);
	assert_int_equal(response.status, 404);
	assert_string_equal(str_text(&response.body), "no task");
	assert_int_equal(taken.text.size, 0);
	stop(&server);
	str_close(&response.body);
}

static void a_server_that_breaks_off_is_told_from_one_that_finished(void **state)
{
	static const char *const answers[] = {
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
	    "6\r\nline1\n\r\n",
	    NULL};
	struct http_request request = get("/log?follow=1");
	struct http_response response = {0};
	struct taken taken = {0};
	struct server server;

	(void)state;
	request.piece = take;
	request.context = &taken;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, NULL), ERR_AGAIN);
	assert_string_equal(str_text(&taken.text), "line1\n");
	stop(&server);
	str_close(&taken.text);
	str_close(&response.body);
}

static void a_server_that_does_not_answer_times_out(void **state)
{
	static const char *const answers[] = {HANG, NULL};
	struct http_request request = get("/");
	struct http_response response = {0};
	int64_t before_ms = clock_now().boot_ms;
	struct server server;

	(void)state;
	request.timeout_ms = 50;
	start_unix(&server, answers);
	assert_int_equal(ask(&server, &request, &response, NULL), ERR_AGAIN);
	assert_true(response.timed_out);
	assert_true(clock_now().boot_ms - before_ms >= 50);
	stop(&server);
	str_close(&response.body);
}

static int ask_nobody(const struct http_server *nobody)
{
	struct http_request request = get("/");
	struct http_response response = {0};
	struct http_client *client = NULL;
	struct err err = {0};
	int rc;

	assert_int_equal(http_client_create(nobody, &client, NULL), 0);
	rc = http_request(client, &request, &response, &err);
	assert_true(err.message[0] != '\0');
	http_client_destroy(client);
	str_close(&response.body);
	return rc;
}

/* It listens and takes nobody: its queue is full, as that of a daemon that is stopped. */
static void a_full_queue_is_not_an_absent_server(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct http_request request = get("/");
	struct http_response response = {0};
	struct server server = {.path = "/tmp/heddle-queue-XXXXXX"};
	int first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	close(mkstemp(server.path));
	unlink(server.path);
	memcpy(address.sun_path, server.path, sizeof server.path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(connect(first, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(ask(&server, &request, &response, NULL), ERR_AGAIN);
	assert_false(response.timed_out);
	unlink(server.path);
	close(first);
	close(listener);
	str_close(&response.body);
}

static void where_nobody_serves_is_told_from_all_other_failures(void **state)
{
	static const char *const none[] = {NULL};
	struct http_server nobody = {.socket_path = "/tmp/no-such-folder/heddle.sock"};
	struct server server;

	(void)state;
	assert_int_equal(ask_nobody(&nobody), ERR_NOT_FOUND);
	start_unix(&server, none); /* a socket file whose server is gone */
	(void)requests_of(&server);
	fd_close(&server.listen_fd);
	nobody.socket_path = server.path;
	assert_int_equal(ask_nobody(&nobody), ERR_NOT_FOUND);
	stop(&server);
	start_tcp(&server, none);
	(void)requests_of(&server);
	fd_close(&server.listen_fd);
	nobody.socket_path = NULL;
	nobody.url = server.url;
	assert_int_equal(ask_nobody(&nobody), ERR_NOT_FOUND);
	stop(&server);
}

static void a_socket_that_may_not_be_opened_is_refused(void **state)
{
	static const char *const none[] = {NULL};
	struct http_server forbidden = {0};
	struct server server;

	(void)state;
	if (geteuid() == 0) {
		print_message("skipped: root may open every socket\n");
		skip();
	}
	start_unix(&server, none);
	(void)requests_of(&server);
	assert_int_equal(chmod(server.path, 0), 0);
	forbidden.socket_path = server.path;
	assert_int_equal(ask_nobody(&forbidden), ERR_REFUSED);
	stop(&server);
}

static void what_cannot_be_an_address_makes_no_client(void **state)
{
	struct http_server ftp = {.url = "ftp://example.org"};
	struct http_server long_path = {0};
	struct http_client *client = NULL;
	struct err err = {0};
	char path[200];

	(void)state;
	assert_int_equal(http_client_create(&ftp, &client, &err), ERR_INVALID);
	assert_string_equal(err.message,
			    "url 'ftp://example.org' must begin with http:// or https://");
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	long_path.socket_path = path;
	assert_int_equal(http_client_create(&long_path, &client, &err), ERR_LIMIT);
	assert_null(client);
}

static void a_missing_library_is_told_with_its_package(void **state)
{
	static const char *const missing[] = {"libcurl-of-nowhere.so.9", NULL};
	static const char *const wrong[] = {"libm.so.6", NULL};
	struct curl_api api;
	struct err err = {0};

	(void)state;
	assert_int_equal(curl_load(missing, &api, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "libcurl is not installed (Debian: apt install libcurl4)");
	assert_int_equal(curl_load(wrong, &api, &err), ERR_INVALID);
	assert_string_equal(err.message, "libcurl has no function 'curl_global_init'");
	assert_null(api.library);
	curl_unload(&api);
}

static void a_path_segment_is_percent_encoded(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	http_encode(&out, "d.1_a-b~/?#& %\xc3\xa4");
	assert_string_equal(str_text(&out), "d.1_a-b~%2F%3F%23%26%20%25%C3%A4");
	str_close(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_connection_serves_several_requests),
	    cmocka_unit_test(a_post_carries_its_body_and_headers_and_a_get_after_it_carries_none),
	    cmocka_unit_test(a_url_is_asked_with_the_token),
	    cmocka_unit_test(a_body_over_its_bound_is_refused),
	    cmocka_unit_test(a_stream_is_handed_over_piece_by_piece_and_is_not_bounded),
	    cmocka_unit_test(a_reader_that_has_enough_ends_the_stream),
	    cmocka_unit_test(an_error_in_place_of_a_stream_is_gathered),
	    cmocka_unit_test(a_server_that_breaks_off_is_told_from_one_that_finished),
	    cmocka_unit_test(a_server_that_does_not_answer_times_out),
	    cmocka_unit_test(a_full_queue_is_not_an_absent_server),
	    cmocka_unit_test(where_nobody_serves_is_told_from_all_other_failures),
	    cmocka_unit_test(a_socket_that_may_not_be_opened_is_refused),
	    cmocka_unit_test(what_cannot_be_an_address_makes_no_client),
	    cmocka_unit_test(a_missing_library_is_told_with_its_package),
	    cmocka_unit_test(a_path_segment_is_percent_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
