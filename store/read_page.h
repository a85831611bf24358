/* read_page.h - what lists and pages show at a glance: the last runs of each dag as bars, a window
 * of the grid of a dag, and what needs somebody.
 *
 * Each question costs what it shows, however many runs there are: SQL is asked for the window and
 * never for the history. As all of read.h: over a reader, committed rows only, 5 s at most. */
#ifndef HEDDLE_STORE_READ_PAGE_H
#define HEDDLE_STORE_READ_PAGE_H

#include "base/arena.h"
#include "model/limits.h"
#include "model/state.h"
#include "store/read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- bars ---------------------------------------------------------------------------------------
 */

#define READ_BARS_DEFAULT 14u
#define READ_BARS_MAX 100u
#define READ_USUAL_MIN 3u /* fewer successes tell nothing of what is usual */

/* A run, as little of it as a bar shows. */
struct run_bar {
	int64_t run_no;
	char run_id[17];
	enum run_state state;
	int64_t created_at_ms;
	int64_t started_at_ms; /* when it last began to run; 0 = it waits */
	int64_t ended_at_ms;   /* 0 = not yet */
	int64_t version_no;
};

/* How long it ran, or has been running by now_ms; 0 when it has not begun. */
int64_t run_bar_duration_ms(const struct run_bar *bar, int64_t now_ms);
/* The median of those that succeeded, 0 when they are fewer than READ_USUAL_MIN. */
int64_t run_bars_usual_ms(const struct run_bar *bars, size_t count);

/* The newest runs of a dag, newest first: fills up to capacity of bars. */
int read_bars(struct store_reader *reader, const char *dag_id, struct run_bar *bars,
	      uint32_t capacity, uint32_t *count, struct err *err);

struct dag_row_view {
	struct dag_view dag;
	const char *sort_key;        /* where it stands in the order: after_key of the next page */
	const char *last_run_reason; /* NULL = none, or it never ran */
	const struct run_bar *bars;  /* newest first; live until the callback returns */
	uint32_t bar_count;
	int64_t usual_ms;      /* 0 = not known */
	uint32_t running;      /* runs under way that have begun */
	uint32_t queued;       /* runs that wait for others, or for the end of a pause */
	uint32_t queued_tasks; /* of its newest run: tasks that wait for a slot */
};

typedef bool (*dag_row_view_fn)(void *context, const struct dag_row_view *view);

/* What dags are ordered by; among equals by id. */
enum dag_order {
	DAGS_BY_NAME,
	DAGS_BY_LAST_RUN, /* when its newest run was made; who never ran is the oldest */
	DAGS_BY_TASKS,    /* how many */
	DAGS_BY_OWNER,    /* capitals do not matter; nobody comes first */
};

#define DAG_ROWS_KEY_CHARS "40" /* of an owner: longer ones that begin alike are equals */

/* NULL = any. */
struct dag_filter {
	enum dag_order order;
	bool descends;
	const char *after;     /* those behind this id, for the next page; NULL = the first ones */
	const char *after_key; /* its sort_key; by name it may be left out */
	uint32_t limit;
	const char
	    *text; /* words.h; the queries fail with ERR_INVALID when it has an unknown key */
	const char *domain; /* "" = none */
	const char *owner;
	const char *tag;
	const char *state; /* of its newest run; "paused": of the dag; "none": it never ran */
	uint32_t bars;     /* how many of each; 0 = none */
};

int read_dag_rows(struct store_reader *reader, const struct dag_filter *filter,
		  dag_row_view_fn each, void *context, struct err *err);
/* How many dags the filter finds on all pages together; after, limit and bars do not matter. */
int read_dag_count(struct store_reader *reader, const struct dag_filter *filter, int64_t *count,
		   struct err *err);
/* How many runs the filter finds on all pages together (before_run_no and limit do not matter), if
 * that is at most max; -1 = more. Not for filters by time. */
int read_run_count(struct store_reader *reader, const struct run_filter *filter, uint32_t max,
		   int64_t *count, struct err *err);

/* --- the grid -----------------------------------------------------------------------------------
 */

