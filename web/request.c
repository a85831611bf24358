/* request.c - the life of a request in the server; see request.h. */
#include "web/inflight.h"

#include "model/limits.h"
#include "web/check.h"
#include "web/page/page.h"
#include "web/patience.h"
#include "web/source.h"
#include "web/stream.h"
#include "web/tag.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A refused request with a body up to this is read to its end, so that its connection can go on. */
#define DISCARD_BYTES 65536

/* --- its answer ---------------------------------------------------------------------------------
 */

void request_refuse(struct request *request, unsigned status, const char *detail)
{
	answer_problem(&request->call.answer, status, "%s", detail);
}

void request_refuse_held(struct request *request, const char *why)
{
	request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
		       why == NULL ? "the daemon takes nothing new just now: try again" : why);
	answer_header(&request->call.answer, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

/* Taking the connection up calls request_handle once more. */
void request_finish(struct request *request)
{
	request->answered = true;
	command_remember(request);
	look_forget(request);
	if (!request->set_aside)
		return;
	request->set_aside = false;
	server_resume(request->listener, request->connection);
}

static bool has_no_body(const struct answer *answer)
{
	return answer->status == MHD_HTTP_NO_CONTENT || answer->status == MHD_HTTP_NOT_MODIFIED;
}

static struct MHD_Response *make_response(struct request *request)
{
	struct answer *answer = &request->call.answer;
	struct stream_source *source =
	    source_open(request->listener->web, &request->call, &request->stream_bytes);
	size_t size;

	if (source != NULL) {
		source->attempt_id = request->call.task.attempt_id;
		return stream_response(request->listener, request->connection, source,
				       request->stream_bytes);
	}
	tag_answer(&request->call);
	if (has_no_body(answer))
		str_clear(&answer->body);
	else if (answer->content_type == NULL)
		str_append_char(&answer->body, '\n'); /* JSON on a terminal ends its line */
	size = answer->body.size;
	return MHD_create_response_from_buffer_with_free_callback(size, str_take(&answer->body),
								  mem_free);
}

static const char *cache_control(const struct answer *answer)
{
	if (answer->cache != NULL)
		return answer->cache;
	return answer->is_tagged ? "private, no-cache" : "no-store";
}

/* What a page may load, run and be put into: nothing but our own, and no text becomes markup in the
 * browser but through the script's one door (trusted types). */
static void add_page_headers(struct MHD_Response *response)
{
	MHD_add_response_header(
	    response, "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
	    "require-trusted-types-for 'script'; trusted-types heddle");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
	const char *type = answer->content_type == NULL ? "application/json" : answer->content_type;

	if (!has_no_body(answer))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache_control(answer));
	MHD_add_response_header(response, MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff");
	if (strncmp(type, "text/html", strlen("text/html")) == 0)
		add_page_headers(response);
	for (size_t i = 0; i < answer->header_count; i++)
		MHD_add_response_header(response, answer->headers[i].name,
					answer->headers[i].value);
	if (answer->disposition != NULL)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
					answer->disposition);
	if (answer->close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* A browser says that it likes pages. What it asks of the API is for the script. */
static bool is_for_people(const struct request *request)
{
	const struct route *route = request->call.route;
	const char *accept = request->headers.accept;

	return accept != NULL && strstr(accept, "text/html") != NULL &&
	       (route == NULL || (route->flags & (ROUTE_PAGE | ROUTE_PUBLIC)) != 0);
}

static enum MHD_Result send_answer(struct request *request)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer_is_problem(&request->call.answer) && is_for_people(request))
		page_problem(&request->call);
	response = make_response(request);
	if (response == NULL)
		return MHD_NO;
	add_headers(response, &request->call.answer);
	request->listener->web->answers[request->call.answer.status / 100]++;
	result = MHD_queue_response(request->connection, request->call.answer.status, response);
	MHD_destroy_response(response);
	return result;
}

/* --- serving ------------------------------------------------------------------------------------
 */

static void set_aside(struct request *request)
{
	request->set_aside = true;
	server_suspend(request->listener, request->connection);
}

/* A run's whole id needs none; what a task asks for is looked at in any case. */
static bool wants_look(const struct request *request)
{
	const char *run = request->call.names.run;

	if (request->call.task.attempt_id != 0 || request->call.if_match != NULL)
		return true;
	if (request->call.route->read == api_find_run)
		return strlen(run) < RUN_ID_SIZE - 1;
	return request->call.route->read != NULL;
}

