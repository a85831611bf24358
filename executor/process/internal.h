/* internal.h - the daemon's side of process.h, shared by its files and by nobody else.
 *
 *	process.c  the table of attempts, the calls of process.h, the clock of retries
 *	files.c    the paths of an attempt's files, and reading them
 *	link.c     the launcher: its lock, its start, the socket to it
 *	spool.c    exit records as they appear
 *	adopt.c    what became of an attempt: its claim, its shim, what is left of its processes
 *	unclaimed.c  the same for one without a claim: never started, or its claim was removed
 *
 * An attempt in the table:
 *
 *	WAITING --launcher is up: adopt_judge--> LAUNCHED | ATTACHED | CLEARING | over
 *	LAUNCHED --its shim ended, as the launcher says--> judged again
 *	ATTACHED --its shim died, as its pidfd says--> judged again
 *	CLEARING --none of its processes is left--> over
 *	any --its record is there--> over
 *
 * What is over leaves the table and stands in a queue until it is told (executor_flush): never from
 * within a call of process.h, and not while held. So do starts. */
#ifndef HEDDLE_EXECUTOR_PROCESS_INTERNAL_H
#define HEDDLE_EXECUTOR_PROCESS_INTERNAL_H

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "executor/process/census.h"
#include "executor/process/cgroup.h"
#include "executor/process/claim.h"
#include "executor/process/kin.h"
#include "executor/process/process.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

enum phase {
	PHASE_WAITING,
	PHASE_LAUNCHED,
	PHASE_ATTACHED,
	PHASE_CLEARING
};

/* A shim that is not our launcher's child, watched by a descriptor of the process. */
struct watcher {
	uv_poll_t poll;
	int fd;
	struct process_executor *executor;
	int64_t attempt_id;
};

struct attempt {
	int64_t id;
	int64_t released_at_ms;
	enum phase phase;
	struct str frame; /* the launch; empty: only to be looked for */
	bool may_launch;  /* when there is no claim */
	bool is_cancelled;
	bool is_killed;
	bool is_quiet;       /* unknown before a cancel: what was forgotten stays so */
	bool is_troubled;    /* people were told */
	bool has_started;    /* a shim or process of it was seen: without a claim it is lost */
	bool is_told;        /* its shim says that its record is there */
	bool is_announced;   /* its start was told */
	unsigned deaths;     /* of shims that told no end */
	int64_t wake_at_ms;  /* of uv_now: when to look at it again; 0 = not */
	int64_t start_at_ms; /* of uv_now: when to look whether it began; 0 = not */
	int64_t start_pause_ms;
	int64_t kill_at_ms; /* of uv_now: when its shim had its second; 0 = not killed */
	int64_t timeout_ms; /* of the launch; 0 = none */
	int64_t grace_ms;
	int64_t overdue_at_ms; /* of uv_now: its shim should have ended it long ago; 0 = never */
	bool is_overdue;       /* it was told and reminded */
	struct watcher *watcher;
	struct claim *claim; /* while CLEARING */
	unsigned empty_rounds;
	int64_t clearing_since_ms;
	int64_t pause_ms;
	UT_hash_handle hh;
};

/* A start that was not told yet. */
struct begun {
	int64_t attempt_id;
	int64_t at_ms;
};

enum link_state {
	LINK_DOWN,
	LINK_LOCKING,
	LINK_UP
};

struct link_process {
	uv_process_t process;
	struct process_executor *executor;
};

struct link_socket {
	uv_poll_t poll;
	int fd;
	struct process_executor *executor;
};

/* What may be in the way of all attempts. */
enum obstacle {
	OBSTACLE_LAUNCHER,
	OBSTACLE_SPOOL,
	OBSTACLE_COUNT
};

struct link {
	enum link_state state;
	int lock_fd;                  /* while locking */
	int alive_fd;                 /* our end of the pipe by which shims know that we live */
	struct link_process *process; /* until its end was seen */
	struct link_socket *socket;
	struct str output; /* not sent yet */
	struct str input;  /* not read yet */
	uv_timer_t timer;
	int64_t since_ms; /* of uv_now: in this state */
	int64_t pause_ms;
	uint32_t orphans; /* the launcher ends */
	uv_timer_t pulse; /* asks the launcher whether it is there */
	bool is_asked;    /* and has not answered */
	bool is_busy;     /* it was asked behind launches that were not sent yet */
	uint64_t sent_bytes;
	uint64_t asked_at_bytes; /* of sent_bytes */
	pid_t former_pid;        /* the launcher that the lock's file named; 0 = none */
	uint64_t former_start;
};

struct process_executor {
	uv_loop_t *loop;
	char *home;
	char *shim_path;
	char *boot_id;
	char *incarnation;
	struct process_events events;
	struct attempt *attempts;
	VEC(struct attempt_end) over;
	VEC(struct begun) begun;
	struct link link;
	char obstacles[OBSTACLE_COUNT][512]; /* as told; "" = none */
	int64_t patience_ms; /* with a launcher or shim that shows no sign; tests have less */
	char cgroup_base[CGROUP_PATH_SIZE];
	struct census census;
	struct kin_outsiders outsiders;
	int64_t census_at_ms; /* of uv_now */
	bool is_counted;      /* a census was taken */
	uv_poll_t spool_poll;
	int spool_fd;
	int spool_watch; /* of spool/exit; -1 = to be made again */
	int spool_parent_watch;
	uv_timer_t tick;
	int64_t tick_at_ms; /* of uv_now; 0 = not armed */
	int64_t rescan_at_ms;
	bool is_held;
	bool has_missed; /* a record, while held */
	bool is_ready;   /* was told so */
	bool is_flushing;
	bool is_stopping;
	unsigned handle_count;
	void (*stopped)(void *context);
	void *stopped_context;
};

