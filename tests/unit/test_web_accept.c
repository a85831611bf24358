/* test_web_accept.c - which media type a client gets, and which body is taken for JSON. */
#include "web/accept.h"

#include "tests/unit/unit.h"

#include <string.h>

static void the_best_liked_offer_is_picked(void **state)
{
	static const struct {
		const char *header;
		const char *offers;
		const char *picked; /* NULL = none */
	} cases[] = {
	    {NULL, "text/plain application/json", "text/plain"},
	    {"", "application/json", "application/json"},
	    {"*/*", "text/plain application/json", "text/plain"},
	    {"application/json", "text/plain application/json", "application/json"},
	    {"application/JSON", "application/json", "application/json"},
	    {"application/*", "text/plain application/json", "application/json"},
	    {"text/html, */*;q=0.1", "application/json", "application/json"},
	    {"text/plain;q=0.2, application/json;q=0.9", "text/plain application/json",
	     "application/json"},
	    {"*/*, text/plain;q=0", "text/plain application/json", "application/json"},
	    {"text/plain;q=0", "text/plain", NULL},
	    {"text/html", "application/json", NULL},
	    {"application", "application/json", NULL},
	    {"application/jsonx", "application/json", NULL},
	    {"text/event-stream ; charset=utf-8", "text/plain text/event-stream",
	     "text/event-stream"},
	    {",, ,", "text/plain", NULL},
	    {";q=1", "text/plain", NULL},
	    {"text/plain;", "text/plain", "text/plain"},
	    {"text/plain;q=", "text/plain", "text/plain"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char picked[ACCEPT_TYPE_SIZE] = "";
		bool any = accept_pick(cases[i].header, cases[i].offers, picked);

		if (any != (cases[i].picked != NULL) ||
		    (any && strcmp(picked, cases[i].picked) != 0))
			fail_msg("'%s' of '%s': '%s'", cases[i].header, cases[i].offers, picked);
	}
}

static void json_is_told_by_its_type(void **state)
{
	(void)state;
	assert_true(accept_is_json(NULL));
	assert_true(accept_is_json("application/json"));
	assert_true(accept_is_json("Application/JSON; charset=utf-8"));
	assert_true(accept_is_json("application/cloudevents+json"));
	assert_false(accept_is_json("application/x-www-form-urlencoded"));
	assert_false(accept_is_json("text/plain"));
	assert_false(accept_is_json("text/json+json"));
	assert_false(accept_is_json(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_best_liked_offer_is_picked),
	    cmocka_unit_test(json_is_told_by_its_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
