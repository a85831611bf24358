/* test_web_session.c - one-time links and the cookies they are spent for. */
#include "web/session.h"

#include "tests/unit/unit.h"
#include "web/signed_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 5000000
#define WALL 1795154400000

static struct moment at(int64_t after_ms)
{
	return (struct moment){WALL + after_ms, NOW + after_ms};
}

static void a_link_is_good_once(void **state)
{
	struct sessions sessions;
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];
	char other[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_int_equal(strlen(secret), 64);
	assert_true(session_spend_link(&sessions, secret, at(1), cookie));
	assert_string_not_equal(cookie, secret);
	assert_false(session_spend_link(&sessions, secret, at(2), other));
	assert_int_equal(session_until(&sessions, cookie, WALL + 2), WALL + 1 + SESSION_MS);
	assert_int_equal(session_until(&sessions, secret, WALL + 2), 0);
}

static void links_and_cookies_grow_old(void **state)
{
	struct sessions sessions;
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_false(session_spend_link(&sessions, secret, at(SESSION_LINK_MS), cookie));
	assert_true(session_spend_link(&sessions, secret, at(SESSION_LINK_MS - 1), cookie));
	assert_int_not_equal(
	    session_until(&sessions, cookie, WALL + SESSION_LINK_MS - 1 + SESSION_MS - 1), 0);
	assert_int_equal(session_until(&sessions, cookie, WALL + SESSION_LINK_MS - 1 + SESSION_MS),
			 0);
}

static void the_oldest_makes_room(void **state)
{
	struct sessions sessions;
	char secrets[SESSION_LINKS_MAX + 1][SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	for (int i = 0; i <= SESSION_LINKS_MAX; i++)
		session_make_link(&sessions, NOW + i, secrets[i]);
	assert_false(session_spend_link(&sessions, secrets[0], at(20), cookie));
	for (int i = 1; i <= SESSION_LINKS_MAX; i++)
		assert_true(session_spend_link(&sessions, secrets[i], at(20), cookie));
}

static void no_secret_is_kept_as_it_is(void **state)
{
	struct sessions sessions;
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_null(memmem(&sessions, sizeof sessions, secret, 16));
	assert_true(session_spend_link(&sessions, secret, at(0), cookie));
	assert_null(memmem(&sessions, sizeof sessions, cookie, 16));
	assert_int_equal(session_until(&sessions, "", WALL), 0);
}

static void a_cookie_outlives_the_daemon_and_not_its_token(void **state)
{
	struct sessions sessions;
	struct sessions again;
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_true(session_spend_link(&sessions, secret, at(0), cookie));
	session_init(&again, "token");
	assert_int_equal(session_until(&again, cookie, WALL + 1), WALL + SESSION_MS);
	assert_false(session_spend_link(&again, secret, at(1), cookie)); /* a link does not */
	session_init(&again, "another");
	assert_int_equal(session_until(&again, cookie, WALL + 1), 0);
	session_init(&again, NULL);
	assert_int_equal(session_until(&again, cookie, WALL + 1), 0);
}

static void no_digit_of_a_cookie_may_change(void **state)
{
	struct sessions sessions;
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_true(session_spend_link(&sessions, secret, at(0), cookie));
	for (size_t i = 0; i < SESSION_SECRET_SIZE - 1; i++) {
		char kept = cookie[i];

		cookie[i] = kept == '0' ? '1' : '0';
		assert_int_equal(session_until(&sessions, cookie, WALL + 1), 0);
		cookie[i] = kept;
	}
	assert_int_not_equal(session_until(&sessions, cookie, WALL + 1), 0);
	/* A clock that was set far back makes no session longer. */
	assert_int_equal(session_until(&sessions, cookie, WALL - 3600 * 1000), 0);
}

static void what_a_page_sends_follows_from_its_cookie(void **state)
{
	const char *one = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	const char *two = "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	char csrf[SESSION_SECRET_SIZE];

	(void)state;
	session_csrf(one, csrf);
	assert_int_equal(strlen(csrf), 64);
	assert_true(session_csrf_matches(one, csrf));
	assert_false(session_csrf_matches(two, csrf));
	assert_false(session_csrf_matches(one, one));
	assert_false(session_csrf_matches(one, ""));
	assert_false(session_csrf_matches(one, NULL));
}

static void a_cookie_is_found_among_others(void **state)
{
#define SECRET_REST "0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SECRET "0" SECRET_REST
	static const struct {
		const char *header;
		bool found;
	} cases[] = {
	    {"s=" SECRET, true},
	    {"a=b; s=" SECRET, true},
	    {"a=b; s=" SECRET "; c=d", true},
	    {"ss=" SECRET, false},
	    {"xs=" SECRET, false},
	    {"s=" SECRET "0", false},
	    {"s=0" SECRET, false},
	    {"s=", false},
	    {"s", false},
	    {"", false},
	    {";;; ;", false},
	    {NULL, false},
	};
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *header = cases[i].header;
		bool found = session_find_cookie(&header, "s", cookie);

		if (found != cases[i].found)
			fail_msg("'%s'", cases[i].header);
		if (found)
			assert_string_equal(cookie, SECRET);
	}
}

