/* why.c - why a run or a task that is under way has not gone further; see why.h.
 *
 * It looks at what the scheduler decides by, and decides nothing. It is asked by people, now and
 * then: finding who holds a pool goes through all attempts under way. */
#include "scheduler/why.h"

#include "scheduler/core.h"
#include "scheduler/hold.h"
#include "scheduler/pause.h"
#include "scheduler/run.h"

#include <string.h>

#define OPEN_NAMED 3 /* of the upstreams that are not done */

/* Whoever asks, and how far the answer has come. */
struct inquiry {
	const struct sched *sched;
	struct moment now;
	struct why *why;
};

const char *why_kind_name(enum why_kind kind)
{
	static const char *const names[WHY_KIND_COUNT] = {
	    [WHY_START] = "start",   [WHY_RUN_QUEUE] = "run_queue", [WHY_PAUSE] = "pause",
	    [WHY_HELD] = "held",     [WHY_POOL] = "pool",           [WHY_TURN] = "turn",
	    [WHY_LIMIT] = "limit",   [WHY_RULE] = "rule",           [WHY_UPSTREAM] = "upstream",
	    [WHY_RETRY] = "retry",   [WHY_CAUSE] = "cause",         [WHY_RUNNING] = "running",
	    [WHY_GRACE] = "grace",   [WHY_STUCK] = "stuck",         [WHY_TIMEOUT] = "timeout",
	    [WHY_ENDING] = "ending", [WHY_HOOK] = "hook",           [WHY_DONE] = "done",
	};

	return names[kind];
}

void why_init(struct why *why)
{
	memset(why, 0, sizeof *why);
	arena_init(&why->arena);
}

void why_close(struct why *why)
{
	arena_close(&why->arena);
	why_init(why);
}

/* --- links ---------------------------------------------------------------------------------------
 */

/* Appends a link; a chain that is too long ends. Returns one that may be written to in any case. */
static struct why_link *add(struct inquiry *inquiry, enum why_kind kind, const char *text)
{
	struct why *why = inquiry->why;
	struct why_link *link = &why->links[why->link_count];

	if (why->link_count + 1 < WHY_LINKS_MAX)
		why->link_count++;
	*link = (struct why_link){.kind = kind, .text = text};
	return link;
}

#define text_of(inquiry, ...) arena_printf(&(inquiry)->why->arena, __VA_ARGS__)

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static const char *keep(struct inquiry *inquiry, const char *text)
{
	return arena_strdup(&inquiry->why->arena, text);
}

static struct why_link *add_run(struct inquiry *inquiry, enum why_kind kind, const struct run *run,
				const char *text)
{
	struct why_link *link = add(inquiry, kind, text);

	link->dag_id = keep(inquiry, run->dag->id);
	link->run_id = keep(inquiry, run->run_id);
	return link;
}

static struct why_link *add_task(struct inquiry *inquiry, enum why_kind kind,
				 const struct instance *instance, const char *text)
{
	struct why_link *link = add_run(inquiry, kind, instance->run, text);

	link->task_id = keep(inquiry, instance_task(instance)->id);
	return link;
}

/* The instant on the wall clock; people read no other. */
static int64_t wall_of(const struct inquiry *inquiry, int64_t boot_ms)
{
	return inquiry->now.wall_ms + (boot_ms - inquiry->now.boot_ms);
}

/* "03:12:07 UTC", with the date when that is another day. */
static const char *clock_text(struct inquiry *inquiry, int64_t at_ms)
{
	char at[CLOCK_TEXT_SIZE];
	char day[CLOCK_TEXT_SIZE];
	char today[CLOCK_TEXT_SIZE];

	clock_format_utc(at_ms, at);
	clock_format_day(at_ms, day);
	clock_format_day(inquiry->now.wall_ms, today);
	if (strcmp(day, today) == 0)
		return text_of(inquiry, "%.8s UTC", at + 11);
	return text_of(inquiry, "%s %.8s UTC", day, at + 11);
}

