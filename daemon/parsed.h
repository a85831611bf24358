/* parsed.h - the dags that were parsed last, so that a dag triggered often is parsed once.
 *
 * Of thousands of dags in force few are triggered in an hour: the others wait as text in the store.
 * Bounded: what was not asked for the longest goes first. Runs hold references of their own. On the
 * loop's thread. */
#ifndef HEDDLE_DAEMON_PARSED_H
#define HEDDLE_DAEMON_PARSED_H

#include "model/dag.h"

#include <stddef.h>

#define PARSED_BYTES_MAX (8u * 1024 * 1024) /* of memory of dags; the newest is kept whatever */

struct parsed_entry;

struct parsed {
	struct parsed_entry *entries; /* hash by version; in the order of use */
	size_t bytes;
};

void parsed_init(struct parsed *parsed);
void parsed_close(struct parsed *parsed);
/* The version with this hash as it is read under this file name; NULL = not at hand. The cache's.
 */
struct dag *parsed_find(struct parsed *parsed, const char *hash, const char *file);
/* Likewise, whatever name it was read under. */
struct dag *parsed_find_version(struct parsed *parsed, const char *hash);
/* Takes a reference of its own. */
void parsed_put(struct parsed *parsed, struct dag *dag);

#endif
