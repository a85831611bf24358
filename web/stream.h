/* stream.h - sends a log piece by piece, and goes on with one that is still being written.
 *
 *	filled -> sent -> filled ...      pieces are read on a worker, the connection set aside
 *	                  idle            all is sent and the attempt goes on: woken by the file
 *	                                  (inotify), by a commit about the run, by the client going
 *	                  done            the attempt's end is on disk and all of its log is sent
 *
 * When the daemon stops in the middle, the connection is closed without the last chunk, so that the
 * client knows that there is more. */
#ifndef HEDDLE_WEB_STREAM_H
#define HEDDLE_WEB_STREAM_H

#include "web/api/api.h"

#include <microhttpd.h>

struct listener;
struct web;

/* Makes the response of an open log, which it takes over (call->log is closed after). NULL when
 * there is no memory for it. */
struct MHD_Response *stream_response(struct listener *listener, struct MHD_Connection *connection,
				     struct call *call);
/* The daemon stops: every stream that is set aside gives up as soon as no worker has it. */
void stream_abandon_all(struct web *web);

#endif
