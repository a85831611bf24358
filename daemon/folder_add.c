/* folder_add.c - a file or folder read at once, on the caller's thread; see folder.h. */
#include "daemon/folder.h"

#include <stdint.h>
#include <sys/stat.h>

static bool is_known(void *context, const char *name)
{
	return folder_is_known(context, name);
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
	if (rc == 0) {
		folder_take(folder, &scan);
		for (size_t i = 0; i < folder->unread.count; i++)
			folder_read(folder, folder->unread.items[i]);
		folder_settle(folder);
	}
	scan_close(&scan);
	return rc;
}
