/* posted.c - the commands and questions of pages: what a form sends becomes the body that the API
 * takes, and the answer leads back to a page. See inflight.h. */
#include "web/inflight.h"

#include "web/answer.h"
#include "web/session.h"

#include <jansson.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* --- in -----------------------------------------------------------------------------------------
 */

/* The cookie alone changes nothing: a browser adds it to what any page makes it send. Only our own
 * page knows what follows from it. */
static bool is_ours(struct request *request)
{
	const char *cookie = request->call.cookie;

	if (cookie[0] == '\0' || session_csrf_matches(cookie, request->form.csrf))
		return true;
	request_refuse(request, MHD_HTTP_FORBIDDEN,
		       "this form was not made for you, or before you signed in: load its page "
		       "again");
	return false;
}

/* What somebody changes by hand is explained to those who look later. */
static bool tells_reason(struct request *request)
{
	enum web_command_kind kind = request->call.route->command;

	if ((kind != WEB_RERUN && kind != WEB_CANCEL && kind != WEB_MARK) ||
	    json_object_get(request->form.fields, "reason") != NULL)
		return true;
	request_refuse(request, MHD_HTTP_UNPROCESSABLE_CONTENT,
		       "'reason' is missing: say why, for those who look later");
	return false;
}

static bool read_body(struct request *request)
{
	enum web_command_kind kind = request->call.route->command;
	char *json = json_dumps(request->form.fields, JSON_COMPACT);
	bool good = body_parse(kind, json, strlen(json), &request->body, &request->call.answer);

	free(json); /* jansson's own */
	return good;
}

bool posted_read(struct request *request)
{
	struct err err;

	if (!form_is_type(request->headers.content_type)) {
		request_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			       "this address takes a form of its page: the API is under /api/v1");
		return false;
	}
	if (form_parse(str_text(&request->bytes), request->bytes.size, &request->form, &err) != 0) {
		answer_err(&request->call.answer, &err);
		return false;
	}
	request->call.given_params = json_incref(request->form.params);
	request->call.query.token = request->form.token;
	return is_ours(request) && tells_reason(request) && read_body(request);
}

static bool names_tasks(const char *mode)
{
	return mode != NULL && (strcmp(mode, "from") == 0 || strcmp(mode, "only") == 0);
}

/* What the form will send, and no more: the token of what is shown is of exactly that. */
void posted_ask(struct request *request)
{
	const struct page_ask *ask = &request->call.ask;
	enum web_command_kind kind = request->call.route->command;
	struct body *body = &request->body;

	request->call.query.dry_run = kind != WEB_WHY;
	if (kind == WEB_MARK)
		body->state =
		    mem_strdup(ask->text[ASK_MARK] == NULL ? "success" : ask->text[ASK_MARK]);
	if (kind != WEB_RERUN)
		return;
	body->mode = mem_strdup(ask->text[ASK_MODE]);
	body->version = mem_strdup(ask->text[ASK_VERSION]);
	if (ask->text[ASK_TASK] == NULL || !names_tasks(body->mode))
		return;
	body->tasks = mem_alloc(sizeof *body->tasks);
	body->tasks[0] = mem_strdup(ask->text[ASK_TASK]);
	body->task_count = 1;
}

/* --- out ----------------------------------------------------------------------------------------
 */

void posted_show(struct request *request, enum web_result result, const char *message)
{
	struct call *call = &request->call;

	call->told_result = result;
	if (message != NULL)
		str_append(&call->told, message);
	request->read = call->route->then;
	look_start(request);
}

void posted_lead_back(struct request *request, const char *run_id)
{
	struct answer *answer = &request->call.answer;
	const char *back = request->form.back;

	answer_text(answer, MHD_HTTP_SEE_OTHER, "done");
	if (back != NULL && strlen(back) < sizeof answer->headers[0].value)
		answer_header(answer, MHD_HTTP_HEADER_LOCATION, "%s", back);
	else if (run_id != NULL)
		answer_header(answer, MHD_HTTP_HEADER_LOCATION, "/runs/%s", run_id);
	else
		answer_header(answer, MHD_HTTP_HEADER_LOCATION, "/dags/%s",
			      request->call.names.dag);
	request_finish(request);
}
