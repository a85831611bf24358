/* sched.c - the step: inputs in, changes and effects out; see sched.h. */
#include "scheduler/sched.h"

#include "base/tz.h"
#include "scheduler/cancel.h"
#include "scheduler/core.h"
#include "scheduler/due.h"
#include "scheduler/emit.h"
#include "scheduler/ending.h"
#include "scheduler/hold.h"
#include "scheduler/instance.h"
#include "scheduler/mark.h"
#include "scheduler/pause.h"
#include "scheduler/rerun.h"
#include "scheduler/run.h"
#include "scheduler/settle.h"

#include <assert.h>

void sched_output_init(struct sched_output *output)
{
	change_list_init(&output->changes);
	output->effects = NULL;
	output->effect_count = 0;
	output->effect_capacity = 0;
	output->answer = ANSWER_DONE;
	output->message = NULL;
}

void sched_output_close(struct sched_output *output)
{
	for (size_t i = 0; i < output->effect_count; i++)
		dag_unref(output->effects[i].dag);
	mem_free(output->effects);
	change_list_close(&output->changes);
	sched_output_init(output);
}

struct sched *sched_create(const struct sched_config *config)
{
	struct sched *sched = mem_alloc(sizeof *sched);
	int rc;

	assert(config->default_pool_slots >= 1 && config->grace_ms >= 0);
	assert(config->next_run_no >= 1 && config->next_attempt_id >= 1);
	sched->config = *config;
	sched->next_run_no = config->next_run_no;
	sched->next_attempt_id = config->next_attempt_id;
	queue_init(&sched->queue, config->default_pool_slots);
	rc = tz_load("UTC", &sched->utc, NULL);
	assert(rc == 0); /* it needs no file */
	(void)rc;
	return sched;
}

void sched_destroy(struct sched *sched)
{
	struct run *run;
	struct run *next;

	if (sched == NULL)
		return;
	HASH_ITER(by_no, sched->runs_by_no, run, next)
	run_destroy(sched, run);
	pause_forget_all(sched);
	hold_close(sched);
	queue_close(&sched->queue);
	tz_destroy(sched->utc);
	heap_close(&sched->timers);
	heap_close(&sched->deadlines);
	heap_close(&sched->starts);
	vec_close(&sched->ended);
	vec_close(&sched->over);
	mem_free(sched);
}

static int64_t trigger(struct step *step, const struct input *input)
{
	const struct run *run = run_begin(step, input);

	return run == NULL ? 0 : run->run_no;
}

static int64_t cancel(struct step *step, const struct input *input)
{
	return cancel_run(step, input->cancel.run_no, input->actor, input->cancel.reason);
}

static int64_t attempt_ended(struct step *step, const struct input *input)
{
	return ending_apply(step, input->actor, &input->ended, &input->findings);
}

/* Time has passed, and that is all: what is due has happened before. */
static int64_t time_passed(struct step *step, const struct input *input)
{
	(void)step;
	(void)input;
	return 0;
}

static int64_t pause_dag(struct step *step, const struct input *input)
{
	pause_set(step, input, true);
	return 0;
}

static int64_t resume_dag(struct step *step, const struct input *input)
{
	pause_set(step, input, false);
	return 0;
}

static int64_t (*const inputs[INPUT_KIND_COUNT])(struct step *step, const struct input *input) = {
    [INPUT_TRIGGER] = trigger,  [INPUT_CANCEL] = cancel,     [INPUT_ATTEMPT_ENDED] = attempt_ended,
    [INPUT_TIME] = time_passed, [INPUT_RERUN] = rerun_apply, [INPUT_MARK] = mark_apply,
    [INPUT_PAUSE] = pause_dag,  [INPUT_RESUME] = resume_dag,
};

/* A run that had ended, and was fed for this step alone, is under way again or of no use. */
static void dismiss_guest(struct sched *sched)
{
	if (sched->guest != NULL)
		run_destroy(sched, sched->guest);
	sched->guest = NULL;
}

int64_t sched_step(struct sched *sched, const struct input *input, struct moment now,
		   struct sched_output *output)
{
	struct step step = {.sched = sched, .now = now, .output = output};
	int64_t run_no;

