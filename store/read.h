/* read.h - what people and programs ask the database, over read-only connections of their own.
 *
 * A reader belongs to one thread at a time. Only committed rows are ever seen, which is what keeps
 * every answer true. A query that takes longer than 5 s is cut off with ERR_LIMIT. */
#ifndef HEDDLE_STORE_READ_H
#define HEDDLE_STORE_READ_H

#include "base/err.h"
#include "base/vec.h"
#include "model/dag.h"
#include "model/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_reader;
struct dag_file;

int store_reader_open(const char *path, struct store_reader **out, struct err *err);
void store_reader_close(struct store_reader *reader);

struct run_view {
	int64_t run_no;
	const char *run_id;
	const char *dag_id;
	const char *dag_hash; /* version it keeps */
	const char *key;
	const char *source;
	const char *state;
	const char *reason; /* why it is in that state; NULL = it goes without saying */
	int64_t created_at_ms;
	int64_t started_at_ms; /* when it last began to run; 0 = it waits */
	int64_t ended_at_ms;   /* 0 = not yet */
	int64_t last_fact;     /* number of the newest fact about it */
	uint32_t task_count;
	const char *params;    /* a JSON object; NULL = none */
	const char *period_id; /* what it stands for */
	int64_t period_start_ms;
	int64_t period_end_ms;
	int64_t start_at_ms; /* the instant that it was to start at; 0 = at once */
	bool is_forced;
	int64_t pruned_at_ms; /* its tasks, attempts and outputs are gone since; 0 = they are not */
};

struct task_view {
	uint32_t position;
	const char *task_id;
	const char *state;
	const char *reason; /* NULL = none */
	uint32_t attempts;
	int64_t started_at_ms; /* of the newest attempt; 0 = not yet */
	int64_t ended_at_ms;   /* 0 = not yet */
	int64_t retry_at_ms;   /* of up_for_retry; 0 otherwise */
};

struct attempt_view {
	int64_t attempt_id;
	uint32_t task_position;
	const char *task_id;
	uint32_t number;
	const char *state; /* "running" or the cause's name */
	int64_t released_at_ms;
	int64_t started_at_ms;
	int64_t ended_at_ms;
	int64_t duration_ms;
	int32_t exit_code;
	int32_t signal;
	int64_t max_rss_bytes;
	int64_t cpu_user_us;
	int64_t cpu_system_us;
	int64_t log_bytes;
	int64_t log_dropped_bytes;
	int64_t log_dropped_lines;
	const char *reason;      /* NULL = none */
	const char *incarnation; /* with attempt_id, the name of its files */
	const char *scripts;     /* as in struct change_scripts; NULL = none is known */
};

struct fact_view {
	int64_t fact_no;
	int64_t at_ms;
	const char *kind;        /* "run.new" "run.state" "task.state" "attempt.new" "attempt.end"
				    "attempt.late" ... */
	const char *run_id;      /* NULL = none */
	const char *dag_id;      /* NULL = none */
	const char *task_id;     /* NULL = none */
	uint32_t attempt_number; /* 0 = none */
	const char *from;        /* NULL = none */
	const char *to;
	const char *actor;
	const char *why; /* NULL = none */
};

struct dag_view {
	const char *dag_id;
	const char *description; /* NULL = none */
	const char *file;
	const char *hash;
	int64_t since_ms; /* when this version came into force */
	uint32_t task_count;
	const char *last_run_id; /* NULL = never ran */
	const char *last_run_state;
	int64_t last_run_at_ms;
	const char *domain;      /* NULL = none */
	const char *owner;       /* NULL = none */
	const char *tags;        /* a JSON list; NULL = none */
	const char *git_commit;  /* of the work tree when this version came; NULL = in none */
	int git_dirty;           /* 1 = the work tree held changes then, 0 = none, -1 = not known */
	const char *pause_actor; /* who paused it, or all dags; NULL = it is not paused */
	const char *pause_reason; /* NULL = none */
	int64_t pause_at_ms;
	bool pause_of_all; /* it has no pause of its own */
};

struct note_view {
	int64_t at_ms;
	const char *actor;
	const char *task_id; /* NULL = of the run */
	const char *text;
};

struct dag_error_view {
	const char *file;
	uint32_t line;
	uint32_t column;
	const char *message;
	int64_t since_ms;
	uint32_t of_file; /* how many its file has; only from read_dag_error_heads, else 0 */
};

