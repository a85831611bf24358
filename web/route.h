/* route.h - the tables of what can be asked: method, path, who may, and who serves it. One is the
 * API's, one the pages' (page/routes.c).
 *
 * A pattern is made of segments: a word that must stand there, or {dag} {run} {task} {attempt} ...,
 * which are names of things and are checked as such; ":verb" may follow a name. HEAD is served as
 * GET. Matching is pure. */
#ifndef HEDDLE_WEB_ROUTE_H
#define HEDDLE_WEB_ROUTE_H

#include "web/target.h"
#include "web/web.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct store_reader;

/* What came of a look at the database. */
enum call_outcome {
	CALL_ANSWERED, /* call->answer stands */
	CALL_AGAIN, /* it takes longer than a worker's turn; look again when it is its turn again */
	CALL_WAIT,  /* what is waited for has not happened yet; look again when the run changes */
};

typedef enum call_outcome (*route_read)(struct call *call, struct store_reader *reader);

enum route_kind {
	ROUTE_NOW,      /* answered on the loop, from memory */
	ROUTE_READ,     /* answered from the database, on a worker */
	ROUTE_COMMAND,  /* goes to the callback; answered after its commit */
	ROUTE_QUESTION, /* goes there too, for what only the scheduler knows */
};

enum route_flag {
	ROUTE_PUBLIC = 1 << 0, /* needs no token */
	ROUTE_TAGGED = 1 << 1, /* has an ETag, and If-None-Match is looked at */
	ROUTE_EVENTS =
	    1 << 2, /* a stream that ends only with the client; their number is bounded */
	ROUTE_RANGES = 1 << 3,   /* parts can be asked for */
	ROUTE_CONCERNS = 1 << 4, /* tells what ails the daemon, which only the loop knows */
	ROUTE_PAGE = 1 << 5,     /* for people: problems are told as pages, bodies are forms */
	ROUTE_TEXT = 1 << 6,     /* ROUTE_READ of a text, which comes as the body: call->text */
	/* Served to tasks, too (task.h). Without one of these a task is refused: */
	ROUTE_TASK = 1 << 8,       /* within its domain */
	ROUTE_TASK_NAMED = 1 << 9, /* likewise, when the query names a dag or a run */
	ROUTE_TASK_OWN = 1 << 10,  /* about its own run */
};

struct route {
	const char *method; /* "GET" or "POST" */
	const char *pattern;
	enum route_kind kind;
	unsigned flags;  /* of enum route_flag */
	uint64_t params; /* of enum query_param; of a page, bits of enum ask_param */
	/* ROUTE_READ: serves it. ROUTE_COMMAND, ROUTE_QUESTION: finds the whole id of the run, when
	 * that is needed.
	 */
	route_read read;
	void (*now)(struct call *call); /* ROUTE_NOW */
	enum web_command_kind command;  /* ROUTE_COMMAND, ROUTE_QUESTION */
	/* What comes when all goes well: media types, the one preferred first, with a blank between
	 * them, and the schema (describe.c) of JSON, NULL when there is none. */
	const char *media;
	const char *schema;
	const char *summary; /* for the document */
	route_read then;     /* ROUTE_QUESTION of a page: shows what was answered (call->told) */
};

#define ROUTE_ATTEMPT_LATEST 0u

/* What the names in the path stand for. Texts live in the target, or in cut: so it is not to be
 * copied. NULL = not in the pattern. */
struct route_names {
	char cut[128]; /* a name that a verb followed, without that */
	const char *dag;
	char run[17]; /* the id or a beginning of it; "" = not in the pattern */
	const char *task;
	uint32_t attempt; /* ROUTE_ATTEMPT_LATEST = "latest" */
	const char *secret;
	const char *file;
	const char *artifact; /* with its slashes, which come as %2F */
};

/* One kind of name, for documents. */
struct route_name_row {
	const char *name; /* with its braces */
	bool (*take)(const char *text, struct route_names *names);
	const char *wanted; /* in words */
	const char *schema; /* in JSON Schema */
};

#define ROUTE_ALLOW_SIZE 40

/* Finds what serves the method and path. NULL: nothing does; allow then holds the methods that the
 * path does take ("GET, HEAD, OPTIONS"), "" when there is no such path. */
const struct route *route_find(const char *method, const struct target *target,
			       struct route_names *names, char allow[ROUTE_ALLOW_SIZE]);

/* Whether an artifact can be asked for by this name: parts with slashes between them, none of them
 * "", "." or "..", in UTF-8, without control characters, of LIMIT_ARTIFACT_NAME_BYTES at most. */
bool route_artifact_is_good(const char *name);

/* All rows of the API, for documents and tests; and those of the pages. */
const struct route *route_table(size_t *count);
const struct route *page_route_table(size_t *count);
const struct route_name_row *route_name_table(size_t *count);

#endif
