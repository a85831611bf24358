/* pattern.h - regular expressions (PCRE2) that a dag brings along, bounded in work and depth. */
#ifndef HEDDLE_MODEL_PATTERN_H
#define HEDDLE_MODEL_PATTERN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Fails with ERR_SYNTAX: what is wrong with it, and at which character. */
int pattern_check(const char *pattern, struct err *err);
/* Whether the pattern matches the whole text (no part of it), which is UTF-8. Fails with
 * ERR_SYNTAX, or ERR_LIMIT when telling would take too long. */
int pattern_matches_whole(const char *pattern, const char *text, size_t size, bool *matches,
			  struct err *err);
/* Whether it is found anywhere in the bytes, whatever they are; ^ and $ are ends of lines. */
int pattern_is_found(const char *pattern, const char *bytes, size_t size, bool *found,
		     struct err *err);

#endif
