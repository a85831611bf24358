/* range.c - ranges of bytes; see range.h. */
#include "web/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Up to 18 digits, which fit; *out is -1 when there is none. False when there are more. */
static bool read_position(const char **at, int64_t *out)
{
	size_t digits = strspn(*at, "0123456789");
	int64_t value = 0;

	if (digits > 18)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (*(*at)++ - '0');
	*out = digits == 0 ? -1 : value;
	return true;
}

/* "-500" is the last 500 bytes. */
static enum range_result last_bytes(int64_t count, int64_t size_bytes, int64_t *first, int64_t *end)
{
	if (count <= 0 || size_bytes == 0)
		return count < 0 ? RANGE_WHOLE : RANGE_UNSATISFIABLE;
	*first = count < size_bytes ? size_bytes - count : 0;
	*end = size_bytes;
	return RANGE_PART;
}

enum range_result range_parse(const char *header, int64_t size_bytes, int64_t *first, int64_t *end)
{
	const char *at = header;
	int64_t from;
	int64_t to;

	if (header == NULL || strncasecmp(header, "bytes=", 6) != 0)
		return RANGE_WHOLE;
	at += 6;
	if (!read_position(&at, &from) || *at++ != '-' || !read_position(&at, &to) || *at != '\0')
		return RANGE_WHOLE;
	if (from < 0)
		return last_bytes(to, size_bytes, first, end);
	if (to >= 0 && to < from)
		return RANGE_WHOLE;
	if (from >= size_bytes)
		return RANGE_UNSATISFIABLE;
	*first = from;
	*end = to < 0 || to >= size_bytes ? size_bytes : to + 1;
	return RANGE_PART;
}
