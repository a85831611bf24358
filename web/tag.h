/* tag.h - entity tags (RFC 9110 sections 8.8.3 and 13.1.2): whether a client has it already. */
#ifndef HEDDLE_WEB_TAG_H
#define HEDDLE_WEB_TAG_H

#include "web/api/api.h"

/* Gives a good answer of a ROUTE_TAGGED its ETag, the hash of its body, and makes it 304 when that
 * is what the client named. */
void tag_answer(struct call *call);

#define TAG_SIZE 35 /* two quotes, 32 hex digits and a NUL */

/* The ETag of a body. */
void tag_of(const struct str *body, char tag[TAG_SIZE]);
/* Whether If-Match (RFC 9110 section 13.1.1) lets this tag pass: "*", or a list that has it,
 * compared strongly. */
bool tag_matches(const char *if_match, const char *tag);

#endif
