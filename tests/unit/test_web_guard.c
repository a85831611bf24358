/* test_web_guard.c - which requests are let in, and who is woken by what. */
#include "web/block.h"
#include "web/guard.h"
#include "web/waits.h"

#include "tests/unit/unit.h"

#include <stddef.h>
#include <string.h>

static void sound_framing_passes(void **state)
{
	struct guard_headers headers = {0};
	struct answer refusal = {0};

	(void)state;
	guard_take(&headers, "host", "localhost:8088");
	guard_take(&headers, "CONTENT-LENGTH", "12");
	guard_take(&headers, "X-Other", "a");
	guard_take(&headers, "X-Other", "b");
	assert_true(guard_framing(&headers, &refusal));
	assert_int_equal(refusal.status, 0);
}

static void doubtful_framing_is_refused_and_the_connection_closed(void **state)
{
	static const struct {
		struct guard_headers headers;
		const char *says;
	} cases[] = {
	    {{.host = NULL}, "'Host' is missing"},
	    {{.host = "h", .doubled = "Content-Length"}, "'Content-Length' is given twice"},
	    {{.host = "h", .content_length = "1", .transfer_encoding = "chunked"}, "send one"},
	    {{.host = "h", .transfer_encoding = "gzip"}, "only 'chunked'"},
	    {{.host = "h", .has_bad_name = true}, "what no name may"},
	    {{.host = "h", .has_bad_value = true}, "control character"},
	    {{.host = "h", .transfer_encoding = "chunked", .is_http_1_0 = true}, "HTTP/1.0"},
	    {{.host = "h", .content_length = "+1"}, "a number of bytes"},
	    {{.host = "h", .content_length = "1, 1"}, "a number of bytes"},
	    {{.host = "h", .content_length = ""}, "a number of bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer refusal = {0};

		assert_false(guard_framing(&cases[i].headers, &refusal));
		assert_int_equal(refusal.status, 400);
		assert_true(refusal.close);
		assert_non_null(strstr(str_text(&refusal.body), cases[i].says));
		answer_close(&refusal);
	}
}

static void a_second_header_is_noticed(void **state)
{
	struct guard_headers headers = {0};

	(void)state;
	guard_take(&headers, "Content-Length", "5");
	guard_take(&headers, "content-length", "5");
	assert_string_equal(headers.doubled, "Content-Length");
}

static void a_name_that_is_no_token_is_noticed(void **state)
{
	static const char *const names[] = {"Content-Length ", " Host", "", "a\tb", "a(b",
					    "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct guard_headers headers = {0};

		guard_take(&headers, names[i], "1");
		assert_true(headers.has_bad_name);
		assert_null(headers.content_length);
	}
}

static void a_control_character_in_a_value_is_noticed(void **state)
{
	struct guard_headers headers = {0};

	(void)state;
	guard_take(&headers, "X", "a\tb \xc3\xa9");
	assert_false(headers.has_bad_value);
	guard_take(&headers, "X", "a\rContent-Length: 5");
	assert_true(headers.has_bad_value);
}

#define NUL "\0"
#define LINE "GET" NUL "/" NUL "HTTP/1.1" NUL NUL

/* Judges a head of up to two headers, whose texts stand at these places, as the server would. */
static bool is_whole(const char *head, size_t size, const size_t places[4])
{
	struct block block;

	block_begin(&block, head, size);
	block_take_line(&block, head + 6, head + 4 + strlen(head + 4) + 1);
	for (size_t i = 0; i < 4 && places[i] != 0; i += 2)
		block_take_header(&block, head + places[i], head + places[i + 1]);
	return block_is_whole(&block);
}

static void a_head_is_made_of_its_headers_alone(void **state)
{
	static const struct {
		const char *head;
		size_t size;
		size_t places[4];
		bool good;
	} cases[] = {
#define HEAD(text) LINE text, sizeof(LINE text) - 1
	    {HEAD(NUL NUL), {0}, true},
	    {HEAD("A" NUL "1" NUL NUL NUL NUL), {16, 18}, true},
	    {HEAD("A" NUL " 1" NUL NUL NUL NUL), {16, 19}, true},
	    {HEAD("A" NUL "1" NUL NUL "B" NUL "2" NUL NUL NUL NUL), {16, 18, 21, 23}, true},
	    {HEAD("A" NUL "1" NUL "B" NUL "2" NUL NUL NUL NUL), {16, 18, 20, 22}, false},
	    {HEAD("A" NUL "1" NUL "x" NUL NUL "B" NUL "2" NUL NUL NUL NUL),
	     {16, 18, 23, 25},
	     false},
	    {HEAD("A" NUL "1" NUL NUL NUL "B" NUL "2" NUL NUL NUL NUL), {16, 18, 22, 24}, false},
	    {HEAD("A" NUL "1" NUL "B" NUL NUL NUL NUL), {16, 18}, false},
	    {HEAD("A" NUL "1" NUL NUL "Content-Length: 5" NUL NUL NUL NUL), {16, 18}, false},
	    {HEAD("A" NUL "1" NUL NUL NUL NUL NUL), {16, 18}, false},
	    {HEAD("A" NUL "1" NUL NUL), {16, 18}, false},
	    {HEAD("A" NUL "x" NUL "1" NUL NUL NUL NUL), {16, 20}, false},
	    {HEAD(NUL NUL), {400, 402}, false},
#undef HEAD
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(is_whole(cases[i].head, cases[i].size, cases[i].places),
				 cases[i].good);
}

static void a_target_ends_where_the_version_begins(void **state)
{
	static const char head[] = "GET" NUL "/a" NUL "b" NUL "HTTP/1.1" NUL NUL NUL NUL;
	struct block block;

	(void)state;
	block_begin(&block, head, sizeof head - 1);
	block_take_line(&block, head + 9, head + 7);
	assert_false(block_is_whole(&block));
}

static void only_our_own_names_are_hosts(void **state)
{
	static const struct {
		const char *host;
		const char *listen_host;
		bool good;
	} cases[] = {
	    {"localhost", "127.0.0.1", true},
	    {"LOCALHOST:8088", "127.0.0.1", true},
	    {"127.0.0.1:8088", "127.0.0.1", true},
	    {"[::1]:8088", "::1", true},
	    {"[::1]", "127.0.0.1", true},
	    {"etl.corp:8088", "etl.corp", true},
	    {"[fd00::7]:8088", "fd00::7", true},
	    {"evil.example", "127.0.0.1", false},
	    {"evil.example:8088", "127.0.0.1", false},
	    {"localhost.evil.example", "127.0.0.1", false},
	    {"127.0.0.1.evil.example", "127.0.0.1", false},
	    {"localhost:80x", "127.0.0.1", false},
	    {"localhost:", "127.0.0.1", true},
	    {"localhost@evil", "127.0.0.1", false},
	    {"", "127.0.0.1", false},
	    {":8088", "127.0.0.1", false},
	    {"10.1.2.3:8088", "127.0.0.1", false},
	    {"10.1.2.3:8088", "0.0.0.0", true},
	    {"[fd00::7]:8088", "::", true},
	    {"node7:8088", "0.0.0.0", true},
	    {"evil.example", "0.0.0.0", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer refusal = {0};

		assert_int_equal(guard_host(cases[i].host, cases[i].listen_host, "node7", &refusal),
				 cases[i].good);
		assert_int_equal(refusal.status, cases[i].good ? 0 : 403);
		answer_close(&refusal);
	}
}

static void another_sites_page_changes_nothing(void **state)
{
	static const struct {
		const char *origin;
		bool good;
	} cases[] = {
	    {NULL, true},
	    {"http://localhost:8088", true},
	    {"https://localhost:8088", true},
	    {"http://localhost:9999", false},
	    {"http://evil.example", false},
	    {"null", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct guard_headers headers = {.host = "localhost:8088",
						.origin = cases[i].origin};
		struct answer refusal = {0};

		assert_int_equal(guard_origin(&headers, &refusal), cases[i].good);
		assert_int_equal(refusal.status, cases[i].good ? 0 : 403);
		answer_close(&refusal);
	}
}

static void only_the_token_opens(void **state)
{
	static const struct {
		const char *authorization;
		bool good;
	} cases[] = {
	    {"Bearer 0123456789abcdef", true},
	    {"bearer 0123456789abcdef", true},
	    {NULL, false},
	    {"", false},
	    {"Bearer", false},
	    {"Bearer ", false},
	    {"Bearer 0123456789abcdee", false},
	    {"Bearer 0123456789abcdef0", false},
	    {"Bearer 0123456789abcde", false},
	    {"Basic 0123456789abcdef", false},
	    {"0123456789abcdef", false},
	};
	struct answer empty = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer refusal = {0};

		assert_int_equal(guard_bearer(cases[i].authorization, "0123456789abcdef", &refusal),
				 cases[i].good);
		assert_int_equal(refusal.status, cases[i].good ? 0 : 401);
		if (!cases[i].good)
			assert_string_equal(refusal.headers[0].name, "WWW-Authenticate");
		answer_close(&refusal);
	}
	assert_false(guard_bearer("Bearer ", "", &empty));
	answer_close(&empty);
}

/* --- waits --------------------------------------------------------------------------------------
 */

struct waiter {
	struct wait wait;
	struct waits *waits;
	unsigned woken;
	bool leaves;
};

static void wake(struct wait *wait)
{
	struct waiter *waiter = (struct waiter *)((char *)wait - offsetof(struct waiter, wait));

	waiter->woken++;
	if (waiter->leaves)
		waits_remove(waiter->waits, wait);
}

static void only_those_who_wait_for_it_are_woken(void **state)
{
	struct waits waits = {0};
	struct waiter change = {.waits = &waits};
	struct waiter end = {.waits = &waits};
	struct waiter other = {.waits = &waits};
	struct waiter any = {.waits = &waits};

	(void)state;
	waits_add(&waits, &change.wait, "0000000000000001", WAIT_CHANGE, wake);
	waits_add(&waits, &end.wait, "0000000000000001", WAIT_END, wake);
	waits_add(&waits, &other.wait, "0000000000000002", WAIT_CHANGE, wake);
	waits_add(&waits, &any.wait, NULL, WAIT_CHANGE, wake);
	waits_tell(&waits, "0000000000000001", false);
	waits_tell(&waits, "0000000000000001", true);
	waits_tell(&waits, "0000000000000003", true);
	assert_int_equal(change.woken, 2);
	assert_int_equal(end.woken, 1);
	assert_int_equal(other.woken, 0);
	assert_int_equal(any.woken, 3);
	waits_remove(&waits, &change.wait);
	waits_remove(&waits, &end.wait);
	waits_remove(&waits, &other.wait);
	waits_remove(&waits, &any.wait);
	waits_remove(&waits, &any.wait); /* twice is no harm */
	assert_int_equal(waits.count, 0);
	assert_null(waits.runs);
}

static void the_woken_may_leave_at_once(void **state)
{
	struct waits waits = {0};
	struct waiter waiters[3];

	(void)state;
	memset(waiters, 0, sizeof waiters);
	for (size_t i = 0; i < 3; i++) {
		waiters[i].waits = &waits;
		waiters[i].leaves = true;
		waits_add(&waits, &waiters[i].wait, "0000000000000001", WAIT_END, wake);
	}
	waits_tell(&waits, "0000000000000001", true);
	waits_tell(&waits, "0000000000000001", true);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(waiters[i].woken, 1);
	assert_int_equal(waits.count, 0);
	assert_null(waits.runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sound_framing_passes),
	    cmocka_unit_test(doubtful_framing_is_refused_and_the_connection_closed),
	    cmocka_unit_test(a_second_header_is_noticed),
	    cmocka_unit_test(a_name_that_is_no_token_is_noticed),
	    cmocka_unit_test(a_control_character_in_a_value_is_noticed),
	    cmocka_unit_test(a_head_is_made_of_its_headers_alone),
	    cmocka_unit_test(a_target_ends_where_the_version_begins),
	    cmocka_unit_test(only_our_own_names_are_hosts),
	    cmocka_unit_test(another_sites_page_changes_nothing),
	    cmocka_unit_test(only_the_token_opens),
	    cmocka_unit_test(only_those_who_wait_for_it_are_woken),
	    cmocka_unit_test(the_woken_may_leave_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
