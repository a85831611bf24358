/* dispatch.c - inputs in, changes to the writer, effects out after the commit; see dispatch.h. */
#include "daemon/dispatch.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/vec.h"
#include "daemon/dispatch_core.h"
#include "daemon/launch.h"
#include "daemon/operate.h"
#include "daemon/outcome.h"
#include "daemon/park.h"
#include "daemon/rehearsal.h"
#include "daemon/retention.h"
#include "daemon/run_info.h"
#include "daemon/scripts.h"
#include "daemon/trigger.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* So many effects are a burst. */
#define TRIM_EFFECTS 2000

/* An answer that waits for the commit of what it saw. */
struct answer {
	uint64_t token;
	enum web_result result;
	char run_id[RUN_ID_SIZE]; /* "" = none */
	char *message;            /* NULL = none */
};

/* Who wants to know of the commit. */
struct then {
	void (*call)(void *context);
	void *context;
};

/* What belongs to one batch and is released with its commit. */
struct gather {
	struct sched_output output; /* its changes move to the batch at the flush */
	VEC(struct answer) answers;
	VEC(int64_t) ended; /* attempts whose end this batch writes */
	VEC(struct then) thens;
	bool alone; /* a suspect's: nothing else joins it */
	uint64_t submitted_ns;
	struct gather *next; /* handed over after this one */
};

/* A command that was not taken: answered at the end of this turn of the loop, without a commit. */
struct refusal {
	uint64_t token;
	char why[256];
};

/* After this instant the processes of a cancelled attempt are killed. On disk as the task's due. */
struct deadline {
	int64_t boot_ms;
	struct process_ref ref;
};

static struct gather *gather_create(void)
{
	struct gather *gather = mem_alloc(sizeof *gather);

	sched_output_init(&gather->output);
	return gather;
}

static void gather_destroy(struct gather *gather)
{
	for (size_t i = 0; i < gather->answers.count; i++)
		mem_free(gather->answers.items[i].message);
	vec_close(&gather->answers);
	vec_close(&gather->ended);
	vec_close(&gather->thens);
	sched_output_close(&gather->output);
	mem_free(gather);
}

static struct gather *open_gather(struct dispatch *dispatch)
{
	if (dispatch->open == NULL)
		dispatch->open = gather_create();
	return dispatch->open;
}

/* --- the clock -----------------------------------------------------------------------------------
 */

static int64_t next_deadline(const struct dispatch *dispatch)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < dispatch->deadline_count; i++)
		if (dispatch->deadlines[i].boot_ms < next)
			next = dispatch->deadlines[i].boot_ms;
	return next;
}

static int64_t next_instant(const struct dispatch *dispatch)
{
	int64_t next;

	if (dispatch->stopping)
		return INT64_MAX;
	if (dispatch->failing)
		return next_deadline(dispatch);
	next = sched_next_due_boot_ms(dispatch->sched);
	/* While starts are held, somebody may have made room: nothing else would tell. */
	if (dispatch->space.level == SPACE_OUT && dispatch->space.next_check_boot_ms < next)
		next = dispatch->space.next_check_boot_ms;
	return next;
}

