/* pack.h - what the ended attempts of a run left behind, in one file.
 *
 * A small file costs a block and an inode, and a run of many tasks leaves two a task. So when a run
 * has ended and been quiet for a while, its logs, claims and the rest become one file,
 * logs/DAY/RUN.pack; what an attempt says is read from whichever of the two is there (log.h). The
 * bodies are as they were, one after the other and not compressed: a part of a log is a pread, and
 * its end is found without reading what stands before it.
 *
 * Numbers are little-endian.
 *
 *	  0  head, 64 bytes; as in codec.h with magic "HdPk", version 1, length 64, then
 *	     16  4  number of entries   20  4  bytes of an entry, 96
 *	     24  8  length of the file  32  8  zero
 *	     40 16  id of the run       56  4  CRC-32C of all entries   60  4  zero
 *	 64  entries, 96 bytes each, ascending by attempt id, incarnation, kind
 *	      0  8  attempt id   8  4  kind   12  4  CRC-32C of the body
 *	     16  8  where the body begins    24  8  its length
 *	     32 60  incarnation, NUL behind it   92  4  CRC-32C of the entry up to here
 *	 ..  bodies
 *
 * A file is written aside, synced and renamed, so one that is shorter than its head says was cut by
 * something else. Readers check the head and each entry that they use, and say what is wrong. */
#ifndef HEDDLE_EXECUTOR_PROCESS_PACK_H
#define HEDDLE_EXECUTOR_PROCESS_PACK_H

#include "executor/process/place.h"
#include "executor/process/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which the files of an attempt go once they are packed: its claim outlives its
 * log. */
enum pack_kind {
	PACK_LOG,
	PACK_STDOUT,
	PACK_OUTPUT,
	PACK_PROGRESS,
	PACK_CLAIM,
	PACK_KIND_COUNT,
};

#define PACK_INCARNATION_SIZE 60
/* What an attempt left beyond this stays in files of its own: to copy it would cost twice its room
 * and gain two inodes. */
#define PACK_LARGE_BYTES (16LL << 20)

/* The run whose file it is. */
struct pack_run {
	const char *run_id;
	int64_t created_at_ms;
};

/* --- reading
 * ------------------------------------------------------------------------------------ */

struct pack {
	int fd;
	uint32_t count; /* of entries */
	int64_t size_bytes;
	uint32_t entries_crc;
};

struct pack_part {
	int64_t attempt_id;
	enum pack_kind kind;
	uint32_t crc;
	int64_t at; /* of its first byte in the file */
	int64_t size_bytes;
	char incarnation[PACK_INCARNATION_SIZE];
};

/* Returns buffer, "" when it would not fit. */
const char *pack_path(const char *home, struct pack_run run, char buffer[PATH_MAX]);

/* Fails with ERR_NOT_FOUND, ERR_CORRUPT (it is none, or cut short), else err_errno's codes. */
int pack_open(const char *path, struct pack *pack, struct err *err);
void pack_close(struct pack *pack);
/* The part at a position; ERR_CORRUPT when its entry does not check. */
int pack_part_at(const struct pack *pack, uint32_t position, struct pack_part *part,
		 struct err *err);
/* ERR_NOT_FOUND when the file holds no such part. */
int pack_find(const struct pack *pack, const char *incarnation, int64_t attempt_id,
	      enum pack_kind kind, struct pack_part *part, struct err *err);
/* Reads all there is and holds it to its sums; ERR_CORRUPT says what is wrong. */
int pack_check(const char *path, struct err *err);

/* --- writing
 * ------------------------------------------------------------------------------------ */

/* An attempt whose end is on disk. */
struct pack_attempt {
	struct process_ref ref;
	char incarnation[PACK_INCARNATION_SIZE];
};

/* Makes a run's file in bounded steps, on a worker: open, step until done, then, once the store
 * knows of it, clear until done, close. Killed anywhere, doing the same again loses and doubles
 * nothing: each file of an attempt is taken where it stands, else from the file of before. */
struct pack_writer;

/* Looks what there is. Fails with ERR_CORRUPT when the file of before cannot be read. */
int pack_writer_open(const char *home, struct pack_run run, const struct pack_attempt *attempts,
		     size_t count, struct pack_writer **out, struct err *err);
/* Copies about max_bytes. *done: the file is in its place and durable, or none is needed. Fails
 * with ERR_FULL and others; what stands in its place is then as it was. */
int pack_writer_step(struct pack_writer *writer, int64_t max_bytes, bool *done, struct err *err);
/* Removes up to max_files of those that the file holds now. */
int pack_writer_clear(struct pack_writer *writer, size_t max_files, bool *done, struct err *err);
/* Length of the file, 0 = there is none. */
int64_t pack_writer_bytes(const struct pack_writer *writer);
/* An attempt was left out because its claim is held: to be tried again later. */
bool pack_writer_is_partial(const struct pack_writer *writer);
void pack_writer_close(struct pack_writer *writer);

/* --- shared by the two files
 * -------------------------------------------------------------------- */

#define PACK_HEAD_BYTES 64
#define PACK_ENTRY_BYTES 96

/* The file of that kind of an attempt; returns buffer. */
const char *pack_single_path(const char *home, const struct pack_attempt *attempt,
			     enum pack_kind kind, char buffer[PATH_MAX]);
void pack_encode_entry(const struct pack_part *part, unsigned char bytes[PACK_ENTRY_BYTES]);
/* Ascending as in the file. */
int pack_part_order(const struct pack_part *left, const struct pack_part *right);

#endif
