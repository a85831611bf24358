/* change.h - what one step of the scheduler changed: the rows that must be on disk before anything
 * outside may see it.
 *
 * The scheduler yields changes, the store writes them: each to the row that holds the present and
 * to the append-only fact table that tells who changed what, from what, to what, when and why. The
 * two know each other only through this page. */
#ifndef HEDDLE_MODEL_CHANGE_H
#define HEDDLE_MODEL_CHANGE_H

#include "base/arena.h"
#include "base/clock.h"
#include "model/attempt.h"
#include "model/dag.h"
#include "model/state.h"
#include "model/values.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_ID_SIZE 17 /* 16 lower-case hex digits and a NUL */

enum change_kind {
	CHANGE_RUN_NEW, /* the run and one task instance per task, all in state none */
	CHANGE_RUN_STATE,
	CHANGE_TASK_STATE,
	CHANGE_ATTEMPT_NEW, /* released: it may be launched once this is committed */
	CHANGE_ATTEMPT_END,
	CHANGE_ATTEMPT_LATE, /* a record of an attempt that had ended already: kept as a fact only
			      */
	CHANGE_OUTPUTS,      /* what a task gave; those of an older attempt are replaced */
	CHANGE_RUN_PARAMS,   /* a rerun goes on with other params */
	CHANGE_RUN_VERSION,  /* a rerun goes on with another version of the dag */
	CHANGE_DAG_PAUSE,    /* a dag, or all of them, is paused or goes on */
	CHANGE_NOTE,         /* somebody says something about a run */
	CHANGE_RUN_PRUNE,    /* an ended run lets go of its detail (store/prune.h) */
	CHANGE_CLOCK,        /* the wall clock jumped, or stands before the last fact, or does no
				more */
	CHANGE_HOLD,         /* somebody ends what held a restored home */
	CHANGE_SCRIPTS,      /* what the scripts that an attempt starts were; no fact */
	CHANGE_KIND_COUNT,
};

struct change_run_new {
	const char *run_id;   /* RUN_ID_SIZE */
	struct dag *dag;      /* the version it keeps; the change holds a reference */
	const char *key;      /* unique per dag and source: the same key never makes a second run */
	const char *source;   /* "manual" */
	enum run_state state; /* the first one: running, queued or waiting */
	const char *params;   /* all of them, a JSON object; NULL = it has none */
	struct run_period period;
	struct moment deadline; /* of running: when its timeout has passed; zeros = never */
	int64_t start_at_ms;    /* wall time of its start; 0 = at once */
	bool is_forced;         /* past the limits and the pause of its dag */
};

struct change_run_state {
	enum run_state from;
	enum run_state to;
	/* With RUN_ENDING and RUN_CANCELLING: the state that the run will end in (a timeout cancels
	 * what runs, and the run has failed). Else equal to `to`. */
	enum run_state outcome;
	struct moment deadline; /* with RUN_RUNNING: when its timeout has passed; zeros = never */
};

struct change_task_state {
	enum task_state from;
	enum task_state to;
	/* With TASK_UP_FOR_RETRY: when, on both clocks. With TASK_CANCELLING: the instant after
	 * which its processes are killed. With TASK_QUEUED: the end of its start_timeout. 0
	 * otherwise. */
	struct moment due;
	enum cancel_aim aim; /* with TASK_CANCELLING: what it becomes when it is gone */
	/* With TASK_NONE, a reset: the attempts made so far, which no longer count for its retries.
	 * Its
	 * outputs are gone with it; a mark leaves them. */
	uint32_t attempts_before;
};

struct change_outputs {
	int64_t attempt_id;
	const char *json; /* an object */
};

struct change_scripts {
	int64_t attempt_id;
	/* [{"path": "./load.sh", "file": "/dags/load.sh", "hash": "..."}]: as the command names it,
	 * where that was, and script_hash */
	const char *json;
};

struct change_run_version {
	struct dag *dag; /* the change holds a reference */
	/* For each task of the new version the position that it had in the old one; UINT32_MAX = it
	 * is new, and starts in state none. Tasks of the old version that nobody names are gone:
	 * CHANGE_TASK_STATE to removed, by their old positions, stand before this change. */
	const uint32_t *old_positions;
	uint32_t old_task_count;
};

struct change_dag_pause {
	const char *dag_id; /* NULL = all dags at once, beside the pause of each by itself: its end
			       leaves those */
	bool is_paused;
};

/* What the scheduler knows of the two clocks. */
struct sched_clock {
	bool is_known;              /* ahead_ms is */
	int64_t ahead_ms;           /* by which the wall clock stands before the boot clock */
	int64_t jump_by_ms;         /* of the newest jump, while it holds something */
	int64_t jump_until_boot_ms; /* 0 = it holds nothing */
	int64_t behind_until_ms;    /* wall time of the last fact before which it stood; 0 = none */
};

struct change_clock {
	const char *hold; /* "clock_jump" or "clock_behind" */
	bool is_on;       /* else over */
	struct sched_clock row;
};

struct change_hold {
	const char *name; /* "restored" */
};

struct change_note {
	const char *task_id; /* NULL = of the run */
	const char *text;
};

struct change_run_prune {
	int64_t ended_at_ms; /* the end that it was judged by: one that ended anew is not meant */
};

struct change_attempt_new {
	int64_t attempt_id; /* unique in the home */
	uint32_t number;    /* 1 = first try of the task in this run */
};

struct change {
	struct change *next;
	enum change_kind kind;
	int64_t run_no;    /* row of the run; 0 with CHANGE_ATTEMPT_LATE of an unknown attempt and
			      with CHANGE_DAG_PAUSE */
	uint32_t task;     /* position in the dag's tasks, where one is meant */
	int64_t at_ms;     /* wall time of the step */
	const char *actor; /* "scheduler", "user:alice (uid 1000)", "token" ... */
	const char
	    *why; /* one plain line: "upstream 'extract' failed"; NULL = it goes without saying */
	union {
		struct change_run_new run_new;
		struct change_run_state run_state;
		struct change_task_state task_state;
		struct change_attempt_new attempt_new;
		struct attempt_end
		    attempt_end; /* both of CHANGE_ATTEMPT_END and CHANGE_ATTEMPT_LATE */
		struct change_outputs outputs;
		const char *run_params; /* a JSON object */
		struct change_run_version run_version;
		struct change_dag_pause dag_pause;
		struct change_note note;
		struct change_clock clock;
		struct change_hold hold;
		struct change_run_prune run_prune;
		struct change_scripts scripts;
	};
};

/* Changes in the order they were made. All texts live in the arena. */
struct change_list {
	struct arena arena;
	struct change *first;
	struct change *last;
	size_t count;
};

void change_list_init(struct change_list *list);
/* Gives back the references to dags, too. */
void change_list_close(struct change_list *list);
/* Appends a zeroed change of the kind and returns it for filling in. */
struct change *change_list_add(struct change_list *list, enum change_kind kind);

#endif
