/* restored.h - what a home that came out of a backup cannot know, as JSON:
 *
 *	{"restored": null}
 *	{"restored": {"at", "actor", "reason", "known_until", "runs_under_way",
 *	              "uncertain": [{"run", "dag", "task", "attempt", "released_at", "lost"}],
 *"more"}} */
#ifndef HEDDLE_WEB_RESTORED_H
#define HEDDLE_WEB_RESTORED_H

#include "store/read.h"
#include "web/compose.h"

#define RESTORED_UNCERTAIN_MAX 1000

/* Writes the object; compose may be used no further after a failure. */
int restored_write(struct compose *compose, struct store_reader *reader, struct err *err);

#endif
