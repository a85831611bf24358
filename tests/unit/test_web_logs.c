/* test_web_logs.c - logs whole, in parts, and as they grow. */
#include "tests/unit/web_client.h"

static void a_log_is_served_whole_and_in_parts(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[160];

	start_attempt(server, &run);
	log_path_of(&run, "1/log", path);
	reply = get(server, path); /* not there yet */
	expect_status(&reply, 200);
	assert_int_equal(reply.body.size, 0);
	close_reply(&reply);
	append_log(&run, "0123456789", 10);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_string_equal(header(&reply, "Content-Type"), "text/plain; charset=utf-8");
	assert_string_equal(header(&reply, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(str_text(&reply.body), "0123456789");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=2-4\r\n", NULL);
	expect_status(&reply, 206);
	assert_string_equal(header(&reply, "Content-Range"), "bytes 2-4/10");
	assert_string_equal(str_text(&reply.body), "234");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=-3\r\n", NULL);
	assert_string_equal(str_text(&reply.body), "789");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=10-\r\n", NULL);
	assert_string_equal(header(&reply, "Content-Range"), "bytes */10");
	expect_problem(&reply, 416, "the log has 10 bytes");
	reply = ask(server, "HEAD", path, "", NULL);
	assert_string_equal(header(&reply, "Content-Length"), "10");
	close_reply(&reply);
}

static void a_long_log_arrives_byte_for_byte(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct run run;
	struct reply reply;
	char path[160];

	start_attempt(server, &run);
	while (text.size < 3000000)
		str_printf(&text, "line %zu of a long log\n", text.size);
	append_log(&run, text.data, text.size);
	log_path_of(&run, "latest/log", path);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_int_equal(reply.body.size, text.size);
	assert_memory_equal(reply.body.data, text.data, text.size);
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=1000001-2000000\r\n", NULL);
	expect_status(&reply, 206);
	assert_int_equal(reply.body.size, 1000000);
	assert_memory_equal(reply.body.data, text.data + 1000001, 1000000);
	close_reply(&reply);
	reply = ask(server, "HEAD", path, "", NULL);
	expect_status(&reply, 200);
	close_reply(&reply);
	str_close(&text);
}

/* Reads until so many bytes of body have come over a stream that is not over. */

static void a_followed_log_grows_until_the_attempt_has_ended(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	log_path_of(&run, "latest/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL); /* there is no file yet */
	assert_true(read_head(&client, &reply));
	append_log(&run, "one\n", 4);
	read_until(&client, &reply, 4);
	await_set_aside(server, 1);
	append_log(&run, "two\n", 4);
	read_until(&client, &reply, 8);
	await_set_aside(server, 1);
	append_log(&run, "three\n", 6);
	on_loop(server, job_end_attempt, &run);
	while (read_chunk(&client, &reply))
		;
	assert_false(reply.cut);
	assert_string_equal(str_text(&reply.body), "one\ntwo\nthree\n");
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

static void following_goes_on_where_it_was_cut_off(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "0123456789", 10);
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&client, "GET", path, "Range: bytes=10-\r\n", NULL);
	assert_true(read_head(&client, &reply));
	expect_status(&reply, 206);
	await_set_aside(server, 1);
	append_log(&run, "abc", 3);
	read_until(&client, &reply, 3);
	on_loop(server, job_end_attempt, &run);
	while (read_chunk(&client, &reply))
		;
	assert_string_equal(str_text(&reply.body), "abc");
	close_reply(&reply);
	hang_up(&client);
	/* The same of an attempt that has ended: there is nothing more. */
	reply = ask(server, "GET", path, "Range: bytes=13-\r\n", NULL);
	expect_status(&reply, 206);
	assert_int_equal(reply.body.size, 0);
	assert_false(reply.cut);
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=14-\r\n", NULL);
	expect_problem(&reply, 416, "the log has 13 bytes");
}

static void who_follows_a_task_to_come_waits_for_its_first_attempt(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;
	struct run run;
	char path[160];

	new_run(server, &run);
	log_path_of(&run, "latest/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	append_log(&run, "here\n", 5);
	on_loop(server, job_end_attempt, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "here\n");
	close_reply(&reply);
	hang_up(&client);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/loadxxx/attempts/1/log", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no task 'loadxxx'");
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/load/attempts/latest/log", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "has no attempt");
}

static void a_follower_that_goes_away_is_noticed(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "one\n", 4);
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL);
	assert_true(read_head(&client, &reply));
	read_until(&client, &reply, 4);
	await_set_aside(server, 1);
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_log_is_served_whole_and_in_parts),
	    STORY(a_long_log_arrives_byte_for_byte),
	    STORY(a_followed_log_grows_until_the_attempt_has_ended),
	    STORY(following_goes_on_where_it_was_cut_off),
	    STORY(who_follows_a_task_to_come_waits_for_its_first_attempt),
	    STORY(a_follower_that_goes_away_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
