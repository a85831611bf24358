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
#include "model/trigger_rule.h"
#include "scheduler/hash.h"
#include "scheduler/queue.h"
#include "scheduler/sched.h"

/* The owner of a member that a heap knows. */
#define OWNER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* As what those downstream count an instance. */
enum told {
	TOLD_NOTHING,
	TOLD_SUCCESS,
	TOLD_FAILED,
	TOLD_UPSTREAM_FAILED,
	TOLD_SKIPPED,
	TOLD_REMOVED,
};

/* One task in one run. */
struct instance {
	struct run *run;
	enum task_state state;
	enum cancel_aim aim; /* of cancelling */
	enum told told;      /* what its downstreams have counted so far */
	struct upstream_counts upstream;
	uint32_t attempts;        /* released so far */
	uint32_t attempts_before; /* likewise at its newest reset */
	int64_t attempt_id;       /* of the newest; 0 = none yet */
	int64_t released_at_ms;   /* likewise, wall time */
	int64_t due_boot_ms;      /* of up_for_retry, cancelling and queued, as committed; else 0 */
	char *outputs;            /* JSON, when conditions may ask for them; NULL = none */
	struct heap_node wait;    /* in its line, while queued */
	struct heap_node timer;   /* in sched->timers, while something is due for it */
	UT_hash_handle by_attempt; /* in sched->attempts, while it holds a slot */
};

struct run {
	int64_t run_no;
	char run_id[RUN_ID_SIZE];
	char *identity; /* dag id, source and key, with a NUL after each of the first two */
	size_t identity_bytes;
	struct dag *dag; /* a reference */
	enum run_state state;
	enum run_state outcome;     /* of cancelling and ending */
	bool is_listed;             /* in sched->over */
	char *params;               /* JSON; NULL = none */
	json_t *params_read;        /* of params, once a condition has asked for them */
	struct run_period period;   /* id is a copy */
	int64_t deadline_boot_ms;   /* of running, as committed; 0 = none */
	struct instance *instances; /* by position in dag->tasks */
	uint32_t unfinished;       /* instances that are not done, without those of the run's end */
	uint32_t unfinished_hooks; /* those of the run's end */
	uint32_t holding;          /* instances that hold a slot */
	struct dag_limit *limit;   /* NULL = it has ended, and is here for one step alone */
	struct seat *seats;        /* at the common pool and at each of its dag's (queue.c) */
	struct heap_node newest;   /* in limit->runs */
	struct heap_node waiting;  /* in limit->queued_runs, while queued */
	struct heap_node deadline; /* in sched->deadlines, while running with a timeout */
	int64_t start_at_ms;       /* wall time at which it was to start; 0 = at once */
	struct heap_node start;    /* in sched->starts, while waiting */
	bool is_forced;            /* its limit is its own: nobody else counts in it */
	enum run_place place;      /* what its limit counts it as */
	/* Of its tasks, as the version in force says; NULL = its own version does. */
	int32_t *priorities;
	UT_hash_handle by_no;
	UT_hash_handle by_id;
	UT_hash_handle by_identity;
};

/* Somebody paused a dag, or all. */
struct pause {
	char *dag_id; /* "" = all */
	char *actor;
	char *reason; /* NULL = none given */
	int64_t at_ms;
	UT_hash_handle by_dag;
};

struct sched {
	struct sched_config config;
	int64_t next_run_no;
	int64_t next_attempt_id;
	struct run *runs_by_no;
	struct run *runs_by_id;
	struct run *runs_by_identity;
	struct instance *attempts; /* by attempt id: those that hold a slot */
	struct heap timers;        /* of instances, by boot time */
	struct heap deadlines;     /* of runs, likewise */
	struct heap starts;        /* of runs that are waiting, by wall time */
	struct queue queue;
	struct pause *pauses; /* by dag id */
	struct tz *utc;
	char *hold_whys[HOLD_KIND_COUNT]; /* of those that the caller puts on; NULL = not on */
	struct sched_clock clock;         /* as committed, or about to be */
	int64_t last_fact_ms;             /* of the life before this one; 0 = none */
	int64_t wall_ahead_ms;            /* of the boot clock, in the newest step */
	bool was_held;                    /* by a hold of all, in the newest step */
	struct run *guest;                /* has ended, and was fed for the next step; or NULL */
	struct sched_counts counts;
	VEC(struct instance *) ended; /* done in this step, and not yet told to those downstream */
	VEC(struct run *) over;       /* have no unfinished instance left, and must end */
	size_t over_next;             /* the first of them that is still to be looked at */
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

static inline uint32_t instance_slots(const struct instance *instance)
{
	return instance_task(instance)->slots;
}

static inline bool instance_is_hook(const struct instance *instance)
{
	return instance_task(instance)->hook != HOOK_NONE;
}

/* Tries since its newest reset. */
static inline uint32_t instance_tries(const struct instance *instance)
{
	return instance->attempts - instance->attempts_before;
}

#endif
