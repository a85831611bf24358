/* files.c - the files that the paths name are those that are open; see core.h.
 *
 * An open file can be written after its name went to another or to none, and nothing fails. */
#include "store/core.h"

#include <string.h>
#include <sys/stat.h>

static bool is_in_memory(const struct store *store)
{
	return strcmp(store->path, ":memory:") == 0;
}

static void note(const char *path, struct file_id *id)
{
	struct stat status;

	memset(id, 0, sizeof *id);
	if (stat(path, &status) != 0)
		return;
	id->device = status.st_dev;
	id->inode = status.st_ino;
}

static int check(const char *path, const struct file_id *id, struct err *err)
{
	struct stat status;
	bool is_there = stat(path, &status) == 0;

	if (id->inode == 0 ||
	    (is_there && status.st_ino == id->inode && status.st_dev == id->device))
		return 0;
	return err_set(err, ERR_IO,
		       "'%s' was %s: move it back, or stop the daemon and restore a backup", path,
		       is_there ? "replaced by another file" : "moved or removed");
}

void store_note_files(struct store *store)
{
	if (is_in_memory(store))
		return;
	if (store->file.inode == 0)
		note(store->path, &store->file);
	note(store->log_path, &store->log);
}

int store_check_place(const struct store *store, struct err *err)
{
	return check(store->path, &store->file, err);
}

int store_check_files(struct store *store, struct err *err)
{
	int rc = store_check_place(store, err);

	/* Without a connection the log may rightly be gone: the last one to close removes it. */
	if (rc == 0 && store->db.handle != NULL)
		rc = check(store->log_path, &store->log, err);
	store->is_away = rc != 0;
	return rc;
}
