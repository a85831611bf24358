/* accept.h - media types: what a client takes (RFC 9110 section 12.5.1) and what it sent. Pure. */
#ifndef HEDDLE_WEB_ACCEPT_H
#define HEDDLE_WEB_ACCEPT_H

#include <stdbool.h>

#define ACCEPT_TYPE_SIZE 32

/* Picks what the client likes best of the offers, which are separated by blanks; of what it likes
 * alike, the first. picked gets it. header NULL = takes everything. False: it takes none. */
bool accept_pick(const char *header, const char *offers, char picked[ACCEPT_TYPE_SIZE]);
/* Whether a body of this Content-Type is taken for JSON; NULL = not told. */
bool accept_is_json(const char *content_type);

#endif
