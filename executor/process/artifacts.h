/* artifacts.h - the bound of what an attempt leaves in $HEDDLE_ARTIFACTS.
 *
 * At most LIMIT_ARTIFACTS_FILES files of LIMIT_ARTIFACTS_BYTES in all stay. They are taken in the
 * order in which they were last written: each stays if it still fits, else it goes. What is no
 * regular file goes (links, FIFOs, sockets, devices), and so do folders without a file, files
 * deeper than ARTIFACTS_DEPTH and names longer than LIMIT_ARTIFACT_NAME_BYTES.
 *
 * The task put there what it liked: no link is followed, and memory is bounded. Of more than
 * ARTIFACTS_SORTED files the order holds among those alone that are met together. */
#ifndef HEDDLE_EXECUTOR_PROCESS_ARTIFACTS_H
#define HEDDLE_EXECUTOR_PROCESS_ARTIFACTS_H

#include <stdbool.h>
#include <stdint.h>

/* Of one attempt: sizes as ls tells them, so that holes count. */
#define LIMIT_ARTIFACTS_BYTES (256ll * 1024 * 1024)
#define LIMIT_ARTIFACTS_FILES 1000u
#define LIMIT_ARTIFACTS_TEXT "256 MiB / 1,000 files" /* both, in words */
#define LIMIT_ARTIFACT_NAME_BYTES 1000u              /* with the folders before it */

#define ARTIFACTS_DEPTH 16u          /* of folders within the folder */
#define ARTIFACTS_SORTED 4096u       /* files whose names are held at a time */
#define ARTIFACTS_LOOKED_AT 1000000u /* entries; a task that leaves more keeps them */
#define ARTIFACTS_NOTE_SIZE 400

/* What was taken away, and what could not be. */
struct artifacts_cut {
	uint64_t files; /* links and the like, too */
	uint64_t bytes; /* their sizes, as ls tells them */
	uint64_t faults;
	int fault_errno; /* of the first */
	bool is_partial; /* something lies too deep, or beyond looked_at entries */
};

/* Holds the folder at path to the bound. Removes it when nothing stays in it. For who may wait,
 * once nobody writes there any more. */
void artifacts_bound(const char *path, uint64_t looked_at, struct artifacts_cut *cut);
/* Says so in a line for the attempt's log; false: there is nothing to be said. */
bool artifacts_note(const struct artifacts_cut *cut, char note[ARTIFACTS_NOTE_SIZE]);

/* Opens the folder that the last part of name ("a/b/c") stands in, part by part, without following
 * a link; *last gets that part, within name. The parts must be names: not "", "." or "..". Returns
 * a descriptor for the *at calls, or -1 with errno. */
int artifacts_open_parent(int folder_fd, const char *name, const char **last);

#endif
