/* tree.h - one YAML document as a tree of nodes that know their places.
 *
 * Aliases and "<<" are resolved while it is read: the tree shares what an alias names, so its
 * memory is bounded by the text, while what it expands to is counted and bounded by
 * LIMIT_ALIAS_NODES and LIMIT_ALIAS_BYTES. No path in it is longer than LIMIT_YAML_DEPTH. */
#ifndef HEDDLE_MODEL_YAML_TREE_H
#define HEDDLE_MODEL_YAML_TREE_H

#include "base/arena.h"
#include "model/yaml/report.h"
#include "model/yaml/scalar.h"
#include "model/yaml/source.h"

#include <stdbool.h>
#include <stdint.h>

struct node_entry;

struct node {
	enum node_type type;
	struct place place;              /* where it stands; of an alias: where the alias stands */
	size_t start;                    /* offsets in the text: where it begins */
	size_t end;                      /* and, of a scalar or an alias, where it ends */
	bool is_plain;                   /* a scalar without quotes and tag */
	bool is_faulty;                  /* an error of it is reported: nothing more need be said */
	const char *text;                /* of a scalar, as written, without quotes; else NULL */
	uint32_t count;                  /* items or entries */
	const struct node *const *items; /* of a list */
	const struct node_entry *entries; /* of a map; keys are scalars, each once */
	uint32_t weight;                  /* nodes that it stands for, aliases expanded */
	size_t bytes;                     /* of their texts */
	uint32_t height;                  /* of a scalar 1 */
};

struct node_entry {
	const struct node *key;
	const struct node *value;
	bool is_inherited; /* it stands in a heddle.yaml above (layers.h) */
};

/* What the documents of one file have used of the bounds; all zero at first. */
struct tree_use {
	uint32_t nodes;
	uint32_t alias_nodes;
	size_t alias_bytes;
};

/* Reads one document of the text. *root is NULL when the document is empty. Returns false when it
 * is not YAML or beyond a bound, so that *root means nothing; what is wrong is in the report.
 * Errors that leave the rest readable (a duplicate key, an unknown tag, an undefined alias) are
 * reported too, and their nodes are faulty. Nodes live in the arena. */
bool tree_read(const struct document *document, struct arena *arena, struct tree_use *use,
	       struct report *report, const struct node **root);

/* The node in a message: "the text 'hello'", "a list", "nothing". Lives as long as the report. */
const char *node_describe(struct report *report, const struct node *node);
/* The value of a map's key, or NULL. */
const struct node *node_get(const struct node *map, const char *key);
const struct node_entry *node_get_entry(const struct node *map, const char *key); /* or NULL */

#endif
