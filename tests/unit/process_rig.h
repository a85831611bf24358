/* process_rig.h - a home, a loop and an executor for the tests of executor/process.
 *
 * A test runs real processes and waits for their ends; nothing sleeps for a guessed time. */
#ifndef HEDDLE_TESTS_UNIT_PROCESS_RIG_H
#define HEDDLE_TESTS_UNIT_PROCESS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "executor/process/claim.h"
#include "executor/process/place.h"
#include "executor/process/process.h"
#include "executor/process/procfs.h"
#include "executor/process/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RIG_ENDS_MAX 4096
#define RIG_PATIENCE_MS 30000
#define RIG_LEAVE_MS 10000 /* for what is on its way out at the end of a test */

/* For a task: waits for the file `go`, but not for ever, whatever becomes of the test. */
#define RIG_WAIT_FOR_GO \
	"i=0; while ! test -e go && test $i -lt 3000; do sleep 0.01; i=$((i+1)); done"

struct rig {
	pid_t owner; /* a fork of the test that fails just dies */
	char home[64];
	char incarnation[32];
	char boot_id[64];
	uv_loop_t loop;
	uv_timer_t patience;
	struct process_executor *executor;
	int64_t released_at_ms;
	struct attempt_end ends[RIG_ENDS_MAX];
	size_t end_count;
	unsigned ready_count;
	int64_t started_id; /* the last that was told to have begun; 0 = none */
	int64_t started_at_ms;
	unsigned started_count;
	unsigned trouble_count;
	char trouble[512]; /* the last one, "" once it is over */
	bool is_stopped;
	bool is_impatient;
	bool forgets; /* forgets each record when its end is told */
};

static inline struct process_ref rig_ref(const struct rig *rig, int64_t id)
{
	struct process_ref ref = {id, rig->released_at_ms};

	return ref;
}

static inline void rig_on_ended(void *context, const struct attempt_end *end)
{
	struct rig *rig = context;

	assert_true(rig->end_count < RIG_ENDS_MAX);
	rig->ends[rig->end_count++] = *end;
	uv_stop(&rig->loop); /* rig_until looks again before the loop waits */
	if (rig->forgets)
		process_forget(rig->executor, rig_ref(rig, end->attempt_id));
}

static inline void rig_on_trouble(void *context, int64_t attempt_id, const char *text)
{
	struct rig *rig = context;

	(void)attempt_id;
	rig->trouble_count += text != NULL;
	snprintf(rig->trouble, sizeof rig->trouble, "%s", text == NULL ? "" : text);
	uv_stop(&rig->loop);
}

static inline void rig_on_ready(void *context)
{
	struct rig *rig = context;

	rig->ready_count++;
	uv_stop(&rig->loop);
}

static inline void rig_on_started(void *context, int64_t attempt_id, int64_t started_at_ms)
{
	struct rig *rig = context;

	rig->started_id = attempt_id;
	rig->started_at_ms = started_at_ms;
	rig->started_count++;
	uv_stop(&rig->loop);
}

static inline void rig_on_stopped(void *context)
{
	struct rig *rig = context;

	rig->is_stopped = true;
	uv_stop(&rig->loop);
}

static inline void rig_on_patience(uv_timer_t *timer)
{
	struct rig *rig = timer->data;

	rig->is_impatient = true;
}

/* In a fork, the runner of the tests must not go on a second time. */
static inline void rig_check_owner(const struct rig *rig)
{
	if (getpid() != rig->owner)
		kill(getpid(), SIGKILL);
}

