/* survivors.c - see survivors.h. */
#include "executor/process/survivors.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "executor/process/procfs.h"
#include "executor/process/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_MS 20
#define KILL_MS 5000 /* for what was killed to be gone */

static bool works_in(pid_t pid, const char *home)
{
	char link[64];
	char folder[PATH_MAX];
	ssize_t size;

	snprintf(link, sizeof link, "/proc/%ld/cwd", (long)pid);
	size = readlink(link, folder, sizeof folder - 1);
	if (size < 0)
		return false;
	folder[size] = '\0';
	return strcmp(folder, home) == 0;
}

static bool is_shim_of(pid_t pid, const char *home, char name[PLACE_NAME_SIZE])
{
	char title[sizeof SHIM_TITLE + PLACE_NAME_SIZE];

	if (!procfs_title(pid, title, sizeof title) || !str_starts_with(title, SHIM_TITLE) ||
	    !works_in(pid, home))
		return false;
	snprintf(name, PLACE_NAME_SIZE, "%.*s", PLACE_NAME_SIZE - 1, title + strlen(SHIM_TITLE));
	return true;
}

static bool is_task_of(pid_t pid, const char *home, char name[PLACE_NAME_SIZE])
{
	char folder[PATH_MAX];
	size_t length = strlen(home);

	return procfs_env(pid, "HEDDLE_RUN_DIR", folder, sizeof folder) &&
	       strncmp(folder, home, length) == 0 && folder[length] == '/' &&
	       procfs_env(pid, "HEDDLE_ATTEMPT_ID", name, PLACE_NAME_SIZE);
}

static void look_at(struct survivors *found, const char *home, pid_t pid)
{
	struct survivor one = {.pid = pid};
	struct procfs_stat stat;

	if (!procfs_read_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return;
	one.start = stat.start;
	one.is_shim = is_shim_of(pid, home, one.name);
	if (!one.is_shim && !is_task_of(pid, home, one.name))
		return;
	vec_push(&found->list, one);
	if (one.is_shim) { /* to the front, so that who reads the list meets attempts once each */
		size_t at = found->list.count - 1;

		while (at > 0 && !found->list.items[at - 1].is_shim) {
			found->list.items[at] = found->list.items[at - 1];
			at--;
		}
		found->list.items[at] = one;
	}
}

void survivors_find(struct survivors *found, const char *home)
{
	struct pids all = {0};

	vec_clear(&found->list);
	procfs_all(&all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i] != getpid())
			look_at(found, home, all.items[i]);
	vec_close(&all);
}

void survivors_close(struct survivors *found)
{
	vec_close(&found->list);
}

static void pause_a_little(void)
{
	(void)poll(NULL, 0, LOOK_MS);
}

int survivors_settle(const char *home, int64_t patience_ms, int *fd, struct err *err)
{
	int64_t until_ms = clock_now().boot_ms + patience_ms;
	char path[PATH_MAX];

	*fd = -1;
	if (snprintf(path, sizeof path, "%s/" PLACE_LOCK, home) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path '%.64s...' is too long", home);
	*fd = sys_open(path, O_RDWR | O_CREAT, 0600);
	if (*fd < 0)
		return err_errno(err, errno, "open '%s'", path);
	while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		if (clock_now().boot_ms >= until_ms) {
			fd_close(fd);
			return err_set(err, ERR_AGAIN,
				       "'%s' stays locked: a launcher of this home still lives",
				       path);
		}
		pause_a_little();
	}
	return 0;
}

/* Queued, by which a shim knows a wish of ours from a signal of anybody else. */
static void ask_to_end(const struct survivor *one)
{
	siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
	int fd = procfs_open(one->pid, one->start);

	if (fd < 0)
		return;
	info.si_pid = getpid();
	info.si_uid = getuid();
	syscall(SYS_pidfd_send_signal, fd, SIGTERM, &info, 0);
	close(fd);
}

static bool wait_until_gone(struct survivors *found, const char *home, int64_t patience_ms)
{
	int64_t until_ms = clock_now().boot_ms + patience_ms;

	while (found->list.count > 0 && clock_now().boot_ms < until_ms) {
		pause_a_little();
		survivors_find(found, home);
	}
	return found->list.count == 0;
}

int survivors_end(const char *home, int64_t patience_ms, struct err *err)
{
	struct survivors found = {0};
	int rc = 0;

	survivors_find(&found, home);
	for (size_t i = 0; i < found.list.count; i++)
		if (found.list.items[i].is_shim)
			ask_to_end(&found.list.items[i]);
	if (!wait_until_gone(&found, home, patience_ms)) {
		for (size_t i = 0; i < found.list.count; i++)
			procfs_signal(found.list.items[i].pid, found.list.items[i].start, SIGKILL);
		if (!wait_until_gone(&found, home, KILL_MS))
			rc = err_set(err, ERR_AGAIN,
				     "process %ld of attempt %s does not end though it was killed",
				     (long)found.list.items[0].pid, found.list.items[0].name);
	}
	survivors_close(&found);
	return rc;
}
