/* read_hold.h - questions about a home that came out of a backup, until somebody lets it go on, and
 * about what is under way in any. */
#ifndef HEDDLE_STORE_READ_HOLD_H
#define HEDDLE_STORE_READ_HOLD_H

#include "store/read.h"

struct hold_view {
	int64_t at_ms; /* when it was restored */
	const char *actor;
	const char *reason;
	int64_t known_until_ms; /* the last fact of the backup; 0 = it had none */
	int64_t active_runs;    /* that have not ended */
};

/* An attempt that was under way when the backup was made: how it ended is not known. */
struct uncertain_view {
	const char *run_id;
	const char *dag_id;
	const char *task_id; /* NULL = its task is not in the version of the run any more */
	uint32_t number;
	int64_t released_at_ms;
	bool is_lost; /* it was ended as lost since; else a daemon has yet to do so */
};

/* An attempt that is under way, as far as the database knows. */
struct active_view {
	int64_t attempt_id;
	const char *incarnation;
	int64_t released_at_ms;
};

typedef bool active_fn(void *context, const struct active_view *view);
typedef void hold_fn(void *context, const struct hold_view *view);
typedef bool uncertain_fn(void *context, const struct uncertain_view *view);

/* Calls once, or not at all when the home is not held. */
int read_hold(struct store_reader *reader, hold_fn *each, void *context, struct err *err);
/* Oldest first, at most limit. Nothing when the home is not held. */
int read_uncertain(struct store_reader *reader, uint32_t limit, uncertain_fn *each, void *context,
		   struct err *err);
/* All that are under way, held or not. */
int read_active_attempts(struct store_reader *reader, active_fn *each, void *context,
			 struct err *err);

#endif
