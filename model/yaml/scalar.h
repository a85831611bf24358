/* scalar.h - what a plain word of YAML is: the 1.2 core schema (YAML 1.2.2, section 10.3.2).
 *
 * Stricter in one point: a number with a leading zero (0777) is text, because YAML 1.1 reads it as
 * octal and 1.2 as decimal. */
#ifndef HEDDLE_MODEL_YAML_SCALAR_H
#define HEDDLE_MODEL_YAML_SCALAR_H

#include <stdint.h>

enum node_type {
	NODE_NULL,
	NODE_BOOL,
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
	NODE_TYPE_COUNT,
};

/* Type of a scalar without quotes and without a tag: one of the first five. */
enum node_type scalar_type(const char *text);
/* Value of a text that is NODE_INTEGER: decimal, 0o17 or 0x1F. What does not fit becomes INT64_MIN
 * or INT64_MAX, so that no range holds it. */
int64_t scalar_integer(const char *text);
/* Value of a text that is NODE_INTEGER or NODE_FLOAT, also .inf and .nan. */
double scalar_number(const char *text);
/* "the integer", "a list" ...: the type in a message. */
const char *node_type_name(enum node_type type);

#endif
