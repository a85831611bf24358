/* task.h - what a task may ask, with the token of its attempt.
 *
 * It reads the dags of its domain, their runs and their logs, starts runs of them, and writes notes
 * on its own run; nothing else. Dags without a domain are as if of one domain. What a task came to
 * it tells by its exit, and what others came to is not its affair: a step that may mark its
 * neighbours could wave a failed check through. */
#ifndef HEDDLE_WEB_TASK_H
#define HEDDLE_WEB_TASK_H

#include "web/api/api.h"
#include "web/peer.h"

enum task_verdict {
	TASK_IS_NONE, /* somebody else asks */
	TASK_ASKS,    /* call->task and call->actor say which */
	TASK_REFUSED, /* call->answer says why */
};

/* Who asks, by the token (NULL = none was sent) and by the peer (NULL = over TCP). A process of a
 * task has the rights of its own token and no others, whatever its user may do. */
enum task_verdict task_identify(struct call *call, const struct web_events *events,
				const char *token, const struct peer *peer);
/* Whether the call's route is open to tasks at all, with these names. False: the answer stands. */
bool task_may(struct call *call);
/* Whether it may ask for more than the route says: to start a run although somebody paused its dag,
 * or it has enough of them, is for people. False: the answer stands. */
bool task_may_force(struct call *call, bool force);
/* On a worker: whether what the call names is of the task's domain. False: the answer stands. */
bool task_reaches(struct call *call, struct store_reader *reader);

#endif
