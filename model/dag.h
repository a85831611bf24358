/* dag.h - a parsed workflow: its tasks and the order between them.
 *
 * A dag never changes once parsed. All it points to lives in its own arena, so a pointer into it
 * stays good for as long as the holder keeps a reference. References may be taken and given back on
 * any thread. */
#ifndef HEDDLE_MODEL_DAG_H
#define HEDDLE_MODEL_DAG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env_var {
	const char *name;
	const char *value; /* may hold templates */
};

/* Slots that tasks share. */
struct pool_size {
	const char *name;
	/* NULL = this dag's own; else from a heddle.yaml, and shared by all dags of that domain (""
	 * = those without one). */
	const char *domain;
	uint32_t slots;
};

#define POOL_COMMON \
	UINT32_MAX /* the pool "default" that all dags share unless they size their own */

/* What the upstream tasks must have come to; exactly as Airflow 3 decides them. The order is that
 * of the table in trigger_rule.c. */
enum trigger_rule {
	RULE_ALL_SUCCESS,
	RULE_ALL_FAILED,
	RULE_ALL_DONE,
	RULE_ALL_DONE_MIN_ONE_SUCCESS,
	RULE_ONE_SUCCESS,
	RULE_ONE_FAILED,
	RULE_ONE_DONE,
	RULE_NONE_FAILED,
	RULE_NONE_FAILED_MIN_ONE_SUCCESS,
	RULE_NONE_SKIPPED,
	RULE_ALL_SKIPPED,
	RULE_ALWAYS,
	RULE_COUNT,
};

enum task_action {
	ACTION_COMMAND,
	ACTION_SQL,
	ACTION_EMPTY,
};

/* When a task belongs to the end of its run instead of the run itself. */
enum task_hook {
	HOOK_NONE,
	HOOK_SUCCESS, /* on_success */
	HOOK_FAILURE, /* on_failure: also after a cancelled run */
	HOOK_EXIT,    /* on_exit */
};

/* retry_on or fail_on. */
struct end_filter {
	bool is_given;
	const int32_t *exit_codes;
	uint32_t exit_code_count;
	const char
	    *match; /* regular expression (PCRE2), looked for in the end of the log; NULL = none */
};

/* What few tasks say of their own: most share task_policy_default. */
struct task_policy {
	double retry_backoff;       /* factor by which each delay grows; at least 1 */
	int64_t retry_max_delay_ms; /* the longest delay */
	double retry_jitter;        /* 0 to 1: the part of the delay that is left to chance */
	struct end_filter retry_on;
	struct end_filter fail_on;
	int64_t start_timeout_ms; /* from its release to its start; 0 = none */
	/* Limits of an attempt; 0 = none. */
	uint64_t memory_bytes;
	uint64_t log_bytes;
	uint32_t cpus_milli; /* thousandths of a processor */
	uint32_t pids;
};

extern const struct task_policy task_policy_default;

struct task_sql {
	const char *engine;   /* "duckdb" */
	const char *query;    /* the text; of a file: its kept copy. May hold templates */
	const char *file;     /* as written; NULL = the query stands in the dag */
	const char *database; /* file of the engine, relative to cwd; NULL = in memory. May hold
				 templates */
};

/* Where the value of an output comes from, besides $HEDDLE_OUTPUT. */
enum output_source {
	OUTPUT_STDOUT,    /* all of it, without the last line end */
	OUTPUT_LAST_LINE, /* the last line that is not empty */
	OUTPUT_JSON,      /* all of it as JSON, or a part of that */
};

struct task_output {
	const char *name;
	enum output_source source;
	const char *path; /* with OUTPUT_JSON: "count", "rows.0.id"; "" = the whole */
};

