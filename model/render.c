/* render.c - errors as text; see render.h. */
#include "model/render.h"

#include "model/escape.h"

/* Appends the first character of a source line, in which tabs stay what they are. Returns its bytes
 * and how many places it takes. */
static size_t append_shown(const char *line, struct str *out, size_t *width)
{
	size_t before = out->size;
	size_t size = 1;

	if (*line == '\t')
		str_append_char(out, '\t');
	else
		size = escape_character(out, line);
	/* An escape is longer than what it stands for, and all of it is ASCII. */
	*width = out->size - before > size ? out->size - before : 1;
	return size;
}

/* Appends the line and below it the caret. False, and nothing of use, when the column lies beyond
 * the line, as it may where a line was cut. */
static bool append_caret(const char *line, uint32_t column, struct str *out)
{
	struct str padding = STR_INIT;
	uint32_t at = 1;
	size_t width;

	for (; *line != '\0'; at++) {
		char pad = *line == '\t' ? '\t' : ' ';

		line += append_shown(line, out, &width);
		for (size_t i = 0; at < column && i < width; i++)
			str_append_char(&padding, pad);
	}
	str_printf(out, "\n%s^\n", str_text(&padding));
	str_close(&padding);
	return at >= column;
}

void dag_error_format(const struct dag_error *error, bool caret, struct str *out)
{
	struct str lines = STR_INIT;

	escape_append(out, error->source);
	str_printf(out, ":%u:%u: %s\n", error->line, error->column, error->message);
	if (caret && error->text != NULL && append_caret(error->text, error->column, &lines))
		str_append(out, str_text(&lines));
	str_close(&lines);
}
