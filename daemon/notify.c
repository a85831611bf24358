/* notify.c - see notify.h. */
#include "daemon/notify.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* "@" stands for the NUL that begins an abstract name. False: it is no address that we know (they
 * may also be of virtual machines). */
static bool read_address(const char *text, struct sockaddr_un *address, socklen_t *size)
{
	size_t length = strlen(text);

	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if ((text[0] != '/' && text[0] != '@') || length < 2 || length >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, text, length);
	if (text[0] == '@')
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return true;
}

static void send_text(const char *text, size_t count)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t size;
	int fd;

	if (name == NULL || name[0] == '\0' || !read_address(name, &address, &size))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, text, count, MSG_NOSIGNAL, (const struct sockaddr *)&address,
			     size) != (ssize_t)count)
		log_warn("the service manager cannot be told", "socket=%s err=\"%s\"", name,
			 strerror(errno));
	fd_close(&fd);
}

/* A reload is matched with the moment of its message, in microseconds of CLOCK_MONOTONIC. */
static void add_instant(struct str *text)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	str_printf(text, "MONOTONIC_USEC=%" PRId64 "\n",
		   (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_say(const char *state, const char *status)
{
	struct str text = STR_INIT;

	if (state != NULL)
		str_printf(&text, "%s\n", state);
	if (state != NULL && strcmp(state, "RELOADING=1") == 0)
		add_instant(&text);
	if (status != NULL)
		str_printf(&text, "STATUS=%s\n", status);
	send_text(str_text(&text), text.size);
	str_close(&text);
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	send_text("WATCHDOG=1\n", strlen("WATCHDOG=1\n"));
}

/* $WATCHDOG_PID names the process that is meant, where it is set. */
static bool is_meant(void)
{
	const char *pid = getenv("WATCHDOG_PID");

	return pid == NULL || strtol(pid, NULL, 10) == (long)getpid();
}

void notify_start(struct notify *notify, uv_loop_t *loop)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint64_t half_ms = text == NULL ? 0 : strtoull(text, NULL, 10) / 2000;

	if (half_ms == 0 || !is_meant())
		return;
	uv_timer_init(loop, &notify->watchdog);
	notify->watches = true;
	uv_timer_start(&notify->watchdog, on_watchdog, half_ms, half_ms);
}

void notify_stop(struct notify *notify)
{
	if (notify->watches)
		uv_close((uv_handle_t *)&notify->watchdog, NULL);
	notify->watches = false;
}