static void arm_timer(struct dispatch *dispatch)
{
	int64_t next = next_instant(dispatch);
	struct itimerspec at = {{0, 0}, {0, 0}};

	if (next == dispatch->due_boot_ms)
		return;
	if (next != INT64_MAX) {
		int64_t from = next > 0 ? next : 1; /* 0 would disarm it */

		at.it_value.tv_sec = from / 1000;
		at.it_value.tv_nsec = from % 1000 * 1000000;
	}
	dispatch->due_boot_ms = next;
	/* Fails only for arguments that are wrong. */
	(void)timerfd_settime(dispatch->due_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* --- inputs --------------------------------------------------------------------------------------
 */

static void answer_refusals(struct dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->refusal_count; i++)
		web_answer(dispatch->web, dispatch->refusals[i].token, WEB_HELD, NULL,
			   dispatch->refusals[i].why);
	dispatch->refusal_count = 0;
}

/* Closes the batch of this turn and hands it to the writer. */
static void flush(struct dispatch *dispatch)
{
	struct gather *gather = dispatch->open;
	struct store_batch *batch;

	answer_refusals(dispatch);
	if (gather == NULL)
		return;
	dispatch->open = NULL;
	batch = store_batch_create(gather);
	change_list_close(&batch->changes);
	batch->changes = gather->output.changes;
	change_list_init(&gather->output.changes);
	if (dispatch->newest == NULL)
		dispatch->oldest = gather;
	else
		dispatch->newest->next = gather;
	dispatch->newest = gather;
	gather->submitted_ns = uv_hrtime();
	store_writer_submit(dispatch->writer, batch);
	arm_timer(dispatch);
}

bool dispatch_hold(struct dispatch *dispatch, enum hold_kind kind, const char *why)
{
	return sched_hold(dispatch->sched, kind, why);
}

bool dispatch_look_at_space(struct dispatch *dispatch)
{
	struct space *space = &dispatch->space;

	if (!space_check(space, dispatch->home->path, clock_now().boot_ms))
		return false;
	(void)dispatch_hold(dispatch, HOLD_SPACE, space->level == SPACE_OUT ? space->why : NULL);
	return true;
}

struct sched_output *dispatch_output(struct dispatch *dispatch)
{
	return &open_gather(dispatch)->output;
}

struct sched_output *dispatch_batch(struct dispatch *dispatch)
{
	if (dispatch->open != NULL && dispatch->open->alone)
		flush(dispatch);
	return dispatch_output(dispatch);
}

struct sched_output *dispatch_when_committed(struct dispatch *dispatch, void (*then)(void *context),
					     void *context)
{
	struct sched_output *output = dispatch_batch(dispatch);
	struct then one = {then, context};

	vec_push(&dispatch->open->thens, one);
	return output;
}

int64_t dispatch_step(struct dispatch *dispatch, const struct input *input)
{
	(void)dispatch_look_at_space(dispatch);
	return sched_step(dispatch->sched, input, clock_now(), &open_gather(dispatch)->output);
}

static void kill_overdue(struct dispatch *dispatch)
{
	int64_t now_ms = clock_now().boot_ms;

	for (size_t i = 0; i < dispatch->deadline_count; i++) {
		if (dispatch->deadlines[i].boot_ms > now_ms)
			continue;
		process_kill(dispatch->executor, dispatch->deadlines[i].ref);
		dispatch->deadlines[i].boot_ms = now_ms + 1000; /* until it is gone */
	}
	arm_timer(dispatch);
}

static void on_due(uv_poll_t *poll, int status, int events)
{
	struct dispatch *dispatch = poll->data;
	struct input input = {.kind = INPUT_TIME, .actor = "scheduler"};
	uint64_t times;

	(void)status;
	(void)events;
	/* Nothing to read: it was set anew since the loop looked. */
	if (read(dispatch->due_fd, &times, sizeof times) != (ssize_t)sizeof times)
		return;
	dispatch->due_boot_ms = INT64_MAX;
	if (dispatch->failing)
		kill_overdue(dispatch);
	else
		dispatch_step(dispatch, &input);
}

static void drop_deadline(struct dispatch *dispatch, int64_t attempt_id)
{
	for (size_t i = 0; i < dispatch->deadline_count; i++)
		if (dispatch->deadlines[i].ref.attempt_id == attempt_id)
			dispatch->deadlines[i--] = dispatch->deadlines[--dispatch->deadline_count];
}

/* Reads what the attempt left behind, and takes its end. One that is not under way any more left
 * nothing that counts. */
static void take_end(struct dispatch *dispatch, const struct attempt_end *end)
{
	struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor", .ended = *end};
	struct outcome outcome = {.outputs = NULL};
	struct effect attempt;

	if (sched_find_attempt(dispatch->sched, end->attempt_id, &attempt))
		outcome_read(&outcome, dispatch->home->path, store_incarnation(dispatch->store),
			     &attempt, &input.ended);
	input.findings = outcome.findings;
	dispatch_step(dispatch, &input);
	outcome_close(&outcome);
	if (dispatch->web != NULL)
		web_attempt_ended(dispatch->web, end->attempt_id);
}

void dispatch_attempt_ended(void *context, const struct attempt_end *end)
{
	struct dispatch *dispatch = context;
	bool alone = suspects_failures(&dispatch->suspects, end->attempt_id) > 0;

	assert(!dispatch->failing);
	if (dispatch->stopping)
		return; /* it stays in the spool for the next daemon */
	if (alone || (dispatch->open != NULL && dispatch->open->alone))
		flush(dispatch);
	drop_deadline(dispatch, end->attempt_id);
	take_end(dispatch, end);
	vec_push(&dispatch->open->ended, end->attempt_id);
	dispatch->open->alone = alone;
}

/* --- commands ------------------------------------------------------------------------------------
 */

void dispatch_answer(struct dispatch *dispatch, uint64_t token, enum web_result result,
		     const char *run_id, const char *message)
{
	struct answer later = {.token = token, .result = result, .message = mem_strdup(message)};

	if (run_id != NULL)
		snprintf(later.run_id, sizeof later.run_id, "%s", run_id);
	vec_push(&open_gather(dispatch)->answers, later);
}

void dispatch_answer_step(struct dispatch *dispatch, uint64_t token, const char *run_id)
{
	static const enum web_result results[] = {
	    [ANSWER_DONE] = WEB_DONE,
	    [ANSWER_UNCHANGED] = WEB_UNCHANGED,
	    [ANSWER_NOT_FOUND] = WEB_NOT_FOUND,
	    [ANSWER_REFUSED] = WEB_REFUSED,
	};
	const struct sched_output *output = dispatch_output(dispatch);

	dispatch_answer(dispatch, token, results[output->answer], run_id, output->message);
}

void dispatch_answer_unknown_dag(struct dispatch *dispatch, const char *dag_id, uint64_t token)
{
	const struct folder *folder = dispatch->force->now;
	const char **names = mem_alloc((folder->dag_count + 1) * sizeof *names);
	char message[512];
	const char *nearest;

	for (size_t i = 0; i < folder->dag_count; i++)
		names[i] = folder->dags[i].id;
	nearest = str_nearest(dag_id, names);
	if (nearest != NULL)
		snprintf(message, sizeof message,
			 "no dag '%.200s' is in force (did you mean '%s'?)", dag_id, nearest);
	else
		snprintf(message, sizeof message,
			 "no dag '%.200s' is in force; 'heddle ls dags' lists those that are, "
			 "'heddle ls errors' the files that do not check",
			 dag_id);
	mem_free(names);
	dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL, message);
}

