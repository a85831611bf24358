/* kept.h - what a task wrote to its stdout, kept beside its log for who reads values from it.
 *
 * The file is written when the task is over, before its exit record is announced, so that whoever
 * knows the end finds it. It begins with one line, which is not the task's:
 *
 *	heddle-stdout 1 whole 1234 of 1234 bytes
 *	heddle-stdout 1 end 65536 of 9000000 bytes
 *
 * 1 is the version of the format. The first number says how many bytes follow, up to the end of the
 * file, and the second how many the task wrote. Up to KEPT_WHOLE_BYTES are kept whole; of more only
 * the last KEPT_END_BYTES are. A file that holds less than it says was torn by a full disk. */
#ifndef HEDDLE_EXECUTOR_PROCESS_KEPT_H
#define HEDDLE_EXECUTOR_PROCESS_KEPT_H

#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_WHOLE_BYTES (LIMIT_OUTPUT_BYTES + 1) /* a value, and the line end behind it */
#define KEPT_END_BYTES 65536u
#define KEPT_HEAD_BYTES 128 /* no first line is longer */
#define KEPT_FILE_BYTES (KEPT_WHOLE_BYTES + KEPT_HEAD_BYTES)

struct kept {
	uint64_t total_bytes;        /* ever added */
	char ring[KEPT_WHOLE_BYTES]; /* the last of them */
};

/* The ring is left untouched, so that a quiet task costs no memory for it. */
void kept_init(struct kept *kept);
void kept_add(struct kept *kept, const char *bytes, size_t count);
/* Makes the file. Returns 0 or an errno value; EEXIST: there is something at path. */
int kept_write(const struct kept *kept, const char *path);
/* Finds in a whole file where the task's bytes begin; they go up to its end. False when it is no
 * such file, or a torn one. */
bool kept_decode(const char *bytes, size_t count, size_t *begin, bool *is_whole);

#endif
