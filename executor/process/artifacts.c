/* artifacts.c - the bound of what an attempt leaves; see artifacts.h.
 *
 *	look -> enter a folder -> look ...
 *	     -> add to those that may stay -> settle: sort, keep what fits, drop the others
 *	     -> drop at once what is no file */
#include "executor/process/artifacts.h"

#include "base/file.h"
#include "base/sys.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64u /* each takes a descriptor; deeper ones are left to people */

struct found {
	struct timespec written_at;
	int64_t bytes;
	char *name; /* below the folder; ours */
};

struct walk {
	int top_fd;
	uint64_t left; /* entries that may still be looked at */
	VEC(struct found) found;
	struct artifacts_cut *cut;
	char name[LIMIT_ARTIFACT_NAME_BYTES + 1]; /* of what is looked at */
};

struct folder {
	int fd;
	unsigned depth;
	size_t name_bytes; /* of walk->name; 0 = the top */
	bool is_outside;   /* it is not the task's, but what the task's folder stands in */
	bool keeps;        /* files in it may stay */
};

static void fault(struct walk *walk)
{
	if (walk->cut->faults++ == 0)
		walk->cut->fault_errno = errno;
}

static void drop(struct walk *walk, int fd, const char *name, int64_t bytes)
{
	if (sys_unlinkat(fd, name, 0) == 0) {
		walk->cut->files++;
		walk->cut->bytes += (uint64_t)bytes;
	} else if (errno != ENOENT) {
		fault(walk);
	}
}

static size_t part_size(const char *name)
{
	return strcspn(name, "/");
}

int artifacts_open_parent(int folder_fd, const char *name, const char **last)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
	int fd = sys_openat(folder_fd, ".", flags);

	for (; fd >= 0 && name[part_size(name)] != '\0'; name += part_size(name) + 1) {
		char part[LIMIT_ARTIFACT_NAME_BYTES + 1];
		int parent = fd;

		snprintf(part, sizeof part, "%.*s", (int)part_size(name), name);
		fd = sys_openat(parent, part, flags);
		close(parent);
	}
	*last = name;
	return fd;
}

/* --- what does not fit --------------------------------------------------------------------------
 */

/* Takes away the folders in which the file stood, as far as nothing else is in them. */
static void drop_folders(const struct walk *walk, char *name)
{
	int rc = 0;

	for (char *slash; rc == 0 && (slash = strrchr(name, '/')) != NULL;) {
		const char *last;
		int fd;

		*slash = '\0';
		fd = artifacts_open_parent(walk->top_fd, name, &last);
		rc = fd < 0 ? -1 : sys_unlinkat(fd, last, AT_REMOVEDIR);
		fd_close(&fd);
	}
}

static void drop_found(struct walk *walk, struct found *found)
{
	const char *last;
	int fd = artifacts_open_parent(walk->top_fd, found->name, &last);

	if (fd < 0)
		fault(walk);
	else
		drop(walk, fd, last, found->bytes);
	fd_close(&fd);
	drop_folders(walk, found->name);
	mem_free(found->name);
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left;
	const struct found *b = right;
	int order = compare_numbers(a->written_at.tv_sec, b->written_at.tv_sec);

	if (order == 0)
		order = compare_numbers(a->written_at.tv_nsec, b->written_at.tv_nsec);
	return order != 0 ? order : strcmp(a->name, b->name);
}

/* Those that stay are what is left in walk->found. */
static void settle(struct walk *walk)
{
	int64_t room = LIMIT_ARTIFACTS_BYTES;
	size_t kept = 0;

	if (walk->found.count == 0)
		return;
	qsort(walk->found.items, walk->found.count, sizeof *walk->found.items, compare_found);
	for (size_t i = 0; i < walk->found.count; i++) {
		struct found *found = &walk->found.items[i];

		if (kept == LIMIT_ARTIFACTS_FILES || found->bytes > room) {
			drop_found(walk, found);
			continue;
		}
		room -= found->bytes;
		walk->found.items[kept++] = *found;
	}
	walk->found.count = kept;
}

/* --- looking around -----------------------------------------------------------------------------
 */

/* Sets walk->name to that of an entry of the folder; false when it is too long. */
static bool take_name(struct walk *walk, const struct folder *in, const char *name)
{
	size_t room = sizeof walk->name - in->name_bytes;
	int size = snprintf(walk->name + in->name_bytes, room, "%s%s",
			    in->name_bytes == 0 ? "" : "/", name);

	return (size_t)size < room;
}

