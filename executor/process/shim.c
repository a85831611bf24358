/* shim.c - the life of a shim; see shim.h.
 *
 *	claim -> folders, pipes, stdin, cgroup -> spawn -> watch -> exit record
 *
 * Up to the claim nothing remains of a shim that fails: its exit status is an errno value, and
 * whoever wants may try again. From the claim on every way ends with an exit record. */
#include "executor/process/shim.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "executor/process/artifacts.h"
#include "executor/process/claim.h"
#include "executor/process/frame.h"
#include "executor/process/kept.h"
#include "executor/process/limits.h"
#include "executor/process/procfs.h"
#include "executor/process/record.h"
#include "executor/process/spawn.h"
#include "executor/process/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_CODE_SKIP 99
#define ATTEMPT_VARIABLE "HEDDLE_ATTEMPT_ID="
#define TOKEN_VARIABLE "HEDDLE_TOKEN="

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* memfd_create(2), since Linux 6.3 */
#endif

struct shim {
	const struct shim_place *place;
	struct frame_launch launch;
	struct claim claim;
	char claim_path[PLACE_PATH_SIZE];
	char log_path[PLACE_PATH_SIZE];
	int claim_fd;
	int cgroup_fd;
	int input_fd; /* the task's stdin; -1 = /dev/null */
	/* The pipes of its stdout and stderr; without the second, both write into the first. */
	int read_fds[WATCH_STREAMS];
	int write_fds[WATCH_STREAMS];
	unsigned held_limits; /* by the cgroup: of limits.h */
	struct kept *kept;    /* NULL = stdout is not kept */
	struct moment started;
	struct attempt_end end;
	struct shim_log log;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct shim *shim, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(shim->end.reason, sizeof shim->end.reason, format, args);
	va_end(args);
	return ERR_IO;
}

/* So that `ps` shows what the process is for. */
static void take_name(const struct shim_place *place, const char *name)
{
	prctl(PR_SET_NAME, SHIM_NAME);
	if (place->title_bytes == 0)
		return;
	memset(place->title, 0, place->title_bytes);
	snprintf(place->title, place->title_bytes, SHIM_TITLE "%s", name);
}

static void settle(struct shim *shim)
{
	int socket_fd = shim->place->socket_fd;

	/* An open copy would hide the launcher's death from the daemon. */
	fd_close(&socket_fd);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	take_name(shim->place, shim->launch.name);
}

static void claim_or_leave(struct shim *shim)
{
	struct claim *claim = &shim->claim;
	struct procfs_stat stat = {0};
	int lock_fd = shim->place->lock_fd;
	int rc;

	memset(claim, 0, sizeof *claim);
	claim->claimed_at_ms = clock_now().wall_ms;
	claim->shim_pid = getpid();
	if (!procfs_read_stat(getpid(), &stat))
		_exit(EIO);
	claim->shim_start = stat.start;
	snprintf(claim->boot_id, sizeof claim->boot_id, "%s", shim->place->boot_id);
	snprintf(claim->name, sizeof claim->name, "%s", shim->launch.name);
	if (shim->place->cgroup_base[0] != '\0' && !shim->launch.without_cgroup)
		snprintf(claim->cgroup, sizeof claim->cgroup, "%.900s/%s", shim->place->cgroup_base,
			 shim->launch.name);
	place_claim(shim->launch.day, shim->launch.name, shim->claim_path);
	rc = claim_make(shim->claim_path, claim, NULL, &shim->claim_fd);
	if (rc != 0)
		_exit(rc == EEXIST ? SHIM_EXIT_CLAIM_EXISTS : rc);
	/* Whoever gets the lock from now on finds the claim. */
	fd_close(&lock_fd);
}

