/* sys.c - system calls with a place to break them; see sys.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HEDDLE_FAULTS

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* File-scope state, which the rest of the tree avoids: a fault strikes whoever makes the call, from
 * any thread, and no argument could carry it through SQLite. */
static const char *fault_role = "";
static atomic_uint fault_counts[SYS_CALL_COUNT];
static atomic_uint fault_total;

static const char *const call_names[SYS_CALL_COUNT] = {
    [SYS_CALL_OPEN] = "open",       [SYS_CALL_WRITE] = "write", [SYS_CALL_FSYNC] = "fsync",
    [SYS_CALL_RENAME] = "rename",   [SYS_CALL_LINK] = "link",   [SYS_CALL_UNLINK] = "unlink",
    [SYS_CALL_FORK] = "fork",       [SYS_CALL_MKDIR] = "mkdir", [SYS_CALL_FALLOCATE] = "fallocate",
    [SYS_CALL_RELEASE] = "release",
};

static int errno_of_name(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} names[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EMFILE", EMFILE}, {"EAGAIN", EAGAIN},
		     {"EDQUOT", EDQUOT}, {"EACCES", EACCES}, {"ENOMEM", ENOMEM}, {"EFBIG", EFBIG}};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].value;
	return EIO;
}

/* True when this process is the first to reach the fault, or when it may strike any number of
 * times. */
static bool may_strike(void)
{
	const char *once = getenv("HEDDLE_FAULT_ONCE");
	int fd;

	if (once == NULL)
		return true;
	fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void sleep_us(long delay_us)
{
	struct timespec delay = {delay_us / 1000000, delay_us % 1000000 * 1000};

	while (nanosleep(&delay, &delay) != 0 && errno == EINTR)
		;
}

static bool strike(const char *what)
{
	if (strncmp(what, "delay:", 6) == 0) {
		sleep_us(atol(what + 6));
		return false;
	}
	if (!may_strike())
		return false;
	if (strcmp(what, "kill") == 0) {
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	}
	errno = errno_of_name(what);
	return true;
}

static bool fault_matches(const char *role, const char *call, unsigned n, enum sys_call made,
			  unsigned count, unsigned total)
{
	if (strcmp(role, fault_role) != 0)
		return false;
	if (strcmp(call, "any") == 0)
		return n == 0 || n == total;
	return strcmp(call, call_names[made]) == 0 && (n == 0 || n == count);
}

bool sys_fault(enum sys_call call)
{
	const char *plan = getenv("HEDDLE_FAULT");
	unsigned count;
	unsigned total;

	if (plan == NULL)
		return false;
	count = atomic_fetch_add(&fault_counts[call], 1) + 1;
	total = atomic_fetch_add(&fault_total, 1) + 1;
	while (*plan != '\0') {
		char role[16];
		char name[16];
		char what[32];
		unsigned n;

		if (sscanf(plan, "%15[^:]:%15[^:]:%u:%31[^,]", role, name, &n, what) == 4 &&
		    fault_matches(role, name, n, call, count, total) && strike(what))
			return true;
		plan += strcspn(plan, ",");
		plan += *plan == ',';
	}
	return false;
}

void sys_fault_role(const char *role)
{
	fault_role = role;
	for (size_t i = 0; i < SYS_CALL_COUNT; i++)
		atomic_store(&fault_counts[i], 0);
	atomic_store(&fault_total, 0);
}

#else

bool sys_fault(enum sys_call call)
{
	(void)call;
	return false;
}

void sys_fault_role(const char *role)
{
	(void)role;
}

#endif

int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_fault(SYS_CALL_OPEN) ? -1 : open(path, flags | O_CLOEXEC, mode);
}

ssize_t sys_write(int fd, const void *bytes, size_t count)
{
	return sys_fault(SYS_CALL_WRITE) ? -1 : write(fd, bytes, count);
}

ssize_t sys_pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	return sys_fault(SYS_CALL_WRITE) ? -1 : pwrite(fd, bytes, count, offset);
}

int sys_fsync(int fd)
{
	return sys_fault(SYS_CALL_FSYNC) ? -1 : fsync(fd);
}

int sys_fdatasync(int fd)
{
	return sys_fault(SYS_CALL_FSYNC) ? -1 : fdatasync(fd);
}

int sys_rename(const char *from, const char *to)
{
	return sys_fault(SYS_CALL_RENAME) ? -1 : rename(from, to);
}

int sys_link(const char *from, const char *to)
{
	return sys_fault(SYS_CALL_LINK) ? -1 : link(from, to);
}

int sys_unlink(const char *path)
{
	return sys_fault(SYS_CALL_UNLINK) ? -1 : unlink(path);
}

int sys_openat(int fd, const char *name, int flags)
{
	return sys_fault(SYS_CALL_OPEN) ? -1 : openat(fd, name, flags | O_CLOEXEC);
}

int sys_unlinkat(int fd, const char *name, int flags)
{
	return sys_fault(SYS_CALL_UNLINK) ? -1 : unlinkat(fd, name, flags);
}

pid_t sys_fork(void)
{
	return sys_fault(SYS_CALL_FORK) ? -1 : fork();
}

int sys_mkdir(const char *path, mode_t mode)
{
	return sys_fault(SYS_CALL_MKDIR) ? -1 : mkdir(path, mode);
}

int sys_fallocate(int fd, off_t size_bytes)
{
	if (sys_fault(SYS_CALL_FALLOCATE))
		return -1;
	return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size_bytes);
}