static void add(struct walk *walk, const struct stat *status)
{
	struct found found = {.written_at = status->st_mtim,
			      .bytes = status->st_size,
			      .name = mem_strdup(walk->name)};

	vec_push(&walk->found, found);
	if (walk->found.count == ARTIFACTS_SORTED)
		settle(walk);
}

/* Makes a folder that its task has closed open again: who asks for the files reads them there. */
static DIR *open_folder(int parent, const char *name, mode_t mode)
{
	DIR *folder;
	int fd;

	if ((mode & 0700) != 0700 &&
	    fchmodat(parent, name, (mode & 0777) | 0700, AT_SYMLINK_NOFOLLOW) != 0)
		return NULL;
	fd = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	folder = fdopendir(fd);
	if (folder == NULL)
		fd_close(&fd);
	return folder;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void look(struct walk *walk, const struct folder *in, const char *name);

static void look_through(struct walk *walk, const struct folder *folder, DIR *entries)
{
	const struct dirent *entry;

	while ((entry = readdir(entries)) != NULL) {
		if (is_dots(entry->d_name))
			continue;
		if (walk->left == 0) {
			walk->cut->is_partial = true;
			return;
		}
		walk->left--;
		look(walk, folder, entry->d_name);
	}
}

static void enter(struct walk *walk, const struct folder *in, const char *name, mode_t mode)
{
	struct folder folder = {.keeps = true};
	DIR *entries = NULL;

	if (!in->is_outside) {
		folder.depth = in->depth + 1;
		folder.keeps =
		    in->keeps && folder.depth <= ARTIFACTS_DEPTH && take_name(walk, in, name);
		folder.name_bytes = folder.keeps ? strlen(walk->name) : 0;
	}
	if (folder.depth > DEPTH_MAX)
		walk->cut->is_partial = true;
	else if ((entries = open_folder(in->fd, name, mode)) == NULL)
		fault(walk);
	if (entries == NULL)
		return;
	folder.fd = dirfd(entries);
	if (in->is_outside)
		walk->top_fd = folder.fd;
	look_through(walk, &folder, entries);
	if (in->is_outside)
		settle(walk);
	closedir(entries);
	/* It stays as long as something stays in it. */
	(void)sys_unlinkat(in->fd, name, AT_REMOVEDIR);
}

static void look(struct walk *walk, const struct folder *in, const char *name)
{
	struct stat status;

	if (fstatat(in->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		fault(walk);
	else if (S_ISDIR(status.st_mode))
		enter(walk, in, name, status.st_mode);
	else if (S_ISREG(status.st_mode) && in->keeps && take_name(walk, in, name))
		add(walk, &status);
	else
		drop(walk, in->fd, name, S_ISREG(status.st_mode) ? status.st_size : 0);
}

void artifacts_bound(const char *path, uint64_t looked_at, struct artifacts_cut *cut)
{
	const struct folder outside = {.fd = AT_FDCWD, .is_outside = true};
	struct walk walk = {.top_fd = -1, .left = looked_at, .cut = cut};

	memset(cut, 0, sizeof *cut);
	/* Most tasks leave nothing: that costs them this one call. */
	if (sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return;
	look(&walk, &outside, path);
	for (size_t i = 0; i < walk.found.count; i++)
		mem_free(walk.found.items[i].name);
	vec_close(&walk.found);
}

bool artifacts_note(const struct artifacts_cut *cut, char note[ARTIFACTS_NOTE_SIZE])
{
	char faults[128] = "";

	if (cut->files == 0 && cut->faults == 0 && !cut->is_partial)
		return false;
	if (cut->faults > 0)
		snprintf(faults, sizeof faults, "; %llu could not be removed: %.80s",
			 (unsigned long long)cut->faults, strerror(cut->fault_errno));
	snprintf(note, ARTIFACTS_NOTE_SIZE,
		 "artifacts: %llu files, %llu bytes removed: at most " LIMIT_ARTIFACTS_TEXT
		 " of an attempt are kept, and nothing but files%s%s",
		 (unsigned long long)cut->files, (unsigned long long)cut->bytes, faults,
		 cut->is_partial ? "; some were too many or too deep to be looked at, and stay"
				 : "");
	return true;
}