/* The version is parsed now: the command is taken as if it came this moment. */
static void take_parked(void *context, const struct err *err)
{
	struct parked *parked = context;
	struct dispatch *dispatch = parked->context;

	if (dispatch->stopping)
		log_info("command dropped: the daemon is stopping", "dag=%s",
			 parked->command.dag_id);
	else if (err->code != 0)
		dispatch_answer(dispatch, parked->token, WEB_REFUSED, NULL, err->message);
	else
		dispatch_command(dispatch, &parked->command, parked->token);
	park_end(parked);
}

void dispatch_fetch(struct dispatch *dispatch, const struct folder_dag *found,
		    const struct web_command *command, uint64_t token)
{
	force_fetch(dispatch->force, found, take_parked, park_command(command, token, dispatch));
}

void dispatch_fetch_kept(struct dispatch *dispatch, const char *hash,
			 const struct web_command *command, uint64_t token)
{
	force_fetch_kept(dispatch->force, hash, take_parked,
			 park_command(command, token, dispatch));
}

/* Whether commands are taken. */
static bool takes_commands(const struct dispatch *dispatch, char why[256])
{
	const char *reason = NULL;
	struct err err;

	if (dispatch->stopping)
		reason = "the daemon is stopping";
	else if (dispatch->failing)
		reason = dispatch->failing_why;
	else if (store_check_place(dispatch->store, &err) != 0)
		reason = err.message;
	else if (!dispatch->executor_ready)
		reason = "starting: waiting for spool/launcher.lock";
	else if (!dispatch->force->is_read)
		reason = "starting: reading the dag folder";
	if (reason != NULL && why != NULL)
		snprintf(why, 256, "%.255s", reason);
	return reason == NULL;
}

