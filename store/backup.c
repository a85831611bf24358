/* backup.c - see backup.h. */
#include "store/backup.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/vec.h"
#include "store/check.h"
#include "store/schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "heddle-"
#define PART ".part"
/* Pages copied between two looks at how it goes: no lock is held that anybody waits for. */
#define PAGES_A_STEP 4096
/* "Offset 18: file format write version, 1 for legacy, 2 for WAL; offset 19: read version"
 * (sqlite.org/fileformat2, section 1.3). A copy has no log, so it says so. */
#define OFFSET_VERSIONS 18

static const char sql_snapshot[] = "SELECT count(*) FROM sqlite_schema";
/* A trigger or a view runs with what is written later. Ours are those of the first schema. */
static const char sql_foreign[] =
    "SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view') AND sql NOT IN ("
    "'CREATE TRIGGER fact_is_not_changed BEFORE UPDATE ON fact"
    "  BEGIN SELECT RAISE(ABORT, ''facts are never changed''); END',"
    " 'CREATE TRIGGER fact_is_not_removed BEFORE DELETE ON fact"
    "  BEGIN SELECT RAISE(ABORT, ''facts are never removed''); END',"
    " 'CREATE TRIGGER run_is_newest AFTER INSERT ON run"
    "  BEGIN UPDATE dag SET last_run_no = new.run_no WHERE dag_id = new.dag_id; END')";
static const char sql_info[] =
    "SELECT incarnation, (SELECT user_version FROM pragma_user_version),"
    " (SELECT at_ms FROM fact ORDER BY fact_no DESC LIMIT 1), (SELECT max(fact_no) FROM fact)"
    " FROM home";

/* A copy on its way. */
struct part {
	char path[PATH_MAX];
	int fd; /* locked */
};

