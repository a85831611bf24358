/* create.c - a new home's database; see create.h.
 *
 * It is made in memory and written once: two syncs instead of one for each step of the schema, and
 * a daemon that is killed meanwhile leaves nothing that looks like a database. */
#include "store/create.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/migrate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Of the header: the versions of the file format for writing and reading (sqlite.org/fileformat2,
 * section 1.3). 2 = with a log: a database in memory cannot be told so by SQL. */
#define OFFSET_WRITE_VERSION 18
#define OFFSET_READ_VERSION 19
#define FORMAT_WITH_LOG 2

static const char sql_home_new[] = "INSERT OR IGNORE INTO home (one, incarnation, created_at_ms, "
				   "boot_id) VALUES (1, ?1, ?2, coalesce(?3, ''))";
static const char sql_home_folder[] = "UPDATE home SET folder = ?1";

static const char sql_clock_new[] = "UPDATE clock SET ahead_ms = ?1";

int create_home_row(struct db *db, const char *boot_id, struct err *err)
{
	char incarnation[9];

	random_hex(incarnation, 8);
	return db_run(db, sql_home_new, err, "tit", incarnation, clock_now().wall_ms, boot_id);
}

int create_clock_row(struct db *db, struct moment now, struct err *err)
{
	return db_run(db, sql_clock_new, err, "i", now.wall_ms - now.boot_ms);
}

static int note_folder(struct db *db, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_strndup(path, slash == NULL ? 0 : (size_t)(slash - path));
	int rc = db_run(db, sql_home_folder, err, "t", folder);

	mem_free(folder);
	return rc;
}

static int write_image(struct db *db, const char *path, struct err *err)
{
	sqlite3_int64 size = 0;
	unsigned char *image = sqlite3_serialize(db->handle, "main", &size, 0);
	int rc;

	if (image == NULL)
		return err_set(err, ERR_LIMIT, "no memory for a new database");
	image[OFFSET_WRITE_VERSION] = FORMAT_WITH_LOG;
	image[OFFSET_READ_VERSION] = FORMAT_WITH_LOG;
	rc = file_write_bytes_durable(path, image, (size_t)size, 0600, err);
	sqlite3_free(image);
	return rc;
}

int create_database(const char *path, const struct schema *schema, const char *boot_id,
		    struct moment now, struct err *err)
{
	struct db db = {.handle = NULL};
	struct stat status;
	int rc;

	if (lstat(path, &status) == 0 || errno != ENOENT)
		return 0;
	rc = db_open(&db, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (rc != 0)
		return rc;
	rc = migrate(&db, path, schema, err);
	if (rc == 0)
		rc = create_home_row(&db, boot_id, err);
	if (rc == 0)
		rc = note_folder(&db, path, err);
	if (rc == 0 && boot_id != NULL)
		rc = create_clock_row(&db, now, err);
	if (rc == 0)
		rc = write_image(&db, path, err);
	db_close(&db);
	return rc;
}
