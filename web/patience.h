/* patience.h - how long a client may take to say what it wants.
 *
 * The server ends a connection on which nothing moves; one byte now and then would hold its place
 * for ever. So what is owed is owed as a whole by an instant: the head of a request, its body, the
 * next request on the same connection. While we are the ones who owe, no time runs. */
#ifndef HEDDLE_WEB_PATIENCE_H
#define HEDDLE_WEB_PATIENCE_H

#include "web/peer.h"

#include <microhttpd.h>
#include <stdint.h>

struct listener;
struct web;

#define PATIENCE_HEAD_MS \
	15000 /* from the connection, or the request line, to the end of the head */
#define PATIENCE_BODY_MS 60000 /* from the head's end */
#define PATIENCE_NEXT_MS 75000 /* from an answer to the end of the next head */

/* slot: the server's, for one connection. Whose that is is learned here, too, and kept with it. */
void patience_begin(struct listener *listener, struct MHD_Connection *connection, void **slot);
/* Who is at the other end; NULL = nobody knows, as over TCP. */
const struct peer *patience_peer(struct MHD_Connection *connection);
void patience_end(void **slot);
/* What comes next must be whole within so long. 0 = no time runs. */
void patience_expect(struct MHD_Connection *connection, int64_t within_ms);
/* Ends the connections whose time is over. now_ms: uv_now. */
void patience_expire(struct web *web, int64_t now_ms);

#endif
