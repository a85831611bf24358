/* sched.h - the pure core: decides what runs when.
 *
 *	step(state, input, now) -> changes + effects
 *
 * It reads no clock, file, socket or database. Time comes in with the input; what was decided goes
 * out as changes (rows, model/change.h) and effects (deeds). Whoever calls it writes the changes
 * down and carries out the effects only when they are on disk. It keeps only runs that have not
 * ended.
 *
 * The cost of a step is the size of what it changes: a task counts its unfinished upstreams, delays
 * sit in one heap, pools and the limits of a dag keep queues. Nothing is scanned. */
#ifndef HEDDLE_SCHEDULER_SCHED_H
#define HEDDLE_SCHEDULER_SCHED_H

#include "base/clock.h"
#include "base/str.h"
#include "model/attempt.h"
#include "model/change.h"
#include "model/dag.h"
#include "model/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;

struct sched_config {
	uint32_t default_pool_slots; /* of the common pool "default"; at least 1 */
	int64_t grace_ms;            /* a cancelled attempt has this long between TERM and KILL */
	int64_t next_run_no;         /* first free number, at least 1 */
	int64_t next_attempt_id;     /* likewise */
};

enum input_kind {
	INPUT_TRIGGER,       /* start a run of a dag */
	INPUT_CANCEL,        /* end a run */
	INPUT_ATTEMPT_ENDED, /* the executor tells how an attempt ended */
	INPUT_TIME,          /* time has passed: what is due happens */
};

struct input {
	enum input_kind kind;
	const char *actor; /* who wants it, for the facts */
	union {
		struct {
			struct dag *dag; /* in force; the scheduler takes its own reference */
			const char *run_id;
			const char *key;
			const char *source;
		} trigger;
		struct {
			int64_t run_no;
			const char *reason; /* NULL = none given */
		} cancel;
		struct attempt_end ended;
	};
};

enum effect_kind {
	EFFECT_LAUNCH,    /* start the attempt; harmless when it was started before */
	EFFECT_CANCEL,    /* ask the attempt to end (TERM); harmless twice */
	EFFECT_KILL,      /* its grace is over */
	EFFECT_FORGET,    /* its end is on disk: the exit record may go */
	EFFECT_RUN_ENDED, /* the run reached a final state, and is no longer known here */
};

struct effect {
	enum effect_kind kind;
	int64_t run_no;
	char run_id[RUN_ID_SIZE];
	uint32_t task;            /* position in dag->tasks */
	uint32_t number;          /* of the attempt, 1 = first try */
	int64_t attempt_id;       /* 0 with EFFECT_RUN_ENDED */
	int64_t released_at_ms;   /* wall time of its release; 0 = not known here */
	int64_t deadline_boot_ms; /* with EFFECT_CANCEL: when EFFECT_KILL follows */
	struct dag *dag; /* a reference of the effect's own, with EFFECT_LAUNCH; else NULL */
};

/* What one or several steps yielded. The caller initialises, reads, and closes it. */
struct sched_output {
	struct change_list changes;
	struct effect *effects;
	size_t effect_count;
	size_t effect_capacity;
};

void sched_output_init(struct sched_output *output);
void sched_output_close(struct sched_output *output); /* gives back the effects' dags, too */

struct sched *sched_create(const struct sched_config *config);
void sched_destroy(struct sched *sched);

/* Applies one input and appends what follows from it to *output (never cleared here). In every
 * step, whatever has become due by now happens as well, before the input itself. INPUT_TRIGGER
 * always makes a run: that its key is new was checked by the caller (sched_find_key for runs under
 * way and the store for ended ones). INPUT_CANCEL of a run that has ended or is being cancelled
 * changes nothing. INPUT_ATTEMPT_ENDED of an attempt that is not under way becomes
 * CHANGE_ATTEMPT_LATE and EFFECT_FORGET. Returns the number of the run concerned, 0 when there is
 * none. */
int64_t sched_step(struct sched *sched, const struct input *input, struct moment now,
		   struct sched_output *output);

/* From the next step on nothing is started, though it may be queued; why is its reason, and lives
 * until the next call. NULL = go on: the next step (INPUT_TIME, say) starts what waits. */
void sched_hold_starts(struct sched *sched, const char *why);

/* The boot-clock instant at which INPUT_TIME has something to do; INT64_MAX = never. */
int64_t sched_next_due_boot_ms(const struct sched *sched);

/* A run under way with this key, or 0. */
int64_t sched_find_key(const struct sched *sched, const char *dag_id, const char *source,
		       const char *key);
/* A run under way by its id, or 0. */
int64_t sched_find_run(const struct sched *sched, const char *run_id);
/* The id of a run under way, or NULL. */
const char *sched_run_id(const struct sched *sched, int64_t run_no);
size_t sched_active_run_count(const struct sched *sched);

/* --- starting again from what was committed -----------------------------------------------------
 */

struct sched_run_row {
	int64_t run_no;
	const char *run_id;
	const char *key;
	const char *source;
	enum run_state state;
	struct dag *dag; /* the version the run keeps; the scheduler takes its own reference */
};

struct sched_task_row {
	int64_t run_no;
	uint32_t task;
	enum task_state state;
	uint32_t attempts;      /* released so far */
	int64_t attempt_id;     /* the newest; 0 = none yet */
	int64_t released_at_ms; /* of the newest */
	int64_t due_boot_ms;    /* of up_for_retry and cancelling, on this boot's clock */
	int64_t queued_order;   /* of queued: smaller came first (see store) */
};

/* Feeds what the store holds: every run that has not ended, then its task instances, those of one
 * run in the order of their positions, none left out. Call before the first step. */
void sched_restore_run(struct sched *sched, const struct sched_run_row *row);
void sched_restore_task(struct sched *sched, const struct sched_task_row *row);
/* Ends the restoring: rebuilds counts and queues, and appends the deeds that follow from committed
 * rows: EFFECT_LAUNCH is NOT among them (the daemon asks the executor what became of each attempt
 * that holds a slot; see sched_each_attempt), EFFECT_CANCEL for each that is cancelling is. What
 * became possible while nobody looked (a slot is free, a run has nothing left to do) is decided
 * now and appended, too. */
void sched_restore_end(struct sched *sched, struct moment now, struct sched_output *output);

/* Calls for every attempt that holds a slot, as the LAUNCH effect that released it (dag is not a
 * reference of the callee's). Between the rows and sched_restore_end these are exactly the
 * committed ones; what sched_restore_end starts beyond them is not on disk yet. */
void sched_each_attempt(struct sched *sched,
			void (*each)(void *context, const struct effect *attempt), void *context);

/* The whole state as text, one line a run, task that is not done, queue and timer, in an order that
 * depends on the state alone: two schedulers that behave alike print alike. For tests. */
void sched_dump(const struct sched *sched, struct str *out);

#endif
