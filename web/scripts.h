/* scripts.h - whether the scripts that attempts started are still what they were then.
 *
 * The files are read when somebody asks, so only on a worker: each once for one answer, at most
 * SCRIPTS_LOOKED_AT of them and none after SCRIPTS_LOOK_MS, as a slow disk takes its time. */
#ifndef HEDDLE_WEB_SCRIPTS_H
#define HEDDLE_WEB_SCRIPTS_H

#include "base/vec.h"
#include "web/compose.h"

#include <stdbool.h>
#include <stdint.h>

#define SCRIPTS_LOOKED_AT 200u
#define SCRIPTS_LOOK_MS 2000

/* What the files are now. All zero at first. */
struct script_looks {
	VEC(struct script_look {
		char *file;
		char hash[33]; /* "" = it cannot be read */
	})
	known;
	int64_t until_boot_ms; /* 0 = no file was read yet */
};

struct script_state {
	const char *path; /* as the command names it */
	const char *hash; /* what it was */
	const char *now;  /* NULL = it cannot be read now, or too much was asked for */
	bool differs;     /* it is known to be another one now */
};

typedef bool (*script_state_fn)(void *context, const struct script_state *state);

/* Tells each script of an attempt; json is that of struct attempt_view, NULL = none. A callback
 * that returns false ends it. */
void scripts_each(struct script_looks *looks, const char *json, script_state_fn each,
		  void *context);
/* The members of one: "path", "hash", and "differs", which is null when it cannot be told. */
void scripts_write(struct compose *compose, const struct script_state *state);
void scripts_close(struct script_looks *looks);

#endif
