/* launcher.c - the launcher; see launcher.h and process.h.
 *
 * It is small so that forking it is cheap, and it is the parent of the shims, so that their death
 * is known at once, and the subreaper of what they leave. Nothing is launched before the hello that
 * brings the lock: the lock says that no other launcher of this home has shims under way. */
#include "executor/process/launcher.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/vec.h"
#include "executor/process/cgroup.h"
#include "executor/process/frame.h"
#include "executor/process/shim.h"
#include "executor/process/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT_STEP_BYTES 65536u
#define INPUT_KEEP_BYTES (4 * INPUT_STEP_BYTES)
#define ORPHAN_PAUSE_MS 10

struct child {
	pid_t pid;
	int64_t attempt_id;
};

struct launcher {
	struct shim_place place;
	struct frame_hello hello;
	char cgroup_base[CGROUP_PATH_SIZE];
	VEC(struct child) shims;
	VEC(char) input;       /* of the socket, not used yet */
	struct str output;     /* not written yet */
	uint32_t orphan_count; /* as the daemon knows it */
	uint32_t reaped_count; /* orphans that were waited for in this round, and are gone */
	bool is_ready;         /* the hello came */
	bool is_over;
};

static void tell(struct launcher *launcher, const void *frame, size_t size)
{
	str_append_bytes(&launcher->output, frame, size);
}

static void tell_gone(struct launcher *launcher, int64_t attempt_id, int status, int fork_errno)
{
	struct frame_gone gone = {.head = frame_head(FRAME_GONE, sizeof gone),
				  .attempt_id = attempt_id,
				  .status = status,
				  .fork_errno = fork_errno};

	tell(launcher, &gone, sizeof gone);
}

static bool is_shim(const void *context, pid_t pid)
{
	const struct launcher *launcher = context;

	for (size_t i = 0; i < launcher->shims.count; i++)
		if (launcher->shims.items[i].pid == pid)
			return true;
	return false;
}

/* Whatever is below us and not below a shim belonged to a shim that died. Several passes, because
 * the children of those that die become ours. The daemon learns how many are left. */
static void end_orphans(struct launcher *launcher)
{
	struct frame_orphans orphans = {.head = frame_head(FRAME_ORPHANS, sizeof orphans)};

	orphans.count = (uint32_t)tree_kill(is_shim, launcher) + launcher->reaped_count;
	if (orphans.count == launcher->orphan_count)
		return;
	launcher->orphan_count = orphans.count;
	tell(launcher, &orphans, sizeof orphans);
}

/* One child that ended. The record of a shim that wrote one speaks for itself, mostly before this
 * does; the word is for the case that the record was removed before it was read. */
static void take_end(struct launcher *launcher, pid_t pid, int status)
{
	for (size_t i = 0; i < launcher->shims.count; i++) {
		struct child shim = launcher->shims.items[i];

		if (shim.pid != pid)
			continue;
		launcher->shims.items[i] = launcher->shims.items[--launcher->shims.count];
		/* The orphans first: the daemon must not hold the attempt for over before. */
		if (status != 0)
			end_orphans(launcher);
		tell_gone(launcher, shim.attempt_id, status, 0);
		return;
	}
	launcher->reaped_count++;
}

static void reap(struct launcher *launcher)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		take_end(launcher, pid, status);
	launcher->reaped_count = 0;
}

static void launch(struct launcher *launcher, const char *frame, size_t size)
{
	struct frame_launch_fixed fixed;
	struct child shim;

	memcpy(&fixed, frame, sizeof fixed);
	shim.attempt_id = fixed.attempt_id;
	shim.pid = sys_fork();
	if (shim.pid == 0)
		shim_run(&launcher->place, frame, size);
	if (shim.pid < 0)
		tell_gone(launcher, shim.attempt_id, 0, errno);
	else
		vec_push(&launcher->shims, shim);
}

static void take_hello(struct launcher *launcher, const char *frame)
{
	memcpy(&launcher->hello, frame, sizeof launcher->hello);
	launcher->hello.boot_id[sizeof launcher->hello.boot_id - 1] = '\0';
	launcher->hello.incarnation[sizeof launcher->hello.incarnation - 1] = '\0';
	launcher->place.boot_id = launcher->hello.boot_id;
	launcher->place.cgroup_base = launcher->cgroup_base;
	if (cgroup_base(launcher->hello.incarnation, launcher->cgroup_base))
		cgroup_sweep(launcher->cgroup_base);
	launcher->is_ready = launcher->place.lock_fd >= 0 && launcher->place.alive_fd >= 0;
}

static void take_frame(struct launcher *launcher, const char *frame, size_t size)
{
	struct frame_head head;

	memcpy(&head, frame, sizeof head);
	if (head.type == FRAME_HELLO && size == sizeof(struct frame_hello) && !launcher->is_ready)
		take_hello(launcher, frame);
	else if (head.type == FRAME_PING && size == sizeof head)
		tell(launcher, &head, sizeof head);
	else if (head.type == FRAME_LAUNCH && size >= sizeof(struct frame_launch_fixed) &&
		 launcher->is_ready)
		launch(launcher, frame, size);
	else
		launcher->is_over = true; /* not our daemon: it will see us end, and start anew */
}

