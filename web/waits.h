/* waits.h - who waits for what: long polls and log streams, by the run they wait for.
 *
 * Telling of a change costs what waits for that run (and for everything), not what waits at all. */
#ifndef HEDDLE_WEB_WAITS_H
#define HEDDLE_WEB_WAITS_H

#include <stdbool.h>
#include <stddef.h>

enum wait_kind {
	WAIT_CHANGE, /* anything new about the run */
	WAIT_END,    /* only its end */
};

/* Lives inside its owner, who removes it before it dies. Zeroed = waits for nothing. */
struct wait {
	struct wait *next;
	struct wait *previous;
	struct wait_run *run; /* NULL: for changes of any run */
	enum wait_kind kind;
	bool is_in;
	void (*wake)(struct wait *wait); /* may remove this wait, no other */
};

struct waits {
	struct wait_run *runs; /* hash by id; a run is in it while somebody waits for it */
	struct wait *any;
	size_t count;
};

/* run_id NULL: any run; kind is then WAIT_CHANGE. The wait must not be in. */
void waits_add(struct waits *waits, struct wait *wait, const char *run_id, enum wait_kind kind,
	       void (*wake)(struct wait *wait));
void waits_remove(struct waits *waits, struct wait *wait); /* one that is not in is allowed */

/* Wakes those who wait for a change of this run, and with ended those who wait for its end. */
void waits_tell(struct waits *waits, const char *run_id, bool ended);
/* Wakes those who wait for changes of any run: there are facts that belong to none. */
void waits_tell_any(struct waits *waits);

#endif
