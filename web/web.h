/* web.h - the HTTP API: routes, authentication, answers, waiting.
 *
 * libmicrohttpd runs inside the loop (external epoll, no threads of its own), once for the Unix
 * socket (trusted by peer credentials) and once for TCP (bearer token). What is read comes from the
 * database over readers on libuv's workers; what is wanted done goes to the callbacks below, and is
 * answered only after the commit (web_answer). All on the loop's thread. */
#ifndef HEDDLE_WEB_WEB_H
#define HEDDLE_WEB_WEB_H

#include "base/err.h"
#include "base/str.h"
#include "executor/process/process.h"
#include "model/change.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct web;
struct store_reader;

enum web_command_kind {
	WEB_TRIGGER,
	WEB_CANCEL,
	WEB_RERUN,
	WEB_MARK,
	WEB_PAUSE,
	WEB_RESUME,
	WEB_NOTE,
	WEB_WHY,       /* a question: changes nothing, and is answered from memory */
	WEB_GC,        /* begins a round of tidying, or joins the one under way */
	WEB_GC_STATUS, /* a question, likewise */
	WEB_COMMAND_COUNT,
};

/* What a client wants done. Texts live until the callback returns; NULL = not given. */
struct web_command {
	enum web_command_kind kind;
	const char *actor;  /* "user:alice" by peer credentials, "token:home", "task:RUN/TASK#1" */
	const char *dag_id; /* WEB_TRIGGER; WEB_PAUSE and WEB_RESUME: NULL = all dags */
	const char *key;    /* WEB_TRIGGER: caller's key, NULL = a fresh one */
	const char *run_id; /* of a command to a run: whole id */
	const char *reason;
	const char *params; /* WEB_TRIGGER, WEB_RERUN: a JSON object */
	const char *period; /* WEB_TRIGGER: an instant or a date */
	const char *at;     /* WEB_TRIGGER: likewise; when to start, NULL = at once */
	const char
	    *mode; /* WEB_RERUN: "failed", "from", "only" or "all"; WEB_TRIGGER: "from", "only" */
	const char *const *tasks; /* ids, with "from" and "only" */
	size_t task_count;
	bool force;           /* WEB_TRIGGER: past the limits and the pause of the dag */
	uint8_t times_parked; /* how often the daemon has set it aside; 0 at first */
	bool latest;          /* WEB_RERUN: with the version in force */
	bool dry_run;         /* only say what it would do: as JSON, in the answer's message */
	bool backups;         /* WEB_GC: what migrations left goes, too */
	const char *task;     /* WEB_MARK; WEB_NOTE, WEB_WHY: NULL = of the run */
	const char *state;    /* WEB_MARK: "success", "failed" or "skipped" */
	const char *text;     /* WEB_NOTE */
	const char *token;    /* of a dry run: do what it showed, or nothing; NULL = none */
};

enum web_result {
	WEB_DONE,      /* 201 for a new run, 202 for what is under way, 200 without a run */
	WEB_UNCHANGED, /* 200: the same key before, the run has ended already */
	WEB_NOT_FOUND, /* 404 */
	WEB_GONE,      /* 410: it was pruned */
	WEB_REFUSED,   /* 409 */
	WEB_INVALID,   /* 422 */
	WEB_HELD, /* 503 with Retry-After: commits fail, or the daemon is starting or stopping */
};

/* The attempt that a task's token speaks for. */
struct web_task {
	int64_t attempt_id; /* 0 = none */
	uint32_t number;    /* of the attempt, 1 = first try */
	char run_id[RUN_ID_SIZE];
	char task[LIMIT_ID_BYTES + 1];
	char domain[LIMIT_ID_BYTES + 1]; /* "" = its dag has none */
};

enum web_token {
	WEB_TOKEN_UNKNOWN, /* of no task of this home */
	WEB_TOKEN_ENDED,   /* its attempt is over */
	WEB_TOKEN_TASK,
};

/* What keeps something from being started (scheduler/sched.h). */
#define WEB_HOLDS_MAX 8
struct web_hold {
	const char *kind; /* "space", "clock_jump" ...: for ever */
	bool holds_all;   /* else only what starts at an instant of the wall clock */
	char why[256];
};