static void serve_command(struct request *request)
{
	if (request->call.route->kind == ROUTE_COMMAND && !command_read(request)) {
		request_finish(request);
		return;
	}
	if (request->call.route->then != NULL)
		posted_ask(request);
	set_aside(request);
	if (wants_look(request)) {
		look_start(request);
	} else {
		memcpy(request->call.run_id, request->call.names.run, RUN_ID_SIZE);
		command_start(request);
	}
}

/* A text may come under any name but that of a form's parts, which would be read with it. */
static bool take_text(struct request *request)
{
	const char *type = request->headers.content_type;

	request->call.text = &request->bytes;
	if (type == NULL || strncasecmp(type, "multipart/", strlen("multipart/")) != 0)
		return true;
	request_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
		       "the body is a form of several parts: send the text alone, with "
		       "'Content-Type: application/yaml' (curl --data-binary @FILE)");
	return false;
}

static void serve_read(struct request *request)
{
	if ((request->call.route->flags & ROUTE_TEXT) != 0 && !take_text(request)) {
		request_finish(request);
		return;
	}
	set_aside(request);
	look_start(request);
}

static void serve(struct request *request)
{
	const struct route *route = request->call.route;

	request->read = request->call.if_match == NULL ? route->read : api_dag_matches;
	request->began_ms = uv_now(request->listener->web->loop);
	if (request->listener->web->stopping) {
		request_refuse_held(request, "the daemon is stopping");
		request_finish(request);
		return;
	}
	switch (route->kind) {
	case ROUTE_NOW:
		route->now(&request->call);
		request_finish(request);
		return;
	case ROUTE_READ:
		serve_read(request);
		return;
	case ROUTE_COMMAND:
	case ROUTE_QUESTION:
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

static bool takes_body(const struct route *route)
{
	return route->kind == ROUTE_COMMAND || (route->flags & ROUTE_TEXT) != 0;
}

static enum MHD_Result begin_body(struct request *request, const char *method, const char *version)
{
	struct request_line line = {method, request->line_rest, version};

	request->checked = true;
	server_is_asked(request->connection);
	patience_expect(request->connection, PATIENCE_BODY_MS);
	request->answered = !check_request(request->listener, request->connection, &line,
					   &request->call, &request->headers, &request->actor);
	if (!request->answered && told_length(request) > LIMIT_BODY_BYTES)
		refuse_large(request);
	request->discards = request->answered || !takes_body(request->call.route);
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
	request->line_rest = uri + strlen(uri) + 1;
	request->call.log.log.fd = -1;
	request->call.home = request->listener->web->home;
	request->call.marks = &request->listener->web->marks;
	request->call.events = &request->listener->web->events;
	if (target_parse(uri, &request->call.target, &err) != 0)
		request_refuse(request,
			       err.code == ERR_LIMIT ? MHD_HTTP_URI_TOO_LONG : MHD_HTTP_BAD_REQUEST,
			       err.message);
	patience_expect(connection, PATIENCE_HEAD_MS);
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
	if (!request->checked)
		return begin_body(request, method, version);
	if (*size > 0)
		return take_bytes(request, bytes, size);
	patience_expect(request->connection, 0);
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
	(void)how;
	if (request == NULL)
		return;
	assert(!request->busy && request->token == 0);
	patience_expect(connection, PATIENCE_NEXT_MS);
	command_remember(request);
	look_forget(request);
	unlink_request(request);
	call_close(&request->call);
	body_close(&request->body);
	form_close(&request->form);
	str_close(&request->bytes);
	mem_free(request);
	*slot = NULL;
}

/* --- the end ------------------------------------------------------------------------------------
 */

void request_end_task(struct web *web, int64_t attempt_id)
{
	for (struct request *request = web->requests; request != NULL; request = request->next)
		if (request->call.task.attempt_id == attempt_id && request->wait.is_in)
			look_end(request);
}

/* The servers do not run meanwhile, so that the list stays as it is. */
void request_abandon_all(struct web *web)
{
	for (struct request *request = web->requests; request != NULL; request = request->next) {
		if (request->token != 0)
			command_abandon(request);
		else if (request->wait.is_in)
			look_end(request);
	}
}
