/* tree.c - finding and ending process trees; see tree.h. */
#include "executor/process/tree.h"

#include "executor/process/cgroup.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TERMINATE_ROUNDS 5

/* Appends everything below the calling process to tree. With SIGKILL each is killed before its
 * children are listed: a process that got it makes no more of them. */
static void walk(struct pids *tree, int signal, bool (*spared)(const void *context, pid_t child),
		 const void *context)
{
	size_t own;

	procfs_children(getpid(), tree);
	own = tree->count;
	for (size_t i = 0; spared != NULL && i < own;) {
		if (spared(context, tree->items[i]))
			tree->items[i] = tree->items[--own];
		else
			i++;
	}
	tree->count = own;
	for (size_t i = 0; i < tree->count; i++) {
		if (signal == SIGKILL)
			kill(tree->items[i], signal);
		procfs_children(tree->items[i], tree);
	}
}

size_t tree_kill(bool (*spared)(const void *context, pid_t child), const void *context)
{
	struct pids tree = {0};
	size_t found;

	walk(&tree, SIGKILL, spared, context);
	found = tree.count;
	vec_close(&tree);
	return found;
}

static bool contains(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->count; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

/* Asks those of tree that were not asked yet. Returns how many there were. */
static size_t terminate_new(const struct pids *tree, struct pids *asked)
{
	size_t before = asked->count;

	for (size_t i = 0; i < tree->count; i++) {
		if (contains(asked, tree->items[i]))
			continue;
		vec_push(asked, tree->items[i]);
		kill(tree->items[i], SIGTERM);
		kill(tree->items[i], SIGCONT); /* a stopped one could not act on it */
	}
	return asked->count - before;
}

void tree_terminate(void)
{
	struct pids asked = {0};
	bool is_new = true;

	/* The whole list first, the signals after: the children of one that dies of it would not be
	 * found below it any more. Again for those that were born meanwhile. */
	for (int round = 0; is_new && round < TERMINATE_ROUNDS; round++) {
		struct pids tree = {0};

		walk(&tree, 0, NULL, NULL);
		is_new = terminate_new(&tree, &asked) > 0;
		vec_close(&tree);
	}
	vec_close(&asked);
}

/* The first process of the task made the session. While it lives, its start time tells whether the
 * session is still the same; once it is dead, the kernel gives its number to nobody else as long as
 * the session has members, so that members older than the task are none. */
static bool is_in_session(const struct procfs_stat *stat, const struct claim *claim)
{
	struct procfs_stat leader;

	if (claim->task_pid <= 0 || stat->session != claim->task_pid ||
	    stat->start < claim->task_start)
		return false;
	return !procfs_read_stat(claim->task_pid, &leader) || leader.start == claim->task_start;
}

static bool belongs(const struct procfs_stat *stat, const char *name, const struct claim *claim)
{
	if (name[0] != '\0')
		return strcmp(name, claim->name) == 0;
	return is_in_session(stat, claim);
}

/* Kills the process if it is still the one that was looked at. */
static void kill_exactly(pid_t pid, uint64_t start)
{
	int fd = procfs_open(pid, start);

	if (fd < 0)
		return;
	syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	close(fd);
}

static void judge_process(pid_t pid, struct tree_remains *remains, size_t count)
{
	char name[PLACE_NAME_SIZE] = "";
	struct procfs_stat stat;

	if (!procfs_read_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return;
	procfs_env(pid, "HEDDLE_ATTEMPT_ID", name, sizeof name);
	for (size_t i = 0; i < count; i++) {
		if (!belongs(&stat, name, remains[i].claim))
			continue;
		remains[i].found++;
		kill_exactly(pid, stat.start);
	}
}

void tree_kill_remains(struct tree_remains *remains, size_t count)
{
	struct pids all = {0};

	for (size_t i = 0; i < count; i++) {
		remains[i].found = 0;
		if (remains[i].claim->cgroup[0] != '\0' &&
		    cgroup_is_populated(remains[i].claim->cgroup)) {
			cgroup_kill(remains[i].claim->cgroup);
			remains[i].found++;
		}
	}
	procfs_all(&all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i] != getpid())
			judge_process(all.items[i], remains, count);
	vec_close(&all);
}