	assert(input->kind < INPUT_KIND_COUNT);
	output->answer = ANSWER_DONE;
	output->message = NULL;
	hold_look(&step);
	due_happen(&step);
	settle_runs(&step);
	run_no = inputs[input->kind](&step, input);
	settle(&step);
	dismiss_guest(sched);
	queue_forget_told(&sched->queue);
	return run_no;
}

void sched_put_dag(struct sched *sched, struct dag *dag)
{
	queue_put_dag(&sched->queue, dag);
}

bool sched_put_pools(struct sched *sched, const struct pool_size *pools, size_t count)
{
	return queue_put_pools(&sched->queue, pools, count);
}

int64_t sched_next_due_boot_ms(const struct sched *sched)
{
	const struct heap_node *timer = heap_peek(&sched->timers);
	const struct heap_node *deadline = heap_peek(&sched->deadlines);
	const struct heap_node *start = heap_peek(&sched->starts);
	int64_t next = hold_next_boot_ms(sched);

	if (timer != NULL && timer->key < next)
		next = timer->key;
	/* A hold that stands ends before, or wakes whoever ended it. */
	if (start != NULL && hold_first(sched, true) == HOLD_KIND_COUNT &&
	    start->key - sched->wall_ahead_ms < next)
		next = start->key - sched->wall_ahead_ms;
	return deadline == NULL || deadline->key > next ? next : deadline->key;
}

void sched_each_dag(const struct sched *sched,
		    void (*each)(void *context, const char *dag_id, const char *hash),
		    void *context)
{
	struct dag_limit *limit;
	struct dag_limit *next;

	HASH_ITER(by_id, sched->queue.limits, limit, next)
	{
		const struct run *newest = OWNER_OF(heap_peek(&limit->runs), struct run, newest);

		each(context, limit->dag_id,
		     limit->in_force != NULL ? limit->in_force->hash : newest->dag->hash);
	}
}

static int64_t number_of(const struct run *run)
{
	return run == NULL ? 0 : run->run_no;
}

int64_t sched_find_key(const struct sched *sched, const char *dag_id, const char *source,
		       const char *key)
{
	return number_of(run_find_key(sched, dag_id, source, key));
}

int64_t sched_find_run(const struct sched *sched, const char *run_id)
{
	return number_of(run_find_id(sched, run_id));
}

const char *sched_run_id(const struct sched *sched, int64_t run_no)
{
	const struct run *run = run_find(sched, run_no);

	return run == NULL ? NULL : run->run_id;
}

size_t sched_active_run_count(const struct sched *sched)
{
	return HASH_CNT(by_no, sched->runs_by_no);
}

bool sched_find_attempt(const struct sched *sched, int64_t attempt_id, struct effect *out)
{
	struct instance *instance;

	HASH_FIND(by_attempt, sched->attempts, &attempt_id, sizeof attempt_id, instance);
	if (instance != NULL)
		*out = emit_describe(EFFECT_LAUNCH, instance);
	return instance != NULL;
}

void sched_each_attempt(struct sched *sched,
			void (*each)(void *context, const struct effect *attempt), void *context)
{
	struct instance *instance;
	struct instance *next;

	HASH_ITER(by_attempt, sched->attempts, instance, next)
	{
		struct effect attempt = emit_describe(EFFECT_LAUNCH, instance);

		each(context, &attempt);
	}
}

const struct sched_counts *sched_counts(const struct sched *sched)
{
	return &sched->counts;
}

void sched_each_pool(const struct sched *sched,
		     void (*each)(void *context, const struct sched_pool *pool), void *context)
{
	const struct pool *common = &sched->queue.common;
	struct sched_pool view = {.name = common->name,
				  .slots = common->slots,
				  .used = common->used,
				  .waiting = common->waiting};

	each(context, &view);
	for (const struct pool *pool = sched->queue.pools; pool != NULL; pool = pool->by_key.next) {
		bool is_own = pool->key[0] == 'd';

		if (pool->seats.count == 0)
			continue;
		view = (struct sched_pool){.dag_id = is_own ? pool->key + 1 : NULL,
					   .domain = is_own ? NULL : pool->key + 1,
					   .name = pool->name,
					   .slots = pool->slots,
					   .used = pool->used,
					   .waiting = pool->waiting};
		each(context, &view);
	}
}
