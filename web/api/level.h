/* level.h - how grave a line of a log says it is, by the words that log libraries write. Pure.
 *
 *	ERROR WARN INFO DEBUG and their like in capitals, wherever in the head of the line
 *	error: [warning] level=error "level":"error"     in any letters, where they stand as a mark
 *	ValueError: ..., Traceback                       as Python and Java tell what was thrown
 *
 * A word in the middle of a sentence ("no error was found") is none. */
#ifndef HEDDLE_WEB_API_LEVEL_H
#define HEDDLE_WEB_API_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LEVEL_NONE, /* it says nothing */
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_WARN,
	LEVEL_ERROR,
};

/* Of a line without its end, with or without the instant that the shim writes before it. */
enum log_level level_of(const char *line, size_t size);
/* A line that goes on with what the one before it began: it is indented, as in a stack trace. */
bool level_goes_on(const char *line, size_t size);
/* "error", "warn", "info", "debug". */
bool level_from_name(const char *name, enum log_level *out);

#endif
