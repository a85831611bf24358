/* render.c - errors as text; see render.h. */
#include "model/render.h"

/* True for the second and later bytes of a character in UTF-8. */
static bool is_inner_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* False when the column lies beyond the line, as it may where a line was cut. */
static bool append_padding(const char *line, uint32_t column, struct str *out)
{
	uint32_t at = 1;

	for (; at < column && *line != '\0'; line++) {
		if (is_inner_byte(line[1]))
			continue;
		str_append_char(out, *line == '\t' ? '\t' : ' ');
		at++;
	}
	return at == column;
}

void dag_error_format(const struct dag_error *error, bool caret, struct str *out)
{
	struct str padding = STR_INIT;

	str_printf(out, "%s:%u:%u: %s\n", error->source, error->line, error->column,
		   error->message);
	if (caret && error->text != NULL && append_padding(error->text, error->column, &padding))
		str_printf(out, "%s\n%s^\n", error->text, str_text(&padding));
	str_close(&padding);
}
