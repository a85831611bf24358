/* sim_random.c - thousands of random worlds, each decided by its seed.
 *
 *	sim_random [SEED [COUNT]]	worlds SEED, SEED+1 ... (default: 2000 from HEDDLE_SIM_SEED,
 *or from the clock)
 *
 * Every eighth world keeps its rows in a real database, too. A broken invariant, a failed assert or
 * what a sanitizer finds ends the process that lives through the worlds; its parent then prints the
 * seed, and "sim_random SEED 1" does the same again. */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 2
#define STORE_EVERY 8

/* Shared by a worker and its parent. */
struct progress {
	uint64_t seed; /* of the world lived through now */
	struct world_stats stats;
};

static void live(uint64_t first, uint64_t count, uint64_t worker, struct progress *progress)
{
	for (uint64_t i = worker; i < count; i += WORKERS) {
		progress->seed = first + i;
		world_run(first + i, (first + i) % STORE_EVERY == 0, &progress->stats);
	}
}

static pid_t start_worker(uint64_t first, uint64_t count, uint64_t worker,
			  struct progress *progress)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	live(first, count, worker, progress);
	exit(0);
}

/* Returns true when the worker lived through all its worlds. */
static bool wait_for(pid_t pid, const struct progress *progress)
{
	int status = 0;
	char path[64];

	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return true;
	printf("seed %" PRIu64 " failed; repeat it with: sim_random %" PRIu64 " 1\n",
	       progress->seed, progress->seed);
	disk_path(path, pid, progress->seed);
	if (access(path, F_OK) == 0)
		printf("its database is left as %s\n", path);
	return false;
}

static void add(struct world_stats *sum, const struct world_stats *part)
{
	sum->steps += part->steps;
	sum->commits += part->commits;
	sum->attempts += part->attempts;
	sum->runs += part->runs;
	sum->crashes += part->crashes;
	sum->reboots += part->reboots;
	sum->cancels += part->cancels;
	sum->reruns += part->reruns;
	sum->marks += part->marks;
	sum->prunes += part->prunes;
	sum->pauses += part->pauses;
	sum->late += part->late;
	sum->jumps += part->jumps;
	sum->compared += part->compared;
}

static void print(const struct world_stats *sum)
{
	printf("steps=%" PRIu64 " commits=%" PRIu64 " runs=%" PRIu64 " attempts=%" PRIu64
	       " crashes=%" PRIu64 " reboots=%" PRIu64 " cancels=%" PRIu64 " reruns=%" PRIu64
	       " marks=%" PRIu64 " prunes=%" PRIu64 " pauses=%" PRIu64 " late=%" PRIu64
	       " jumps=%" PRIu64 " compared=%" PRIu64 "\n",
	       sum->steps, sum->commits, sum->runs, sum->attempts, sum->crashes, sum->reboots,
	       sum->cancels, sum->reruns, sum->marks, sum->prunes, sum->pauses, sum->late,
	       sum->jumps, sum->compared);
}

static bool run_all(uint64_t first, uint64_t count)
{
	struct progress *progress = mmap(NULL, WORKERS * sizeof *progress, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct world_stats sum = {0};
	pid_t pids[WORKERS];
	bool passed = true;

	if (progress == MAP_FAILED)
		return false;
	for (uint64_t i = 0; i < WORKERS; i++)
		pids[i] = start_worker(first, count, i, &progress[i]);
	for (size_t i = 0; i < WORKERS; i++) {
		passed = wait_for(pids[i], &progress[i]) && passed;
		add(&sum, &progress[i].stats);
	}
	print(&sum);
	/* Worlds in which nothing happens would pass, too. */
	if (passed && count >= 1000 &&
	    (sum.crashes == 0 || sum.reboots == 0 || sum.cancels == 0 || sum.reruns == 0 ||
	     sum.marks == 0 || sum.prunes == 0 || sum.pauses == 0 || sum.late == 0 ||
	     sum.jumps == 0 || sum.compared == 0 || sum.attempts < count)) {
		printf("the worlds were too quiet to show anything\n");
		passed = false;
	}
	munmap(progress, WORKERS * sizeof *progress);
	return passed;
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : getenv("HEDDLE_SIM_SEED");
	uint64_t first = (uint64_t)time(NULL) * 100000;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 2000;

	if (wanted != NULL && *wanted != '\0')
		first = strtoull(wanted, NULL, 10);
	printf("seeds %" PRIu64 " to %" PRIu64 "\n", first, first + count - 1);
	return run_all(first, count) ? 0 : 1;
}
