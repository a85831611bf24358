/* queue.h - who waits for a slot or for its turn as a run, and who comes next.
 *
 * A queued instance waits in a line: that of its dag for its pool. A line stands in its pool only
 * while it has somebody in it, and its dag is below max_active_tasks and not paused; a dag at its
 * limit therefore blocks nobody. A pool stands in queue->ready only while its first instance fits
 * into what is free. All three are heaps ordered by priority, then arrival, so that the next to
 * start is found in O(log n), and nothing is ever searched.
 *
 * The order within a pool is strict: while the first one needs more slots than are free, nobody
 * behind it starts, or it would wait for ever. One that needs more than the whole pool (which may
 * have shrunk) starts when the pool is empty.
 *
 * Runs of a dag wait in a line of their own, in the order of their numbers. A dag stands in
 * queue->startable only while it may start one.
 *
 * A pool belongs to one dag, or to all dags of a domain, or is the common one. The limits of a dag
 * and the sizes of its pools are those of its version in force where the caller told it, else those
 * of the newest run under way; the size of a domain's pool is told by itself, since no version of a
 * dag has the last word on it. A limit that shrinks ends nothing: no more start until enough have
 * ended. Likewise the priorities of tasks; all else of a run follows the version that it keeps.
 *
 * A pool lives while a run uses it, and one that is shared while it is told. */
#ifndef HEDDLE_SCHEDULER_QUEUE_H
#define HEDDLE_SCHEDULER_QUEUE_H

#include "base/heap.h"
#include "base/vec.h"
#include "model/dag.h"
#include "scheduler/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct instance;
struct run;

struct pool {
	char *key;        /* who shares it and its name, see queue.c; NULL = the common one */
	size_t key_bytes; /* without its end */
	const char *name;
	uint32_t slots;
	uint32_t put_slots; /* as told; 0 = nothing was */
	uint32_t used;
	uint32_t waiting;      /* instances in all its lines */
	struct heap lines;     /* by their first instance */
	struct heap seats;     /* of the runs that use it, newest on top */
	struct heap_node node; /* in queue->ready */
	UT_hash_handle by_key;
};

struct line {
	struct dag_limit *limit;
	struct pool *pool;
	uint32_t seat_count;   /* of runs that use it */
	struct heap waiting;   /* instances */
	struct heap_node node; /* in pool->lines */
};

/* A run at one of its pools. */
struct seat {
	struct run *run;
	struct line *line;
	uint32_t slots;          /* the size that its version gives the pool */
	struct heap_node newest; /* in pool->seats; not with the common pool */
};

/* As what a run counts in its limit. */
enum run_place {
	PLACE_ACTIVE,
	PLACE_QUEUED,
	PLACE_WAITING,
};

/* What one dag may hold and holds, over all its runs but those that are forced: each of these has a
 * limit of its own, which knows no pause. Lives while it has a run. */
struct dag_limit {
	char *dag_id;
	struct dag *in_force; /* as told; NULL = the newest run's holds */
	uint32_t max_active_tasks;
	uint32_t max_active_runs;
	uint32_t active;      /* instances that hold a slot */
	uint32_t active_runs; /* neither queued nor waiting */
	uint32_t waiting_runs;
	bool is_paused;
	bool is_own;             /* of one forced run: not found by its id */
	struct heap runs;        /* newest on top */
	struct heap queued_runs; /* oldest on top */
	struct heap_node node;   /* in queue->startable */
	VEC(struct line *) lines;
	UT_hash_handle by_id;
};

struct queue {
	struct pool common;
	struct pool *pools;       /* all others, by key */
	struct dag_limit *limits; /* by dag id */
	/* In force, of a dag that has no run: for the limit that the next step may make. */
	struct dag *told;
	struct heap ready;     /* pools that can start something */
	struct heap startable; /* dags that can start a run */
	int64_t next_order;    /* arrivals are numbered */
	bool is_paused;        /* all of it */
};

void queue_init(struct queue *queue, uint32_t common_slots);
void queue_close(struct queue *queue); /* no run is left in it */

/* Sets run->limit and run->seats; the run counts as queued or active by its state. */
void queue_add_run(struct queue *queue, struct run *run, bool dag_is_paused);
void queue_remove_run(struct queue *queue, struct run *run);
/* The run's state has changed: it may count as something else. */
void queue_move_run(struct queue *queue, struct run *run);
/* The run that is to start now, left in its line; NULL when none can. */
struct run *queue_next_run(const struct queue *queue);
/* NULL when no run of the dag is under way. */
struct dag_limit *queue_find_limit(const struct queue *queue, const char *dag_id);
/* Whether one more run of the dag would start at once. */
bool queue_may_start_run(const struct queue *queue, const struct dag *dag);

/* See sched_put_dag. Its own pools: those of its domain are told by themselves. */
void queue_put_dag(struct queue *queue, struct dag *dag);
/* The step is over: what was told of a dag that has no run after it is forgotten. */
void queue_forget_told(struct queue *queue);
/* See sched_put_pools. */
bool queue_put_pools(struct queue *queue, const struct pool_size *pools, size_t count);
void queue_pause_dag(struct queue *queue, const char *dag_id, bool is_paused);

/* What holds of an instance's priority: the version in force says so, where it has the task. */
int32_t queue_priority(const struct instance *instance);
/* Lets an instance wait; order is queue_arrive's, or one that was committed. */
void queue_add(struct queue *queue, struct instance *instance, int64_t order);
void queue_remove(struct queue *queue, struct instance *instance);
/* The number of the next to come. */
int64_t queue_arrive(struct queue *queue);

void queue_take_slot(struct queue *queue, struct instance *instance);
void queue_give_slot(struct queue *queue, struct instance *instance);

/* Who is to start now, left in its line; NULL when nobody can. */
struct instance *queue_next(const struct queue *queue);

/* Where an instance waits, or would. */
struct line *queue_line_of(const struct instance *instance);
/* Who is to start first of all that may wait in a pool; NULL = nobody waits that may start. */
struct instance *queue_first_of(const struct pool *pool);

/* Below max_active_tasks and not paused. */
bool limit_is_open(const struct dag_limit *limit);
/* Whether so many slots can be had of the pool. */
bool pool_has_room(const struct pool *pool, uint32_t slots);

#endif
