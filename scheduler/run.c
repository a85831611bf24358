/* run.c - runs under way; see run.h. */
#include "scheduler/run.h"

#include "scheduler/emit.h"
#include "scheduler/instance.h"

#include <assert.h>
#include <string.h>

/* dag id, source and key as one string of bytes. None of them holds a NUL, so that two different
 * identities never read alike. The caller frees it. */
static char *identity_create(const char *dag_id, const char *source, const char *key,
			     size_t *size_bytes)
{
	struct str text = STR_INIT;

	str_append_bytes(&text, dag_id, strlen(dag_id) + 1);
	str_append_bytes(&text, source, strlen(source) + 1);
	str_append(&text, key);
	*size_bytes = text.size;
	return str_take(&text);
}

static void instances_init(struct run *run)
{
	const struct dag *dag = run->dag;

	run->instances = mem_alloc((dag->task_count + 1) * sizeof *run->instances);
	run->unfinished = dag->task_count;
	for (uint32_t i = 0; i < dag->task_count; i++) {
		run->instances[i].run = run;
		run->instances[i].unfinished_upstream = dag->tasks[i].upstream_count;
	}
}

static void index_run(struct sched *sched, struct run *run)
{
	assert(run_find(sched, run->run_no) == NULL && run_find_id(sched, run->run_id) == NULL);
	HASH_ADD(by_no, sched->runs_by_no, run_no, sizeof run->run_no, run);
	HASH_ADD(by_id, sched->runs_by_id, run_id, strlen(run->run_id), run);
	HASH_ADD_KEYPTR(by_identity, sched->runs_by_identity, run->identity, run->identity_bytes,
			run);
	queue_add_run(&sched->queue, run);
}

struct run *run_create(struct sched *sched, const struct sched_run_row *row)
{
	struct run *run = mem_alloc(sizeof *run);

	assert(strlen(row->run_id) < sizeof run->run_id);
	run->run_no = row->run_no;
	memcpy(run->run_id, row->run_id, strlen(row->run_id) + 1);
	run->state = row->state;
	run->dag = dag_ref(row->dag);
	run->identity = identity_create(row->dag->id, row->source, row->key, &run->identity_bytes);
	instances_init(run);
	index_run(sched, run);
	return run;
}

void run_destroy(struct sched *sched, struct run *run)
{
	if (run->unfinished > 0)
		for (uint32_t i = 0; i < run->dag->task_count; i++)
			instance_pull_out(sched, &run->instances[i]);
	queue_remove_run(&sched->queue, run);
	HASH_DELETE(by_no, sched->runs_by_no, run);
	HASH_DELETE(by_id, sched->runs_by_id, run);
	HASH_DELETE(by_identity, sched->runs_by_identity, run);
	dag_unref(run->dag);
	mem_free(run->instances);
	mem_free(run->identity);
	mem_free(run);
}

static void emit_new(struct step *step, const struct run *run, const struct input *input)
{
	struct arena *arena = &step->output->changes.arena;
	struct change *change = emit_change(step, CHANGE_RUN_NEW, run, input->actor, NULL);

	change->run_new.run_id = arena_strdup(arena, run->run_id);
	change->run_new.dag = dag_ref(run->dag);
	change->run_new.key = arena_strdup(arena, input->trigger.key);
	change->run_new.source = arena_strdup(arena, input->trigger.source);
	change->run_new.state = run->state;
}

struct run *run_begin(struct step *step, const struct input *input)
{
	struct sched *sched = step->sched;
	struct sched_run_row row = {.run_no = sched->next_run_no++,
				    .run_id = input->trigger.run_id,
				    .key = input->trigger.key,
				    .source = input->trigger.source,
				    .state = RUN_RUNNING,
				    .dag = input->trigger.dag};
	struct run *run = run_create(sched, &row);

	emit_new(step, run, input);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (run->dag->tasks[i].upstream_count == 0)
			instance_judge(step, &run->instances[i]);
	if (run->unfinished == 0)
		vec_push(&sched->over, run);
	return run;
}

void run_move(struct step *step, struct run *run, enum run_state to, const char *actor,
	      const char *why)
{
	struct change *change = emit_change(step, CHANGE_RUN_STATE, run, actor, why);

	assert(!run_state_is_done(run->state) && run->state != to);
	change->run_state.from = run->state;
	change->run_state.to = to;
	run->state = to;
}

/* Counts the instances in a state and finds the first of them. */
static uint32_t count_state(const struct run *run, enum task_state state, const char **first)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (run->instances[i].state == state && count++ == 0)
			*first = run->dag->tasks[i].id;
	return count;
}

static void judge(struct step *step, struct run *run)
{
	const char *first = NULL;
	const char *why = NULL;
	uint32_t failed = count_state(run, TASK_FAILED, &first);

	if (failed == 1)
		why = emit_text(step, "task '%s' failed", first);
	else if (failed > 1)
		why = emit_text(step, "task '%s' and %u more failed", first, failed - 1);
	run_move(step, run, failed > 0 ? RUN_FAILED : RUN_SUCCESS, NULL, why);
}

static void end(struct step *step, struct run *run)
{
	if (run->state == RUN_CANCELLING)
		run_move(step, run, RUN_CANCELLED, NULL, NULL);
	else if (run->state == RUN_RUNNING)
		judge(step, run);
	emit_run_ended(step, run);
	run_destroy(step->sched, run);
}

void run_end_all_over(struct step *step)
{
	struct sched *sched = step->sched;

	for (size_t i = 0; i < sched->over.count; i++)
		end(step, sched->over.items[i]);
	vec_clear(&sched->over);
}

struct run *run_find(const struct sched *sched, int64_t run_no)
{
	struct run *run;

	HASH_FIND(by_no, sched->runs_by_no, &run_no, sizeof run_no, run);
	return run;
}

struct run *run_find_id(const struct sched *sched, const char *run_id)
{
	struct run *run;

	HASH_FIND(by_id, sched->runs_by_id, run_id, strlen(run_id), run);
	return run;
}

struct run *run_find_key(const struct sched *sched, const char *dag_id, const char *source,
			 const char *key)
{
	struct run *run;
	size_t size_bytes;
	char *identity = identity_create(dag_id, source, key, &size_bytes);

	HASH_FIND(by_identity, sched->runs_by_identity, identity, size_bytes, run);
	mem_free(identity);
	return run;
}
