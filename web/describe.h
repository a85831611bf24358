/* describe.h - the OpenAPI 3.1 document of the API, made from the table of routes (route.h), that
 * of parameters (query.h) and that of schemas (describe.c). Pure. */
#ifndef HEDDLE_WEB_DESCRIBE_H
#define HEDDLE_WEB_DESCRIBE_H

#include "base/str.h"

#include <stdbool.h>

/* Appends the document. */
void describe_api(struct str *out);
/* Whether the table of schemas has one of this name. */
bool describe_has_schema(const char *name);

#endif
