/* escape.c - control characters and those of direction, in a form that shows; see escape.h. */
#include "model/escape.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_inner_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Bytes of the first character; of what is not UTF-8, one. */
static size_t character_size(const char *text)
{
	size_t size = 1;

	if ((unsigned char)text[0] >= 0xc0)
		while (size < 4 && is_inner_byte(text[size]))
			size++;
	return size;
}

static bool turns_direction(uint32_t character)
{
	return character == 0x200e || character == 0x200f ||
	       (character >= 0x202a && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

/* The character of three bytes. */
static uint32_t decode_three(const char *text)
{
	return ((uint32_t)text[0] & 0x0f) << 12 | ((uint32_t)text[1] & 0x3f) << 6 |
	       ((uint32_t)text[2] & 0x3f);
}

size_t escape_character(struct str *out, const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t size = character_size(text);

	if (first == '\n')
		str_append(out, "\\n");
	else if (first == '\t')
		str_append(out, "\\t");
	else if (first < 0x20 || first == 0x7f)
		str_printf(out, "\\x%02x", first);
	else if (size == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0) /* C1 controls */
		str_printf(out, "\\x%02x", (unsigned char)text[1]);
	else if (size == 3 && (first & 0xf0) == 0xe0 && turns_direction(decode_three(text)))
		str_printf(out, "\\u%04x", decode_three(text));
	else
		str_append_bytes(out, text, size);
	return size;
}

void escape_append(struct str *out, const char *text)
{
	while (*text != '\0')
		text += escape_character(out, text);
}
