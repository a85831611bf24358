/* test_web_framing.c - requests whose bytes are doubtful, too many, or come in drops. */
#include "tests/unit/web_client.h"

/* What lies between two requests to a proxy but not to us, or the other way round. */
static void a_head_that_two_could_read_differently_is_refused(void **state)
{
#define CASE(text) text, sizeof(text) - 1
#define SMUGGLED "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
	    {CASE(POST_RUN "Content-Length : 49" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length\t: 49" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length:\r\n 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\r\n Content-Length: 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0Content-Length: 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0\r\nY: b" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length: 0\0"
			   "49" SMUGGLED)},
	    {CASE(POST_RUN "X\0: a" SMUGGLED)},
	    {CASE(POST_RUN "X: a\rContent-Length: 0" SMUGGLED)},
	    {CASE(POST_RUN "X: a\nContent-Length: 0" SMUGGLED)},
	    {CASE("GET /healthz\0/x HTTP/1.1\r\nHost: localhost" SMUGGLED)},
	    {CASE("GET /healthz%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close" SMUGGLED)},
	    {CASE("POST /api/v1/dags/nightly.etl/runs HTTP/1.0\r\nHost: localhost\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n0" SMUGGLED)},
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client client = over_unix(server);
		struct reply reply;

		send_bytes(client.fd, cases[i].text, cases[i].size);
		reply = next_reply(&client, false);
		if (reply.status != 400)
			fail_msg("case %zu: %d", i, reply.status);
		assert_false(receive(&client));
		close_reply(&reply);
		hang_up(&client);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
#undef SMUGGLED
#undef CASE
}

/* What follows may have been meant as its body. */
static void a_command_without_a_length_is_the_last_on_its_connection(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;

	send_text(client.fd, POST_RUN "\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_string_equal(header(&reply, "Connection"), "close");
	assert_false(receive(&client));
	close_reply(&reply);
	hang_up(&client);
}

static void doubtful_framing_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
	    {POST_RUN "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "given twice"},
	    {POST_RUN "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "given twice"},
	    {POST_RUN "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	     "send one"},
	    {POST_RUN "Transfer-Encoding: gzip\r\n\r\n", "only 'chunked'"},
	    {"GET /healthz HTTP/1.1\r\n\r\n", "'Host' is missing"},
	    {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "given twice"},
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client client = over_unix(server);
		struct reply reply;

		send_text(client.fd, cases[i].text);
		reply = next_reply(&client, false);
		assert_string_equal(header(&reply, "Connection"), "close");
		expect_problem(&reply, 400, cases[i].says);
		assert_false(receive(&client)); /* what followed is not taken for a request */
		hang_up(&client);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
}

static void garbage_is_refused_or_cut_off(void **state)
{
	static const char *const texts[] = {
	    "hello\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nno colon here\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
	    POST_RUN "Content-Length: -1\r\n\r\n",
	    POST_RUN "Content-Length: 99999999999999999999999\r\n\r\n",
	    POST_RUN "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	    "\x16\x03\x01\x02 tls to a plain port\r\n\r\n",
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct reply reply = send_raw(server, texts[i]);

		assert_true(reply.status == 0 || (reply.status >= 400 && reply.status < 600));
		close_reply(&reply);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
}

static void a_client_that_leaves_in_the_middle_leaves_nothing_behind(void **state)
{
	static const char *const texts[] = {
	    "",
	    "\r\n\r\n",
	    "GET /heal",
	    "GET /healthz HTTP/1.1\r\nHost: loc",
	    POST_RUN "Content-Length: 100\r\n\r\n{\"id\":",
	    POST_RUN "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"i",
	    POST_RUN "Content-Length: 2\r\n\r\n{}", /* it may have been read already */
	    "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n",
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct client client = i % 2 == 0 ? over_unix(server) : over_tcp(server);

		send_text(client.fd, texts[i]);
		hang_up(&client);
	}
	await_set_aside(server, 0);
	assert_true(count_items(server, "/api/v1/runs") <= 1);
}

static void huge_headers_are_refused(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct reply reply;

	str_append(&text, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
	for (size_t i = 0; i < 2000; i++)
		str_printf(&text, "X-Header-%zu: %080d\r\n", i, 0);
	str_append(&text, "\r\n");
	reply = send_raw(server, text.data);
	assert_true(reply.status == 0 || reply.status == 431 || reply.status == 413);
	close_reply(&reply);
	str_clear(&text);
	str_append(&text, "GET /");
	while (text.size < 6000)
		str_append_char(&text, 'a');
	str_append(&text, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	reply = send_raw(server, text.data);
	expect_problem(&reply, 414, "longer than");
	str_close(&text);
}

static void a_body_too_large_is_refused(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply =
	    send_raw(server, POST_RUN "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
	struct str chunk = STR_INIT;

	expect_problem(&reply, 413, "larger than");
	send_text(client.fd, POST_RUN "Transfer-Encoding: chunked\r\n\r\n");
	str_append(&chunk, "10000\r\n");
	for (size_t i = 0; i < 65536; i++)
		str_append_char(&chunk, ' ');
	str_append(&chunk, "\r\n");
	for (size_t i = 0; i < 17; i++)
		send_bytes(client.fd, chunk.data, chunk.size);
	send_text(client.fd, "0\r\n\r\n");
	reply = next_reply(&client, false);
	expect_problem(&reply, 413, "larger than");
	str_close(&chunk);
	hang_up(&client);
}

static void a_body_may_come_in_drops_and_chunks(void **state)
{
	static const char text[] = POST_RUN "Content-Length: 12\r\n\r\n{\"id\":\"slow\"";
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;

	for (size_t i = 0; i + 1 < sizeof text; i++) {
		send_bytes(client.fd, &text[i], 1);
		if (i % 16 == 0)
			usleep(500);
	}
	reply = next_reply(&client, false);
	expect_problem(&reply, 400, "the body is not JSON"); /* one byte short of its brace */
	send_text(client.fd, POST_RUN "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n"
				      "6\r\n\"slow\"\r\n1\r\n}\r\n0\r\n\r\n");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_non_null(strstr(str_text(&reply.body), "\"key\":\"slow\""));
	close_reply(&reply);
	hang_up(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_head_that_two_could_read_differently_is_refused),
	    STORY(a_command_without_a_length_is_the_last_on_its_connection),
	    STORY(doubtful_framing_is_refused),
	    STORY(garbage_is_refused_or_cut_off),
	    STORY(a_client_that_leaves_in_the_middle_leaves_nothing_behind),
	    STORY(huge_headers_are_refused),
	    STORY(a_body_too_large_is_refused),
	    STORY(a_body_may_come_in_drops_and_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
