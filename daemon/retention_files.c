/* retention_files.c - see retention_files.h. */
#include "daemon/retention_files.h"

#include "base/file.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64    /* folders within folders; deeper ones are left to people */
#define BLOCK_BYTES 512 /* of st_blocks */

static void count(struct file_walk *walk, const struct stat *status)
{
	walk->counts.files++;
	/* A file with two names goes with the last of them. */
	if (status->st_nlink < 2 || S_ISDIR(status->st_mode))
		walk->counts.bytes += (int64_t)status->st_blocks * BLOCK_BYTES;
}

/* Makes a folder of ours that a task has closed open again. */
static DIR *open_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder;

	if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	folder = fdopendir(fd);
	if (folder == NULL)
		close(fd);
	return folder;
}

static int remove_name(int parent, const char *name, bool is_folder, struct err *err)
{
	if (sys_fault(SYS_CALL_UNLINK) ||
	    unlinkat(parent, name, is_folder ? AT_REMOVEDIR : 0) != 0) {
		if (errno == ENOENT)
			return 0;
		return err_errno(err, errno, "remove '%s'", name);
	}
	return 0;
}

static int walk_entry(int parent, const char *name, struct file_walk *walk, unsigned depth,
		      bool *gone, struct err *err);

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* *gone: nothing is left in it. */
static int walk_folder(int parent, const char *name, struct file_walk *walk, unsigned depth,
		       bool *gone, struct err *err)
{
	DIR *folder = depth < DEPTH_MAX ? open_folder(parent, name) : NULL;
	const struct dirent *entry;
	int rc = 0;

	*gone = true;
	if (folder == NULL)
		return depth < DEPTH_MAX
			   ? err_errno(err, errno, "open folder '%s'", name)
			   : err_set(err, ERR_LIMIT, "folder '%s' lies too deep", name);
	while (rc == 0 && *gone && (entry = readdir(folder)) != NULL)
		if (!is_dots(entry->d_name))
			rc = walk_entry(dirfd(folder), entry->d_name, walk, depth + 1, gone, err);
	closedir(folder);
	return rc;
}

static int walk_entry(int parent, const char *name, struct file_walk *walk, unsigned depth,
		      bool *gone, struct err *err)
{
	struct stat status;
	int rc = 0;

	*gone = true;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : err_errno(err, errno, "look at '%s'", name);
	if (walk->left == 0) {
		*gone = false;
		return 0;
	}
	walk->left--;
	if (S_ISDIR(status.st_mode))
		rc = walk_folder(parent, name, walk, depth, gone, err);
	if (rc != 0 || !*gone)
		return rc;
	count(walk, &status);
	return walk->is_dry ? 0 : remove_name(parent, name, S_ISDIR(status.st_mode), err);
}

int files_remove(const char *path, struct file_walk *walk, bool *gone, struct err *err)
{
	int rc = walk_entry(AT_FDCWD, path, walk, 0, gone, err);

	if (rc != 0)
		err_wrap(err, "clear '%s'", path);
	return rc;
}

int files_remove_attempt(const char *home, const struct pack_attempt *attempt,
			 struct file_walk *walk, bool *gone, struct err *err)
{
	char path[PATH_MAX];
	int rc;

	process_artifacts_path(home, attempt->incarnation, attempt->ref, path);
	rc = files_remove(path, walk, gone, err);
	for (int kind = 0; rc == 0 && *gone && kind < PACK_KIND_COUNT; kind++)
		rc = files_remove(pack_single_path(home, attempt, (enum pack_kind)kind, path), walk,
				  gone, err);
	return rc;
}

int files_remove_run(const char *home, struct pack_run run, struct file_walk *walk, bool *gone,
		     struct err *err)
{
	char path[PATH_MAX];
	char aside[PATH_MAX + 8];
	int rc = files_remove(pack_path(home, run, path), walk, gone, err);

	snprintf(aside, sizeof aside, "%s.new", path);
	if (rc == 0 && *gone)
		rc = files_remove(aside, walk, gone, err);
	snprintf(path, sizeof path, "%.4000s/runs/%s", home, run.run_id);
	return rc == 0 && *gone ? files_remove(path, walk, gone, err) : rc;
}

int files_count_artifacts(const char *home, const struct pack_attempt *attempt,
			  struct file_walk *walk, struct err *err)
{
	char path[PATH_MAX];
	bool gone;

	walk->is_dry = true;
	process_artifacts_path(home, attempt->incarnation, attempt->ref, path);
	return files_remove(path, walk, &gone, err);
}
