/* peer.h - who is at the other end of a connection over the Unix socket.
 *
 * Learned when the connection is accepted, and only then: a process that hands its connection on
 * and goes may leave its number to another one. */
#ifndef HEDDLE_WEB_PEER_H
#define HEDDLE_WEB_PEER_H

#include "executor/process/process.h"

#include <stdint.h>
#include <sys/types.h>

struct web;

struct peer {
	uid_t uid;                /* (uid_t)-1 = not known */
	struct process_peer task; /* whether it is one of ours */
};

/* fd: a connection of the Unix socket. */
void peer_learn(struct peer *peer, const struct web *web, int fd);

#endif
