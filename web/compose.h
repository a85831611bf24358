/* compose.h - writes JSON, member by member, in the order of the calls.
 *
 * Commas and escapes are its business. Text that is not UTF-8 gets U+FFFD for each bad byte, so
 * that what goes out is always JSON (RFC 8259). Nothing can fail. */
#ifndef HEDDLE_WEB_COMPOSE_H
#define HEDDLE_WEB_COMPOSE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct compose {
	struct str *out; /* the caller's; appended to */
	bool comma;      /* the next value is not the first of its object or array */
};

void compose_init(struct compose *compose, struct str *out);
/* bracket: '{' or '['; then '}' or ']'. */
void compose_open(struct compose *compose, char bracket);
void compose_close(struct compose *compose, char bracket);
void compose_key(struct compose *compose, const char *key);
void compose_text(struct compose *compose, const char *text); /* NULL = null */
void compose_int(struct compose *compose, int64_t value);
void compose_bool(struct compose *compose, bool value);
void compose_json(struct compose *compose, const char *json); /* a value that is JSON already */
/* RFC 3339 UTC with milliseconds; 0 = null. */
void compose_time(struct compose *compose, int64_t at_ms);

/* A key and its value. */
void compose_member_text(struct compose *compose, const char *key, const char *text);
void compose_member_int(struct compose *compose, const char *key, int64_t value);
void compose_member_time(struct compose *compose, const char *key, int64_t at_ms);
/* Begins a member that is an object or array. */
void compose_member_open(struct compose *compose, const char *key, char bracket);

#endif
