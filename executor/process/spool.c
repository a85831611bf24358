/* spool.c - exit records as they appear in spool/exit.
 *
 * inotify tells of each new name, so that nothing is looked for while nothing happens. The folder
 * is gone through at the start, after an overflow of inotify's queue, and when holding ends.
 *
 * The folder that is watched may be removed or renamed, itself or with spool/: then it is made anew
 * and watched again, once a second until that works. Shims try as long to write into it. */
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "executor/process/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define RESCAN_MS 1000

static void log_foreign(const char *name, const char *why)
{
	char quoted[300];

	log_warn("spool holds what is no exit record", "file=%s reason=\"%s\"",
		 log_quote(name, quoted, sizeof quoted), why);
}

/* A record that does not check counts as none. It is kept for people to look at. */
static void set_aside(struct process_executor *executor, const char *name, int64_t attempt_id)
{
	struct attempt *attempt = executor_find(executor, attempt_id);
	char from[PATH_MAX];
	char to[PATH_MAX];
	char relative[PLACE_PATH_SIZE];

	executor_record_path(executor, attempt_id, from);
	snprintf(relative, sizeof relative, PLACE_TORN "/%.128s", name);
	if (sys_rename(from, executor_path(executor, relative, to)) != 0)
		sys_unlink(from);
	log_foreign(name, "torn; moved to " PLACE_TORN);
	if (attempt != NULL)
		executor_wake(executor, attempt, 0);
}

static void retry_later(struct process_executor *executor)
{
	executor->rescan_at_ms = (int64_t)uv_now(executor->loop) + RESCAN_MS;
	executor_arm(executor, executor->rescan_at_ms);
}

static void take_record(struct process_executor *executor, const char *name)
{
	struct claim_file file;
	char path[PATH_MAX];
	int64_t attempt_id;
	int rc;

	if (name[0] == '.')
		return; /* a copy that is being written */
	if (!place_attempt(name, executor->incarnation, &attempt_id)) {
		log_foreign(name, "not of an attempt of this home");
		return;
	}
	executor_record_path(executor, attempt_id, path);
	rc = claim_file_read(path, &file, NULL);
	if (rc == EINVAL || rc == EISDIR || rc == ELOOP)
		log_foreign(name, "not a file");
	else if (rc != 0 && rc != ENOENT)
		retry_later(executor);
	else if (rc == 0 && file.is_record && file.end.attempt_id == attempt_id)
		executor_over(executor, &file.end);
	else if (rc == 0 && file.is_newer)
		adopt_newer(executor, attempt_id);
	else if (rc == 0)
		set_aside(executor, name, attempt_id);
}

static void lose_watches(struct process_executor *executor)
{
	/* What is left of them would go on telling of folders that are not the spool any more. */
	if (executor->spool_watch >= 0)
		inotify_rm_watch(executor->spool_fd, executor->spool_watch);
	if (executor->spool_parent_watch >= 0)
		inotify_rm_watch(executor->spool_fd, executor->spool_parent_watch);
	executor->spool_watch = executor->spool_parent_watch = -1;
}

static int make_folder(struct process_executor *executor, const char *relative, struct err *err)
{
	char path[PATH_MAX];

	return file_mkdirs(executor_path(executor, relative, path), err);
}

