/* test_model_lineage.c - the names under which OpenLineage knows an attempt. */
#include "model/lineage.h"

#include "base/str.h"
#include "tests/unit/unit.h"

#include <string.h>

static void an_attempt_is_one_run_for_all_who_tell_of_it(void **state)
{
	char first[LINEAGE_UUID_SIZE];
	char again[LINEAGE_UUID_SIZE];
	char other[LINEAGE_UUID_SIZE];

	(void)state;
	lineage_run_id("inc", 7, 0x0123456789ab, first);
	lineage_run_id("inc", 7, 0x0123456789ab, again);
	assert_string_equal(first, again);
	lineage_run_id("inc", 8, 0x0123456789ab, other);
	assert_string_not_equal(first, other);
	lineage_run_id("anew", 7, 0x0123456789ab, other);
	assert_string_not_equal(first, other);
}

static void its_id_is_a_uuid_of_version_7(void **state)
{
	char uuid[LINEAGE_UUID_SIZE];

	(void)state;
	lineage_run_id("inc", 7, 0x0123456789ab, uuid);
	assert_int_equal(strlen(uuid), 36);
	assert_memory_equal(uuid, "01234567-89ab-7", 15);
	assert_non_null(strchr("89ab", uuid[19]));
	assert_int_equal(strspn(uuid, "0123456789abcdef-"), 36);
}

static void a_parent_has_three_parts(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	lineage_parent_id(&text, "D1", "sales.daily", "load", "u-u");
	assert_string_equal(str_text(&text), "D1/sales.daily.load/u-u");
	str_clear(&text);
	lineage_parent_id(&text, NULL, "d", "t", "u-u");
	assert_string_equal(str_text(&text), "default/d.t/u-u");
	str_close(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_attempt_is_one_run_for_all_who_tell_of_it),
	    cmocka_unit_test(its_id_is_a_uuid_of_version_7),
	    cmocka_unit_test(a_parent_has_three_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
