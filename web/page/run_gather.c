/* run_gather.c - reads what the page of a run shows; see run_parts.h. */
#include "web/page/run_parts.h"

#include "executor/process/process.h"
#include "model/attempt.h"

#include <string.h>

#define ATTEMPTS_AT_ONCE 200u /* a run of more tasks is asked task by task */

static void copy_texts(struct arena *arena, struct run_view *run)
{
	const char **texts[] = {&run->run_id, &run->dag_id, &run->dag_hash,
				&run->key,    &run->source, &run->state,
				&run->reason, &run->params, &run->period_id};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = arena_strdup(arena, *texts[i]);
}

static bool take_run(void *context, const struct run_view *view)
{
	struct run_whole *whole = context;
	enum run_state state;

	whole->run = *view;
	whole->is_done = run_state_from_name(view->state, &state) && run_state_is_done(state);
	copy_texts(&whole->arena, &whole->run);
	return true;
}

/* --- tasks --------------------------------------------------------------------------------------
 */

struct sieve {
	struct run_whole *whole;
	const char *state;  /* NULL = any */
	const char *wanted; /* the task that the address names; NULL = the most telling one */
	int best;           /* how telling the one at hand is */
};

static struct task_view copy_task(struct arena *arena, const struct task_view *view)
{
	struct task_view copy = *view;

	copy.task_id = arena_strdup(arena, view->task_id);
	copy.state = arena_strdup(arena, view->state);
	copy.reason = arena_strdup(arena, view->reason);
	return copy;
}

/* What one looks at first: what failed, then what runs, then what holds up. */
static int tells_much(enum task_state state)
{
	static const int weights[TASK_STATE_COUNT] = {
	    [TASK_FAILED] = 6,       [TASK_CANCELLING] = 5, [TASK_RUNNING] = 5,
	    [TASK_UP_FOR_RETRY] = 4, [TASK_QUEUED] = 3,     [TASK_SUCCESS] = 2,
	};

	return 1 + weights[state];
}

static void consider(struct sieve *sieve, const struct task_view *view, enum task_state state)
{
	struct run_whole *whole = sieve->whole;
	int much = tells_much(state);

	if (sieve->wanted != NULL ? strcmp(view->task_id, sieve->wanted) != 0 : much <= sieve->best)
		return;
	sieve->best = much;
	whole->task = copy_task(&whole->arena, view);
	whole->has_task = true;
}

static bool take_task(void *context, const struct task_view *view)
{
	struct sieve *sieve = context;
	struct run_whole *whole = sieve->whole;
	enum task_state state = TASK_NONE;

	(void)task_state_from_name(view->state, &state);
	whole->by_state[state]++;
	consider(sieve, view, state);
	if (sieve->state != NULL && strcmp(sieve->state, view->state) != 0)
		return true;
	if (whole->total++ >= whole->from && whole->tasks.count < RUN_TASKS_SHOWN)
		vec_push(&whole->tasks, copy_task(&whole->arena, view));
	return true;
}

static int gather_tasks(struct page *page, struct run_whole *whole, struct err *err)
{
	const struct page_ask *ask = &page->call->ask;
	struct sieve sieve = {
	    .whole = whole, .state = ask->text[ASK_STATE], .wanted = ask->text[ASK_TASK]};
	int rc;

	whole->from = ask->tasks;
	rc = read_tasks(page->reader, whole->run.run_no, NULL, take_task, &sieve, err);
	whole->wants_other_task = rc == 0 && sieve.wanted != NULL && !whole->has_task;
	if (whole->wants_other_task)
		rc = err_set(err, ERR_NOT_FOUND, "run '%s' has no task '%s'", whole->run.run_id,
			     sieve.wanted);
	return rc;
}

/* --- attempts -----------------------------------------------------------------------------------
 */

const char *run_attempt_state(const struct attempt_view *attempt)
{
	enum attempt_cause cause;

	if (!attempt_cause_from_name(attempt->state, &cause))
		return attempt->state;
	return attempt_cause_is_failure(cause) ? "failed" : attempt->state;
}

/* When its shim has claimed it is known from the claim until its end is on disk. */
static struct attempt_view copy_attempt(const struct page *page, struct arena *arena,
					const struct attempt_view *view)
{
	struct process_ref ref = {view->attempt_id, view->released_at_ms};
	struct attempt_view copy = *view;

	copy.task_id = arena_strdup(arena, view->task_id);
	copy.state = arena_strdup(arena, view->state);
	copy.reason = arena_strdup(arena, view->reason);
	copy.incarnation = arena_strdup(arena, view->incarnation);
	if (copy.ended_at_ms == 0)
		(void)process_started_at(page->call->home, view->incarnation, ref,
					 &copy.started_at_ms);
	return copy;
}

struct gathering {
	struct page *page;
	struct run_whole *whole;
	uint32_t wanted; /* the number of the attempt that the address names; 0 = the latest */
};

static bool take_attempt(void *context, const struct attempt_view *view)
{
	struct gathering *gathering = context;

	vec_push(&gathering->whole->attempts,
		 copy_attempt(gathering->page, &gathering->whole->arena, view));
	return true;
}

static int gather_attempts(struct page *page, struct run_whole *whole, struct err *err)
{
	struct gathering gathering = {.page = page, .whole = whole};
	int rc = 0;

	if (whole->run.task_count <= ATTEMPTS_AT_ONCE)
		return read_attempts(page->reader, whole->run.run_no, NULL, 0, take_attempt,
				     &gathering, err);
	for (size_t i = 0; rc == 0 && i < whole->tasks.count; i++)
		if (whole->tasks.items[i].attempts > 0)
			rc = read_attempts(page->reader, whole->run.run_no,
					   whole->tasks.items[i].task_id, 0, take_attempt,
					   &gathering, err);
	return rc;
}

static bool take_shown(void *context, const struct attempt_view *view)
{
	struct gathering *gathering = context;
	struct run_whole *whole = gathering->whole;

	whole->attempt_count = view->number;
	if (gathering->wanted == 0 || gathering->wanted == view->number)
		whole->attempt = copy_attempt(gathering->page, &whole->arena, view);
	return true;
}

static int gather_shown(struct page *page, struct run_whole *whole, struct err *err)
{
	struct gathering gathering = {page, whole, page->call->ask.attempt};
	int rc;

	if (!whole->has_task)
		return 0;
	rc = read_attempts(page->reader, whole->run.run_no, whole->task.task_id, 0, take_shown,
			   &gathering, err);
	if (rc == 0 && gathering.wanted != 0 && whole->attempt.attempt_id == 0)
		rc = err_set(err, ERR_NOT_FOUND, "task '%s' has no attempt %u", whole->task.task_id,
			     gathering.wanted);
	return rc;
}

int run_gather(struct page *page, struct run_whole *whole, struct err *err)
{
	int rc = read_run(page->reader, page->call->run_id, take_run, whole, err);

	if (rc == 0)
		rc = gather_tasks(page, whole, err);
	if (rc == 0)
		rc = gather_attempts(page, whole, err);
	if (rc == 0)
		rc = gather_shown(page, whole, err);
	return rc;
}

void run_release(struct run_whole *whole)
{
	vec_close(&whole->tasks);
	vec_close(&whole->attempts);
	arena_close(&whole->arena);
}
