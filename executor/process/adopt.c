/* adopt.c - what became of an attempt, and what is done about it.
 *
 *	record                        over, as it says
 *	no claim                      unclaimed.c
 *	claim of another boot         over: lost
 *	claim held by a living shim   watched until that ends
 *	claim held by nobody          what is left of its processes is ended; then lost
 *
 * The lock of link.c is held when this judges, so that no shim is on its way to its claim. */
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

#define RETRY_MS 1000   /* after an error of the disk */
#define UNSETTLED_MS 20 /* a claim that is held, but not by a living shim */
#define CLEAR_FIRST_MS 2
#define CLEAR_PAUSE_MAX_MS 1000
#define CLEAR_TROUBLE_MS 5000
#define CLEAR_ROUNDS 2 /* with nothing found, in a row: one pass over /proc is no snapshot */

void adopt_end_as(struct process_executor *executor, const struct attempt *attempt,
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

bool adopt_is_to_end(const struct attempt *attempt)
{
	return attempt->is_cancelled || attempt->is_killed;
}

void adopt_end_lost(struct process_executor *executor, const struct attempt *attempt,
		    int64_t started_at_ms, const char *reason)
{
	if (adopt_is_to_end(attempt))
		adopt_end_as(executor, attempt, CAUSE_CANCELLED, started_at_ms, "");
	else
		adopt_end_as(executor, attempt, CAUSE_LOST, started_at_ms, reason);
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

/* How long the shim that started then has until even its grace is well over; below 0: it had. */
static int64_t time_left_ms(const struct process_executor *executor, const struct attempt *attempt,
			    uint64_t shim_start)
{
	int64_t began_ms = (int64_t)(shim_start * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));

	return began_ms + attempt->timeout_ms + attempt->grace_ms + executor->patience_ms -
	       clock_now().boot_ms;
}

/* A shim keeps its task's time itself; this is for one that is kept from it. */
static void expect_end(struct process_executor *executor, struct attempt *attempt,
		       uint64_t shim_start)
{
	int64_t left_ms = time_left_ms(executor, attempt, shim_start);

	if (attempt->timeout_ms > 0)
		executor_expect_end(executor, attempt, left_ms > 0 ? left_ms : 0);
}

bool adopt_attach(struct process_executor *executor, struct attempt *attempt,
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
	attempt->has_started = true;
	executor_expect_start(executor, attempt);
	expect_end(executor, attempt, claim->shim_start);
	return true;
}

void adopt_begin_clearing(struct process_executor *executor, struct attempt *attempt,
			  const struct claim *claim)
{
	adopt_unwatch(attempt);
	attempt->phase = PHASE_CLEARING;
	attempt->overdue_at_ms = 0;
	attempt->claim = mem_alloc(sizeof *attempt->claim);
	*attempt->claim = *claim;
	/* What a torn claim cannot tell is found by name. */
	place_name(executor->incarnation, attempt->id, attempt->claim->name);
	attempt->clearing_since_ms = (int64_t)uv_now(executor->loop);
	attempt->pause_ms = CLEAR_FIRST_MS;
	executor_wake(executor, attempt, 0);
}

void adopt_signal(struct process_executor *executor, struct attempt *attempt,
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
	    (attempt->phase != PHASE_LAUNCHED && !adopt_attach(executor, attempt, &file->claim))) {
		executor_wake(executor, attempt, UNSETTLED_MS);
		return;
	}
	if (adopt_is_to_end(attempt))
		adopt_signal(executor, attempt, &file->claim);
}

static void clear_torn(struct process_executor *executor, struct attempt *attempt)
{
	struct claim unknown = {0};

	log_warn("claim is torn", "attempt=%lld", (long long)attempt->id);
	adopt_begin_clearing(executor, attempt, &unknown);
}

