/* stall.c - times the turns of the loop; see stall.h. */
#include "daemon/stall.h"

#include "base/log.h"

static void on_prepare(uv_prepare_t *prepare)
{
	struct stall *stall = prepare->data;
	uint64_t now_ns = uv_hrtime();
	uint64_t idle_ns = uv_metrics_idle_time(prepare->loop);
	uint64_t slept_ns = idle_ns - stall->idle_ns;
	uint64_t passed_ns = now_ns - stall->began_ns;
	uint64_t took_ns = passed_ns > slept_ns ? passed_ns - slept_ns : 0;

	if (stall->began_ns != 0) {
		histogram_add(&stall->turns, took_ns);
		if (took_ns > STALL_MS * 1000000ull)
			log_warn("the loop stood still", "ms=%llu",
				 (unsigned long long)(took_ns / 1000000));
	}
	stall->began_ns = now_ns;
	stall->idle_ns = idle_ns;
}

void stall_start(struct stall *stall, uv_loop_t *loop)
{
	(void)uv_loop_configure(loop, UV_METRICS_IDLE_TIME); /* fails for other options alone */
	uv_prepare_init(loop, &stall->before_poll);          /* cannot fail */
	stall->before_poll.data = stall;
	stall->began_ns = 0;
	stall->idle_ns = 0;
	stall->turns = (struct histogram){.total_ns = 0};
	uv_prepare_start(&stall->before_poll, on_prepare);
	uv_unref((uv_handle_t *)&stall->before_poll);
}

void stall_stop(struct stall *stall)
{
	if (stall->before_poll.data == NULL)
		return;
	stall->before_poll.data = NULL;
	uv_close((uv_handle_t *)&stall->before_poll, NULL);
}
