/* task.c - see task.h. */
#include "web/task.h"

#include "store/read_domain.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/* --- who asks -----------------------------------------------------------------------------------
 */

static enum task_verdict refuse(struct call *call, unsigned status, const char *detail)
{
	answer_problem(&call->answer, status, "%s", detail);
	if (status == MHD_HTTP_UNAUTHORIZED)
		answer_header(&call->answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
			      "Bearer realm=\"heddle\"");
	return TASK_REFUSED;
}

static enum task_verdict accept_task(struct call *call)
{
	const struct web_task *task = &call->task;

	snprintf(call->task_actor, sizeof call->task_actor, "task:%s/%s#%u", task->run_id,
		 task->task, task->number);
	call->actor = call->task_actor;
	return TASK_ASKS;
}

/* A process of a task, or one that may be. */
static enum task_verdict judge_inside(struct call *call, const struct process_peer *peer,
				      enum web_token kind)
{
	if (kind == WEB_TOKEN_UNKNOWN && peer->kind == PROCESS_PEER_UNKNOWN)
		return refuse(call, MHD_HTTP_FORBIDDEN,
			      "the process that opened this connection is gone, so that nobody can "
			      "say whose it was: let the one that asks open it");
	if (kind == WEB_TOKEN_UNKNOWN)
		return refuse(
		    call, MHD_HTTP_UNAUTHORIZED,
		    "this process belongs to a task, which is not trusted by its user: "
		    "send 'Authorization: Bearer $HEDDLE_TOKEN', as 'heddle' in a task does "
		    "without --home");
	if (peer->kind == PROCESS_PEER_INSIDE && peer->attempt_id != call->task.attempt_id)
		return refuse(call, MHD_HTTP_FORBIDDEN,
			      "this token is another attempt's: over the home's socket a task has "
			      "only its own");
	return accept_task(call);
}

enum task_verdict task_identify(struct call *call, const struct web_events *events,
				const char *token, const struct peer *peer)
{
	bool is_public = call->route != NULL && (call->route->flags & ROUTE_PUBLIC) != 0;
	enum web_token kind = WEB_TOKEN_UNKNOWN;

	if (is_public)
		return TASK_IS_NONE;
	if (token != NULL && events->read_token != NULL)
		kind = events->read_token(events->context, token, &call->task);
	if (kind == WEB_TOKEN_ENDED)
		return refuse(call, MHD_HTTP_UNAUTHORIZED,
			      "this token was an attempt's that is over: it ended with it");
	if (peer != NULL && peer->task.kind != PROCESS_PEER_OUTSIDE)
		return judge_inside(call, &peer->task, kind);
	return kind == WEB_TOKEN_TASK ? accept_task(call) : TASK_IS_NONE;
}

/* --- what it may --------------------------------------------------------------------------------
 */

static bool is_own_run(const struct call *call)
{
	size_t length = strlen(call->names.run);

	return length > 0 && strncmp(call->task.run_id, call->names.run, length) == 0;
}

bool task_may(struct call *call)
{
	unsigned flags = call->route->flags;
	bool names_one = call->query.dag != NULL || call->query.run != NULL;

	if ((flags & (ROUTE_TASK | ROUTE_PUBLIC)) != 0 ||
	    ((flags & ROUTE_TASK_NAMED) != 0 && names_one) ||
	    ((flags & ROUTE_TASK_OWN) != 0 && is_own_run(call)))
		return true;
	if ((flags & ROUTE_TASK_NAMED) != 0)
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "a task may ask this of one dag or run of its domain alone: name it "
			       "with '?dag=' or '?run='");
	else if ((flags & ROUTE_TASK_OWN) != 0)
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "a task may do this to its own run alone, which is %s",
			       call->task.run_id);
	else
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "a task may not do this: its token is good for reading and starting "
			       "what is of its domain, and for notes on its own run");
	return false;
}

bool task_may_force(struct call *call, bool force)
{
	if (call->task.attempt_id == 0 || !force)
		return true;
	answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
		       "'force' is not for tasks: a pause and the limits of a dag hold for them");
	return false;
}

static bool is_of_domain(const struct web_task *task, const char *domain)
{
	return strcmp(task->domain, domain) == 0;
}

static bool tell_foreign(struct call *call, const char *what, const char *id)
{
	const char *domain = call->task.domain;

	if (domain[0] == '\0')
		answer_problem(&call->answer, MHD_HTTP_FORBIDDEN,
			       "%s '%.128s' is not one of those without a domain, to which this "
			       "task's token is limited",
			       what, id);
	else
		answer_problem(
		    &call->answer, MHD_HTTP_FORBIDDEN,
		    "%s '%.128s' is not one of domain '%s', to which this task's token is "
		    "limited",
		    what, id, domain);
	return false;
}

/* One that does not exist is as foreign as another's, so that a task cannot learn which there are.
 */
static bool reaches_dag(struct call *call, struct store_reader *reader, const char *dag)
{
	char domain[LIMIT_ID_BYTES + 1];
	struct err err;
	int rc = read_domain_of_dag(reader, dag, domain, &err);

	if (rc == 0 && is_of_domain(&call->task, domain))
		return true;
	if (rc == 0 || rc == ERR_NOT_FOUND)
		return tell_foreign(call, "dag", dag);
	(void)api_fail(call, &err);
	return false;
}

static bool reaches_run(struct call *call, struct store_reader *reader, const char *run)
{
	char domain[LIMIT_ID_BYTES + 1];
	char run_id[RUN_ID_SIZE];
	struct err err;
	int rc = read_run_id(reader, run, run_id, &err);

	if (rc == 0)
		rc = read_domain_of_run(reader, run_id, domain, &err);
	if (rc == 0 && is_of_domain(&call->task, domain))
		return true;
	/* Several begin so: to name them would tell of those of others. */
	if (rc == 0 || rc == ERR_NOT_FOUND || rc == ERR_INVALID)
		return tell_foreign(call, "run", run);
	(void)api_fail(call, &err);
	return false;
}

bool task_reaches(struct call *call, struct store_reader *reader)
{
	const struct route_names *names = &call->names;
	const struct query *query = &call->query;

	if (query->domain != NULL && !is_of_domain(&call->task, query->domain)) {
		answer_problem(
		    &call->answer, MHD_HTTP_FORBIDDEN,
		    "domain '%.128s' is not the one to which this task's token is limited",
		    query->domain);
		return false;
	}
	return (names->dag == NULL || reaches_dag(call, reader, names->dag)) &&
	       (query->dag == NULL || reaches_dag(call, reader, query->dag)) &&
	       (names->run[0] == '\0' || reaches_run(call, reader, names->run)) &&
	       (query->run == NULL || reaches_run(call, reader, query->run));
}