static void refuse(struct dispatch *dispatch, uint64_t token)
{
	struct refusal *refusal;

	if (dispatch->refusal_count == dispatch->refusal_capacity) {
		dispatch->refusal_capacity += 16;
		dispatch->refusals = mem_realloc(
		    dispatch->refusals, dispatch->refusal_capacity * sizeof *dispatch->refusals);
	}
	refusal = &dispatch->refusals[dispatch->refusal_count++];
	refusal->token = token;
	(void)takes_commands(dispatch, refusal->why);
}

static void (*const commands[WEB_COMMAND_COUNT])(struct dispatch *dispatch,
						 const struct web_command *command,
						 uint64_t token) = {
    [WEB_TRIGGER] = trigger_command, [WEB_CANCEL] = operate_cancel,
    [WEB_RERUN] = operate_rerun,     [WEB_MARK] = operate_mark,
    [WEB_PAUSE] = operate_pause,     [WEB_RESUME] = operate_pause,
    [WEB_NOTE] = operate_note,       [WEB_WHY] = operate_why,
    [WEB_GC] = retention_command,    [WEB_GC_STATUS] = retention_command,
};

void dispatch_command(void *context, const struct web_command *command, uint64_t token)
{
	struct dispatch *dispatch = context;

	if (!takes_commands(dispatch, NULL)) {
		refuse(dispatch, token);
		return;
	}
	if (dispatch->open != NULL && dispatch->open->alone)
		flush(dispatch);
	commands[command->kind](dispatch, command, token);
}

/* Nothing is started: runs are still taken, and wait. */
static bool say_hold_of_all(struct dispatch *dispatch, char why[256])
{
	struct web_hold holds[WEB_HOLDS_MAX];
	size_t count = dispatch_holds(dispatch, holds);

	for (size_t i = 0; i < count; i++) {
		if (!holds[i].holds_all)
			continue;
		snprintf(why, 256, "%s", holds[i].why);
		return true;
	}
	return false;
}

bool dispatch_is_ready(void *context, char why[256])
{
	struct dispatch *dispatch = context;
	struct input input = {.kind = INPUT_TIME, .actor = "scheduler"};
	const char *trouble = dispatch->executor_trouble;

	if (!takes_commands(dispatch, why))
		return false;
	if (dispatch->open != NULL && dispatch->open->alone)
		flush(dispatch);
	/* There may be room for what waits, or somebody may have set the clock. */
	if (dispatch_look_at_space(dispatch) ||
	    sched_clock_has_jumped(dispatch->sched, clock_now()))
		dispatch_step(dispatch, &input);
	snprintf(why, 256, "%s", trouble);
	return !say_hold_of_all(dispatch, why) && trouble[0] == '\0';
}

size_t dispatch_holds(void *context, struct web_hold out[WEB_HOLDS_MAX])
{
	struct dispatch *dispatch = context;
	struct hold holds[HOLD_KIND_COUNT];
	struct arena arena;
	size_t count;

	static_assert(HOLD_KIND_COUNT <= WEB_HOLDS_MAX, "room for all kinds");
	arena_init(&arena);
	count = dispatch->sched == NULL ? 0 : sched_holds(dispatch->sched, &arena, holds);
	for (size_t i = 0; i < count; i++) {
		out[i].kind = hold_kind_name(holds[i].kind);
		out[i].holds_all = holds[i].holds_all;
		snprintf(out[i].why, sizeof out[i].why, "%s", holds[i].why);
	}
	arena_close(&arena);
	return count;
}

