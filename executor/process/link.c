/* link.c - the daemon's end of the launcher.
 *
 *	DOWN --link_start: a former launcher is ended--> LOCKING --flock--> UP
 *	UP --launcher gone--> DOWN --at once, or after a second when it did not last--> LOCKING
 *	UP --launcher silent: link_replace kills it--> gone
 *
 * While there are attempts the launcher is asked for a sign of life, and has as long as the pause
 * between two questions to give it: one that is stopped would take launches and start nothing.
 *
 * spool/launcher.lock is held by the launcher, and by each of its shims until that has its claim.
 * So whoever has the lock knows that every shim there is has a claim: only then may "no claim" be
 * read as "not started". The file says, in one line, who holds it: version, boot id, pid and start
 * time of the launcher. */
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "executor/process/frame.h"
#include "executor/process/internal.h"
#include "executor/process/launcher.h"
#include "executor/process/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK_PAUSE_MAX_MS 50
#define LOCK_TROUBLE_MS 5000
#define RESTART_MS 1000
#define LOCK_TEXT_SIZE 160
#define TITLE_BYTES 110 /* "heddle-shim " and the longest name */

static void on_timer(uv_timer_t *timer);
static void feel_pulse(struct process_executor *executor);
static void close_timers(struct link *link);
static void retry(struct process_executor *executor, const char *text);

static void link_trouble(struct process_executor *executor, const char *text)
{
	executor_obstacle(executor, OBSTACLE_LAUNCHER, text);
}

static void wait_for(struct process_executor *executor, int64_t delay_ms)
{
	uv_timer_start(&executor->link.timer, on_timer, (uint64_t)delay_ms, 0);
}

static void enter(struct process_executor *executor, enum link_state state)
{
	executor->link.state = state;
	executor->link.since_ms = (int64_t)uv_now(executor->loop);
}

/* Ends the launcher that the lock's file names, if it is still that process. */
static void end_former(struct process_executor *executor, int lock_fd)
{
	char text[LOCK_TEXT_SIZE] = "";
	char boot_id[64];
	unsigned long long start;
	int pid;

	if (pread(lock_fd, text, sizeof text - 1, 0) <= 0 ||
	    sscanf(text, "1 %63s %d %llu", boot_id, &pid, &start) != 3 ||
	    strcmp(boot_id, executor->boot_id) != 0)
		return;
	procfs_signal(pid, start, SIGKILL);
	executor->link.former_pid = pid;
	executor->link.former_start = start;
}

/* A daemon that executed itself anew is still the parent of the launcher it had: nobody else would
 * wait for that. False while it is not dead to the last, which it is a moment after its lock is
 * free. */
static bool is_former_reaped(struct link *link)
{
	struct procfs_stat stat;

	if (link->former_pid == 0 || !procfs_read_stat(link->former_pid, &stat) ||
	    stat.start != link->former_start || stat.parent != getpid())
		return true;
	return waitpid(link->former_pid, NULL, WNOHANG) != 0;
}

static void write_holder(struct process_executor *executor, int lock_fd, pid_t pid)
{
	char text[LOCK_TEXT_SIZE];
	struct procfs_stat stat = {0};
	int length;

	procfs_read_stat(pid, &stat);
	length = snprintf(text, sizeof text, "1 %.63s %d %llu\n", executor->boot_id, (int)pid,
			  (unsigned long long)stat.start);
	/* A launcher that is not named here still ends with its socket. */
	if (ftruncate(lock_fd, 0) != 0 || sys_pwrite(lock_fd, text, (size_t)length, 0) < 0)
		log_warn("launcher's lock cannot be written", "error=\"%s\"", strerror(errno));
}

static void on_process_closed(uv_handle_t *handle)
{
	struct link_process *process = handle->data;
	struct process_executor *executor = process->executor;

	mem_free(process);
	executor_handle_closed(executor);
}

static void on_socket_closed(uv_handle_t *handle)
{
	struct link_socket *socket = handle->data;
	struct process_executor *executor = socket->executor;

	fd_close(&socket->fd);
	mem_free(socket);
	executor_handle_closed(executor);
}

