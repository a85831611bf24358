/* why.h - why a run or a task that is under way has not gone further.
 *
 * The answer is a chain: the first link says what holds it now, each further one why that is so. A
 * link is data and one plain English sentence of the same content. The chain of what has ended is
 * in the store, as facts with their reasons. */
#ifndef HEDDLE_SCHEDULER_WHY_H
#define HEDDLE_SCHEDULER_WHY_H

#include "base/arena.h"
#include "scheduler/sched.h"

#define WHY_LINKS_MAX 16
#define WHY_HOLDERS_MAX 10

enum why_kind {
	WHY_START,     /* the run waits for its instant */
	WHY_RUN_QUEUE, /* the run waits for others of its dag */
	WHY_PAUSE,     /* its dag, or all, are paused */
	WHY_HELD,      /* nothing is started at all (enum hold_kind) */
	WHY_POOL,      /* no slot is free, or too few */
	WHY_TURN,      /* others of its pool come first */
	WHY_LIMIT,     /* max_active_tasks of its dag */
	WHY_RULE,      /* its trigger rule is not decided yet */
	WHY_UPSTREAM,  /* an upstream task is not done */
	WHY_RETRY,     /* it waits for its next try */
	WHY_CAUSE,     /* how the try before it ended; told by who can read the store */
	WHY_RUNNING,   /* it runs */
	WHY_GRACE,     /* it is being ended and has time until its kill */
	WHY_STUCK,     /* it was killed, and its processes are still there */
	WHY_TIMEOUT,   /* the run has a deadline */
	WHY_ENDING,    /* the tasks of the run's end */
	WHY_HOOK,      /* it belongs to the end of its run, which has not come */
	WHY_DONE,      /* it has ended; the store tells how */
	WHY_KIND_COUNT,
};

struct why_link {
	enum why_kind kind;
	const char *text;   /* "task 'a' waits for 1 slot of pool 'db' (2 of 2 taken ...)" */
	const char *dag_id; /* of what it is about; each of these NULL = of nothing like that */
	const char *run_id;
	const char *task_id;
	const char *pool;
	uint32_t count; /* taken, under way, done ... */
	uint32_t limit; /* of how many; 0 = says nothing */
	int64_t at_ms;  /* wall time: since when, or until when; 0 = says nothing */
};

/* Who holds what the first link waits for. */
struct why_holder {
	const char *run_id;
	const char *dag_id;
	const char *task_id;
	uint32_t slots;
	int64_t since_ms; /* wall time */
};

struct why {
	struct arena arena; /* of all texts */
	struct why_link links[WHY_LINKS_MAX];
	size_t link_count;
	struct why_holder holders[WHY_HOLDERS_MAX];
	size_t holder_count;
	size_t holders_total; /* that there are, shown or not */
};

const char *why_kind_name(enum why_kind kind); /* "pool", "run_queue" ... */

void why_init(struct why *why);
void why_close(struct why *why);
/* Return false when there is no such run under way (or no such task in it). *why is empty before.
 */
bool why_run(const struct sched *sched, int64_t run_no, struct moment now, struct why *why);
bool why_task(const struct sched *sched, int64_t run_no, const char *task_id, struct moment now,
	      struct why *why);
/* Adds to why_run's answer that the run's dag, or all of them, are paused, unless that is told. */
void why_add_pause(const struct sched *sched, int64_t run_no, struct moment now, struct why *why);

#endif
