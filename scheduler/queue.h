/* queue.h - who waits for a slot, and who gets the next one.
 *
 * A queued instance waits in a line: that of its dag for its pool. A line stands in its pool only
 * while it has somebody in it and its dag is below max_active_tasks; a dag at its limit therefore
 * blocks nobody. A pool stands in queue->ready only while it has a free slot and a line. All three
 * are heaps ordered by arrival, so that the next to start is found in O(log n), first come, first
 * served, and nothing is ever searched.
 *
 * The limits of a dag are those of its newest run under way: its max_active_tasks, and the size of
 * the pool named "default" when the dag brings one of its own. A limit that shrinks ends nothing:
 * no more start until enough have ended. */
#ifndef HEDDLE_SCHEDULER_QUEUE_H
#define HEDDLE_SCHEDULER_QUEUE_H

#include "base/heap.h"
#include "model/dag.h"
#include "scheduler/hash.h"

#include <stdint.h>

struct instance;
struct run;

struct pool {
	uint32_t slots;
	uint32_t used;
	struct heap lines;     /* by their first instance's arrival */
	struct heap_node node; /* in queue->ready */
};

struct line {
	struct dag_limit *limit;
	struct pool *pool;
	struct heap waiting;   /* instances, by arrival */
	struct heap_node node; /* in pool->lines */
};

/* What one dag may hold and holds, over all its runs. Lives while it has a run. */
struct dag_limit {
	char *dag_id;
	uint32_t max_active_tasks;
	uint32_t active;      /* instances that hold a slot */
	struct heap runs;     /* newest on top */
	struct heap own_runs; /* likewise, only those whose dag brings a pool */
	struct pool own_pool;
	struct line common_line; /* for the pool common to all dags */
	struct line own_line;
	UT_hash_handle by_id;
};

struct queue {
	struct pool common;
	struct dag_limit *limits; /* by dag id */
	struct heap ready;        /* pools that can start something, by arrival */
	int64_t next_order;       /* arrivals are numbered */
};

void queue_init(struct queue *queue, uint32_t common_slots);
void queue_close(struct queue *queue); /* no run is left in it */

/* Sets run->limit and run->line; the limits become those of the newest run. */
void queue_add_run(struct queue *queue, struct run *run);
void queue_remove_run(struct queue *queue, struct run *run);

/* Lets an instance wait; order is queue_arrive's, or one that was committed. */
void queue_add(struct queue *queue, struct instance *instance, int64_t order);
void queue_remove(struct queue *queue, struct instance *instance);
/* The number of the next to come. */
int64_t queue_arrive(struct queue *queue);

void queue_take_slot(struct queue *queue, struct instance *instance);
void queue_give_slot(struct queue *queue, struct instance *instance);

/* Who is to start now, left in its line; NULL when nobody can. */
struct instance *queue_next(const struct queue *queue);

/* The pool of a dag for its own tasks alone, or NULL when it uses the common one. */
const struct pool_size *queue_own_pool(const struct dag *dag);

#endif
