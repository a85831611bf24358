/* listen.c - sockets; see listen.h. */
#include "web/listen.h"

#include "base/file.h"
#include "base/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 256

static int remove_stale(const char *path, struct err *err)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "look at '%s'", path);
	if (!S_ISSOCK(status.st_mode))
		return err_set(err, ERR_EXISTS, "'%s' is not a socket: move it away", path);
	if (sys_unlink(path) != 0)
		return err_errno(err, errno, "remove the old socket '%s'", path);
	return 0;
}

/* The mode is set before anyone can connect: a socket that is bound but does not listen refuses. */
static int bind_unix(int fd, const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_LIMIT, "'%s' is too long for a socket: at most %zu bytes",
			       path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		return err_errno(err, errno, "make the socket '%s'", path);
	if (chmod(path, 0600) != 0 || listen(fd, BACKLOG) != 0)
		return err_errno(err, errno, "listen on '%s'", path);
	return 0;
}

int listen_unix(const char *path, int *out_fd, struct err *err)
{
	int fd = -1;
	int rc = remove_stale(path, err);

	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "make a socket");
	rc = bind_unix(fd, path, err);
	if (rc != 0)
		fd_close(&fd);
	*out_fd = fd;
	return rc;
}

/* Without SO_REUSEADDR a restart would be refused for as long as old connections linger. */
static int bind_tcp(const struct addrinfo *info, int *out_fd)
{
	int on = 1;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int saved;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
		*out_fd = fd;
		return 0;
	}
	saved = errno;
	fd_close(&fd);
	errno = saved;
	return -1;
}

static int refuse(const char *host, uint16_t port, int errno_value, struct err *err)
{
	switch (errno_value) {
	case EADDRINUSE:
		return err_set(err, ERR_REFUSED,
			       "port %u of %s is taken: choose another one with "
			       "--port N or --listen HOST:PORT",
			       port, host);
	case EACCES:
		return err_set(err, ERR_REFUSED,
			       "port %u of %s is not ours to take: choose one from 1024 on "
			       "with --port N or --listen HOST:PORT",
			       port, host);
	case EADDRNOTAVAIL:
		return err_set(err, ERR_USAGE, "flag '--listen': this machine has no address '%s'",
			       host);
	default:
		return err_errno(err, errno_value, "listen on %s port %u", host, port);
	}
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.v6 = {.sin6_family = AF_UNSPEC}};
	socklen_t size = sizeof address;

	if (getsockname(fd, &address.any, &size) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
						       : address.v4.sin_port);
}

int listen_tcp(const char *host, uint16_t port, int *out_fd, uint16_t *out_port, struct err *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found;
	char digits[8];
	int failure;
	int rc = -1;

	snprintf(digits, sizeof digits, "%u", port);
	failure = getaddrinfo(host, digits, &hints, &found);
	if (failure != 0)
		return err_set(err, ERR_USAGE,
			       "flag '--listen': host '%s' is not known (%s): name an address of "
			       "this machine, as in --listen 127.0.0.1:8088",
			       host, gai_strerror(failure));
	for (const struct addrinfo *info = found; rc != 0 && info != NULL; info = info->ai_next)
		rc = bind_tcp(info, out_fd);
	failure = errno;
	freeaddrinfo(found);
	if (rc != 0)
		return refuse(host, port, failure, err);
	*out_port = port_of(*out_fd);
	return 0;
}
