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

struct tz;

struct sched_config {
	uint32_t default_pool_slots; /* of the common pool "default"; at least 1 */
	int64_t grace_ms;            /* a cancelled attempt has this long between TERM and KILL */
	int64_t next_run_no;         /* first free number, at least 1 */
	int64_t next_attempt_id;     /* likewise */
	uint64_t
	    seed; /* of what is left to chance (retry_jitter): the same in every life of a home */
	/* The zone of a name, for conditions; lives as long as the scheduler. NULL = none is known,
	 * and dates in conditions are those of UTC. */
	const struct tz *(*find_zone)(void *context, const char *name);
	void *zone_context;
};

enum input_kind {
	INPUT_TRIGGER,       /* start a run of a dag */
	INPUT_CANCEL,        /* end a run */
	INPUT_ATTEMPT_ENDED, /* the executor tells how an attempt ended */
	INPUT_TIME,          /* time has passed: what is due happens */
	INPUT_RERUN,         /* let tasks of a run run again */
	INPUT_MARK,          /* make a task what somebody says it is */
	INPUT_PAUSE,         /* let a dag, or all of them, start nothing */
	INPUT_RESUME,        /* its opposite */
	INPUT_KIND_COUNT,
};

/* Which tasks run again. Those of the run's end (hooks) do so whenever the run ends again. */
enum rerun_mode {
	RERUN_FAILED, /* failed, upstream_failed and cancelled ones, and all downstream of them */
	RERUN_FROM,   /* those that are named, and all downstream of them */
	RERUN_ONLY,   /* those that are named */
	RERUN_ALL,
};

/* What is found beside an end, by who can read the log and the outputs of the attempt. */
struct end_findings {
	bool retry_match;    /* retry_on's pattern stands in the end of the log */
	bool fail_match;     /* fail_on's does */
	const char *outputs; /* what it gave, a JSON object; NULL = nothing */
};

struct input {
	enum input_kind kind;
	const char *actor;            /* who wants it, for the facts */
	struct end_findings findings; /* with INPUT_ATTEMPT_ENDED */
	union {
		struct {
			struct dag *dag; /* in force; the scheduler takes its own reference */
			const char *run_id;
			const char *key;
			const char *source;
			const char *params; /* all of them, a JSON object; NULL = it has none */
			struct run_period period; /* id NULL = this instant, under the run's key */
			int64_t start_at_ms;      /* wall time; 0 = at once */
			/* Past max_active_runs, queue_max and the pause of its dag, which all its
			 * tasks ignore; max_active_tasks counts them by themselves. Pools, holds
			 * and the pause of all hold it as any other. */
			bool is_forced;
			/* With tasks, RERUN_FROM or RERUN_ONLY: these alone, as a rerun would
			 * choose them; all others count as success without having run. */
			enum rerun_mode mode;
			const char *const *tasks;
			size_t task_count;
		} trigger;
		struct {
			int64_t run_no;
			const char *reason; /* NULL = none given */
		} cancel;
		struct attempt_end ended;
		struct {
			int64_t run_no;
			enum rerun_mode mode;
			const char *const *tasks; /* ids, with RERUN_FROM and RERUN_ONLY */
			size_t task_count;
			struct dag *dag;    /* the version to go on with; NULL = the run's own */
			const char *params; /* all of them, a JSON object; NULL = as they are */
			const char *reason;
		} rerun;
		struct {
			int64_t run_no;
			const char *task;   /* id */
			enum task_state to; /* success, failed or skipped */
			const char *reason;
		} mark;
		struct {
			const char *dag_id; /* NULL = all */
			const char *reason;
		} pause; /* and resume */
	};
};

/* What keeps something from being started, beside a pause. Several may stand at once. */
enum hold_kind {
	HOLD_DRAIN,        /* the daemon ends as soon as nothing runs; never on disk */
	HOLD_SPACE,        /* the home's disk is nearly full */
	HOLD_CLOCK_BEHIND, /* the clock stands before the last fact; ends when it has passed it */
	HOLD_RESTORED,     /* the home was put back from a backup */
	HOLD_CLOCK_JUMP,   /* the wall clock was set; ends by itself after a minute */
	HOLD_KIND_COUNT,
};

