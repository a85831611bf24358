/* test_web_events.c - server-sent events: facts as they come, the lines of a log, going on after a
 * cut. */
#include "tests/unit/web_client.h"

#define LOG_PATH "/api/v1/runs/%s/tasks/extract/attempts/1/log"

/* Reads chunks until the body holds the text. */
static void await_text(struct client *client, struct reply *reply, const char *text)
{
	while (strstr(str_text(&reply->body), text) == NULL)
		if (!read_chunk(client, reply))
			fail_msg("'%s' did not come, but: %s", text, str_text(&reply->body));
}

static struct client open_events(struct server *server, const char *path, const char *headers,
				 struct reply *reply)
{
	struct client client = over_unix(server);

	memset(reply, 0, sizeof *reply);
	send_request(&client, "GET", path, headers, NULL);
	assert_true(read_head(&client, reply));
	expect_status(reply, 200);
	assert_string_equal(header(reply, "Content-Type"), "text/event-stream");
	return client;
}

static void facts_are_told_as_they_come(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct client client = open_events(server, "/api/v1/stream", "", &reply);
	struct run run;

	await_set_aside(server, 1);
	new_run(server, &run);
	on_loop(server, job_start_attempt, &run);
	await_text(&client, &reply, "event: run.new\n");
	await_text(&client, &reply, run.id);
	await_text(&client, &reply, "event: attempt.new\n");
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

static int64_t first_id(const struct reply *reply)
{
	const char *id = strstr(str_text(&reply->body), "id: ");

	assert_non_null(id);
	return strtoll(id + 4, NULL, 10);
}

static void a_stream_goes_on_after_the_last_event(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct client client;
	char headers[64];
	struct run run;
	int64_t id;

	new_run(server, &run);
	on_loop(server, job_start_attempt, &run);
	client = open_events(server, "/api/v1/stream?since=0", "", &reply);
	await_text(&client, &reply, "event: attempt.new\n");
	id = first_id(&reply);
	close_reply(&reply);
	hang_up(&client);
	snprintf(headers, sizeof headers, "Last-Event-ID: %lld\r\n", (long long)id);
	client = open_events(server, "/api/v1/stream", headers, &reply);
	await_text(&client, &reply, "event: attempt.new\n");
	assert_int_equal(first_id(&reply), id + 1);
	close_reply(&reply);
	hang_up(&client);
	reply = ask(server, "GET", "/api/v1/stream", "Last-Event-ID: x\r\n", NULL);
	expect_problem(&reply, 400, "Last-Event-ID");
}

static void a_stream_of_one_run_tells_of_no_other(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct client client;
	struct run one;
	struct run other;
	char path[96];

	new_run(server, &one);
	new_run(server, &other);
	snprintf(path, sizeof path, "/api/v1/stream?since=0&run=%s", one.id);
	client = open_events(server, path, "", &reply);
	await_text(&client, &reply, one.id);
	on_loop(server, job_end_run, &other);
	on_loop(server, job_end_run, &one);
	await_text(&client, &reply, "event: run.state\n");
	assert_null(strstr(str_text(&reply.body), other.id));
	close_reply(&reply);
	hang_up(&client);
}

static void job_change_dags(struct server *server, void *argument)
{
	struct err err = {0};

	(void)argument;
	must(store_put_dags(server->store, NULL, 0, NULL, 0, 8, 1795154500000, &err), &err);
	web_changed(server->web);
}

static void a_change_of_the_folder_is_told_at_once(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct reply reply;
	struct client client = open_events(server, "/api/v1/stream", "", &reply);

	await_set_aside(server, 1);
	on_loop(server, job_change_dags, NULL);
	await_text(&client, &reply, "event: dag.removed\n");
	assert_true(clock_now().boot_ms - before < 10000); /* and not with the next heartbeat */
	close_reply(&reply);
	hang_up(&client);
}

/* So that both ends notice when the other has gone without a word. */
static void a_quiet_stream_beats(void **state)
{
	int64_t before = clock_now().boot_ms;
	struct reply reply;
	struct client client = open_events(*state, "/api/v1/stream", "", &reply);

	await_text(&client, &reply, ":\n\n");
	assert_in_range(clock_now().boot_ms - before, 14000, 19000);
	close_reply(&reply);
	hang_up(&client);
}

static void streams_are_bounded(void **state)
{
	enum {
		COUNT = 64
	};
	struct server *server = *state;
	struct client clients[COUNT];
	struct reply reply;

	for (size_t i = 0; i < COUNT; i++)
		clients[i] = open_events(server, "/api/v1/stream", "", &reply);
	reply = get(server, "/api/v1/stream");
	assert_string_equal(header(&reply, "Retry-After"), "5");
	expect_problem(&reply, 503, "64 streams");
	for (size_t i = 0; i < COUNT; i++)
		hang_up(&clients[i]);
	await_set_aside(server, 0);
	clients[0] = open_events(server, "/api/v1/stream", "", &reply);
	hang_up(&clients[0]);
}

static void the_lines_of_a_log_are_events(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct client client;
	char path[160];
	struct run run;

	start_attempt(server, &run);
	append_log(&run, "one\r\ntwo\nthr", 12);
	snprintf(path, sizeof path, LOG_PATH, run.id);
	client = open_events(server, path, "Accept: text/event-stream\r\n", &reply);
	await_text(&client, &reply, "id: 9\nevent: line\ndata: two\n\n");
	assert_non_null(strstr(str_text(&reply.body), "id: 5\nevent: line\ndata: one\n\n"));
	assert_null(strstr(str_text(&reply.body), "thr"));
	append_log(&run, "ee\nlast", 7);
	await_text(&client, &reply, "id: 15\nevent: line\ndata: three\n\n");
	on_loop(server, job_end_attempt, &run);
	while (read_chunk(&client, &reply))
		;
	assert_false(reply.cut);
	assert_true(
	    str_ends_with(str_text(&reply.body),
			  "id: 19\nevent: line\ndata: last\n\nid: 19\nevent: end\ndata:\n\n"));
	close_reply(&reply);
	hang_up(&client);
	client =
	    open_events(server, path, "Accept: text/event-stream\r\nLast-Event-ID: 9\r\n", &reply);
	await_text(&client, &reply, "event: end\n");
	assert_true(str_starts_with(str_text(&reply.body), "id: 15\nevent: line\ndata: three\n"));
	close_reply(&reply);
	hang_up(&client);
}

/* "[1:one,2:two] next 3" for the page of a log. */
static void expect_lines(struct server *server, const struct run *run, const char *query,
			 const char *wanted)
{
	char path[200];
	struct str told = STR_INIT;
	struct reply reply;
	json_t *body;
	json_t *items;
	size_t length;

	length = (size_t)snprintf(path, sizeof path, LOG_PATH, run->id);
	snprintf(path + length, sizeof path - length, "%s", query);
	reply = get(server, path);
	expect_status(&reply, 200);
	body = body_of(&reply);
	items = json_object_get(body, "items");
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *line = json_array_get(items, i);

		str_printf(&told, "%lld:%s ",
			   (long long)json_integer_value(json_object_get(line, "line")),
			   text_at(line, "text"));
	}
	str_printf(&told, "next %lld",
		   (long long)json_integer_value(json_object_get(body, "next")));
	assert_string_equal(str_text(&told), wanted);
	str_close(&told);
	json_decref(body);
	close_reply(&reply);
}

