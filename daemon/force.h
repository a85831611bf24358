/* force.h - which dags are in force, and the version of each, parsed when it is first needed.
 *
 * All of them are held as names, files and hashes; the store has the texts. On the loop's thread
 * but for what says otherwise. */
#ifndef HEDDLE_DAEMON_FORCE_H
#define HEDDLE_DAEMON_FORCE_H

#include "base/err.h"
#include "daemon/folder.h"
#include "daemon/parsed.h"
#include "store/store.h"

#include <stdbool.h>
#include <uv.h>

struct force {
	uv_loop_t *loop;
	struct store *store;
	struct folder *now; /* sorted by id; never changes, but is replaced */
	struct parsed parsed;
	bool is_read; /* the folder was read since the start */
};

/* What was in force when the last daemon ended, from the store. On the calling thread. */
int force_open(struct force *force, uv_loop_t *loop, struct store *store, struct err *err);
void force_close(struct force *force);

/* Puts another folder into force; the former one is the caller's. */
struct folder *force_swap(struct force *force, struct folder *next);

/* A dag in force, or NULL. */
const struct folder_dag *force_find(const struct force *force, const char *dag_id);
/* Its version when it is at hand, the force's; NULL = to be fetched. */
struct dag *force_dag(struct force *force, const struct folder_dag *found);

/* Its version, a reference of the caller's, read and parsed on the calling thread; NULL = see *err.
 * For a start alone: it takes its time. */
struct dag *force_load(struct force *force, const struct folder_dag *found, struct err *err);

/* Reads and parses its version on a worker. Calls once, from the loop: then force_dag has it, in
 * that very call; or err says why not (err->code is 0 when all is well). */
typedef void force_fetched(void *context, const struct err *err);
void force_fetch(struct force *force, const struct folder_dag *found, force_fetched *done,
		 void *context);

/* The same for a version that a run keeps, in force or not. */
struct dag *force_kept(struct force *force, const char *hash);
void force_fetch_kept(struct force *force, const char *hash, force_fetched *done, void *context);

#endif
