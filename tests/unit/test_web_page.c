/* test_web_page.c - a page that was signed in: what its cookie opens, and what it does not. */
#include "tests/unit/web_client.h"

#define POST_RUNS "/api/v1/dags/nightly.etl/runs"

static void job_make_link(struct server *server, void *argument)
{
	web_one_time_link(server->web, argument);
}

static struct reply ask_tcp(const struct server *server, const char *method, const char *path,
			    const char *headers, const char *body)
{
	struct client client = over_tcp(server);
	struct reply reply;

	send_request(&client, method, path, headers, body);
	reply = next_reply(&client, strcmp(method, "HEAD") == 0);
	hang_up(&client);
	return reply;
}

/* Spends a link; cookie gets "Cookie: name=value\r\n". */
static void sign_in(struct server *server, char cookie[256])
{
	char link[WEB_LINK_SIZE];
	struct reply reply;
	const char *set;

	on_loop(server, job_make_link, link);
	reply = ask_tcp(server, "GET", link, "", NULL);
	expect_status(&reply, 303);
	assert_string_equal(header(&reply, "Location"), "/");
	set = header(&reply, "Set-Cookie");
	assert_non_null(strstr(set, "; HttpOnly"));
	assert_non_null(strstr(set, "; SameSite=Strict"));
	assert_non_null(strstr(set, "; Max-Age=43200"));
	snprintf(cookie, 256, "Cookie: %.*s\r\n", (int)strcspn(set, ";"), set);
	close_reply(&reply);
}

static void take_csrf(struct server *server, const char *cookie, char csrf[128])
{
	struct reply reply = ask_tcp(server, "GET", "/api/v1/session", cookie, NULL);
	json_t *body;

	expect_status(&reply, 200);
	body = body_of(&reply);
	assert_string_equal(text_at(body, "actor"), "page:home");
	assert_int_equal(strlen(text_at(body, "csrf")), 64);
	assert_non_null(strstr(text_at(body, "expires_at"), "T"));
	snprintf(csrf, 128, "X-Heddle-CSRF: %s\r\n", text_at(body, "csrf"));
	json_decref(body);
	close_reply(&reply);
}

static void a_link_signs_in_once(void **state)
{
	struct server *server = *state;
	char link[WEB_LINK_SIZE];
	struct reply reply;

	on_loop(server, job_make_link, link);
	reply = ask_tcp(server, "HEAD", link, "", NULL); /* a preview spends nothing */
	expect_status(&reply, 200);
	close_reply(&reply);
	reply = ask_tcp(server, "GET", link, "", NULL);
	expect_status(&reply, 303);
	close_reply(&reply);
	reply = ask_tcp(server, "GET", link, "", NULL);
	expect_problem(&reply, 403, "this link was used");
}

static void a_cookie_reads_like_the_token(void **state)
{
	struct server *server = *state;
	char cookie[256];
	struct reply reply;

	sign_in(server, cookie);
	reply = ask_tcp(server, "GET", "/api/v1/dags", cookie, NULL);
	expect_status(&reply, 200);
	close_reply(&reply);
	cookie[strlen(cookie) - 3] ^= 1;
	reply = ask_tcp(server, "GET", "/api/v1/dags", cookie, NULL);
	expect_problem(&reply, 401, "no token is given");
}

static void a_page_changes_something_with_origin_and_csrf_alone(void **state)
{
	struct server *server = *state;
	char cookie[256];
	char csrf[128];
	char headers[640];
	struct reply reply;

	sign_in(server, cookie);
	take_csrf(server, cookie, csrf);
	reply = ask_tcp(server, "POST", POST_RUNS, cookie, "{}");
	expect_problem(&reply, 403, "X-Heddle-CSRF");
	snprintf(headers, sizeof headers, "%sOrigin: http://localhost\r\n", cookie);
	reply = ask_tcp(server, "POST", POST_RUNS, headers, "{}");
	expect_problem(&reply, 403, "X-Heddle-CSRF");
	snprintf(headers, sizeof headers, "%s%s", cookie, csrf);
	reply = ask_tcp(server, "POST", POST_RUNS, headers, "{}");
	expect_problem(&reply, 403, "Origin");
	snprintf(headers, sizeof headers, "%s%sOrigin: http://evil.example\r\n", cookie, csrf);
	reply = ask_tcp(server, "POST", POST_RUNS, headers, "{}");
	expect_problem(&reply, 403, "another site");
	snprintf(headers, sizeof headers, "%s%sOrigin: http://localhost\r\n", cookie, csrf);
	reply = ask_tcp(server, "POST", POST_RUNS, headers, "{}");
	expect_status(&reply, 201);
	assert_string_equal(server->last_actor, "page:home");
	close_reply(&reply);
}

/* There the kernel tells who asks: a cookie adds nothing and takes nothing. */
static void the_unix_socket_knows_no_cookie(void **state)
{
	struct server *server = *state;
	char cookie[256];
	struct reply reply;
	json_t *body;

	sign_in(server, cookie);
	reply = ask(server, "GET", "/api/v1/session", cookie, NULL);
	expect_status(&reply, 200);
	body = body_of(&reply);
	assert_string_not_equal(text_at(body, "actor"), "page:home");
	assert_true(json_is_null(json_object_get(body, "csrf")));
	json_decref(body);
	close_reply(&reply);
	reply = ask(server, "POST", POST_RUNS, cookie, "{}");
	expect_status(&reply, 201);
	close_reply(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_link_signs_in_once),
	    STORY(a_cookie_reads_like_the_token),
	    STORY(a_page_changes_something_with_origin_and_csrf_alone),
	    STORY(the_unix_socket_knows_no_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