void dispatch_warns(void *context, char why[256])
{
	const struct dispatch *dispatch = context;

	snprintf(why, 256, "%s", dispatch->space.level == SPACE_LOW ? dispatch->space.why : "");
}

/* --- effects -------------------------------------------------------------------------------------
 */

int dispatch_build(void *context, const struct effect *attempt, struct arena *arena,
		   struct process_launch *launch, struct err *err)
{
	struct dispatch *dispatch = context;
	struct run_info info;
	int rc = run_info_read(
	    &info, dispatch->reader, attempt->run_id, store_incarnation(dispatch->store),
	    zones_find(&dispatch->zones, attempt->dag->timezone, clock_now().boot_ms), err);

	memset(launch, 0, sizeof *launch);
	launch->ref.attempt_id = attempt->attempt_id;
	launch->ref.released_at_ms = attempt->released_at_ms;
	if (rc == 0)
		rc = launch_build(dispatch->home, dispatch->identity, attempt, &info.launch, arena,
				  launch, err);
	run_info_close(&info);
	return rc;
}

/* What cannot be put together never reaches the executor: its end is told from here. */
static void end_unlaunched(struct dispatch *dispatch, const struct effect *effect,
			   const struct err *err)
{
	struct attempt_end end = {.attempt_id = effect->attempt_id,
				  .cause = CAUSE_COULD_NOT_START,
				  .ended_at_ms = clock_now().wall_ms};

	snprintf(end.reason, sizeof end.reason, "%.*s", (int)sizeof end.reason - 1, err->message);
	if (dispatch->open != NULL && dispatch->open->alone)
		flush(dispatch);
	take_end(dispatch, &end);
}

static void release_launch(struct dispatch *dispatch, const struct effect *effect)
{
	struct process_launch launch;
	struct arena arena;
	struct err err = {0};

	arena_init(&arena);
	if (dispatch_build(dispatch, effect, &arena, &launch, &err) == 0) {
		scripts_record(dispatch, effect, launch.cwd);
		process_launch(dispatch->executor, &launch);
	} else {
		end_unlaunched(dispatch, effect, &err);
	}
	arena_close(&arena);
}

static void release_cancel(struct dispatch *dispatch, const struct effect *effect,
			   struct process_ref ref)
{
	struct deadline deadline = {effect->deadline_boot_ms, ref};

	if (dispatch->deadline_count == dispatch->deadline_capacity) {
		dispatch->deadline_capacity += 16;
		dispatch->deadlines = mem_realloc(
		    dispatch->deadlines, dispatch->deadline_capacity * sizeof *dispatch->deadlines);
	}
	dispatch->deadlines[dispatch->deadline_count++] = deadline;
	process_cancel(dispatch->executor, ref);
}

static void scratch_removed(uv_fs_t *request)
{
	uv_fs_req_cleanup(request);
	mem_free(request);
}

/* An unused scratch folder goes with its run; one with files in it stays until retention. */
static void release_run_ended(struct dispatch *dispatch, const struct effect *effect)
{
	uv_fs_t *request = mem_alloc(sizeof *request);
	char path[PATH_MAX];

	retention_run_ended(dispatch->retention);
	if ((size_t)snprintf(path, sizeof path, "%s/runs/%s", dispatch->home->path,
			     effect->run_id) >= sizeof path ||
	    uv_fs_rmdir(dispatch->loop, request, path, scratch_removed) != 0)
		mem_free(request);
}

static void release_effect(struct dispatch *dispatch, const struct effect *effect)
{
	struct process_ref ref = {effect->attempt_id, effect->released_at_ms};

	switch (effect->kind) {
	case EFFECT_LAUNCH:
		release_launch(dispatch, effect);
		return;
	case EFFECT_CANCEL:
		release_cancel(dispatch, effect, ref);
		return;
	case EFFECT_KILL:
		process_kill(dispatch->executor, ref);
		return;
	case EFFECT_FORGET:
		process_forget(dispatch->executor, ref);
		return;
	case EFFECT_RUN_ENDED:
		release_run_ended(dispatch, effect);
		return;
	}
}

