/* check.h - whether a request is served at all: sound, from someone who may, and for an address
 * that takes it. */
#ifndef HEDDLE_WEB_CHECK_H
#define HEDDLE_WEB_CHECK_H

#include "web/api/api.h"
#include "web/guard.h"
#include "web/server.h"

/* The request line as the server tells it; all lie in the head as it came. */
struct request_line {
	const char *method;
	const char *rest; /* what follows the target */
	const char *version;
};

/* Reads the headers into *headers and fills the call's route, names and query. *actor gets who
 * asks; it lives as long as the web. False: call->answer holds the refusal. An answer that stands
 * already (a target that cannot be read) is one. The answer of a request that does not tell its
 * body's length closes the connection, whatever it is. */
bool check_request(struct listener *listener, struct MHD_Connection *connection,
		   const struct request_line *line, struct call *call,
		   struct guard_headers *headers, const char **actor);

#endif
