/* retention.h - tidies the home of a running daemon: packs what ended, prunes what is past
 * retention.
 *
 *	tick -> round: step on a worker -> back on the loop: prune those due -> commit -> next step
 *
 * The loop only decides which runs may be pruned, which takes no look at the disk. Steps follow
 *each other with pauses, longer while the writer has work: whoever triggers, reruns or reads does
 *not feel them. Nothing of a round exists only here: a daemon that is killed begins the next one
 *with what the disk says. All on the loop's thread. */
#ifndef HEDDLE_DAEMON_RETENTION_H
#define HEDDLE_DAEMON_RETENTION_H

#include "daemon/retention_report.h"
#include "daemon/retention_round.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct dispatch;
struct web_command;

struct retention {
	uv_loop_t *loop;
	struct dispatch *dispatch;
	uv_timer_t timer;
	uv_work_t work;
	bool is_open;    /* the timer is the loop's */
	bool is_working; /* a step is under way on a worker */
	bool is_waiting; /* runs are being pruned: for the commit */
	bool is_stopping;
	struct retention_round *round; /* under way; NULL = none */
	struct err step_err;
	int step_rc;
	int64_t step_ms;      /* what the last step took */
	unsigned patience;    /* times in a row that it waited for the writer */
	VEC(int64_t) pruning; /* numbers of runs: decided, and on its way to the disk */
	bool is_asked;        /* somebody wants a round, with this: */
	struct round_wish asked;
	bool is_by_hand;       /* the round under way */
	int64_t next_prune_ms; /* of the boot clock: when a round does all there is to do */
	int64_t next_pack_ms;  /* likewise, what ended is packed; INT64_MAX = nothing has */
	int64_t last_end_ms;   /* of the boot clock: when a run ended last */
	int64_t began_ms;      /* likewise: the round under way */
	int64_t wall_ahead_ms; /* of the wall clock before the boot clock, when last looked at */
	int64_t pace_ms;       /* between two looks for what is past retention */
	int64_t quiet_ms;      /* how long a run has ended before it is packed */
	struct round_told told;
	struct round_told former; /* the newest that was asked for and is over */
};

/* The parts of dispatch are in place. */
void retention_start(struct retention *retention, uv_loop_t *loop, struct dispatch *dispatch);
/* No step is begun any more; one under way ends before the loop does. */
void retention_stop(struct retention *retention);
/* After the loop has ended. */
void retention_close(struct retention *retention);

/* The end of a run is on disk. */
void retention_run_ended(struct retention *retention);

/* The run is being pruned this moment: who wants something of it is told that it is gone. */
bool retention_is_pruning(const struct retention *retention, int64_t run_no);

/* WEB_GC begins a round (or joins the one under way), WEB_GC_STATUS asks for it. */
void retention_command(struct dispatch *dispatch, const struct web_command *command,
		       uint64_t token);

#endif
