/* holds.h - why nothing is started: each kind of reason at most once, the most lasting one told
 * first.
 *
 * A hold keeps what is new from starting and ends nothing; triggers are taken and wait. It is told
 * by `why`, by /readyz and beside the tasks that wait. */
#ifndef HEDDLE_DAEMON_HOLDS_H
#define HEDDLE_DAEMON_HOLDS_H

#include <stdbool.h>

#define HOLD_WHY_SIZE 256

/* In the order in which they are told. */
enum hold_kind {
	HOLD_RESTORED, /* the home came out of a backup; on disk until somebody resumes it */
	HOLD_SPACE,    /* its disk is nearly full */
	HOLD_KIND_COUNT,
};

struct holds {
	char why[HOLD_KIND_COUNT][HOLD_WHY_SIZE]; /* "" = no such hold */
};

/* Sets a hold, or lifts it (NULL). True when that changed anything. */
bool holds_put(struct holds *holds, enum hold_kind kind, const char *why);
/* The reason of one kind; NULL = no such hold. */
const char *holds_find(const struct holds *holds, enum hold_kind kind);
/* What is told of all of them; NULL = there is none. Lives until the next change. */
const char *holds_why(const struct holds *holds);

#endif