struct web_events {
	void *context;
	/* Ends, sooner or later, in exactly one web_answer with this token (not before it returns).
	 */
	void (*command)(void *context, const struct web_command *command, uint64_t token);
	/* Fills *why (one line) when not ready. */
	bool (*ready)(void *context, char why[256]);
	/* Fills *why (one line) with what is not yet in the way, but will be soon; "" = nothing.
	 * NULL: nobody knows. */
	void (*warns)(void *context, char why[256]);
	/* Whether a process at the other end of the Unix socket belongs to a task. NULL: none does.
	 */
	struct process_peer (*judge_peer)(void *context, pid_t pid);
	/* What a bearer token that is not the home's stands for; fills *task for WEB_TOKEN_TASK.
	 * NULL: tasks have no tokens. */
	enum web_token (*read_token)(void *context, const char *token, struct web_task *task);
	/* Checks a text as if it stood in the dag folder under this name (NULL = nobody says
	 * where), and tells what came of it as JSON. Called on workers, with a context of its own
	 * that never changes. */
	void (*check)(const void *context, struct store_reader *reader, const char *name,
		      const struct str *text, struct str *json);
	const void *check_context;
	/* Writes the metrics of the daemon (text format 0.0.4 of Prometheus). */
	void (*metrics)(void *context, struct str *out);
	void *metrics_context;
	/* Returns how many stand. NULL = there are never any. */
	size_t (*holds)(void *context, struct web_hold holds[WEB_HOLDS_MAX]);
};

#define WEB_START_SIZE 17 /* 8 random bytes in hex */

struct web_config {
	const char *db_path;     /* for readers */
	const char *home;        /* for logs */
	const char *socket_path; /* Unix socket, 0600; a stale one is replaced */
	const char *listen_host; /* TCP; NULL = none */
	uint16_t listen_port;    /* 0 = any free one */
	uint16_t former_port;    /* with 0: taken again if it is free; 0 = none */
	const char *token;       /* bearer token for TCP */
};

/* Fails with ERR_REFUSED (the port is taken), ERR_USAGE (no such host or address), ERR_EXISTS
 * (something else than a socket stands at socket_path), else I/O codes. What was opened by then is
 * closed in the next turns of the loop. */
int web_start(uv_loop_t *loop, const struct web_config *config, const struct web_events *events,
	      struct web **out, struct err *err);
/* What the servers have done and do. */
struct web_counts {
	uint64_t answers[6];  /* by the first digit of their status */
	unsigned connections; /* open */
	size_t streams;       /* likewise, of facts */
};
void web_count(const struct web *web, struct web_counts *out);
/* The TCP port in use, 0 when none. */
uint16_t web_port(const struct web *web);
/* Answers what is waiting, closes, and calls stopped (NULL = nobody wants to know) from the loop;
 * web is freed before. */
void web_stop(struct web *web, void (*stopped)(void *context), void *context);

/* Makes a link that signs a page in: the path and query of it, good once and for ten minutes. */
#define WEB_LINK_SIZE 96
void web_one_time_link(struct web *web, char path[WEB_LINK_SIZE]);

/* The answer to a command, after the commit. run_id NULL = none; message NULL = none. That to
 * WEB_WHY, WEB_GC and WEB_GC_STATUS is WEB_DONE with a JSON object as its message, or WEB_UNCHANGED
 * for what is not under way: the database tells then. */
void web_answer(struct web *web, uint64_t token, enum web_result result, const char *run_id,
		const char *message);
/* An attempt is over, and with it what its task asked for: streams end, and what waits is answered
 * with what there is. */
void web_attempt_ended(struct web *web, int64_t attempt_id);
/* Something about this run was committed: waits, watches and streams look again. */
void web_run_changed(struct web *web, const char *run_id);
/* Likewise, for a run that has ended. */
void web_run_ended(struct web *web, const char *run_id);
/* Something was committed that belongs to no run, as a dag that has changed. */
void web_changed(struct web *web);
/* What troubles an attempt under way: shown as the reason of its task until it is over (text NULL).
 */
void web_trouble(struct web *web, int64_t attempt_id, const char *text);

#endif
