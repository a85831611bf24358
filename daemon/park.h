/* park.h - a command that waits for something before it can be decided: a copy of its own. */
#ifndef HEDDLE_DAEMON_PARK_H
#define HEDDLE_DAEMON_PARK_H

#include "base/arena.h"
#include "web/web.h"

#include <stdint.h>

struct parked {
	struct arena arena;
	struct web_command command; /* its texts are the arena's */
	uint64_t token;
	void *context; /* the caller's */
};

struct parked *park_command(const struct web_command *command, uint64_t token, void *context);
void park_end(struct parked *parked);

#endif
