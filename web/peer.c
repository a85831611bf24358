/* peer.c - see peer.h. */
#include "web/peer.h"

#include "base/file.h"
#include "web/server.h"

#include <poll.h>
#include <sys/socket.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* since Linux 6.5 */
#endif

/* Whether the process that connected has ended by now: what was found under its number may then be
 * another one. A kernel that cannot tell is believed. */
static bool has_ended(int fd)
{
	struct pollfd process = {.events = POLLIN};
	socklen_t size = sizeof process.fd;
	bool ended;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process.fd, &size) != 0)
		return false;
	ended = poll(&process, 1, 0) > 0;
	fd_close(&process.fd);
	return ended;
}

void peer_learn(struct peer *peer, const struct web *web, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof credentials;

	peer->uid = (uid_t)-1;
	peer->task = (struct process_peer){PROCESS_PEER_UNKNOWN, 0};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return;
	peer->uid = credentials.uid;
	peer->task.kind = PROCESS_PEER_OUTSIDE;
	/* 0: it lives in no process namespace below ours, as all that we start does. */
	if (credentials.pid == 0 || web->events.judge_peer == NULL)
		return;
	peer->task = web->events.judge_peer(web->events.context, credentials.pid);
	if (peer->task.kind == PROCESS_PEER_OUTSIDE && has_ended(fd))
		peer->task.kind = PROCESS_PEER_UNKNOWN;
}
