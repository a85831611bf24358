/* template.h - texts with {{ path | filter }} in them, and conditions over the same names.
 *
 *	text       = { characters | "{{" expression "}}" | "{{{{" (two braces as they are) }
 *	expression = or-free pipeline: primary { "|" filter [ "(" arguments ")" ] }
 *	primary    = path | literal | function "(" arguments ")" | "(" expression ")"
 *	path       = name { "." name | "[" integer or text literal "]" }        no blanks inside
 *	literal    = 'text' | "text" | integer | number | true | false | null
 *	             in a text \n \t \\ \' \" stand for what they stand for in C
 *	condition  = the same primaries and pipelines joined by == != < <= > >= in, not in,
 *	             not, and, or; [a, b] lists; and, or, not bind as in Python
 *
 * No loops, no code. A template is parsed once to be checked against the names that are known where
 * it stands (template_check), and again when it is rendered; it is small. Values are JSON
 * (jansson): an instant is a text as RFC 3339 with offset, a date a text "2026-11-20".
 *
 * All is safe on any thread, and reads no clock, file or environment. */
#ifndef HEDDLE_MODEL_TEMPLATE_TEMPLATE_H
#define HEDDLE_MODEL_TEMPLATE_TEMPLATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tz.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct template; /* parsed; lives in the arena it was parsed into */

/* params.region -> {"params", "region"}; an index is its digits. */
struct template_path {
	const char *const *parts;
	uint32_t count;
	size_t offset; /* of the path in the template's text, in bytes */
	size_t length;
};

/* What is wrong, and where in the text (a byte offset). */
struct template_error {
	size_t offset;
	char message[512];
};

/* As template_parse, for a check: calls report for each expression that cannot be read and goes on
 * behind it. Returns what can, in the arena. */
const struct template *template_parse_all(struct arena *arena, const char *text,
					  void (*report)(void *context,
							 const struct template_error *error),
					  void *context);

/* True when the text holds "{{" at all: most do not, and need no parsing. */
bool template_is_one(const char *text);

/* Parse a text with templates, or a whole condition (as in `when`, without braces). Fail with
 * ERR_SYNTAX, or ERR_LIMIT (depth 32, 1,000 expressions and 10,000 names, values and operators of
 * one text, 64 KiB of one expression). An unknown filter or function is ERR_SYNTAX with the nearest
 * known one. The text is copied. */
int template_parse(struct arena *arena, const char *text, struct template **out,
		   struct template_error *error);
int template_parse_condition(struct arena *arena, const char *text, struct template **out,
			     struct template_error *error);

/* What a name stands for where the template stands. */
enum template_class {
	TEMPLATE_UNKNOWN, /* no such name: why says so, with the nearest known one */
	TEMPLATE_BOUND,   /* its characters are known to be harmless (dates, numbers, ids, and enums
			     and patterns without quotes and what else steers a shell); it may be
			     empty */
	TEMPLATE_FREE,    /* free text: params without bounds, outputs, events, items */
	TEMPLATE_FREE_APART, /* free text that no variable of the environment holds */
};

struct template_scope {
	enum template_class (*resolve)(void *context, const struct template_path *path,
				       struct str *why);
	void *context;
};

/* Where the rendered text goes, and so what free text may do there. */
enum template_place {
	TEMPLATE_IN_SHELL, /* text for /bin/sh: free text only through "| sh", outside of quotes */
	TEMPLATE_IN_CODE,  /* text for another interpreter, argv, SQL: no free text at all */
	TEMPLATE_IN_VALUE, /* environment, cwd, conditions: anything */
};

/* Checks every name and every use of free text; calls report for each thing that is wrong. The
 * message of a use of free text names the environment variable that holds the value
 * ($HEDDLE_PARAM_x, $HEDDLE_OUT_task__k, $HEDDLE_ITEM, $HEDDLE_EVENT) and, in a shell text, "| sh".
 */
void template_check(const struct template *template, const struct template_scope *scope,
		    enum template_place place,
		    void (*report)(void *context, const struct template_error *error),
		    void *context);
/* Calls each once for every path in it, in order. */
void template_each_path(const struct template *template,
			void (*each)(void *context, const struct template_path *path),
			void *context);

/* The values at rendering. */
struct template_values {
	/* A new reference; NULL = the name has no value here, *why says why ("task 'a' gave no
	 * output 'k'"). A name without value is an error unless the filter default catches it. */
	json_t *(*get)(void *context, const struct template_path *path, struct str *why);
	void *context;
	const struct tz *tz; /* the dag's zone, for date and add */
};

/* Appends the rendered text. Fails with ERR_INVALID (a value is missing, or of the wrong type for
 * its filter) or ERR_LIMIT (beyond max_bytes); *out may then hold a part. Texts are put in as they
 * are, numbers and booleans as in JSON, null as nothing, lists and objects as compact JSON. A text
 * that holds a NUL is ERR_INVALID: no command and no environment can hold it. */
int template_render(const struct template *template, const struct template_values *values,
		    size_t max_bytes, struct str *out, struct err *err);
/* Fails with ERR_INVALID: a value is missing, or two are compared that cannot be ("2" < 3). */
int template_judge(const struct template *condition, const struct template_values *values,
		   bool *out, struct err *err);

#endif
