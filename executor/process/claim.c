/* claim.c - making and reading claims; see claim.h. */
#include "executor/process/claim.h"

#include "base/file.h"
#include "base/sys.h"
#include "executor/process/codec.h"
#include "executor/process/record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLAIM_VERSION 1
#define CLAIM_FIXED_BYTES 54

static_assert(CLAIM_FIXED_BYTES + CLAIM_BOOT_ID_SIZE + PLACE_NAME_SIZE + CLAIM_CGROUP_SIZE <=
		  CLAIM_RECORD_OFFSET,
	      "a claim fits before its record");
static_assert(CLAIM_RECORD_OFFSET + RECORD_MAX_BYTES <= CLAIM_FILE_BYTES, "a record fits");

static const char magic[4] = {'H', 'd', 'C', 'l'};

static size_t put_text(unsigned char *bytes, size_t at, size_t length_at, const char *text)
{
	size_t length = strlen(text);

	codec_put(bytes + length_at, length, 2);
	memcpy(bytes + at, text, length);
	return at + length;
}

static size_t claim_encode(const struct claim *claim, unsigned char *bytes)
{
	size_t at = CLAIM_FIXED_BYTES;

	codec_put(bytes + 16, (uint64_t)claim->claimed_at_ms, 8);
	codec_put(bytes + 24, (uint32_t)claim->shim_pid, 4);
	codec_put(bytes + 28, (uint32_t)claim->task_pid, 4);
	codec_put(bytes + 32, claim->shim_start, 8);
	codec_put(bytes + 40, claim->task_start, 8);
	at = put_text(bytes, at, 48, claim->boot_id);
	at = put_text(bytes, at, 50, claim->name);
	at = put_text(bytes, at, 52, claim->cgroup);
	codec_seal(bytes, magic, CLAIM_VERSION, at);
	return at;
}

/* Takes the next text of the claim; false when it is longer than the claim or its place. */
static bool get_text(const unsigned char *bytes, size_t end, size_t *at, size_t length_at,
		     char *text, size_t size)
{
	size_t length = (size_t)codec_get(bytes + length_at, 2);

	if (length >= size || length > end - *at || memchr(bytes + *at, '\0', length) != NULL)
		return false;
	memcpy(text, bytes + *at, length);
	text[length] = '\0';
	*at += length;
	return true;
}

static bool claim_decode(const unsigned char *bytes, size_t count, struct claim *claim)
{
	size_t end = codec_check(bytes, count, magic, CLAIM_VERSION, CLAIM_FIXED_BYTES);
	size_t at = CLAIM_FIXED_BYTES;

	if (end == 0)
		return false;
	claim->claimed_at_ms = (int64_t)codec_get(bytes + 16, 8);
	claim->shim_pid = (pid_t)codec_get(bytes + 24, 4);
	claim->task_pid = (pid_t)codec_get(bytes + 28, 4);
	claim->shim_start = codec_get(bytes + 32, 8);
	claim->task_start = codec_get(bytes + 40, 8);
	return get_text(bytes, end, &at, 48, claim->boot_id, sizeof claim->boot_id) &&
	       get_text(bytes, end, &at, 50, claim->name, sizeof claim->name) &&
	       get_text(bytes, end, &at, 52, claim->cgroup, sizeof claim->cgroup) && at == end;
}

void claim_file_decode(const void *bytes, size_t count, struct claim_file *out)
{
	const unsigned char *at = bytes;
	size_t claim_bytes = count < CLAIM_RECORD_OFFSET ? count : CLAIM_RECORD_OFFSET;

	memset(out, 0, sizeof *out);
	out->is_claim = claim_decode(at, claim_bytes, &out->claim);
	out->is_record =
	    count > CLAIM_RECORD_OFFSET &&
	    record_decode(at + CLAIM_RECORD_OFFSET, count - CLAIM_RECORD_OFFSET, &out->end);
	if (!out->is_record)
		out->is_newer =
		    codec_is_newer(at, claim_bytes, magic, CLAIM_VERSION) ||
		    (count > CLAIM_RECORD_OFFSET &&
		     record_is_newer(at + CLAIM_RECORD_OFFSET, count - CLAIM_RECORD_OFFSET));
}