/* A server on another port set it: one that is none must not hide the one that is. */
static void each_cookie_of_a_name_is_found(void **state)
{
	const char *header = "s=" SECRET "; a=b; s=0; s=1" SECRET "; s=f" SECRET_REST ";";
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	assert_true(session_find_cookie(&header, "s", cookie));
	assert_string_equal(cookie, SECRET);
	assert_true(session_find_cookie(&header, "s", cookie));
	assert_string_equal(cookie, "f" SECRET_REST);
	assert_false(session_find_cookie(&header, "s", cookie));
}

static void what_was_ended_stays_ended(void **state)
{
	char home[] = "/tmp/heddle-session-XXXXXX";
	char path[64];
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];
	char other[SESSION_SECRET_SIZE];
	struct sessions sessions;
	struct err err = {0};

	(void)state;
	assert_non_null(mkdtemp(home));
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_true(session_spend_link(&sessions, secret, at(0), cookie));
	session_make_link(&sessions, NOW, secret);
	assert_true(session_spend_link(&sessions, secret, at(0), other));
	assert_int_equal(signed_out_note(home, cookie, WALL, &err), 0);
	session_end(&sessions, cookie, WALL);
	assert_int_equal(session_until(&sessions, cookie, WALL + 1), 0);
	assert_int_not_equal(session_until(&sessions, other, WALL + 1), 0);
	session_close(&sessions);

	session_init(&sessions, "token");
	assert_int_not_equal(session_until(&sessions, cookie, WALL + 1), 0);
	assert_int_equal(signed_out_load(home, &sessions, WALL + 1, &err), 0);
	assert_int_equal(session_until(&sessions, cookie, WALL + 1), 0);
	assert_int_not_equal(session_until(&sessions, other, WALL + 1), 0);
	session_close(&sessions);

	session_init(&sessions, "token");
	assert_int_equal(signed_out_load(home, &sessions, WALL + SESSION_LONGEST_MS, &err), 0);
	assert_int_equal(sessions.ended.count, 0);
	session_close(&sessions);
	snprintf(path, sizeof path, "%s/signed-out", home);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

/* Its cookie is good for longer than one made now. */
static void what_was_ended_after_the_clock_went_back_stays_ended(void **state)
{
	char home[] = "/tmp/heddle-session-XXXXXX";
	char path[64];
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];
	struct sessions sessions;

	(void)state;
	assert_non_null(mkdtemp(home));
	session_init(&sessions, "token");
	session_make_link(&sessions, NOW, secret);
	assert_true(session_spend_link(&sessions, secret, at(0), cookie));
	assert_int_equal(signed_out_note(home, cookie, WALL - 60000, NULL), 0);
	assert_int_equal(signed_out_load(home, &sessions, WALL + SESSION_MS - 1, NULL), 0);
	assert_int_equal(session_until(&sessions, cookie, WALL + SESSION_MS - 1), 0);
	session_close(&sessions);
	snprintf(path, sizeof path, "%s/signed-out", home);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

/* A daemon of a year may have seen so many. */
static void many_that_were_ended_are_forgotten_at_the_next_start(void **state)
{
	char home[] = "/tmp/heddle-session-XXXXXX";
	char path[64];
	struct sessions sessions;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof path, "%s/signed-out", home);
	file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d %064d\n", 1000 + i, i);
	fclose(file);
	session_init(&sessions, "token");
	assert_int_equal(signed_out_load(home, &sessions, WALL, NULL), 0);
	assert_int_equal(sessions.ended.count, 0);
	session_close(&sessions);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(home), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_link_is_good_once),
	    cmocka_unit_test(links_and_cookies_grow_old),
	    cmocka_unit_test(the_oldest_makes_room),
	    cmocka_unit_test(no_secret_is_kept_as_it_is),
	    cmocka_unit_test(a_cookie_outlives_the_daemon_and_not_its_token),
	    cmocka_unit_test(no_digit_of_a_cookie_may_change),
	    cmocka_unit_test(what_a_page_sends_follows_from_its_cookie),
	    cmocka_unit_test(a_cookie_is_found_among_others),
	    cmocka_unit_test(each_cookie_of_a_name_is_found),
	    cmocka_unit_test(what_was_ended_after_the_clock_went_back_stays_ended),
	    cmocka_unit_test(many_that_were_ended_are_forgotten_at_the_next_start),
	    cmocka_unit_test(what_was_ended_stays_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
