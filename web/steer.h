/* steer.h - characters that steer a terminal, or turn the order of what is read, instead of showing
 * something: the controls C0, DEL and C1, the line separators, and the bidirectional formatting
 * characters (Unicode Standard Annex #9, section 2). A name that holds one can look like another,
 * or write over what stands above it. Pure. */
#ifndef HEDDLE_WEB_STEER_H
#define HEDDLE_WEB_STEER_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character that text begins with when it is such a one, else 0. */
size_t steer_bytes(const char *text, size_t size);
bool steer_is_in(const char *text, size_t size);

#endif
