/* claim.h - the claim: the one file by which an attempt starts at most once.
 *
 * A claim is made without a name (O_TMPFILE, or under a temporary name where the file system has
 * no such thing), written, locked with flock, and only then linked to its name. Whoever gets EEXIST
 * leaves without a trace, and a claim is never seen half written or unlocked while its shim lives.
 *
 * The file is 4096 bytes from the start, because it is also the room for the exit record: an
 * attempt that has a claim can tell its end even when the disk is full by then. (The bytes are
 * written, not fallocated: that reserves the space just as well, costs a tenth, and no file has to
 * be deleted for each attempt, which ext4 answers by searching for free inodes for minutes.)
 *
 *	   0  the claim, up to 2048 bytes
 *	2048  the exit record (record.h), zero until the end
 *
 * The claim, little-endian: head as in codec.h with magic "HdCl", version 1, then
 *
 *	 16  8  claimed_at_ms
 *	 24  4  shim pid         28  4  pid of the task's first process, 0 = none or not told
 *	 32  8  shim start time  40  8  start time of the first process (/proc/PID/stat, field 22)
 *	 48  3 x 2  lengths of boot id, name and cgroup path; the texts follow from byte 54
 *
 * The record is complete before the file gets its second name, spool/exit/NAME. A claim with a
 * valid record is over, whoever holds it; one that the daemon makes for a cancelled attempt has its
 * record from the start. */
#ifndef HEDDLE_EXECUTOR_PROCESS_CLAIM_H
#define HEDDLE_EXECUTOR_PROCESS_CLAIM_H

#include "executor/process/place.h"
#include "model/attempt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CLAIM_FILE_BYTES 4096
#define CLAIM_RECORD_OFFSET 2048
#define CLAIM_BOOT_ID_SIZE 64
#define CLAIM_CGROUP_SIZE 1024

struct claim {
	int64_t claimed_at_ms;
	pid_t shim_pid; /* 0: not of a shim */
	uint64_t shim_start;
	pid_t task_pid; /* only told where the task has no cgroup */
	uint64_t task_start;
	char boot_id[CLAIM_BOOT_ID_SIZE];
	char name[PLACE_NAME_SIZE];
	char cgroup[CLAIM_CGROUP_SIZE]; /* absolute path; "" = none */
};

/* What a file of claim and record says. */
struct claim_file {
	bool is_claim;  /* claim is valid */
	bool is_record; /* end is valid */
	/* There is no record that can be read, and one of them is of a version that this program
	 * does not know: it must be left alone. */
	bool is_newer;
	struct claim claim;
	struct attempt_end end;
};

/* Makes the claim at path, with the record of end unless that is NULL. *fd is the locked file,
 * which the caller keeps open as long as the claim shall be held. Returns 0 or an errno value;
 * EEXIST: somebody else has it. The folder of path is made when missing. */
int claim_make(const char *path, const struct claim *claim, const struct attempt_end *end, int *fd);
/* Gives the file one more name. As link(2); ENOENT also when it has no name any more. */
int claim_link(int fd, const char *path);
/* Writes the claim anew, in place. Returns 0 or an errno value. */
int claim_update(int fd, const struct claim *claim);
/* Writes the exit record into the claim. Returns 0 or an errno value. */
int claim_write_record(int fd, const struct attempt_end *end);

void claim_file_decode(const void *bytes, size_t count, struct claim_file *out);
/* Reads the file at path; held: somebody has it locked. Returns 0 or an errno value; EINVAL: not a
 * regular file. A file that is neither claim nor record is no error. held may be NULL. */
int claim_file_read(const char *path, struct claim_file *out, bool *held);

#endif
