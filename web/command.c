/* command.c - what a request wants done: handed to the daemon, answered after the commit. See
 * inflight.h. */
#include "web/inflight.h"

#include "web/accept.h"
#include "web/compose.h"
#include "web/server.h"
#include "web/task.h"

#include <stdio.h>
#include <string.h>

static enum web_command_kind kind_of(const struct request *request)
{
	return request->body.resumes ? WEB_RESUME : request->call.route->command;
}

/* A rerun names its tasks in a list of their own. */
static const char *task_of(const struct request *request)
{
	if (kind_of(request) == WEB_RERUN)
		return NULL;
	return request->call.names.task != NULL ? request->call.names.task : request->body.task;
}

/* Whether a change of the same dag, or of all, is not on disk yet. Nothing of it was seen by who
 * compared 'If-Match' with the database. */
static bool is_changing(const struct request *request)
{
	const struct request *other;

	for (other = request->listener->web->commands; other != NULL; other = other->hh.next) {
		const char *dag = other->call.names.dag;
		enum web_command_kind kind = kind_of(other);

		if ((kind == WEB_PAUSE || kind == WEB_RESUME) &&
		    (dag == NULL || strcmp(dag, request->call.names.dag) == 0))
			return true;
	}
	return false;
}

void command_start(struct request *request)
{
	struct web *web = request->listener->web;
	const struct body *body = &request->body;
	const char *run_id = request->call.run_id;
	struct web_command command = {
	    .kind = kind_of(request),
	    .actor = request->actor,
	    .dag_id = request->call.names.dag,
	    .key = body->key,
	    .run_id = run_id[0] == '\0' ? NULL : run_id,
	    .reason = body->reason,
	    .params = body->params != NULL ? body->params : request->call.params,
	    .period = body->period,
	    .at = body->at,
	    .force = body->force,
	    .mode = body->mode == NULL ? "failed" : body->mode,
	    .tasks = (const char *const *)body->tasks,
	    .task_count = body->task_count,
	    .latest = body->version != NULL && strcmp(body->version, "latest") == 0,
	    .task = task_of(request),
	    .state = body->state,
	    .text = body->text,
	    .token = request->call.query.token,
	    .dry_run = body->dry_run || request->call.query.dry_run,
	    .backups = body->backups};

	if (web->stopping) {
		request_refuse_held(request, "the daemon is stopping");
		request_finish(request);
		return;
	}
	if (request->call.if_match != NULL && is_changing(request)) {
		request_refuse(request, MHD_HTTP_PRECONDITION_FAILED,
			       "the dag is being changed by somebody else just now: look at it "
			       "again");
		request_finish(request);
		return;
	}
	request->token = ++web->last_token;
	HASH_ADD(hh, web->commands, token, sizeof request->token, request);
	web->events.command(web->events.context, &command, request->token);
}

/* A command to dags is answered with what holds now. */
static void answer_without_run(struct request *request)
{
	struct compose compose;

	compose_init(&compose, &request->call.answer.body);
	compose_open(&compose, '{');
	compose_key(&compose, "paused");
	compose_bool(&compose, kind_of(request) == WEB_PAUSE);
	compose_close(&compose, '}');
	request->call.answer.status = MHD_HTTP_OK;
	request_finish(request);
}

static void answer_json(struct request *request, const char *json)
{
	str_append(&request->call.answer.body, json);
	request->call.answer.status = MHD_HTTP_OK;
	request_finish(request);
}

/* What the scheduler knows is the answer; what it does not know any more the database tells. */
static void answer_question(struct request *request, enum web_result result, const char *json)
{
	if (result == WEB_UNCHANGED) {
		request->read = api_why;
		look_start(request);
		return;
	}
	answer_json(request, json);
}

static bool is_page(const struct request *request)
{
	return (request->call.route->flags & ROUTE_PAGE) != 0;
}

static void answer_with_run(struct request *request, bool done, const char *run_id)
{
	bool trigger = kind_of(request) == WEB_TRIGGER;

	if (is_page(request)) {
		posted_lead_back(request, run_id);
		return;
	}
	if (kind_of(request) == WEB_PAUSE || kind_of(request) == WEB_RESUME) {
		answer_without_run(request);
		return;
	}
	if (run_id == NULL) {
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the run has no id");
		request_finish(request);
		return;
	}
	snprintf(request->call.run_id, sizeof request->call.run_id, "%s", run_id);
	answer_header(&request->call.answer, MHD_HTTP_HEADER_LOCATION, "/api/v1/runs/%s", run_id);
	request->status = !done ? MHD_HTTP_OK : trigger ? MHD_HTTP_CREATED : MHD_HTTP_ACCEPTED;
	request->read = api_run_ended;
	if (done && trigger && request->call.query.wait_ms > 0 &&
	    !request->listener->web->stopping) {
		request->call.wait_kind = WAIT_END;
		look_await(request); /* it has just begun: its end is still to be told */
	} else {
		look_start(request);
	}
}

