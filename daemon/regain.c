/* regain.c - see regain.h. */
#include "daemon/regain.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/home.h"
#include "executor/process/survivors.h"
#include "store/recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_MS 10000 /* for the launcher of a daemon that just ended */
#define END_MS 45000    /* for tasks that are asked to end: more than the grace that most have */
#define STAGED "heddle.db.staged"

struct work {
	const struct regain *regain;
	struct regain_result *result;
	struct home home;
	int launcher_lock;
};

static int path_in(const struct work *work, const char *name, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", work->home.path, name) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path '%.64s...' is too long", work->home.path);
	return 0;
}

static bool is_there(const struct work *work, const char *name)
{
	struct stat status;
	char path[PATH_MAX];

	return path_in(work, name, path, NULL) == 0 && lstat(path, &status) == 0;
}

/* --- may it be done? ----------------------------------------------------------------------------
 */

/* Attempts, not processes: the shims come first, and each has its own name. */
static size_t count_attempts(const struct survivors *found)
{
	size_t count = 0;

	for (size_t i = 0; i < found->list.count; i++) {
		bool is_new = true;

		for (size_t j = 0; j < i && is_new; j++)
			is_new = strcmp(found->list.items[i].name, found->list.items[j].name) != 0;
		count += is_new;
	}
	return count;
}

static int refuse(const struct work *work, bool has_database, const struct survivors *found,
		  struct err *err)
{
	size_t count = count_attempts(found);

	if (count == 0)
		return err_set(
		    err, ERR_REFUSED,
		    "home '%s' holds a database: --force moves it aside and restores all "
		    "the same",
		    work->home.path);
	return err_set(err, ERR_REFUSED,
		       "%zu attempt%s of home '%s' still run%s (process %ld): wait until they have "
		       "ended; --force ends them%s and restores all the same",
		       count, count == 1 ? "" : "s", work->home.path, count == 1 ? "s" : "",
		       (long)found->list.items[0].pid,
		       has_database ? ", moves the database aside" : "");
}

static int check_consent(struct work *work, struct err *err)
{
	bool has_database = is_there(work, "heddle.db");
	struct survivors found = {0};
	int rc = 0;

	survivors_find(&found, work->home.path);
	if ((has_database || found.list.count > 0) && !work->regain->force)
		rc = refuse(work, has_database, &found, err);
	survivors_close(&found);
	return rc;
}

static int end_attempts(struct work *work, struct err *err)
{
	struct survivors found = {0};
	int rc = survivors_settle(work->home.path, SETTLE_MS, &work->launcher_lock, err);

	if (rc != 0)
		return rc;
	/* Counted anew: none can begin any more. */
	survivors_find(&found, work->home.path);
	work->result->ended = count_attempts(&found);
	if (found.list.count > 0 && !work->regain->force)
		rc = refuse(work, is_there(work, "heddle.db"), &found, err);
	else if (found.list.count > 0)
		rc = survivors_end(work->home.path, END_MS, err);
	survivors_close(&found);
	return rc;
}

/* --- doing it -----------------------------------------------------------------------------------
 */

static int stage(struct work *work, struct err *err)
{
	char reason[PATH_MAX + 64];
	char path[PATH_MAX];
	const char *name = strrchr(work->regain->backup, '/');
	int rc = path_in(work, STAGED, path, err);

	snprintf(reason, sizeof reason, "restored from '%s'",
		 name == NULL ? work->regain->backup : name + 1);
	if (rc == 0)
		rc = recover_stage(work->regain->backup, path, work->regain->actor, reason,
				   &work->result->backup, err);
	if (rc != 0)
		recover_drop(path);
	return rc;
}

static int rename_in(const struct work *work, const char *from, const char *to, struct err *err)
{
	char from_path[PATH_MAX];
	char to_path[PATH_MAX];
	int rc = path_in(work, from, from_path, err);

	if (rc == 0)
		rc = path_in(work, to, to_path, err);
	if (rc == 0 && sys_rename(from_path, to_path) != 0)
		rc = err_errno(err, errno, "rename '%s' to '%s'", from_path, to_path);
	return rc;
}

