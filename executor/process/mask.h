/* mask.h - takes one secret text out of a stream, wherever its pieces break. Pure.
 *
 * The secret's first bytes, which tell its kind, are passed on; "***" stands for the rest. What
 * matches beyond those is held back until it is known to be the secret or not: no longer than the
 * secret, and never anything that does not begin as it does. */
#ifndef HEDDLE_EXECUTOR_PROCESS_MASK_H
#define HEDDLE_EXECUTOR_PROCESS_MASK_H

#include <stddef.h>

#define MASK_SHOWN_BYTES 5
#define MASK_TEXT "***"

/* All zero = nothing is masked. */
struct mask {
	const char *secret; /* the caller's; its first byte stands nowhere else in it */
	size_t length;
	size_t matched; /* of the secret, by the end of what came */
};

typedef void (*mask_emit)(void *context, const char *bytes, size_t count);

/* secret NULL, too short to have a kind, or with its first byte in it twice: nothing is masked. */
void mask_init(struct mask *mask, const char *secret);
void mask_pass(struct mask *mask, const char *bytes, size_t count, mask_emit emit, void *context);
/* The stream is over: what is held back is passed on. */
void mask_end(struct mask *mask, mask_emit emit, void *context);

#endif
