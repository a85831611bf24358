/* test_daemon_stall.c - turns of the loop are timed, whoever was at work in them. */
#include "daemon/stall.h"

#include "tests/unit/unit.h"

#include <unistd.h>

#define WORK_MS 80

struct work {
	struct stall stall;
	uv_loop_t loop;
	uv_poll_t poll;
	uv_timer_t timer;
	int ends[2];
};

static void busy(void)
{
	uint64_t until_ns = uv_hrtime() + WORK_MS * 1000000ull;

	while (uv_hrtime() < until_ns)
		;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	busy();
	uv_poll_stop(poll);
}

static void on_timer(uv_timer_t *timer)
{
	struct work *work = timer->data;

	assert_int_equal(write(work->ends[1], "x", 1), 1);
}

static void begin(struct work *work)
{
	assert_int_equal(uv_loop_init(&work->loop), 0);
	assert_int_equal(pipe(work->ends), 0);
	stall_start(&work->stall, &work->loop);
	uv_timer_init(&work->loop, &work->timer);
	work->timer.data = work;
	uv_poll_init(&work->loop, &work->poll, work->ends[0]);
}

static void end(struct work *work)
{
	stall_stop(&work->stall);
	uv_close((uv_handle_t *)&work->poll, NULL);
	uv_close((uv_handle_t *)&work->timer, NULL);
	uv_run(&work->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&work->loop), 0);
	close(work->ends[0]);
	close(work->ends[1]);
}

/* Turns that took longer than 50 ms: bounds of the histogram from the ninth on. */
static uint64_t long_turns(const struct stall *stall)
{
	uint64_t count = 0;

	for (size_t i = 9; i <= HISTOGRAM_BOUND_COUNT; i++)
		count += stall->turns.counts[i];
	return count;
}

/* The loop sleeps 120 ms first, which is no work. */
static void work_in_the_poll_counts_and_sleep_does_not(void **state)
{
	struct work work = {.ends = {-1, -1}};

	(void)state;
	begin(&work);
	uv_timer_start(&work.timer, on_timer, 120, 0);
	uv_poll_start(&work.poll, UV_READABLE, on_readable);
	uv_run(&work.loop, UV_RUN_DEFAULT);
	uv_timer_start(&work.timer, on_timer, 0, 0); /* one more turn, so that the last is timed */
	uv_run(&work.loop, UV_RUN_DEFAULT);
	assert_int_equal(long_turns(&work.stall), 1);
	assert_true(work.stall.turns.total_ns >= WORK_MS * 1000000ull);
	end(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(work_in_the_poll_counts_and_sleep_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