/* Who is answered with a run that ended in the same commit waits for its end from now on: so ends
 * are told after the answers. */
static void tell_ended_runs(struct dispatch *dispatch, const struct sched_output *output)
{
	for (size_t i = 0; i < output->effect_count; i++)
		if (output->effects[i].kind == EFFECT_RUN_ENDED)
			web_run_ended(dispatch->web, output->effects[i].run_id);
}

static void tell_changed_runs(struct dispatch *dispatch, const struct change_list *changes)
{
	int64_t told = 0;
	bool of_no_run = false;

	for (const struct change *change = changes->first; change != NULL; change = change->next) {
		const char *run_id;

		of_no_run = of_no_run || change->run_no == 0;
		if (change->run_no == told)
			continue;
		told = change->run_no;
		run_id = sched_run_id(dispatch->sched, told);
		if (run_id != NULL)
			web_run_changed(dispatch->web, run_id);
	}
	if (of_no_run)
		web_changed(dispatch->web);
}

/* What happened to the clocks is seen by whoever reads the log, too. */
static void log_clock(const struct change_list *changes)
{
	for (const struct change *change = changes->first; change != NULL; change = change->next)
		if (change->kind == CHANGE_CLOCK)
			log_warn(change->clock.is_on ? "clock" : "clock is right again",
				 "hold=%s why=\"%s\"", change->clock.hold,
				 change->why == NULL ? "" : change->why);
}

static void clear_suspects(struct dispatch *dispatch, const struct gather *gather)
{
	struct err err = {0};
	bool any = false;

	for (size_t i = 0; i < gather->ended.count; i++) {
		if (suspects_failures(&dispatch->suspects, gather->ended.items[i]) == 0)
			continue;
		suspects_clear(&dispatch->suspects, gather->ended.items[i]);
		any = true;
	}
	if (any && suspects_save(&dispatch->suspects, &err) != 0)
		log_warn("list of suspects not saved", "err=\"%s\"", err.message);
}

/* What a burst of runs took stays with the process, in small holes between what is still used,
 * until it is asked for. When the last run has ended nobody waits for the loop. */
static void trim_after_burst(struct dispatch *dispatch, size_t effects)
{
	dispatch->effects_since_trim += effects;
	if (dispatch->effects_since_trim < TRIM_EFFECTS || dispatch->oldest != NULL ||
	    sched_active_run_count(dispatch->sched) > 0)
		return;
	dispatch->effects_since_trim = 0;
	mem_trim();
}

void dispatch_committed(void *context, struct store_batch *batch)
{
	struct dispatch *dispatch = context;
	struct gather *gather = batch->context;
	size_t effects;

	assert(gather == dispatch->oldest);
	dispatch->oldest = gather->next;
	if (dispatch->oldest == NULL)
		dispatch->newest = NULL;
	metrics_take(&dispatch->metrics, &batch->changes, uv_hrtime() - gather->submitted_ns);
	(void)sys_fault(SYS_CALL_RELEASE);
	unsetenv("HEDDLE_STARTED_ANEW"); /* it writes: the next bug counts from one again */
	for (size_t i = 0; i < gather->output.effect_count && !dispatch->stopping; i++)
		release_effect(dispatch, &gather->output.effects[i]);
	for (size_t i = 0; i < gather->answers.count; i++) {
		const struct answer *said = &gather->answers.items[i];

		web_answer(dispatch->web, said->token, said->result,
			   said->run_id[0] == '\0' ? NULL : said->run_id, said->message);
	}
	tell_ended_runs(dispatch, &gather->output);
	for (size_t i = 0; i < gather->thens.count; i++)
		gather->thens.items[i].call(gather->thens.items[i].context);
	tell_changed_runs(dispatch, &batch->changes);
	log_clock(&batch->changes);
	if (dispatch->suspects.count > 0)
		clear_suspects(dispatch, gather);
	effects = gather->output.effect_count;
	gather_destroy(gather);
	store_batch_destroy(batch);
	trim_after_burst(dispatch, effects);
	dispatch->committed(dispatch->context);
}

