/* repeat.h - commands that came with an Idempotency-Key, so that one that is sent again is not done
 * again: the same key with the same body gets the same answer, with another body it is refused.
 *
 * Kept in memory and bounded: the oldest are forgotten first, all of them with the daemon. A
 * trigger needs no more than that, as its key is the key of its run, on disk. */
#ifndef HEDDLE_WEB_REPEAT_H
#define HEDDLE_WEB_REPEAT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define REPEAT_MAX 512
#define REPEAT_BYTES_MAX (8u * 1024 * 1024) /* of all kept answers together */
#define REPEAT_HASH_BYTES 32

struct repeat {
	unsigned char command[REPEAT_HASH_BYTES]; /* who wants what, under which key */
	unsigned char body[REPEAT_HASH_BYTES];
	unsigned status; /* 0 = not answered yet */
	struct str answer;
	char location[64]; /* "" = none */
	bool is_used;
};

/* All zero = none. */
struct repeats {
	struct repeat ring[REPEAT_MAX];
	size_t next; /* to be written */
	size_t bytes;
};

enum repeat_result {
	REPEAT_NEW,   /* *found is the place where its answer is to be kept */
	REPEAT_SAME,  /* *found has the answer, unless its status is 0: under way */
	REPEAT_OTHER, /* another body */
};

/* actor, path: what the key is good for. */
enum repeat_result repeat_find(struct repeats *repeats, const char *actor, const char *path,
			       const char *key, const struct str *body, struct repeat **found);
/* Keeps the answer of a new one; location NULL = none. */
void repeat_keep(struct repeats *repeats, struct repeat *repeat, unsigned status,
		 const struct str *answer, const char *location);
/* Forgets one that was not done. */
void repeat_forget(struct repeats *repeats, struct repeat *repeat);
void repeat_close(struct repeats *repeats);

#endif
