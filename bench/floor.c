/* floor.c - the floor that Heddle is measured against: a bare loop that does the least which still
 * records every start and every end of a task on disk.
 *
 *	heddle-floor TASKS IN_FLIGHT DIR
 *
 * For each task: one SQLite commit (WAL, synchronous=FULL) before its start, a shim forked from the
 * loop, and one such commit after its end. The shim makes a session of its own, runs /bin/true with
 * posix_spawn, waits for it and leaves the exit code in a synced file. Nothing is decided, nothing
 * is shown, nothing survives a kill: whatever more a workflow engine does costs the difference.
 *
 * Prints one line, "tasks=1000 in_flight=8 seconds=0.523 rate=1912.0". The clock runs from before
 * the first commit until after the last one. DIR must exist and hold no floor.db. */
#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IN_FLIGHT_MAX 1024
#define PATH_SIZE 4096

struct floor {
	sqlite3 *db;
	sqlite3_stmt *start;
	sqlite3_stmt *end;
	const char *folder;
	uint32_t task_count;
	uint32_t started;
	uint32_t ended;
	uint32_t in_flight_max;
	struct {
		pid_t pid; /* 0 = free */
		uint32_t task;
	} shims[IN_FLIGHT_MAX];
};

static const char schema[] = "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "CREATE TABLE task(id INTEGER PRIMARY KEY, state TEXT NOT NULL,"
			     " started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, exit_code"
			     " INTEGER) STRICT;";

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int complain(const struct floor *floor, const char *what)
{
	fprintf(stderr, "heddle-floor: %s: %s\n", what,
		floor->db != NULL && sqlite3_errcode(floor->db) != SQLITE_OK
		    ? sqlite3_errmsg(floor->db)
		    : "failed");
	return -1;
}

static int floor_open(struct floor *floor)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/floor.db", floor->folder);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "heddle-floor: '%s' exists: give an empty folder\n", path);
		return -1;
	}
	if (sqlite3_open(path, &floor->db) != SQLITE_OK ||
	    sqlite3_exec(floor->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(floor->db, "INSERT INTO task VALUES(?, 'running', ?, NULL, NULL)",
			       -1, &floor->start, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(floor->db,
			       "UPDATE task SET state = 'success', ended_at_ms = ?2, exit_code = "
			       "?3 WHERE id = ?1",
			       -1, &floor->end, NULL) != SQLITE_OK)
		return complain(floor, "open the database");
	return 0;
}

static void floor_close(struct floor *floor)
{
	sqlite3_finalize(floor->start);
	sqlite3_finalize(floor->end);
	sqlite3_close(floor->db);
}

/* One statement outside of BEGIN is one transaction: it returns when it is on disk. */
static int commit(struct floor *floor, sqlite3_stmt *statement, uint32_t task, int exit_code)
{
	sqlite3_bind_int64(statement, 1, task);
	sqlite3_bind_int64(statement, 2, clock_ms(CLOCK_REALTIME));
	if (statement == floor->end)
		sqlite3_bind_int(statement, 3, exit_code);
	if (sqlite3_step(statement) != SQLITE_DONE)
		return complain(floor, "commit");
	sqlite3_reset(statement);
	return 0;
}

/* Runs in the forked child, so it may only make calls that are safe there: it never touches the
 * database and never returns. Its own exit code says whether the record could be written. */
static void shim(const char *folder, uint32_t task)
{
	char name[] = "true";
	char *const argv[] = {name, NULL};
	char path[PATH_SIZE];
	char text[16];
	pid_t pid;
	int status = 0;
	int length;
	int fd;

	setsid();
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid)
		_exit(1);
	snprintf(path, sizeof path, "%s/%u.exit", folder, task);
	length = snprintf(text, sizeof text, "%d\n", WEXITSTATUS(status));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, (size_t)length) != length || fdatasync(fd) != 0)
		_exit(1);
	_exit(WEXITSTATUS(status));
}

static int task_start(struct floor *floor)
{
	uint32_t slot = 0;
	pid_t pid;

	if (commit(floor, floor->start, floor->started, 0) != 0)
		return -1;
	while (floor->shims[slot].pid != 0)
		slot++;
	pid = fork();
	if (pid < 0)
		return complain(floor, "fork");
	if (pid == 0)
		shim(floor->folder, floor->started);
	floor->shims[slot].pid = pid;
	floor->shims[slot].task = floor->started++;
	return 0;
}

/* Waits until any shim has ended and records the end of its task. */
static int task_end(struct floor *floor)
{
	uint32_t slot = 0;
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0)
		return complain(floor, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return complain(floor, "a shim");
	while (floor->shims[slot].pid != pid)
		slot++;
	floor->shims[slot].pid = 0;
	floor->ended++;
	return commit(floor, floor->end, floor->shims[slot].task, WEXITSTATUS(status));
}

static int floor_run(struct floor *floor)
{
	while (floor->ended < floor->task_count) {
		bool may_start = floor->started < floor->task_count &&
				 floor->started - floor->ended < floor->in_flight_max;

		if ((may_start ? task_start(floor) : task_end(floor)) != 0)
			return -1;
	}
	return 0;
}

static bool parse_count(const char *text, uint32_t most, uint32_t *count)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > most)
		return false;
	*count = (uint32_t)value;
	return true;
}

int main(int argc, char **argv)
{
	static struct floor floor; /* static for its size, not to be shared */
	double began_s;
	double seconds;
	int rc;

	if (argc != 4 || !parse_count(argv[1], 10000000, &floor.task_count) ||
	    !parse_count(argv[2], IN_FLIGHT_MAX, &floor.in_flight_max)) {
		fprintf(stderr, "usage: heddle-floor TASKS IN_FLIGHT(1-%d) DIR\n", IN_FLIGHT_MAX);
		return 2;
	}
	floor.folder = argv[3];
	rc = floor_open(&floor);
	if (rc != 0)
		goto out;
	began_s = clock_s();
	rc = floor_run(&floor);
	if (rc != 0)
		goto out;
	seconds = clock_s() - began_s;
	printf("tasks=%u in_flight=%u seconds=%.4f rate=%.1f\n", floor.task_count,
	       floor.in_flight_max, seconds, floor.task_count / seconds);
out:
	floor_close(&floor);
	return rc == 0 ? 0 : 1;
}
