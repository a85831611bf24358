/* tag.c - entity tags; see tag.h. */
#include "web/tag.h"

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

void tag_answer(struct call *call)
{
	struct answer *answer = &call->answer;
	unsigned char hash[TAG_BYTES];
	char hex[TAG_BYTES * 2 + 1];
	char tag[sizeof hex + 2];

	if (call->route == NULL || (call->route->flags & ROUTE_TAGGED) == 0 ||
	    answer->status != MHD_HTTP_OK)
		return;
	crypto_generichash(hash, sizeof hash, (const unsigned char *)str_text(&answer->body),
			   answer->body.size, NULL, 0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	snprintf(tag, sizeof tag, "\"%s\"", hex);
	answer_header(answer, MHD_HTTP_HEADER_ETAG, "%s", tag);
	answer->is_tagged = true;
	if (names_tag(call->if_none_match, tag))
		answer->status = MHD_HTTP_NOT_MODIFIED;
}
