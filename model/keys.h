/* keys.h - every key of a DAG file: the one table behind the parser, its messages and its tests.
 *
 * The table holds the whole language. A key that the parser does not read yet stands in it as not
 * supported, so that a file which uses it is told so instead of "unknown key". */
#ifndef HEDDLE_MODEL_KEYS_H
#define HEDDLE_MODEL_KEYS_H

#include "model/yaml/report.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a key may stand. Bits: some stand at more than one level and mean the same. */
enum key_level {
	LEVEL_DAG = 1,
	LEVEL_TASK = 2,
	LEVEL_FOLDER = 4, /* heddle.yaml */
};

struct key {
	const char *name;
	unsigned levels;
	bool is_supported;
	bool is_action;       /* a task has exactly one of these */
	const char *type;     /* "text", "integer" ... */
	const char *fallback; /* what holds without it: a value, "required" or "none" */
	const char *meaning;
};

extern const struct key keys[];
extern const size_t key_count;

/* True for a key of a task that may stand in `defaults`: not what makes the one task what it is. */
bool key_may_be_default(const struct key *key);
/* The key of that name at that level, or NULL. */
const struct key *key_find(const char *name, enum key_level level);
/* The key that a word which is not one at this level most likely stands for: another tool's word
 * for ours, or a slip of the pen. NULL when it reminds of none, or is a key of another level. */
const struct key *key_guess(struct report *report, const char *name, enum key_level level);
/* Reports a key that does not stand at its level: with our word for it where another tool's was
 * written, with the level it belongs to, or with the nearest known one. */
void key_report_unknown(struct report *report, struct place place, const char *name,
			enum key_level level);

#endif
