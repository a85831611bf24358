/* task_peer.h - which attempt, if any, is behind a peer of the socket or a token. Callbacks of
 * struct web_events; context is the dispatch. On the loop's thread. */
#ifndef HEDDLE_DAEMON_TASK_PEER_H
#define HEDDLE_DAEMON_TASK_PEER_H

#include "daemon/dispatch.h"

struct process_peer task_peer_judge(void *context, pid_t pid);
/* Fills task when the token is that of an attempt that has not ended. */
enum web_token task_peer_read_token(void *context, const char *token, struct web_task *task);

#endif
