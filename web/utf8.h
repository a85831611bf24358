/* utf8.h - where a character of a text ends, for whatever shows texts that nobody has checked.
 * Pure.
 */
#ifndef HEDDLE_WEB_UTF8_H
#define HEDDLE_WEB_UTF8_H

#include <stddef.h>

/* Bytes of the UTF-8 character at bytes, or 0 when there is none (RFC 3629 section 4: no overlong
 * form, no surrogate, nothing beyond U+10FFFF). The text ends with a NUL, which is no continuation.
 */
size_t utf8_length(const char *bytes);

#endif
