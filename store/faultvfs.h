/* faultvfs.h - the way SQLite reaches the disk, with the faults of base/sys.h on it. */
#ifndef HEDDLE_STORE_FAULTVFS_H
#define HEDDLE_STORE_FAULTVFS_H

/* The name of SQLite's file layer to open with. NULL, its own, in builds without HEDDLE_FAULTS. */
const char *fault_vfs_name(void);

#endif
