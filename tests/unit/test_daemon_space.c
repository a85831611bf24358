/* test_daemon_space.c - how much room is enough. */
#include "daemon/space.h"

#include "tests/unit/unit.h"

#include <string.h>

/* The level at so many thousandths of bytes and inodes free, coming from another level. */
static enum space_level at(unsigned bytes, unsigned inodes, enum space_level before)
{
	struct statvfs status = {.f_blocks = 1000000,
				 .f_bavail = bytes * 1000UL,
				 .f_files = 100000,
				 .f_favail = inodes * 100UL};

	return space_judge(&status, before);
}

static void less_than_5_in_100_is_low_and_than_1_is_out(void **state)
{
	(void)state;
	assert_int_equal(at(50, 1000, SPACE_ENOUGH), SPACE_ENOUGH);
	assert_int_equal(at(49, 1000, SPACE_ENOUGH), SPACE_LOW);
	assert_int_equal(at(10, 1000, SPACE_ENOUGH), SPACE_LOW);
	assert_int_equal(at(9, 1000, SPACE_ENOUGH), SPACE_OUT);
	assert_int_equal(at(0, 1000, SPACE_LOW), SPACE_OUT);
}

static void inodes_count_as_bytes_do(void **state)
{
	struct statvfs without = {.f_blocks = 1000, .f_bavail = 500};

	(void)state;
	assert_int_equal(at(1000, 49, SPACE_ENOUGH), SPACE_LOW);
	assert_int_equal(at(1000, 9, SPACE_ENOUGH), SPACE_OUT);
	assert_int_equal(space_judge(&without, SPACE_ENOUGH), SPACE_ENOUGH);
}

static void a_level_is_left_only_with_a_fifth_more(void **state)
{
	(void)state;
	assert_int_equal(at(11, 1000, SPACE_OUT), SPACE_OUT);
	assert_int_equal(at(12, 1000, SPACE_OUT), SPACE_LOW);
	assert_int_equal(at(59, 1000, SPACE_LOW), SPACE_LOW);
	assert_int_equal(at(60, 1000, SPACE_LOW), SPACE_ENOUGH);
	assert_int_equal(at(60, 1000, SPACE_OUT), SPACE_ENOUGH);
}

static void it_is_looked_at_once_a_second(void **state)
{
	struct space space = {.level = SPACE_OUT};

	(void)state;
	assert_true(space_check(&space, "/proc", 5000)); /* which counts nothing: enough */
	assert_int_equal(space.level, SPACE_ENOUGH);
	space.level = SPACE_OUT;
	assert_false(space_check(&space, "/proc", 5999));
	assert_true(space_check(&space, "/proc", 6000));
	space.level = SPACE_OUT;
	assert_false(space_check(&space, "/no/such/folder", 7000));
	assert_int_equal(space.level, SPACE_OUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(less_than_5_in_100_is_low_and_than_1_is_out),
	    cmocka_unit_test(inodes_count_as_bytes_do),
	    cmocka_unit_test(a_level_is_left_only_with_a_fifth_more),
	    cmocka_unit_test(it_is_looked_at_once_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
