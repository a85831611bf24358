/* reload.h - takes up the changes of the dag folder, one after the other.
 *
 *	watch --> scan --> read (several workers) --> judge, write --> swap on the loop
 *	  ^         |
 *	  '---------' something is still being written
 *
 * All but the swap is done on libuv's workers. The folder is in force once the store has it; a
 * store that cannot be written leaves all as it is, and it is tried again. */
#ifndef HEDDLE_DAEMON_RELOAD_H
#define HEDDLE_DAEMON_RELOAD_H

#include "base/err.h"
#include "daemon/force.h"
#include "daemon/watch.h"
#include "store/store.h"

#include <stdint.h>
#include <uv.h>

struct reload_pass;

struct reload {
	uv_loop_t *loop;
	struct store *store;
	struct force *force;
	const char *path; /* of the folder, absolute */
	const char *only; /* name of the one file in it that counts; NULL = all do */
	uint32_t default_pool_slots;
	struct watch watch;
	struct reload_pass *pass; /* under way; NULL = none */
	bool again;               /* something changed meanwhile */
	bool reads_all;           /* the store has lost a version: each file is read once more */
	bool stopping;
	/* After each change that came into force, and once for the first reading. */
	/* former: what was in force before, until it returns. */
	void (*changed)(void *context, const struct folder *former);
	void *context;
};

/* The other members are filled in by the caller. Reads the folder at once. */
void reload_start(struct reload *reload);
/* A reading under way is ended without effect. */
void reload_stop(struct reload *reload);
void reload_close(struct reload *reload); /* after the loop */

/* How many threads libuv is to have: those that read, and some for who waits for an answer. To be
 * called before the first work is queued. */
void reload_set_workers(void);

#endif