/* --- pools and limits ----------------------------------------------------------------------------
 */

static void note_holder(struct inquiry *inquiry, const struct instance *instance)
{
	struct why *why = inquiry->why;

	if (why->holders_total++ >= WHY_HOLDERS_MAX)
		return;
	why->holders[why->holder_count++] =
	    (struct why_holder){.run_id = keep(inquiry, instance->run->run_id),
				.dag_id = keep(inquiry, instance->run->dag->id),
				.task_id = keep(inquiry, instance_task(instance)->id),
				.slots = instance_slots(instance),
				.since_ms = instance->released_at_ms};
}

/* Those that hold slots of a pool, or of a dag (the other is NULL). */
static void find_holders(struct inquiry *inquiry, const struct pool *pool,
			 const struct dag_limit *limit)
{
	struct instance *instance;
	struct instance *next;

	HASH_ITER(by_attempt, inquiry->sched->attempts, instance, next)
	{
		if (pool != NULL ? queue_line_of(instance)->pool == pool
				 : instance->run->limit == limit)
			note_holder(inquiry, instance);
	}
}

/* "load in run 8f3a... since 03:12:07 UTC and 2 more". */
static const char *holders_text(struct inquiry *inquiry)
{
	const struct why *why = inquiry->why;
	const struct why_holder *first = &why->holders[0];
	const char *text;

	if (why->holder_count == 0)
		return "nobody";
	text = text_of(inquiry, "'%s' in run %s since %s", first->task_id, first->run_id,
		       clock_text(inquiry, first->since_ms));
	if (why->holders_total > 1)
		text = text_of(inquiry, "%s and %zu more", text, why->holders_total - 1);
	return text;
}

static void explain_pool(struct inquiry *inquiry, const struct instance *instance,
			 const struct pool *pool)
{
	struct why_link *link;
	uint32_t slots = instance_slots(instance);

	find_holders(inquiry, pool, NULL);
	link = add_task(
	    inquiry, WHY_POOL, instance,
	    text_of(inquiry, "task '%s' waits for %u slot%s of pool '%s' (%u of %u taken by %s)%s",
		    instance_task(instance)->id, slots, plural(slots), pool->name, pool->used,
		    pool->slots, holders_text(inquiry),
		    slots > pool->slots ? "; it starts when nobody holds any, as it needs more "
					  "than there are"
					: ""));
	link->pool = keep(inquiry, pool->name);
	link->count = pool->used;
	link->limit = pool->slots;
}

static void explain_limit(struct inquiry *inquiry, const struct instance *instance)
{
	const struct dag_limit *limit = instance->run->limit;
	struct why_link *link;

	find_holders(inquiry, NULL, limit);
	link = add_task(inquiry, WHY_LIMIT, instance,
			text_of(inquiry,
				"task '%s' waits because dag '%s' may run %u task%s at once "
				"(max_active_tasks; %u run%s: %s)",
				instance_task(instance)->id, limit->dag_id, limit->max_active_tasks,
				plural(limit->max_active_tasks), limit->active,
				limit->active == 1 ? "s" : "", holders_text(inquiry)));
	link->count = limit->active;
	link->limit = limit->max_active_tasks;
}

/* The first of its pool, which is not this one. */
static void explain_turn(struct inquiry *inquiry, const struct instance *instance,
			 const struct instance *first)
{
	const struct pool *pool = queue_line_of(first)->pool;
	struct why_link *link = add_task(
	    inquiry, WHY_TURN, first,
	    text_of(inquiry, "task '%s' of run %s comes before '%s' in pool '%s'%s",
		    instance_task(first)->id, first->run->run_id, instance_task(instance)->id,
		    pool->name,
		    queue_priority(first) > queue_priority(instance) ? " (higher priority)" : ""));

	link->pool = keep(inquiry, pool->name);
	link->count = pool->used;
	link->limit = pool->slots;
}

