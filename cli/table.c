/* table.c - aligned columns; see table.h. */
#include "cli/table.h"

#include "cli/text.h"

#include <assert.h>
#include <string.h>

#define GAP 2 /* spaces between columns */

void table_init(struct table *table, const char *const *titles)
{
	memset(table, 0, sizeof *table);
	while (titles[table->columns] != NULL)
		table->columns++;
	assert(table->columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < table->columns; i++)
		table_cell(table, titles[i]);
}

void table_close(struct table *table)
{
	for (size_t i = 0; i < table->cells.count; i++)
		mem_free(table->cells.items[i]);
	vec_close(&table->cells);
}

void table_cell(struct table *table, const char *text)
{
	size_t column = table->cells.count % table->columns;
	struct str clean = STR_INIT;
	size_t width;

	text_clean(&clean, text == NULL || text[0] == '\0' ? "-" : text);
	width = text_width(str_text(&clean));
	if (width > table->widths[column])
		table->widths[column] = width;
	vec_push(&table->cells, str_take(&clean));
}

/* The last column is not padded: no line ends in spaces. */
static void print_cell(const struct table *table, size_t i, bool colour, struct str *out)
{
	const char *text = table->cells.items[i];
	size_t column = i % table->columns;
	size_t width = text_width(text);

	if (colour)
		str_append(out, text_colour(text));
	str_append(out, text);
	if (colour)
		str_append(out, text_colour_end(text));
	if (column + 1 == table->columns) {
		str_append_char(out, '\n');
		return;
	}
	for (; width < table->widths[column] + GAP; width++)
		str_append_char(out, ' ');
}

void table_print(const struct table *table, bool colour, struct str *out)
{
	assert(table->cells.count % table->columns == 0);
	for (size_t i = 0; i < table->cells.count; i++)
		print_cell(table, i, colour, out);
}
