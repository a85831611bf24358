/* test_cli_rows.c - answers in SQL as a table, JSON and CSV. */
#include "cli/rows.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

#define LONG_BYTES (1u << 20)

static struct sql_cell text(const char *bytes, size_t size)
{
	return (struct sql_cell){.kind = SQL_TEXT, .bytes = bytes, .size = size};
}

static struct sql_cell number(int64_t integer)
{
	return (struct sql_cell){.kind = SQL_INTEGER, .integer = integer};
}

/* Two rows of three columns, in the form. */
static void expect_rows(enum rows_form form, bool is_clean, const char *expected)
{
	static const char *const names[] = {"id", "id", "what"};
	const struct sql_cell first[] = {number(1), {.kind = SQL_NULL}, text("a\x1b,\"b\"\n", 7)};
	const struct sql_cell second[] = {
	    {.kind = SQL_REAL, .real = 0.1}, text("", 0), {SQL_BLOB, 0, 0, "\x00\xff", 2}};
	struct rows rows;
	struct str out = STR_INIT;

	rows_init(&rows, form, is_clean);
	rows_take_columns(&rows, names, 3);
	assert_int_equal(rows_take(&rows, first, 3, NULL), 0);
	assert_int_equal(rows_take(&rows, second, 3, NULL), 0);
	rows_print(&rows, &out);
	assert_string_equal(str_text(&out), expected);
	str_close(&out);
	rows_close(&rows);
}

static void a_table_is_aligned_and_clean(void **state)
{
	(void)state;
	expect_rows(ROWS_TABLE, true,
		    "id   id    what\n"
		    "1    NULL  a ,\"b\" \n"
		    "0.1        x'00ff'\n");
}

static void json_has_each_name_once_and_one_row_a_line(void **state)
{
	(void)state;
	expect_rows(ROWS_JSON, false,
		    "[{\"id\": 1, \"id:2\": null, \"what\": \"a\\u001B,\\\"b\\\"\\n\"},\n"
		    " {\"id\": 0.1, \"id:2\": \"\", \"what\": \"00ff\"}]\n");
}

static void csv_quotes_what_needs_it_and_tells_null_from_nothing(void **state)
{
	(void)state;
	expect_rows(ROWS_CSV, false, "id,id,what\n1,,\"a\x1b,\"\"b\"\"\n\"\n0.1,\"\",00ff\n");
	expect_rows(ROWS_CSV, true, "id,id,what\n1,,\"a ,\"\"b\"\" \"\n0.1,\"\",00ff\n");
}

static void texts_that_are_no_utf8_are_json_all_the_same(void **state)
{
	static const char *const names[] = {"t"};
	const struct sql_cell cells[] = {text("a\xff\0b", 4)};
	struct rows rows;
	struct str out = STR_INIT;

	(void)state;
	rows_init(&rows, ROWS_JSON, false);
	rows_take_columns(&rows, names, 1);
	assert_int_equal(rows_take(&rows, cells, 1, NULL), 0);
	rows_print(&rows, &out);
	assert_non_null(strstr(str_text(&out), "\"a\\uFFFD"));
	str_close(&out);
	rows_close(&rows);
}

static void nothing_is_an_answer(void **state)
{
	static const char *const names[] = {"n"};
	static const char *const expected[] = {
	    [ROWS_TABLE] = "n\n", [ROWS_JSON] = "[]\n", [ROWS_CSV] = "n\n"};

	(void)state;
	for (enum rows_form form = ROWS_TABLE; form <= ROWS_CSV; form++) {
		struct rows rows;
		struct str out = STR_INIT;

		rows_init(&rows, form, false);
		rows_take_columns(&rows, names, 1);
		rows_print(&rows, &out);
		assert_string_equal(str_text(&out), expected[form]);
		str_close(&out);
		rows_close(&rows);
	}
}

static void a_long_text_is_not_paid_for_in_every_row(void **state)
{
	static const char *const names[] = {"a", "b"};
	char *wide = mem_alloc(LONG_BYTES + 1);
	struct str out = STR_INIT;
	struct rows rows;

	(void)state;
	memset(wide, 'x', LONG_BYTES);
	rows_init(&rows, ROWS_TABLE, true);
	rows_take_columns(&rows, names, 2);
	for (int i = 0; i < 10; i++) {
		struct sql_cell cells[] = {{.kind = SQL_TEXT,
					    .bytes = i == 3 ? wide : "short",
					    .size = i == 3 ? LONG_BYTES : 5},
					   text("next", 4)};

		assert_int_equal(rows_take(&rows, cells, 2, NULL), 0);
	}
	rows_print(&rows, &out);
	assert_non_null(strstr(str_text(&out), "x  next\n"));
	assert_true(out.size < LONG_BYTES + 10 * 1000);
	str_close(&out);
	rows_close(&rows);
	mem_free(wide);
}

/* None of the bytes is looked at: eight blobs of 60 MB would be a gigabyte of digits. */
static void a_row_that_is_too_large_is_not_written_out_first(void **state)
{
	static const char *const names[] = {"a", "b"};
	static const enum rows_form forms[] = {ROWS_TABLE, ROWS_JSON, ROWS_CSV};
	struct sql_cell cells[] = {{.kind = SQL_BLOB, .size = ROWS_BYTES_MAX / 4},
				   {.kind = SQL_BLOB, .size = ROWS_BYTES_MAX / 4 + 1}};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct rows rows;
		struct err err;

		rows_init(&rows, forms[i], true);
		rows_take_columns(&rows, names, 2);
		assert_int_equal(rows_take(&rows, cells, 2, &err), ERR_LIMIT);
		rows_close(&rows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_is_aligned_and_clean),
	    cmocka_unit_test(json_has_each_name_once_and_one_row_a_line),
	    cmocka_unit_test(csv_quotes_what_needs_it_and_tells_null_from_nothing),
	    cmocka_unit_test(texts_that_are_no_utf8_are_json_all_the_same),
	    cmocka_unit_test(nothing_is_an_answer),
	    cmocka_unit_test(a_long_text_is_not_paid_for_in_every_row),
	    cmocka_unit_test(a_row_that_is_too_large_is_not_written_out_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
