/* process.h - runs attempts as processes, launched once and never lost (DESIGN.md section 2).
 *
 *	daemon -- socket --> launcher -- fork --> shim -- fork, exec --> task
 *
 * The launcher is a small static program that serves one daemon. It forks a shim for each attempt;
 * the shim claims the attempt, runs the task, keeps its log, enforces its timeout and writes its
 * exit record, whether or not a daemon lives. Launcher and shims are one program, heddle-shim: a
 * shim is the launcher's fork without an exec, because an exec costs more than all the rest of it.
 *
 * Files of an attempt named NAME = INCARNATION-ATTEMPT_ID, released on day DAY (UTC):
 *	HOME/logs/DAY/NAME.log      its log (shim_log.h), from its first byte on
 *	HOME/logs/DAY/NAME.stdout   its stdout, where that is kept aside (kept.h), once it is over
 *	HOME/logs/DAY/NAME.output, NAME.progress, NAME.artifacts/
 *	                            what the task itself writes; the folder is made by the shim
 *	HOME/logs/DAY/NAME.claim    its claim (claim.h): linked once, locked while its shim lives;
 *	                            it is also the room for the exit record (record.h)
 *	HOME/spool/exit/NAME        a second name of the claim once it holds the exit record, until
 *	                            the daemon's commit made the end durable
 *
 * All calls and callbacks are on the loop's thread. */
#ifndef HEDDLE_EXECUTOR_PROCESS_PROCESS_H
#define HEDDLE_EXECUTOR_PROCESS_PROCESS_H

#include "base/err.h"
#include "base/str.h"
#include "model/attempt.h"
#include "model/dag.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct process_executor;

#define PROCESS_STDIN_MAX_BYTES (LIMIT_QUERY_BYTES + 65536u)

struct process_config {
	const char *home;        /* absolute */
	const char *shim_path;   /* the heddle-shim program */
	const char *boot_id;     /* of this boot of the machine */
	const char *incarnation; /* of the home */
};

/* Which attempt is meant. Everything needed to find its files. */
struct process_ref {
	int64_t attempt_id;
	int64_t released_at_ms;
};

/* What to run. Texts are only read during process_launch. */
struct process_launch {
	struct process_ref ref;
	const char *command;       /* text for /bin/sh -e, or NULL */
	const char *const *argv;   /* without a shell, NULL-terminated, or NULL */
	const struct env_var *env; /* the whole environment but HEDDLE_ATTEMPT_ID, which is added */
	uint32_t env_count;
	const char *cwd;     /* absolute */
	const char *run_dir; /* made when missing (HEDDLE_RUN_DIR), or NULL */
	int64_t timeout_ms;  /* 0 = none */
	int64_t grace_ms;
	uint64_t log_limit_bytes;
	bool without_cgroup; /* even where it could have one of its own */
	/* What it reads from its stdin, at most PROCESS_STDIN_MAX_BYTES; NULL = /dev/null. */
	const char *stdin_text;
	bool keep_stdout;    /* apart from stderr, for process_read_stdout */
	bool want_artifacts; /* makes the folder process_artifacts_path; goes when it stays empty */
	/* 0 = no limit. What this machine cannot hold it to is told in its log. */
	uint64_t memory_bytes;
	uint32_t cpus_milli; /* thousandths of a processor */
	uint32_t pids;       /* processes and threads */
};

struct process_events {
	void *context;
	/* The attempt is over: all its processes are gone, and nothing of it will start any more.
	 * The record stays in the spool until process_forget. May come twice for one attempt, with
	 * the same content, when the record was read before and not forgotten. */
	void (*ended)(void *context, const struct attempt_end *end);
	/* Something that people should know and that changes no state: processes that will not die,
	 * a launcher that had to be replaced. attempt_id 0 = none in particular; text NULL = the
	 * former trouble of this attempt is over. */
	void (*trouble)(void *context, int64_t attempt_id, const char *text);
	/* The launcher's lock is held: claims may be judged, launches begin. Once. */
	void (*ready)(void *context);
	/* The attempt runs; NULL = not wanted. Comes at most once from one executor, some 50 ms
	 * after the launch or later, never while held, and not for an attempt whose end was there
	 * before: that end tells when it started. started_at_ms is that of its claim. */
	void (*started)(void *context, int64_t attempt_id, int64_t started_at_ms);
};

/* Starts the launcher: ends a former one, takes spool/launcher.lock (waiting for it without
 * blocking the loop), then calls ready. Launches and adoptions before ready are kept until then. */