/* Writes all or nothing that counts: a short write is a full disk. Returns 0 or an errno value. */
static int write_at(int fd, const void *bytes, size_t count, off_t offset)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t written = sys_pwrite(fd, at, count, offset);

		if (written < 0 && errno != EINTR)
			return errno;
		if (written <= 0)
			continue;
		at += written;
		offset += written;
		count -= (size_t)written;
	}
	return 0;
}

int claim_update(int fd, const struct claim *claim)
{
	unsigned char bytes[CLAIM_RECORD_OFFSET];

	return write_at(fd, bytes, claim_encode(claim, bytes), 0);
}

int claim_write_record(int fd, const struct attempt_end *end)
{
	unsigned char bytes[RECORD_MAX_BYTES];

	return write_at(fd, bytes, record_encode(end, bytes), CLAIM_RECORD_OFFSET);
}

static int fill(int fd, const struct claim *claim, const struct attempt_end *end)
{
	unsigned char bytes[CLAIM_FILE_BYTES];

	memset(bytes, 0, sizeof bytes);
	claim_encode(claim, bytes);
	if (end != NULL)
		record_encode(end, bytes + CLAIM_RECORD_OFFSET);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno;
	return write_at(fd, bytes, sizeof bytes, 0);
}

static void folder_of(const char *path, char folder[PATH_MAX])
{
	char *slash;

	snprintf(folder, PATH_MAX, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, PATH_MAX, ".");
	else
		*slash = '\0';
}

/* A file without a name, in the folder; where there is none such, one under a temporary name, which
 * is put into aside. Returns the descriptor or -1. */
static int open_aside(const char *path, const char *folder, char aside[PATH_MAX])
{
	int fd = sys_open(folder, O_TMPFILE | O_RDWR, 0600);

	aside[0] = '\0';
	/* File systems that have no such thing say so in several ways. */
	if (fd >= 0 || errno == ENOENT)
		return fd;
	snprintf(aside, PATH_MAX, "%.4000s.%d", path, (int)getpid());
	return sys_open(aside, O_RDWR | O_CREAT | O_EXCL, 0600);
}

int claim_link(int fd, const char *path)
{
	char self[64];

	if (sys_fault(SYS_CALL_LINK))
		return -1;
	/* AT_EMPTY_PATH would need a capability; open(2) names this way for O_TMPFILE. */
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int claim_make(const char *path, const struct claim *claim, const struct attempt_end *end, int *fd)
{
	char folder[PATH_MAX];
	char aside[PATH_MAX];
	int rc = 0;

	folder_of(path, folder);
	*fd = open_aside(path, folder, aside);
	if (*fd < 0 && errno == ENOENT && file_mkdirs(folder, NULL) == 0)
		*fd = open_aside(path, folder, aside);
	if (*fd < 0)
		return errno;
	rc = fill(*fd, claim, end);
	if (rc == 0 && (aside[0] == '\0' ? claim_link(*fd, path) : sys_link(aside, path)) != 0)
		rc = errno;
	if (aside[0] != '\0')
		unlink(aside);
	if (rc != 0)
		fd_close(fd);
	return rc;
}

static int read_open(int fd, struct claim_file *out)
{
	unsigned char bytes[CLAIM_FILE_BYTES];
	struct stat status;
	ssize_t got;

	if (fstat(fd, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EINVAL;
	do
		got = pread(fd, bytes, sizeof bytes, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno;
	claim_file_decode(bytes, (size_t)got, out);
	return 0;
}

int claim_file_read(const char *path, struct claim_file *out, bool *held)
{
	/* O_NONBLOCK: opening a FIFO that somebody left there must not wait. */
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	int rc;

	memset(out, 0, sizeof *out);
	if (fd < 0)
		return errno;
	/* The lock is asked for before the bytes are read: what is read of a claim that nobody
	 * holds is the last word of it. */
	if (held != NULL)
		*held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	rc = read_open(fd, out);
	fd_close(&fd);
	return rc;
}
