/* check.c - the checks before a request is served; see check.h. */
#include "web/check.h"

#include "base/clock.h"
#include "web/block.h"
#include "web/patience.h"
#include "web/squeeze.h"
#include "web/task.h"

#include <string.h>
#include <unistd.h>

/* One request under check. */
struct check {
	struct listener *listener;
	struct MHD_Connection *connection;
	const char *method;
	struct call *call;
	struct guard_headers *headers;
	const char *actor;
	struct block block;
	char allow[ROUTE_ALLOW_SIZE];
};

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct check *check = cls;

	(void)kind;
	block_take_header(&check->block, name, value);
	guard_take(check->headers, name, value);
	return MHD_YES;
}

/* The server's texts lie in the head as it came; method is its first byte. */
static bool take_head(struct check *check, const struct request_line *line)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(check->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct answer *refusal = &check->call->answer;

	block_begin(&check->block, line->method, info == NULL ? 0 : info->header_size);
	block_take_line(&check->block, line->version, line->rest);
	MHD_get_connection_values(check->connection, MHD_HEADER_KIND, take_header, check);
	if (block_is_whole(&check->block))
		return true;
	answer_problem(refusal, MHD_HTTP_BAD_REQUEST,
		       "the head of the request is not made of lines that end with CRLF and hold "
		       "no NUL, with one header on each");
	refusal->close = true;
	return false;
}

static bool only_reads(const struct check *check)
{
	return strcmp(check->method, "GET") == 0 || strcmp(check->method, "HEAD") == 0;
}

/* "the server MUST ignore the received Host header field (if any) and instead replace it with the
 * host information of the request-target" (RFC 9112 section 3.2.2). */
static void take_absolute_host(struct check *check)
{
	if (check->call->target.host != NULL)
		check->headers->host = check->call->target.host;
}

static bool check_host(struct check *check)
{
	const struct web *web = check->listener->web;

	return check->listener->is_unix || guard_host(check->headers->host, web->listen_host,
						      web->machine, &check->call->answer);
}

static bool is_page(const struct check *check)
{
	return check->call->route != NULL && (check->call->route->flags & ROUTE_PAGE) != 0;
}

/* Our pages tell nobody where they are from (Referrer-Policy: no-referrer), so the Origin of their
 * forms is "null" (Fetch, "append a request `Origin` header"): the form's own secret decides. */
static bool check_origin(struct check *check)
{
	const char *origin = check->headers->origin;

	if (only_reads(check) || (is_page(check) && origin != NULL && strcmp(origin, "null") == 0))
		return true;
	return guard_origin(check->headers, &check->call->answer);
}

/* Over the Unix socket the kernel vouches for who is there: our own user, or root, who could read
 * everything anyway. */
static bool check_peer(struct check *check, const struct peer *peer)
{
	uid_t own = geteuid();

	if (peer != NULL && (peer->uid == 0 || peer->uid == own)) {
		check->actor = peer->uid == own ? check->listener->web->own_actor : "user:root";
		return true;
	}
	answer_problem(&check->call->answer, MHD_HTTP_FORBIDDEN,
		       "this socket is for the daemon's own user and for root: use the API over "
		       "TCP with a token");
	return false;
}

/* Browsers keep cookies by host and not by port: the name tells daemons on one host apart. */
static bool has_session(struct check *check)
{
	struct web *web = check->listener->web;
	const char *header = check->headers->cookie;
	char *cookie = check->call->cookie;
	int64_t now_ms = clock_now().wall_ms;
	char name[SESSION_NAME_SIZE];

	session_cookie_name(web->port, name);
	while (session_find_cookie(&header, name, cookie))
		if (session_until(&web->sessions, cookie, now_ms) != 0)
			return true;
	cookie[0] = '\0';
	return false;
}

/* A browser sends the cookie whoever made it ask. So what changes something must come from our own
 * page: it says so by Origin, and knows what only it could read. */
static bool check_page(struct check *check)
{
	check->actor = "page:home";
	if (only_reads(check) ||
	    is_page(check)) /* a form brings its secret in its body: posted.c */
		return true;
	if (check->headers->origin != NULL &&
	    session_csrf_matches(check->call->cookie, check->headers->csrf))
		return true;
	answer_problem(&check->call->answer, MHD_HTTP_FORBIDDEN,
		       "a page that changes something must send 'Origin' and 'X-Heddle-CSRF', as "
		       "/api/v1/session tells it");
	return false;
}

