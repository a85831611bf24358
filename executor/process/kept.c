/* kept.c - keeping and reading the stdout of a task; see kept.h. */
#include "executor/process/kept.h"

#include "base/file.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void kept_init(struct kept *kept)
{
	kept->total_bytes = 0;
}

void kept_add(struct kept *kept, const char *bytes, size_t count)
{
	while (count > 0) {
		size_t at = (size_t)(kept->total_bytes % KEPT_WHOLE_BYTES);
		size_t room = KEPT_WHOLE_BYTES - at;
		size_t part = count < room ? count : room;

		memcpy(kept->ring + at, bytes, part);
		kept->total_bytes += part;
		bytes += part;
		count -= part;
	}
}

static int write_some(int fd, const char *bytes, size_t count)
{
	return fd_write_all(fd, bytes, count, NULL) == 0 ? 0 : errno;
}

/* The ring's last count bytes, in one or two pieces. */
static int write_last(const struct kept *kept, int fd, size_t count)
{
	int rc = 0;

	while (rc == 0 && count > 0) {
		size_t at = (size_t)((kept->total_bytes - count) % KEPT_WHOLE_BYTES);
		size_t room = KEPT_WHOLE_BYTES - at;
		size_t part = count < room ? count : room;

		rc = write_some(fd, kept->ring + at, part);
		count -= part;
	}
	return rc;
}

int kept_write(const struct kept *kept, const char *path)
{
	bool is_whole = kept->total_bytes <= KEPT_WHOLE_BYTES;
	size_t count = is_whole ? (size_t)kept->total_bytes : KEPT_END_BYTES;
	char head[KEPT_HEAD_BYTES];
	int length =
	    snprintf(head, sizeof head, "heddle-stdout 1 %s %zu of %llu bytes\n",
		     is_whole ? "whole" : "end", count, (unsigned long long)kept->total_bytes);
	int fd = sys_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	int rc;

	if (fd < 0)
		return errno;
	rc = write_some(fd, head, (size_t)length);
	if (rc == 0)
		rc = write_last(kept, fd, count);
	fd_close(&fd);
	/* The room that a part takes is missing elsewhere. */
	if (rc != 0)
		sys_unlink(path);
	return rc;
}

bool kept_decode(const char *bytes, size_t count, size_t *begin, bool *is_whole)
{
	size_t look = count < KEPT_HEAD_BYTES ? count : KEPT_HEAD_BYTES;
	const char *newline = memchr(bytes, '\n', look);
	char head[KEPT_HEAD_BYTES + 1];
	char word[8];
	unsigned long long kept;
	unsigned long long total;
	int length = 0;

	if (newline == NULL)
		return false;
	snprintf(head, sizeof head, "%.*s", (int)(newline - bytes), bytes);
	if (sscanf(head, "heddle-stdout 1 %7s %llu of %llu bytes%n", word, &kept, &total,
		   &length) != 3 ||
	    length != (int)(newline - bytes))
		return false;
	*begin = (size_t)length + 1;
	*is_whole = strcmp(word, "whole") == 0;
	return (*is_whole || strcmp(word, "end") == 0) && kept == count - *begin && kept <= total &&
	       *is_whole == (kept == total);
}
