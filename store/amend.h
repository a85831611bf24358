/* amend.h - the changes of a run beyond its states: what tasks gave, and what a rerun goes on with;
 * and pauses. Parts of apply.c's table. */
#ifndef HEDDLE_STORE_AMEND_H
#define HEDDLE_STORE_AMEND_H

#include "store/core.h"

int amend_outputs(struct store *store, const struct change *change, struct err *err);
int amend_params(struct store *store, const struct change *change, struct err *err);
int amend_version(struct store *store, const struct change *change, struct err *err);
int amend_note(struct store *store, const struct change *change, struct err *err);
int amend_prune(struct store *store, const struct change *change, struct err *err); /* prune.c */
/* The row of the clocks (clock.c). */
int amend_clock(struct store *store, const struct change *change, struct err *err);
int amend_hold(struct store *store, const struct change *change, struct err *err);
/* Of an attempt that was pruned meanwhile there is nothing to keep. */
int amend_scripts(struct store *store, const struct change *change, struct err *err);
int amend_pause(struct store *store, const struct change *change, struct err *err);

#endif
