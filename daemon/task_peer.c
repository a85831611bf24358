/* task_peer.c - which attempt asks; see task_peer.h. */
#include "daemon/task_peer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct process_peer task_peer_judge(void *context, pid_t pid)
{
	struct dispatch *dispatch = context;

	if (dispatch->executor == NULL)
		return (struct process_peer){PROCESS_PEER_UNKNOWN, 0};
	return process_judge_peer(dispatch->executor, pid);
}

/* An end that is in the spool and was not taken yet, as while commits fail, is one all the same. */
static bool has_left_record(const struct dispatch *dispatch, const struct effect *attempt)
{
	struct process_ref ref = {attempt->attempt_id, attempt->released_at_ms};
	char path[PATH_MAX];

	return access(process_record_path(dispatch->home->path, store_incarnation(dispatch->store),
					  ref, path),
		      F_OK) == 0;
}

enum web_token task_peer_read_token(void *context, const char *token, struct web_task *task)
{
	struct dispatch *dispatch = context;
	struct effect attempt;
	int64_t attempt_id;

	if (!identity_read_token(dispatch->identity, token, &attempt_id))
		return WEB_TOKEN_UNKNOWN;
	if (!sched_find_attempt(dispatch->sched, attempt_id, &attempt) ||
	    has_left_record(dispatch, &attempt))
		return WEB_TOKEN_ENDED;
	task->attempt_id = attempt_id;
	task->number = attempt.number;
	memcpy(task->run_id, attempt.run_id, sizeof task->run_id);
	snprintf(task->task, sizeof task->task, "%s", attempt.dag->tasks[attempt.task].id);
	snprintf(task->domain, sizeof task->domain, "%s",
		 attempt.dag->domain == NULL ? "" : attempt.dag->domain);
	return WEB_TOKEN_TASK;
}
