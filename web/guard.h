/* guard.h - what a request must be before anything else looks at it.
 *
 * Framing: two lengths, or a length and chunks, let two readers of one connection see two different
 * requests (RFC 9112 section 6.3); so does a name that one of them does not take for a name, as
 * "Content-Length " (section 5.1). Such a request is refused and its connection closed. Host: a
 * page of the web can make a browser talk to 127.0.0.1 under its own name (DNS rebinding), so over
 * TCP only our own names count. Origin: another site's page must not change anything. Pure. */
#ifndef HEDDLE_WEB_GUARD_H
#define HEDDLE_WEB_GUARD_H

#include "web/answer.h"

#include <stdbool.h>
#include <stddef.h>

/* The headers that matter, each NULL when missing. Texts live as long as the request. */
struct guard_headers {
	const char *host;
	const char *origin;
	const char *authorization;
	const char *content_length;
	const char *transfer_encoding;
	const char *idempotency_key;
	const char *range;
	const char *accept;
	const char *accept_encoding;
	const char *content_type;
	const char *cookie;
	const char *csrf; /* X-Heddle-CSRF */
	const char *if_match;
	const char *if_none_match;
	const char *last_event_id;
	const char *doubled; /* the name of one that came twice; NULL = none */
	bool has_bad_name;   /* one is no token (RFC 9110 section 5.6.2) */
	bool has_bad_value;  /* one holds a control character (RFC 9110 section 5.5) */
	bool is_http_1_0;    /* the request is: it cannot come in chunks */
};

/* Takes one header in. Names are compared without case; others than those above are ignored. */
void guard_take(struct guard_headers *headers, const char *name, const char *value);

/* Each returns true when all is well; otherwise *refusal holds the problem. */
bool guard_framing(const struct guard_headers *headers, struct answer *refusal);
/* Whether a request that may have a body says where it ends. Without that the server takes it to
 * have none, and what follows for the next request. */
bool guard_tells_length(const struct guard_headers *headers);
/* listen_host: what the daemon listens on; machine: the machine's own name. */
bool guard_host(const char *host, const char *listen_host, const char *machine,
		struct answer *refusal);
/* Nothing to say against a request without Origin: it comes from no page. */
bool guard_origin(const struct guard_headers *headers, struct answer *refusal);
/* What stands behind "Bearer "; NULL = no such. */
const char *guard_token(const char *authorization);
/* Compares in a time that does not depend on where the two differ. */
bool guard_bearer(const char *authorization, const char *token, struct answer *refusal);

#endif
