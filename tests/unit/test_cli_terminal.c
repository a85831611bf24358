/* What a task printed, on its way to a terminal, and taken apart into lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/lines.h"
#include "cli/terminal.h"

#include <string.h>

/* Whole, and a byte at a time: where a piece ends makes no difference. */
static void expect_shown(bool colour, const char *printed, const char *shown)
{
	size_t length = strlen(printed);
	size_t steps[] = {length, 1};

	for (size_t i = 0; i < 2 && steps[i] > 0; i++) {
		struct terminal terminal = {.colour = colour};
		struct str out = STR_INIT;

		for (size_t at = 0; at < length; at += steps[i])
			terminal_add(&terminal, printed + at, steps[i], &out);
		terminal_end(&terminal, &out);
		assert_string_equal(str_text(&out), shown);
		terminal_close(&terminal);
		str_close(&out);
	}
}

static void plain_text_is_what_it_is(void **state)
{
	(void)state;
	expect_shown(true, "one\n\ttwo\r\n", "one\n\ttwo\n");
	expect_shown(true, "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		     "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	expect_shown(true, "", "");
}

static void colours_stay_and_end(void **state)
{
	(void)state;
	expect_shown(true, "\033[1;31mred\033[0m.", "\033[1;31mred\033[0m.");
	expect_shown(true, "\033[38;5;208mred\033[m.", "\033[38;5;208mred\033[m.");
	expect_shown(true, "\033[38:2::1:2:3mred\n", "\033[38:2::1:2:3mred\n\033[0m");
	expect_shown(false, "\033[1;31mred\033[0m.\033[m", "red.");
}

static void what_steers_is_shown(void **state)
{
	(void)state;
	expect_shown(true, "\033[2J\033[H", "^[[2J^[[H");
	expect_shown(true, "\033]0;title\a", "^[]0;title^G");
	expect_shown(true, "\033]52;c;eA==\033\\", "^[]52;c;eA==^[\\");
	expect_shown(true, "\033Pq\033c", "^[Pq^[c");
	expect_shown(true, "over\rwritten\b\177", "over^Mwritten^H^?");
	expect_shown(true, "\033[?25l\033[31", "^[[?25l^[[31");
	expect_shown(true, "\033[1>m\033[3 q", "^[[1>m^[[3 q");
	expect_shown(true,
		     "\xc2\x9b"
		     "31m\xe2\x80\xae"
		     "abc",
		     "<U+009B>31m<U+202E>abc");
	expect_shown(true,
		     "\x9b"
		     "2J \xff\xfe \xc3",
		     "<9B>2J <FF><FE> <C3>");
	expect_shown(true, "end\r", "end^M");
	expect_shown(true, "end\033", "end^[");
}

static void a_sequence_without_end_is_no_colour(void **state)
{
	char printed[256] = "\033[";
	char shown[256] = "^[[";

	(void)state;
	memset(printed + 2, '1', 200);
	memset(shown + 3, '1', 200);
	strcat(printed, "m");
	strcat(shown, "m");
	expect_shown(true, printed, shown);
}

static void keep_line(void *context, const char *text, size_t size)
{
	str_append_bytes(context, text, size);
	str_append_char(context, '|');
}

static void a_log_is_taken_apart_into_lines(void **state)
{
	static const char log[] = "one\n\ntwo and\nthree";
	struct str out = STR_INIT;

	(void)state;
	for (size_t step = 1; step <= sizeof log - 1; step++) {
		struct lines lines = {0};

		str_clear(&out);
		for (size_t at = 0; at < sizeof log - 1; at += step) {
			size_t left = sizeof log - 1 - at;

			lines_add(&lines, log + at, step < left ? step : left, keep_line, &out);
		}
		assert_string_equal(str_text(&out), "one||two and|");
		lines_end(&lines, keep_line, &out);
		assert_string_equal(str_text(&out), "one||two and|three|");
		assert_int_equal(lines.count, 4);
		lines_close(&lines);
	}
	str_close(&out);
}

static void count_bytes(void *context, const char *text, size_t size)
{
	size_t *longest = context;

	(void)text;
	*longest = size > *longest ? size : *longest;
}

static void a_line_without_end_is_given_in_parts(void **state)
{
	static char piece[100000];
	struct lines lines = {0};
	size_t longest = 0;

	(void)state;
	memset(piece, 'x', sizeof piece);
	for (int i = 0; i < 25; i++)
		lines_add(&lines, piece, sizeof piece, count_bytes, &longest);
	lines_end(&lines, count_bytes, &longest);
	assert_int_equal(longest, LINES_BYTES_MAX);
	assert_int_equal(lines.count, 3);
	lines_close(&lines);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text_is_what_it_is),
	    cmocka_unit_test(colours_stay_and_end),
	    cmocka_unit_test(what_steers_is_shown),
	    cmocka_unit_test(a_sequence_without_end_is_no_colour),
	    cmocka_unit_test(a_log_is_taken_apart_into_lines),
	    cmocka_unit_test(a_line_without_end_is_given_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