static struct why_link *add_pause(struct inquiry *inquiry, const struct run *run,
				  const struct pause *pause, const char *what)
{
	struct why_link *link =
	    add_run(inquiry, WHY_PAUSE, run,
		    text_of(inquiry, "%s paused by %s since %s%s%s", what, pause->actor,
			    clock_text(inquiry, pause->at_ms), pause->reason == NULL ? "" : ": ",
			    pause->reason == NULL ? "" : pause->reason));

	link->at_ms = pause->at_ms;
	return link;
}

static bool explain_pause(struct inquiry *inquiry, const struct run *run)
{
	const struct pause *pause = pause_find(inquiry->sched, NULL);
	const char *what = "everything is";

	if (pause == NULL && !run->is_forced) {
		pause = pause_find(inquiry->sched, run->dag->id);
		what = text_of(inquiry, "dag '%s' is", run->dag->id);
	}
	if (pause != NULL)
		(void)add_pause(inquiry, run, pause, what);
	return pause != NULL;
}

/* It waits for slots, and others may wait for them before it. */
static void explain_slots(struct inquiry *inquiry, const struct instance *instance)
{
	const struct pool *pool = queue_line_of(instance)->pool;
	const struct instance *first = queue_first_of(pool);
	bool is_first = first == NULL || first == instance;

	if (is_first || !pool_has_room(pool, instance_slots(first)))
		explain_pool(inquiry, instance, pool);
	if (!is_first)
		explain_turn(inquiry, instance, first);
}

static void explain_hold(struct inquiry *inquiry, const struct instance *instance)
{
	enum hold_kind hold = hold_first(inquiry->sched, false);

	add_task(inquiry, WHY_HELD, instance,
		 text_of(inquiry, "nothing is started: %s",
			 hold_text(inquiry->sched, hold, &inquiry->why->arena)));
}

