/* test_process_chaos.c - daemon, launcher and shims are killed with -9 at random moments, alone and
 * together, while attempts run: each ends once, and has its effect once. Only an attempt whose own
 * shim was killed may be lost.
 *
 * The daemon is a process of its own here. What a real one commits to its database, this one
 * appends to two files: released before it launches, ended before it forgets. */
#include "tests/unit/process_rig.h"

#include <time.h>

#define ATTEMPTS 400
#define IN_FLIGHT 12

struct ledger {
	bool is_released[ATTEMPTS + 1];
	bool is_ended[ATTEMPTS + 1];
	int64_t released;
	int64_t ended;
};

struct daemon {
	struct rig *rig;
	struct ledger ledger;
	int released_fd;
	int ended_fd;
};

struct chaos {
	unsigned seed;
	unsigned shim_kills;
};

static unsigned any(struct chaos *chaos, unsigned below)
{
	chaos->seed = chaos->seed * 1664525u + 1013904223u;
	return (chaos->seed >> 8) % below;
}

static void read_ids(const struct rig *rig, const char *name, bool *is_there, int64_t *count)
{
	char *text = rig_read(rig, name);

	for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
		long id = strtol(line, NULL, 10);

		assert_in_range(id, 1, ATTEMPTS);
		*count += !is_there[id];
		is_there[id] = true;
	}
	mem_free(text);
}

static void write_line(int fd, int64_t id, const char *cause)
{
	char line[64];
	int length = snprintf(line, sizeof line, "%lld %s\n", (long long)id, cause);

	if (write(fd, line, (size_t)length) != length)
		_exit(3);
}

static int open_file(const struct rig *rig, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", rig->home, name);
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static struct process_launch launch_of(const struct rig *rig, int64_t id, char text[64])
{
	snprintf(text, 64, "echo %lld >>effect; sleep 0.02", (long long)id);
	return rig_command(rig, id, text);
}

static void release_next(struct daemon *daemon)
{
	while (daemon->ledger.released < ATTEMPTS &&
	       process_count(daemon->rig->executor) < IN_FLIGHT) {
		int64_t id = ++daemon->ledger.released;
		char text[64];
		struct process_launch launch = launch_of(daemon->rig, id, text);

		write_line(daemon->released_fd, id, "released");
		process_launch(daemon->rig->executor, &launch);
	}
}

static void on_ended(void *context, const struct attempt_end *end)
{
	struct daemon *daemon = context;

	if (!daemon->ledger.is_ended[end->attempt_id]) {
		write_line(daemon->ended_fd, end->attempt_id, attempt_cause_name(end->cause));
		daemon->ledger.is_ended[end->attempt_id] = true;
		daemon->ledger.ended++;
	}
	process_forget(daemon->rig->executor, rig_ref(daemon->rig, end->attempt_id));
	release_next(daemon);
	uv_stop(&daemon->rig->loop);
}

static void on_trouble(void *context, int64_t attempt_id, const char *text)
{
	(void)context;
	(void)attempt_id;
	(void)text;
}

static void on_ready(void *context)
{
	release_next(context);
}

/* One life of the daemon; ends by itself only when all attempts have. */
__attribute__((noreturn)) static void run_daemon(struct rig *rig)
{
	struct daemon *daemon = mem_alloc(sizeof *daemon);
	struct process_config config = {rig->home, HEDDLE_SHIM_BUILT, rig->boot_id,
					rig->incarnation};
	struct process_events events = {daemon, on_ended, on_trouble, on_ready, NULL};

	daemon->rig = rig;
	uv_loop_init(&rig->loop);
	read_ids(rig, "released", daemon->ledger.is_released, &daemon->ledger.released);
	read_ids(rig, "ended", daemon->ledger.is_ended, &daemon->ledger.ended);
	daemon->released_fd = open_file(rig, "released");
	daemon->ended_fd = open_file(rig, "ended");
	if (process_executor_start(&rig->loop, &config, &events, &rig->executor, NULL) != 0)
		_exit(2);
	for (int64_t id = 1; id <= daemon->ledger.released; id++) {
		char text[64];
		struct process_launch launch = launch_of(rig, id, text);

		if (!daemon->ledger.is_ended[id])
			process_adopt(rig->executor, &launch, true);
	}
	while (daemon->ledger.ended < ATTEMPTS)
		uv_run(&rig->loop, UV_RUN_ONCE);
	process_executor_stop(rig->executor, rig_on_stopped, rig);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	_exit(0);
}

static pid_t start_daemon(struct rig *rig)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		run_daemon(rig);
	return pid;
}