static int make_run_dir(struct shim *shim)
{
	const char *path = shim->launch.run_dir;
	struct err err;

	if (path[0] == '\0' || sys_mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return refuse(shim, "create folder '%.400s': %s", path, strerror(errno));
	if (file_mkdirs(path, &err) != 0)
		return refuse(shim, "%.490s", err.message);
	return 0;
}

static int make_artifacts(struct shim *shim)
{
	char path[PLACE_PATH_SIZE];

	place_artifacts(shim->launch.day, shim->launch.name, path);
	if (!shim->launch.want_artifacts || sys_mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return refuse(shim, "create folder '%s': %s", path, strerror(errno));
}

static int open_pipe(struct shim *shim, int stream)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return refuse(shim, "create pipe: %s", strerror(errno));
	shim->read_fds[stream] = fds[0];
	shim->write_fds[stream] = fds[1];
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* The value of a variable ("NAME=") of the task; NULL = it has none. */
static const char *find_variable(const struct frame_launch *launch, const char *name)
{
	const char *at = launch->strings;

	for (uint32_t i = 0; i < launch->argc; i++)
		at = frame_next(at);
	for (uint32_t i = 0; i < launch->envc; i++, at = frame_next(at))
		if (strncmp(at, name, strlen(name)) == 0)
			return at + strlen(name);
	return NULL;
}

static int open_output(struct shim *shim)
{
	int rc;

	place_log(shim->launch.day, shim->launch.name, shim->log_path);
	shim_log_init(&shim->log, shim->log_path, shim->launch.log_limit_bytes);
	shim_log_hide(&shim->log, find_variable(&shim->launch, TOKEN_VARIABLE));
	rc = open_pipe(shim, 0);
	if (rc != 0 || !shim->launch.keep_stdout)
		return rc;
	shim->kept = mem_alloc(sizeof *shim->kept);
	kept_init(shim->kept);
	return open_pipe(shim, 1);
}

/* A file of memory: no disk is needed for it, and it is gone with the last who has it open. */
static int open_stdin(struct shim *shim)
{
	const char *text = shim->launch.stdin_text;

	if (text == NULL)
		return 0;
	shim->input_fd = memfd_create("stdin", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (shim->input_fd < 0 && errno == EINVAL)
		shim->input_fd = memfd_create("stdin", MFD_CLOEXEC);
	if (shim->input_fd < 0 || fd_write_all(shim->input_fd, text, strlen(text), NULL) != 0 ||
	    lseek(shim->input_fd, 0, SEEK_SET) != 0)
		return refuse(shim, "create stdin: %s", strerror(errno));
	return 0;
}

static void enter_cgroup(struct shim *shim)
{
	if (shim->claim.cgroup[0] != '\0')
		shim->cgroup_fd = cgroup_open(shim->claim.cgroup);
	if (shim->cgroup_fd >= 0)
		shim->held_limits = limits_give(&shim->launch, shim->claim.cgroup);
}

static int open_files(struct shim *shim)
{
	int rc = open_output(shim);

	if (rc == 0)
		rc = open_stdin(shim);
	if (rc != 0)
		return rc;
	enter_cgroup(shim);
	rc = make_run_dir(shim);
	return rc != 0 ? rc : make_artifacts(shim);
}

/* The arguments of the task, and its environment behind that of the attempt itself. */
static void build_command(const struct frame_launch *launch, char **argv, char **envp, char *own)
{
	const char *at = launch->strings;
	size_t count = 0;

	for (uint32_t i = 0; i < launch->argc; i++, at = frame_next(at))
		argv[i] = (char *)(uintptr_t)at;
	snprintf(own, PLACE_NAME_SIZE + sizeof ATTEMPT_VARIABLE, ATTEMPT_VARIABLE "%s",
		 launch->name);
	envp[count++] = own;
	for (uint32_t i = 0; i < launch->envc; i++, at = frame_next(at))
		if (strncmp(at, ATTEMPT_VARIABLE, sizeof ATTEMPT_VARIABLE - 1) != 0)
			envp[count++] = (char *)(uintptr_t)at;
}

/* Without a cgroup, a dead shim's processes are looked for by their session. */
static void tell_session(struct shim *shim, pid_t first)
{
	struct procfs_stat stat;

	if (!procfs_read_stat(first, &stat))
		return;
	shim->claim.task_pid = first;
	shim->claim.task_start = stat.start;
	claim_update(shim->claim_fd, &shim->claim);
}

/* What only the task needs open from now on. */
static void close_given(struct shim *shim)
{
	fd_close(&shim->input_fd);
	fd_close(&shim->write_fds[0]);
	fd_close(&shim->write_fds[1]);
	fd_close(&shim->cgroup_fd);
}

static int start_task(struct shim *shim, pid_t *first)
{
	const struct frame_launch *launch = &shim->launch;
	char **argv = mem_alloc((launch->argc + 1) * sizeof *argv);
	char **envp = mem_alloc((launch->envc + 2) * sizeof *envp);
	char own[PLACE_NAME_SIZE + sizeof ATTEMPT_VARIABLE];
	struct spawn_task task = {.argv = argv,
				  .envp = envp,
				  .cwd = launch->cwd,
				  .input_fd = shim->input_fd,
				  .output_fd = shim->write_fds[0],
				  .error_fd = shim->write_fds[launch->keep_stdout ? 1 : 0],
				  .cgroup_fd = shim->cgroup_fd,
				  .memory_bytes = launch->memory_bytes,
				  .cgroup_limits_memory = (shim->held_limits & LIMITS_MEMORY) != 0};
	struct spawn_result result;

	build_command(launch, argv, envp, own);
	shim->started = clock_now();
	if (!spawn_task(&task, &result))
		return refuse(shim, "%s", result.reason);
	*first = result.pid;
	if (!result.is_in_cgroup)
		tell_session(shim, result.pid);
	limits_tell(launch, result.is_in_cgroup ? shim->held_limits : 0, &shim->log,
		    shim->started.wall_ms);
	close_given(shim);
	return 0;
}

static bool is_out_of_memory(const struct shim *shim)
{
	return shim->claim.cgroup[0] != '\0' &&
	       cgroup_number(shim->claim.cgroup, "memory.events", "oom_kill") > 0;
}

static void judge(struct shim *shim, const struct watch *watch)
{
	struct attempt_end *end = &shim->end;
	int code = WIFEXITED(watch->status) ? WEXITSTATUS(watch->status) : 0;

	end->signal = WIFSIGNALED(watch->status) ? WTERMSIG(watch->status) : 0;
	if (watch->is_timed_out)
		end->cause = CAUSE_TIMEOUT;
	else if (watch->is_cancelled)
		end->cause = CAUSE_CANCELLED;
	else if (end->signal == 0 && code == 0)
		end->cause = CAUSE_SUCCESS;
	else if (is_out_of_memory(shim))
		end->cause = CAUSE_OUT_OF_MEMORY;
	else if (end->signal != 0)
		end->cause = CAUSE_SIGNAL;
	else
		end->cause = code == EXIT_CODE_SKIP ? CAUSE_SKIPPED : CAUSE_EXIT_CODE;
	if (end->cause == CAUSE_EXIT_CODE || end->cause == CAUSE_SKIPPED)
		end->exit_code = code;
}

static void measure(struct shim *shim)
{
	struct attempt_end *end = &shim->end;
	struct moment now = clock_now();
	struct shim_log_loss dropped = shim_log_dropped(&shim->log);
	struct rusage usage;
	int64_t peak = -1;

	getrusage(RUSAGE_CHILDREN, &usage);
	if (shim->claim.cgroup[0] != '\0')
		peak = cgroup_number(shim->claim.cgroup, "memory.peak", NULL);
	end->started_at_ms = shim->started.wall_ms;
	end->duration_ms = now.boot_ms - shim->started.boot_ms;
	end->max_rss_bytes = peak > 0 ? peak : usage.ru_maxrss * 1024;
	end->cpu_user_us = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec;
	end->cpu_system_us = usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec;
	end->log_bytes = shim->log.written_bytes;
	end->log_dropped_bytes = dropped.bytes;
	end->log_dropped_lines = dropped.lines;
}

/* What cannot be kept stops no task: who wants to read it finds none, and the log says why. */
static void keep_stdout(struct shim *shim)
{
	char path[PLACE_PATH_SIZE];
	char note[160];
	int rc;

	if (shim->kept == NULL)
		return;
	rc = kept_write(shim->kept, place_stdout(shim->launch.day, shim->launch.name, path));
	if (rc == 0)
		return;
	snprintf(note, sizeof note, "stdout cannot be kept for the outputs: %s", strerror(rc));
	shim_log_note(&shim->log, note, clock_now().wall_ms);
}

/* Nobody writes there any more. A folder in which there is nothing is no news, and goes. */
static void bound_artifacts(struct shim *shim)
{
	struct artifacts_cut cut;
	char path[PLACE_PATH_SIZE];
	char note[ARTIFACTS_NOTE_SIZE];

	if (!shim->launch.want_artifacts)
		return;
	place_artifacts(shim->launch.day, shim->launch.name, path);
	artifacts_bound(path, ARTIFACTS_LOOKED_AT, &cut);
	if (artifacts_note(&cut, note))
		shim_log_note(&shim->log, note, clock_now().wall_ms);
}

static void watch_task(struct shim *shim, pid_t first)
{
	struct watch watch = {.first = first,
			      .output_fds = {shim->read_fds[0], shim->read_fds[1]},
			      .signal_fd = shim->place->signal_fd,
			      .cgroup = shim->claim.cgroup,
			      .timeout_ms = shim->launch.timeout_ms,
			      .grace_ms = shim->launch.grace_ms,
			      .started_boot_ms = shim->started.boot_ms,
			      .log = &shim->log,
			      .kept = shim->kept};

	watch_run(&watch);
	keep_stdout(shim);
	bound_artifacts(shim);
	shim_log_finish(&shim->log, clock_now().wall_ms);
	judge(shim, &watch);
	measure(shim);
}

static bool daemon_listens(const struct shim *shim)
{
	struct pollfd alive = {shim->place->alive_fd, 0, 0};

	return poll(&alive, 1, 0) == 0;
}

/* Where logs/ lies on a file system of its own, or the claim was removed, the claim's file cannot
 * have a second name in the spool: then it is a copy, written aside. */
static int copy_record(const struct shim *shim, const char *record)
{
	unsigned char bytes[CLAIM_FILE_BYTES];
	char aside[PLACE_PATH_SIZE + 8];
	int fd;
	int rc;

	if (pread(shim->claim_fd, bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return ERR_IO;
	snprintf(aside, sizeof aside, PLACE_EXIT "/.%s", shim->launch.name);
	fd = sys_open(aside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return ERR_IO;
	rc = fd_write_all(fd, bytes, sizeof bytes, NULL);
	if (rc == 0 && !daemon_listens(shim) && sys_fdatasync(fd) != 0)
		rc = ERR_IO;
	fd_close(&fd);
	if (rc == 0 && sys_rename(aside, record) != 0)
		rc = ERR_IO;
	return rc;
}

/* Whether the name in the spool is one of our claim's file: an attempt before this one made it. */
static bool is_announced(const struct shim *shim, const char *record)
{
	struct stat there;
	struct stat own;

	return stat(record, &there) == 0 && fstat(shim->claim_fd, &own) == 0 &&
	       there.st_dev == own.st_dev && there.st_ino == own.st_ino;
}

/* The file that is linked is the one we hold, not the one that has the claim's name by now. One
 * without any name left cannot be given one again (ENOENT, as for a spool that is not there: the
 * copy then fails too). */
static int announce(const struct shim *shim)
{
	char record[PLACE_PATH_SIZE];

	place_record(shim->launch.name, record);
	if (claim_link(shim->claim_fd, record) == 0)
		return 0;
	if (errno == EEXIST && is_announced(shim, record))
		return 0;
	if (errno != EEXIST && errno != EXDEV && errno != ENOENT)
		return ERR_IO;
	return copy_record(shim, record);
}

static int tell_end(const struct shim *shim)
{
	if (claim_write_record(shim->claim_fd, &shim->end) != 0)
		return ERR_IO;
	if (announce(shim) != 0)
		return ERR_IO;
	/* With a daemon there, its commit makes the end durable. */
	if (daemon_listens(shim))
		return 0;
	if (sys_fdatasync(shim->claim_fd) != 0)
		return ERR_IO;
	return file_sync_folder(PLACE_EXIT, NULL);
}

static void sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		sys_fdatasync(fd);
	fd_close(&fd);
}

/* What outputs are read from is to be there when the record is, after a power cut too. With a
 * daemon there, it has read them by the time its commit makes the end durable. */
static void sync_outputs(const struct shim *shim)
{
	const struct frame_launch *launch = &shim->launch;
	char path[PLACE_PATH_SIZE];

	if (daemon_listens(shim))
		return;
	sync_file(place_output(launch->day, launch->name, path));
	sync_file(place_stdout(launch->day, launch->name, path));
}

/* The home itself was removed: there is nobody to wait, and no place to tell anything in. A claim
 * or a spool that is missing alone is no reason to be silent. */
static bool is_homeless(void)
{
	char path[PATH_MAX];

	return getcwd(path, sizeof path) == NULL && errno == ENOENT;
}

/* The task could not be started. */
static void leave_artifacts(const struct shim *shim)
{
	char path[PLACE_PATH_SIZE];

	if (shim->launch.want_artifacts)
		rmdir(place_artifacts(shim->launch.day, shim->launch.name, path));
}

static void leave_cgroup(const struct shim *shim)
{
	cgroup_remove(shim->claim.cgroup);
	/* The last one out, when the launcher ends before us. While others are in, it stays. */
	if (shim->claim.cgroup[0] != '\0' && !daemon_listens(shim))
		rmdir(shim->place->cgroup_base);
}

__attribute__((noreturn)) static void finish(struct shim *shim)
{
	const struct timespec pause = {1, 0};

	shim->end.attempt_id = shim->launch.attempt_id;
	shim->end.ended_at_ms = clock_now().wall_ms;
	leave_cgroup(shim);
	sync_outputs(shim);
	while (tell_end(shim) != 0) {
		if (is_homeless())
			_exit(SHIM_EXIT_UNTOLD);
		nanosleep(&pause, NULL);
	}
	_exit(0);
}

__attribute__((noreturn)) void shim_run(const struct shim_place *place, const void *frame,
					size_t size)
{
	struct shim shim;
	pid_t first = 0;

	/* Not the whole of it: the log's buffers stay untouched until they are used. */
	memset(&shim, 0, offsetof(struct shim, log));
	shim.place = place;
	shim.claim_fd = shim.cgroup_fd = shim.input_fd = -1;
	shim.read_fds[0] = shim.read_fds[1] = -1;
	shim.write_fds[0] = shim.write_fds[1] = -1;
	sys_fault_role("shim");
	if (!frame_launch_decode(frame, size, &shim.launch))
		_exit(EINVAL);
	settle(&shim);
	claim_or_leave(&shim);
	if (open_files(&shim) == 0 && start_task(&shim, &first) == 0) {
		watch_task(&shim, first);
	} else {
		shim.end.cause = CAUSE_COULD_NOT_START;
		leave_artifacts(&shim);
	}
	finish(&shim);
}
