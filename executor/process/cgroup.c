/* cgroup.c - the cgroups of attempts; see cgroup.h and the kernel's admin-guide/cgroup-v2.rst. */
#include "executor/process/cgroup.h"

#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* of groups that a task may have made in its own */
#define CPU_PERIOD_US 100000u
#define CPU_QUOTA_MIN_US 1000u /* the kernel takes no less */

/* "36 35 98:0 /root /point rw,noatime master:1 - cgroup2 cgroup2 rw": proc(5). The first one wins.
 */
static bool find_mount(const char *mountinfo, char root[CGROUP_PATH_SIZE],
		       char point[CGROUP_PATH_SIZE])
{
	for (const char *line = mountinfo; line != NULL && *line != '\0';) {
		const char *next = strchr(line, '\n');
		const char *dash = strstr(line, " - cgroup2 ");

		if (dash != NULL && (next == NULL || dash < next) &&
		    sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) == 2)
			return true;
		line = next == NULL ? NULL : next + 1;
	}
	return false;
}

/* The line of version 2 is "0::/path". */
static bool find_own(const char *own, char path[CGROUP_PATH_SIZE])
{
	const char *line = strncmp(own, "0::", 3) == 0 ? own : strstr(own, "\n0::");

	if (line == NULL)
		return false;
	line = strchr(line, '/');
	return line != NULL && sscanf(line, "%1023[^\n]", path) == 1;
}

bool cgroup_find(const char *mountinfo, const char *own, char path[CGROUP_PATH_SIZE])
{
	char root[CGROUP_PATH_SIZE];
	char point[CGROUP_PATH_SIZE];
	char group[CGROUP_PATH_SIZE];
	const char *below = group;
	size_t length;

	if (!find_mount(mountinfo, root, point) || !find_own(own, group))
		return false;
	length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	/* A mount may show only a part of the tree, and a group may lie outside of what is shown.
	 */
	if (strncmp(group, root, length) != 0 || (group[length] != '/' && group[length] != '\0') ||
	    str_starts_with(group, "/.."))
		return false;
	below += length;
	if (strcmp(below, "/") == 0)
		below = "";
	return snprintf(path, CGROUP_PATH_SIZE, "%s%s", point, below) < CGROUP_PATH_SIZE;
}

static bool write_word(const char *folder, const char *file, const char *word)
{
	char path[CGROUP_PATH_SIZE + 64];
	bool done;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word);
	fd_close(&fd);
	return done;
}

