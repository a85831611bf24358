/* lines.h - a log that comes in pieces, taken apart into lines. Pure. */
#ifndef HEDDLE_CLI_LINES_H
#define HEDDLE_CLI_LINES_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define LINES_BYTES_MAX (1u << 20) /* of a line; a longer one is given in parts */

/* All zero = nothing taken yet. */
struct lines {
	struct str held; /* the line that is not whole yet */
	int64_t count;   /* of those given */
};

/* Gets a line without its line feed; text[size] is NUL, and it may hold others. */
typedef void (*lines_fn)(void *context, const char *text, size_t size);

void lines_add(struct lines *lines, const char *bytes, size_t count, lines_fn take, void *context);
/* Gives what has no line feed behind it. */
void lines_end(struct lines *lines, lines_fn take, void *context);
void lines_close(struct lines *lines);

#endif
