/* test_web_change.c - where two texts of a dag differ. */
#include "web/page/dag_parts.h"

#include "tests/unit/unit.h"

#include <string.h>

static void expect(const char *before, const char *now, uint32_t lines, const char *gone,
		   const char *came)
{
	struct dag_change change;

	dag_change_find(before, now, &change);
	assert_int_equal(change.lines_before, lines);
	assert_int_equal(change.before_bytes, strlen(gone));
	assert_memory_equal(change.before, gone, strlen(gone));
	assert_int_equal(change.now_bytes, strlen(came));
	assert_memory_equal(change.now, came, strlen(came));
}

static void a_line_is_another(void **state)
{
	(void)state;
	expect("a\nb\nc\n", "a\nB\nc\n", 1, "b\n", "B\n");
	expect("b\n", "B\n", 0, "b\n", "B\n");
}

static void lines_come_and_go(void **state)
{
	(void)state;
	expect("a\nc\n", "a\nb\nc\n", 1, "", "b\n");
	expect("a\nb\nc\n", "a\nc\n", 1, "b\n", "");
	expect("a\n", "a\nb\n", 1, "", "b\n");
	expect("a\n", "b\na\n", 0, "", "b\n");
	expect("", "a\n", 0, "", "a\n");
	expect("a\n", "", 0, "a\n", "");
	expect("x\nx\n", "x\nx\nx\n", 2, "", "x\n");
}

/* The beginning of a line is no line. */
static void lines_are_whole(void **state)
{
	(void)state;
	expect("ab\nz\n", "ac\nz\n", 0, "ab\n", "ac\n");
	expect("q\nba\n", "q\nca\n", 1, "ba\n", "ca\n");
	expect("xa\n", "a\n", 0, "xa\n", "a\n");
	expect("a", "ab", 0, "a", "ab");
}

static void the_same_is_no_change(void **state)
{
	(void)state;
	expect("a\nb\n", "a\nb\n", 2, "", "");
	expect("a\nb", "a\nb", 1, "", "");
	expect("", "", 0, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_another),
	    cmocka_unit_test(lines_come_and_go),
	    cmocka_unit_test(lines_are_whole),
	    cmocka_unit_test(the_same_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