static void lines_have_their_numbers(void **state)
{
	struct server *server = *state;
	struct run run;

	start_attempt(server, &run);
	expect_lines(server, &run, "?tail=3", "next 0"); /* no log yet */
	append_log(&run, "a1\nb2\n\na3\nlast", 14);
	expect_lines(server, &run, "?from=1", "1:a1 2:b2 3: 4:a3 5:last next 0");
	expect_lines(server, &run, "?from=2&lines=2", "2:b2 3: next 4");
	expect_lines(server, &run, "?tail=2", "4:a3 5:last next 0");
	expect_lines(server, &run, "?tail=50", "1:a1 2:b2 3: 4:a3 5:last next 0");
	expect_lines(server, &run, "?find=a", "1:a1 4:a3 5:last next 0");
	expect_lines(server, &run, "?find=a&lines=1", "1:a1 next 4");
	expect_lines(server, &run, "?find=a&from=2", "4:a3 5:last next 0");
	expect_lines(server, &run, "?from=99", "next 0");
	append_log(&run, "\nx\0y\n", 5);
	expect_lines(server, &run, "?tail=1", "6:x\xe2\x90\x80y next 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(facts_are_told_as_they_come),
	    STORY(a_stream_goes_on_after_the_last_event),
	    STORY(a_stream_of_one_run_tells_of_no_other),
	    STORY(a_change_of_the_folder_is_told_at_once),
	    STORY(a_quiet_stream_beats),
	    STORY(streams_are_bounded),
	    STORY(the_lines_of_a_log_are_events),
	    STORY(lines_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
