/* utf8.c - characters in UTF-8; see utf8.h. */
#include "base/utf8.h"

#include <string.h>

size_t utf8_length(const char *bytes)
{
	const unsigned char *text = (const unsigned char *)bytes;
	unsigned char lowest = 0x80;
	unsigned char highest = 0xbf;
	size_t length;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)
		lowest = 0xa0;
	else if (text[0] == 0xed)
		highest = 0x9f;
	else if (text[0] == 0xf0)
		lowest = 0x90;
	else if (text[0] == 0xf4)
		highest = 0x8f;
	if (text[1] < lowest || text[1] > highest)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return length;
}

size_t utf8_length_within(const char *bytes, size_t left)
{
	char character[5] = "";

	if (left >= 4)
		return utf8_length(bytes);
	memcpy(character, bytes, left);
	return utf8_length(character);
}

bool utf8_is_text(const char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = bytes[at] == '\0' ? 0 : utf8_length_within(bytes + at, size - at);

		if (length == 0)
			return false;
		at += length;
	}
	return true;
}
