/* answer.h - what goes back to the client: status, a few headers, a body.
 *
 * Errors are application/problem+json (RFC 9457): {type, title, status, detail}, and "errors" where
 * several things are wrong. detail tells the cause and what would be right. */
#ifndef HEDDLE_WEB_ANSWER_H
#define HEDDLE_WEB_ANSWER_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_HEADERS_MAX 6

struct answer_header {
	const char *name; /* a literal */
	char value[256];
};

struct answer {
	unsigned status;          /* 0 = not yet known */
	const char *content_type; /* a literal; NULL = application/json */
	struct str body;
	const char *cache; /* Cache-Control, a literal; NULL = as is_tagged says */
	struct answer_header headers[ANSWER_HEADERS_MAX];
	size_t header_count;
	char *disposition; /* Content-Disposition; NULL = none */
	bool is_tagged;    /* has an ETag: may be kept, and must be asked for again */
	bool close; /* the connection must not be used again: its framing is not to be trusted */
};

void answer_close(struct answer *answer);
/* Adds a header. At most ANSWER_HEADERS_MAX; a longer value is a bug. */
void answer_header(struct answer *answer, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The body is a file for people to keep, under this name (UTF-8). Once at most. */
void answer_attach(struct answer *answer, const char *name);
/* Replaces body and status by a problem; headers stay. */
void answer_problem(struct answer *answer, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Likewise, naming several things: errors[i] of key keys[i], which may be NULL. */
void answer_problems(struct answer *answer, unsigned status, const char *detail,
		     const char *const *keys, const char *const *errors, size_t count);
bool answer_is_problem(const struct answer *answer);
/* The problem that an error of a lower floor is to a client. */
void answer_err(struct answer *answer, const struct err *err);
void answer_text(struct answer *answer, unsigned status, const char *text); /* text/plain */

#endif