/* A random one of ours that works as a shim: they are below us, however their parents died. What is
 * below a shim is none, though it bears its name between fork and exec. */
static void kill_some_shim(struct chaos *chaos)
{
	struct pids tree = {0};
	struct pids shims = {0};

	procfs_children(getpid(), &tree);
	for (size_t i = 0; i < tree.count; i++) {
		char path[64];
		struct str line = STR_INIT;

		snprintf(path, sizeof path, "/proc/%d/cmdline", (int)tree.items[i]);
		if (file_read(path, 4096, &line, NULL) == 0 &&
		    str_starts_with(str_text(&line), "heddle-shim t"))
			vec_push(&shims, tree.items[i]);
		else
			procfs_children(tree.items[i], &tree);
		str_close(&line);
	}
	if (shims.count > 0 && kill(shims.items[any(chaos, (unsigned)shims.count)], SIGKILL) == 0)
		chaos->shim_kills++;
	vec_close(&tree);
	vec_close(&shims);
}

static void kill_launcher(const struct rig *rig)
{
	char *text = rig_read(rig, "spool/launcher.lock");
	unsigned long long start;
	int pid;
	int fd;

	if (sscanf(text, "1 %*s %d %llu", &pid, &start) == 2 &&
	    (fd = procfs_open(pid, start)) >= 0) {
		kill(pid, SIGKILL);
		close(fd);
	}
	mem_free(text);
}

/* Strikes until the daemon has done all. */
static void strike_until_done(struct chaos *chaos, struct rig *rig)
{
	pid_t daemon = start_daemon(rig);
	int64_t deadline_ms = clock_now().boot_ms + 120000;
	int status;

	for (;;) {
		struct timespec pause = {0, (long)(1 + any(chaos, 80)) * 1000000};
		unsigned what = any(chaos, 8);

		nanosleep(&pause, NULL);
		if (waitpid(daemon, &status, WNOHANG) == daemon)
			break;
		assert_true(clock_now().boot_ms < deadline_ms);
		if (what < 2 || what == 7)
			kill_some_shim(chaos);
		if (what == 2 || what == 3 || what == 7)
			kill_launcher(rig);
		if (what >= 4 && what != 6) {
			kill(daemon, SIGKILL);
			waitpid(daemon, NULL, 0);
			daemon = start_daemon(rig);
		}
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void count_effects(const struct rig *rig, unsigned *effects)
{
	char *text = rig_read(rig, "effect");

	for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		effects[strtol(line, NULL, 10)]++;
	mem_free(text);
}

static void judge(const struct chaos *chaos, const struct rig *rig)
{
	unsigned effects[ATTEMPTS + 1] = {0};
	unsigned ends[ATTEMPTS + 1] = {0};
	unsigned lost = 0;
	char *text = rig_read(rig, "ended");

	count_effects(rig, effects);
	for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
		char cause[32] = "";
		long id = 0;

		assert_int_equal(sscanf(line, "%ld %31s", &id, cause), 2);
		ends[id]++;
		if (strcmp(cause, "success") == 0)
			assert_int_equal(effects[id], 1);
		else
			assert_string_equal(cause, "lost");
		lost += cause[0] == 'l';
		assert_true(effects[id] <= 1);
	}
	for (size_t id = 1; id <= ATTEMPTS; id++)
		assert_int_equal(ends[id], 1);
	assert_true(lost <= chaos->shim_kills);
	mem_free(text);
}

static void expect_nothing_left(struct rig *rig)
{
	char command[256];

	assert_true(rig_reap());
	snprintf(command, sizeof command, "test -z \"$(ls -A %s/spool/exit)\"", rig->home);
	assert_int_equal(system(command), 0);
}

static void nothing_is_lost_or_doubled(void **state)
{
	struct chaos chaos = {.seed = (unsigned)time(NULL)};
	struct rig *rig = rig_create();
	const char *seed = getenv("HEDDLE_SEED");

	(void)state;
	if (seed != NULL)
		chaos.seed = (unsigned)strtoul(seed, NULL, 10);
	print_message("HEDDLE_SEED=%u\n", chaos.seed);
	rig_stop(rig);
	strike_until_done(&chaos, rig);
	judge(&chaos, rig);
	expect_nothing_left(rig);
	rig_destroy(rig);
}

static int reap(void **state)
{
	(void)state;
	rig_reap();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(nothing_is_lost_or_doubled, reap)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