static void close_socket(struct link *link)
{
	if (link->socket == NULL)
		return;
	/* Not only closed but shut: the launcher must see the end now, not after the loop's turn.
	 */
	shutdown(link->socket->fd, SHUT_RDWR);
	uv_close((uv_handle_t *)&link->socket->poll, on_socket_closed);
	link->socket = NULL;
	fd_close(&link->alive_fd);
	uv_timer_stop(&link->pulse);
	str_clear(&link->output);
	str_clear(&link->input);
}

/* The launcher is gone: its shims go on, but nothing tells of them any more. Each attempt is judged
 * anew once the lock is had again: what has a claim is watched, what has none is launched. */
static void forget_launcher(struct process_executor *executor)
{
	struct attempt *attempt;
	struct attempt *next;

	executor->link.orphans = 0;
	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		if (attempt->phase == PHASE_LAUNCHED)
			attempt->phase = PHASE_WAITING;
	}
}

static void link_down(struct process_executor *executor)
{
	bool lasted = (int64_t)uv_now(executor->loop) - executor->link.since_ms >= RESTART_MS;

	close_socket(&executor->link);
	if (executor->link.process != NULL) {
		/* It may still be there, with a broken socket: on_launcher_exit comes back to here.
		 */
		uv_process_kill(&executor->link.process->process, SIGKILL);
		return;
	}
	if (executor->link.state != LINK_UP)
		return;
	enter(executor, LINK_DOWN);
	forget_launcher(executor);
	link_trouble(executor, "the launcher ended and is replaced");
	wait_for(executor, lasted ? 0 : RESTART_MS);
}

static void on_launcher_exit(uv_process_t *process, int64_t status, int signal)
{
	struct link_process *link_process = process->data;
	struct process_executor *executor = link_process->executor;

	if (!executor->is_stopping)
		log_warn("launcher ended", "status=%lld signal=%d", (long long)status, signal);
	executor->link.process = NULL;
	uv_close((uv_handle_t *)process, on_process_closed);
	if (executor->is_stopping)
		close_timers(&executor->link);
	else
		link_down(executor);
	executor_flush(executor);
}

static void take_gone(struct process_executor *executor, const char *frame)
{
	struct frame_gone gone;
	struct attempt *attempt;

	memcpy(&gone, frame, sizeof gone);
	attempt = executor_find(executor, gone.attempt_id);
	if (attempt != NULL && attempt->phase == PHASE_LAUNCHED)
		adopt_shim_gone(executor, attempt, gone.status, gone.fork_errno);
}

static void take_frame(struct process_executor *executor, const char *frame, size_t size)
{
	struct frame_head head;
	struct frame_orphans orphans;

	memcpy(&head, frame, sizeof head);
	if (head.type == FRAME_PING)
		executor->link.is_asked = false;
	if (head.type == FRAME_GONE && size == sizeof(struct frame_gone))
		take_gone(executor, frame);
	if (head.type == FRAME_ORPHANS && size == sizeof orphans) {
		memcpy(&orphans, frame, sizeof orphans);
		executor->link.orphans = orphans.count;
	}
}

/* False when what came is no frame. */
static bool take_input(struct process_executor *executor)
{
	struct str *input = &executor->link.input;
	size_t used = 0;
	long size;

	while ((size = frame_size(input->data + used, input->size - used)) > 0 &&
	       (size_t)size <= input->size - used) {
		take_frame(executor, input->data + used, (size_t)size);
		used += (size_t)size;
	}
	memmove(input->data, input->data + used, input->size - used);
	input->size -= used;
	return size >= 0;
}