struct task {
	const char *id;          /* unique in its dag */
	const char *description; /* NULL = none */
	/* With ACTION_COMMAND exactly one of the two is set. Both may hold templates. */
	const char *command;        /* text for the shell */
	const char *const *argv;    /* NULL-terminated: run without a shell */
	const char *const *shell;   /* NULL-terminated; NULL = /bin/sh -e */
	const struct task_sql *sql; /* with ACTION_SQL */
	const uint32_t *upstream;   /* positions in dag->tasks, ascending, no doubles */
	const uint32_t *downstream; /* likewise: the tasks that name this one */
	uint32_t upstream_count;
	uint32_t downstream_count;
	const struct env_var
	    *env; /* its own, then those of the dag and the folders it does not replace */
	uint32_t env_count;
	uint32_t output_count;
	const struct task_output *outputs;
	const char *cwd;   /* NULL = the folder of the dag's file; relative = from there. May hold
			      templates */
	const char *when;  /* a condition; NULL = always */
	const char *group; /* shown together with others of that name; NULL = alone */
	const struct task_policy *policy; /* never NULL */
	const char *const *inputs;        /* dataset URIs, NULL-terminated; NULL = none */
	const char *const *outlets;       /* likewise */
	int64_t timeout_ms;               /* of one attempt; 0 = none */
	int64_t retry_delay_ms;           /* before the first retry */
	uint32_t retries;                 /* attempts after the first; 0 = none */
	uint32_t pool;                    /* position in dag->pools, or POOL_COMMON */
	uint32_t slots;                   /* that it takes of its pool; at least 1 */
	int32_t priority;                 /* the higher one gets a free slot first */
	enum task_action action : 8;
	enum trigger_rule trigger_rule : 8;
	enum task_hook hook : 8;
	bool
	    allow_failure; /* its failure does not fail the run, and counts as success downstream */
	bool has_templates; /* command, argv, sql, cwd or env hold some */
	bool is_judged_by;  /* a condition of another task names its outputs: the scheduler keeps
			       them */
	uint32_t line;      /* where it stands in the file, from 1 */
};

/* A text besides the dag's own that its meaning depends on. */
enum dag_file_kind {
	DAG_FILE_DEFAULTS, /* a heddle.yaml above it */
	DAG_FILE_NAMED,    /* named by a task: sql file */
};

struct dag_file {
	enum dag_file_kind kind;
	/* Of defaults: as in messages ("D1/heddle.yaml"); nearest first, before all named ones.
	 * Else as written in the dag, relative to its file. */
	const char *name;
	const char *text;
	size_t bytes;
	char hash[33]; /* as dag->hash, of these bytes */
};

enum param_type {
	PARAM_STRING,
	PARAM_INTEGER,
	PARAM_NUMBER,
	PARAM_BOOLEAN,
	PARAM_DATE,
	PARAM_LIST,
	PARAM_OBJECT,
	PARAM_TYPE_COUNT,
};

struct param {
	const char *name;
	const char *description; /* NULL = none */
	enum param_type type;
	bool is_required;     /* a trigger must give it */
	const char *fallback; /* the default as JSON; NULL = none: the value is null */
	const char *choices;  /* enum: a JSON list; NULL = any */
	const char *pattern;  /* of a string, the whole of it (PCRE2); NULL = any */
	bool has_minimum;
	bool has_maximum;
	double minimum;
	double maximum;
	uint32_t line;
};

struct dag {
	atomic_uint references;
	struct arena arena;
	const char *id;
	const char *description; /* NULL = none */
	const char *domain;      /* NULL = none */
	const char *owner;       /* NULL = none */
	const char *const *tags; /* NULL-terminated; NULL = none */
	const char *timezone;    /* IANA name; "UTC" unless said */
	const char *source;      /* the name the text was parsed under, as in messages */
	const char *text;        /* this document's own text, as it stood in the file */
	size_t text_bytes;
	/* Lower-case hex BLAKE2b-128 (libsodium crypto_generichash) of the text and, when there are
	 * any, of the kinds, names and hashes of the files: names this version. */
	char hash[33];
	uint32_t line;                /* of the document's first line in the file, from 1 */
	const struct dag_file *files; /* what else belongs to this version */
	uint32_t file_count;
	struct task *tasks; /* those of the run first, then those of its end (hook) */
	uint32_t task_count;
	uint32_t hook_count;       /* of tasks: the last ones */
	uint32_t max_active_tasks; /* over all runs of this dag */
	uint32_t max_active_runs;
	uint32_t queue_max;            /* runs that may wait for another to end */
	int64_t timeout_ms;            /* of the whole run; 0 = none */
	int64_t retention_ms;          /* logs, outputs and run detail; 0 = see retention_runs */
	uint32_t retention_runs;       /* this many ended runs keep theirs; 0 = see retention_ms */
	bool start_paused;             /* when it comes into force for the first time */
	const struct pool_size *pools; /* that its tasks may name */
	uint32_t pool_count;
	const struct param *params; /* in the order of the file */
	uint32_t param_count;
	const struct env_var
	    *env; /* of dag and folders, nearest first; tasks hold them merged, too */
	uint32_t env_count;
	const char *vars; /* of heddle.yaml, merged: a JSON object; NULL = none */
};