struct hold {
	enum hold_kind kind;
	bool holds_all;  /* else only what starts at an instant of the wall clock */
	const char *why; /* one plain sentence */
};

/* What became of an input that somebody waits for. */
enum input_answer {
	ANSWER_DONE,
	ANSWER_UNCHANGED, /* all was so already */
	ANSWER_NOT_FOUND, /* no such run or task */
	ANSWER_REFUSED,   /* it makes no sense in this state; nothing was changed */
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
	enum input_answer answer; /* of the newest step */
	/* One plain sentence to an answer that is not "done"; lives as long as the changes. */
	const char *message;
};

void sched_output_init(struct sched_output *output);
void sched_output_close(struct sched_output *output); /* gives back the effects' dags, too */

struct sched *sched_create(const struct sched_config *config);
void sched_destroy(struct sched *sched);

/* Applies one input and appends what follows from it to *output (never cleared here, but for the
 * answer). In every step, whatever has become due by now happens as well, before the input itself.
 * Returns the number of the run concerned, 0 when there is none.
 *
 * INPUT_TRIGGER makes a run, which waits for its instant if it has one, and is queued while its dag
 * is paused or has max_active_runs under way; beyond queue_max it is refused. That its key is new
 * was checked by the caller (sched_find_key for runs under way and the store for ended ones).
 * INPUT_CANCEL of a run that has ended or is being cancelled changes nothing; in a run that is
 * ending it cancels the tasks of its end, and the outcome stays.
 * INPUT_ATTEMPT_ENDED of an attempt that is not under way becomes CHANGE_ATTEMPT_LATE and
 * EFFECT_FORGET.
 * INPUT_RERUN and INPUT_MARK of a run that has ended, and whose effects are all carried out: feed
 * it with sched_restore_run and sched_restore_task right before the step, and tell the version in
 * force, whose limits hold for it, too. It is under way again
 * after it, or forgotten again when nothing is left to do for it. A task that runs is ended first
 * (cancelling) and acted upon when it is gone. Old attempts stay as they are, and numbers of
 * attempts go on; each reset gives a task all its retries again. Another version (rerun.dag) is for
 * ended runs alone. INPUT_MARK judges anew what its task had decided: tasks downstream that could
 * not run for it are reset, and the run goes on. */
int64_t sched_step(struct sched *sched, const struct input *input, struct moment now,
		   struct sched_output *output);

/* The version of a dag in force: from the next step on its limits and the sizes of its own pools
 * hold for all runs of the dag. Without it those of the newest run under way do. Of a dag without
 * a run under way it is kept for the next step alone, which may begin one. The caller tells again
 * after a restart. */
void sched_put_dag(struct sched *sched, struct dag *dag);
/* The sizes of all shared pools (domain is set), instead of those that were told before: from the
 * next step on they hold, whatever the versions of dags say. Of a shared pool that is not among
 * them the newest run that has it says the size. Likewise told again after a restart. True when
 * something may start by it. */
bool sched_put_pools(struct sched *sched, const struct pool_size *pools, size_t count);
/* Calls for each dag that has runs under way, with the hash of the version whose limits hold. The
 * callee must not call the scheduler. */
void sched_each_dag(const struct sched *sched,
		    void (*each)(void *context, const char *dag_id, const char *hash),
		    void *context);
/* True while the dag, or all of them, are paused. */
bool sched_is_paused(const struct sched *sched, const char *dag_id);
bool sched_is_paused_alone(const struct sched *sched, const char *dag_id); /* by itself */

/* Puts on HOLD_DRAIN, HOLD_SPACE or HOLD_RESTORED, from the next step on; why (copied) NULL = ends
 * it: the next step (INPUT_TIME, say) starts what waits. True when that changed anything.
 * INPUT_RESUME of all ends HOLD_RESTORED and HOLD_CLOCK_BEHIND, too. */
