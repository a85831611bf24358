/* schema.h - the JSON Schema (draft 2020-12) of a DAG file and of a heddle.yaml.
 *
 * Made from the table in keys.h, so that an editor offers and refuses the keys that the parser
 * does: only supported ones, strictly. It knows shapes (types, ranges, words, exactly one action),
 * not what names stand for: unknown tasks, cycles and templates are told by `heddle validate`. */
#ifndef HEDDLE_MODEL_SCHEMA_H
#define HEDDLE_MODEL_SCHEMA_H

#include "model/keys.h"

#include <jansson.h>

/* The schema of one document; level is LEVEL_DAG or LEVEL_FOLDER. A new reference. */
json_t *schema_make(enum key_level level);

/* True when the shape of the key's value is known here, as it must be of each supported key. */
bool schema_knows(const struct key *key, enum key_level level);

#endif