static bool check_caller(struct check *check)
{
	const struct route *route = check->call->route;
	const struct peer *peer = patience_peer(check->connection);

	switch (task_identify(check->call, &check->listener->web->events,
			      guard_token(check->headers->authorization), peer)) {
	case TASK_ASKS:
		check->actor = check->call->actor;
		return true;
	case TASK_REFUSED:
		return false;
	case TASK_IS_NONE:
		break;
	}
	if (check->listener->is_unix)
		return check_peer(check, peer);
	check->actor = "token:home";
	if (route != NULL && (route->flags & ROUTE_PUBLIC) != 0)
		return true;
	if (check->headers->authorization == NULL && has_session(check))
		return check_page(check);
	return guard_bearer(check->headers->authorization, check->listener->web->token,
			    &check->call->answer);
}

static bool check_route(struct check *check)
{
	struct answer *refusal = &check->call->answer;

	if (check->call->route != NULL)
		return true;
	if (check->allow[0] != '\0' && strcmp(check->method, "OPTIONS") == 0) {
		refusal->status = MHD_HTTP_NO_CONTENT;
		answer_header(refusal, MHD_HTTP_HEADER_ALLOW, "%s", check->allow);
		return false;
	}
	if (check->allow[0] == '\0') {
		answer_problem(refusal, MHD_HTTP_NOT_FOUND,
			       "nothing is served at this address: the API begins at /api/v1/dags "
			       "and /api/v1/runs");
		return false;
	}
	answer_problem(refusal, MHD_HTTP_METHOD_NOT_ALLOWED, "this address takes only %s",
		       check->allow);
	answer_header(refusal, MHD_HTTP_HEADER_ALLOW, "%s", check->allow);
	return false;
}

static bool check_media(struct check *check)
{
	struct call *call = check->call;

	/* Of files that are what they are, a client is told the type, and asks for none. */
	if (call->route->media[0] == '*' ||
	    accept_pick(check->headers->accept, call->route->media, call->media))
		return true;
	answer_problem(&call->answer, MHD_HTTP_NOT_ACCEPTABLE,
		       "'Accept' is '%.64s': this address answers with %s", check->headers->accept,
		       call->route->media);
	return false;
}

static void take_headers(struct check *check)
{
	const struct guard_headers *headers = check->headers;
	struct call *call = check->call;

	call->range = headers->range;
	call->if_match = strcmp(check->method, "PATCH") == 0 ? headers->if_match : NULL;
	call->if_none_match = headers->if_none_match;
	call->last_event_id = headers->last_event_id;
	call->takes_gzip = squeeze_is_taken(headers->accept_encoding);
	call->start = check->listener->web->start;
	call->sessions = &check->listener->web->sessions;
	call->port = check->listener->web->port;
	call->listen_host = check->listener->web->listen_host;
}

static bool check_query(struct check *check)
{
	struct call *call = check->call;
	struct err err;

	int rc;

	if (is_page(check))
		rc = ask_parse(&call->target, (unsigned)call->route->params, &call->ask, &err);
	else
		rc = query_parse(&call->target, call->route->params, clock_now().wall_ms,
				 &call->query, &err);
	if (rc != 0)
		answer_err(&call->answer, &err);
	if (call->names.task == NULL)
		call->names.task = call->ask.text[ASK_TASK];
	return rc == 0;
}

/* The first refusal stands. Who asks is looked at before what is there: a stranger learns nothing
 * about addresses. */
bool check_request(struct listener *listener, struct MHD_Connection *connection,
		   const struct request_line *line, struct call *call,
		   struct guard_headers *headers, const char **actor)
{
	struct check check = {.listener = listener,
			      .connection = connection,
			      .method = line->method,
			      .call = call,
			      .headers = headers};

	call->is_head = strcmp(line->method, "HEAD") == 0;
	headers->is_http_1_0 = strcmp(line->version, MHD_HTTP_VERSION_1_0) == 0;
	if (!take_head(&check, line) || !guard_framing(headers, &call->answer))
		return false;
	take_headers(&check);
	take_absolute_host(&check);
	call->answer.close = !only_reads(&check) && !guard_tells_length(headers);
	if (!check_host(&check))
		return false;
	call->route = route_find(line->method, &call->target, &call->names, check.allow);
	if (!check_origin(&check) || !check_caller(&check) || call->answer.status != 0)
		return false;
	*actor = check.actor;
	call->actor = check.actor;
	return check_route(&check) && check_media(&check) && check_query(&check) &&
	       (call->task.attempt_id == 0 || task_may(call));
}
