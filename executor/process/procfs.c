/* procfs.c - reading /proc; see procfs.h. */
#include "executor/process/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads the short text that is all of a file, in one read, and ends it with NUL. */
static bool read_once(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, buffer, size - 1);
	close(fd);
	buffer[got > 0 ? got : 0] = '\0';
	return got > 0;
}

bool procfs_read_stat(pid_t pid, struct procfs_stat *out)
{
	char path[32];
	char text[1024];
	const char *at;
	const char *name;
	int parent;
	int session;
	unsigned long long start;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (!read_once(path, text, sizeof text))
		return false;
	/* The second field is the program's name in brackets, and may hold brackets and spaces. */
	at = strrchr(text, ')');
	name = strchr(text, '(');
	if (at == NULL || name == NULL || at < name)
		return false;
	snprintf(out->name, sizeof out->name, "%.*s", (int)(at - name - 1), name + 1);
	if (sscanf(at + 1,
		   " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		   "%*d %*d %*d %llu",
		   &out->state, &parent, &session, &start) != 4)
		return false;
	out->parent = parent;
	out->session = session;
	out->start = start;
	return true;
}

bool procfs_title(pid_t pid, char *title, size_t size)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	return stat(path, &status) == 0 && status.st_uid == geteuid() &&
	       read_once(path, title, size);
}

int procfs_open(pid_t pid, uint64_t start)
{
	struct procfs_stat stat;
	int fd;

	if (pid <= 0)
		return -1;
	/* Opened first: once the start time agrees, no other process can have come between. */
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return -1;
	if (procfs_read_stat(pid, &stat) && stat.start == start && stat.state != 'Z' &&
	    stat.state != 'X')
		return fd;
	close(fd);
	return -1;
}

bool procfs_signal(pid_t pid, uint64_t start, int signal)
{
	int fd = procfs_open(pid, start);
	long rc;

	if (fd < 0)
		return false;
	rc = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	close(fd);
	return rc == 0;
}

static void thread_children(const char *path, struct pids *out)
{
	FILE *file = fopen(path, "re");
	int pid;

	if (file == NULL)
		return;
	while (fscanf(file, "%d", &pid) == 1)
		vec_push(out, (pid_t)pid);
	fclose(file);
}

static void each_number(const char *folder, void (*visit)(void *context, const char *name),
			void *context)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(context, entry->d_name);
	closedir(dir);
}

struct children_of {
	pid_t pid;
	struct pids *out;
};

static void visit_thread(void *context, const char *name)
{
	struct children_of *of = context;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)of->pid, name);
	thread_children(path, of->out);
}

void procfs_children(pid_t pid, struct pids *out)
{
	struct children_of of = {pid, out};
	char folder[32];

	snprintf(folder, sizeof folder, "/proc/%d/task", (int)pid);
	each_number(folder, visit_thread, &of);
}

static void visit_process(void *context, const char *name)
{
	struct pids *out = context;

	vec_push(out, (pid_t)strtol(name, NULL, 10));
}

void procfs_all(struct pids *out)
{
	each_number("/proc", visit_process, out);
}

/* Looks for NAME= at the beginning of a whole text of the block; fills value when it is there. */
static bool find_in(const char *block, size_t count, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	const char *end = block + count;

	for (const char *at = block; at < end;) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));
		size_t text = nul == NULL ? 0 : (size_t)(nul - at);

		if (nul == NULL)
			break;
		if (text > length && at[length] == '=' && memcmp(at, name, length) == 0) {
			snprintf(value, size, "%.*s", (int)(text - length - 1), at + length + 1);
			return true;
		}
		at += text + 1;
	}
	return false;
}

bool procfs_env(pid_t pid, const char *name, char *value, size_t size)
{
	char path[32];
	char block[16384];
	size_t kept = 0;
	bool found = false;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (!found && (got = read(fd, block + kept, sizeof block - kept)) > 0) {
		size_t count = kept + (size_t)got;
		const char *last = memrchr(block, '\0', count);

		found = find_in(block, count, name, value, size);
		/* The text cut off at the end is looked at again, whole; of one longer than the
		 * block only its start could have been the name. */
		kept = last == NULL ? 0 : count - (size_t)(last + 1 - block);
		if (kept == sizeof block)
			kept = 0;
		memmove(block, block + count - kept, kept);
	}
	close(fd);
	return found;
}