#define READ_GRID_TASKS_MAX 1000u
#define READ_GRID_NO_TASK '-' /* the version of that run has no such task */

struct grid_window {
	const char *dag_id;
	int64_t to_ms;         /* runs made by then; 0 = up to the newest */
	int64_t before_run_no; /* older than this one; 0 = any */
	uint32_t runs;         /* 1 to READ_BARS_MAX */
	uint32_t from;         /* position of the first task */
	uint32_t tasks;        /* 0 to READ_GRID_TASKS_MAX */
};

/* Tasks are those of the version in force, in its order; when the dag is not in force any more, of
 * the version of the newest run shown. All memory is the arena's. */
struct grid {
	struct arena arena;
	const char *hash;     /* of the version whose tasks these are */
	struct run_bar *runs; /* newest first */
	uint32_t run_count;
	bool older; /* there are runs older than the last one */
	uint32_t task_total;
	uint32_t from;
	uint32_t task_count;
	const char **tasks; /* ids */
	char **cells;       /* of each run a text of task_count letters (task_state_letter), or
			       READ_GRID_NO_TASK */
};

/* ERR_NOT_FOUND when there never was such a dag. grid_close also after a failure. */
int read_grid(struct store_reader *reader, const struct grid_window *window, struct grid *out,
	      struct err *err);
void grid_close(struct grid *grid);

/* --- what needs somebody ------------------------------------------------------------------------
 */

#define READ_FAILURES_MAX 500u /* failed runs looked at */

/* The failed runs of one dag that nobody has rerun or corrected: either changes their state. */
struct failure_view {
	int64_t run_no;
	const char *dag_id;
	const char *run_id; /* of the newest one, as run_no */
	const char *reason; /* likewise: "task 'load' failed"; NULL = none */
	int64_t ended_at_ms;
	uint32_t count;
	bool is_last;     /* no run of the dag has succeeded since */
	bool is_in_force; /* the dag is */
};
typedef bool (*failure_view_fn)(void *context, const struct failure_view *view);

/* Runs made at or after since_ms (0 = any), by dag, the dag that failed last first. *more: there
 * were over READ_FAILURES_MAX, and the oldest are not among them. */
int read_failures(struct store_reader *reader, int64_t since_ms, failure_view_fn each,
		  void *context, bool *more, struct err *err);

/* The first task of a run that is in a state, by position; ERR_NOT_FOUND: none is. */
struct task_brief {
	char task_id[LIMIT_ID_BYTES + 1];
	char reason[256]; /* "" = none; a longer one is cut */
};
int read_first_task(struct store_reader *reader, int64_t run_no, enum task_state state,
		    struct task_brief *task, struct err *err);

/* A pause behind which runs wait. */
struct held_view {
	struct pause_view pause;
	uint32_t queued; /* runs of the dag; of a pause of all: of all dags */
};
typedef bool (*held_view_fn)(void *context, const struct held_view *view);

int read_held(struct store_reader *reader, held_view_fn each, void *context, struct err *err);

/* By which it shows that the errors of the folder have changed: how many there are, and since when.
 */
struct dag_error_mark {
	int64_t count;
	int64_t since_sum_ms;
};
int read_dag_error_mark(struct store_reader *reader, struct dag_error_mark *mark, struct err *err);

/* An input that could not be written, and what it was about. */
struct letter_view {
	int64_t letter_no;
	int64_t at_ms;
	const char *kind;
	const char *subject;
	const char *reason;
};
typedef bool (*letter_view_fn)(void *context, const struct letter_view *view);

/* Newest first. */
int read_letters(struct store_reader *reader, uint32_t limit, letter_view_fn each, void *context,
		 struct err *err);

/* Where an attempt stands. ERR_NOT_FOUND: there is none of this number. */
struct attempt_place {
	char dag_id[LIMIT_ID_BYTES + 1];
	char run_id[17];
	char task_id[LIMIT_ID_BYTES + 1];
	uint32_t number;
	int64_t released_at_ms;
};
int read_attempt_place(struct store_reader *reader, int64_t attempt_id, struct attempt_place *place,
		       struct err *err);

#endif
