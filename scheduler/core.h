/* core.h - what the rooms of scheduler/ share: the state and the step that is under way.
 *
 *	sched --- runs ------ instances      a run owns one instance for each task of its dag
 *	  |         \            |  \
 *	  |          dag_limit   |   timers  while it waits for its retry, or for its attempt to die
 *	  |         /    |       |
 *	  ready - pool - line ---+           while it waits for a slot (queue.h)
 *
 * Nothing outside this folder includes it. */
#ifndef HEDDLE_SCHEDULER_CORE_H
#define HEDDLE_SCHEDULER_CORE_H

#include "base/heap.h"
#include "base/vec.h"
#include "scheduler/hash.h"
#include "scheduler/queue.h"
#include "scheduler/sched.h"

/* The owner of a member that a heap knows. */
#define OWNER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* One task in one run. */
struct instance {
	struct run *run;
	enum task_state state;
	uint32_t unfinished_upstream; /* upstream tasks that are not done */
	uint32_t attempts;            /* released so far */
	int64_t attempt_id;           /* of the newest; 0 = none yet */
	int64_t released_at_ms;       /* likewise, wall time */
	int64_t due_boot_ms;          /* of up_for_retry and cancelling, as committed; else 0 */
	struct heap_node wait;        /* in its line, while queued */
	struct heap_node timer;       /* in sched->timers, while something is due for it */
	UT_hash_handle by_attempt;    /* in sched->attempts, while it holds a slot */
};

struct run {
	int64_t run_no;
	char run_id[RUN_ID_SIZE];
	char *identity; /* dag id, source and key, with a NUL after each of the first two */
	size_t identity_bytes;
	struct dag *dag; /* a reference */
	enum run_state state;
	struct instance *instances; /* by position in dag->tasks */
	uint32_t unfinished;        /* instances that are not done */
	uint32_t holding;           /* instances that hold a slot */
	struct dag_limit *limit;
	struct line *line;           /* where its queued tasks wait */
	struct heap_node newest;     /* in limit->runs */
	struct heap_node newest_own; /* in limit->own_runs, when its dag brings a pool */
	UT_hash_handle by_no;
	UT_hash_handle by_id;
	UT_hash_handle by_identity;
};

struct sched {
	struct sched_config config;
	int64_t next_run_no;
	int64_t next_attempt_id;
	struct run *runs_by_no;
	struct run *runs_by_id;
	struct run *runs_by_identity;
	struct instance *attempts; /* by attempt id: those that hold a slot */
	struct heap timers;        /* by boot time */
	struct queue queue;
	const char *hold_why;         /* nothing is started, and why; NULL = it is */
	VEC(struct instance *) ended; /* done in this step, and not yet told to those downstream */
	VEC(struct run *) over;       /* have no unfinished instance left, and must end */
};

/* One step: what everything that decides needs. */
struct step {
	struct sched *sched;
	struct moment now;
	struct sched_output *output;
};

static inline uint32_t instance_position(const struct instance *instance)
{
	return (uint32_t)(instance - instance->run->instances);
}

static inline const struct task *instance_task(const struct instance *instance)
{
	return &instance->run->dag->tasks[instance_position(instance)];
}

#endif
