/* dispatch.h - where decisions become durable before they become deeds.
 *
 *	input -> sched_step -> changes -> writer ... committed -> effects
 *
 * All inputs of one turn of the loop go into one batch. While a commit runs, the next batches
 * gather, and the writer takes them together. An effect (a launch, an answer, a signal) is released
 * only when the batch it belongs to is on disk. When commits fail no input is taken: commands are
 * answered with WEB_HELD, records stay in the spool, timers wait; only deadlines that are on disk
 * still kill. While the disk is nearly full all goes on but starts. All on the loop's thread. */
#ifndef HEDDLE_DAEMON_DISPATCH_H
#define HEDDLE_DAEMON_DISPATCH_H

#include "daemon/clock_watch.h"
#include "daemon/force.h"
#include "daemon/home.h"
#include "daemon/identity.h"
#include "daemon/metrics.h"
#include "daemon/space.h"
#include "daemon/suspects.h"
#include "daemon/zones.h"
#include "executor/process/process.h"
#include "scheduler/sched.h"
#include "store/read.h"
#include "store/store.h"
#include "store/writer.h"
#include "web/web.h"

#include <stdbool.h>
#include <uv.h>

struct gather;
struct deadline;
struct refusal;
struct retention;

#define REHEARSALS_MAX 32
#define REHEARSAL_TOKEN_SIZE 33

/* Lists that dry runs have shown lately, oldest overwritten; see rehearsal.h. */
struct rehearsals {
	struct rehearsal_kept {
		char token[REHEARSAL_TOKEN_SIZE];
		char *lines; /* NULL = none */
	} kept[REHEARSALS_MAX];
	size_t next;
};

struct dispatch {
	uv_loop_t *loop;
	const struct home *home;
	const struct identity *identity;
	struct force *force; /* the dags in force */
	struct store *store;
	struct store_reader *reader; /* for look-ups by key: single rows, answered from memory */
	struct store_writer *writer;
	struct sched *sched;
	struct process_executor *executor;
	struct web *web;
	struct retention *retention; /* what ended and is let go of */
	struct suspects suspects;
	struct zones zones;
	struct rehearsals rehearsals;
	struct metrics metrics;

	struct gather *open;   /* what this turn of the loop yielded; NULL = nothing yet */
	struct gather *oldest; /* handed to the writer and not committed yet, in order */
	struct gather *newest;
	struct refusal *refusals; /* commands that came while nothing is taken */
	size_t refusal_count;
	size_t refusal_capacity;
	struct deadline *deadlines; /* of cancelled attempts, on disk */
	size_t deadline_count;
	size_t deadline_capacity;
	uv_prepare_t flush_before_poll;
	uv_check_t flush_after_poll;
	/* The scheduler's next instant; while commits fail, the next deadline. A timerfd, because
	 * the loop's own timers stand still while the machine is suspended. */
	uv_poll_t due;
	int due_fd;
	int64_t due_boot_ms; /* for which it is armed; INT64_MAX = it is not */
	bool is_open;        /* the three handles are the loop's */
	struct clock_watch clock_watch;
	struct space space;
	size_t effects_since_trim;
	char executor_trouble[256]; /* of no attempt in particular; "" = none */
	bool executor_ready;
	bool stopping;
	bool failing;
	char failing_why[256];

	/* The store refused what it must be able to write: the program must start anew. Called
	 * once. */
	void (*broken)(void *context, const char *reason);
	void (*committed)(void *context); /* after each commit and its effects */
	void (*executor_is_ready)(void *context);
	void *context;
};

/* Before anything else of this file. The parts (home ... web) are filled in by the caller, who owns
 * them and keeps them until dispatch_stop. */
int dispatch_init(struct dispatch *dispatch, uv_loop_t *loop, struct err *err);
/* Looks how full the disk is when it is time to, and holds starts or lets them go on; true when
 * something changed. To be called before sched_restore_end; later on it is called here. */
bool dispatch_look_at_space(struct dispatch *dispatch);
/* Sets a hold of all starts, or lifts it (why NULL); true when that changed anything. What waits
 * goes on with the next step after the last hold is lifted. */
bool dispatch_hold(struct dispatch *dispatch, enum hold_kind kind, const char *why);
/* Takes what sched_restore_end yielded as the first batch, and starts the clock. */
void dispatch_begin(struct dispatch *dispatch, struct sched_output *restored);
/* No input is taken from now on; what was gathered goes to the writer. Also when parts are missing,
 * because one did not start. */
void dispatch_stop(struct dispatch *dispatch);
/* After the loop has ended. */
void dispatch_close(struct dispatch *dispatch);

/* Whether anything waits to be committed. */
bool dispatch_is_busy(const struct dispatch *dispatch);

/* The callbacks of the parts, for their event tables; context is the dispatch. */
void dispatch_committed(void *context, struct store_batch *batch);
void dispatch_failing(void *context, enum store_failure failure, const char *reason);
void dispatch_recovered(void *context);
void dispatch_broken(void *context, const char *reason, const struct store_batch *unwritten);
void dispatch_attempt_ended(void *context, const struct attempt_end *end);
void dispatch_trouble(void *context, int64_t attempt_id, const char *text);
void dispatch_executor_ready(void *context);
void dispatch_command(void *context, const struct web_command *command, uint64_t token);
/* What the attempt is to be launched with; see launch_build. */
int dispatch_build(void *context, const struct effect *attempt, struct arena *arena,
		   struct process_launch *launch, struct err *err);
bool dispatch_is_ready(void *context, char why[256]);                       /* for /readyz */
void dispatch_warns(void *context, char why[256]);                          /* struct web_events */
size_t dispatch_holds(void *context, struct web_hold holds[WEB_HOLDS_MAX]); /* for /version */

#endif
