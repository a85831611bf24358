/* file.h - small deeds with files and descriptors. */
#ifndef HEDDLE_BASE_FILE_H
#define HEDDLE_BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <sys/types.h>

/* Closes *fd unless it is -1, and sets it to -1. */
void fd_close(int *fd);
/* Writes all bytes, going on after short writes and EINTR. Fails with err_errno's codes. */
int fd_write_all(int fd, const void *bytes, size_t count, struct err *err);
/* Reads a whole file into *out (cleared first). Fails with ERR_LIMIT beyond max_bytes, ERR_INVALID
 * when it is not a regular file (a FIFO must not block the reader), else err_errno's codes. */
int file_read(const char *path, size_t max_bytes, struct str *out, struct err *err);
/* Writes the text aside (path.tmp, mode), syncs it, renames it over path and syncs the folder. */
int file_write_durable(const char *path, const char *text, mode_t mode, struct err *err);
/* The same with any bytes. */
int file_write_bytes_durable(const char *path, const void *bytes, size_t count, mode_t mode,
			     struct err *err);
/* Likewise without a sync, for what a power cut may take: the file is then empty, missing or as it
 * was. */
int file_write_aside(const char *path, const char *text, mode_t mode, struct err *err);
/* Makes the folder and those above it, 0700. An existing folder is no error. */
int file_mkdirs(const char *path, struct err *err);
/* Syncs a folder, so that a rename in it survives a power cut. */
int file_sync_folder(const char *path, struct err *err);
/* Fills text with count random lower-case hex digits and a NUL. Aborts when the kernel has none. */
void random_hex(char *text, size_t count);

#endif
