/* vfs.h - the way SQLite reaches the disk: its own file layer, with two things added.
 *
 * A quota, a limit of file size and a file system that finds out late that it has no room are
 * SQLITE_FULL, as a full disk is; SQLite's own layer calls them I/O errors. And opens, writes,
 * syncs, truncations and unlinks count as calls of base/sys.h, and fail as it says in builds with
 * HEDDLE_FAULTS. */
#ifndef HEDDLE_STORE_VFS_H
#define HEDDLE_STORE_VFS_H

/* The name to open databases with. Any thread. */
const char *vfs_name(void);

#endif