bool sched_hold(struct sched *sched, enum hold_kind kind, const char *why);
bool sched_is_held(const struct sched *sched, enum hold_kind kind);
/* Those that stand; returns how many. Their reasons live in the arena. */
size_t sched_holds(const struct sched *sched, struct arena *arena,
		   struct hold holds[HOLD_KIND_COUNT]);
const char *hold_kind_name(enum hold_kind kind); /* "space", "clock_jump" ... */
/* Whether the wall clock was set by over 5 minutes since the last step: the next one notes it. */
bool sched_clock_has_jumped(const struct sched *sched, struct moment now);

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

/* What is under way, kept as it changes. */
struct sched_counts {
	size_t runs[RUN_STATE_COUNT];   /* those that have ended are not known here: 0 */
	size_t tasks[TASK_STATE_COUNT]; /* likewise; and those that wait for others (none): 0 */
};
const struct sched_counts *sched_counts(const struct sched *sched);

struct sched_pool {
	const char *dag_id; /* whose own it is; NULL = shared */
	const char *domain; /* of whose dags it is shared, "" = those without; NULL = own or common
			     */
	const char *name;
	uint32_t slots;
	uint32_t used;
	uint32_t waiting; /* tasks */
};
/* Calls for the common pool and for each other that runs under way use. */
void sched_each_pool(const struct sched *sched,
		     void (*each)(void *context, const struct sched_pool *pool), void *context);

/* --- starting again from what was committed -----------------------------------------------------
 */

struct sched_run_row {
	int64_t run_no;
	const char *run_id;
	const char *key;
	const char *source;
	enum run_state state;
	struct dag *dag; /* the version the run keeps; the scheduler takes its own reference */
	enum run_state outcome;   /* of cancelling and ending, as committed; else not read */
	int64_t deadline_boot_ms; /* its timeout's, on this boot's clock; 0 = none */
	const char *params;       /* as committed; NULL = none */
	struct run_period period; /* likewise */
	int64_t start_at_ms;      /* likewise */
	bool is_forced;           /* likewise */
};

struct sched_task_row {
	int64_t run_no;
	uint32_t task;
	enum task_state state;
	uint32_t attempts;        /* released so far */
	int64_t attempt_id;       /* the newest; 0 = none yet */
	int64_t released_at_ms;   /* of the newest */
	int64_t due_boot_ms;      /* of up_for_retry, cancelling and queued, on this boot's clock */
	int64_t queued_order;     /* of queued: smaller came first (see store) */
	enum cancel_aim aim;      /* of cancelling */
	uint32_t attempts_before; /* the newest reset */
	/* A JSON object; NULL = none. Of tasks with is_judged_by; of a run that has ended, of all:
	 * it may go on with a version whose conditions read others. */
	const char *outputs;
};

/* The clocks as committed, and the instant of the newest fact (0 = there is none). Before
 * sched_restore_end. */
void sched_restore_clock(struct sched *sched, const struct sched_clock *row, int64_t last_fact_ms);
/* A dag (NULL = all) is paused, as committed. Before the first step; later on for a dag that has
 * just come into force and is not paused here. */
void sched_restore_pause(struct sched *sched, const char *dag_id, const char *actor,
			 const char *reason, int64_t at_ms);
/* Feeds what the store holds: every run that has not ended, then its task instances, those of one
 * run in the order of their positions, none left out. Call before the first step; later on only for
 * one ended run at a time, right before the step that reruns or marks it. */
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

/* Fills *out as the LAUNCH effect that released the attempt (dag is not a reference of the
 * caller's). False = it is not under way. */
bool sched_find_attempt(const struct sched *sched, int64_t attempt_id, struct effect *out);

/* The whole state as text, one line a run, task that is not done, queue and timer, in an order that
 * depends on the state alone: two schedulers that behave alike print alike. For tests. */
void sched_dump(const struct sched *sched, struct str *out);

#endif
