/* file.c - small deeds with files; see file.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/file.h"

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_write_all(int fd, const void *bytes, size_t count, struct err *err)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t written = sys_write(fd, at, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_errno(err, errno, "write");
		at += written;
		count -= (size_t)written;
	}
	return 0;
}

static int read_open_file(int fd, const char *path, size_t max_bytes, struct str *out,
			  struct err *err)
{
	char buffer[16384];

	for (;;) {
		ssize_t got = read(fd, buffer, sizeof buffer);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "read '%s'", path);
		if (got == 0)
			return 0;
		if (out->size + (size_t)got > max_bytes)
			return err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", path,
				       max_bytes);
		str_append_bytes(out, buffer, (size_t)got);
	}
}

int file_read(const char *path, size_t max_bytes, struct str *out, struct err *err)
{
	struct stat status;
	int fd;
	int rc;

	str_clear(out);
	/* O_NONBLOCK: opening a FIFO without a writer must not wait. */
	fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return err_errno(err, errno, "open '%s'", path);
	if (fstat(fd, &status) != 0)
		rc = err_errno(err, errno, "stat '%s'", path);
	else if (!S_ISREG(status.st_mode))
		rc = err_set(err, ERR_INVALID, "'%s' is not a regular file", path);
	else
		rc = read_open_file(fd, path, max_bytes, out, err);
	fd_close(&fd);
	return rc;
}

int file_sync_folder(const char *path, struct err *err)
{
	int fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	int rc = 0;

	if (fd < 0)
		return err_errno(err, errno, "open folder '%s'", path);
	if (sys_fsync(fd) != 0)
		rc = err_errno(err, errno, "sync folder '%s'", path);
	fd_close(&fd);
	return rc;
}

static int write_aside(const char *path, const void *bytes, size_t count, mode_t mode,
		       struct err *err)
{
	int fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "create '%s'", path);
	rc = fd_write_all(fd, bytes, count, err);
	if (rc == 0 && sys_fsync(fd) != 0)
		rc = err_errno(err, errno, "sync '%s'", path);
	fd_close(&fd);
	return rc;
}

int file_write_durable(const char *path, const char *text, mode_t mode, struct err *err)
{
	return file_write_bytes_durable(path, text, strlen(text), mode, err);
}

int file_write_bytes_durable(const char *path, const void *bytes, size_t count, mode_t mode,
			     struct err *err)
{
	char aside[PATH_MAX];
	char folder[PATH_MAX];
	char *slash;
	int rc;

	snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof folder, ".");
	else
		*slash = '\0';
	snprintf(aside, sizeof aside, "%s.tmp", path);
	rc = write_aside(aside, bytes, count, mode, err);
	if (rc == 0 && sys_rename(aside, path) != 0)
		rc = err_errno(err, errno, "rename '%s' to '%s'", aside, path);
	if (rc == 0)
		rc = file_sync_folder(folder, err);
	else
		unlink(aside);
	return rc;
}

int file_write_aside(const char *path, const char *text, mode_t mode, struct err *err)
{
	char aside[PATH_MAX];
	int rc = 0;
	int fd;

	snprintf(aside, sizeof aside, "%s.tmp", path);
	fd = sys_open(aside, O_WRONLY | O_CREAT | O_TRUNC, mode);
	if (fd < 0)
		return err_errno(err, errno, "create '%s'", aside);
	rc = fd_write_all(fd, text, strlen(text), err);
	fd_close(&fd);
	if (rc == 0 && sys_rename(aside, path) != 0)
		rc = err_errno(err, errno, "rename '%s' to '%s'", aside, path);
	if (rc != 0)
		unlink(aside);
	return rc;
}

int file_mkdirs(const char *path, struct err *err)
{
	char partial[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof partial)
		return err_set(err, ERR_LIMIT, "path of %zu bytes is too long", length);
	memcpy(partial, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (partial[i] != '/' && partial[i] != '\0')
			continue;
		partial[i] = '\0';
		if (sys_mkdir(partial, 0700) != 0 && errno != EEXIST)
			return err_errno(err, errno, "create folder '%s'", partial);
		partial[i] = path[i];
	}
	return 0;
}

void random_hex(char *text, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[64];

	for (size_t i = 0; i < count; i++) {
		if (i % sizeof bytes == 0 &&
		    getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
			abort();
		text[i] = digits[bytes[i % sizeof bytes] & 15];
	}
	text[count] = '\0';
}