static void take_frames(struct launcher *launcher)
{
	size_t used = 0;

	while (!launcher->is_over) {
		const char *at = launcher->input.items + used;
		size_t left = launcher->input.count - used;
		long size = frame_size(at, left);

		launcher->is_over = size < 0;
		if (size < 0)
			dprintf(STDERR_FILENO, "heddle-shim: the daemon sent what this version of "
					       "heddle-shim does not know: install both of one "
					       "release, and start the daemon again\n");
		if (size <= 0 || (size_t)size > left)
			break;
		take_frame(launcher, at, (size_t)size);
		used += (size_t)size;
	}
	if (used == 0)
		return;
	memmove(launcher->input.items, launcher->input.items + used, launcher->input.count - used);
	/* What was in it may have been secret. */
	explicit_bzero(launcher->input.items + launcher->input.count - used, used);
	launcher->input.count -= used;
	/* After a large launch, each shim would be forked with what it needed. */
	if (launcher->input.count == 0 && launcher->input.capacity > INPUT_KEEP_BYTES)
		vec_close(&launcher->input);
}

/* The hello brings two descriptors: the lock, then the daemon's sign of life. */
static void take_descriptors(struct launcher *launcher, struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	int fds[2];

	if (part == NULL || part->cmsg_type != SCM_RIGHTS ||
	    part->cmsg_len != CMSG_LEN(sizeof fds) || launcher->place.lock_fd >= 0)
		return;
	memcpy(fds, CMSG_DATA(part), sizeof fds);
	launcher->place.lock_fd = fds[0];
	launcher->place.alive_fd = fds[1];
}

static void read_socket(struct launcher *launcher)
{
	char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec part;
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	ssize_t got;

	vec_reserve(&launcher->input, launcher->input.count + INPUT_STEP_BYTES);
	part.iov_base = launcher->input.items + launcher->input.count;
	part.iov_len = launcher->input.capacity - launcher->input.count;
	got = recvmsg(LAUNCHER_SOCKET_FD, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got <= 0) {
		launcher->is_over = got == 0 || (errno != EAGAIN && errno != EINTR);
		return;
	}
	launcher->input.count += (size_t)got;
	take_descriptors(launcher, &message);
	take_frames(launcher);
}

static void write_socket(struct launcher *launcher)
{
	struct str *output = &launcher->output;
	ssize_t sent =
	    send(LAUNCHER_SOCKET_FD, output->data, output->size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0) {
		launcher->is_over |= errno != EAGAIN && errno != EINTR;
		return;
	}
	memmove(output->data, output->data + sent, output->size - (size_t)sent);
	output->size -= (size_t)sent;
}

static void take_next(struct launcher *launcher)
{
	struct signalfd_siginfo info[8];
	struct pollfd fds[2] = {{LAUNCHER_SOCKET_FD, POLLIN, 0},
				{launcher->place.signal_fd, POLLIN, 0}};

	if (launcher->output.size > 0)
		fds[0].events |= POLLOUT;
	poll(fds, 2, launcher->orphan_count > 0 ? ORPHAN_PAUSE_MS : -1);
	/* Only SIGCHLD counts here; the others are in the set for the shims. */
	if ((fds[1].revents & POLLIN) != 0 &&
	    read(launcher->place.signal_fd, info, sizeof info) > 0)
		reap(launcher);
	if (launcher->orphan_count > 0)
		end_orphans(launcher);
	if ((fds[0].revents & ~POLLOUT) != 0)
		read_socket(launcher);
	if (launcher->output.size > 0)
		write_socket(launcher);
}

/* Every signal is blocked, in the shims too: SIGPIPE and SIGXFSZ become errors of the call, and
 * nobody's Ctrl-C reaches them. The task's first process unblocks all. */
static int open_signals(void)
{
	sigset_t all;
	sigset_t taken;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(&taken);
	sigaddset(&taken, SIGCHLD);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGQUIT);
	return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

int launcher_run(char *title, size_t title_bytes)
{
	struct launcher launcher = {.place = {.socket_fd = LAUNCHER_SOCKET_FD,
					      .lock_fd = -1,
					      .alive_fd = -1,
					      .title = title,
					      .title_bytes = title_bytes}};

	sys_fault_role("launcher");
	fcntl(LAUNCHER_SOCKET_FD, F_SETFD, FD_CLOEXEC);
	/* What the daemon's own parent left open is no business of tasks. */
	syscall(SYS_close_range, (unsigned)LAUNCHER_SOCKET_FD + 1, ~0u, 0u);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	launcher.place.signal_fd = open_signals();
	if (launcher.place.signal_fd < 0)
		return 1;
	while (!launcher.is_over)
		take_next(&launcher);
	if (launcher.cgroup_base[0] != '\0')
		rmdir(launcher.cgroup_base); /* stays while attempts are in it */
	vec_close(&launcher.shims);
	vec_close(&launcher.input);
	str_close(&launcher.output);
	return 0;
}
