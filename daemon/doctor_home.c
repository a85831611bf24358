/* doctor_home.c - checks of the place that a home has: its folder, its disk, what it runs on. */
#include "daemon/doctor_core.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "daemon/folder.h"
#include "daemon/space.h"
#include "executor/process/cgroup.h"
#include "store/netfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILES_LOW 1024
#define TOKEN_MIN 16
/* 2025-01-01: a clock that stands before it was never set. */
#define YOUNGEST_MS 1735689600000

static void judge_folder(struct doctor *doctor, const struct stat *status)
{
	if (!S_ISDIR(status->st_mode))
		doctor_tell(doctor, DOCTOR_WRONG, doctor->home, "name another home with --home",
			    "it is no folder");
	else if (status->st_uid != geteuid())
		doctor_tell(doctor, DOCTOR_WARNING, doctor->home,
			    "run this as its owner, who runs the daemon",
			    "it belongs to user %u, and this runs as %u", (unsigned)status->st_uid,
			    (unsigned)geteuid());
	else if ((status->st_mode & 077) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->home,
			    "chmod 700 it (a daemon does so when it starts)",
			    "others may look into it (mode %04o)",
			    (unsigned)(status->st_mode & 07777));
	else if (access(doctor->home, R_OK | W_OK | X_OK) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->home, "make it writable for its owner",
			    "it cannot be written to: %s", strerror(errno));
	else
		doctor_tell(doctor, DOCTOR_OK, doctor->home, NULL, "closed to others, writable");
	doctor->has_home = S_ISDIR(status->st_mode);
}

/* Folders that tasks need, as they are in a home of one user. */
static void judge_inside(struct doctor *doctor, const struct stat *home)
{
	static const char *const folders[] = {"logs", "runs", "spool", "spool/exit"};

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char path[PATH_MAX];
		struct stat status;

		if (stat(doctor_path(doctor, folders[i], path), &status) != 0)
			continue; /* the next start makes it */
		if (!S_ISDIR(status.st_mode))
			doctor_tell(doctor, DOCTOR_WRONG, path,
				    "move it away: the next start makes the folder",
				    "it is no folder, and no task can start");
		else if (status.st_uid != home->st_uid)
			doctor_tell(doctor, DOCTOR_WRONG, path,
				    "give it to the owner of the home: chown -R",
				    "it belongs to user %u, the home to user %u: no task can start",
				    (unsigned)status.st_uid, (unsigned)home->st_uid);
	}
}

void doctor_home(struct doctor *doctor)
{
	struct stat status;

	if (realpath(doctor->options->home, doctor->home) == NULL ||
	    stat(doctor->home, &status) != 0) {
		doctor_tell(doctor, DOCTOR_WRONG, doctor->options->home,
			    "name the home with --home or $HEDDLE_HOME; 'heddle daemon' makes one",
			    "there is no such home: %s", strerror(errno));
		return;
	}
	doctor_path(doctor, "heddle.db", doctor->db_path);
	judge_folder(doctor, &status);
	if (doctor->has_home)
		judge_inside(doctor, &status);
}

void doctor_file_system(struct doctor *doctor)
{
	struct err err;

	if (netfs_check(doctor->db_path, &err) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->home, "move the home to a local disk",
			    "%s", err.message);
	else
		doctor_tell(doctor, DOCTOR_OK, doctor->home, NULL, "on a local file system");
}

void doctor_space(struct doctor *doctor)
{
	static const enum doctor_state states[] = {
	    [SPACE_ENOUGH] = DOCTOR_OK, [SPACE_LOW] = DOCTOR_WARNING, [SPACE_OUT] = DOCTOR_WRONG};
	struct statvfs status;
	enum space_level level;

	if (statvfs(doctor->home, &status) != 0) {
		doctor_tell(doctor, DOCTOR_WARNING, doctor->home, "see what is wrong with the disk",
			    "its file system does not tell how full it is: %s", strerror(errno));
		return;
	}
	level = space_judge(&status, SPACE_ENOUGH);
	doctor_tell(
	    doctor, states[level], doctor->home,
	    level == SPACE_ENOUGH ? NULL : "make room: below 1 % no new task starts",
	    "%.1f %% of the space and %.1f %% of the inodes are free",
	    status.f_blocks == 0 ? 100.0
				 : 100.0 * (double)status.f_bavail / (double)status.f_blocks,
	    status.f_files == 0 ? 100.0 : 100.0 * (double)status.f_favail / (double)status.f_files);
}

