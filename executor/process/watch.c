/* watch.c - waiting for a task and ending it; see watch.h. */
#include "executor/process/watch.h"

#include "base/clock.h"
#include "base/file.h"
#include "executor/process/cgroup.h"
#include "executor/process/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 65536
#define READS_MAX 16             /* in a row, before signals are looked at */
#define PIPE_BYTES (1024 * 1024) /* for a task that writes faster than we read */
#define DRAIN_MS 1000            /* for output held open by a process outside of the tree */
#define KILL_ROUND_MS 100
#define KILL_PAUSE_MAX_MS 1000

/* Calls the timer at an instant of boot time; the one before is forgotten. */
static void set_timer(struct watch *watch, int64_t boot_ms)
{
	struct itimerspec at = {.it_value = {boot_ms / 1000, boot_ms % 1000 * 1000000}};

	if (watch->timer_fd < 0)
		watch->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
		at.it_value.tv_nsec = 1; /* zero would disarm it */
	timerfd_settime(watch->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void reap(struct watch *watch)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == watch->first) {
			watch->first_ended = true;
			watch->status = status;
		}
		if (pid < 0 && errno == ECHILD)
			watch->tree_gone = true;
		if (pid <= 0 && errno != EINTR)
			return;
		if (pid == 0)
			return;
	}
}

/* For some milliseconds: kills whatever there is, again and again, with more of the processor than
 * a task that forks without end. Each pass kills parents before it lists their children, so that a
 * tree can only shrink. */
static void kill_round(struct watch *watch)
{
	int64_t until_ms = clock_now().boot_ms + KILL_ROUND_MS;
	struct pollfd signals = {watch->signal_fd, POLLIN, 0};

	setpriority(PRIO_PROCESS, 0, -20);
	if (watch->cgroup[0] != '\0')
		cgroup_kill(watch->cgroup);
	for (;;) {
		tree_kill(NULL, NULL);
		reap(watch);
		if (watch->tree_gone || clock_now().boot_ms >= until_ms)
			return;
		poll(&signals, 1, 1);
	}
}

static void begin_killing(struct watch *watch)
{
	watch->stage = WATCH_KILLING;
	kill_round(watch);
	if (watch->tree_gone)
		return;
	watch->kill_pause_ms = watch->kill_pause_ms * 2 + 10;
	if (watch->kill_pause_ms > KILL_PAUSE_MAX_MS)
		watch->kill_pause_ms = KILL_PAUSE_MAX_MS;
	set_timer(watch, clock_now().boot_ms + watch->kill_pause_ms);
}

static void begin_ending(struct watch *watch)
{
	if (watch->stage != WATCH_RUNNING)
		return;
	watch->stage = WATCH_ENDING;
	tree_terminate();
	if (watch->grace_ms <= 0)
		begin_killing(watch);
	else
		set_timer(watch, clock_now().boot_ms + watch->grace_ms);
}

static bool is_output_open(const struct watch *watch)
{
	return watch->output_fds[0] >= 0 || watch->output_fds[1] >= 0;
}

static void close_output(struct watch *watch)
{
	for (int i = 0; i < WATCH_STREAMS; i++)
		fd_close(&watch->output_fds[i]);
}

static void add_output(struct watch *watch, int stream, const char *bytes, size_t count,
		       int64_t now_ms)
{
	if (stream > 0) {
		shim_log_add_error(watch->log, bytes, count, now_ms);
		return;
	}
	shim_log_add(watch->log, bytes, count, now_ms);
	if (watch->kept != NULL)
		kept_add(watch->kept, bytes, count);
}

static void take_stream(struct watch *watch, int stream, int64_t now_ms)
{
	int *fd = &watch->output_fds[stream];
	char bytes[READ_BYTES];
	ssize_t got = -1;

	for (int i = 0; i < READS_MAX; i++) {
		got = read(*fd, bytes, sizeof bytes);
		if (got <= 0)
			break;
		add_output(watch, stream, bytes, (size_t)got, now_ms);
		if (got < READ_BYTES)
			break; /* all there was: saves the read that would say so */
		if (!watch->pipe_is_large[stream])
			fcntl(*fd, F_SETPIPE_SZ, PIPE_BYTES);
		watch->pipe_is_large[stream] = true;
	}
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		fd_close(fd);
}

static void take_output(struct watch *watch)
{
	int64_t now_ms = clock_now().wall_ms;

	for (int i = 0; i < WATCH_STREAMS; i++)
		if (watch->output_fds[i] >= 0)
			take_stream(watch, i, now_ms);
	shim_log_flush(watch->log, now_ms);
}

static void after_reap(struct watch *watch)
{
	reap(watch);
	if (watch->first_ended && !watch->tree_gone)
		begin_ending(watch);
	if (!watch->tree_gone || watch->is_draining || !is_output_open(watch))
		return;
	watch->is_draining = true;
	take_output(watch);
	if (is_output_open(watch))
		set_timer(watch, clock_now().boot_ms + DRAIN_MS);
}

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo info[4];
	ssize_t got = read(watch->signal_fd, info, sizeof info);

	for (size_t i = 0; got > 0 && i < (size_t)got / sizeof info[0]; i++) {
		if (info[i].ssi_signo == SIGCHLD)
			continue;
		/* What ended by itself before was not ended by this. */
		reap(watch);
		if (watch->tree_gone)
			break;
		/* Queued: by the daemon. Others send plain ones, when the machine shuts down for
		 * one: they end the task too, but it was not cancelled. */
		watch->is_cancelled |=
		    info[i].ssi_code == SI_QUEUE && !watch->first_ended && !watch->is_timed_out;
		if (info[i].ssi_signo == SIGQUIT)
			begin_killing(watch);
		else
			begin_ending(watch);
	}
	after_reap(watch);
}

static void take_timer(struct watch *watch)
{
	uint64_t times;

	if (read(watch->timer_fd, &times, sizeof times) < 0)
		return;
	if (watch->is_draining) {
		close_output(watch);
		return;
	}
	/* What ended by itself just now did not run out of time. */
	after_reap(watch);
	if (watch->tree_gone)
		return;
	if (watch->stage == WATCH_RUNNING) {
		watch->is_timed_out = true;
		begin_ending(watch);
	} else {
		begin_killing(watch);
	}
	after_reap(watch);
}

static void take_next(struct watch *watch)
{
	struct pollfd fds[] = {{watch->signal_fd, POLLIN, 0},
			       {watch->timer_fd, POLLIN, 0},
			       {watch->output_fds[0], POLLIN, 0},
			       {watch->output_fds[1], POLLIN, 0}};

	if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0)
		return;
	/* Output first: what a task said is in its log before its end is known. */
	if (fds[2].revents != 0 || fds[3].revents != 0)
		take_output(watch);
	if (fds[0].revents != 0)
		take_signals(watch);
	if (fds[1].revents != 0)
		take_timer(watch);
}

void watch_run(struct watch *watch)
{
	watch->timer_fd = -1;
	if (watch->timeout_ms > 0)
		set_timer(watch, watch->started_boot_ms + watch->timeout_ms);
	while (!watch->tree_gone || is_output_open(watch))
		take_next(watch);
	fd_close(&watch->timer_fd);
}
