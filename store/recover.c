/* recover.c - see recover.h. */
#include "store/recover.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "store/check.h"
#include "store/core.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char sql_incarnation[] = "UPDATE home SET incarnation = ?1, boot_id = ''";
static const char sql_hold[] =
    "INSERT OR REPLACE INTO hold (kind, at_ms, actor, reason, fact_no, known_until_ms)"
    " VALUES ('restored', ?1, ?2, ?3, ?4, ?5)";

/* What stands beside a database of SQLite and belongs to it. */
static int remove_beside(const char *path, const char *end, struct err *err)
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof beside, "%s%s", path, end) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path '%.64s...' is too long", path);
	if (sys_unlink(beside) != 0 && errno != ENOENT)
		return err_errno(err, errno, "remove '%s'", beside);
	return 0;
}

static int remove_former(const char *path, struct err *err)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof ends / sizeof ends[0]; i++)
		rc = remove_beside(path, ends[i], err);
	return rc;
}

void recover_drop(const char *path)
{
	struct err ignored;

	(void)remove_former(path, &ignored);
}

static int copy(const char *backup, const char *path, struct err *err)
{
	struct db db = {.handle = NULL};
	int rc = db_open(&db, backup, SQLITE_OPEN_READONLY, err);

	if (rc == 0)
		rc = backup_copy(&db, path, false, err);
	db_close(&db);
	return rc;
}

/* One transaction: the row of the home, the hold, and the fact that tells of both. */
static int write_hold(struct store *store, const char *actor, const char *reason,
		      int64_t known_until_ms, struct err *err)
{
	struct fact fact = {.at_ms = clock_now().wall_ms,
			    .kind = "hold",
			    .task = -1,
			    .to = "restored",
			    .actor = actor,
			    .why = reason};
	char incarnation[9];
	int rc;

	random_hex(incarnation, 8);
	rc = db_run(&store->db, sql_incarnation, err, "t", incarnation);
	if (rc == 0)
		rc = db_run(&store->db, sql_hold, err, "ittin", fact.at_ms, actor, reason,
			    store->next_fact, known_until_ms);
	return rc == 0 ? store_put_fact(store, &fact, err) : rc;
}

static int hold(struct store *store, const char *actor, const char *reason,
		const struct backup_info *info, struct err *err)
{
	struct check_result result;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = write_hold(store, actor, reason, info->known_until_ms, err);
		rc = store_end_once(store, rc, err);
	}
	if (rc == 0)
		rc =
		    check_is_sound(&store->db, &result, err); /* all of it, in the present tables */
	if (rc == 0)
		rc = store_checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE, err);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

/* Older tables were led on: the backup itself is the copy of before. */
static int remove_step_backup(const char *path, const struct backup_info *info, struct err *err)
{
	char end[32];

	snprintf(end, sizeof end, ".schema-%lld", (long long)info->schema);
	return remove_beside(path, end, err);
}

int recover_stage(const char *backup, const char *path, const char *actor, const char *reason,
		  struct backup_info *info, struct err *err)
{
	struct store *store = NULL;
	int rc = backup_read(backup, info, err);

	if (rc == 0)
		rc = remove_former(path, err);
	if (rc == 0)
		rc = copy(backup, path, err);
	if (rc == 0)
		rc = store_open(path, &store, err);
	if (rc == 0)
		rc = hold(store, actor, reason, info, err);
	store_close(store);
	if (rc == 0)
		rc = remove_step_backup(path, info, err);
	/* The log was carried over whole: what may be left of it is empty. */
	if (rc == 0)
		rc = remove_beside(path, "-wal", err);
	if (rc == 0)
		rc = remove_beside(path, "-shm", err);
	if (rc != 0)
		err_wrap(err, "restore '%s'", backup);
	return rc;
}

int recover_fold(const char *path, struct err *err)
{
	struct db db = {.handle = NULL};
	int64_t objects;
	int rc;
	int result;

	if (access(path, F_OK) != 0)
		return 0;
	rc = db_open(&db, path, SQLITE_OPEN_READWRITE, err);
	if (rc == 0)
		rc = db_get(&db, "SELECT count(*) FROM sqlite_schema", &objects, err, "");
	if (rc == 0) {
		result = sqlite3_wal_checkpoint_v2(db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
						   NULL, NULL);
		if (result != SQLITE_OK)
			rc = db_error(&db, result, err);
	}
	db_close(&db);
	return rc;
}