static int name_part(const char *path, char part[PATH_MAX], struct err *err)
{
	if (snprintf(part, PATH_MAX, "%s" PART, path) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path '%.64s...' is too long", path);
	return 0;
}

static int open_part(struct part *part, const char *path, struct err *err)
{
	int rc = name_part(path, part->path, err);

	part->fd = -1;
	if (rc != 0)
		return rc;
	part->fd = sys_open(part->path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (part->fd < 0)
		return err_errno(err, errno, "create '%s'", part->path);
	if (flock(part->fd, LOCK_EX | LOCK_NB) != 0) {
		rc = err_set(err, ERR_EXISTS, "'%s' is being written by another process",
			     part->path);
		fd_close(&part->fd);
		return rc;
	}
	if (ftruncate(part->fd, 0) != 0)
		return err_errno(err, errno, "empty '%s'", part->path);
	return 0;
}

static int copy_steps(struct db *from, struct db *to, struct err *err)
{
	sqlite3_backup *copy = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int result = SQLITE_OK;
	int end;

	if (copy == NULL)
		return db_error(to, sqlite3_extended_errcode(to->handle), err);
	while (result == SQLITE_OK)
		result = sqlite3_backup_step(copy, PAGES_A_STEP);
	end = sqlite3_backup_finish(copy);
	return end == SQLITE_OK && result == SQLITE_DONE ? 0 : db_error(to, end, err);
}

/* The read transaction keeps all steps at one state of the database; without it each commit of the
 * daemon would begin the copy anew. */
static int copy_pages(struct db *from, const char *path, struct err *err)
{
	static const char fast[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
	struct db to = {.handle = NULL};
	struct err ignored;
	int64_t count;
	int rc = db_open(&to, path, SQLITE_OPEN_READWRITE, err);

	if (rc == 0)
		rc = db_script(&to, fast, err);
	if (rc == 0)
		rc = db_script(from, "BEGIN", err);
	if (rc == 0) {
		rc = db_get(from, sql_snapshot, &count, err, "");
		if (rc == 0)
			rc = copy_steps(from, &to, err);
		db_script(from, "COMMIT", &ignored); /* it changed nothing */
	}
	db_close(&to);
	return rc;
}

static int check_part(const struct part *part, struct err *err)
{
	struct db db = {.handle = NULL};
	struct check_result result;
	int rc = db_open(&db, part->path, SQLITE_OPEN_READONLY, err);

	if (rc == 0)
		rc = check_is_sound(&db, &result, err);
	db_close(&db);
	return rc;
}

static int sync_folder_of(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return file_sync_folder(".", err);
	slash[slash == folder ? 1 : 0] = '\0';
	return file_sync_folder(folder, err);
}

static int publish(const struct part *part, const char *path, struct err *err)
{
	if (sys_fsync(part->fd) != 0)
		return err_errno(err, errno, "sync '%s'", part->path);
	if (sys_rename(part->path, path) != 0)
		return err_errno(err, errno, "rename '%s' to '%s'", part->path, path);
	return sync_folder_of(path, err);
}

int backup_copy(struct db *from, const char *path, bool is_checked, struct err *err)
{
	static const unsigned char without_log[] = {1, 1};
	struct part part;
	int rc = open_part(&part, path, err);

	if (rc == 0)
		rc = copy_pages(from, part.path, err);
	if (rc == 0 && sys_pwrite(part.fd, without_log, sizeof without_log, OFFSET_VERSIONS) !=
			   (ssize_t)sizeof without_log)
		rc = err_errno(err, errno, "write '%s'", part.path);
	if (rc == 0 && is_checked)
		rc = check_part(&part, err);
	if (rc == 0)
		rc = publish(&part, path, err);
	if (rc != 0 && part.fd >= 0)
		sys_unlink(part.path);
	fd_close(&part.fd);
	return rc;
}

/* --- what a file is -----------------------------------------------------------------------------
 */

/* Files are named by it. */
static bool is_incarnation(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789abcdef")] == '\0';
}

/* A file from elsewhere may look like ours and do more. */
static int check_is_ours(struct db *db, const struct backup_info *info, struct err *err)
{
	int64_t count = 0;
	int rc = db_get(db, sql_foreign, &count, err, "");

	if (rc == 0 && count > 0)
		rc = err_set(err, ERR_CORRUPT, "it has triggers or views that are not Heddle's");
	if (rc == 0 && !is_incarnation(info->incarnation))
		rc = err_set(err, ERR_CORRUPT, "its home has no name of Heddle's");
	return rc;
}

static int check_file(const char *path, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return err_errno(err, errno, "'%s'", path);
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_CORRUPT, "'%s' is no regular file", path);
	return 0;
}

static int read_info(struct db *db, struct backup_info *info, struct err *err)
{
	sqlite3_stmt *row;
	struct stat status;
	int rc = db_query(db, sql_info, &row, err, "");

	if (rc == 0)
		rc = db_step(db, row, err);
	if (rc == 1) {
		snprintf(info->incarnation, sizeof info->incarnation, "%s", db_text(row, 0));
		info->schema = sqlite3_column_int64(row, 1);
		info->known_until_ms = sqlite3_column_int64(row, 2);
		info->facts = sqlite3_column_int64(row, 3); /* numbered from 1 without gaps */
	}
	db_reset(row);
	if (rc == 0)
		return err_set(err, ERR_CORRUPT, "it has lost the row of its home");
	if (stat(info->path, &status) == 0)
		info->bytes = status.st_size;
	return rc == 1 ? 0 : rc;
}

/* Opens a database of ours, of this release or an older one, and says what it is. */
static int open_known(struct db *db, const char *path, struct backup_info *info, struct err *err)
{
	size_t number = 0;
	int rc;

	memset(info, 0, sizeof *info);
	*db = (struct db){.handle = NULL};
	rc = check_file(path, err);
	if (rc != 0)
		return rc;
	snprintf(info->path, sizeof info->path, "%s", path);
	rc = db_open(db, path, SQLITE_OPEN_READONLY, err);
	if (rc == 0) {
		sqlite3_busy_timeout(db->handle, 1000);
		rc = schema_check(db, path, &schema_present, &number, err);
	}
	if (rc == 0 && number == 0)
		rc = err_set(err, ERR_CORRUPT, "'%s' is an empty database", path);
	if (rc == 0)
		rc = read_info(db, info, err);
	return rc == 0 ? check_is_ours(db, info, err) : rc;
}

int backup_read(const char *path, struct backup_info *info, struct err *err)
{
	struct check_result result;
	struct db db;
	int rc = open_known(&db, path, info, err);

	if (rc == 0)
		rc = check_is_sound(&db, &result, err);
	db_close(&db);
	if (rc != 0)
		err_wrap(err, "read the backup '%s'", path);
	return rc;
}

/* --- a folder of backups ------------------------------------------------------------------------
 */

static bool is_ours(const char *name, const char *end)
{
	return str_starts_with(name, PREFIX) && str_ends_with(name, end);
}

/* What a killed backup left: its lock is gone with it. */
static void remove_leaving(const char *folder, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
		return;
	fd = sys_open(path, O_RDWR | O_NOFOLLOW, 0);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		sys_unlink(path);
	fd_close(&fd);
}

static void remove_leavings(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (is_ours(entry->d_name, ".db" PART))
			remove_leaving(folder, entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

static int name_backup(const char *folder, const struct backup_info *info, char path[PATH_MAX],
		       struct err *err)
{
	char at[CLOCK_TEXT_SIZE];
	struct str name = STR_INIT;
	int rc = 0;

	/* ISO 8601's basic form: its order is that of time, and no file system minds it. */
	clock_format_utc(info->made_at_ms, at);
	for (const char *c = at; *c != '\0'; c++)
		if (*c != '-' && *c != ':')
			str_append_char(&name, *c);
	if (snprintf(path, PATH_MAX, "%s/" PREFIX "%s-%s.db", folder, str_text(&name),
		     info->incarnation) >= PATH_MAX)
		rc = err_set(err, ERR_LIMIT, "path '%.64s...' is too long", folder);
	str_close(&name);
	return rc;
}

int backup_write(const char *db_path, const char *folder, struct backup_info *info, struct err *err)
{
	char path[PATH_MAX];
	char whole[PATH_MAX]; /* of the folder: whoever reads it later may stand elsewhere */
	struct db copy = {.handle = NULL};
	struct db db = {.handle = NULL};
	int64_t made_at_ms = clock_now().wall_ms;
	int rc = open_known(&db, db_path, info, err);

	info->made_at_ms = made_at_ms;
	if (rc == 0)
		rc = file_mkdirs(folder, err);
	if (rc == 0 && realpath(folder, whole) == NULL)
		rc = err_errno(err, errno, "folder '%s'", folder);
	if (rc == 0)
		rc = name_backup(whole, info, path, err);
	if (rc == 0) {
		remove_leavings(whole);
		rc = backup_copy(&db, path, true, err);
	}
	db_close(&db);
	/* The daemon went on meanwhile: what counts is what the copy holds. */
	if (rc == 0)
		rc = open_known(&copy, path, info, err);
	db_close(&copy);
	info->made_at_ms = made_at_ms;
	if (rc != 0)
		err_wrap(err, "back up '%s' to '%s'", db_path, folder);
	return rc;
}

struct names {
	VEC(char *) list;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_backups(const char *folder, const char *incarnation, struct names *names,
			struct err *err)
{
	const struct dirent *entry;
	char end[32];
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return err_errno(err, errno, "folder '%s'", folder);
	snprintf(end, sizeof end, "-%s.db", incarnation);
	while ((entry = readdir(dir)) != NULL)
		if (is_ours(entry->d_name, end))
			vec_push(&names->list, mem_strdup(entry->d_name));
	closedir(dir);
	if (names->list.count > 0)
		qsort(names->list.items, names->list.count, sizeof *names->list.items,
		      compare_names);
	return 0;
}

int backup_prune(const char *folder, const char *incarnation, size_t keep, size_t *removed,
		 struct err *err)
{
	struct names names = {0};
	char path[PATH_MAX];
	int rc = list_backups(folder, incarnation, &names, err);

	*removed = 0;
	for (size_t i = 0; rc == 0 && i + keep < names.list.count; i++) {
		snprintf(path, sizeof path, "%.*s/%s", PATH_MAX - NAME_MAX - 2, folder,
			 names.list.items[i]);
		if (sys_unlink(path) == 0)
			(*removed)++;
		else if (errno != ENOENT)
			rc = err_errno(err, errno, "remove '%s'", path);
	}
	for (size_t i = 0; i < names.list.count; i++)
		mem_free(names.list.items[i]);
	vec_close(&names.list);
	return rc;
}
