/* defaults.h - a heddle.yaml: what holds for all dags in its folder and below.
 *
 * It is checked by itself once, and then kept as the tree that it is: which of its keys hold for a
 * dag is decided for each dag anew (layers.h). It never changes once parsed, and may be used on any
 * thread. */
#ifndef HEDDLE_MODEL_DEFAULTS_H
#define HEDDLE_MODEL_DEFAULTS_H

#include "model/dag.h"

#include <stdbool.h>
#include <stddef.h>

struct defaults;
struct node;

/* True for the path of a file that holds a folder's defaults: heddle.yaml or heddle.yml. */
bool defaults_is_name(const char *path);

/* Parses the text of a heddle.yaml, which may be empty. source names it in messages, as in
 * "D1/heddle.yaml". Fails as dag_parse_in does; *out then is NULL. */
int defaults_parse(const char *source, const char *text, size_t size, struct defaults **out,
		   struct dag_errors *errors);
/* The same for a text that was checked when it came and is kept with a version: only what the dags
 * make of it is checked again. */
int defaults_parse_kept(const char *source, const char *text, size_t size, struct defaults **out,
			struct dag_errors *errors);

struct defaults *defaults_ref(struct defaults *defaults);
void defaults_unref(struct defaults *defaults); /* NULL is allowed */

const char *defaults_source(const struct defaults *defaults);
const char *defaults_text(const struct defaults *defaults, size_t *size);
const char *defaults_hash(const struct defaults *defaults); /* as dag->hash, of the text */
/* The map of its keys; NULL when it is empty. */
const struct node *defaults_root(const struct defaults *defaults);
/* The pools that it sizes, domain NULL; of one that was parsed as kept none are known. */
const struct pool_size *defaults_pools(const struct defaults *defaults, uint32_t *count);

#endif
