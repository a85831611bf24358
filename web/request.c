/* request.c - the life of a request; see request.h. */
#include "web/request.h"

#include "base/mem.h"
#include "model/limits.h"
#include "web/api/api.h"
#include "web/body.h"
#include "web/check.h"
#include "web/hangup.h"
#include "web/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

/* A refused request with a body up to this is read to its end, so that its connection can go on. */
#define DISCARD_BYTES 65536

struct request {
	struct request *next;
	struct request *previous;
	struct listener *listener;
	struct MHD_Connection *connection;
	struct call call;
	struct guard_headers headers;
	struct str bytes;  /* of the body */
	uint64_t received; /* bytes of the body so far, forgotten ones too */
	struct body body;
	const char *actor;
	unsigned status; /* of the answer when all goes well, 0 = the call's own */

	bool checked;
	bool discards; /* refused, or not wanted: the body is read and forgotten */
	bool answered; /* call.answer is final */
	bool set_aside;

	uint64_t token; /* of the command; 0 = none under way */
	UT_hash_handle hh;

	route_read read;
	bool busy;  /* a worker has the call */
	bool stale; /* something happened since the worker began to look */
	bool time_is_over;
	uv_work_t work;
	struct store_reader *reader;
	bool reader_failed;
	enum call_outcome outcome;

	uint64_t began_ms; /* by uv_now */
	struct wait wait;
	struct heap_node deadline;
	struct hangup *hangup;
};

static struct request *from_node(struct heap_node *node)
{
	return (struct request *)((char *)node - offsetof(struct request, deadline));
}

/* --- its answer ---------------------------------------------------------------------------------
 */

static void end_waiting(struct request *request)
{
	struct web *web = request->listener->web;

	waits_remove(&web->waits, &request->wait);
	heap_remove(&web->deadlines, &request->deadline);
	server_arm_deadline(web);
	hangup_stop(request->hangup);
	request->hangup = NULL;
}

/* call.answer stands. Outside the server's handlers the connection is taken up, which calls
 * request_handle once more. */
static void finish(struct request *request)
{
	request->answered = true;
	end_waiting(request);
	if (!request->set_aside)
		return;
	request->set_aside = false;
	server_resume(request->listener, request->connection);
}

static struct MHD_Response *make_response(struct request *request)
{
	struct answer *answer = &request->call.answer;
	size_t size;

