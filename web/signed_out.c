/* signed_out.c - see signed_out.h. */
#include "web/signed_out.h"

#include "base/file.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All who signed out since the last start, 80 bytes each: it must never keep a daemon from one. */
#define FILE_BYTES_MAX (64u * 1024 * 1024)
#define PATH_SIZE 4200u
#define HASH_TEXT_SIZE (2 * SESSION_HASH_BYTES + 1)

static void path_of(const char *home, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/signed-out", home);
}

int signed_out_note(const char *home, const char *cookie, int64_t now_wall_ms, struct err *err)
{
	unsigned char hash[SESSION_HASH_BYTES];
	char text[HASH_TEXT_SIZE];
	char path[PATH_SIZE];
	char line[128];
	int fd;
	int rc;

	session_hash(cookie, hash);
	sodium_bin2hex(text, sizeof text, hash, sizeof hash);
	snprintf(line, sizeof line, "%" PRId64 " %s\n", now_wall_ms + SESSION_LONGEST_MS, text);
	path_of(home, path);
	fd = sys_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0)
		return err_errno(err, errno, "open '%s'", path);
	rc = fd_write_all(fd, line, strlen(line), err);
	if (rc == 0 && sys_fsync(fd) != 0)
		rc = err_errno(err, errno, "sync '%s'", path);
	fd_close(&fd);
	return rc == 0 ? file_sync_folder(home, err) : rc;
}

/* False: it is no line of ours (torn, say), or its time is over. */
static bool take_line(const char *line, struct sessions *sessions, int64_t now_wall_ms)
{
	unsigned char hash[SESSION_HASH_BYTES];
	char *end;
	int64_t until_ms = strtoll(line, &end, 10);
	size_t size;

	if (*end != ' ' || until_ms <= now_wall_ms ||
	    sodium_hex2bin(hash, sizeof hash, end + 1, 2 * sizeof hash, NULL, &size, NULL) != 0 ||
	    size != sizeof hash)
		return false;
	session_end_hash(sessions, hash, until_ms);
	return true;
}

/* Ends what the lines of the text name; those that still count are appended to left. */
static void take_lines(char *text, struct sessions *sessions, int64_t now_wall_ms, struct str *left)
{
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0' && take_line(line, sessions, now_wall_ms))
			str_printf(left, "%s\n", line);
}

int signed_out_load(const char *home, struct sessions *sessions, int64_t now_wall_ms,
		    struct err *err)
{
	struct str text = STR_INIT;
	struct str left = STR_INIT;
	char path[PATH_SIZE];
	size_t size;
	int rc;

	path_of(home, path);
	if (access(path, F_OK) != 0)
		return 0;
	rc = file_read(path, FILE_BYTES_MAX, &text, err);
	size = text.size;
	if (rc == 0 && size > 0)
		take_lines(text.data, sessions, now_wall_ms, &left);
	if (rc == 0 && left.size != size)
		rc = file_write_durable(path, str_text(&left), 0600, err);
	str_close(&left);
	str_close(&text);
	return rc;
}