/* The group above, false when there is none. */
static bool base_of(const char *path, char base[CGROUP_PATH_SIZE])
{
	char *slash;

	snprintf(base, CGROUP_PATH_SIZE, "%s", path);
	slash = strrchr(base, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/* systemd marks the group that it hands to a service (Delegate=), and may put the service itself
 * into one below it (DelegateSubgroup=): a group with processes cannot hand controllers down.
 * Attempts then stand beside the service. */
static bool is_delegated(const char *group)
{
	char value[2];

	return getxattr(group, "user.delegate", value, sizeof value) == 1 && value[0] == '1' &&
	       access(group, W_OK) == 0;
}

static void leave_subgroup(char group[CGROUP_PATH_SIZE])
{
	char above[CGROUP_PATH_SIZE];

	if (!is_delegated(group) && base_of(group, above) && is_delegated(above))
		memcpy(group, above, sizeof above);
}

bool cgroup_base_path(const char *incarnation, char path[CGROUP_PATH_SIZE])
{
	struct str mountinfo = STR_INIT;
	struct str own = STR_INIT;
	char group[CGROUP_PATH_SIZE];
	bool found;

	path[0] = '\0';
	found = file_read("/proc/self/mountinfo", 1u << 22, &mountinfo, NULL) == 0 &&
		file_read("/proc/self/cgroup", 1u << 16, &own, NULL) == 0 &&
		cgroup_find(str_text(&mountinfo), str_text(&own), group);
	if (found)
		leave_subgroup(group);
	found = found && snprintf(path, CGROUP_PATH_SIZE, "%s/heddle-%s", group, incarnation) <
			     CGROUP_PATH_SIZE - 128;
	str_close(&mountinfo);
	str_close(&own);
	if (!found)
		path[0] = '\0';
	return found;
}

bool cgroup_base(const char *incarnation, char path[CGROUP_PATH_SIZE])
{
	if (cgroup_base_path(incarnation, path) && (mkdir(path, 0755) == 0 || errno == EEXIST) &&
	    access(path, W_OK) == 0) {
		/* Memory is accounted for each attempt where the host hands that down; where it
		 * does not, that is no trouble. */
		write_word(path, "cgroup.subtree_control", "+memory");
		return true;
	}
	path[0] = '\0';
	return false;
}

static bool make_base_of(const char *path)
{
	char base[CGROUP_PATH_SIZE];

	return base_of(path, base) && (mkdir(base, 0755) == 0 || errno == EEXIST);
}

int cgroup_open(const char *path)
{
	if (mkdir(path, 0755) != 0 && errno != EEXIST &&
	    (errno != ENOENT || !make_base_of(path) || mkdir(path, 0755) != 0))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Switches a controller on for the groups in base. The group above may have it and not hand it down
 * yet; it refuses to while processes are in it. */
static void hand_down(const char *base, const char *controller)
{
	char above[CGROUP_PATH_SIZE];

	if (!write_word(base, "cgroup.subtree_control", controller) && base_of(base, above) &&
	    write_word(above, "cgroup.subtree_control", controller))
		write_word(base, "cgroup.subtree_control", controller);
}

/* A controller that nobody asked for is not switched on: each one costs every group something. Its
 * files appear in the groups that are there by then, too. */
static bool write_limit(const char *path, const char *controller, const char *file,
			const char *value)
{
	char base[CGROUP_PATH_SIZE];

	if (write_word(path, file, value))
		return true;
	if (base_of(path, base))
		hand_down(base, controller);
	return write_word(path, file, value);
}

bool cgroup_limit_memory(const char *path, uint64_t bytes)
{
	char value[32];

	snprintf(value, sizeof value, "%llu", (unsigned long long)bytes);
	if (!write_limit(path, "+memory", "memory.max", value))
		return false;
	/* A task of which a part was killed would go on as something else than it was meant to be.
	 * Kernels before 4.19 have no such file. */
	write_word(path, "memory.oom.group", "1");
	return true;
}

bool cgroup_limit_pids(const char *path, uint32_t count)
{
	char value[32];

	snprintf(value, sizeof value, "%u", count);
	return write_limit(path, "+pids", "pids.max", value);
}

bool cgroup_limit_cpus(const char *path, uint32_t milli)
{
	uint64_t quota_us = (uint64_t)milli * (CPU_PERIOD_US / 1000);
	char value[64];

	if (quota_us < CPU_QUOTA_MIN_US)
		quota_us = CPU_QUOTA_MIN_US;
	snprintf(value, sizeof value, "%llu %u", (unsigned long long)quota_us, CPU_PERIOD_US);
	return write_limit(path, "+cpu", "cpu.max", value);
}

/* Kernels before 5.14 have no cgroup.kill: one by one, and again by the caller's next round. */
static bool kill_each(const char *path)
{
	char name[CGROUP_PATH_SIZE + 64];
	FILE *file;
	int pid;

	snprintf(name, sizeof name, "%s/cgroup.procs", path);
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	while (fscanf(file, "%d", &pid) == 1)
		if (pid > 0)
			kill(pid, SIGKILL);
	fclose(file);
	return true;
}

bool cgroup_kill(const char *path)
{
	char file[CGROUP_PATH_SIZE + 64];
	bool done;
	int fd;

	snprintf(file, sizeof file, "%s/cgroup.kill", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return kill_each(path);
	done = write(fd, "1", 1) == 1;
	close(fd);
	return done;
}

int64_t cgroup_number(const char *path, const char *file, const char *key)
{
	char name[CGROUP_PATH_SIZE + 64];
	char text[4096];
	const char *at = text;
	ssize_t got;
	int fd;

	snprintf(name, sizeof name, "%s/%s", path, file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	while (key != NULL && at != NULL &&
	       (strncmp(at, key, strlen(key)) != 0 || at[strlen(key)] != ' ')) {
		at = strchr(at, '\n');
		at = at == NULL ? NULL : at + 1;
	}
	return at == NULL || got <= 0 ? -1
				      : strtoll(at + (key == NULL ? 0 : strlen(key)), NULL, 10);
}

bool cgroup_is_populated(const char *path)
{
	return path[0] != '\0' && cgroup_number(path, "cgroup.events", "populated") == 1;
}

static void remove_below(const char *path, int depth)
{
	DIR *dir;
	struct dirent *entry;

	if (rmdir(path) == 0 || errno != EBUSY || depth >= DEPTH_MAX)
		return;
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char below[CGROUP_PATH_SIZE];

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below)
			remove_below(below, depth + 1);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

void cgroup_remove(const char *path)
{
	if (path[0] != '\0')
		remove_below(path, 0);
}

void cgroup_sweep(const char *base)
{
	DIR *dir = opendir(base);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[CGROUP_PATH_SIZE];

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    snprintf(path, sizeof path, "%s/%s", base, entry->d_name) < (int)sizeof path)
			cgroup_remove(path);
	}
	if (dir != NULL)
		closedir(dir);
}
