/* parse_value.h - reads one value of a DAG file as the type that its key wants.
 *
 * Each returns false when the value is not of that type or out of its range; that is reported then,
 * at the value, and *out is untouched. name is the key, for messages. Texts live as long as the
 * tree. */
#ifndef HEDDLE_MODEL_PARSE_VALUE_H
#define HEDDLE_MODEL_PARSE_VALUE_H

#include "model/yaml/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text that is text in YAML, too: not a number, true or null. At most max_bytes long. */
bool value_text(struct report *report, const char *name, const struct node *node, size_t max_bytes,
		const char **out);
/* As value_text, but not empty and not blank. */
bool value_word(struct report *report, const char *name, const struct node *node, size_t max_bytes,
		const char **out);
/* As value_word, for a text that may hold templates. */
bool value_templated(struct report *report, const char *name, const struct node *node,
		     size_t max_bytes, const char **out);
/* As value_scalar, for a text that may hold templates. */
bool value_templated_scalar(struct report *report, const char *name, const struct node *node,
			    size_t max_bytes, const char **out);
/* Any scalar but null, as it is written. */
bool value_scalar(struct report *report, const char *name, const struct node *node,
		  size_t max_bytes, const char **out);
/* As value_text, for the name of something: of any length, for the caller to look up or refuse. */
bool value_name(struct report *report, const char *name, const struct node *node, const char **out);
bool value_id(struct report *report, const char *name, const struct node *node, bool dots_allowed,
	      const char **out);
bool value_integer(struct report *report, const char *name, const struct node *node, int64_t least,
		   int64_t most, int64_t *out);
bool value_duration(struct report *report, const char *name, const struct node *node,
		    int64_t *out_ms);
/* As value_duration, but longer than 0: without the key there is none. */
bool value_span(struct report *report, const char *name, const struct node *node, int64_t *out_ms);
bool value_number(struct report *report, const char *name, const struct node *node, double least,
		  double most, double *out);
bool value_bool(struct report *report, const char *name, const struct node *node, bool *out);
/* A number of bytes: 512Mi, 2Gi, 64Ki, or bytes alone (1024). */
bool value_size(struct report *report, const char *name, const struct node *node, uint64_t least,
		uint64_t *out_bytes);
/* One of the words (NULL-terminated); *out is its position. */
bool value_choice(struct report *report, const char *name, const struct node *node,
		  const char *const *words, unsigned *out);
bool value_is_map(struct report *report, const char *name, const struct node *node);

/* Reports that the value is not what the key wants: "'retries' must be an integer, not the text
 * 'three'". Says nothing of a faulty node. Returns false. */
bool value_mismatch(struct report *report, const char *name, const struct node *node,
		    const char *wanted);

#endif
