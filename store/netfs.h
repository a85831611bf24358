/* netfs.h - tells file systems on which SQLite's locks and shared memory cannot be trusted. */
#ifndef HEDDLE_STORE_NETFS_H
#define HEDDLE_STORE_NETFS_H

#include "base/err.h"

/* The name of the network file system that a kernel type (statfs) or a mount's type (mountinfo)
 * stands for; NULL when it is a local one. mount_type may be NULL. */
const char *netfs_name(unsigned long kernel_type, const char *mount_type);

/* Fails with ERR_REFUSED when path's folder lies on a network file system. */
int netfs_check(const char *path, struct err *err);

#endif
