/* kin.c - whose process this is; see kin.h. */
#include "executor/process/kin.h"

#include "base/file.h"
#include "base/str.h"
#include "executor/process/place.h"
#include "executor/process/procfs.h"
#include "executor/process/shim.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* of processes above one: a tree without end must not hold up the caller */
#define TRIES_MAX 8  /* while the processes above it change under our eyes */
#define CGROUP_TEXT_BYTES 8192
#define TITLE_SIZE (sizeof SHIM_TITLE + PLACE_NAME_SIZE)

/* What a look at the processes above one came to. */
enum climb {
	CLIMB_OUTSIDE,
	CLIMB_INSIDE,
	CLIMB_GONE,
	CLIMB_AGAIN, /* one of them ended meanwhile */
};

bool kin_in_cgroup(const char *text, const char *incarnation, int64_t *attempt_id)
{
	char folder[PLACE_INCARNATION_MAX + 16];
	char name[PLACE_NAME_SIZE];
	const char *at;
	size_t length;

	snprintf(folder, sizeof folder, "/heddle-%.*s/", PLACE_INCARNATION_MAX, incarnation);
	at = strstr(text, folder);
	if (at == NULL)
		return false;
	at += strlen(folder);
	length = strcspn(at, "/\n");
	if (length >= sizeof name)
		return false;
	memcpy(name, at, length);
	name[length] = '\0';
	return place_attempt(name, incarnation, attempt_id);
}

static bool is_in_cgroup(const struct kin_home *home, pid_t pid, int64_t *attempt_id)
{
	struct str text = STR_INIT;
	char path[48];
	bool found;

	snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
	found = file_read(path, CGROUP_TEXT_BYTES, &text, NULL) == 0 &&
		kin_in_cgroup(str_text(&text), home->incarnation, attempt_id);
	str_close(&text);
	return found;
}

static bool works_in(const char *home, pid_t pid)
{
	struct stat own;
	struct stat there;
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
	return stat(path, &there) == 0 && stat(home, &own) == 0 && own.st_dev == there.st_dev &&
	       own.st_ino == there.st_ino;
}

/* A shim of this home, also one of before a restore, whose attempt has no number that counts. */
static bool is_shim(const struct kin_home *home, pid_t pid, const struct procfs_stat *stat,
		    int64_t *attempt_id)
{
	char title[TITLE_SIZE];

	if (strcmp(stat->name, SHIM_NAME) != 0 || !procfs_title(pid, title, sizeof title) ||
	    !str_starts_with(title, SHIM_TITLE) || !works_in(home->path, pid))
		return false;
	if (!place_attempt(title + strlen(SHIM_TITLE), home->incarnation, attempt_id))
		*attempt_id = 0;
	return true;
}

/* Its parent for certain, in *pid and *stat: a process that ended between two looks leaves its
 * children to another one, and its number to anybody. */
static enum climb find_parent(pid_t *pid, struct procfs_stat *stat)
{
	pid_t parent = stat->parent;
	struct procfs_stat above;
	struct procfs_stat again;

	if (parent == 0)
		return CLIMB_OUTSIDE;
	if (!procfs_read_stat(parent, &above))
		/* One that is hidden from us (hidepid) is another user's: shims are our own. */
		return kill(parent, 0) != 0 && errno == ESRCH ? CLIMB_AGAIN : CLIMB_OUTSIDE;
	if (!procfs_read_stat(*pid, &again) || again.parent != parent)
		return CLIMB_AGAIN;
	*pid = parent;
	*stat = above;
	return CLIMB_INSIDE;
}

static bool is_outsider(const struct kin_outsiders *outsiders, pid_t pid, uint64_t start)
{
	for (size_t i = 0; i < KIN_OUTSIDERS; i++)
		if (outsiders->items[i].pid == pid && outsiders->items[i].start == start)
			return true;
	return false;
}

/* The parent of one that was found outside is, too. */
static enum climb note_outsider(struct kin_outsiders *outsiders, pid_t pid, uint64_t start)
{
	if (pid != 0 && !is_outsider(outsiders, pid, start)) {
		outsiders->items[outsiders->next].pid = pid;
		outsiders->items[outsiders->next].start = start;
		outsiders->next = (outsiders->next + 1) % KIN_OUTSIDERS;
	}
	return CLIMB_OUTSIDE;
}

static enum climb climb(const struct kin_home *home, pid_t pid, int64_t *attempt_id)
{
	struct procfs_stat stat;
	pid_t parent = 0;
	uint64_t parent_start = 0;

	if (!procfs_read_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return CLIMB_GONE;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		enum climb step = find_parent(&pid, &stat);

		if (step == CLIMB_OUTSIDE)
			return note_outsider(home->outsiders, parent, parent_start);
		if (step != CLIMB_INSIDE)
			return step;
		if (depth == 0) {
			parent = pid;
			parent_start = stat.start;
		}
		*attempt_id = 0;
		if (pid == home->launcher || is_shim(home, pid, &stat, attempt_id))
			return CLIMB_INSIDE;
		if (pid == getpid() || is_outsider(home->outsiders, pid, stat.start))
			return note_outsider(home->outsiders, parent, parent_start);
	}
	return CLIMB_GONE;
}

static bool is_named(const struct kin_home *home, pid_t pid, int64_t *attempt_id)
{
	char name[PLACE_NAME_SIZE];

	return procfs_env(pid, "HEDDLE_ATTEMPT_ID", name, sizeof name) &&
	       place_attempt(name, home->incarnation, attempt_id);
}

/* What is left when shim and launcher are dead. */
static bool is_left_behind(const struct kin_home *home, pid_t pid, int64_t *attempt_id)
{
	struct procfs_stat stat;

	return is_named(home, pid, attempt_id) ||
	       (procfs_read_stat(pid, &stat) && stat.session != pid && stat.session != 0 &&
		is_named(home, stat.session, attempt_id));
}

struct process_peer kin_find(const struct kin_home *home, pid_t pid)
{
	struct process_peer peer = {PROCESS_PEER_OUTSIDE, 0};
	enum climb found = CLIMB_AGAIN;

	if (pid == getpid())
		return peer;
	peer.kind = PROCESS_PEER_INSIDE;
	if (is_in_cgroup(home, pid, &peer.attempt_id))
		return peer;
	for (int i = 0; i < TRIES_MAX && found == CLIMB_AGAIN; i++)
		found = climb(home, pid, &peer.attempt_id);
	if (found == CLIMB_INSIDE)
		return peer;
	peer.attempt_id = 0;
	if (found != CLIMB_OUTSIDE)
		peer.kind = PROCESS_PEER_UNKNOWN;
	else if (!is_left_behind(home, pid, &peer.attempt_id))
		peer.kind = PROCESS_PEER_OUTSIDE;
	return peer;
}