void doctor_token(struct doctor *doctor)
{
	char path[PATH_MAX];
	struct stat status;

	if (stat(doctor_path(doctor, "token", path), &status) != 0)
		doctor_tell(doctor, errno == ENOENT ? DOCTOR_OK : DOCTOR_WRONG, path,
			    errno == ENOENT ? NULL : "make it readable for its owner", "%s",
			    errno == ENOENT ? "the next start makes one" : strerror(errno));
	else if ((status.st_mode & 077) != 0)
		doctor_tell(
		    doctor, DOCTOR_WRONG, path,
		    "chmod 600 it; if others had it, remove it and restart: a new one is made",
		    "others can read it (mode %04o)", (unsigned)(status.st_mode & 07777));
	else if (status.st_size < TOKEN_MIN)
		doctor_tell(doctor, DOCTOR_WRONG, path, "remove it: the next start makes a new one",
			    "it is too short for a token");
	else
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "private");
}

void doctor_dags(struct doctor *doctor)
{
	const char *dags = doctor->options->dags;
	struct folder folder;
	struct err err = {0};

	folder_init(&folder);
	if (!doctor->options->is_dags_named && access(dags, F_OK) != 0) {
		doctor_tell(doctor, DOCTOR_WARNING, dags,
			    "name the folder that the daemon was given with --dags",
			    "it is not there");
	} else if (folder_add(&folder, dags, dags, &err) != 0) {
		doctor_tell(doctor, DOCTOR_WRONG, dags,
			    "make the folder readable, or name another one with --dags", "%s",
			    err.message);
	} else {
		folder_judge(&folder);
		if (folder.errors.count > 0)
			doctor_tell(doctor, DOCTOR_WARNING, dags, "heddle validate tells them all",
				    "%zu dags, and %zu errors: %s:%u: %s", folder.dag_count,
				    folder.errors.count, folder.errors.items[0].source,
				    folder.errors.items[0].line, folder.errors.items[0].message);
		else
			doctor_tell(doctor, DOCTOR_OK, dags, NULL, "%zu dags, all good",
				    folder.dag_count);
	}
	folder_close(&folder);
}

void doctor_programs(struct doctor *doctor)
{
	const char *shim = doctor->options->shim_path;

	doctor_tell(doctor, DOCTOR_OK, "heddle", NULL, "version %s, with SQLite %s", HEDDLE_VERSION,
		    sqlite3_libversion());
	if (access(shim, X_OK) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, shim,
			    "install it beside heddle, or name it with $HEDDLE_SHIM",
			    "the program that runs the tasks cannot be executed: %s",
			    strerror(errno));
}

void doctor_clocks(struct doctor *doctor)
{
	char now_text[CLOCK_TEXT_SIZE];
	char fact_text[CLOCK_TEXT_SIZE];
	int64_t now_ms = clock_now().wall_ms;

	clock_format_utc(now_ms, now_text);
	if (now_ms < YOUNGEST_MS)
		doctor_tell(doctor, DOCTOR_WRONG, "wall clock", "set the clock (NTP)",
			    "it says %s, which cannot be", now_text);
	else if (now_ms < doctor->last_fact_ms)
		doctor_tell(doctor, DOCTOR_WRONG, "wall clock", "set the clock (NTP)",
			    "it says %s, and the last fact is of %s", now_text,
			    clock_format_utc(doctor->last_fact_ms, fact_text));
	else
		doctor_tell(doctor, DOCTOR_OK, "wall clock", NULL, "%s, not before the last fact",
			    now_text);
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
		doctor_tell(doctor, DOCTOR_WARNING, "/usr/share/zoneinfo",
			    "install tzdata, else dags can name no time zone but UTC",
			    "the time zones of the system are not there");
}

void doctor_cgroup(struct doctor *doctor)
{
	char path[CGROUP_PATH_SIZE];

	if (cgroup_base_path(doctor->incarnation[0] == '\0' ? "doctor" : doctor->incarnation, path))
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "tasks have a cgroup of their own here");
	else
		doctor_tell(doctor, DOCTOR_WARNING, "/sys/fs/cgroup",
			    "run the daemon as a service with Delegate=yes",
			    "no cgroup can be made from here: limits of tasks are kept only in "
			    "part, and a process that hides is not found when its shim dies");
}

void doctor_limits(struct doctor *doctor)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max == RLIM_INFINITY)
		return;
	if (files.rlim_max < FILES_LOW)
		doctor_tell(doctor, DOCTOR_WARNING, "open files",
			    "raise the limit (LimitNOFILE=65536 in the unit)",
			    "at most %llu may be open", (unsigned long long)files.rlim_max);
	else
		doctor_tell(doctor, DOCTOR_OK, "open files", NULL, "%llu may be open",
			    (unsigned long long)files.rlim_max);
}
