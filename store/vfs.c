/* vfs.c - SQLite's own file layer, handed on call by call; see vfs.h.
 *
 * A file of this layer is a small head, followed by the file of SQLite's own layer. */
#include "store/vfs.h"

#include "base/sys.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

struct vfs_file {
	sqlite3_file base;
	sqlite3_int64 unused; /* keeps what follows aligned */
};

/* File-scope state, which the rest of the tree avoids: SQLite keeps file layers by name for the
 * whole process. It is written once. */
static pthread_once_t registered = PTHREAD_ONCE_INIT;
static sqlite3_vfs layer;

static sqlite3_vfs *below(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static sqlite3_file *real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct vfs_file *)file + 1);
}

/* What a call that failed means, by its errno. Before the call errno is set to 0, since not every
 * failure sets it. */
static int result_of(int result)
{
	int primary = result & 0xff;

	if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return SQLITE_FULL;
	return result;
}

static int file_close(sqlite3_file *file)
{
	return real(file)->pMethods == NULL ? SQLITE_OK : real(file)->pMethods->xClose(real(file));
}

static int file_read_at(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
	return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int file_write_at(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	if (sys_fault(SYS_CALL_WRITE))
		return result_of(SQLITE_IOERR_WRITE);
	errno = 0;
	return result_of(real(file)->pMethods->xWrite(real(file), bytes, count, offset));
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (sys_fault(SYS_CALL_FALLOCATE))
		return result_of(SQLITE_IOERR_TRUNCATE);
	errno = 0;
	return result_of(real(file)->pMethods->xTruncate(real(file), size));
}

static int file_sync(sqlite3_file *file, int flags)
{
	if (sys_fault(SYS_CALL_FSYNC))
		return result_of(SQLITE_IOERR_FSYNC);
	errno = 0;
	return result_of(real(file)->pMethods->xSync(real(file), flags));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int lock)
{
	return real(file)->pMethods->xLock(real(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
	return real(file)->pMethods->xUnlock(real(file), lock);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int file_characteristics(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	errno = 0;
	return result_of(real(file)->pMethods->xShmMap(real(file), page, size, extend, out));
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete)
{
	return real(file)->pMethods->xShmUnmap(real(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* shared memory, which WAL needs; no mapped reads */
    .xClose = file_close,
    .xRead = file_read_at,
    .xWrite = file_write_at,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		    int *out_flags)
{
	int result;

	file->pMethods = NULL; /* nothing to close when this fails */
	real(file)->pMethods = NULL;
	if (sys_fault(SYS_CALL_OPEN))
		return result_of(SQLITE_CANTOPEN);
	errno = 0;
	result = below(vfs)->xOpen(below(vfs), name, real(file), flags, out_flags);
	if (real(file)->pMethods != NULL)
		file->pMethods = &methods;
	return result_of(result);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	if (sys_fault(SYS_CALL_UNLINK))
		return result_of(SQLITE_IOERR_DELETE);
	return below(vfs)->xDelete(below(vfs), name, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	return below(vfs)->xAccess(below(vfs), name, flags, out);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	return below(vfs)->xFullPathname(below(vfs), name, size, out);
}

static int vfs_random(sqlite3_vfs *vfs, int count, char *out)
{
	return below(vfs)->xRandomness(below(vfs), count, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return below(vfs)->xSleep(below(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	return below(vfs)->xCurrentTime(below(vfs), out);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return errno;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	return below(vfs)->xCurrentTimeInt64(below(vfs), out);
}

static void register_vfs(void)
{
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	layer = (sqlite3_vfs){.iVersion = 2,
			      .szOsFile = (int)sizeof(struct vfs_file) + system->szOsFile,
			      .mxPathname = system->mxPathname,
			      .zName = "heddle",
			      .pAppData = system,
			      .xOpen = vfs_open,
			      .xDelete = vfs_delete,
			      .xAccess = vfs_access,
			      .xFullPathname = vfs_full_path,
			      .xRandomness = vfs_random,
			      .xSleep = vfs_sleep,
			      .xCurrentTime = vfs_time,
			      .xGetLastError = vfs_last_error,
			      .xCurrentTimeInt64 = vfs_time_ms};
	sqlite3_vfs_register(&layer, 0);
}

const char *vfs_name(void)
{
	pthread_once(&registered, register_vfs);
	return layer.zName;
}