#define EXECUTOR_TOLD_MS 1000 /* for the news of a record that its shim says is there */

/* process.c */
struct attempt *executor_find(struct process_executor *executor, int64_t attempt_id);
/* Looks at the attempt (adopt_judge) after a delay. */
void executor_wake(struct process_executor *executor, struct attempt *attempt, int64_t delay_ms);
void executor_arm(struct process_executor *executor, int64_t at_ms);
/* The attempt is over. It leaves the table; the end is queued. */
void executor_over(struct process_executor *executor, const struct attempt_end *end);
/* Tells what is queued. To be called at the end of every callback of the loop. */
void executor_flush(struct process_executor *executor);
/* Tells people once of an attempt's trouble; text NULL: that it is over. */
void executor_trouble(struct process_executor *executor, struct attempt *attempt, const char *text);
/* Tells people what is in the way of all attempts, once as long as it stays; text NULL: over. */
void executor_obstacle(struct process_executor *executor, enum obstacle obstacle, const char *text);
/* Looks after an attempt's shim (adopt_overdue) after a delay. */
void executor_expect_end(struct process_executor *executor, struct attempt *attempt,
			 int64_t delay_ms);
/* Looks soon whether the attempt began, and tells so, when somebody wants to know. */
void executor_expect_start(struct process_executor *executor, struct attempt *attempt);
/* For every handle of the loop: counts, so that the executor is freed after the last one. */
void executor_handle_opened(struct process_executor *executor);
void executor_handle_closed(struct process_executor *executor);

/* files.c */
const char *executor_path(const struct process_executor *executor, const char *relative,
			  char path[PATH_MAX]);
const char *executor_claim_path(const struct process_executor *executor,
				const struct attempt *attempt, char path[PATH_MAX]);
const char *executor_record_path(const struct process_executor *executor, int64_t attempt_id,
				 char path[PATH_MAX]);

/* link.c */
void link_init(struct process_executor *executor);
void link_start(struct process_executor *executor);
bool link_is_up(const struct process_executor *executor);
/* Sends the attempt's frame. The link must be up. */
void link_launch(struct process_executor *executor, struct attempt *attempt);
/* Ends the launcher, so that a new one takes its place. */
void link_replace(struct process_executor *executor, const char *why);
void link_stop(struct process_executor *executor);

/* spool.c */
int spool_open(struct process_executor *executor, struct err *err);
/* Takes every record there is; while held, only remembers that it should. */
void spool_scan(struct process_executor *executor);
void spool_close(struct process_executor *executor);

/* adopt.c */
/* Finds out what became of the attempt and what is to be done. attempt may be gone after. */
void adopt_judge(struct process_executor *executor, struct attempt *attempt);
/* Its claim or record is a newer program's: it is left as it is, and people are told. An attempt
 * that is not in the table is allowed. */
void adopt_newer(struct process_executor *executor, int64_t attempt_id);
/* The launcher says that the attempt's shim ended. */
void adopt_shim_gone(struct process_executor *executor, struct attempt *attempt, int status,
		     int fork_errno);
/* Its shim should have ended the attempt by its timeout and did not. */
void adopt_overdue(struct process_executor *executor, struct attempt *attempt);
/* One round of ending what dead shims left, of all attempts that are CLEARING. */
void adopt_clear(struct process_executor *executor);
void adopt_unwatch(struct attempt *attempt);
/* Somebody wants it ended. */
bool adopt_is_to_end(const struct attempt *attempt);
/* The end of an attempt that its shim did not tell. */
void adopt_end_as(struct process_executor *executor, const struct attempt *attempt,
		  enum attempt_cause cause, int64_t started_at_ms, const char *reason);
void adopt_end_lost(struct process_executor *executor, const struct attempt *attempt,
		    int64_t started_at_ms, const char *reason);
/* Watches the living shim of the claim. False when it does not live. */
bool adopt_attach(struct process_executor *executor, struct attempt *attempt,
		  const struct claim *claim);
/* Asks the claim's shim to end its task. */
void adopt_signal(struct process_executor *executor, struct attempt *attempt,
		  const struct claim *claim);
/* Ends what a dead shim left; claim is what is known of it. */
void adopt_begin_clearing(struct process_executor *executor, struct attempt *attempt,
			  const struct claim *claim);

/* unclaimed.c */
/* As adopt_judge, for an attempt that has neither claim nor record. */
void unclaimed_judge(struct process_executor *executor, struct attempt *attempt);
/* What a claim would say of the attempt's living processes. Returns how many were found. */
size_t unclaimed_look(struct process_executor *executor, const struct attempt *attempt,
		      struct claim *claim);

#endif
