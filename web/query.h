/* query.h - the parameters after the "?", checked against what a route takes.
 *
 * Unknown, doubled and malformed ones are errors that name what would be right: a filter that is
 * silently ignored shows the wrong runs. Pure. */
#ifndef HEDDLE_WEB_QUERY_H
#define HEDDLE_WEB_QUERY_H

#include "base/err.h"
#include "web/target.h"

#include <stdbool.h>
#include <stdint.h>

#define QUERY_LIMIT_DEFAULT 50u
#define QUERY_LIMIT_MAX 1000u
#define QUERY_WAIT_MAX_MS (10 * 60 * 1000)
#define QUERY_LINES_DEFAULT 200u
#define QUERY_LINES_MAX 5000u
#define QUERY_FIND_MAX 200u /* bytes */
#define QUERY_TEXT_MAX 200u /* likewise */
/* Of a grid. */
#define QUERY_RUNS_DEFAULT 25u
#define QUERY_RUNS_MAX 100u
#define QUERY_BARS_DEFAULT 14u
#define QUERY_BARS_LIMIT_MAX 200u /* a longer page has none unless they are asked for */
#define QUERY_TASKS_DEFAULT 100u
#define QUERY_TASKS_MAX 1000u

enum query_param {
	QUERY_LIMIT = 1 << 0,
	QUERY_CURSOR = 1 << 1, /* "cursor" that is an id */
	QUERY_DAG = 1 << 2,
	QUERY_RUN = 1 << 3,
	QUERY_RUN_STATE = 1 << 4,  /* "state" of a run */
	QUERY_TASK_STATE = 1 << 5, /* "state" of a task */
	QUERY_SINCE_TIME = 1 << 6, /* "since" as an instant, or as a duration back from now */
	QUERY_SINCE_FACT = 1 << 7, /* "since" as a number of a fact */
	QUERY_WAIT = 1 << 8,
	QUERY_FOLLOW = 1 << 9,
	QUERY_VERSION = 1 << 10, /* "version": the hash of a dag's text */
	QUERY_FROM = 1 << 11,    /* "from": the number of a line, from 1 */
	QUERY_LINES = 1 << 12,
	QUERY_TAIL = 1 << 13,
	QUERY_FIND = 1 << 14,
	QUERY_CURSOR_NUMBER = 1 << 15, /* "cursor" that is a number */
	QUERY_TEXT = 1 << 16,          /* "q": part of what a dag says of itself */
	QUERY_DOMAIN = 1 << 17,
	QUERY_OWNER = 1 << 18,
	QUERY_TAG = 1 << 19,
	QUERY_DAG_STATE = 1 << 20, /* "state" of a dag: of its newest run, or paused or none */
	QUERY_TO = 1 << 21,        /* "to": an instant, or the end of a date */
	QUERY_RUNS = 1 << 22,      /* "runs": how many columns of a grid */
	QUERY_TASKS = 1 << 23,     /* "tasks": how many rows of it */
	QUERY_FROM_TASK = 1 << 24, /* "from": the position of its first task, from 0 */
	QUERY_TOPICS = 1 << 25,
	QUERY_OFFSET = 1 << 26, /* "offset": a place in a log, in bytes */
	QUERY_DRY_RUN = 1 << 27,
	QUERY_TOKEN = 1 << 28, /* "token": of a dry run */
	QUERY_BARS = 1 << 29,  /* "bars": how many runs of each dag */
	QUERY_FILE = 1 << 30,  /* "file": where in the dag folder a text would stand */
};

/* "target": what is asked about, a run, a task of one or a dag; must be given. */
#define QUERY_TARGET (1u << 31)
/* "level": of a line of a log, at least. */
#define QUERY_LEVEL (UINT64_C(1) << 32)
/* "cursor" that is the name of an artifact. */
#define QUERY_CURSOR_NAME (UINT64_C(1) << 33)
/* "to": the number of a line, from 1 */
#define QUERY_TO_LINE (UINT64_C(1) << 34)

/* What "topics" may name: facts by the first word of their kind; errors: of the folder. */
#define QUERY_TOPIC_NAMES "run task attempt dag clock hold errors"
#define QUERY_TOPICS_MAX 60u /* bytes */

/* Texts live in the target. */
struct query {
	uint64_t given; /* of enum query_param */
	uint32_t limit; /* QUERY_LIMIT_DEFAULT when not given */
	const char *cursor;
	const char *dag;
	const char *run;
	const char *state;
	int64_t since_ms;
	int64_t since_fact;
	int64_t wait_ms;
	bool follow;
	const char *version;
	int64_t from_line;
	int64_t to_line; /* 0 = not given; likewise from_line */
	uint32_t lines;  /* QUERY_LINES_DEFAULT when not given */
	uint32_t tail;   /* 0 = not given */
	const char *find;
	const char *level; /* "error", "warn", "info" or "debug" */
	const char *text;
	const char *domain;
	const char *owner;
	const char *tag;
	int64_t to_ms;
	uint32_t bars;      /* when not given, QUERY_BARS_DEFAULT, or none on a long page */
	uint32_t runs;      /* QUERY_RUNS_DEFAULT when not given */
	uint32_t tasks;     /* QUERY_TASKS_DEFAULT likewise */
	uint32_t from_task; /* a position */
	const char *topics; /* names with commas between them */
	int64_t offset;
	bool dry_run;
	const char *token;
	const char *file;
	const char *target;
};

/* One parameter, for documents. */
struct query_param_row {
	const char *name;
	uint64_t param; /* of enum query_param */
	bool (*read)(const char *value, int64_t now_ms, struct query *out);
	const char *wanted; /* in words */
	const char *schema; /* in JSON Schema */
};

/* accepted: of enum query_param. now_ms: wall time, for durations. Fails with ERR_INVALID. */
int query_parse(const struct target *target, uint64_t accepted, int64_t now_ms, struct query *out,
		struct err *err);

/* All rows; two may have the same name, for routes of different kinds. */
const struct query_param_row *query_table(size_t *count);

#endif
