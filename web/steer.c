/* steer.c - characters that steer a terminal; see steer.h. */
#include "web/steer.h"

#include <string.h>

/* In UTF-8: the bytes before the last one, and the range of that. */
static const struct {
	const char *lead;
	unsigned char first;
	unsigned char last;
} ranges[] = {
    {"", 0x00, 0x1f},         {"", 0x7f, 0x7f}, {"\xc2", 0x80, 0x9f}, /* U+0080 to U+009F */
    {"\xd8", 0x9c, 0x9c},                                             /* U+061C */
    {"\xe2\x80", 0x8e, 0x8f},                                         /* U+200E and U+200F */
    {"\xe2\x80", 0xa8, 0xae},                                         /* U+2028 to U+202E */
    {"\xe2\x81", 0xa6, 0xa9},                                         /* U+2066 to U+2069 */
};

size_t steer_bytes(const char *text, size_t size)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		size_t length = strlen(ranges[i].lead);
		unsigned char last;

		if (length >= size || memcmp(text, ranges[i].lead, length) != 0)
			continue;
		last = (unsigned char)text[length];
		if (last >= ranges[i].first && last <= ranges[i].last)
			return length + 1;
	}
	return 0;
}

bool steer_is_in(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (steer_bytes(text + i, size - i) > 0)
			return true;
	return false;
}
