/* request.h - one HTTP request, from its first header to its last byte.
 *
 *	begin -> check -> body -> serve -> answered
 *	                          | command: the callback, then web_answer
 *	                          | read: a worker; again and again while it has to wait
 *
 * While a command or a worker has it, its connection is set aside, and only then: so the server
 * cannot end a request that somebody else still holds. */
#ifndef HEDDLE_WEB_REQUEST_H
#define HEDDLE_WEB_REQUEST_H

#include "web/server.h"

#include <stdint.h>

/* The server's callbacks; cls is the listener. */
void *request_begin(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *version, const char *bytes,
			       size_t *size, void **slot);
void request_end(void *cls, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode how);

/* What became of the command with this token; an unknown token is none any more. */
void request_answer(struct web *web, uint64_t token, enum web_result result, const char *run_id,
		    const char *message);
/* The deadlines up to now have passed. */
void request_expire(struct web *web, uint64_t now_ms);
/* The attempt is over: what its task waits for is answered with what there is. */
void request_end_task(struct web *web, int64_t attempt_id);
/* The daemon stops: what waits is answered with what there is. */
void request_abandon_all(struct web *web);

#endif