/* One thing that is wrong in a file, in the words of DIALECT.md: what, and what would be right. */
struct dag_error {
	const char *source;  /* file name, as given to dag_parse */
	uint32_t line;       /* from 1 */
	uint32_t column;     /* from 1, counted in characters */
	const char *message; /* "unknown key 'comand' (did you mean 'command'?)" */
	const char *text;    /* the source line, without its end; NULL = not to be had */
};

/* All errors of one parse, in the order of their places. Owns their texts. */
struct dag_errors {
	struct arena arena;
	struct dag_error *items;
	size_t count;
	size_t capacity;
};

/* The dags of one file, in its order. Holds one reference to each. */
struct dag_list {
	struct dag **items;
	size_t count;
	size_t capacity;
};

void dag_errors_init(struct dag_errors *errors);
void dag_errors_close(struct dag_errors *errors);
/* Adds one at a place; text may be NULL. Beyond LIMIT_ERRORS it only counts. */
void dag_errors_add(struct dag_errors *errors, const char *source, uint32_t line, uint32_t column,
		    const char *text, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Appends all errors of one file to those of a folder, whatever their number; from is empty after.
 */
void dag_errors_move(struct dag_errors *to, struct dag_errors *from);

void dag_list_init(struct dag_list *list);
void dag_list_close(struct dag_list *list);

/* Gives a file that a dag names; path is as written, relative to the dag's file unless it begins
 * with '/'. Fails with ERR_NOT_FOUND, ERR_LIMIT or I/O codes. */
typedef int dag_read_file(void *context, const char *path, struct str *out, struct err *err);

struct defaults;

/* What a text is read with, besides itself. All zero = nothing. */
struct dag_surroundings {
	const struct defaults *const
	    *defaults; /* of the folders above, nearest first (defaults.h) */
	size_t default_count;
	dag_read_file *read_file; /* NULL = no file can be had */
	void *context;
	bool is_unknown; /* none of it is at hand: what may stand there is not looked for */
};

/* Parses YAML (size bytes of UTF-8, any number of documents) and appends each sound dag to *out.
 * source names the text in messages, as in "nightly.yaml:12:3: ...".
 * Fails with ERR_SYNTAX (not YAML, or beyond a bound in model/limits.h) or ERR_INVALID (unknown
 * key, missing upstream, cycle ...); *out is then untouched, and every error of the text stands in
 * *errors, with its place (in a heddle.yaml, when it is that which does not fit). An empty text is
 * ERR_INVALID. Safe on any thread. */
int dag_parse_in(const char *source, const char *text, size_t size,
		 const struct dag_surroundings *around, struct dag_list *out,
		 struct dag_errors *errors);
/* The same without surroundings. */
int dag_parse(const char *source, const char *text, size_t size, struct dag_list *out,
	      struct dag_errors *errors);

/* Parses the text of a version again, with the files that were kept with it; what the folder holds
 * today does not matter. Fails as dag_parse_in does. */
int dag_parse_version(const char *source, const char *text, size_t size,
		      const struct dag_file *files, size_t file_count, struct dag_list *out,
		      struct dag_errors *errors);

struct dag *dag_ref(struct dag *dag);
void dag_unref(struct dag *dag); /* dag_ref's pair; the last one frees it. NULL is allowed */

/* Position of a task in dag->tasks, or UINT32_MAX. */
uint32_t dag_find_task(const struct dag *dag, const char *task_id);
/* Says that there is no such task, and which one may be meant; returns ERR_NOT_FOUND. */
int dag_miss_task(const struct dag *dag, const char *task_id, struct err *err);

/* True for [A-Za-z_][A-Za-z0-9_-]{0,99}; with dots after the first character for dag ids. */
bool id_is_valid(const char *id, bool dots_allowed);

#endif
