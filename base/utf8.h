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
/* Whether these bytes are characters to the last one; a NUL is none. They need not end with one. */
bool utf8_is_text(const char *bytes, size_t size);

#endif
