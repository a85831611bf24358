/* adopt.c - what became of an attempt, and what is done about it.
 *
 *	record                        over, as it says
 *	no claim, may launch          launched
 *	no claim, must not            over: lost
 *	claim of another boot         over: lost
 *	claim held by a living shim   watched until that ends
 *	claim held by nobody          what is left of its processes is ended; then lost
 *
 * The lock of link.c is held when this judges, so that "no claim" means "not started". */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "executor/process/cgroup.h"
#include "executor/process/frame.h"
#include "executor/process/internal.h"
#include "executor/process/procfs.h"
#include "executor/process/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS_MAX 5    /* of shims of one attempt that did not get to claim it */
#define RETRY_MS 1000   /* after an error of the disk */
#define UNSETTLED_MS 20 /* a claim that is held, but not by a living shim */
#define CLEAR_FIRST_MS 2
#define CLEAR_PAUSE_MAX_MS 1000
#define CLEAR_TROUBLE_MS 5000
#define CLEAR_ROUNDS 2 /* with nothing found, in a row: one pass over /proc is no snapshot */

static void end_as(struct process_executor *executor, const struct attempt *attempt,
		   enum attempt_cause cause, int64_t started_at_ms, const char *reason)
{
	struct attempt_end end = {.attempt_id = attempt->id, .cause = cause};

	end.ended_at_ms = clock_now().wall_ms;
	end.started_at_ms = started_at_ms;
	if (started_at_ms > 0 && end.ended_at_ms > started_at_ms)
		end.duration_ms = end.ended_at_ms - started_at_ms;
	snprintf(end.reason, sizeof end.reason, "%s", reason);
	executor_over(executor, &end);
}

static bool is_to_end(const struct attempt *attempt)
{
	return attempt->is_cancelled || attempt->is_killed;
}

static void end_lost(struct process_executor *executor, const struct attempt *attempt,
		     int64_t started_at_ms, const char *reason)
{
	if (is_to_end(attempt))
		end_as(executor, attempt, CAUSE_CANCELLED, started_at_ms, "");
	else
		end_as(executor, attempt, CAUSE_LOST, started_at_ms, reason);
}

static void on_watcher_closed(uv_handle_t *handle)
{
	struct watcher *watcher = handle->data;
	struct process_executor *executor = watcher->executor;

	fd_close(&watcher->fd);
	mem_free(watcher);
	executor_handle_closed(executor);
}

void adopt_unwatch(struct attempt *attempt)
{
	if (attempt->watcher == NULL)
		return;
	uv_close((uv_handle_t *)&attempt->watcher->poll, on_watcher_closed);
	attempt->watcher = NULL;
}

static void on_shim_ended(uv_poll_t *poll, int status, int events)
{
	struct watcher *watcher = poll->data;
	struct process_executor *executor = watcher->executor;
	struct attempt *attempt = executor_find(executor, watcher->attempt_id);

	(void)status;
	(void)events;
	if (attempt != NULL && attempt->watcher == watcher) {
		adopt_unwatch(attempt);
		attempt->phase = PHASE_WAITING;
		adopt_judge(executor, attempt);
	}
	executor_flush(executor);
}

/* Watches the living shim of the claim. False when it does not live. */
static bool attach(struct process_executor *executor, struct attempt *attempt,
		   const struct claim *claim)
{
	struct watcher *watcher;
	int fd;

	if (attempt->watcher != NULL)
		return true;
	fd = procfs_open(claim->shim_pid, claim->shim_start);
	if (fd < 0)
		return false;
	watcher = mem_alloc(sizeof *watcher);
	watcher->fd = fd;
	watcher->executor = executor;
	watcher->attempt_id = attempt->id;
	uv_poll_init(executor->loop, &watcher->poll, fd);
	watcher->poll.data = watcher;
	executor_handle_opened(executor);
	uv_poll_start(&watcher->poll, UV_READABLE, on_shim_ended);
	attempt->watcher = watcher;
	attempt->phase = PHASE_ATTACHED;
	return true;
}

static void begin_clearing(struct process_executor *executor, struct attempt *attempt,
			   const struct claim_file *file)
{
	adopt_unwatch(attempt);
	attempt->phase = PHASE_CLEARING;
	attempt->claim = mem_alloc(sizeof *attempt->claim);
	if (file->is_claim)
		*attempt->claim = file->claim;
	else
		log_warn("claim is torn", "attempt=%lld", (long long)attempt->id);
	/* What a torn claim cannot tell is found by name. */
	place_name(executor->incarnation, attempt->id, attempt->claim->name);
	attempt->clearing_since_ms = (int64_t)uv_now(executor->loop);
	attempt->pause_ms = CLEAR_FIRST_MS;
	executor_wake(executor, attempt, 0);
}

