/* lines.c - see lines.h. */
#include "cli/lines.h"

#include <stdbool.h>
#include <string.h>

static void give(struct lines *lines, lines_fn take, void *context)
{
	lines->count++;
	take(context, str_text(&lines->held), lines->held.size);
	str_clear(&lines->held);
}

void lines_add(struct lines *lines, const char *bytes, size_t count, lines_fn take, void *context)
{
	while (count > 0) {
		size_t room = LINES_BYTES_MAX - lines->held.size;
		const char *end = memchr(bytes, '\n', count);
		size_t size = end == NULL ? count : (size_t)(end - bytes);
		bool is_line = end != NULL && size <= room;

		size = size < room ? size : room;
		str_append_bytes(&lines->held, bytes, size);
		if (is_line || lines->held.size == LINES_BYTES_MAX)
			give(lines, take, context);
		size += is_line;
		bytes += size;
		count -= size;
	}
}

void lines_end(struct lines *lines, lines_fn take, void *context)
{
	if (lines->held.size > 0)
		give(lines, take, context);
}

void lines_close(struct lines *lines)
{
	str_close(&lines->held);
}
