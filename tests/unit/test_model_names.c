/* test_model_names.c - texts are found by content, in sets small and large. */
#include "model/names.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define MANY 5000

static void a_text_is_found_by_content(void **state)
{
	struct names names = {0};
	char copy[] = "extract";

	(void)state;
	assert_int_equal(names_find(&names, "extract"), NAMES_NONE);
	assert_int_equal(names_add(&names, "extract", 7), NAMES_NONE);
	assert_int_equal(names_find(&names, copy), 7);
	assert_int_equal(names_add(&names, copy, 8), 7);
	assert_int_equal(names_find(&names, "extract"), 7);
	names_set(&names, "extract", 9);
	assert_int_equal(names_find(&names, "extract"), 9);
	names_close(&names);
}

static void a_large_set_finds_each_and_nothing_else(void **state)
{
	static char texts[MANY][8];
	struct names names = {0};

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "t%u", i);
		assert_int_equal(names_add(&names, texts[i], i), NAMES_NONE);
	}
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(names_find(&names, texts[i]), i);
	assert_int_equal(names_find(&names, "t5000"), NAMES_NONE);
	names_clear(&names);
	assert_int_equal(names_find(&names, "t1"), NAMES_NONE);
	assert_int_equal(names_add(&names, "t1", 3), NAMES_NONE);
	names_close(&names);
}

static void no_two_sets_with_slots_hash_alike(void **state)
{
	static char texts[20][8]; /* more than are compared one by one */
	struct names one = {0};
	struct names other = {0};

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		snprintf(texts[i], sizeof texts[i], "t%u", i);
		names_add(&one, texts[i], i);
		names_add(&other, texts[i], i);
	}
	assert_true(one.slot_count > 0 && other.slot_count > 0);
	assert_memory_not_equal(one.key, other.key, sizeof one.key);
	/* Four hashes of 32 bits do not agree by chance. */
	assert_false(
	    one.items[0].hash == other.items[0].hash && one.items[1].hash == other.items[1].hash &&
	    one.items[2].hash == other.items[2].hash && one.items[3].hash == other.items[3].hash);
	names_close(&one);
	names_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_found_by_content),
	    cmocka_unit_test(a_large_set_finds_each_and_nothing_else),
	    cmocka_unit_test(no_two_sets_with_slots_hash_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
