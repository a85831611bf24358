/* listen.h - the two sockets that are listened on. Both are close-on-exec and do not block. */
#ifndef HEDDLE_WEB_LISTEN_H
#define HEDDLE_WEB_LISTEN_H

#include "base/err.h"

#include <stdint.h>

/* A Unix socket that only its owner may connect to (0600). What a daemon of the past left there is
 * replaced: the caller holds the lock of the home, so nobody else listens on it. Fails with
 * ERR_LIMIT (path too long), ERR_EXISTS (something else than a socket stands there), else I/O
 * codes. */
int listen_unix(const char *path, int *out_fd, struct err *err);
/* host: a name or address; port 0 = any free one, *out_port gets it. Fails with ERR_USAGE (no such
 * host or address), ERR_REFUSED (the port is taken or not ours to take), else I/O codes. */
int listen_tcp(const char *host, uint16_t port, int *out_fd, uint16_t *out_port, struct err *err);

#endif
