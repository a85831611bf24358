/* retention.c - see retention.h. */
#include "daemon/retention.h"

#include "base/log.h"
#include "base/mem.h"
#include "daemon/dispatch_core.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACE_MS 3600000       /* between two looks for what is past retention */
#define QUIET_MS 600000       /* a run that was just rerun is often rerun again */
#define PACK_AFTER_MS 1000    /* then all that ended in the same second is packed with it */
#define PRUNE_FIRST_MS 300000 /* after the start */
#define FAR_AHEAD_MS (24 * 3600000LL)
#define AFTER_JUMP_MS (24 * 3600000LL)
#define PAUSE_MIN_MS 5
#define PAUSE_MAX_MS 500
#define WRITER_PAUSE_MS 20
/* Pauses; then a step is made although commits are under way. */
#define WRITER_PATIENCE 25
#define WRITER_PATIENCE_BY_HAND 3

static void step(struct retention *retention);
static void on_timer(uv_timer_t *timer);

static void wait_for(struct retention *retention, int64_t pause_ms)
{
	uv_timer_start(&retention->timer, on_timer, (uint64_t)pause_ms, 0);
}

/* Nothing is looked for while nothing happens: a daemon at rest wakes once an hour for this. */
static void wait_for_next(struct retention *retention)
{
	int64_t next_ms = retention->next_prune_ms < retention->next_pack_ms
			      ? retention->next_prune_ms
			      : retention->next_pack_ms;
	int64_t pause_ms = next_ms - clock_now().boot_ms;

	if (!retention->is_stopping)
		wait_for(retention, retention->is_asked || pause_ms < 0 ? 0 : pause_ms);
}

/* What ended while the round went on, or too shortly before it, waits for its own time. */
static void plan_packing(struct retention *retention)
{
	int64_t next_ms = retention->last_end_ms + retention->quiet_ms + PACK_AFTER_MS;

	retention->next_pack_ms = retention->last_end_ms + retention->quiet_ms < retention->began_ms
				      ? INT64_MAX
				      : next_ms;
}

void retention_run_ended(struct retention *retention)
{
	bool is_idle = retention->round == NULL && !retention->is_asked;

	retention->last_end_ms = clock_now().boot_ms;
	if (!is_idle || retention->next_pack_ms != INT64_MAX || retention->is_stopping)
		return;
	plan_packing(retention);
	wait_for_next(retention);
}

/* --- rounds -------------------------------------------------------------------------------------
 */

static void begin_round(struct retention *retention, struct round_wish wish, bool is_by_hand)
{
	struct dispatch *dispatch = retention->dispatch;

	retention->round = mem_alloc(sizeof *retention->round);
	round_init(retention->round, dispatch->home, dispatch->store, wish);
	retention->is_by_hand = is_by_hand;
	retention->began_ms = clock_now().boot_ms;
	retention->told = (struct round_told){.number = retention->told.number + 1,
					      .is_running = true,
					      .is_dry = wish.is_dry,
					      .began_at_ms = retention->round->now_ms};
	step(retention);
}

/* Whether the round did anything that people may want to know of. */
static bool is_notable(const struct round_report *report)
{
	return report->packed_runs + report->pruned.runs + report->pruned.versions +
		   report->orphans.files >
	       0;
}

static void tell_end(const struct retention *retention)
{
	const struct round_report *report = &retention->told.report;

	if (retention->told.error[0] != '\0')
		log_warn("retention: cut short", "err=\"%s\"", retention->told.error);
	else if (!retention->told.is_dry && is_notable(report))
		log_info("retention",
			 "packed_runs=%" PRId64 " pruned_runs=%" PRId64 " versions=%" PRId64
			 " orphans=%" PRId64 " freed_bytes=%" PRId64,
			 report->packed_runs, report->pruned.runs, report->pruned.versions,
			 report->orphans.files, report->files.bytes + report->orphans.bytes);
}

static void end_round(struct retention *retention)
{
	retention->told.report = retention->round->report;
	retention->told.is_running = false;
	retention->told.ended_at_ms = clock_now().wall_ms;
	if (retention->step_rc != 0)
		snprintf(retention->told.error, sizeof retention->told.error, "%s",
			 retention->step_err.message);
	tell_end(retention);
	if (retention->is_by_hand)
		retention->former = retention->told;
	retention->step_rc = 0;
	round_close(retention->round);
	mem_free(retention->round);
	retention->round = NULL;
	plan_packing(retention);
	wait_for_next(retention);
}

/* --- steps --------------------------------------------------------------------------------------
 */