/* Claims the attempt so that no shim can, with its end already in the claim. Returns 0 or an errno
 * value. */
static int make_tombstone(struct process_executor *executor, struct attempt *attempt)
{
	struct claim claim = {.claimed_at_ms = clock_now().wall_ms};
	struct attempt_end end = {.attempt_id = attempt->id, .cause = CAUSE_CANCELLED};
	char path[PATH_MAX];
	int fd;
	int rc;

	end.ended_at_ms = claim.claimed_at_ms;
	snprintf(claim.boot_id, sizeof claim.boot_id, "%s", executor->boot_id);
	place_name(executor->incarnation, attempt->id, claim.name);
	rc = claim_make(executor_claim_path(executor, attempt, path), &claim, &end, &fd);
	if (rc != 0)
		return rc;
	fd_close(&fd);
	executor_over(executor, &end);
	return 0;
}

static void judge_unclaimed(struct process_executor *executor, struct attempt *attempt)
{
	if (is_to_end(attempt)) {
		if (make_tombstone(executor, attempt) != 0)
			executor_wake(executor, attempt, RETRY_MS);
	} else if (!attempt->may_launch || attempt->frame.size == 0) {
		end_lost(executor, attempt, 0,
			 "the machine restarted or the home was restored before it was claimed");
	} else if (attempt->deaths >= DEATHS_MAX) {
		end_as(executor, attempt, CAUSE_COULD_NOT_START, 0,
		       "its shim died before it could claim the attempt, again and again");
	} else if (link_is_up(executor)) {
		link_launch(executor, attempt);
	}
}

static void signal_shim(struct process_executor *executor, struct attempt *attempt,
			const struct claim *claim)
{
	bool is_late =
	    attempt->kill_at_ms != 0 && (int64_t)uv_now(executor->loop) >= attempt->kill_at_ms;
	/* A shim that was asked to kill its task and is still there after a second is stuck. */
	int signal = is_late ? SIGKILL : attempt->is_killed ? SIGQUIT : SIGTERM;
	/* Queued, by which the shim knows a wish of ours from a signal of anybody else. */
	siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};
	int fd = procfs_open(claim->shim_pid, claim->shim_start);

	if (fd < 0)
		return;
	info.si_pid = getpid();
	info.si_uid = getuid();
	syscall(SYS_pidfd_send_signal, fd, signal, &info, 0);
	close(fd);
	if (attempt->is_killed)
		executor_wake(executor, attempt, RETRY_MS);
}

static void judge_held(struct process_executor *executor, struct attempt *attempt,
		       const struct claim_file *file)
{
	/* A shim's task holds a copy of the lock between fork and exec, and a claim that is being
	 * written anew may be read in halves: both pass in no time. */
	if (!file->is_claim ||
	    (attempt->phase != PHASE_LAUNCHED && !attach(executor, attempt, &file->claim))) {
		executor_wake(executor, attempt, UNSETTLED_MS);
		return;
	}
	if (is_to_end(attempt))
		signal_shim(executor, attempt, &file->claim);
}

static void judge_claimed(struct process_executor *executor, struct attempt *attempt,
			  const struct claim_file *file, bool held)
{
	if (file->is_record && file->end.attempt_id == attempt->id)
		executor_over(executor, &file->end);
	else if (file->is_claim && strcmp(file->claim.boot_id, executor->boot_id) != 0)
		end_lost(executor, attempt, file->claim.claimed_at_ms,
			 "the machine restarted while it ran");
	else if (held)
		judge_held(executor, attempt, file);
	else
		begin_clearing(executor, attempt, file);
}

/* A claim may be removed with its log while the record still stands in the spool. */
static bool take_spooled(struct process_executor *executor, struct attempt *attempt)
{
	struct claim_file file;
	char path[PATH_MAX];

	if (claim_file_read(executor_record_path(executor, attempt->id, path), &file, NULL) != 0 ||
	    !file.is_record || file.end.attempt_id != attempt->id)
		return false;
	executor_over(executor, &file.end);
	return true;
}

static void forget_quietly(struct process_executor *executor, struct attempt *attempt)
{
	struct attempt_end end = {.attempt_id = attempt->id};

	executor_over(executor, &end);
	executor->over.count--;
}