bool dispatch_is_busy(const struct dispatch *dispatch)
{
	return dispatch->oldest != NULL || dispatch->open != NULL;
}

/* --- when commits fail ---------------------------------------------------------------------------
 */

/* Whoever waits for a commit that fails is told so. What they asked for is decided and will be
 * written when that is possible, so they must not ask for it anew. */
static void answer_held(struct dispatch *dispatch, struct gather *gather)
{
	for (size_t i = 0; i < gather->answers.count; i++) {
		struct answer *said = &gather->answers.items[i];
		char message[512];

		snprintf(message, sizeof message,
			 "%s. Run %s is not on disk yet and goes on once it is: repeat the request "
			 "with the same key rather than a new one",
			 dispatch->failing_why, said->run_id);
		web_answer(dispatch->web, said->token, WEB_HELD, NULL,
			   said->run_id[0] == '\0' ? dispatch->failing_why : message);
		mem_free(said->message);
	}
	vec_clear(&gather->answers);
}

void dispatch_failing(void *context, enum store_failure failure, const char *reason)
{
	struct dispatch *dispatch = context;

	snprintf(dispatch->failing_why, sizeof dispatch->failing_why,
		 "commits fail, nothing new is taken: %s%s", reason,
		 failure == STORE_FULL ? "; make room on the disk of the home" : "");
	log_error("commit fails", "err=\"%s\" tried_again=yes", reason);
	dispatch->failing = true;
	process_hold(dispatch->executor, true);
	arm_timer(dispatch);
	for (struct gather *gather = dispatch->oldest; gather != NULL; gather = gather->next)
		answer_held(dispatch, gather);
	if (dispatch->open != NULL)
		answer_held(dispatch, dispatch->open);
}

void dispatch_recovered(void *context)
{
	struct dispatch *dispatch = context;

	log_info("commits succeed again", "home=%s", dispatch->home->path);
	dispatch->failing = false;
	process_hold(dispatch->executor, dispatch->stopping);
	arm_timer(dispatch);
}

void dispatch_broken(void *context, const char *reason, const struct store_batch *unwritten)
{
	struct dispatch *dispatch = context;
	const struct gather *gather;
	struct err err = {0};

	/* The writer tried each batch alone: the first of these is the one that was refused. */
	gather = unwritten->context;
	for (size_t i = 0; i < gather->ended.count; i++)
		suspects_note(&dispatch->suspects, gather->ended.items[i]);
	if (suspects_save(&dispatch->suspects, &err) != 0)
		log_error("list of suspects not saved", "err=\"%s\"", err.message);
	snprintf(dispatch->failing_why, sizeof dispatch->failing_why,
		 "the store refused a change, starting anew: %s", reason);
	dispatch->failing = true;
	process_hold(dispatch->executor, true);
	dispatch->broken(dispatch->context, reason);
}

/* --- the executor's other news -------------------------------------------------------------------
 */

void dispatch_trouble(void *context, int64_t attempt_id, const char *text)
{
	struct dispatch *dispatch = context;

	if (attempt_id != 0)
		web_trouble(dispatch->web, attempt_id, text);
	else
		snprintf(dispatch->executor_trouble, sizeof dispatch->executor_trouble, "%s",
			 text == NULL ? "" : text);
	if (text == NULL)
		log_info("trouble over", "attempt=%" PRId64, attempt_id);
	else
		log_warn("trouble", "attempt=%" PRId64 " err=\"%s\"", attempt_id, text);
}