static void work(uv_work_t *request)
{
	struct retention *retention = request->data;
	int64_t began_ms = clock_now().boot_ms;

	retention->step_rc = round_step(retention->round, &retention->step_err);
	retention->step_ms = clock_now().boot_ms - began_ms;
}

/* At least as long as the step took: half of one worker's time is the most that it costs. */
static int64_t pause_of(const struct retention *retention)
{
	int64_t pause_ms = retention->step_ms * (retention->is_by_hand ? 1 : 4);

	if (pause_ms < PAUSE_MIN_MS)
		return retention->is_by_hand ? 1 : PAUSE_MIN_MS;
	return pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms;
}

static void pruned(void *context)
{
	struct retention *retention = context;

	vec_clear(&retention->pruning);
	retention->is_waiting = false;
	if (retention->is_stopping)
		return;
	wait_for(retention, pause_of(retention));
}

/* The scheduler knows all runs that anything may still happen to. */
static void prune_due(struct retention *retention)
{
	struct retention_round *round = retention->round;
	struct dispatch *dispatch = retention->dispatch;
	struct sched_output *output = dispatch_when_committed(dispatch, pruned, retention);
	int64_t now_ms = clock_now().wall_ms;

	retention->is_waiting = true;
	for (size_t i = 0; i < round->due_count; i++) {
		struct change *change;

		if (sched_find_run(dispatch->sched, round->due[i].run_id) != 0)
			continue;
		change = change_list_add(&output->changes, CHANGE_RUN_PRUNE);
		change->run_no = round->due[i].run_no;
		change->at_ms = now_ms;
		change->run_prune.ended_at_ms = round->due[i].ended_at_ms;
		change->why =
		    arena_printf(&output->changes.arena, "retention %s", round->walk.retention);
		vec_push(&retention->pruning, round->due[i].run_no);
	}
	round->due_count = 0;
}

static void worked(uv_work_t *request, int status)
{
	struct retention *retention = request->data;
	struct retention_round *round = retention->round;

	(void)status; /* nobody cancels it */
	retention->is_working = false;
	retention->told.report = round->report;
	if (retention->is_stopping || retention->step_rc != 0 ||
	    (round_is_over(round) && round->due_count == 0))
		end_round(retention);
	else if (round->due_count > 0 && !retention->dispatch->failing)
		prune_due(retention);
	else
		wait_for(retention, pause_of(retention));
}

static void step(struct retention *retention)
{
	retention->patience = 0;
	/* Runs that were due while commits failed come again in the next round. */
	retention->round->due_count = 0;
	if (round_is_over(retention->round)) {
		end_round(retention);
		return;
	}
	retention->work.data = retention;
	retention->is_working = true;
	(void)uv_queue_work(retention->loop, &retention->work, work, worked);
}

/* --- the timer ----------------------------------------------------------------------------------
 */

/* A clock that is wrong by years would have everything pruned that there is. So nothing is while
 * one is doubted, and for a day after it was set far ahead: who set it has that long to see it. */
static bool may_prune(struct retention *retention)
{
	static const enum hold_kind doubts[] = {HOLD_CLOCK_BEHIND, HOLD_CLOCK_JUMP, HOLD_RESTORED};
	struct moment now = clock_now();
	int64_t ahead_ms = now.wall_ms - now.boot_ms;

	if (ahead_ms - retention->wall_ahead_ms > FAR_AHEAD_MS) {
		log_warn("retention: the clock was set far ahead, nothing is pruned for a day",
			 "ahead_ms=%" PRId64, ahead_ms - retention->wall_ahead_ms);
		retention->next_prune_ms = now.boot_ms + AFTER_JUMP_MS;
	}
	retention->wall_ahead_ms = ahead_ms;
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++)
		if (sched_is_held(retention->dispatch->sched, doubts[i]))
			return false;
	return now.boot_ms >= retention->next_prune_ms;
}

static struct round_wish usual_wish(struct retention *retention)
{
	struct round_wish wish = {.parts = ROUND_PACK, .quiet_ms = retention->quiet_ms};
	int64_t now_ms = clock_now().boot_ms;

	if (may_prune(retention))
		wish.parts |= ROUND_PRUNE | ROUND_SWEEP;
	if (retention->next_prune_ms <= now_ms)
		retention->next_prune_ms = now_ms + retention->pace_ms;
	return wish;
}

/* A commit that somebody waits for goes first; not for ever. */
static bool yields(struct retention *retention)
{
	unsigned most = retention->is_by_hand ? WRITER_PATIENCE_BY_HAND : WRITER_PATIENCE;

	if (store_writer_is_idle(retention->dispatch->writer) || retention->patience >= most)
		return false;
	retention->patience++;
	return true;
}

