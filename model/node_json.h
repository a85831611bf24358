/* node_json.h - values of a DAG file as JSON. */
#ifndef HEDDLE_MODEL_NODE_JSON_H
#define HEDDLE_MODEL_NODE_JSON_H

#include "base/arena.h"
#include "model/yaml/tree.h"

#include <jansson.h>

/* The node as JSON, a new reference: what YAML's core schema makes of it (.inf and .nan, which JSON
 * does not have, become texts; integers beyond 64 bits numbers). */
json_t *node_to_json(const struct node *node);
/* The same as compact text in the arena. */
const char *node_to_json_text(const struct node *node, struct arena *arena);

#endif
