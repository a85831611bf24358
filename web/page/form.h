/* form.h - what a form of a page sends (application/x-www-form-urlencoded, WHATWG URL section 5.1),
 * as the body that the same command has over the API (body.h).
 *
 *	csrf               checked apart, never part of the body
 *	token              of the list that was shown (web.h); likewise
 *	back               where to go after it, an address on this server
 *	task, tasks        may come several times: a list
 *	param-NAME         a value of params, as text
 *	others             as they are; empty = not given
 *
 * Pure. */
#ifndef HEDDLE_WEB_PAGE_FORM_H
#define HEDDLE_WEB_PAGE_FORM_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define FORM_FIELDS_MAX 1200u
#define FORM_TOKEN_BYTES 32u /* hex digits */

struct form {
	char *csrf;     /* NULL = none came */
	char *token;    /* likewise */
	char *back;     /* NULL = none came, or it leads elsewhere */
	json_t *fields; /* an object of texts, and "tasks" a list of them */
	json_t *params; /* an object of texts; NULL = none came */
};

/* Reads size bytes. Fails with ERR_SYNTAX (a bad percent sign, a NUL, no UTF-8) or ERR_INVALID (too
 * many fields, a field twice, a token that is none); *out then holds nothing. */
int form_parse(const char *bytes, size_t size, struct form *out, struct err *err);
void form_close(struct form *form);

/* Whether a Content-Type names such a body. */
bool form_is_type(const char *content_type);

#endif
