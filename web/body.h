/* body.h - the JSON that comes with a command.
 *
 *	trigger  {"id": KEY}          all keys optional, as is the body itself
 *	cancel   {"reason": TEXT}
 *
 * Strict: every key that is not known is named, and those that are to come say so. Pure. */
#ifndef HEDDLE_WEB_BODY_H
#define HEDDLE_WEB_BODY_H

#include "web/answer.h"

#include <stdbool.h>
#include <stddef.h>

enum body_kind {
	BODY_TRIGGER,
	BODY_CANCEL,
};

/* Texts are the body's own; body_close gives them back. NULL = not given. */
struct body {
	char *key;    /* BODY_TRIGGER: "id" */
	char *reason; /* BODY_CANCEL */
};

/* Reads size bytes. On failure *refusal holds the problem (400 for what is no JSON, 422 for what is
 * against a rule, with all errors at once), *out nothing, and false is returned. */
bool body_parse(enum body_kind kind, const char *bytes, size_t size, struct body *out,
		struct answer *refusal);
void body_close(struct body *body);

/* What is wrong with a run's key, or NULL: 1 to LIMIT_RUN_KEY_BYTES bytes of UTF-8, no control
 * characters. */
const char *body_key_fault(const char *key, size_t size);

#endif
