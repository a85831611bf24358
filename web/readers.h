/* readers.h - connections to the database for the workers.
 *
 * A worker takes one for as long as it looks and gives it back before its job ends. So a reader is
 * never with two threads, none is open before it is needed, and however many jobs are queued, never
 * more than READERS_MAX are open: a worker that finds all of them taken waits for one. They are
 * kept for the next job. Any thread may call but for readers_init and readers_close. */
#ifndef HEDDLE_WEB_READERS_H
#define HEDDLE_WEB_READERS_H

#include "store/read.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define READERS_MAX 4 /* as many as libuv has workers by default; each costs some 200 KiB */

struct readers {
	uv_mutex_t mutex;
	uv_cond_t given;
	struct store_reader *kept[READERS_MAX];
	size_t kept_count;
	size_t taken_count;
};

void readers_init(struct readers *readers);
/* No job may have one any more. */
void readers_close(struct readers *readers);

/* Opens one when none is kept; fails as store_reader_open does. */
int readers_take(struct readers *readers, const char *db_path, struct store_reader **out,
		 struct err *err);
/* failed: it may hold on to a database that is no more, and is closed. */
void readers_give(struct readers *readers, struct store_reader *reader, bool failed);

#endif
