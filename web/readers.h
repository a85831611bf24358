/* readers.h - connections to the database for the workers.
 *
 * The loop hands one out with each job and takes it back after; the worker opens it when it is
 * NULL. So a reader is never with two threads, and none is open before it is needed. A few are
 * kept. */
#ifndef HEDDLE_WEB_READERS_H
#define HEDDLE_WEB_READERS_H

#include "store/read.h"

#include <stddef.h>

#define READERS_KEPT 2 /* each costs some 100 KiB */

struct readers {
	struct store_reader *kept[READERS_KEPT];
	size_t count;
};

/* NULL when none is at hand: the worker opens one. */
struct store_reader *readers_take(struct readers *readers);
/* NULL is allowed. More than are kept are closed. */
void readers_give(struct readers *readers, struct store_reader *reader);
void readers_close(struct readers *readers);

#endif