void request_answer(struct web *web, uint64_t token, enum web_result result, const char *run_id,
		    const char *message)
{
	static const struct {
		unsigned status;
		const char *otherwise;
	} problems[] = {
	    [WEB_NOT_FOUND] = {MHD_HTTP_NOT_FOUND, "no such thing"},
	    [WEB_GONE] = {MHD_HTTP_GONE, "it was pruned"},
	    [WEB_REFUSED] = {MHD_HTTP_CONFLICT, "refused in this state"},
	    [WEB_INVALID] = {MHD_HTTP_UNPROCESSABLE_CONTENT, "against a rule"},
	};
	struct request *request;

	HASH_FIND(hh, web->commands, &token, sizeof token, request);
	if (request == NULL)
		return;
	HASH_DEL(web->commands, request);
	request->token = 0;
	if (request->call.route->then != NULL) {
		posted_show(request, result, message);
		return;
	}
	if ((request->call.route->kind == ROUTE_QUESTION || kind_of(request) == WEB_GC) &&
	    (result == WEB_DONE || result == WEB_UNCHANGED)) {
		answer_question(request, result, message);
		return;
	}
	if (request->call.query.dry_run && result == WEB_DONE) {
		answer_json(request, message);
		return;
	}
	if (result == WEB_DONE || result == WEB_UNCHANGED) {
		answer_with_run(request, result == WEB_DONE, run_id);
		return;
	}
	if (result == WEB_HELD)
		request_refuse_held(request, message);
	else
		request_refuse(request, problems[result].status,
			       message == NULL ? problems[result].otherwise : message);
	request_finish(request);
}

/* The key may come as a header: then a client library can repeat a request without looking into its
 * body. */
static bool take_header_key(struct request *request)
{
	const char *header = request->headers.idempotency_key;
	const char *fault;

	if (header == NULL)
		return true;
	fault = body_key_fault(header, strlen(header));
	if (fault != NULL) {
		answer_problem(&request->call.answer, MHD_HTTP_UNPROCESSABLE_CONTENT,
			       "header 'Idempotency-Key' %s", fault);
		return false;
	}
	if (kind_of(request) != WEB_TRIGGER)
		return true;
	if (request->body.key != NULL && strcmp(request->body.key, header) != 0) {
		request_refuse(
		    request, MHD_HTTP_UNPROCESSABLE_CONTENT,
		    "header 'Idempotency-Key' and 'id' of the body differ: send one of them");
		return false;
	}
	if (request->body.key == NULL)
		request->body.key = mem_strdup(header);
	return true;
}

/* --- the same command again ---------------------------------------------------------------------
 */

/* A trigger's key lasts as long as its run: it goes on to the daemon, which knows it. */
static bool lasts(const struct request *request)
{
	return kind_of(request) == WEB_TRIGGER;
}

static void answer_again(struct request *request, const struct repeat *repeat)
{
	struct answer *answer = &request->call.answer;

	if (repeat->status == 0) {
		request_refuse(request, MHD_HTTP_CONFLICT,
			       "the same command is under way: ask again when it is done");
		return;
	}
	answer->status = repeat->status;
	str_append_bytes(&answer->body, str_text(&repeat->answer), repeat->answer.size);
	if (repeat->location[0] != '\0')
		answer_header(answer, MHD_HTTP_HEADER_LOCATION, "%s", repeat->location);
	answer_header(answer, "Idempotency-Replayed", "true");
}

/* True: it is to be done. */
static bool is_new(struct request *request)
{
	struct repeats *repeats = &request->listener->web->repeats;
	const char *key = request->headers.idempotency_key;
	const struct call *call = &request->call;
	struct repeat *found;
	char path[512];

	/* What only shows is not to be taken for what it shows. */
	if (key == NULL || call->query.dry_run)
		return true;
	snprintf(path, sizeof path, "%s %s %s %s", call->route->pattern,
		 call->names.dag == NULL ? "" : call->names.dag, call->names.run,
		 call->names.task == NULL ? "" : call->names.task);
	switch (repeat_find(repeats, request->actor, path, key, &request->bytes, &found)) {
	case REPEAT_NEW:
		request->repeat = found;
		return true;
	case REPEAT_OTHER:
		request_refuse(request, MHD_HTTP_CONFLICT,
			       "this 'Idempotency-Key' came with another body before: take another "
			       "key for another command");
		return false;
	case REPEAT_SAME:
		break;
	}
	if (lasts(request))
		return true;
	answer_again(request, found);
	return false;
}

void command_remember(struct request *request)
{
	static const struct str nothing = STR_INIT;
	struct repeats *repeats = &request->listener->web->repeats;
	const struct answer *answer = &request->call.answer;
	const char *location = NULL;

	if (request->repeat == NULL)
		return;
	for (size_t i = 0; i < answer->header_count; i++)
		if (strcmp(answer->headers[i].name, MHD_HTTP_HEADER_LOCATION) == 0)
			location = answer->headers[i].value;
	if (request->answered && answer->status < 300)
		repeat_keep(repeats, request->repeat, answer->status,
			    lasts(request) ? &nothing : &answer->body, location);
	else
		repeat_forget(repeats, request->repeat);
	request->repeat = NULL;
}

/* --- reading it ---------------------------------------------------------------------------------
 */

static bool is_json(struct request *request)
{
	const char *type = request->headers.content_type;

	if (request->bytes.size == 0 || accept_is_json(type))
		return true;
	answer_problem(&request->call.answer, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
		       "the body is '%.64s': send JSON, with 'Content-Type: application/json' "
		       "(curl --json)",
		       type);
	return false;
}

bool command_read(struct request *request)
{
	if (is_page(request))
		return posted_read(request);
	return is_json(request) &&
	       body_parse(kind_of(request), str_text(&request->bytes), request->bytes.size,
			  &request->body, &request->call.answer) &&
	       task_may_force(&request->call, request->body.force) && take_header_key(request) &&
	       is_new(request);
}

void command_abandon(struct request *request)
{
	HASH_DEL(request->listener->web->commands, request);
	request->token = 0;
	request_refuse_held(request,
			    "the daemon is stopping: whether it was done is not known here");
	request_finish(request);
}
