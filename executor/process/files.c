/* files.c - where the files of an attempt are, and reading those that its task had a hand in.
 *
 * A task can put anything at any of these names. So no link is followed, nothing but a regular file
 * is read, and no more of it than its bound. */
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "executor/process/internal.h"
#include "executor/process/kept.h"
#include "executor/process/shim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_TAIL_BYTES 4096

/* The path of what stands at relative under home; "" when it does not fit. */
static const char *join(const char *home, const char *relative, char buffer[PATH_MAX])
{
	if (snprintf(buffer, PATH_MAX, "%s/%s", home, relative) >= PATH_MAX)
		buffer[0] = '\0';
	return buffer;
}

const char *executor_path(const struct process_executor *executor, const char *relative,
			  char path[PATH_MAX])
{
	return join(executor->home, relative, path);
}

/* Most of an attempt's files stand side by side in the folder of the day. */
static const char *dated_path(const char *home, const char *incarnation, struct process_ref ref,
			      const char *(*place)(const char *day, const char *name, char *path),
			      char buffer[PATH_MAX])
{
	char name[PLACE_NAME_SIZE];
	char day[PLACE_DAY_SIZE];
	char path[PLACE_PATH_SIZE];

	clock_format_day(ref.released_at_ms, day);
	return join(home, place(day, place_name(incarnation, ref.attempt_id, name), path), buffer);
}

const char *process_log_path(const char *home, const char *incarnation, struct process_ref ref,
			     char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_log, buffer);
}

const char *process_claim_path(const char *home, const char *incarnation, struct process_ref ref,
			       char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_claim, buffer);
}

const char *process_stdout_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_stdout, buffer);
}

const char *process_output_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_output, buffer);
}

const char *process_progress_path(const char *home, const char *incarnation, struct process_ref ref,
				  char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_progress, buffer);
}

const char *process_artifacts_path(const char *home, const char *incarnation,
				   struct process_ref ref, char buffer[PATH_MAX])
{
	return dated_path(home, incarnation, ref, place_artifacts, buffer);
}

const char *process_record_path(const char *home, const char *incarnation, struct process_ref ref,
				char buffer[PATH_MAX])
{
	char name[PLACE_NAME_SIZE];
	char path[PLACE_PATH_SIZE];

	return join(home, place_record(place_name(incarnation, ref.attempt_id, name), path),
		    buffer);
}

const char *executor_claim_path(const struct process_executor *executor,
				const struct attempt *attempt, char path[PATH_MAX])
{
	struct process_ref ref = {attempt->id, attempt->released_at_ms};

	return process_claim_path(executor->home, executor->incarnation, ref, path);
}

const char *executor_record_path(const struct process_executor *executor, int64_t attempt_id,
				 char path[PATH_MAX])
{
	struct process_ref ref = {attempt_id, 0};

	return process_record_path(executor->home, executor->incarnation, ref, path);
}

/* Opens a regular file. Fails with ERR_INVALID for anything else, or err_errno's codes. */
static int open_regular(const char *path, int *fd, int64_t *size, struct err *err)
{
	struct stat status;

	/* O_NONBLOCK: opening a FIFO must not wait. */
	*fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (*fd < 0 && errno != ELOOP)
		return err_errno(err, errno, "open '%s'", path);
	if (*fd >= 0 && fstat(*fd, &status) == 0 && S_ISREG(status.st_mode)) {
		*size = status.st_size;
		return 0;
	}
	fd_close(fd);
	return err_set(err, ERR_INVALID, "'%s' is not a regular file", path);
}

/* Appends what the file holds from there on, at most count bytes: it may grow meanwhile. */
static int read_from(int fd, const char *path, int64_t at, size_t count, struct str *out,
		     struct err *err)
{
	char buffer[16384];

	while (count > 0) {
		ssize_t got = pread(fd, buffer, count < sizeof buffer ? count : sizeof buffer, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "read '%s'", path);
		if (got == 0)
			return 0;
		str_append_bytes(out, buffer, (size_t)got);
		at += got;
		count -= (size_t)got;
	}
	return 0;
}

static int read_bounded(const char *path, size_t max_bytes, struct str *out, struct err *err)
{
	int64_t size;
	int fd;
	int rc;

	str_clear(out);
	rc = open_regular(path, &fd, &size, err);
	if (rc == 0)
		rc = read_from(fd, path, 0, max_bytes + 1, out, err);
	fd_close(&fd);
	if (rc == 0 && out->size > max_bytes)
		rc = err_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", path, max_bytes);
	if (rc != 0)
		str_clear(out);
	return rc;
}