	if (request->call.log.is_open)
		return stream_response(request->listener, request->connection, &request->call);
	if (answer->content_type == NULL)
		str_append_char(&answer->body, '\n'); /* JSON on a terminal ends its line */
	size = answer->body.size;
	return MHD_create_response_from_buffer_with_free_callback(size, str_take(&answer->body),
								  mem_free);
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
	const char *type = answer->content_type == NULL ? "application/json" : answer->content_type;

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff");
	for (size_t i = 0; i < answer->header_count; i++)
		MHD_add_response_header(response, answer->headers[i].name,
					answer->headers[i].value);
	if (answer->close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result send_answer(struct request *request)
{
	unsigned status = request->call.answer.status;
	struct MHD_Response *response = make_response(request);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	add_headers(response, &request->call.answer);
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* --- reading from the database ------------------------------------------------------------------
 */

static void on_worker(uv_work_t *work)
{
	struct request *request = work->data;
	struct err err;

	if (request->reader == NULL &&
	    store_reader_open(request->listener->web->db_path, &request->reader, &err) != 0) {
		err_wrap(&err, "open the database");
		request->outcome = api_fail(&request->call, &err);
		return;
	}
	request->outcome = request->read(&request->call, request->reader);
	request->reader_failed = request->call.answer.status >= MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void start_command(struct request *request);
static void park(struct request *request);
static void after_worker(uv_work_t *work, int status);

/* The connection is set aside. */
static void start_read(struct request *request)
{
	struct web *web = request->listener->web;

	request->busy = true;
	request->stale = false;
	request->call.time_is_over = request->time_is_over || web->stopping;
	request->reader = readers_take(&web->readers);
	request->work.data = request;
	(void)uv_queue_work(web->loop, &request->work, on_worker, after_worker);
}

static void give_reader_back(struct request *request)
{
	/* A reader that failed may hold on to a database that is no more. */
	if (request->reader_failed)
		store_reader_close(request->reader);
	else
		readers_give(&request->listener->web->readers, request->reader);
	request->reader = NULL;
	request->reader_failed = false;
}

static void after_worker(uv_work_t *work, int status)
{
	struct request *request = work->data;

	(void)status;
	request->busy = false;
	give_reader_back(request);
	if (request->outcome == CALL_WAIT) {
		park(request);
		return;
	}
	if (request->call.answer.status == 0) {
		start_command(request); /* it was only the run's id that was missing */
		return;
	}
	if (request->status != 0 && request->call.answer.status == MHD_HTTP_OK)
		request->call.answer.status = request->status;
	finish(request);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void look_again(struct request *request)
{
	if (request->busy)
		request->stale = true;
	else
		start_read(request);
}

static void on_change(struct wait *wait)
{
	look_again((struct request *)((char *)wait - offsetof(struct request, wait)));
}

static void stop_waiting(void *context)
{
	struct request *request = context;

	request->time_is_over = true;
	heap_remove(&request->listener->web->deadlines, &request->deadline);
	look_again(request);
}

static void begin_waiting(struct request *request)
{
	struct web *web = request->listener->web;
	struct call *call = &request->call;

	waits_add(&web->waits, &request->wait, call->run_id[0] == '\0' ? NULL : call->run_id,
		  call->wait_kind, on_change);
	if (call->query.wait_ms == 0)
		return;
	request->deadline.key = (int64_t)request->began_ms + call->query.wait_ms;
	heap_push(&web->deadlines, &request->deadline);
	server_arm_deadline(web);
}

static void watch_client(struct request *request)
{
	if (request->hangup == NULL)
		request->hangup =
		    hangup_watch(request->listener->web->loop, server_fd(request->connection),
				 stop_waiting, request);
}

/* The first time, one more look follows: what was committed between the first one and now has woken
 * nobody. */
static void park(struct request *request)
{
	bool first = !request->wait.is_in;

	if (first)
		begin_waiting(request);
	if (first || request->stale || request->time_is_over || request->listener->web->stopping)
		start_read(request);
	else
		watch_client(request);
}

void request_expire(struct web *web, uint64_t now_ms)
{
	struct heap_node *node;

	while ((node = heap_peek(&web->deadlines)) != NULL && node->key <= (int64_t)now_ms)
		stop_waiting(from_node(node));
	server_arm_deadline(web);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void refuse(struct request *request, unsigned status, const char *detail)
{
	answer_problem(&request->call.answer, status, "%s", detail);
}

static void refuse_held(struct request *request, const char *why)
{
	refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
	       why == NULL ? "the daemon takes nothing new just now: try again" : why);
	answer_header(&request->call.answer, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

/* The connection is set aside, and call.run_id stands where one is needed. */
static void start_command(struct request *request)
{
	struct web *web = request->listener->web;
	bool trigger = request->call.names.dag != NULL;
	struct web_command command = {.kind = trigger ? WEB_TRIGGER : WEB_CANCEL,
				      .actor = request->actor,
				      .dag_id = request->call.names.dag,
				      .key = request->body.key,
				      .run_id = trigger ? NULL : request->call.run_id,
				      .reason = request->body.reason};

	if (web->stopping) {
		refuse_held(request, "the daemon is stopping");
		finish(request);
		return;
	}
	request->token = ++web->last_token;
	HASH_ADD(hh, web->commands, token, sizeof request->token, request);
	web->events.command(web->events.context, &command, request->token);
}

/* A run that was just made cannot have ended: no look is needed before its end is told. */
static void await_new_run(struct request *request)
{
	request->call.wait_kind = WAIT_END;
	begin_waiting(request);
	watch_client(request);
}

static void answer_with_run(struct request *request, bool done, const char *run_id)
{
	bool trigger = request->call.names.dag != NULL;

	if (run_id == NULL) {
		refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "the run has no id");
		finish(request);
		return;
	}
	snprintf(request->call.run_id, sizeof request->call.run_id, "%s", run_id);
	answer_header(&request->call.answer, MHD_HTTP_HEADER_LOCATION, "/api/v1/runs/%s", run_id);
	request->status = !done ? MHD_HTTP_OK : trigger ? MHD_HTTP_CREATED : MHD_HTTP_ACCEPTED;
	request->read = api_run_ended;
	if (done && trigger && request->call.query.wait_ms > 0 && !request->listener->web->stopping)
		await_new_run(request);
	else
		start_read(request);
}

void request_answer(struct web *web, uint64_t token, enum web_result result, const char *run_id,
		    const char *message)
{
	static const struct {
		unsigned status;
		const char *otherwise;
	} problems[] = {
	    [WEB_NOT_FOUND] = {MHD_HTTP_NOT_FOUND, "no such thing"},
	    [WEB_REFUSED] = {MHD_HTTP_CONFLICT, "refused in this state"},
	    [WEB_INVALID] = {MHD_HTTP_UNPROCESSABLE_CONTENT, "against a rule"},
	};
	struct request *request;

	HASH_FIND(hh, web->commands, &token, sizeof token, request);
	if (request == NULL)
		return;
	HASH_DEL(web->commands, request);
	request->token = 0;
	if (result == WEB_DONE || result == WEB_UNCHANGED) {
		answer_with_run(request, result == WEB_DONE, run_id);
		return;
	}
	if (result == WEB_HELD)
		refuse_held(request, message);
	else
		refuse(request, problems[result].status,
		       message == NULL ? problems[result].otherwise : message);
	finish(request);
}

/* The key may come as a header: then a client library can repeat a request without looking into its
 * body. */
static bool take_header_key(struct request *request)
{
	const char *header = request->headers.idempotency_key;
	const char *fault;

	if (header == NULL || request->call.names.dag == NULL)
		return true;
	fault = body_key_fault(header, strlen(header));
	if (fault != NULL) {
		answer_problem(&request->call.answer, MHD_HTTP_UNPROCESSABLE_CONTENT,
			       "header 'Idempotency-Key' %s", fault);
		return false;
	}
	if (request->body.key != NULL && strcmp(request->body.key, header) != 0) {
		refuse(request, MHD_HTTP_UNPROCESSABLE_CONTENT,
		       "header 'Idempotency-Key' and 'id' of the body differ: send one of them");
		return false;
	}
	if (request->body.key == NULL)
		request->body.key = mem_strdup(header);
	return true;
}

static bool take_command_body(struct request *request)
{
	enum body_kind kind = request->call.names.dag != NULL ? BODY_TRIGGER : BODY_CANCEL;

	return body_parse(kind, str_text(&request->bytes), request->bytes.size, &request->body,
			  &request->call.answer) &&
	       take_header_key(request);
}

/* --- serving ------------------------------------------------------------------------------------
 */

static void set_aside(struct request *request)
{
	request->set_aside = true;
	server_suspend(request->listener, request->connection);
}

static void serve_command(struct request *request)
{
	if (!take_command_body(request)) {
		finish(request);
		return;
	}
	set_aside(request);
	if (request->call.names.run[0] == '\0' ||
	    strlen(request->call.names.run) == RUN_ID_SIZE - 1) {
		memcpy(request->call.run_id, request->call.names.run, RUN_ID_SIZE);
		start_command(request);
	} else {
		start_read(request);
	}
}

static void serve(struct request *request)
{
	const struct route *route = request->call.route;

	request->read = route->read;
	request->began_ms = uv_now(request->listener->web->loop);
	if (request->listener->web->stopping) {
		refuse_held(request, "the daemon is stopping");
		finish(request);
		return;
	}
	switch (route->kind) {
	case ROUTE_NOW:
		route->now(&request->call);
		finish(request);
		return;
	case ROUTE_READ:
		set_aside(request);
		start_read(request);
		return;
	case ROUTE_COMMAND:
		serve_command(request);
		return;
	}
}

/* --- the body -----------------------------------------------------------------------------------
 */

static uint64_t told_length(const struct request *request)
{
	const char *text = request->headers.content_length;

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static void refuse_large(struct request *request)
{
	answer_problem(&request->call.answer, MHD_HTTP_CONTENT_TOO_LARGE,
		       "the body is larger than %u bytes", LIMIT_BODY_BYTES);
	request->call.answer.close = true;
	request->answered = true;
}

/* True when the answer must go out before the body is read: the connection ends with it. */
static bool answers_early(const struct request *request)
{
	return request->answered &&
	       (request->call.answer.close || request->headers.transfer_encoding != NULL ||
		told_length(request) > DISCARD_BYTES);
}

static enum MHD_Result begin_body(struct request *request, const char *method)
{
	request->checked = true;
	request->answered = !check_request(request->listener, request->connection, method,
					   &request->call, &request->headers, &request->actor);
	if (!request->answered && told_length(request) > LIMIT_BODY_BYTES)
		refuse_large(request);
	request->discards = request->answered || request->call.route->kind != ROUTE_COMMAND;
	if (!answers_early(request))
		return MHD_YES;
	request->call.answer.close = true;
	return send_answer(request);
}

/* Chunks have no told length. What is too large is read on for a while, since the server cannot
 * answer in the middle of a body, and then cut off. */
static enum MHD_Result take_bytes(struct request *request, const char *bytes, size_t *size)
{
	size_t count = *size;

	*size = 0;
	request->received += count;
	if (request->received > 8 * (uint64_t)LIMIT_BODY_BYTES)
		return MHD_NO;
	if (!request->discards && request->received <= LIMIT_BODY_BYTES)
		str_append_bytes(&request->bytes, bytes, count);
	return MHD_YES;
}

/* --- the server's callbacks ---------------------------------------------------------------------
 */

static void link_request(struct request *request)
{
	struct web *web = request->listener->web;

	request->next = web->requests;
	if (request->next != NULL)
		request->next->previous = request;
	web->requests = request;
}

static void unlink_request(struct request *request)
{
	if (request->next != NULL)
		request->next->previous = request->previous;
	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		request->listener->web->requests = request->next;
}

void *request_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = mem_alloc(sizeof *request);
	struct err err;

	request->listener = cls;
	request->connection = connection;
	request->call.log.fd = -1;
	request->call.home = request->listener->web->home;
	request->call.events = &request->listener->web->events;
	if (target_parse(uri, &request->call.target, &err) != 0)
		refuse(request,
		       err.code == ERR_LIMIT ? MHD_HTTP_URI_TOO_LONG : MHD_HTTP_BAD_REQUEST,
		       err.message);
	link_request(request);
	return request;
}

enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *version, const char *bytes,
			       size_t *size, void **slot)
{
	struct request *request = *slot;

	(void)cls;
	(void)connection;
	(void)url;
	(void)version;
	if (!request->checked)
		return begin_body(request, method);
	if (*size > 0)
		return take_bytes(request, bytes, size);
	if (!request->answered && request->received > LIMIT_BODY_BYTES)
		refuse_large(request);
	if (!request->answered)
		serve(request);
	return request->answered ? send_answer(request) : MHD_YES;
}

void request_end(void *cls, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode how)
{
	struct request *request = *slot;

	(void)cls;
	(void)connection;
	(void)how;
	if (request == NULL)
		return;
	assert(!request->busy && request->token == 0);
	end_waiting(request);
	unlink_request(request);
	call_close(&request->call);
	body_close(&request->body);
	str_close(&request->bytes);
	mem_free(request);
	*slot = NULL;
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void abandon_command(struct web *web, struct request *request)
{
	HASH_DEL(web->commands, request);
	request->token = 0;
	refuse_held(request, "the daemon is stopping: whether it was done is not known here");
	finish(request);
}

/* The servers do not run meanwhile, so that the list stays as it is. */
void request_abandon_all(struct web *web)
{
	for (struct request *request = web->requests; request != NULL; request = request->next) {
		if (request->token != 0)
			abandon_command(web, request);
		else if (request->wait.is_in)
			stop_waiting(request);
	}
}
