/* log.c - see log.h. A file of its own comes first: it goes only when the run's file, with all that
 * it says, stands in its place. */
#include "executor/process/log.h"

#include "base/file.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_single(const char *path, struct process_log *log, struct err *err)
{
	struct stat status;

	log->fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (log->fd < 0)
		return err_errno(err, errno, "open the log");
	if (fstat(log->fd, &status) == 0 && S_ISREG(status.st_mode)) {
		log->size_bytes = status.st_size;
		return 0;
	}
	fd_close(&log->fd);
	return err_set(err, ERR_IO, "the log is not a regular file");
}

static int open_packed(const char *path, const char *incarnation, int64_t attempt_id,
		       struct process_log *log, struct err *err)
{
	struct pack_part part;
	struct pack pack;
	int rc = pack_open(path, &pack, err);

	if (rc != 0)
		return rc;
	rc = pack_find(&pack, incarnation, attempt_id, PACK_LOG, &part, err);
	if (rc != 0) {
		pack_close(&pack);
		return rc;
	}
	*log = (struct process_log){
	    .fd = pack.fd, .begin = part.at, .size_bytes = part.size_bytes, .is_packed = true};
	return 0;
}

int process_log_open(const char *home, const char *incarnation, struct process_ref ref,
		     struct pack_run run, struct process_log *log, struct err *err)
{
	char path[PATH_MAX];
	int rc;

	*log = (struct process_log){.fd = -1};
	process_log_path(home, incarnation, ref, path);
	rc = open_single(path, log, err);
	if (rc == ERR_NOT_FOUND)
		rc = open_packed(pack_path(home, run, path), incarnation, ref.attempt_id, log, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

ssize_t process_log_read(const struct process_log *log, void *bytes, size_t count, int64_t at)
{
	if (log->is_packed && at >= log->size_bytes)
		return 0;
	if (log->is_packed && (int64_t)count > log->size_bytes - at)
		count = (size_t)(log->size_bytes - at);
	return pread(log->fd, bytes, count, log->begin + at);
}

void process_log_close(struct process_log *log)
{
	fd_close(&log->fd);
}
