/* run_parts.h - what the page of a run is put together from. Only for run.c and run_*.c.
 *
 *	run.c           the head, the order of the panels
 *	run_gather.c    what is read, and which task is shown
 *	run_tasks.c     the tasks and their attempts, as a timeline or a graph
 *	run_log.c       the end of the log of one attempt
 *	run_side.c      why, the attempt in numbers, notes, what happened */
#ifndef HEDDLE_WEB_PAGE_RUN_PARTS_H
#define HEDDLE_WEB_PAGE_RUN_PARTS_H

#include "base/arena.h"
#include "base/vec.h"
#include "web/page/page.h"

#include <stdbool.h>
#include <stdint.h>

#define RUN_TASKS_SHOWN 60u /* rows of the timeline */
#define RUN_TRIES_SHOWN 6u  /* bars of one row, the last ones */
#define RUN_LOG_LINES 60u

/* Copies of rows: texts live in the arena. */
struct run_whole {
	struct arena arena;
	struct run_view run;
	VEC(struct task_view) tasks;       /* those that are shown */
	VEC(struct attempt_view) attempts; /* of these, by task, then number */
	uint32_t by_state[TASK_STATE_COUNT];
	uint32_t total; /* tasks that the filter of the address finds */
	uint32_t from;  /* of them, how many stand before those shown */
	bool is_done;
	bool has_task;         /* there is one to be shown */
	bool wants_other_task; /* the one that the address names is not among them */
	struct task_view task;
	struct attempt_view attempt; /* attempt_id 0 = the task has none */
	uint32_t attempt_count;      /* of that task */
};

/* Reads all that the page shows. ERR_NOT_FOUND: no such run, or no such task in it. */
int run_gather(struct page *page, struct run_whole *whole, struct err *err);
void run_release(struct run_whole *whole);

/* The state that a client is told of an attempt: its row says the cause. */
const char *run_attempt_state(const struct attempt_view *attempt);

void run_write_tasks(struct page *page, const struct run_whole *whole);
void run_write_log(struct page *page, const struct run_whole *whole);
void run_write_why(struct page *page, const struct run_whole *whole);
void run_write_attempt(struct page *page, const struct run_whole *whole);
int run_write_story(struct page *page, const struct run_whole *whole, struct err *err);

#endif