int process_executor_start(uv_loop_t *loop, const struct process_config *config,
			   const struct process_events *events, struct process_executor **out,
			   struct err *err);
/* Ends the launcher; attempts go on. stopped is called from the loop; the executor is freed after.
 */
void process_executor_stop(struct process_executor *executor, void (*stopped)(void *context),
			   void *context);

/* Starts an attempt. What cannot be started ends with CAUSE_COULD_NOT_START. Harmless for an
 * attempt that was launched before: its claim exists. */
void process_launch(struct process_executor *executor, const struct process_launch *launch);

/* What became of an attempt that a former daemon (or launcher) released. A record: ended. A claim
 * and a living shim: reattached. A claim and no shim: its processes are ended, then CAUSE_LOST (or
 * what the claim says). No claim: with same_machine (same boot id, same incarnation) launched;
 * otherwise CAUSE_LOST. launch is only read during the call. */
void process_adopt(struct process_executor *executor, const struct process_launch *launch,
		   bool same_machine);

/* Asks an attempt to end: TERM to its processes, KILL after its grace, by its shim. An attempt
 * without a claim is claimed here, so that it cannot start any more, and ends as CAUSE_CANCELLED.
 * Harmless when repeated or over. */
void process_cancel(struct process_executor *executor, struct process_ref ref);
/* Ends its shim and all its processes now. */
void process_kill(struct process_executor *executor, struct process_ref ref);
/* Its end is on disk: removes the exit record. */
void process_forget(struct process_executor *executor, struct process_ref ref);

/* While held, no ended call comes: records stay in the spool. Going on delivers what gathered. */
void process_hold(struct process_executor *executor, bool held);
/* Attempts that were launched or adopted and have not ended. */
size_t process_count(const struct process_executor *executor);

enum process_peer_kind {
	PROCESS_PEER_OUTSIDE, /* of no attempt of this home */
	PROCESS_PEER_INSIDE,
	PROCESS_PEER_UNKNOWN, /* it is gone, or its ancestry cannot be followed */
};

/* Whose process somebody is. */
struct process_peer {
	enum process_peer_kind kind;
	int64_t attempt_id; /* of PROCESS_PEER_INSIDE; 0 = it cannot be told, its shim is dead */
};

/* Judges a process that lives now, by the kernel's word (kin.h). */
struct process_peer process_judge_peer(struct process_executor *executor, pid_t pid);

/* Paths of an attempt's files under home. Each returns buffer, "" when it would not fit. */
const char *process_log_path(const char *home, const char *incarnation, struct process_ref ref,
			     char buffer[PATH_MAX]);
const char *process_claim_path(const char *home, const char *incarnation, struct process_ref ref,
			       char buffer[PATH_MAX]);
const char *process_record_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX]);
const char *process_stdout_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX]);
/* $HEDDLE_OUTPUT, $HEDDLE_PROGRESS and $HEDDLE_ARTIFACTS. */
const char *process_output_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX]);
const char *process_progress_path(const char *home, const char *incarnation, struct process_ref ref,
				  char buffer[PATH_MAX]);
const char *process_artifacts_path(const char *home, const char *incarnation,
				   struct process_ref ref, char buffer[PATH_MAX]);

/* Readers of these files. Each reads at once, whatever a task put there: *out is cleared first, no
 * link is followed, and what is not a regular file is ERR_INVALID. Else they fail with err_errno's
 * codes. */

/* All of $HEDDLE_OUTPUT, empty when the task wrote none. ERR_LIMIT beyond LIMIT_OUTPUT_BYTES. */
int process_read_output(const char *path, struct str *out, struct err *err);
/* The last 4 KiB of $HEDDLE_PROGRESS, empty when the task wrote none. */
int process_read_progress(const char *path, struct str *out, struct err *err);
/* The stdout of an attempt with keep_stdout that has ended: all of it, or its last 64 KiB when it
 * was longer than LIMIT_OUTPUT_BYTES and a line end. ERR_NOT_FOUND: there is none, because the
 * attempt did not start, was lost, or the disk was full. ERR_CORRUPT: it is not as it was kept. */
int process_read_stdout(const char *path, struct str *out, bool *is_whole, struct err *err);
/* The lines within the last max_bytes of the log, as the task wrote them: without the times and the
 * marks of stderr. Empty when there is no log. */
int process_log_tail(const char *path, size_t max_bytes, struct str *out, struct err *err);
/* When the attempt's shim claimed it. ERR_NOT_FOUND: no shim has, or its claim was removed. */
int process_started_at(const char *home, const char *incarnation, struct process_ref ref,
		       int64_t *started_at_ms);

#endif
