/* progress.c - see progress.h. */
#include "model/progress.h"

#include "base/utf8.h"

#include <string.h>

#define PERCENT_MAX 100u

static size_t skip_blanks(const char *line, size_t size, size_t at)
{
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at;
}

/* Keeps what fits of a text, up to a whole character. */
static void keep_text(const char *text, size_t size, struct progress *out)
{
	if (size > 0 && text[size - 1] == '\r')
		size--;
	if (size > PROGRESS_TEXT_BYTES) {
		size = PROGRESS_TEXT_BYTES;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	if (!utf8_is_text(text, size))
		size = 0;
	memcpy(out->text, text, size);
	out->text[size] = '\0';
}

/* "42", "42 text", "42% text" */
static bool read_line(const char *line, size_t size, struct progress *out)
{
	size_t begin = skip_blanks(line, size, 0);
	size_t at = begin;
	uint32_t percent = 0;

	for (; at < size && line[at] >= '0' && line[at] <= '9'; at++)
		if (percent <= PERCENT_MAX)
			percent = percent * 10 + (uint32_t)(line[at] - '0');
	if (at == begin || percent > PERCENT_MAX)
		return false;
	at += at < size && line[at] == '%';
	if (at < size && strchr(" \t\r", line[at]) == NULL)
		return false;
	at = skip_blanks(line, size, at);
	out->percent = percent;
	keep_text(line + at, size - at, out);
	return true;
}

bool progress_read(const char *text, size_t size, struct progress *out)
{
	while (size > 0) {
		const char *before;
		size_t begin;

		size -= text[size - 1] == '\n';
		before = size == 0 ? NULL : memrchr(text, '\n', size);
		begin = before == NULL ? 0 : (size_t)(before - text) + 1;
		if (read_line(text + begin, size - begin, out))
			return true;
		size = begin;
	}
	return false;
}
