/* drain.c - see drain.h. */
#include "daemon/drain.h"

#include "base/log.h"
#include "daemon/notify.h"

#include <stdio.h>

static const char why[] = "the daemon was told to stop, and waits for what runs: nothing new is "
			  "started until it is there again";

static void on_end(uv_timer_t *timer)
{
	struct drain *drain = timer->data;

	drain->over(drain->context);
}

void drain_begin(struct drain *drain, struct dispatch *dispatch, void (*over)(void *context),
		 void *context)
{
	drain->dispatch = dispatch;
	drain->over = over;
	drain->context = context;
	drain->is_on = true;
	uv_timer_init(dispatch->loop, &drain->end);
	drain->end.data = drain;
	(void)dispatch_hold(dispatch, HOLD_DRAIN, why);
	log_info("draining: told to stop as process 1", "attempts=%zu",
		 process_count(dispatch->executor));
	drain_look(drain);
}

void drain_look(struct drain *drain)
{
	char status[64];
	size_t count;

	if (!drain->is_on || uv_is_active((const uv_handle_t *)&drain->end))
		return;
	count = process_count(drain->dispatch->executor);
	snprintf(status, sizeof status, "Draining: %zu attempts under way", count);
	notify_say(NULL, status);
	if (count == 0 && !dispatch_is_busy(drain->dispatch))
		uv_timer_start(&drain->end, on_end, 0, 0);
}

void drain_stop(struct drain *drain)
{
	if (drain->is_on)
		uv_close((uv_handle_t *)&drain->end, NULL);
	drain->is_on = false;
}
