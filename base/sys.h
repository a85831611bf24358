/* sys.h - the system calls that can fail in ways that matter, in one place.
 *
 * Each behaves like the call it is named after (return value, errno). In builds with HEDDLE_FAULTS
 *the environment can make the n-th one fail, kill the process or take time:
 *
 *	HEDDLE_FAULT=WHO:CALL:N:WHAT     WHO   daemon | launcher | shim | gc: see sys_fault_role
 *	                                 CALL  open write fsync rename link unlink fork mkdir
 *fallocate | any N     counted per process from 1; 0 = every one WHAT  an errno name (ENOSPC EIO
 *EMFILE EAGAIN EDQUOT EACCES) | kill (SIGKILL before the call) | delay:MICROSECONDS
 *	HEDDLE_FAULT_ONCE=FILE           fires only for who creates FILE first: once over all
 *processes
 *
 * Several faults are separated by commas. Other builds contain none of this. */
#ifndef HEDDLE_BASE_SYS_H
#define HEDDLE_BASE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sys_call {
	SYS_CALL_OPEN,
	SYS_CALL_WRITE, /* write and pwrite */
	SYS_CALL_FSYNC, /* fsync and fdatasync */
	SYS_CALL_RENAME,
	SYS_CALL_LINK,
	SYS_CALL_UNLINK,
	SYS_CALL_FORK,
	SYS_CALL_MKDIR,
	SYS_CALL_FALLOCATE, /* and ftruncate */
	SYS_CALL_RELEASE,   /* no system call: a commit is done, its effects are not */
	SYS_CALL_COUNT,
};

int sys_open(const char *path, int flags, mode_t mode); /* O_CLOEXEC is added */
ssize_t sys_write(int fd, const void *bytes, size_t count);
ssize_t sys_pwrite(int fd, const void *bytes, size_t count, off_t offset);
int sys_fsync(int fd);
int sys_fdatasync(int fd);
int sys_rename(const char *from, const char *to);
int sys_link(const char *from, const char *to);
int sys_unlink(const char *path);
/* Below the open folder fd, or AT_FDCWD. They count as open and unlink. */
int sys_openat(int fd, const char *name, int flags);
int sys_unlinkat(int fd, const char *name, int flags);
pid_t sys_fork(void);
int sys_mkdir(const char *path, mode_t mode);
int sys_fallocate(int fd, off_t size_bytes); /* reserves space, keeps the size */

/* Says which process this is for HEDDLE_FAULT and starts its counts at 0. Without HEDDLE_FAULTS it
 * does nothing. role must be a literal. */
void sys_fault_role(const char *role);
/* Counts one call made elsewhere (by SQLite, say); true when it must fail, with errno set. */
bool sys_fault(enum sys_call call);

#endif
