/* rows.c - see rows.h. */
#include "cli/rows.h"

#include "base/mem.h"
#include "cli/text.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a column: one long text must not cost as many blanks in each of a million rows. */
#define WIDTH_MAX 512u

void rows_init(struct rows *rows, enum rows_form form, bool is_clean)
{
	memset(rows, 0, sizeof *rows);
	rows->form = form;
	rows->is_clean = is_clean;
}

void rows_close(struct rows *rows)
{
	for (size_t i = 0; i < rows->names.count; i++)
		mem_free(rows->names.items[i]);
	for (size_t i = 0; i < rows->cells.count; i++)
		mem_free(rows->cells.items[i]);
	vec_close(&rows->names);
	vec_close(&rows->cells);
	str_close(&rows->text);
}

/* --- one value ----------------------------------------------------------------------------------
 */

static void append_hex(struct str *out, const struct sql_cell *cell)
{
	const unsigned char *bytes = cell->bytes;

	for (size_t i = 0; i < cell->size; i++)
		str_printf(out, "%02x", bytes[i]);
}

/* As few digits as give the same number again. */
static void append_real(struct str *out, double real)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	str_append(out, text);
}

/* The bytes of a text, a blob or a number; NUL becomes a space where it would end the text. */
static void append_plain(struct str *out, const struct sql_cell *cell)
{
	const char *bytes = cell->bytes;

	switch (cell->kind) {
	case SQL_NULL:
		return;
	case SQL_INTEGER:
		str_printf(out, "%" PRId64, cell->integer);
		return;
	case SQL_REAL:
		append_real(out, cell->real);
		return;
	case SQL_TEXT:
		for (size_t i = 0; i < cell->size; i++)
			str_append_char(out, bytes[i] == '\0' ? ' ' : bytes[i]);
		return;
	case SQL_BLOB:
		append_hex(out, cell);
		return;
	}
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static void append_json_text(struct str *out, const char *bytes, size_t size)
{
	json_t *value = json_stringn(bytes, size);
	struct str clean = STR_INIT;
	char *text;

	/* Not UTF-8: JSON has no other texts. What is ASCII of it stays. */
	if (value == NULL) {
		for (size_t i = 0; i < size; i++)
			str_append(&clean, (unsigned char)bytes[i] < 0x80 ? (char[]){bytes[i], '\0'}
									  : "\xef\xbf\xbd");
		value = json_string(str_text(&clean));
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	str_append(out, text);
	free(text); /* jansson's own */
	json_decref(value);
	str_close(&clean);
}

static void append_json(struct str *out, const struct sql_cell *cell)
{
	if (cell->kind == SQL_TEXT) {
		append_json_text(out, cell->bytes, cell->size);
	} else if (cell->kind == SQL_BLOB) {
		str_append_char(out, '"');
		append_hex(out, cell);
		str_append_char(out, '"');
	} else if (cell->kind == SQL_NULL || (cell->kind == SQL_REAL && !isfinite(cell->real))) {
		str_append(out, "null");
	} else {
		append_plain(out, cell);
	}
}

static void append_json_row(struct rows *rows, const struct sql_cell *cells, size_t count)
{
	str_append(&rows->text, rows->count == 0 ? "[" : ",\n ");
	for (size_t i = 0; i < count; i++) {
		const char *name = rows->names.items[i];

		str_append(&rows->text, i == 0 ? "{" : ", ");
		append_json_text(&rows->text, name, strlen(name));
		str_append(&rows->text, ": ");
		append_json(&rows->text, &cells[i]);
	}
	str_append_char(&rows->text, '}');
}

/* --- CSV ----------------------------------------------------------------------------------------
 */

/* "Fields containing line breaks, double quotes, and commas should be enclosed in double-quotes"
 * (RFC 4180, section 2). So is an empty text, which tells it from NULL. */
static void append_csv_field(struct rows *rows, const char *text, bool is_text)
{
	struct str clean = STR_INIT;

	if (rows->is_clean) {
		text_clean(&clean, text);
		text = str_text(&clean);
	}
	if (!(is_text && text[0] == '\0') && strpbrk(text, ",\"\r\n") == NULL) {
		str_append(&rows->text, text);
	} else {
		str_append_char(&rows->text, '"');
		for (; *text != '\0'; text++) {
			if (*text == '"')
				str_append_char(&rows->text, '"');
			str_append_char(&rows->text, *text);
		}
		str_append_char(&rows->text, '"');
	}
	str_close(&clean);
}

static void append_csv_row(struct rows *rows, const struct sql_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str plain = STR_INIT;

		if (i > 0)
			str_append_char(&rows->text, ',');
		append_plain(&plain, &cells[i]);
		append_csv_field(rows, str_text(&plain), cells[i].kind == SQL_TEXT);
		str_close(&plain);
	}
	str_append_char(&rows->text, '\n');
}

/* --- the table ----------------------------------------------------------------------------------
 */

static void add_cells(struct rows *rows, const struct sql_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str plain = STR_INIT;
		struct str clean = STR_INIT;

		if (cells[i].kind == SQL_NULL)
			str_append(&clean, "NULL");
		else if (cells[i].kind == SQL_BLOB)
			str_append(&clean, "x'");
		append_plain(&plain, &cells[i]);
		text_clean(&clean, str_text(&plain));
		if (cells[i].kind == SQL_BLOB)
			str_append_char(&clean, '\'');
		rows->bytes += clean.size + sizeof(char *);
		vec_push(&rows->cells, str_take(&clean));
		str_close(&plain);
	}
}

