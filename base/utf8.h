/* utf8.h - where a character of a text ends, for whatever takes or shows texts that nobody has
 * checked. Pure. */
#ifndef HEDDLE_BASE_UTF8_H
#define HEDDLE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at bytes, or 0 when there is none (RFC 3629 section 4: no overlong
 * form, no surrogate, nothing beyond U+10FFFF). The text ends with a NUL, which is no continuation.
 */
size_t utf8_length(const char *bytes);
/* Likewise of bytes that need not end with a NUL: of what is cut off nothing is read. left > 0. */
size_t utf8_length_within(const char *bytes, size_t left);
/* Whether these bytes are characters to the last one; a NUL is none. They need not end with one. */
bool utf8_is_text(const char *bytes, size_t size);

#endif
