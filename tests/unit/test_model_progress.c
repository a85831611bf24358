/* test_model_progress.c - how far a task says it is. */
#include "model/progress.h"

#include "tests/unit/unit.h"

#include <string.h>

static void expect(const char *text, uint32_t percent, const char *said)
{
	struct progress progress;

	assert_true(progress_read(text, strlen(text), &progress));
	assert_int_equal(progress.percent, percent);
	assert_string_equal(progress.text, said);
}

static void expect_none(const char *text)
{
	struct progress progress;

	assert_false(progress_read(text, strlen(text), &progress));
}

static void the_last_line_counts(void **state)
{
	(void)state;
	expect("42 half way\n", 42, "half way");
	expect("1 begun\n50 half way\n", 50, "half way");
	expect("0\n", 0, "");
	expect("100 done", 100, "done");
	expect("  7%  a b \r\n", 7, "a b ");
}

static void what_says_nothing_is_passed_over(void **state)
{
	(void)state;
	expect("10 loading\nnonsense\n\n101 too much\n-1\n12x\n", 10, "loading");
	expect_none("");
	expect_none("\n\n");
	expect_none("half way\n4294967297 wrapped\n");
}

static void a_text_is_cut_at_a_character_and_is_utf8(void **state)
{
	struct progress progress;
	char line[512] = "5 ";

	(void)state;
	for (int i = 0; i < 150; i++)
		strcat(line, "ä");
	strcat(line, "x");
	assert_true(progress_read(line, strlen(line), &progress));
	assert_int_equal(strlen(progress.text), PROGRESS_TEXT_BYTES);
	assert_true(progress_read("5 caf\xe9\n", 7, &progress));
	assert_string_equal(progress.text, "");
	assert_true(progress_read("6 a\0b\n", 6, &progress));
	assert_string_equal(progress.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_line_counts),
	    cmocka_unit_test(what_says_nothing_is_passed_over),
	    cmocka_unit_test(a_text_is_cut_at_a_character_and_is_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
