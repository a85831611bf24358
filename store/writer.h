/* writer.h - the one thread that writes.
 *
 * Batches submitted while a commit runs are written together by the next one (group commit).
 * Results come back on the loop thread, in the order of submission. A commit that fails for want of
 * space or with an I/O error is tried again here until it succeeds; meanwhile the state says so. */
#ifndef HEDDLE_STORE_WRITER_H
#define HEDDLE_STORE_WRITER_H

#include "store/store.h"

#include <uv.h>

struct store_writer;

struct store_writer_events {
	void *context;
	/* The batch is on disk. It is the callee's again (store_batch_destroy). */
	void (*committed)(void *context, struct store_batch *batch);
	/* A commit failed and is being retried; called again when the reason changes. */
	void (*failing)(void *context, enum store_failure failure, const char *reason);
	/* The retry succeeded; the committed calls of its batches follow. */
	void (*recovered)(void *context);
	/* STORE_BUG: nothing more is written. The unwritten batches, linked by next, stay the
	 * writer's; the first of them is the one that was refused (those before it in its group
	 * were written alone). The program must stop with the fact. */
	void (*broken)(void *context, const char *reason, const struct store_batch *unwritten);
};

/* Takes over the store for writing until store_writer_stop. All callbacks run on loop's thread,
 * never inside a call of this file. */
int store_writer_start(uv_loop_t *loop, struct store *store,
		       const struct store_writer_events *events, struct store_writer **out,
		       struct err *err);
/* Hands over a batch; wakes the thread. Loop thread only. */
void store_writer_submit(struct store_writer *writer, struct store_batch *batch);
/* True when nothing is being written or waits to be. Loop thread only. */
bool store_writer_is_idle(const struct store_writer *writer);
/* Finishes what was submitted (unless failing), joins the thread and calls stopped from the loop;
 * the writer is freed after it. */
void store_writer_stop(struct store_writer *writer, void (*stopped)(void *context), void *context);

#endif
