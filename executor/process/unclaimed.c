/* unclaimed.c - what becomes of an attempt that has neither claim nor record.
 *
 *	processes of it live          held until they end; no shim among them: they are ended
 *	somebody wants it ended       claimed here, so that it cannot start; over: cancelled
 *	it started once               over: lost
 *	must not be launched          over: lost
 *	none of these                 launched
 *
 * A claim is removed with its log, by people or their cleaners, and they may do so too early. So a
 * claim that is not there is no proof that an attempt never started: its processes, its log and its
 * cgroup are asked too. A shim whose claim was removed still tells its end (shim.c). */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "executor/process/internal.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define DEATHS_MAX 5    /* of shims of one attempt that did not get to claim it */
#define RETRY_MS 1000   /* after an error of the disk */
#define UNSETTLED_MS 20 /* a shim that just ends, or just claims */

/* Where a shim would have made its cgroup; "" when there are none. */
static void cgroup_of(const struct process_executor *executor, const char *name,
		      char path[CLAIM_CGROUP_SIZE])
{
	path[0] = '\0';
	if (executor->cgroup_base[0] != '\0')
		snprintf(path, CLAIM_CGROUP_SIZE, "%.900s/%s", executor->cgroup_base, name);
}

/* One census serves all that are judged in the same turn of the loop. */
static const struct census *count_all(struct process_executor *executor)
{
	int64_t now_ms = (int64_t)uv_now(executor->loop);

	if (!executor->is_counted || executor->census_at_ms != now_ms)
		census_take(&executor->census, executor->incarnation);
	executor->is_counted = true;
	executor->census_at_ms = now_ms;
	return &executor->census;
}

size_t unclaimed_look(struct process_executor *executor, const struct attempt *attempt,
		      struct claim *claim)
{
	struct census_found found = census_find(count_all(executor), attempt->id);
	struct claim known = {.shim_pid = found.shim_pid, .shim_start = found.shim_start};

	snprintf(known.boot_id, sizeof known.boot_id, "%s", executor->boot_id);
	place_name(executor->incarnation, attempt->id, known.name);
	cgroup_of(executor, known.name, known.cgroup);
	*claim = known;
	return found.count + (cgroup_is_populated(known.cgroup) ? 1 : 0);
}

/* Only a shim that had its claim makes a log or a cgroup. */
static bool has_traces(const struct process_executor *executor, const struct attempt *attempt,
		       const struct claim *claim)
{
	struct process_ref ref = {attempt->id, attempt->released_at_ms};
	char path[PATH_MAX];

	process_log_path(executor->home, executor->incarnation, ref, path);
	return access(path, F_OK) == 0 ||
	       (claim->cgroup[0] != '\0' && access(claim->cgroup, F_OK) == 0);
}

/* Its shim tells the end when it comes; nothing may start beside it, and it is not over before. */
static void hold(struct process_executor *executor, struct attempt *attempt,
		 const struct claim *claim)
{
	/* One that was just launched may also be about to claim. */
	if (attempt->phase != PHASE_LAUNCHED) {
		attempt->has_started = true;
		executor_trouble(executor, attempt,
				 "its claim file was removed while it runs; it is left to end");
		if (!adopt_attach(executor, attempt, claim))
			executor_wake(executor, attempt, UNSETTLED_MS);
	}
	if (adopt_is_to_end(attempt))
		adopt_signal(executor, attempt, claim);
}

static void clear(struct process_executor *executor, struct attempt *attempt,
		  const struct claim *claim)
{
	attempt->has_started = true;
	log_warn("claim was removed and shim is dead; its processes are ended", "attempt=%lld",
		 (long long)attempt->id);
	adopt_begin_clearing(executor, attempt, claim);
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

static void prevent(struct process_executor *executor, struct attempt *attempt)
{
	int rc = make_tombstone(executor, attempt);

	/* A shim may have been on its way. Whoever links the claim first decides. */
	if (rc != 0)
		executor_wake(executor, attempt, rc == EEXIST ? UNSETTLED_MS : RETRY_MS);
}

static void judge_unstarted(struct process_executor *executor, struct attempt *attempt)
{
	if (!attempt->may_launch || attempt->frame.size == 0)
		adopt_end_lost(
		    executor, attempt, 0,
		    "the machine restarted or the home was restored before it was claimed");
	else if (attempt->deaths >= DEATHS_MAX)
		adopt_end_as(executor, attempt, CAUSE_COULD_NOT_START, 0,
			     "its shim died before it could claim the attempt, again and again");
	else if (attempt->phase == PHASE_WAITING && link_is_up(executor))
		link_launch(executor, attempt);
}

void unclaimed_judge(struct process_executor *executor, struct attempt *attempt)
{
	struct claim claim;
	size_t living = unclaimed_look(executor, attempt, &claim);

	if (living > 0 && claim.shim_pid > 0)
		hold(executor, attempt, &claim);
	else if (living > 0 && attempt->phase != PHASE_LAUNCHED)
		clear(executor, attempt, &claim);
	else if (living == 0 && adopt_is_to_end(attempt))
		prevent(executor, attempt);
	else if (attempt->phase == PHASE_LAUNCHED)
		return; /* the launcher tells when its shim ends */
	else if (attempt->has_started || has_traces(executor, attempt, &claim))
		adopt_end_lost(executor, attempt, 0,
			       "its claim file was removed and its shim ended without a word");
	else
		judge_unstarted(executor, attempt);
}
