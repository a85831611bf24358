/* escape.h - text of unknown origin made harmless to a terminal and to who reads there. */
#ifndef HEDDLE_MODEL_ESCAPE_H
#define HEDDLE_MODEL_ESCAPE_H

#include "base/str.h"

#include <stddef.h>

/* Appends the first character of a text that is not empty and returns its bytes in the text. What
 * steers a terminal is written as in a quoted text: line ends and tabs as \n and \t, control
 * characters as \x1b, those that turn the direction of text (U+200E, U+202A ...) as \u202e. */
size_t escape_character(struct str *out, const char *text);
/* Appends the whole text so. */
void escape_append(struct str *out, const char *text);

#endif
