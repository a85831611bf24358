/* ask.h - what the address of a page asks for after its "?".
 *
 * As strict as the API (query.h): a filter that is silently ignored shows the wrong runs. What is
 * given empty, as a form sends what nobody filled in, counts as not given. Pure. */
#ifndef HEDDLE_WEB_PAGE_ASK_H
#define HEDDLE_WEB_PAGE_ASK_H

#include "base/err.h"
#include "model/limits.h"
#include "web/target.h"

#include <stdint.h>

#define ASK_RUN_SIZE 17
#define ASK_PLACE_SIZE (LIMIT_ID_BYTES + 200) /* of a cursor */
#define ASK_RUNS_DEFAULT 25u
#define ASK_RUNS_MAX 100u

enum ask_param {
	ASK_STATE,
	ASK_DOMAIN,
	ASK_OWNER,
	ASK_TAG,
	ASK_WORDS, /* "q" */
	ASK_DAG,
	ASK_CURSOR, /* where the page of a list begins */
	ASK_AT,     /* RUN.TASK: a cell of the grid */
	ASK_TO,     /* an instant or a date: the newest run shown */
	ASK_RUNS,   /* how many */
	ASK_TASKS,  /* position of the first task shown */
	ASK_VIEW,
	ASK_TASK,
	ASK_ATTEMPT,
	ASK_MODE,    /* of a rerun */
	ASK_VERSION, /* of a rerun: latest or pinned; of code: a hash */
	ASK_LINE,    /* of a log: the first one shown */
	ASK_FIND,    /* in a log */
	ASK_LEVEL,   /* of its lines, at least */
	ASK_ROOT,    /* of a graph: the task that it is about */
	ASK_UP,      /* how many steps before it */
	ASK_DOWN,    /* and after it */
	ASK_MARK,    /* "as": what a task is to be marked */
	ASK_SORT,    /* of the DAGs: order.h */
	ASK_COUNT,
};

#define ASK_BIT(name) (1u << ASK_##name)

/* Texts live in the target. */
struct page_ask {
	const char *text[ASK_COUNT]; /* as given; NULL = not given */
	char at_run[ASK_RUN_SIZE];   /* "" = not given */
	const char *at_task;         /* NULL = of the run alone */
	int64_t to_ms;               /* 0 = the newest */
	uint32_t runs;
	uint32_t tasks;
	uint32_t attempt; /* 0 = the latest */
	int64_t line;     /* 0 = not given */
};

/* accepted: bits of enum ask_param. Fails with ERR_INVALID. */
int ask_parse(const struct target *target, unsigned accepted, struct page_ask *out,
	      struct err *err);
/* "q", "state" ... */
const char *ask_name(enum ask_param param);

#endif
