/* test_daemon_holds.c - which reason is told while nothing is started. */
#include "daemon/holds.h"
#include "tests/unit/unit.h"

#include <string.h>

static void without_a_hold_there_is_no_reason(void **state)
{
	struct holds holds = {0};

	(void)state;
	assert_null(holds_why(&holds));
	assert_null(holds_find(&holds, HOLD_SPACE));
	assert_false(holds_put(&holds, HOLD_SPACE, NULL));
}

static void a_hold_is_told_until_it_is_lifted(void **state)
{
	struct holds holds = {0};

	(void)state;
	assert_true(holds_put(&holds, HOLD_SPACE, "no room"));
	assert_false(holds_put(&holds, HOLD_SPACE, "no room"));
	assert_string_equal(holds_why(&holds), "no room");
	assert_true(holds_put(&holds, HOLD_SPACE, "less room"));
	assert_string_equal(holds_why(&holds), "less room");
	assert_true(holds_put(&holds, HOLD_SPACE, NULL));
	assert_null(holds_why(&holds));
}

static void the_lasting_reason_is_told_first_and_neither_lifts_the_other(void **state)
{
	struct holds holds = {0};

	(void)state;
	holds_put(&holds, HOLD_SPACE, "no room");
	holds_put(&holds, HOLD_RESTORED, "restored");
	assert_string_equal(holds_why(&holds), "restored");
	assert_string_equal(holds_find(&holds, HOLD_SPACE), "no room");
	holds_put(&holds, HOLD_RESTORED, NULL);
	assert_string_equal(holds_why(&holds), "no room");
}

static void a_long_reason_is_cut(void **state)
{
	struct holds holds = {0};
	char text[2 * HOLD_WHY_SIZE];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_true(holds_put(&holds, HOLD_SPACE, text));
	assert_int_equal(strlen(holds_why(&holds)), HOLD_WHY_SIZE - 1);
	assert_false(holds_put(&holds, HOLD_SPACE, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_hold_there_is_no_reason),
	    cmocka_unit_test(a_hold_is_told_until_it_is_lifted),
	    cmocka_unit_test(the_lasting_reason_is_told_first_and_neither_lifts_the_other),
	    cmocka_unit_test(a_long_reason_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