static void judge_claimed(struct process_executor *executor, struct attempt *attempt,
			  const struct claim_file *file, bool held)
{
	if (file->is_record && file->end.attempt_id == attempt->id)
		executor_over(executor, &file->end);
	else if (file->is_claim && strcmp(file->claim.boot_id, executor->boot_id) != 0)
		adopt_end_lost(executor, attempt, file->claim.claimed_at_ms,
			       "the machine restarted while it ran");
	else if (held)
		judge_held(executor, attempt, file);
	else if (!file->is_claim)
		clear_torn(executor, attempt);
	else
		adopt_begin_clearing(executor, attempt, &file->claim);
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

void adopt_newer(struct process_executor *executor, int64_t attempt_id)
{
	struct attempt *attempt = executor_find(executor, attempt_id);

	if (attempt == NULL)
		return;
	executor_trouble(executor, attempt,
			 "its claim or its end was written by a newer Heddle, in a version that "
			 "this one does not know: it is left as it is until that one is started");
	executor_wake(executor, attempt, RETRY_MS);
}

void adopt_judge(struct process_executor *executor, struct attempt *attempt)
{
	struct claim_file file;
	char path[PATH_MAX];
	bool held = false;
	int rc;

	if (!executor->is_ready || attempt->phase == PHASE_CLEARING ||
	    (attempt->is_told && executor->is_held))
		return;
	rc = claim_file_read(executor_claim_path(executor, attempt, path), &file, &held);
	if (rc == 0 && file.is_newer)
		adopt_newer(executor, attempt->id);
	else if (rc == 0 && attempt->is_quiet && file.is_record && !take_spooled(executor, attempt))
		forget_quietly(executor, attempt);
	else if (rc == 0 && !(attempt->is_quiet && file.is_record))
		judge_claimed(executor, attempt, &file, held);
	else if (rc == ENOENT && !take_spooled(executor, attempt))
		unclaimed_judge(executor, attempt);
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
	if (adopt_is_to_end(attempt))
		adopt_end_as(executor, attempt, CAUSE_CANCELLED, 0, "");
	else
		adopt_end_as(executor, attempt, CAUSE_COULD_NOT_START, 0, reason);
}

void adopt_shim_gone(struct process_executor *executor, struct attempt *attempt, int status,
		     int fork_errno)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	attempt->phase = PHASE_WAITING;
	attempt->is_told = fork_errno == 0 && code == 0;
	/* One that was killed and left processes had begun, whatever became of its claim. They may
	 * be another's, at worst: then this one is lost, where it could have been launched. */
	attempt->has_started |= attempt->is_told || code == SHIM_EXIT_UNTOLD ||
				(code < 0 && executor->link.orphans > 0);
	attempt->deaths++;
	if (attempt->is_told)
		executor_wake(executor, attempt, EXECUTOR_TOLD_MS);
	else if (fork_errno != 0)
		end_unstarted(executor, attempt, "fork", fork_errno);
	else if (code > 0 && code < SHIM_EXIT_CLAIM_EXISTS && !has_claim(executor, attempt))
		end_unstarted(executor, attempt, "claim the attempt", code);
	else
		adopt_judge(executor, attempt);
}

/* The shim of the attempt, by its claim, or without it. False when none lives. */
static bool find_shim(struct process_executor *executor, struct attempt *attempt,
		      struct claim *claim)
{
	struct claim_file file;
	char path[PATH_MAX];
	bool held = false;

	if (claim_file_read(executor_claim_path(executor, attempt, path), &file, &held) != 0)
		return unclaimed_look(executor, attempt, claim) > 0 && claim->shim_pid > 0;
	*claim = file.claim;
	return file.is_claim && !file.is_record && held;
}

/* First the shim is reminded: one that was merely stopped goes on, finds the time over and ends its
 * task as timed out. One that does nothing even then is ended itself, and the attempt is lost. */
static void end_overdue(struct process_executor *executor, struct attempt *attempt,
			const struct claim *claim)
{
	executor_trouble(executor, attempt, "its timeout is over, and its shim did not end it");
	procfs_signal(claim->shim_pid, claim->shim_start, attempt->is_overdue ? SIGKILL : SIGCONT);
	attempt->is_overdue = true;
	executor_expect_end(executor, attempt, attempt->grace_ms + executor->patience_ms);
}

void adopt_overdue(struct process_executor *executor, struct attempt *attempt)
{
	struct claim claim;

	if (!executor->is_ready || attempt->phase == PHASE_CLEARING)
		return;
	if (!find_shim(executor, attempt, &claim)) {
		executor_expect_end(executor, attempt, executor->patience_ms);
		adopt_judge(executor, attempt);
	} else if (!attempt->is_overdue && time_left_ms(executor, attempt, claim.shim_start) > 0) {
		expect_end(executor, attempt, claim.shim_start);
	} else {
		end_overdue(executor, attempt, &claim);
	}
}

static void finish_clearing(struct process_executor *executor, struct attempt *attempt)
{
	int64_t started_at_ms = attempt->claim->claimed_at_ms;

	cgroup_remove(attempt->claim->cgroup);
	adopt_end_lost(executor, attempt, started_at_ms, "its shim died without telling its end");
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
