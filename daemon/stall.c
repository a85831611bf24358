/* stall.c - times what lies between two polls; see stall.h. */
#include "daemon/stall.h"

#include "base/log.h"

static void on_check(uv_check_t *check)
{
	struct stall *stall = check->data;

	stall->began_ns = uv_hrtime();
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct stall *stall = prepare->data;
	uint64_t took_ns = stall->began_ns == 0 ? 0 : uv_hrtime() - stall->began_ns;

	if (took_ns > stall->longest_ns)
		stall->longest_ns = took_ns;
	if (took_ns > STALL_MS * 1000000ull)
		log_warn("the loop stood still", "ms=%llu",
			 (unsigned long long)(took_ns / 1000000));
}

void stall_start(struct stall *stall, uv_loop_t *loop)
{
	uv_check_init(loop, &stall->after_poll); /* neither can fail */
	uv_prepare_init(loop, &stall->before_poll);
	stall->after_poll.data = stall;
	stall->before_poll.data = stall;
	stall->began_ns = 0;
	stall->longest_ns = 0;
	uv_check_start(&stall->after_poll, on_check);
	uv_prepare_start(&stall->before_poll, on_prepare);
	uv_unref((uv_handle_t *)&stall->after_poll);
	uv_unref((uv_handle_t *)&stall->before_poll);
}

void stall_stop(struct stall *stall)
{
	if (stall->after_poll.data == NULL)
		return;
	stall->after_poll.data = NULL;
	uv_close((uv_handle_t *)&stall->after_poll, NULL);
	uv_close((uv_handle_t *)&stall->before_poll, NULL);
}
