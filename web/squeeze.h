/* squeeze.h - bodies made smaller for the way (gzip, RFC 1952). On a worker: it takes a millisecond
 * for every 100 KB or so. */
#ifndef HEDDLE_WEB_SQUEEZE_H
#define HEDDLE_WEB_SQUEEZE_H

#include "base/str.h"

#include <stdbool.h>

/* Whether an Accept-Encoding (RFC 9110 section 12.5.3; NULL = none) takes gzip. */
bool squeeze_is_taken(const char *accept_encoding);
/* Replaces the body. */
void squeeze(struct str *body);

#endif
