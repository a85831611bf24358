/* What troubles attempts: the newest text of each, as long as it stands, and not without bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/trouble.h"

static void the_newest_text_stands_until_it_is_over(void **state)
{
	struct troubles troubles = {0};
	struct troubles copy = {0};

	(void)state;
	troubles_note(&troubles, 7, "its shim is dead");
	troubles_note(&troubles, 8, "its claim was removed");
	troubles_note(&troubles, 7, "2 of its processes cannot be ended");
	troubles_copy(&copy, &troubles);
	troubles_note(&troubles, 7, NULL);
	troubles_note(&troubles, 9, NULL);
	assert_null(troubles_find(&troubles, 7));
	assert_string_equal(troubles_find(&troubles, 8), "its claim was removed");
	assert_string_equal(troubles_find(&copy, 7), "2 of its processes cannot be ended");
	troubles_copy(&copy, &troubles);
	assert_null(troubles_find(&copy, 7));
	troubles_close(&copy);
	troubles_close(&troubles);
}

static void the_list_is_bounded(void **state)
{
	struct troubles troubles = {0};

	(void)state;
	for (int64_t id = 1; id <= 2 * TROUBLES_MAX; id++)
		troubles_note(&troubles, id, "stuck");
	assert_int_equal(troubles.list.count, TROUBLES_MAX);
	troubles_note(&troubles, TROUBLES_MAX, "stuck for good");
	assert_string_equal(troubles_find(&troubles, TROUBLES_MAX), "stuck for good");
	assert_null(troubles_find(&troubles, TROUBLES_MAX + 1));
	troubles_note(&troubles, 1, NULL);
	troubles_note(&troubles, TROUBLES_MAX + 1, "stuck");
	assert_string_equal(troubles_find(&troubles, TROUBLES_MAX + 1), "stuck");
	troubles_close(&troubles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_newest_text_stands_until_it_is_over),
	    cmocka_unit_test(the_list_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
