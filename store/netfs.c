/* netfs.c - network file systems, by the kernel's number and by the mount's name; see netfs.h.
 *
 * All file systems in user space share one number, and a local one (fuse-overlayfs of a container)
 * is as good as any: those are told apart by the name in /proc/self/mountinfo. */
#include "store/netfs.h"

#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define FUSE_TYPE 0x65735546ul

/* Numbers as in statfs(2) and linux/magic.h. */
static const struct {
	unsigned long type;
	const char *name;
} kernel_types[] = {
    {0x6969, "NFS"},       {0x517b, "SMB"},      {0xff534d42, "CIFS"},   {0xfe534d42, "SMB2"},
    {0x01021997, "9p"},    {0x00c36400, "Ceph"}, {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},  {0x564c, "NCP"},      {0x0bd00bd0, "Lustre"}, {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"}, {0x47504653, "GPFS"},
};

static const char *const mount_types[] = {
    "fuse.sshfs",   "fuse.s3fs",      "fuse.rclone",        "fuse.glusterfs", "fuse.ceph",
    "fuse.mfs",     "fuse.gcsfuse",   "fuse.juicefs",       "fuse.JuiceFS",   "fuse.goofys",
    "fuse.geesefs", "fuse.mount-s3",  "fuse.mountpoint-s3", "fuse.blobfuse2", "fuse.seaweedfs",
    "fuse.davfs",   "fuse.curlftpfs", "fuse.smbnetfs",      "fuse.beegfs",
};

const char *netfs_name(unsigned long kernel_type, const char *mount_type)
{
	for (size_t i = 0; i < sizeof kernel_types / sizeof kernel_types[0]; i++)
		if (kernel_types[i].type == kernel_type)
			return kernel_types[i].name;
	if (kernel_type != FUSE_TYPE || mount_type == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof mount_types / sizeof mount_types[0]; i++)
		if (strcmp(mount_types[i], mount_type) == 0)
			return mount_types[i];
	return NULL;
}

/* A line: "36 35 98:0 /root /mount options ... - TYPE source options" (proc(5)). */
static bool line_is_of(const char *line, dev_t device, char type[64])
{
	unsigned major_number;
	unsigned minor_number;
	const char *dash = strstr(line, " - ");

	return dash != NULL && sscanf(line, "%*d %*d %u:%u", &major_number, &minor_number) == 2 &&
	       makedev(major_number, minor_number) == device && sscanf(dash + 3, "%63s", type) == 1;
}

static bool find_mount_type(dev_t device, char type[64])
{
	char line[4096];
	bool found = false;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof line, file) != NULL)
		found = line_is_of(line, device, type);
	fclose(file);
	return found;
}

static void folder_of(const char *path, char folder[PATH_MAX])
{
	char *slash;

	snprintf(folder, PATH_MAX, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, PATH_MAX, ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
}

int netfs_check(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	char type[64];
	const char *name;
	struct statfs filesystem;
	struct stat status;
	bool known;

	folder_of(path, folder);
	if (statfs(folder, &filesystem) != 0 || stat(folder, &status) != 0)
		return err_errno(err, errno, "look at folder '%s'", folder);
	known =
	    (unsigned long)filesystem.f_type == FUSE_TYPE && find_mount_type(status.st_dev, type);
	name = netfs_name((unsigned long)filesystem.f_type, known ? type : NULL);
	if (name == NULL)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "'%s' lies on a network file system (%s), where locks cannot be trusted: "
		       "keep the home on a local disk",
		       folder, name);
}
