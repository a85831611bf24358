/* notify.h - tells systemd how the daemon is (sd_notify(3)), without its library.
 *
 * Lines of text in a datagram to $NOTIFY_SOCKET. Without that, as when nobody wants to know, all of
 * this does nothing. A message that cannot be sent is logged, and no error: the service manager has
 * time limits of its own. */
#ifndef HEDDLE_DAEMON_NOTIFY_H
#define HEDDLE_DAEMON_NOTIFY_H

#include <stdbool.h>
#include <uv.h>

struct notify {
	uv_timer_t watchdog;
	bool watches; /* the timer is the loop's */
};

/* Says a state: "READY=1", "STOPPING=1", "RELOADING=1", or NULL; and what people read of it. */
void notify_say(const char *state, const char *status);
/* Gives a sign of life from the loop twice as often as $WATCHDOG_USEC asks for: a loop that hangs
 * gives none, and the daemon is started anew, which costs no task. */
void notify_start(struct notify *notify, uv_loop_t *loop);
void notify_stop(struct notify *notify); /* one that was not started is allowed */

#endif
