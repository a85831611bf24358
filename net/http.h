/* http.h - HTTP requests that block their caller: for the command line, never for the loop.
 *
 * A client talks to one server, over a Unix socket or a URL, and keeps its connection between
 * requests. It belongs to one thread. */
#ifndef HEDDLE_NET_HTTP_H
#define HEDDLE_NET_HTTP_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_CONNECT_TIMEOUT_MS 5000
#define HTTP_LOCATION_SIZE 256

struct http_client;

/* Where the server is. Texts are copied. */
struct http_server {
	const char *socket_path; /* Unix socket; NULL = by url */
	const char *url;         /* "https://host:port", a path may follow; NULL with socket_path */
	const char *token;       /* sent as "Authorization: Bearer"; NULL = none */
};

/* Takes a piece of a body. False ends the request, which then counts as done. */
typedef bool (*http_piece_fn)(void *context, int status, const char *bytes, size_t count);

struct http_request {
	const char *method;         /* "GET", "POST" ... */
	const char *path;           /* begins with '/', percent-encoded, with its query */
	const char *body;           /* JSON; NULL = none */
	const char *const *headers; /* "Name: value" ..., NULL-terminated; NULL = none */
	int64_t timeout_ms;    /* of the whole exchange; 0 = none, but a dead peer is noticed */
	size_t max_body_bytes; /* of the answer, when it is gathered */
	http_piece_fn piece;   /* gets the body of a 2xx answer as it comes; NULL = gather it */
	void *context;
};

struct http_response {
	int status;
	bool timed_out;  /* timeout_ms passed, connected or not */
	struct str body; /* the caller closes it; with piece, only what is not 2xx */
	/* Of what the body tells (RFC 9110 section 8.7); "" = it was not said, or is longer. */
	char content_location[HTTP_LOCATION_SIZE];
};

/* Fails with ERR_INVALID for a url that is not http or https, ERR_LIMIT for a socket path longer
 * than the kernel takes, or as curl_load does. */
int http_client_create(const struct http_server *server, struct http_client **out, struct err *err);
void http_client_destroy(struct http_client *client); /* NULL is allowed */

/* Makes one request. 0 means that an answer came, whatever its status. Fails with
 *	ERR_NOT_FOUND  nobody serves there: no socket, connection refused, unknown host
 *	ERR_REFUSED    not allowed to connect, or the server's certificate is not trusted
 *	ERR_AGAIN      timed out, or the connection broke: what was asked may have been done or not;
 *	               response->timed_out tells which
 *	ERR_LIMIT      the answer is larger than max_body_bytes
 *	ERR_IO         all else
 * *response is filled as far as an answer came, on failure too. */
int http_request(struct http_client *client, const struct http_request *request,
		 struct http_response *response, struct err *err);

/* Appends text as one segment of a path or one value of a query (RFC 3986 section 2.3: all but
 * unreserved characters are percent-encoded). */
void http_encode(struct str *out, const char *text);

#endif