static void print_line(const struct rows *rows, char *const *cells, const size_t *widths,
		       struct str *out)
{
	for (size_t i = 0; i < rows->names.count; i++) {
		size_t width = text_width(cells[i]);
		size_t blanks = width < widths[i] ? widths[i] - width : 0;

		str_append(out, cells[i]);
		if (i + 1 < rows->names.count)
			str_printf(out, "%*s", (int)blanks + 2, "");
	}
	str_append_char(out, '\n');
}

static void widen(size_t *width, const char *text)
{
	size_t wanted = text_width(text);

	if (wanted > *width)
		*width = wanted < WIDTH_MAX ? wanted : WIDTH_MAX;
}

static void print_table(const struct rows *rows, struct str *out)
{
	size_t columns = rows->names.count;
	size_t *widths = mem_alloc((columns + 1) * sizeof *widths);

	assert(columns > 0 || rows->cells.count == 0);
	for (size_t i = 0; i < columns; i++)
		widen(&widths[i], rows->names.items[i]);
	for (size_t i = 0; i < rows->cells.count; i++)
		widen(&widths[i % columns], rows->cells.items[i]);
	print_line(rows, rows->names.items, widths, out);
	for (size_t i = 0; i < rows->cells.count; i += columns)
		print_line(rows, rows->cells.items + i, widths, out);
	mem_free(widths);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool is_taken(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->names.count; i++)
		if (strcmp(rows->names.items[i], name) == 0)
			return true;
	return false;
}

/* An object has each name once. */
static void add_name(struct rows *rows, const char *name)
{
	struct str unique = STR_INIT;

	if (rows->form == ROWS_JSON)
		str_append(&unique, name);
	else
		text_clean(&unique, name);
	for (int number = 2; rows->form == ROWS_JSON && is_taken(rows, str_text(&unique));
	     number++) {
		str_clear(&unique);
		str_printf(&unique, "%s:%d", name, number);
	}
	vec_push(&rows->names, str_take(&unique));
}

void rows_take_columns(void *context, const char *const *names, size_t count)
{
	struct rows *rows = context;

	for (size_t i = 0; i < count; i++)
		add_name(rows, names[i] == NULL ? "" : names[i]);
	for (size_t i = 0; rows->form == ROWS_CSV && i < count; i++) {
		if (i > 0)
			str_append_char(&rows->text, ',');
		append_csv_field(rows, rows->names.items[i], false);
	}
	if (rows->form == ROWS_CSV)
		str_append_char(&rows->text, '\n');
}

/* Before a row is written out: a blob takes two digits a byte. */
static bool is_too_large(const struct rows *rows, const struct sql_cell *cells, size_t count)
{
	size_t bytes = rows->bytes + rows->text.size;

	for (size_t i = 0; i < count; i++)
		bytes += cells[i].kind == SQL_BLOB ? 2 * cells[i].size : cells[i].size;
	return bytes > ROWS_BYTES_MAX;
}

int rows_take(void *context, const struct sql_cell *cells, size_t count, struct err *err)
{
	struct rows *rows = context;

	if (is_too_large(rows, cells, count))
		return err_set(err, ERR_LIMIT, "the answer is larger than %u MiB: ask for less",
			       ROWS_BYTES_MAX >> 20);
	if (rows->form == ROWS_TABLE)
		add_cells(rows, cells, count);
	else if (rows->form == ROWS_JSON)
		append_json_row(rows, cells, count);
	else
		append_csv_row(rows, cells, count);
	rows->count++;
	return 0;
}

void rows_print(struct rows *rows, struct str *out)
{
	if (rows->form == ROWS_TABLE)
		print_table(rows, out);
	else
		str_append_bytes(out, str_text(&rows->text), rows->text.size);
	if (rows->form == ROWS_JSON)
		str_append(out, rows->count == 0 ? "[]\n" : "]\n");
}