/* False when the launcher is gone. */
static bool read_socket(struct process_executor *executor)
{
	char buffer[4096];
	ssize_t got = recv(executor->link.socket->fd, buffer, sizeof buffer, MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	str_append_bytes(&executor->link.input, buffer, (size_t)got);
	return take_input(executor);
}

static void on_socket(uv_poll_t *poll, int status, int events);

/* Sends what it takes now; the rest when the socket has room. An error is seen by the reader. */
static void write_socket(struct link *link)
{
	struct str *output = &link->output;
	ssize_t sent = 0;

	if (output->size > 0)
		sent =
		    send(link->socket->fd, output->data, output->size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0) {
		memmove(output->data, output->data + sent, output->size - (size_t)sent);
		explicit_bzero(output->data + output->size - (size_t)sent, (size_t)sent);
		output->size -= (size_t)sent;
		link->sent_bytes += (uint64_t)sent;
	}
	uv_poll_start(&link->socket->poll, UV_READABLE | (output->size > 0 ? UV_WRITABLE : 0),
		      on_socket);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct link_socket *socket = poll->data;
	struct process_executor *executor = socket->executor;
	bool is_good = status == 0;

	if (is_good && (events & UV_READABLE) != 0)
		is_good = read_socket(executor);
	if (is_good && (events & UV_WRITABLE) != 0)
		write_socket(&executor->link);
	if (!is_good)
		link_down(executor);
	executor_flush(executor);
}

static void put_frame(struct link *link, const void *frame, size_t size)
{
	bool was_empty = link->output.size == 0;

	str_append_bytes(&link->output, frame, size);
	if (was_empty)
		write_socket(link);
}

void link_replace(struct process_executor *executor, const char *why)
{
	if (executor->link.process == NULL)
		return;
	link_trouble(executor, why);
	uv_process_kill(&executor->link.process->process, SIGKILL);
}

static void ask(struct process_executor *executor)
{
	struct link *link = &executor->link;
	struct frame_head ping = frame_head(FRAME_PING, sizeof ping);

	link->is_asked = true;
	link->is_busy = link->output.size > 0;
	link->asked_at_bytes = link->sent_bytes;
	put_frame(link, &ping, sizeof ping);
	feel_pulse(executor);
}

/* The question waits its turn behind launches: as long as those move, the launcher does too. */
static bool is_silent(const struct link *link)
{
	return link->is_asked && (!link->is_busy || link->sent_bytes == link->asked_at_bytes);
}

static void on_pulse(uv_timer_t *pulse)
{
	struct process_executor *executor = pulse->data;

	if (!link_is_up(executor) || process_count(executor) == 0)
		return; /* the next launch begins it anew */
	/* The answer may be there already, when it was us who were stopped. */
	if (executor->link.is_asked && !read_socket(executor))
		link_down(executor);
	else if (is_silent(&executor->link))
		link_replace(executor, "the launcher does not answer and is replaced");
	else
		ask(executor);
	executor_flush(executor);
}

static void feel_pulse(struct process_executor *executor)
{
	uv_timer_start(&executor->link.pulse, on_pulse, (uint64_t)executor->patience_ms, 0);
}

bool link_is_up(const struct process_executor *executor)
{
	return executor->link.state == LINK_UP && executor->link.socket != NULL;
}

void link_launch(struct process_executor *executor, struct attempt *attempt)
{
	attempt->phase = PHASE_LAUNCHED;
	put_frame(&executor->link, attempt->frame.data, attempt->frame.size);
	if (!uv_is_active((uv_handle_t *)&executor->link.pulse))
		feel_pulse(executor);
	executor_expect_start(executor, attempt);
	if (attempt->timeout_ms > 0)
		executor_expect_end(executor, attempt,
				    attempt->timeout_ms + attempt->grace_ms +
					executor->patience_ms);
}

/* Sends the hello with the lock and the end of the pipe that hangs up with us. */
static int greet(struct process_executor *executor, int socket_fd, int lock_fd, int alive_fd)
{
	struct frame_hello hello = {.head = frame_head(FRAME_HELLO, sizeof hello)};
	char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct iovec part = {&hello, sizeof hello};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	const int fds[2] = {lock_fd, alive_fd};

	snprintf(hello.boot_id, sizeof hello.boot_id, "%s", executor->boot_id);
	snprintf(hello.incarnation, sizeof hello.incarnation, "%s", executor->incarnation);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(rights), fds, sizeof fds);
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof hello ? 0 : -1;
}

