/* change.h - what one step of the scheduler changed: the rows that must be on disk before anything
 * outside may see it.
 *
 * The scheduler yields changes, the store writes them: each to the row that holds the present and
 * to the append-only fact table that tells who changed what, from what, to what, when and why. The
 * two know each other only through this page. */
#ifndef HEDDLE_MODEL_CHANGE_H
#define HEDDLE_MODEL_CHANGE_H

#include "base/arena.h"
#include "model/attempt.h"
#include "model/dag.h"
#include "model/state.h"

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
};

struct change_run_new {
	const char *run_id;   /* RUN_ID_SIZE */
	struct dag *dag;      /* the version it keeps; the change holds a reference */
	const char *key;      /* unique per dag and source: the same key never makes a second run */
	const char *source;   /* "manual" */
	enum run_state state; /* the first one */
};

struct change_run_state {
	enum run_state from;
	enum run_state to;
};

struct change_task_state {
	enum task_state from;
	enum task_state to;
	/* With TASK_UP_FOR_RETRY: when, on both clocks. With TASK_CANCELLING: the instant after
	 * which its processes are killed. 0 otherwise. */
	struct {
		int64_t wall_ms;
		int64_t boot_ms;
	} due;
};

struct change_attempt_new {
	int64_t attempt_id; /* unique in the home */
	uint32_t number;    /* 1 = first try of the task in this run */
};

struct change {
	struct change *next;
	enum change_kind kind;
	int64_t run_no;    /* row of the run; 0 with CHANGE_ATTEMPT_LATE of an unknown attempt */
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
