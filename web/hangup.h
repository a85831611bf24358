/* hangup.h - notices that a client has gone while its connection is set aside.
 *
 * A connection that waits is not in the web server's own epoll set, so that nobody would look at it
 * for minutes. A client that has only closed its sending side looks the same: both are answered at
 * once with what there is, if the server has not let the connection go by then. */
#ifndef HEDDLE_WEB_HANGUP_H
#define HEDDLE_WEB_HANGUP_H

#include <uv.h>

struct hangup;

/* Calls gone once, from the loop. NULL when the descriptor cannot be watched: then the wait simply
 * lasts until its time is over. */
struct hangup *hangup_watch(uv_loop_t *loop, int fd, void (*gone)(void *context), void *context);
/* Must be called before the descriptor is closed. NULL is allowed. */
void hangup_stop(struct hangup *hangup);

#endif
