/* artifacts_read.c - see artifacts_read.h. */
#include "executor/process/artifacts_read.h"

#include "base/file.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

struct reading {
	const struct artifact_query *query;
	struct artifact_list *list;
	size_t left; /* entries that may still be looked at */
	char name[LIMIT_ARTIFACT_NAME_BYTES + 1];
};

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct artifact *)left)->name,
		      ((const struct artifact *)right)->name);
}

/* Lets go of those that are too many, from the last one on. */
static void trim(struct artifact_list *list, size_t limit)
{
	if (list->items.count > 0)
		qsort(list->items.items, list->items.count, sizeof *list->items.items, compare);
	while (list->items.count > limit) {
		mem_free(list->items.items[--list->items.count].name);
		list->more = true;
	}
}

static void add(struct reading *reading, const struct stat *status)
{
	const struct artifact_query *query = reading->query;
	struct artifact item = {.bytes = status->st_size,
				.modified_at_ms = (int64_t)status->st_mtim.tv_sec * 1000 +
						  status->st_mtim.tv_nsec / 1000000};

	if ((query->after != NULL && strcmp(reading->name, query->after) <= 0) ||
	    !query->is_good(reading->name))
		return;
	item.name = mem_strdup(reading->name);
	vec_push(&reading->list->items, item);
	/* Sorted once in as many as are wanted, so that each is moved a few times at most. */
	if (reading->list->items.count >= 2 * (query->limit + 64))
		trim(reading->list, query->limit);
}

static void read_folder(struct reading *reading, int fd, size_t name_bytes, unsigned depth);

static void read_entry(struct reading *reading, int parent, const char *name, size_t name_bytes,
		       unsigned depth)
{
	size_t room = sizeof reading->name - name_bytes;
	int size =
	    snprintf(reading->name + name_bytes, room, "%s%s", name_bytes == 0 ? "" : "/", name);
	struct stat status;

	if ((size_t)size >= room || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (S_ISREG(status.st_mode))
		add(reading, &status);
	else if (S_ISDIR(status.st_mode) && depth < ARTIFACTS_DEPTH)
		read_folder(reading, sys_openat(parent, name, OPEN_FLAGS | O_DIRECTORY),
			    name_bytes + (size_t)size, depth + 1);
}

/* Takes the descriptor over; -1 = a folder that cannot be read, or went meanwhile. */
static void read_folder(struct reading *reading, int fd, size_t name_bytes, unsigned depth)
{
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (folder == NULL) {
		fd_close(&fd);
		return;
	}
	while (reading->left > 0 && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		reading->left--;
		read_entry(reading, fd, entry->d_name, name_bytes, depth);
	}
	closedir(folder);
}

/* -1 and 0: there is none, or it is not a folder any more. */
static int open_top(const char *home, const char *incarnation, struct process_ref ref, int *fd,
		    struct err *err)
{
	char path[PATH_MAX];

	process_artifacts_path(home, incarnation, ref, path);
	*fd = sys_open(path, OPEN_FLAGS | O_DIRECTORY, 0);
	if (*fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES)
		return 0;
	return err_errno(err, errno, "open the folder of artifacts");
}

int artifacts_list(const char *home, const char *incarnation, struct process_ref ref,
		   const struct artifact_query *query, struct artifact_list *list, struct err *err)
{
	struct reading reading = {.query = query, .list = list, .left = ARTIFACTS_READ_MAX};
	int fd;
	int rc;

	memset(list, 0, sizeof *list);
	rc = open_top(home, incarnation, ref, &fd, err);
	if (rc != 0)
		return rc;
	read_folder(&reading, fd, 0, 0);
	trim(list, query->limit);
	return 0;
}

void artifacts_close(struct artifact_list *list)
{
	trim(list, 0);
	vec_close(&list->items);
}

bool artifact_name_is_good(const char *name)
{
	for (;; name++) {
		size_t size = strcspn(name, "/");

		if (size == 0 || (size == 1 && name[0] == '.') ||
		    (size == 2 && memcmp(name, "..", 2) == 0))
			return false;
		name += size;
		if (*name == '\0')
			return true;
	}
}

/* The descriptor of a regular file, or -1 with errno. */
static int open_regular(int top_fd, const char *name, int64_t *bytes)
{
	const char *last;
	struct stat status;
	int parent = artifacts_open_parent(top_fd, name, &last);
	int fd = parent < 0 ? -1 : sys_openat(parent, last, OPEN_FLAGS);
	int reason = errno;

	fd_close(&parent);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		fd_close(&fd);
		reason = ENOENT;
	}
	if (fd >= 0)
		*bytes = status.st_size;
	errno = reason;
	return fd;
}

/* What a task can bring about by what it puts there is no failure of ours. */
static bool is_of_the_task(int reason)
{
	static const int reasons[] = {ENOENT, ENOTDIR, ELOOP, ENXIO, EACCES, ENAMETOOLONG, EPERM};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i] == reason)
			return true;
	return false;
}

int artifact_open(const char *home, const char *incarnation, struct process_ref ref,
		  const char *name, int *fd, int64_t *bytes, struct err *err)
{
	int top_fd;
	int rc = open_top(home, incarnation, ref, &top_fd, err);

	*fd = -1;
	if (rc != 0)
		return rc;
	errno = ENOENT;
	if (top_fd >= 0)
		*fd = open_regular(top_fd, name, bytes);
	if (*fd < 0 && is_of_the_task(errno))
		rc = err_set(err, ERR_NOT_FOUND, "the attempt has no artifact '%.300s'", name);
	else if (*fd < 0)
		rc = err_errno(err, errno, "open artifact '%.300s'", name);
	fd_close(&top_fd);
	return rc;
}