void adopt_judge(struct process_executor *executor, struct attempt *attempt)
{
	struct claim_file file;
	char path[PATH_MAX];
	bool held = false;
	int rc;

	if (!executor->is_ready || attempt->phase == PHASE_CLEARING)
		return;
	rc = claim_file_read(executor_claim_path(executor, attempt, path), &file, &held);
	if (rc == 0 && attempt->is_quiet && file.is_record && !take_spooled(executor, attempt))
		forget_quietly(executor, attempt);
	else if (rc == 0 && !(attempt->is_quiet && file.is_record))
		judge_claimed(executor, attempt, &file, held);
	else if (rc == ENOENT && !take_spooled(executor, attempt))
		judge_unclaimed(executor, attempt);
	else if (rc != 0 && rc != ENOENT)
		executor_wake(executor, attempt, RETRY_MS);
}

static bool has_claim(const struct process_executor *executor, const struct attempt *attempt)
{
	char path[PATH_MAX];

	return access(executor_claim_path(executor, attempt, path), F_OK) == 0 || errno != ENOENT;
}

static void end_unstarted(struct process_executor *executor, const struct attempt *attempt,
			  const char *what, int error)
{
	char reason[160];

	snprintf(reason, sizeof reason, "%s: %s", what, strerror(error));
	if (is_to_end(attempt))
		end_as(executor, attempt, CAUSE_CANCELLED, 0, "");
	else
		end_as(executor, attempt, CAUSE_COULD_NOT_START, 0, reason);
}

void adopt_shim_gone(struct process_executor *executor, struct attempt *attempt, int status,
		     int fork_errno)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	attempt->phase = PHASE_WAITING;
	attempt->deaths++;
	if (fork_errno != 0)
		end_unstarted(executor, attempt, "fork", fork_errno);
	else if (code > 0 && code < SHIM_EXIT_CLAIM_EXISTS && !has_claim(executor, attempt))
		end_unstarted(executor, attempt, "claim the attempt", code);
	else
		adopt_judge(executor, attempt);
}

void adopt_cancel(struct process_executor *executor, struct attempt *attempt)
{
	int rc;

	if (attempt->phase != PHASE_LAUNCHED) {
		adopt_judge(executor, attempt);
		return;
	}
	/* A shim may be on its way. Whoever links the claim first decides. */
	rc = make_tombstone(executor, attempt);
	if (rc == EEXIST)
		adopt_judge(executor, attempt);
	else if (rc != 0)
		executor_wake(executor, attempt, RETRY_MS);
}

static void finish_clearing(struct process_executor *executor, struct attempt *attempt)
{
	int64_t started_at_ms = attempt->claim->claimed_at_ms;

	cgroup_remove(attempt->claim->cgroup);
	end_lost(executor, attempt, started_at_ms, "its shim died without telling its end");
}

/* What is left of the attempt was counted. attempt is gone when that was nothing, twice. */
static void judge_remains(struct process_executor *executor, struct attempt *attempt, size_t found)
{
	int64_t now_ms = (int64_t)uv_now(executor->loop);
	char text[160];

	attempt->empty_rounds =
	    found > 0 || executor->link.orphans > 0 ? 0 : attempt->empty_rounds + 1;
	if (attempt->empty_rounds >= CLEAR_ROUNDS) {
		finish_clearing(executor, attempt);
		return;
	}
	if (now_ms - attempt->clearing_since_ms > CLEAR_TROUBLE_MS) {
		snprintf(text, sizeof text,
			 "its shim is dead, and %zu of its processes cannot be ended", found);
		executor_trouble(executor, attempt, text);
	}
	attempt->pause_ms =
	    attempt->pause_ms * 2 < CLEAR_PAUSE_MAX_MS ? attempt->pause_ms * 2 : CLEAR_PAUSE_MAX_MS;
	executor_wake(executor, attempt, attempt->pause_ms);
}

void adopt_clear(struct process_executor *executor)
{
	VEC(struct tree_remains) remains = {0};
	VEC(struct attempt *) clearing = {0};
	struct attempt *attempt;
	struct attempt *next;

	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		struct tree_remains one = {attempt->claim, 0};

		if (attempt->phase != PHASE_CLEARING)
			continue;
		vec_push(&remains, one);
		vec_push(&clearing, attempt);
	}
	tree_kill_remains(remains.items, remains.count);
	for (size_t i = 0; i < clearing.count; i++)
		judge_remains(executor, clearing.items[i], remains.items[i].found);
	vec_close(&remains);
	vec_close(&clearing);
}