/* The launcher's environment is empty; builds that can break on purpose hand their plan on. */
static char **launcher_env(char *env[3])
{
	size_t count = 0;

#ifdef HEDDLE_FAULTS
	static const char *const names[] = {"HEDDLE_FAULT", "HEDDLE_FAULT_ONCE"};

	for (size_t i = 0; i < 2; i++) {
		const char *value = getenv(names[i]);
		struct str text = STR_INIT;

		if (value == NULL)
			continue;
		str_printf(&text, "%s=%s", names[i], value);
		env[count++] = str_take(&text);
	}
#endif
	env[count] = NULL;
	return env;
}

static int spawn(struct process_executor *executor, int socket_fd)
{
	struct link_process *process = mem_alloc(sizeof *process);
	char title[TITLE_BYTES + 1];
	char *env[3];
	char *args[] = {executor->shim_path, (char[]){"launcher"}, title, NULL};
	uv_stdio_container_t stdio[4] = {{.flags = UV_IGNORE},
					 {.flags = UV_IGNORE},
					 {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
					 {.flags = UV_INHERIT_FD, .data.fd = socket_fd}};
	uv_process_options_t options = {.exit_cb = on_launcher_exit,
					.file = executor->shim_path,
					.args = args,
					.env = launcher_env(env),
					.cwd = executor->home,
					.flags = UV_PROCESS_DETACHED,
					.stdio_count = 4,
					.stdio = stdio};
	int rc;

	memset(title, ' ', TITLE_BYTES);
	title[TITLE_BYTES] = '\0';
	process->executor = executor;
	process->process.data = process;
	rc = sys_fault(SYS_CALL_FORK) ? -errno
				      : uv_spawn(executor->loop, &process->process, &options);
	for (size_t i = 0; env[i] != NULL; i++)
		mem_free(env[i]);
	if (rc == -ENOENT && access(executor->home, X_OK) != 0)
		rc = -EIO;
	if (rc == 0)
		executor->link.process = process;
	executor_handle_opened(executor);
	if (rc != 0) {
		/* uv_spawn leaves a handle that wants closing; a fault before it, plain memory. */
		if (process->process.loop != NULL) {
			uv_close((uv_handle_t *)&process->process, on_process_closed);
		} else {
			mem_free(process);
			executor_handle_closed(executor);
		}
	}
	return rc;
}

static void open_socket(struct process_executor *executor, int fd)
{
	struct link_socket *socket = mem_alloc(sizeof *socket);

	socket->executor = executor;
	socket->fd = fd;
	uv_poll_init(executor->loop, &socket->poll, fd);
	socket->poll.data = socket;
	executor_handle_opened(executor);
	executor->link.socket = socket;
	uv_poll_start(&socket->poll, UV_READABLE, on_socket);
}

/* Starts the launcher and gives it the lock. */
static int start_launcher(struct process_executor *executor, struct err *err)
{
	struct link *link = &executor->link;
	int sockets[2] = {-1, -1};
	int alive[2] = {-1, -1};
	int rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0 ||
	    pipe2(alive, O_CLOEXEC) != 0) {
		rc = err_errno(err, errno, "connect the launcher");
		goto out;
	}
	rc = spawn(executor, sockets[1]);
	if (rc != 0) {
		rc = err_errno(err, -rc, "start '%s'", executor->shim_path);
		goto out;
	}
	write_holder(executor, link->lock_fd, link->process->process.pid);
	open_socket(executor, sockets[0]);
	sockets[0] = -1;
	link->alive_fd = alive[1];
	alive[1] = -1;
	if (greet(executor, link->socket->fd, link->lock_fd, alive[0]) != 0)
		log_warn("launcher cannot be greeted", "error=\"%s\"", strerror(errno));
out:
	fd_close(&sockets[0]);
	fd_close(&sockets[1]);
	fd_close(&alive[0]);
	fd_close(&alive[1]);
	fd_close(&link->lock_fd);
	return rc;
}

