/* test_web_session.c - one-time links and the cookies they are spent for. */
#include "web/session.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define NOW 5000000

static void a_link_is_good_once(void **state)
{
	struct sessions sessions = {0};
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];
	char other[SESSION_SECRET_SIZE];

	(void)state;
	session_make_link(&sessions, NOW, secret);
	assert_int_equal(strlen(secret), 64);
	assert_true(session_spend_link(&sessions, secret, NOW + 1, cookie));
	assert_string_not_equal(cookie, secret);
	assert_false(session_spend_link(&sessions, secret, NOW + 2, other));
	assert_int_equal(session_until(&sessions, cookie, NOW + 2), NOW + 1 + SESSION_MS);
	assert_int_equal(session_until(&sessions, secret, NOW + 2), 0);
}

static void links_and_cookies_grow_old(void **state)
{
	struct sessions sessions = {0};
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_make_link(&sessions, NOW, secret);
	assert_false(session_spend_link(&sessions, secret, NOW + SESSION_LINK_MS, cookie));
	assert_true(session_spend_link(&sessions, secret, NOW + SESSION_LINK_MS - 1, cookie));
	assert_int_not_equal(
	    session_until(&sessions, cookie, NOW + SESSION_LINK_MS - 1 + SESSION_MS - 1), 0);
	assert_int_equal(session_until(&sessions, cookie, NOW + SESSION_LINK_MS - 1 + SESSION_MS),
			 0);
}

static void the_oldest_makes_room(void **state)
{
	struct sessions sessions = {0};
	char secrets[SESSION_LINKS_MAX + 1][SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	for (int i = 0; i <= SESSION_LINKS_MAX; i++)
		session_make_link(&sessions, NOW + i, secrets[i]);
	assert_false(session_spend_link(&sessions, secrets[0], NOW + 20, cookie));
	for (int i = 1; i <= SESSION_LINKS_MAX; i++)
		assert_true(session_spend_link(&sessions, secrets[i], NOW + 20, cookie));
}

static void no_secret_is_kept_as_it_is(void **state)
{
	struct sessions sessions = {0};
	char secret[SESSION_SECRET_SIZE];
	char cookie[SESSION_SECRET_SIZE];

	(void)state;
	session_make_link(&sessions, NOW, secret);
	assert_null(memmem(&sessions, sizeof sessions, secret, 16));
	assert_true(session_spend_link(&sessions, secret, NOW, cookie));
	assert_null(memmem(&sessions, sizeof sessions, cookie, 16));
	assert_int_equal(session_until(&sessions, "", NOW), 0);
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
#define SECRET "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
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
		bool found = session_find_cookie(cases[i].header, "s", cookie);

		if (found != cases[i].found)
			fail_msg("'%s'", cases[i].header);
		if (found)
			assert_string_equal(cookie, SECRET);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_link_is_good_once),
	    cmocka_unit_test(links_and_cookies_grow_old),
	    cmocka_unit_test(the_oldest_makes_room),
	    cmocka_unit_test(no_secret_is_kept_as_it_is),
	    cmocka_unit_test(what_a_page_sends_follows_from_its_cookie),
	    cmocka_unit_test(a_cookie_is_found_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
