/* tree.c - finding and ending process trees; see tree.h. */
#include "executor/process/tree.h"

#include "base/file.h"
#include "executor/process/cgroup.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TERMINATE_ROUNDS 5

/* A process and whose child it was when it was listed. */
struct member {
	pid_t pid;
	pid_t parent;
};

struct members {
	struct member *items;
	size_t count;
	size_t capacity;
};

static void add_children(struct members *tree, pid_t parent)
{
	struct pids children = {0};

	procfs_children(parent, &children);
	for (size_t i = 0; i < children.count; i++) {
		struct member member = {children.items[i], parent};

		vec_push(tree, member);
	}
	vec_close(&children);
}

/* Whether the process is still below us: its parent is the one it was found with, or it is ours by
 * now, because that one died. */
static bool is_still(const struct member *member)
{
	struct procfs_stat stat;

	return procfs_read_stat(member->pid, &stat) &&
	       (stat.parent == member->parent || stat.parent == getpid());
}

/* A child of our own keeps its number until we wait for it. Any other may be gone, and its number
 * be a stranger's: the descriptor is opened first, and what the check then finds is either the
 * process behind it or proof that this one is dead, to whom a signal does nothing. */
static void signal_member(const struct member *member, int signal)
{
	int fd;

	if (member->parent == getpid()) {
		kill(member->pid, signal);
		return;
	}
	fd = (int)syscall(SYS_pidfd_open, member->pid, 0);
	if (fd >= 0 && is_still(member))
		syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	else if (fd < 0 && errno != ESRCH && is_still(member))
		kill(member->pid, signal); /* no such call here, or no descriptor to be had */
	fd_close(&fd);
}

/* Appends everything below the calling process to tree. With SIGKILL each is killed before its
 * children are listed: a process that got it makes no more of them. */
static void walk(struct members *tree, int signal, bool (*spared)(const void *context, pid_t child),
		 const void *context)
{
	size_t own;

	add_children(tree, getpid());
	own = tree->count;
	for (size_t i = 0; spared != NULL && i < own;) {
		if (spared(context, tree->items[i].pid))
			tree->items[i] = tree->items[--own];
		else
			i++;
	}
	tree->count = own;
	for (size_t i = 0; i < tree->count; i++) {
		if (signal == SIGKILL)
			signal_member(&tree->items[i], signal);
		add_children(tree, tree->items[i].pid);
	}
}

size_t tree_kill(bool (*spared)(const void *context, pid_t child), const void *context)
{
	struct members tree = {0};
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
static size_t terminate_new(const struct members *tree, struct pids *asked)
{
	size_t before = asked->count;

	for (size_t i = 0; i < tree->count; i++) {
		if (contains(asked, tree->items[i].pid))
			continue;
		vec_push(asked, tree->items[i].pid);
		signal_member(&tree->items[i], SIGTERM);
		/* A stopped one could not act on it. */
		signal_member(&tree->items[i], SIGCONT);
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
		struct members tree = {0};

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
		procfs_signal(pid, stat.start, SIGKILL);
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