/* A file that nobody had a reason to make. */
static int or_empty(int rc)
{
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int process_read_output(const char *path, struct str *out, struct err *err)
{
	return or_empty(read_bounded(path, LIMIT_OUTPUT_BYTES, out, err));
}

int process_read_progress(const char *path, struct str *out, struct err *err)
{
	int64_t size = 0;
	int64_t begin;
	int fd;
	int rc;

	str_clear(out);
	rc = open_regular(path, &fd, &size, err);
	begin = size > PROGRESS_TAIL_BYTES ? size - PROGRESS_TAIL_BYTES : 0;
	if (rc == 0)
		rc = read_from(fd, path, begin, PROGRESS_TAIL_BYTES, out, err);
	fd_close(&fd);
	return or_empty(rc);
}

int process_read_stdout(const char *path, struct str *out, bool *is_whole, struct err *err)
{
	size_t begin = 0;
	int rc = read_bounded(path, KEPT_FILE_BYTES, out, err);

	if (rc != 0)
		return rc;
	if (!kept_decode(str_text(out), out->size, &begin, is_whole)) {
		str_clear(out);
		return err_set(err, ERR_CORRUPT, "'%s' is no stdout that was kept whole", path);
	}
	memmove(out->data, out->data + begin, out->size - begin);
	out->size -= begin;
	out->data[out->size] = '\0';
	return 0;
}

/* Whether the line begins with the time that shim_log.h puts before it. */
static bool has_stamp(const char *line, size_t size)
{
	return size >= SHIM_LOG_STAMP_BYTES && line[10] == 'T' &&
	       line[SHIM_LOG_STAMP_BYTES - 2] == 'Z' && line[SHIM_LOG_STAMP_BYTES - 1] == ' ';
}

static size_t prefix_size(const char *line, size_t size)
{
	size_t mark = strlen(SHIM_LOG_ERROR_MARK);

	if (!has_stamp(line, size))
		return 0;
	if (size >= SHIM_LOG_STAMP_BYTES + mark &&
	    memcmp(line + SHIM_LOG_STAMP_BYTES, SHIM_LOG_ERROR_MARK, mark) == 0)
		return SHIM_LOG_STAMP_BYTES + mark;
	return SHIM_LOG_STAMP_BYTES;
}

static size_t line_size(const char *line, size_t size)
{
	const char *newline = memchr(line, '\n', size);

	return newline == NULL ? size : (size_t)(newline + 1 - line);
}

/* Takes the times and marks out, from byte begin on. */
static void strip(struct str *text, size_t begin)
{
	size_t kept = 0;

	for (size_t at = begin; at < text->size;) {
		size_t size = line_size(text->data + at, text->size - at);
		size_t prefix = prefix_size(text->data + at, size);

		memmove(text->data + kept, text->data + at + prefix, size - prefix);
		kept += size - prefix;
		at += size;
	}
	text->size = kept;
	if (text->data != NULL)
		text->data[kept] = '\0';
}

/* Where the first whole line begins; of one line alone that is longer, its end is better than
 * nothing. */
static size_t whole_lines(const struct str *text, bool is_from_start)
{
	size_t first = is_from_start ? 0 : line_size(text->data, text->size);

	return first < text->size ? first : 0;
}

int process_log_tail(const char *path, size_t max_bytes, struct str *out, struct err *err)
{
	int64_t size = 0;
	int64_t at = 0;
	int fd;
	int rc;

	str_clear(out);
	rc = open_regular(path, &fd, &size, err);
	if (rc != 0)
		return or_empty(rc);
	if (size > (int64_t)max_bytes)
		at = size - (int64_t)max_bytes;
	rc = read_from(fd, path, at, max_bytes, out, err);
	fd_close(&fd);
	if (rc == 0 && out->size > 0)
		strip(out, whole_lines(out, at == 0));
	return rc;
}

int process_started_at(const char *home, const char *incarnation, struct process_ref ref,
		       int64_t *started_at_ms)
{
	struct claim_file file;
	char path[PATH_MAX];

	*started_at_ms = 0;
	/* A claim without a shim is one of ours, by which it could not start any more. */
	if (claim_file_read(process_claim_path(home, incarnation, ref, path), &file, NULL) != 0 ||
	    !file.is_claim || file.claim.shim_pid == 0)
		return ERR_NOT_FOUND;
	*started_at_ms = file.claim.claimed_at_ms;
	return 0;
}
