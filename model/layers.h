/* layers.h - a dag as if the defaults of its folders and of itself stood where they apply.
 *
 * Nearest wins, key by key: the task's own keys, then the dag's `defaults`, then those of each
 * heddle.yaml above, from the nearest up. The maps env, pools, vars, defaults and limits are joined
 * entry by entry; of everything else the nearest value holds whole. Nodes are shared, not copied,
 * so that each still knows the file and the place it came from. */
#ifndef HEDDLE_MODEL_LAYERS_H
#define HEDDLE_MODEL_LAYERS_H

#include "base/arena.h"
#include "model/yaml/tree.h"

#include <stddef.h>

/* The dag's map with the keys that the folders' maps add; folders are the roots of the heddle.yaml
 * files, nearest first. What comes from them is marked as inherited. */
const struct node *layers_dag(struct arena *arena, const struct node *root,
			      const struct node *const *folders, size_t folder_count);

/* A task's map with the keys that the dag's joined `defaults` add, and with the dag's joined env
 * below its own. defaults and env (the dag's entry of that key) may be NULL, or no maps: they add
 * nothing then. */
const struct node *layers_task(struct arena *arena, const struct node *task,
			       const struct node *defaults, const struct node_entry *env);

/* Both maps' entries; of a key in both, the nearer one's. A side that is NULL or no map adds
 * nothing. */
const struct node *layers_join(struct arena *arena, const struct node *nearer,
			       const struct node *farther);

#endif
