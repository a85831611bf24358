/* tag.c - entity tags; see tag.h. */
#include "web/tag.h"

#include <assert.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define TAG_BYTES 16

/* Our tags hold nothing but hex digits, so that one stands in a list where its quoted text does,
 * weak or not: the comparison is the weak one. */
static bool names_tag(const char *if_none_match, const char *tag)
{
	return if_none_match != NULL &&
	       (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, tag) != NULL);
}

bool tag_matches(const char *if_match, const char *tag)
{
	const char *found = strstr(if_match, tag);

	if (strcmp(if_match, "*") == 0)
		return true;
	return found != NULL && (found < if_match + 2 || memcmp(found - 2, "W/", 2) != 0);
}

void tag_of(const struct str *body, char tag[TAG_SIZE])
{
	unsigned char hash[TAG_BYTES];
	char hex[TAG_BYTES * 2 + 1];

	static_assert(sizeof hex + 2 == TAG_SIZE, "the hash in quotes");
	crypto_generichash(hash, sizeof hash, (const unsigned char *)str_text(body), body->size,
			   NULL, 0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	snprintf(tag, TAG_SIZE, "\"%s\"", hex);
}

void tag_answer(struct call *call)
{
	struct answer *answer = &call->answer;
	char tag[TAG_SIZE];

	if (call->route == NULL || (call->route->flags & ROUTE_TAGGED) == 0 ||
	    answer->status != MHD_HTTP_OK)
		return;
	tag_of(&answer->body, tag);
	answer_header(answer, MHD_HTTP_HEADER_ETAG, "%s", tag);
	answer->is_tagged = true;
	if (names_tag(call->if_none_match, tag))
		answer->status = MHD_HTTP_NOT_MODIFIED;
}