/* A folder for what is replaced; its name is free. */
static int make_aside(struct work *work, char name[64], struct err *err)
{
	char at[CLOCK_TEXT_SIZE];
	char path[PATH_MAX];
	int rc;

	clock_format_utc(clock_now().wall_ms, at);
	snprintf(name, 64, "replaced-%s", at);
	rc = path_in(work, name, path, err);
	if (rc == 0)
		rc = file_mkdirs(path, err);
	if (rc == 0)
		snprintf(work->result->replaced, PATH_MAX, "%s", path);
	return rc;
}

/* The old database, and what speaks of attempts by its numbers. */
static const struct {
	const char *name;
	const char *aside;
} items[] = {
    {"heddle.db", "heddle.db"},         {"heddle.db-wal", "heddle.db-wal"},
    {"heddle.db-shm", "heddle.db-shm"}, {"spool/exit", "exit"},
    {"spool/suspects", "suspects"},
};

#define ITEM_COUNT (sizeof items / sizeof items[0])

/* A new home has nothing that must be kept. */
static bool has_former(const struct work *work)
{
	char path[PATH_MAX];
	bool has_any = false;

	if (path_in(work, "spool/exit", path, NULL) == 0)
		(void)rmdir(path); /* when nothing is in it */
	for (size_t i = 0; i < ITEM_COUNT && !has_any; i++)
		has_any = is_there(work, items[i].name);
	return has_any;
}

static int move_aside(struct work *work, struct err *err)
{
	char folder[64];
	char aside[96];
	int rc;

	if (!has_former(work))
		return 0;
	rc = make_aside(work, folder, err);
	for (size_t i = 0; rc == 0 && i < ITEM_COUNT; i++) {
		if (!is_there(work, items[i].name))
			continue;
		snprintf(aside, sizeof aside, "%s/%s", folder, items[i].aside);
		rc = rename_in(work, items[i].name, aside, err);
	}
	if (rc == 0)
		rc = file_sync_folder(work->result->replaced, err);
	return rc;
}

static int remake_spool(const struct work *work, struct err *err)
{
	char path[PATH_MAX];
	int rc = path_in(work, "spool/exit", path, err);

	return rc == 0 ? file_mkdirs(path, err) : rc;
}

/* The old database goes aside first: while it is there, all is as it was. */
static void take_back(const struct work *work)
{
	char path[PATH_MAX];

	if (is_there(work, "heddle.db") && path_in(work, HOME_RESTORING, path, NULL) == 0)
		recover_drop(path);
}

static int replace(struct work *work, struct err *err)
{
	bool had_database = is_there(work, "heddle.db");
	int rc = rename_in(work, STAGED, HOME_RESTORING, err);

	if (rc == 0)
		rc = file_sync_folder(work->home.path, err);
	if (rc == 0)
		rc = move_aside(work, err);
	if (rc == 0)
		rc = remake_spool(work, err);
	if (rc == 0)
		rc = rename_in(work, HOME_RESTORING, "heddle.db", err);
	if (rc == 0)
		rc = file_sync_folder(work->home.path, err);
	if (rc != 0 && had_database)
		take_back(work);
	return rc;
}

int regain_home(const struct regain *regain, struct regain_result *result, struct err *err)
{
	struct work work = {.regain = regain, .result = result, .launcher_lock = -1};
	struct err ignored;
	int rc = backup_read(regain->backup, &result->backup, err);

	work.home.lock_fd = -1;
	if (rc == 0)
		rc = home_open(regain->home, NULL, &work.home, err);
	if (rc != 0)
		return rc;
	snprintf(result->home, sizeof result->home, "%s", work.home.path);
	rc = check_consent(&work, err);
	if (rc == 0)
		rc = end_attempts(&work, err);
	/* Of a database that is damaged this may fail: it goes aside as it is. */
	if (rc == 0)
		(void)recover_fold(work.home.db_path, &ignored);
	if (rc == 0)
		rc = stage(&work, err);
	if (rc == 0)
		rc = replace(&work, err);
	fd_close(&work.launcher_lock);
	home_close(&work.home);
	return rc;
}
