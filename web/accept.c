/* accept.c - media types; see accept.h. */
#include "web/accept.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* One member of the list: a range of types and how much it is liked. */
struct range {
	const char *type;
	size_t length;
	double quality; /* 0 = not taken */
};

/* "qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )"; what is none counts as 1. */
static double quality_of(const char *parameters, size_t length)
{
	const char *end = parameters + length;

	for (const char *at = parameters; at < end; at++) {
		at += strspn(at, BLANKS);
		if (at + 2 < end && (at[0] == 'q' || at[0] == 'Q') && at[1] == '=' &&
		    (at[2] == '0' || at[2] == '1'))
			return strtod(at + 2, NULL);
		at += strcspn(at, ";,");
	}
	return 1;
}

/* Takes the next member; false when there is none. */
static bool next_range(const char **at, struct range *range)
{
	size_t whole;

	*at += strspn(*at, BLANKS ",");
	if (**at == '\0')
		return false;
	whole = strcspn(*at, ",");
	range->type = *at;
	range->length = strcspn(*at, BLANKS ";,");
	range->quality = 1;
	if (memchr(*at, ';', whole) != NULL) {
		size_t head = strcspn(*at, ";") + 1;

		range->quality = quality_of(*at + head, whole - head);
	}
	*at += whole;
	return true;
}

/* How closely a range names the type: 0 = not at all, 3 = exactly. */
static int closeness(const struct range *range, const char *type, size_t length)
{
	size_t slash = (size_t)(strchr(type, '/') - type);

	if (range->length == 3 && memcmp(range->type, "*/*", 3) == 0)
		return 1;
	if (range->length == slash + 2 && range->type[slash + 1] == '*' &&
	    strncasecmp(range->type, type, slash + 1) == 0)
		return 2;
	return range->length == length && strncasecmp(range->type, type, length) == 0 ? 3 : 0;
}

/* "The most specific reference has precedence." */
static double liking(const char *header, const char *type, size_t length)
{
	struct range range;
	double quality = 0;
	int closest = 0;

	while (next_range(&header, &range)) {
		int close = closeness(&range, type, length);

		if (close > closest) {
			closest = close;
			quality = range.quality;
		}
	}
	return quality;
}

bool accept_pick(const char *header, const char *offers, char picked[ACCEPT_TYPE_SIZE])
{
	double best = 0;

	if (header == NULL || header[strspn(header, BLANKS)] == '\0')
		header = "*/*";
	for (const char *offer = offers; *offer != '\0'; offer += strspn(offer, " ")) {
		size_t length = strcspn(offer, " ");
		double liked = liking(header, offer, length);

		assert(length < ACCEPT_TYPE_SIZE);
		if (liked > best) {
			best = liked;
			memcpy(picked, offer, length);
			picked[length] = '\0';
		}
		offer += length;
	}
	return best > 0;
}

bool accept_is_json(const char *content_type)
{
	size_t length;

	if (content_type == NULL)
		return true;
	length = strcspn(content_type, BLANKS ";");
	if (length == strlen("application/json") &&
	    strncasecmp(content_type, "application/json", length) == 0)
		return true;
	return length > 5 && strncasecmp(content_type, "application/", 12) == 0 &&
	       strncasecmp(content_type + length - 5, "+json", 5) == 0;
}
