/* folder_add.c - a file or folder read at once, on the caller's thread; see folder.h. */
#include "daemon/folder.h"

#include <stdint.h>
#include <sys/stat.h>

static bool is_known(void *context, const char *name)
{
	return folder_is_known(context, name);
}

/* text: of the one file to be read; NULL = all are read from where they stand. */
static void read_scan(struct folder *folder, const struct scan *scan, const struct str *text)
{
	folder_take(folder, scan);
	for (size_t i = 0; i < folder->unread.count; i++) {
		folder->files[folder->unread.items[i]].given = text;
		folder_read(folder, folder->unread.items[i]);
	}
	folder_settle(folder);
}

int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err)
{
	struct scan scan;
	struct stat status;
	int rc;

	scan_init(&scan);
	if (folder->before != NULL) {
		scan.is_known = is_known;
		scan.context = (void *)(uintptr_t)folder->before; /* is_known only looks */
	}
	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
		rc = scan_single(&scan, path, shown == NULL ? path : shown, err);
	else
		rc = scan_folder(&scan, path, shown, err);
	if (rc == 0)
		read_scan(folder, &scan, NULL);
	scan_close(&scan);
	return rc;
}

void folder_add_text(struct folder *folder, const char *path, const char *name,
		     const struct str *text)
{
	struct scan scan;

	scan_init(&scan);
	scan_unwritten(&scan, path, name);
	read_scan(folder, &scan, text);
	scan_close(&scan);
}