/* Runs the loop until the condition holds; fails the test when it takes too long. */
#define rig_until(rig, condition)                                                               \
	do {                                                                                    \
		(rig)->is_impatient = false;                                                    \
		uv_timer_start(&(rig)->patience, rig_on_patience, RIG_PATIENCE_MS, 0);          \
		while (!(condition) && !(rig)->is_impatient)                                    \
			uv_run(&(rig)->loop, UV_RUN_ONCE);                                      \
		uv_timer_stop(&(rig)->patience);                                                \
		if (!(condition))                                                               \
			rig_check_owner(rig);                                                   \
		if (!(condition))                                                               \
			fail_msg("%s:%d: never came true: %s", __FILE__, __LINE__, #condition); \
	} while (0)

static inline void rig_on_pause(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
	uv_stop(timer->loop);
}

/* As rig_until, for a condition that no event of the loop tells of: looked at every few ms. */
#define rig_until_seen(rig, condition)                                                    \
	do {                                                                              \
		uv_timer_t *rig_look = mem_alloc(sizeof *rig_look);                       \
		bool rig_looked = false;                                                  \
		uv_timer_init(&(rig)->loop, rig_look);                                    \
		rig_look->data = &rig_looked;                                             \
		uv_timer_start(rig_look, rig_on_pause, 1, 5);                             \
		rig_until(rig, condition);                                                \
		uv_close((uv_handle_t *)rig_look, (uv_close_cb)(void (*)(void))mem_free); \
		uv_run(&(rig)->loop, UV_RUN_NOWAIT);                                      \
	} while (0)

static inline void rig_start(struct rig *rig)
{
	struct process_config config = {rig->home, HEDDLE_SHIM_BUILT, rig->boot_id,
					rig->incarnation};
	struct process_events events = {rig, rig_on_ended, rig_on_trouble, rig_on_ready,
					rig_on_started};
	struct err err;

	rig->is_stopped = false;
	rig->ready_count = 0;
	if (process_executor_start(&rig->loop, &config, &events, &rig->executor, &err) != 0)
		fail_msg("%s", err.message);
}

static inline void rig_stop(struct rig *rig)
{
	process_executor_stop(rig->executor, rig_on_stopped, rig);
	rig_until(rig, rig->is_stopped);
	rig->executor = NULL;
}

static inline struct rig *rig_create(void)
{
	struct rig *rig = mem_alloc(sizeof *rig);
	struct str boot = STR_INIT;

	/* What the executor leaves behind when it is killed becomes ours, and is seen. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	rig->owner = getpid();
	snprintf(rig->home, sizeof rig->home, "/tmp/heddle-rig-XXXXXX");
	assert_non_null(mkdtemp(rig->home));
	snprintf(rig->incarnation, sizeof rig->incarnation, "t%d%s", (int)getpid(), rig->home + 16);
	assert_int_equal(file_read("/proc/sys/kernel/random/boot_id", 64, &boot, NULL), 0);
	snprintf(rig->boot_id, sizeof rig->boot_id, "%.36s", str_text(&boot));
	str_close(&boot);
	rig->released_at_ms = clock_now().wall_ms;
	uv_loop_init(&rig->loop);
	uv_timer_init(&rig->loop, &rig->patience);
	rig->patience.data = rig;
	uv_unref((uv_handle_t *)&rig->patience);
	rig_start(rig);
	return rig;
}

static inline void rig_remove(const char *path)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

/* Waits for the children that are left: for a while for them to go by themselves, then they are
 * killed with all that is below them, so that a test that failed leaves nothing on the machine.
 * Returns whether they went by themselves. */
static inline bool rig_reap(void)
{
	const struct timespec pause = {0, 2000000};
	int64_t until_ms = clock_now().boot_ms + RIG_LEAVE_MS;
	bool is_late = false;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		is_late |= clock_now().boot_ms > until_ms;
		if (is_late)
			tree_kill(NULL, NULL);
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	return !is_late;
}

static inline void rig_close_loop(struct rig *rig)
{
	uv_close((uv_handle_t *)&rig->patience, NULL);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
}

/* Stops, and finds that nothing was left behind: no process, no handle. */
static inline void rig_destroy(struct rig *rig)
{
	bool went;

	if (rig->executor != NULL) {
		process_executor_stop(rig->executor, rig_on_stopped, rig);
		rig->is_impatient = false;
		uv_timer_start(&rig->patience, rig_on_patience, RIG_LEAVE_MS, 0);
		while (!rig->is_stopped && !rig->is_impatient)
			uv_run(&rig->loop, UV_RUN_ONCE);
	}
	went = rig_reap();
	rig_remove(rig->home);
	assert_true(rig->is_stopped);
	rig_close_loop(rig);
	mem_free(rig);
	assert_true(went); /* shims that just told their end may be on their way, nothing else */
}

static inline struct process_launch rig_command(const struct rig *rig, int64_t id,
						const char *command)
{
	static const struct env_var env[] = {{"PATH", "/usr/bin:/bin"}};
	struct process_launch launch = {.ref = rig_ref(rig, id),
					.command = command,
					.env = env,
					.env_count = 1,
					.cwd = rig->home,
					.grace_ms = 2000,
					.log_limit_bytes = 1u << 20};

	return launch;
}

/* The end of an attempt, NULL while it was not told. */
static inline const struct attempt_end *rig_end(const struct rig *rig, int64_t id)
{
	for (size_t i = 0; i < rig->end_count; i++)
		if (rig->ends[i].attempt_id == id)
			return &rig->ends[i];
	return NULL;
}

static inline size_t rig_end_count(const struct rig *rig, int64_t id)
{
	size_t count = 0;

	for (size_t i = 0; i < rig->end_count; i++)
		count += rig->ends[i].attempt_id == id;
	return count;
}

static inline const struct attempt_end *rig_run(struct rig *rig,
						const struct process_launch *launch)
{
	process_launch(rig->executor, launch);
	rig_until(rig, rig_end(rig, launch->ref.attempt_id) != NULL);
	return rig_end(rig, launch->ref.attempt_id);
}

static inline const struct attempt_end *rig_run_command(struct rig *rig, int64_t id,
							const char *command)
{
	struct process_launch launch = rig_command(rig, id, command);

	return rig_run(rig, &launch);
}

/* A file of the home, "" when it is not there; the caller's. */
static inline char *rig_read(const struct rig *rig, const char *name)
{
	char path[PATH_MAX];
	struct str text = STR_INIT;

	snprintf(path, sizeof path, "%s/%s", rig->home, name);
	if (file_read(path, 1u << 28, &text, NULL) != 0)
		str_clear(&text);
	return str_take(&text);
}

static inline char *rig_log(const struct rig *rig, int64_t id)
{
	char path[PATH_MAX];
	struct str text = STR_INIT;

	process_log_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
	if (file_read(path, 1u << 28, &text, NULL) != 0)
		str_clear(&text);
	return str_take(&text);
}

/* The log without the time of each line; the caller's. */
static inline char *rig_log_text(const struct rig *rig, int64_t id)
{
	char *log = rig_log(rig, id);
	struct str out = STR_INIT;

	for (char *line = log; *line != '\0';) {
		size_t length = strcspn(line, "\n");

		assert_true(length >= 25);
		assert_int_equal(line[23], 'Z');
		str_append_bytes(&out, line + 25, length - 25 + (line[length] == '\n'));
		line += length + (line[length] == '\n');
	}
	mem_free(log);
	return str_take(&out);
}

static inline bool rig_has(const struct rig *rig, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", rig->home, name);
	return access(path, F_OK) == 0;
}

static inline bool rig_read_claim(const struct rig *rig, int64_t id, struct claim *claim)
{
	struct claim_file file;
	char path[PATH_MAX];

	process_claim_path(rig->home, rig->incarnation, rig_ref(rig, id), path);
	if (claim_file_read(path, &file, NULL) != 0 || !file.is_claim)
		return false;
	*claim = file.claim;
	return true;
}

static inline pid_t rig_launcher_pid(const struct rig *rig)
{
	char *text = rig_read(rig, "spool/launcher.lock");
	int pid = 0;

	sscanf(text, "1 %*s %d", &pid);
	mem_free(text);
	return pid;
}

static inline void rig_expect_file(const struct rig *rig, const char *name, const char *expected)
{
	char *text = rig_read(rig, name);

	assert_string_equal(text, expected);
	mem_free(text);
}

static inline void rig_touch(const struct rig *rig, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", rig->home, name);
	close(open(path, O_CREAT | O_CLOEXEC, 0600));
}

/* The process whose number stands in a file of the home is gone. */
static inline void rig_expect_dead(const struct rig *rig, const char *name)
{
	char *text = rig_read(rig, name);
	struct procfs_stat stat;
	pid_t pid = atoi(text);

	mem_free(text);
	assert_true(pid > 1);
	if (procfs_read_stat(pid, &stat))
		assert_true(stat.state == 'Z' || stat.state == 'X');
}

/* Runs a daemon in a process of its own: it launches and is killed, with -9, once the file appears.
 * The rig's own executor is not running meanwhile. */
static inline void rig_run_daemon_until(struct rig *rig, const struct process_launch *launch,
					const char *name)
{
	pid_t pid;

	rig_stop(rig);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uv_loop_fork(&rig->loop);
		rig_start(rig);
		process_launch(rig->executor, launch);
		rig_until_seen(rig, rig_has(rig, name));
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#define rig_expect_cause(end, wanted)                                                      \
	do {                                                                               \
		const struct attempt_end *rig_it = (end);                                  \
		if (rig_it->cause != (wanted))                                             \
			fail_msg("%s:%d: ended as %s (%s), not as %s", __FILE__, __LINE__, \
				 attempt_cause_name(rig_it->cause), rig_it->reason,        \
				 attempt_cause_name(wanted));                              \
	} while (0)

#endif
