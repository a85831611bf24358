/* survivors.h - processes of a home's attempts, told without knowing anything of the home but its
 * path: for who has no database, or none that can be believed.
 *
 * A shim is known by its title and by the folder it works in, which is the home; a task's process
 * by HEDDLE_RUN_DIR, which lies in it. */
#ifndef HEDDLE_EXECUTOR_PROCESS_SURVIVORS_H
#define HEDDLE_EXECUTOR_PROCESS_SURVIVORS_H

#include "base/err.h"
#include "base/vec.h"
#include "executor/process/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct survivor {
	pid_t pid;
	uint64_t start; /* clock ticks after boot */
	bool is_shim;
	char name[PLACE_NAME_SIZE]; /* of its attempt: INCARNATION-ATTEMPT_ID */
};

struct survivors {
	VEC(struct survivor) list; /* shims first */
};

/* Goes through /proc once; what was in found before is replaced. home: absolute, links resolved. */
void survivors_find(struct survivors *found, const char *home);
void survivors_close(struct survivors *found);

/* Waits until no shim is on its way to its claim: a launcher that lost its daemon ends, and its
 * lock with it. The lock is *fd's until that is closed. ERR_AGAIN when it is not free in time. */
int survivors_settle(const char *home, int64_t patience_ms, int *fd, struct err *err);
/* Asks the shims to end their tasks (TERM, and KILL after their grace), waits, and kills what is
 * left then. Blocks. ERR_AGAIN when something still lives. */
int survivors_end(const char *home, int64_t patience_ms, struct err *err);

#endif
