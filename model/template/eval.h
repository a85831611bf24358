/* eval.h - the value of an expression, and texts made on the way to it. */
#ifndef HEDDLE_MODEL_TEMPLATE_EVAL_H
#define HEDDLE_MODEL_TEMPLATE_EVAL_H

#include "model/template/node.h"

/* All that one rendering may copy: filters that each make a text longer must not take the machine.
 */
#define EVAL_WORK_BYTES (64u * 1024 * 1024)
#define EVAL_TEXT_BYTES \
	(1024u * 1024) /* of one text on the way, or more when the caller's bound is */

struct eval {
	const struct template_values *values;
	const char *source;
	size_t text_max; /* of any text that is made */
	size_t work_left;
	struct err *err; /* never NULL */
};

/* Gives a new reference. Fails with ERR_NOT_FOUND (a name has no value: default and coalesce catch
 * it), ERR_INVALID or ERR_LIMIT. */
int eval_node(struct eval *eval, const struct node *node, json_t **out);
bool value_is_true(const json_t *value);

/* --- text.c: appends within the bounds. All fail with ERR_LIMIT, and with ERR_INVALID for a text
 * that holds a NUL, which neither a command nor an environment can. */

int text_append(struct eval *eval, struct str *out, const char *bytes, size_t size);
int text_append_value(struct eval *eval, struct str *out, const json_t *value);
int text_append_json(struct eval *eval, struct str *out, const json_t *value);
/* In single quotes for /bin/sh, always one word: of a list its JSON, for the words behind the first
 * one could be commands, as in "v={{ params.list | sh }}". */
int text_append_sh(struct eval *eval, struct str *out, const json_t *value);
/* Takes what was appended as a value; on failure (rc not 0) only closes text. Returns rc. */
int text_finish(struct eval *eval, int rc, struct str *text, json_t **out);
/* Counts work that copies nothing. */
int text_charge(struct eval *eval, size_t size);
const char *value_type(const json_t *value); /* "a text", "a number" ... */

/* --- compare.c */

int compare_values(struct eval *eval, enum compare how, const json_t *left, const json_t *right,
		   bool *out);

/* --- date.c */

/* ERR_SYNTAX with what is wrong. */
int date_check_format(const char *format, struct err *err);
int date_check_step(const char *step, struct err *err);
int date_format(struct eval *eval, const char *text, const char *format, struct str *out);
int date_add(struct eval *eval, const char *text, const char *step, struct str *out);

#endif