static void on_timer(uv_timer_t *timer)
{
	struct retention *retention = timer->data;

	if (retention->is_stopping || retention->is_working || retention->is_waiting)
		return;
	/* Nothing is written while commits fail, and on a full disk least of all by this. */
	if (retention->dispatch->failing) {
		wait_for(retention, PAUSE_MAX_MS);
	} else if (yields(retention)) {
		wait_for(retention, WRITER_PAUSE_MS);
	} else if (retention->round != NULL && retention->is_asked && !retention->is_by_hand) {
		end_round(retention); /* who asked does not wait for what is done at leisure */
	} else if (retention->round != NULL) {
		step(retention);
	} else if (retention->is_asked) {
		retention->is_asked = false;
		begin_round(retention, retention->asked, true);
	} else if (clock_now().boot_ms < retention->next_pack_ms &&
		   clock_now().boot_ms < retention->next_prune_ms) {
		wait_for_next(retention); /* the loop's clock is ahead by a trifle, or was asleep */
	} else {
		begin_round(retention, usual_wish(retention), false);
	}
}

/* Builds with faults go through all of it in no time when they are told to. */
static int64_t told_pace_ms(void)
{
#ifdef HEDDLE_FAULTS
	const char *text = getenv("HEDDLE_RETENTION_PACE_MS");

	if (text != NULL)
		return strtoll(text, NULL, 10);
#endif
	return 0;
}

void retention_start(struct retention *retention, uv_loop_t *loop, struct dispatch *dispatch)
{
	int64_t told_ms = told_pace_ms();

	memset(retention, 0, sizeof *retention);
	retention->loop = loop;
	retention->dispatch = dispatch;
	retention->pace_ms = told_ms > 0 ? told_ms : PACE_MS;
	retention->quiet_ms = told_ms > 0 ? told_ms : QUIET_MS;
	retention->wall_ahead_ms = clock_now().wall_ms - clock_now().boot_ms;
	retention->next_prune_ms = clock_now().boot_ms + (told_ms > 0 ? told_ms : PRUNE_FIRST_MS);
	uv_timer_init(loop, &retention->timer); /* cannot fail */
	retention->timer.data = retention;
	retention->is_open = true;
	dispatch->retention = retention;
	retention->next_pack_ms = INT64_MAX;
	wait_for_next(retention);
}

void retention_stop(struct retention *retention)
{
	retention->is_stopping = true;
	if (retention->is_open)
		uv_close((uv_handle_t *)&retention->timer, NULL);
	retention->is_open = false;
}

void retention_close(struct retention *retention)
{
	if (retention->round != NULL) {
		round_close(retention->round);
		mem_free(retention->round);
		retention->round = NULL;
	}
	vec_close(&retention->pruning);
}

bool retention_is_pruning(const struct retention *retention, int64_t run_no)
{
	for (size_t i = 0; i < retention->pruning.count; i++)
		if (retention->pruning.items[i] == run_no)
			return true;
	return false;
}

/* --- by hand ------------------------------------------------------------------------------------
 */

static void ask(struct retention *retention, const struct web_command *command)
{
	retention->asked =
	    (struct round_wish){.parts = ROUND_PACK | ROUND_PRUNE | ROUND_SWEEP | ROUND_TOTALS,
				.is_dry = command->dry_run};
	if (command->backups)
		retention->asked.parts |= ROUND_BACKUPS;
	retention->is_asked = true;
	/* What is told from now on is of this round. */
	if (retention->round == NULL) {
		retention->told.is_running = true;
		wait_for(retention, 0);
	}
}

void retention_command(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct retention *retention = dispatch->retention;
	struct round_told told;
	char *json;

	/* Two that asked for different things would each be told of the other's round. */
	if (command->kind == WEB_GC &&
	    (retention->is_asked || (retention->round != NULL && retention->is_by_hand))) {
		dispatch_answer(dispatch, token, WEB_REFUSED, NULL,
				"a round that somebody else asked for is under way: ask again when "
				"it is over");
		return;
	}
	if (command->kind == WEB_GC)
		ask(retention, command);
	told = retention->told;
	/* One that is asked for and waits for the usual one is the next. */
	if (retention->is_asked) {
		told = (struct round_told){.number = retention->told.number + 1,
					   .is_running = true,
					   .is_dry = retention->asked.is_dry};
	}
	json = round_report_json(&told, &retention->former);
	dispatch_answer(dispatch, token, WEB_DONE, NULL, json);
	mem_free(json);
}