static void link_up(struct process_executor *executor)
{
	struct attempt *attempt;
	struct attempt *next;
	bool is_first = !executor->is_ready;

	enter(executor, LINK_UP);
	link_trouble(executor, NULL);
	executor->link.is_asked = false;
	executor->is_ready = true;
	if (is_first)
		executor->events.ready(executor->events.context);
	/* Records first: most of what waits is over, and needs no judging. */
	spool_scan(executor);
	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		if (attempt->phase == PHASE_WAITING)
			executor_wake(executor, attempt, 0);
	}
}

static void try_lock(struct process_executor *executor)
{
	struct link *link = &executor->link;
	struct err err;

	if (flock(link->lock_fd, LOCK_EX | LOCK_NB) != 0 || !is_former_reaped(link)) {
		if ((int64_t)uv_now(executor->loop) - link->since_ms > LOCK_TROUBLE_MS)
			link_trouble(executor, "a former launcher or one of its shims does not "
					       "give up spool/launcher.lock");
		link->pause_ms = link->pause_ms * 2 + 1;
		if (link->pause_ms > LOCK_PAUSE_MAX_MS)
			link->pause_ms = LOCK_PAUSE_MAX_MS;
		wait_for(executor, link->pause_ms);
	} else if (start_launcher(executor, &err) != 0) {
		retry(executor, err.message);
	} else {
		link_up(executor);
	}
}

static void retry(struct process_executor *executor, const char *text)
{
	link_trouble(executor, text);
	fd_close(&executor->link.lock_fd);
	enter(executor, LINK_DOWN);
	wait_for(executor, RESTART_MS);
}

static void open_lock(struct process_executor *executor)
{
	struct link *link = &executor->link;
	char path[PATH_MAX];
	struct err err;

	link->lock_fd = sys_open(executor_path(executor, PLACE_LOCK, path), O_RDWR | O_CREAT, 0600);
	if (link->lock_fd < 0) {
		err_errno(&err, errno, "open '%s'", path);
		retry(executor, err.message);
		return;
	}
	end_former(executor, link->lock_fd);
	enter(executor, LINK_LOCKING);
	link->pause_ms = 0;
	try_lock(executor);
}

static void on_timer(uv_timer_t *timer)
{
	struct process_executor *executor = timer->data;

	if (executor->is_stopping) {
		/* The launcher had its time to see its socket closed. */
		if (executor->link.process != NULL)
			uv_process_kill(&executor->link.process->process, SIGKILL);
		return;
	}
	if (executor->link.state == LINK_LOCKING)
		try_lock(executor);
	else if (executor->link.state == LINK_DOWN)
		open_lock(executor);
	executor_flush(executor);
}

static void on_timer_closed(uv_handle_t *handle)
{
	executor_handle_closed(handle->data);
}

static void close_timers(struct link *link)
{
	uv_close((uv_handle_t *)&link->pulse, on_timer_closed);
	uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

void link_init(struct process_executor *executor)
{
	struct link *link = &executor->link;

	link->lock_fd = -1;
	link->alive_fd = -1;
	uv_timer_init(executor->loop, &link->timer);
	link->timer.data = executor;
	executor_handle_opened(executor);
	uv_timer_init(executor->loop, &link->pulse);
	link->pulse.data = executor;
	executor_handle_opened(executor);
}

void link_start(struct process_executor *executor)
{
	wait_for(executor, 0);
}

void link_stop(struct process_executor *executor)
{
	struct link *link = &executor->link;

	close_socket(link);
	fd_close(&link->lock_fd);
	str_close(&link->output);
	str_close(&link->input);
	/* The launcher ends with its socket; on_launcher_exit then closes the timer, which sees to
	 * it that it does. */
	if (link->process != NULL)
		wait_for(executor, RESTART_MS);
	else
		close_timers(link);
}
