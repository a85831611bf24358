/* terminal.h - what a task printed, made harmless for a terminal.
 *
 * Colours stay (SGR, "ESC [ ... m": ECMA-48, 8.3.117), or are left out where none are wanted. All
 * else that steers a terminal (steer.h) or is no UTF-8 is shown instead of obeyed, as less(1) does:
 * "^[" for an escape, "<U+202E>", "<FF>". Line feeds, with or without a carriage return, and tabs
 * are what they are. Pure. */
#ifndef HEDDLE_CLI_TERMINAL_H
#define HEDDLE_CLI_TERMINAL_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero = nothing taken yet. */
struct terminal {
	bool colour;     /* colours are wanted */
	bool is_painted; /* a colour was begun and not ended */
	struct str held; /* the beginning of what may become a sequence or a character */
};

/* Appends what the next bytes of a stream become. */
void terminal_add(struct terminal *terminal, const char *bytes, size_t count, struct str *out);
/* Ends the stream: what was held is shown, a colour that was begun is ended. */
void terminal_end(struct terminal *terminal, struct str *out);
void terminal_close(struct terminal *terminal);

#endif
