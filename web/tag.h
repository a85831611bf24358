/* tag.h - entity tags (RFC 9110 sections 8.8.3 and 13.1.2): whether a client has it already. */
#ifndef HEDDLE_WEB_TAG_H
#define HEDDLE_WEB_TAG_H

#include "web/api/api.h"

/* Gives a good answer of a ROUTE_TAGGED its ETag, the hash of its body, and makes it 304 when that
 * is what the client named. */
void tag_answer(struct call *call);

#endif
