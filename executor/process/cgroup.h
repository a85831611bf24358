/* cgroup.h - a cgroup (version 2) of its own for each attempt, where that is allowed.
 *
 * They stand in OWN/heddle-INCARNATION/NAME, OWN being the group that the launcher was started in,
 * or the one above it where systemd handed that to the service and put the service into a subgroup.
 * Neither the daemon nor a shim is ever moved. Where the folder cannot be written, attempts go
 * without; everything that a cgroup does here can be done in other, slower ways. */
#ifndef HEDDLE_EXECUTOR_PROCESS_CGROUP_H
#define HEDDLE_EXECUTOR_PROCESS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_PATH_SIZE 1024

/* Finds the calling process's own group in the texts of /proc/self/mountinfo and /proc/self/cgroup.
 * False when there is no version 2, or not in sight. */
bool cgroup_find(const char *mountinfo, const char *own, char path[CGROUP_PATH_SIZE]);
/* The path of the folder for the attempts of a home, whether or not it is there; false and "" when
 * there is none such. */
bool cgroup_base_path(const char *incarnation, char path[CGROUP_PATH_SIZE]);
/* Makes the folder for the attempts of a home. False when that cannot be; path is then "". */
bool cgroup_base(const char *incarnation, char path[CGROUP_PATH_SIZE]);
/* Makes the group (and its base, when that went away) and opens it. Returns -1 when it cannot. */
int cgroup_open(const char *path);
/* Limit the group: to bytes of memory, beyond which the kernel ends all that is in it; to so many
 * processes and threads; to thousandths of a processor. False where it has no such controller and
 * cannot be given it. */
bool cgroup_limit_memory(const char *path, uint64_t bytes);
bool cgroup_limit_pids(const char *path, uint32_t count);
bool cgroup_limit_cpus(const char *path, uint32_t milli);
/* Kills every process in the group and below, also one that forks just now. False when the kernel
 * or the group cannot. */
bool cgroup_kill(const char *path);
bool cgroup_is_populated(const char *path);
/* Removes the group and those below it, once they are empty. No error: what is busy stays. */
void cgroup_remove(const char *path);
/* Removes the empty groups that former launchers left in the base. */
void cgroup_sweep(const char *base);
/* The number in a file of the group, after key and a space when key is not NULL; -1 = none. */
int64_t cgroup_number(const char *path, const char *file, const char *key);

#endif
