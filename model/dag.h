/* dag.h - a parsed workflow: its tasks and the order between them.
 *
 * A dag never changes once parsed. All it points to lives in its own arena, so a pointer into it
 * stays good for as long as the holder keeps a reference. References may be taken and given back on
 * any thread. */
#ifndef HEDDLE_MODEL_DAG_H
#define HEDDLE_MODEL_DAG_H

#include "base/arena.h"
#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env_var {
	const char *name;
	const char *value;
};

struct pool_size {
	const char *name;
	uint32_t slots;
};

struct task {
	const char *id;          /* unique in its dag */
	const char *description; /* NULL = none */
	/* Exactly one of the two is set. */
	const char *command;        /* text for /bin/sh -e */
	const char *const *argv;    /* NULL-terminated: run without a shell */
	const uint32_t *upstream;   /* positions in dag->tasks, ascending, no doubles */
	const uint32_t *downstream; /* likewise: the tasks that name this one */
	uint32_t upstream_count;
	uint32_t downstream_count;
	const struct env_var *env; /* in the order of the file */
	uint32_t env_count;
	const char *cwd;    /* NULL = the folder of the dag's file; relative = from there */
	int64_t timeout_ms; /* of one attempt; 0 = none */
	uint32_t retries;   /* attempts after the first; 0 = none */
	int64_t retry_delay_ms;
	uint32_t line; /* where it stands in the file, from 1 */
};

struct dag {
	atomic_uint references;
	struct arena arena;
	const char *id;
	const char *description; /* NULL = none */
	const char *source;      /* the name the text was parsed under, as in messages */
	const char *text;        /* this document's own text, as it stood in the file */
	size_t text_bytes;
	/* Lower-case hex BLAKE2b-128 (libsodium crypto_generichash) of the text: names this
	 * version. */
	char hash[33];
	uint32_t line; /* of the document's first line in the file, from 1 */
	struct task *tasks;
	uint32_t task_count;
	uint32_t max_active_tasks; /* over all runs of this dag */
	/* Pools that hold for this dag alone; one named "default" replaces the common one for it.
	 */
	const struct pool_size *pools;
	uint32_t pool_count;
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

/* Parses YAML (size bytes of UTF-8, any number of documents) and appends each sound dag to *out.
 * source names the text in messages, as in "nightly.yaml:12:3: ...".
 * Fails with ERR_SYNTAX (not YAML, or beyond a bound in model/limits.h) or ERR_INVALID (unknown
 * key, missing upstream, cycle ...); *out is then untouched, and every error of the text stands in
 * *errors, with its place. An empty text is ERR_INVALID. Safe on any thread. */
int dag_parse(const char *source, const char *text, size_t size, struct dag_list *out,
	      struct dag_errors *errors);

struct dag *dag_ref(struct dag *dag);
void dag_unref(struct dag *dag); /* dag_ref's pair; the last one frees it. NULL is allowed */

/* Position of a task in dag->tasks, or UINT32_MAX. */
uint32_t dag_find_task(const struct dag *dag, const char *task_id);

/* True for [A-Za-z_][A-Za-z0-9_-]{0,99}; with dots after the first character for dag ids. */
bool id_is_valid(const char *id, bool dots_allowed);

#endif
