/* check.h - whether a request is served at all: sound, from someone who may, and for an address
 * that takes it. */
#ifndef HEDDLE_WEB_CHECK_H
#define HEDDLE_WEB_CHECK_H

#include "web/api/api.h"
#include "web/guard.h"
#include "web/server.h"

/* Reads the headers into *headers and fills the call's route, names and query. *actor gets who
 * asks; it lives as long as the web. False: call->answer holds the refusal. An answer that stands
 * already (a target that cannot be read) is one. */
bool check_request(struct listener *listener, struct MHD_Connection *connection, const char *method,
		   struct call *call, struct guard_headers *headers, const char **actor);

#endif