void dispatch_executor_ready(void *context)
{
	struct dispatch *dispatch = context;

	dispatch->executor_ready = true;
	log_info("ready", "home=%s dags=%zu errors=%zu", dispatch->home->path,
		 dispatch->force->now->dag_count, dispatch->force->now->errors.count);
	dispatch->executor_is_ready(dispatch->context);
}

/* --- life ----------------------------------------------------------------------------------------
 */

static void on_prepare(uv_prepare_t *handle)
{
	flush(handle->data);
}

static void on_check(uv_check_t *handle)
{
	flush(handle->data);
}

static int init_clock(struct dispatch *dispatch, struct err *err)
{
	int rc;

	dispatch->due_boot_ms = INT64_MAX;
	dispatch->due_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (dispatch->due_fd < 0)
		return err_errno(err, errno, "make the clock of the boot time");
	rc = uv_poll_init(dispatch->loop, &dispatch->due, dispatch->due_fd);
	if (rc != 0) {
		fd_close(&dispatch->due_fd);
		return err_errno(err, -rc, "poll the clock of the boot time");
	}
	dispatch->due.data = dispatch;
	return 0;
}

int dispatch_init(struct dispatch *dispatch, uv_loop_t *loop, struct err *err)
{
	int rc;

	memset(dispatch, 0, sizeof *dispatch);
	dispatch->loop = loop;
	rc = init_clock(dispatch, err);
	if (rc != 0)
		return rc;
	uv_prepare_init(loop, &dispatch->flush_before_poll); /* neither can fail */
	uv_check_init(loop, &dispatch->flush_after_poll);
	dispatch->flush_before_poll.data = dispatch;
	dispatch->flush_after_poll.data = dispatch;
	dispatch->is_open = true;
	return 0;
}

static void clock_was_set(void *context)
{
	struct dispatch *dispatch = context;
	struct input input = {.kind = INPUT_TIME, .actor = "scheduler"};

	if (!dispatch->stopping && !dispatch->failing)
		dispatch_step(dispatch, &input);
}

/* Without it a clock that is set shows at the next step. */
static void watch_the_clock(struct dispatch *dispatch)
{
	struct err err;

	if (clock_watch_start(&dispatch->clock_watch, dispatch->loop, clock_was_set, dispatch,
			      &err) != 0)
		log_warn("the wall clock is not watched", "err=\"%s\"", err.message);
}

void dispatch_begin(struct dispatch *dispatch, struct sched_output *restored)
{
	/* What a turn of the loop yields before its poll or in it is handed over at once. */
	uv_prepare_start(&dispatch->flush_before_poll, on_prepare);
	uv_check_start(&dispatch->flush_after_poll, on_check);
	uv_poll_start(&dispatch->due, UV_READABLE, on_due);
	watch_the_clock(dispatch);
	sched_output_close(&open_gather(dispatch)->output);
	dispatch->open->output = *restored;
	sched_output_init(restored);
	flush(dispatch);
}

void dispatch_stop(struct dispatch *dispatch)
{
	dispatch->stopping = true;
	if (dispatch->executor != NULL)
		process_hold(dispatch->executor, true);
	flush(dispatch);
	if (!dispatch->is_open)
		return;
	uv_close((uv_handle_t *)&dispatch->due, NULL);
	clock_watch_stop(&dispatch->clock_watch);
	uv_close((uv_handle_t *)&dispatch->flush_before_poll, NULL);
	uv_close((uv_handle_t *)&dispatch->flush_after_poll, NULL);
}

void dispatch_close(struct dispatch *dispatch)
{
	if (dispatch->is_open)
		fd_close(&dispatch->due_fd);
	clock_watch_close(&dispatch->clock_watch);
	if (dispatch->open != NULL)
		gather_destroy(dispatch->open);
	dispatch->open = NULL;
	mem_free(dispatch->refusals);
	dispatch->refusals = NULL;
	mem_free(dispatch->deadlines);
	dispatch->deadlines = NULL;
	rehearsals_close(&dispatch->rehearsals);
	suspects_close(&dispatch->suspects);
}