struct pool_view {
	const char *dag_id; /* whose own it is; NULL = shared */
	const char *name;
	uint32_t slots;
	uint32_t used;   /* slots that attempts hold now */
	uint32_t queued; /* slots that tasks wait for */
	const char
	    *domain; /* of whose dags it is shared, "-" = those without; NULL = own or common */
};

/* Texts in a view live until the callback returns. A callback that returns false ends the query. */
typedef bool (*run_view_fn)(void *context, const struct run_view *view);
typedef bool (*task_view_fn)(void *context, const struct task_view *view);
typedef bool (*attempt_view_fn)(void *context, const struct attempt_view *view);
typedef bool (*fact_view_fn)(void *context, const struct fact_view *view);
typedef bool (*note_view_fn)(void *context, const struct note_view *view);
typedef bool (*dag_view_fn)(void *context, const struct dag_view *view);
typedef bool (*dag_error_view_fn)(void *context, const struct dag_error_view *view);
typedef bool (*pool_view_fn)(void *context, const struct pool_view *view);

struct run_filter {
	const char *dag_id;    /* NULL = any */
	const char *state;     /* NULL = any */
	int64_t since_ms;      /* created at or after; 0 = any */
	int64_t before_run_no; /* older than this one, for the next page; 0 = from the newest */
	int64_t from_run_no;   /* no older than this one; 0 = any */
	const char *text;      /* words.h, NULL = any; read_runs_bound first */
	uint32_t limit;
};

/* Finds a run by its id or by a unique beginning of it. Fails with ERR_NOT_FOUND, or ERR_INVALID
 * when several begin so (the message names two). run_id gets the whole id. */
int read_run_id(struct store_reader *reader, const char *beginning, char run_id[17],
		struct err *err);
typedef bool (*run_id_fn)(void *context, const char *run_id, const char *dag_id);
/* The runs whose ids begin so, by id. */
int read_run_ids(struct store_reader *reader, const char *beginning, uint32_t limit, run_id_fn each,
		 void *context, struct err *err);
/* The newest run of a dag; ERR_NOT_FOUND when it never ran. */
int read_latest_run_id(struct store_reader *reader, const char *dag_id, char run_id[17],
		       struct err *err);
/* The run of a dag with this key, ended ones too; ERR_NOT_FOUND when there is none. */
int read_run_by_key(struct store_reader *reader, const char *dag_id, const char *source,
		    const char *key, char run_id[17], struct err *err);
/* Newest first. */
int read_runs(struct store_reader *reader, const struct run_filter *filter, run_view_fn each,
	      void *context, struct err *err);
/* Which runs words fit no index tells, so that they are looked at a slice at a time: *from_run_no
 * is the oldest of the READ_RUNS_LOOKED_AT runs from before_run_no on that dag, state and a state
 * among the words leave; 0 = there are no older ones. ERR_INVALID as of the words; so does
 * read_runs. */
#define READ_RUNS_LOOKED_AT 5000 /* 10 to 20 ms, also where each is on a page of its own */
int read_runs_bound(struct store_reader *reader, const struct run_filter *filter,
		    int64_t *from_run_no, struct err *err);
/* ERR_NOT_FOUND when there is no such run. */
int read_run(struct store_reader *reader, const char *run_id, run_view_fn each, void *context,
	     struct err *err);
/* By position. state NULL = any. */
int read_tasks(struct store_reader *reader, int64_t run_no, const char *state, task_view_fn each,
	       void *context, struct err *err);
/* By task, then number. task_id NULL = all; number 0 = all. */
int read_attempts(struct store_reader *reader, int64_t run_no, const char *task_id, uint32_t number,
		  attempt_view_fn each, void *context, struct err *err);
/* The newest attempt of each task, by task, where what its scripts were is known. */
int read_scripts(struct store_reader *reader, int64_t run_no, attempt_view_fn each, void *context,
		 struct err *err);
/* Facts with a larger number than since, oldest first. run_id NULL = of everything. */
int read_facts(struct store_reader *reader, const char *run_id, int64_t since, uint32_t limit,
	       fact_view_fn each, void *context, struct err *err);
/* What somebody did to a run: the facts of one command, told by the last of them. */
struct deed_view {
	struct fact_view fact;
	uint32_t count;
};
typedef bool (*deed_view_fn)(void *context, const struct deed_view *view);
/* When the tasks of the run's end began, the last time; INT64_MAX = it has none. */
int read_ending(struct store_reader *reader, int64_t run_no, int64_t *at_ms, struct err *err);
/* The last ones that people did, and not the daemon by itself, oldest first. */
int read_deeds(struct store_reader *reader, int64_t run_no, uint32_t limit, deed_view_fn each,
	       void *context, struct err *err);
