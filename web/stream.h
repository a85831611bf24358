/* stream.h - sends an answer piece by piece, and goes on with what is still to come.
 *
 *	filled -> sent -> filled ...      pieces are read on a worker, the connection set aside
 *	                  idle            all is sent and more is to come: woken by the file
 *	                                  (inotify), by a commit about the run, by the client going
 *	                  done            the source has ended and all of it is sent
 *
 * What goes out as events gets a comment every 15 s, so that both ends notice when the other has
 * gone. When the daemon stops in the middle, the connection is closed without the last chunk, so
 * that the client knows that there is more. */
#ifndef HEDDLE_WEB_STREAM_H
#define HEDDLE_WEB_STREAM_H

#include "base/str.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct listener;
struct web;

enum stream_turn {
	STREAM_FILLED, /* there is a piece */
	STREAM_IDLE,   /* nothing new now */
	STREAM_ENDED,  /* after the piece, which may be empty */
	STREAM_FAILED, /* likewise */
};

/* What is streamed; the first member of what each kind needs (source.c). */
struct stream_source {
	/* On a worker: appends up to STREAM_PIECE_BYTES or so to the empty piece. */
	enum stream_turn (*fill)(struct stream_source *source, struct web *web, struct str *piece);
	/* On the loop: gives everything back, itself too. */
	void (*close)(struct stream_source *source, struct web *web);
	/* The file whose growth wakes it, NULL while it is not there. NULL: it has none. */
	const char *(*file)(const struct stream_source *source);
	const char *run_id; /* whose changes wake it; "" = of any run, NULL = it just goes on */
	bool is_events;
	int64_t attempt_id; /* whose task asked for it: it ends with that; 0 = nobody's */
};

#define STREAM_PIECE_BYTES 32768

/* Makes the response, which takes the source over. size: MHD_SIZE_UNKNOWN when it is not known.
 * NULL when there is no memory for it. */
struct MHD_Response *stream_response(struct listener *listener, struct MHD_Connection *connection,
				     struct stream_source *source, uint64_t size);
/* The attempt is over: what its task asked for goes no further. */
/* True when a connection was taken up for it. */
bool stream_end_task(struct web *web, int64_t attempt_id);
/* The daemon stops: every stream that is set aside gives up as soon as no worker has it. */
void stream_abandon_all(struct web *web);

#endif