static void explain_queued(struct inquiry *inquiry, const struct instance *instance)
{
	if (explain_pause(inquiry, instance->run))
		return;
	if (hold_first(inquiry->sched, false) != HOLD_KIND_COUNT)
		explain_hold(inquiry, instance);
	else if (!limit_is_open(instance->run->limit))
		explain_limit(inquiry, instance);
	else
		explain_slots(inquiry, instance);
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static void explain_deadline(struct inquiry *inquiry, const struct run *run)
{
	struct why_link *link;

	if (run->deadline_boot_ms == 0)
		return;
	link = add_run(inquiry, WHY_TIMEOUT, run,
		       text_of(inquiry, "the run times out at %s",
			       clock_text(inquiry, wall_of(inquiry, run->deadline_boot_ms))));
	link->at_ms = wall_of(inquiry, run->deadline_boot_ms);
}

/* Its instant may have come and gone while something holds it. */
static void explain_waiting_run(struct inquiry *inquiry, const struct run *run)
{
	enum hold_kind hold = hold_first(inquiry->sched, true);
	struct why_link *link;

	if (hold != HOLD_KIND_COUNT && run->start_at_ms <= inquiry->now.wall_ms)
		add_run(inquiry, WHY_HELD, run,
			text_of(inquiry, "the run is not started: %s",
				hold_text(inquiry->sched, hold, &inquiry->why->arena)));
	link = add_run(
	    inquiry, WHY_START, run,
	    text_of(inquiry, "the run starts at %s", clock_text(inquiry, run->start_at_ms)));
	link->at_ms = run->start_at_ms;
}

static void explain(struct inquiry *inquiry, const struct instance *instance);
static const struct instance *foremost(const struct run *run);

/* Of those that count in the limit, the one that began first; NULL = there is none. */
static const struct run *oldest_active(const struct dag_limit *limit)
{
	const struct run *oldest = NULL;

	for (size_t i = 0; i < limit->runs.count; i++) {
		const struct run *run = OWNER_OF(limit->runs.nodes[i], struct run, newest);

		if (run->place == PLACE_ACTIVE && (oldest == NULL || run->run_no < oldest->run_no))
			oldest = run;
	}
	return oldest;
}

static const char *run_queue_text(struct inquiry *inquiry, const struct dag_limit *limit,
				  const struct run *oldest, uint32_t before)
{
	const char *text =
	    text_of(inquiry,
		    "the run waits for others of dag '%s': %u of %u under way (max_active_runs), "
		    "the oldest is run %s",
		    limit->dag_id, limit->active_runs, limit->max_active_runs,
		    oldest == NULL ? "-" : oldest->run_id);

	if (before > 0)
		text = text_of(inquiry, "%s; %u wait%s before it", text, before,
			       before == 1 ? "s" : "");
	return text;
}

/* Why the oldest of those that it waits for goes on. */
static void explain_queued_run(struct inquiry *inquiry, const struct run *run)
{
	const struct dag_limit *limit = run->limit;
	const struct run *oldest = oldest_active(limit);
	const struct instance *first = oldest == NULL ? NULL : foremost(oldest);
	struct why_link *link;
	uint32_t before = 0;

	if (explain_pause(inquiry, run))
		return;
	for (size_t i = 0; i < limit->queued_runs.count; i++)
		before += limit->queued_runs.nodes[i]->key < run->run_no;
	link = add_run(inquiry, WHY_RUN_QUEUE, run, run_queue_text(inquiry, limit, oldest, before));
	link->count = limit->active_runs;
	link->limit = limit->max_active_runs;
	if (first != NULL)
		explain(inquiry, first);
}

static void explain_unbegun_run(struct inquiry *inquiry, const struct run *run)
{
	if (run->state == RUN_WAITING)
		explain_waiting_run(inquiry, run);
	else
		explain_queued_run(inquiry, run);
}

/* --- tasks ---------------------------------------------------------------------------------------
 */

static void explain_running(struct inquiry *inquiry, const struct instance *instance)
{
	struct why_link *link = add_task(inquiry, WHY_RUNNING, instance,
					 text_of(inquiry, "task '%s' runs, try %u since %s",
						 instance_task(instance)->id, instance->attempts,
						 clock_text(inquiry, instance->released_at_ms)));

	link->at_ms = instance->released_at_ms;
}

static void explain_retry(struct inquiry *inquiry, const struct instance *instance)
{
	int64_t at_ms = wall_of(inquiry, instance->due_boot_ms);
	uint32_t tries = instance_tries(instance);
	int64_t deadline_boot_ms = instance->run->deadline_boot_ms;
	bool is_too_late = deadline_boot_ms != 0 && deadline_boot_ms <= instance->due_boot_ms;
	struct why_link *link = add_task(
	    inquiry, WHY_RETRY, instance,
	    text_of(inquiry, "task '%s' failed and %s tried again at %s (try %u of %u)%s",
		    instance_task(instance)->id, is_too_late ? "would be" : "is",
		    clock_text(inquiry, at_ms), tries + 1, instance_task(instance)->retries + 1,
		    is_too_late ? ", but the run times out before that" : ""));

	link->at_ms = at_ms;
	link->count = tries + 1;
	link->limit = instance_task(instance)->retries + 1;
}

static void explain_cancelling(struct inquiry *inquiry, const struct instance *instance)
{
	int64_t at_ms = wall_of(inquiry, instance->due_boot_ms);
	static const char *const thens[] = {
	    [AIM_CANCELLED] = "",
	    [AIM_RERUN] = "; then it runs again",
	    [AIM_SUCCESS] = "; then it is marked success",
	    [AIM_FAILED] = "; then it is marked failed",
	    [AIM_SKIPPED] = "; then it is marked skipped",
	};
	bool is_over = instance->due_boot_ms <= inquiry->now.boot_ms;
	const char *then = thens[instance->aim];
	const char *id = instance_task(instance)->id;
	const char *at = clock_text(inquiry, at_ms);
	struct why_link *link;

	if (is_over)
		link = add_task(inquiry, WHY_STUCK, instance,
				text_of(inquiry,
					"task '%s' was killed at %s, and its processes are still "
					"there%s",
					id, at, then));
	else
		link = add_task(inquiry, WHY_GRACE, instance,
				text_of(inquiry, "task '%s' was asked to end and is killed at %s%s",
					id, at, then));
	link->at_ms = at_ms;
}

static void explain_done(struct inquiry *inquiry, const struct instance *instance)
{
	add_task(inquiry, WHY_DONE, instance,
		 text_of(inquiry, "task '%s' is %s", instance_task(instance)->id,
			 task_state_name(instance->state)));
}

/* The first upstream that is not done, which is the reason for most that wait. */
static const struct instance *open_upstream(const struct instance *instance)
{
	const struct task *task = instance_task(instance);

	for (uint32_t u = 0; u < task->upstream_count; u++)
		if (!task_state_is_done(instance->run->instances[task->upstream[u]].state))
			return &instance->run->instances[task->upstream[u]];
	return NULL;
}

/* "upstream tasks 'a', 'b', 'c' and 4 more": those that are not done. */
static const char *open_text(struct inquiry *inquiry, const struct instance *instance)
{
	const struct task *task = instance_task(instance);
	const char *text = "";
	uint32_t count = 0;

	for (uint32_t u = 0; u < task->upstream_count; u++) {
		const struct instance *open = &instance->run->instances[task->upstream[u]];

		if (!task_state_is_done(open->state) && count++ < OPEN_NAMED)
			text = text_of(inquiry, "%s%s'%s'", text, count == 1 ? "" : ", ",
				       instance_task(open)->id);
	}
	if (count > OPEN_NAMED)
		text = text_of(inquiry, "%s and %u more", text, count - OPEN_NAMED);
	return text_of(inquiry, "upstream task%s %s", plural(count), text);
}

static void explain_rule(struct inquiry *inquiry, const struct instance *instance)
{
	const struct upstream_counts *counts = &instance->upstream;
	const struct instance *open = open_upstream(instance);
	uint32_t done = counts->success + counts->failed + counts->upstream_failed +
			counts->skipped + counts->removed;
	const struct task *task = instance_task(instance);
	struct why_link *link;

	if (open == NULL) {
		add_task(inquiry, WHY_RULE, instance, "it is decided in the next step");
		return;
	}
	link = add_task(inquiry, WHY_RULE, instance,
			text_of(inquiry, "task '%s' waits for %s (rule %s; %u of %u done)",
				task->id, open_text(inquiry, instance),
				trigger_rule_name(task->trigger_rule), done, counts->total));
	link->count = done;
	link->limit = counts->total;
	if (inquiry->why->link_count + 1 < WHY_LINKS_MAX)
		explain(inquiry, open);
}

static void explain_hook(struct inquiry *inquiry, const struct instance *instance)
{
	static const char *const whens[] = {
	    [HOOK_SUCCESS] = "when the others have succeeded",
	    [HOOK_FAILURE] = "when the run has failed or was cancelled",
	    [HOOK_EXIT] = "when the others have ended",
	};

	add_task(inquiry, WHY_HOOK, instance,
		 text_of(inquiry, "task '%s' belongs to the end of the run: it runs %s",
			 instance_task(instance)->id, whens[instance_task(instance)->hook]));
	if (instance->run->state == RUN_RUNNING)
		explain(inquiry, foremost(instance->run));
}

static void explain_none(struct inquiry *inquiry, const struct instance *instance)
{
	if (!run_state_has_begun(instance->run->state))
		explain_unbegun_run(inquiry, instance->run);
	else if (instance_is_hook(instance) && instance->run->state != RUN_ENDING)
		explain_hook(inquiry, instance);
	else
		explain_rule(inquiry, instance);
}

/* Follows what waits to what it waits for; the number of links bounds it. */
static void explain(struct inquiry *inquiry, const struct instance *instance)
{
	static void (*const explainers[TASK_STATE_COUNT])(struct inquiry * inquiry,
							  const struct instance *instance) = {
	    [TASK_NONE] = explain_none,
	    [TASK_QUEUED] = explain_queued,
	    [TASK_RUNNING] = explain_running,
	    [TASK_UP_FOR_RETRY] = explain_retry,
	    [TASK_CANCELLING] = explain_cancelling,
	};
	void (*explainer)(struct inquiry * inquiry, const struct instance *instance) =
	    explainers[instance->state];

	(explainer == NULL ? explain_done : explainer)(inquiry, instance);
}

/* --- questions -----------------------------------------------------------------------------------
 */

/* What the run waits for at present: a task that waits for no other one. */
static const struct instance *foremost(const struct run *run)
{
	static const enum task_state order[] = {TASK_CANCELLING, TASK_RUNNING, TASK_UP_FOR_RETRY,
						TASK_QUEUED, TASK_NONE};

	for (size_t s = 0; s < sizeof order / sizeof order[0]; s++)
		for (uint32_t i = 0; i < run->dag->task_count; i++)
			if (run->instances[i].state == order[s])
				return &run->instances[i];
	return NULL;
}

static void explain_ending(struct inquiry *inquiry, const struct run *run)
{
	struct why_link *link = add_run(
	    inquiry, run->state == RUN_ENDING ? WHY_ENDING : WHY_GRACE, run,
	    run->state == RUN_ENDING
		? text_of(inquiry, "the run has come to %s; %u task%s of its end %s left",
			  run_state_name(run->outcome), run->unfinished_hooks,
			  plural(run->unfinished_hooks), run->unfinished_hooks == 1 ? "is" : "are")
		: text_of(inquiry, "the run is being cancelled; %u attempt%s not gone yet",
			  run->holding, run->holding == 1 ? " is" : "s are"));

	link->count = run->state == RUN_ENDING ? run->unfinished_hooks : run->holding;
}

bool why_run(const struct sched *sched, int64_t run_no, struct moment now, struct why *why)
{
	struct inquiry inquiry = {sched, now, why};
	const struct run *run = run_find(sched, run_no);
	const struct instance *first;

	if (run == NULL || run->limit == NULL)
		return false;
	if (!run_state_has_begun(run->state)) {
		explain_unbegun_run(&inquiry, run);
		return true;
	}
	if (run->state != RUN_RUNNING)
		explain_ending(&inquiry, run);
	first = foremost(run);
	if (first != NULL)
		explain(&inquiry, first);
	explain_deadline(&inquiry, run);
	return true;
}

bool why_task(const struct sched *sched, int64_t run_no, const char *task_id, struct moment now,
	      struct why *why)
{
	struct inquiry inquiry = {sched, now, why};
	const struct run *run = run_find(sched, run_no);
	uint32_t task;

	if (run == NULL || run->limit == NULL)
		return false;
	task = dag_find_task(run->dag, task_id);
	if (task == UINT32_MAX)
		return false;
	explain(&inquiry, &run->instances[task]);
	explain_deadline(&inquiry, run);
	return true;
}

void why_add_pause(const struct sched *sched, int64_t run_no, struct moment now, struct why *why)
{
	struct inquiry inquiry = {sched, now, why};
	const struct run *run = run_find(sched, run_no);
	const struct pause *of_all = pause_find(sched, NULL);
	const struct pause *pause = of_all;

	if (run != NULL && pause == NULL)
		pause = pause_find(sched, run->dag->id);
	for (size_t i = 0; i < why->link_count; i++)
		if (why->links[i].kind == WHY_PAUSE)
			pause = NULL;
	if (run != NULL && pause != NULL)
		add_pause(&inquiry, run, pause, of_all != NULL ? "all dags are" : "the dag is")
		    ->run_id = NULL; /* of the dag as such */
}