/* The newest notes of a run and its tasks, oldest first. */
#define READ_NOTES_MAX 200
int read_notes(struct store_reader *reader, int64_t run_no, note_view_fn each, void *context,
	       struct err *err);
/* By id, ids after `after` (NULL = from the first). */
int read_dags(struct store_reader *reader, const char *after, uint32_t limit, dag_view_fn each,
	      void *context, struct err *err);
/* ERR_NOT_FOUND when it is not in force. */
int read_dag(struct store_reader *reader, const char *dag_id, dag_view_fn each, void *context,
	     struct err *err);
int read_dag_errors(struct store_reader *reader, dag_error_view_fn each, void *context,
		    struct err *err);
/* Of each file the first errors alone: a file of a thousand must not hide the others. */
int read_dag_error_heads(struct store_reader *reader, uint32_t of_each, dag_error_view_fn each,
			 void *context, struct err *err);
int read_pools(struct store_reader *reader, pool_view_fn each, void *context, struct err *err);

struct pool_sizes {
	VEC(struct pool_size) list;
};

/* Appends those of all shared pools, with texts in the arena. The list is the caller's. */
int read_pool_sizes(struct store_reader *reader, struct arena *arena, struct pool_sizes *sizes,
		    struct err *err);

/* A text that a dag has had. */
struct version_view {
	int64_t version_no; /* ascending as they came */
	const char *hash;
	const char *file; /* where it was last found */
	uint32_t task_count;
	int64_t text_bytes;
	int64_t since_ms; /* of the one in force; 0 = not in force now */
	bool is_in_force;
};

struct version_text {
	int64_t version_no;
	const char *hash;
	const char *file;
	const char *text;
	const struct dag_file *files; /* what else belongs to it, for dag_parse_version */
	uint32_t file_count;
	size_t bytes;
};

typedef bool (*version_view_fn)(void *context, const struct version_view *view);
typedef void (*version_text_fn)(void *context, const struct version_text *view);

/* Newest first; numbers below before_version_no (0 = from the newest). */
int read_versions(struct store_reader *reader, const char *dag_id, int64_t before_version_no,
		  uint32_t limit, version_view_fn each, void *context, struct err *err);
/* hash NULL = the one in force. ERR_NOT_FOUND when there is none, ERR_GONE when its text was
 * pruned. */
int read_version_text(struct store_reader *reader, const char *dag_id, const char *hash,
		      version_text_fn each, void *context, struct err *err);
/* The number of the newest fact, 0 when there is none. */
int read_last_fact(struct store_reader *reader, int64_t *fact_no, struct err *err);

struct store_loader;
struct str;

struct pause_view {
	const char *dag_id; /* "" = all dags */
	int64_t at_ms;
	const char *actor;
	const char *reason; /* NULL = none */
};
typedef bool (*pause_view_fn)(void *context, const struct pause_view *view);

/* The rows of one run, ended or not, as a start reads those under way (store.h). The callbacks may
 * use this reader for read_output and read_outputs alone. ERR_NOT_FOUND: no such run. */
int read_run_rows(struct store_reader *reader, const char *run_id,
		  const struct store_loader *loader, struct err *err);
/* What a task gave, a JSON object; *json (cleared first) stays empty when it gave nothing. */
int read_output(struct store_reader *reader, int64_t run_no, uint32_t task, struct str *json,
		struct err *err);
/* All that the tasks of a run gave, by their positions; json lives until each returns. */
int read_outputs(struct store_reader *reader, int64_t run_no,
		 void (*each)(void *context, uint32_t task, const char *json), void *context,
		 struct err *err);
/* The tasks of a run that gave outputs, by position. */
int read_output_tasks(struct store_reader *reader, int64_t run_no,
		      bool (*each)(void *context, uint32_t task), void *context, struct err *err);
/* Why a task is in its state; "" = nothing is noted, or there is no such task. */
int read_task_reason(struct store_reader *reader, int64_t run_no, const char *task_id, char *reason,
		     size_t size, struct err *err);
/* Whether the version that a run keeps has a task of this id. */
int read_task_is_known(struct store_reader *reader, int64_t run_no, const char *task_id,
		       bool *is_known, struct err *err);
int read_task_state(struct store_reader *reader, int64_t run_no, uint32_t task,
		    enum task_state *state, struct err *err);
int read_pauses(struct store_reader *reader, pause_view_fn each, void *context, struct err *err);

#endif
