/* terminal.c - see terminal.h. */
#include "cli/terminal.h"

#include "base/utf8.h"
#include "web/steer.h"

#include <string.h>

#define ESCAPE '\033'
#define COLOUR_BYTES_MAX 64 /* of a sequence; a longer one is none */
#define CHARACTER_BYTES_MAX 4

/* A text that ends with a NUL, and whether more of it may come. */
struct rest {
	const char *text;
	size_t size;
	bool is_all;
};

static void show_control(unsigned char c, struct str *out)
{
	str_append_char(out, '^');
	str_append_char(out, (char)(c ^ 0x40));
}

/* Each take_ appends what the first character becomes and returns the bytes it took; 0 = it takes
 * more to know. */
static size_t take_return(const struct rest *rest, struct str *out)
{
	if (rest->size == 1 && !rest->is_all)
		return 0;
	if (rest->text[1] != '\n')
		show_control('\r', out);
	return 1;
}

static size_t take_colour(struct terminal *terminal, const char *text, size_t size, struct str *out)
{
	if (!terminal->colour)
		return size;
	str_append_bytes(out, text, size);
	terminal->is_painted =
	    strncmp(text, "\033[m", size) != 0 && strncmp(text, "\033[0m", size) != 0;
	return size;
}

static size_t take_escape(struct terminal *terminal, const struct rest *rest, struct str *out)
{
	size_t end = 1;

	if (rest->text[1] == '[')
		end += 1 + strspn(rest->text + 2, "0123456789;:");
	if (end < COLOUR_BYTES_MAX && end == rest->size && !rest->is_all)
		return 0;
	if (end > 1 && end < COLOUR_BYTES_MAX && rest->text[end] == 'm')
		return take_colour(terminal, rest->text, end + 1, out);
	show_control(ESCAPE, out);
	return 1;
}

/* The number of a character of two or three bytes: none that steers has more. */
static unsigned number_of(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (length == 2)
		return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
	return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
}

static size_t take_character(const struct rest *rest, struct str *out)
{
	size_t length = utf8_length(rest->text);

	if (length == 0 && rest->size < CHARACTER_BYTES_MAX && !rest->is_all)
		return 0;
	if (length == 0)
		str_printf(out, "<%02X>", (unsigned char)rest->text[0]);
	else if (steer_bytes(rest->text, length) > 0)
		str_printf(out, "<U+%04X>", number_of(rest->text, length));
	else
		str_append_bytes(out, rest->text, length);
	return length == 0 ? 1 : length;
}

static size_t take(struct terminal *terminal, const struct rest *rest, struct str *out)
{
	unsigned char c = (unsigned char)rest->text[0];

	if (c >= 0x80)
		return take_character(rest, out);
	if (c == '\r')
		return take_return(rest, out);
	if (c == ESCAPE)
		return take_escape(terminal, rest, out);
	if (c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f))
		str_append_char(out, (char)c);
	else
		show_control(c, out);
	return 1;
}

static void take_all(struct terminal *terminal, bool is_all, struct str *out)
{
	const char *text = str_text(&terminal->held);
	struct rest rest = {text, terminal->held.size, is_all};
	struct str held = STR_INIT;
	size_t taken = 1;

	while (rest.size > 0 && taken > 0) {
		taken = take(terminal, &rest, out);
		rest.text += taken;
		rest.size -= taken;
	}
	str_append_bytes(&held, rest.text, rest.size);
	str_close(&terminal->held);
	terminal->held = held;
}

void terminal_add(struct terminal *terminal, const char *bytes, size_t count, struct str *out)
{
	str_append_bytes(&terminal->held, bytes, count);
	take_all(terminal, false, out);
}

void terminal_end(struct terminal *terminal, struct str *out)
{
	take_all(terminal, true, out);
	if (terminal->is_painted)
		str_append(out, "\033[0m");
	terminal->is_painted = false;
}

void terminal_close(struct terminal *terminal)
{
	str_close(&terminal->held);
}
