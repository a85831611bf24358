/* param.h - the values that a run is started with: their types, bounds and defaults. */
#ifndef HEDDLE_MODEL_PARAM_H
#define HEDDLE_MODEL_PARAM_H

#include "base/err.h"
#include "base/str.h"
#include "model/dag.h"

#include <jansson.h>
#include <stdbool.h>

const char *param_type_name(enum param_type type); /* "string", as written */
extern const char *const param_type_names[];       /* all of them, NULL-terminated */
const struct param *param_find(const struct dag *dag, const char *name); /* or NULL */

/* True when no value of it can be anything but what the dag foresees: an enum, a pattern, a number,
 * a boolean or a date. Its value may stand in a command; that of a pattern, which may allow
 * anything, only when it is harmless. */
bool param_is_bound(const struct param *param);

/* True for text without the characters that mean something to a shell, to SQL or to a programming
 * language: quotes, $ ` \ ; & | < > ( ) { } [ ] * ? ~ # ! and control characters.
 * What a pattern lets through must be such a text to be rendered into a command. */
bool param_text_is_harmless(const char *text);

/* Checks one value; null stands for none. Fails with ERR_INVALID: "param 'region' must be one of
 * "us", "eu", not "asia"". */
int param_check(const struct param *param, const json_t *value, struct err *err);

/* The value that a text from a command line stands for: by the type of the param a number, true or
 * false, JSON for a list or object, or the text itself. A new reference; NULL = it is not of that
 * type (ERR_INVALID). */
json_t *param_from_text(const struct param *param, const char *text, struct err *err);

/* All params of a run: given (an object, or NULL) with the defaults of those that it does not name.
 * *out is a new reference. Fails with ERR_INVALID: an unknown name (with the nearest known), one
 * that is required and missing, a value that does not fit; or ERR_LIMIT beyond LIMIT_PARAMS_BYTES
 * of JSON. */
int params_resolve(const struct dag *dag, const json_t *given, json_t **out, struct err *err);

/* "HEDDLE_PARAM_my_name": '-' becomes '_'. */
void param_env_name(const char *name, struct str *out);
/* The value as the environment and templates show it: a text as it is, null as nothing, the rest as
 * JSON. */
void param_value_text(const json_t *value, struct str *out);

#endif
