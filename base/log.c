/* log.c - one line a fact; see log.h. A line is one write(2), so that lines never mix. */
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

char *log_quote(const char *text, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[used++] = '"';
	for (; *text != '\0' && used + 6 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			buffer[used++] = '\\';
			buffer[used++] = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			used += (size_t)snprintf(buffer + used, size - used, "\\x%02x", c);
		} else {
			buffer[used++] = (char)c;
		}
	}
	buffer[used++] = '"';
	buffer[used] = '\0';
	return buffer;
}

/* Whatever a value holds: a line is one line, and steers no terminal that shows it. C1 is C2 80 to
 * C2 9f in UTF-8. */
static void make_plain(char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == 0xc2 && i + 1 < size && (unsigned char)line[i + 1] < 0xa0)
			line[i] = line[i + 1] = '?';
		else if (c < 0x20 || c == 0x7f)
			line[i] = '?';
	}
}

static void write_line(const char *level, const char *message, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];
	char instant[CLOCK_TEXT_SIZE];
	size_t used;
	int length;

	clock_format_utc(clock_now().wall_ms, instant);
	used = (size_t)snprintf(line, sizeof line, "ts=%s level=%s msg=\"%s\" ", instant, level,
				message);
	length = vsnprintf(line + used, sizeof line - used - 1, format, args);
	if (length > 0)
		used += (size_t)length < sizeof line - used - 1 ? (size_t)length
								: sizeof line - used - 2;
	while (used > 0 && line[used - 1] == ' ')
		used--;
	make_plain(line, used);
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0)
		return; /* nowhere left to say so */
}

void log_info(const char *message, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("info", message, format, args);
	va_end(args);
}

void log_warn(const char *message, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("warn", message, format, args);
	va_end(args);
}

void log_error(const char *message, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("error", message, format, args);
	va_end(args);
}