static int watch_folder(struct process_executor *executor, const char *relative, uint32_t mask,
			int *watch, struct err *err)
{
	char path[PATH_MAX];

	*watch = inotify_add_watch(executor->spool_fd, executor_path(executor, relative, path),
				   mask | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
	return *watch < 0 ? err_errno(err, errno, "watch '%s'", path) : 0;
}

/* Makes what is missing of the folders and watches them. */
static int watch_spool(struct process_executor *executor, struct err *err)
{
	int rc = make_folder(executor, PLACE_EXIT, err);

	if (rc == 0)
		rc = make_folder(executor, PLACE_TORN, err);
	if (rc == 0)
		rc = watch_folder(executor, PLACE_SPOOL, IN_DELETE | IN_MOVED_FROM,
				  &executor->spool_parent_watch, err);
	/* A record appears by link, or by rename where it is a copy. */
	if (rc == 0)
		rc = watch_folder(executor, PLACE_EXIT, IN_CREATE | IN_MOVED_TO,
				  &executor->spool_watch, err);
	if (rc != 0)
		lose_watches(executor);
	return rc;
}

static void spool_remake(struct process_executor *executor)
{
	char path[PATH_MAX];
	struct err err;

	if (watch_spool(executor, &err) != 0) {
		executor_obstacle(executor, OBSTACLE_SPOOL, err.message);
		retry_later(executor);
		return;
	}
	executor_obstacle(executor, OBSTACLE_SPOOL, NULL);
	log_warn("spool was removed and is made anew", "folder=" PLACE_EXIT);
	/* The lock went with it: whoever comes next would not see that a launcher has it. */
	if (access(executor_path(executor, PLACE_LOCK, path), F_OK) != 0)
		link_replace(executor, "the launcher's lock was removed; it is replaced");
}

void spool_scan(struct process_executor *executor)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (executor->spool_watch < 0)
		spool_remake(executor);
	executor->has_missed = executor->is_held;
	if (executor->is_held || !executor->is_ready)
		return;
	dir = opendir(executor_path(executor, PLACE_EXIT, path));
	if (dir == NULL) {
		retry_later(executor);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			take_record(executor, entry->d_name);
	closedir(dir);
}

/* A folder that somebody stands in is gone from its parent before it is gone itself. */
static bool is_loss(const struct process_executor *executor, const struct inotify_event *event)
{
	if (event->wd == executor->spool_parent_watch && event->len > 0)
		return strcmp(event->name, PLACE_EXIT_NAME) == 0;
	return (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0 &&
	       (event->wd == executor->spool_watch || event->wd == executor->spool_parent_watch);
}

static void take_event(struct process_executor *executor, const struct inotify_event *event)
{
	if (is_loss(executor, event)) {
		lose_watches(executor);
		spool_scan(executor);
	} else if ((event->mask & IN_Q_OVERFLOW) != 0) {
		spool_scan(executor);
	} else if (event->wd != executor->spool_watch) {
		return; /* said before it was lost */
	} else if (executor->is_held || !executor->is_ready) {
		executor->has_missed = true;
	} else if (event->len > 0) {
		take_record(executor, event->name);
	}
}

static void on_spool(uv_poll_t *poll, int status, int events)
{
	struct process_executor *executor = poll->data;
	_Alignas(struct inotify_event) char buffer[16384];
	ssize_t got = read(executor->spool_fd, buffer, sizeof buffer);

	(void)status;
	(void)events;
	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		take_event(executor, event);
		at += (ssize_t)(sizeof *event + event->len);
	}
	executor_flush(executor);
}

int spool_open(struct process_executor *executor, struct err *err)
{
	int rc = make_folder(executor, PLACE_LOGS, err);

	if (rc != 0)
		return rc;
	executor->spool_watch = executor->spool_parent_watch = -1;
	executor->spool_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (executor->spool_fd < 0)
		return err_errno(err, errno, "watch the spool");
	rc = watch_spool(executor, err);
	if (rc != 0) {
		fd_close(&executor->spool_fd);
		return rc;
	}
	uv_poll_init(executor->loop, &executor->spool_poll, executor->spool_fd);
	executor->spool_poll.data = executor;
	executor_handle_opened(executor);
	uv_poll_start(&executor->spool_poll, UV_READABLE, on_spool);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct process_executor *executor = handle->data;

	fd_close(&executor->spool_fd);
	executor_handle_closed(executor);
}

void spool_close(struct process_executor *executor)
{
	uv_close((uv_handle_t *)&executor->spool_poll, on_closed);
}
