/* clock_watch.c - see clock_watch.h. The kernel cancels a timer on the wall clock that wants to
 * know (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET); it is armed for a day that does not come. */
#include "daemon/clock_watch.h"

#include "base/file.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FAR_AWAY_S (INT64_C(1) << 40) /* 34,000 years */

static int arm(int fd)
{
	struct itimerspec at = {.it_value = {.tv_sec = FAR_AWAY_S}};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

static void on_set(uv_poll_t *poll, int status, int events)
{
	struct clock_watch *watch = poll->data;
	uint64_t times;

	(void)status;
	(void)events;
	if (read(watch->fd, &times, sizeof times) >= 0 || errno != ECANCELED)
		return;
	/* Fails only for arguments that are wrong. */
	(void)arm(watch->fd);
	watch->was_set(watch->context);
}

int clock_watch_start(struct clock_watch *watch, uv_loop_t *loop, void (*was_set)(void *context),
		      void *context, struct err *err)
{
	int rc;

	watch->was_set = was_set;
	watch->context = context;
	watch->is_open = false;
	watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (watch->fd < 0 || arm(watch->fd) != 0)
		return err_errno(err, errno, "watch the wall clock");
	rc = uv_poll_init(loop, &watch->poll, watch->fd);
	if (rc != 0)
		return err_errno(err, -rc, "poll the wall clock");
	watch->is_open = true;
	watch->poll.data = watch;
	uv_poll_start(&watch->poll, UV_READABLE, on_set);
	return 0;
}

void clock_watch_stop(struct clock_watch *watch)
{
	if (watch->is_open)
		uv_close((uv_handle_t *)&watch->poll, NULL);
}

void clock_watch_close(struct clock_watch *watch)
{
	if (watch->is_open)
		fd_close(&watch->fd);
	watch->is_open = false;
}
