/* dump.c - the state as text, for tests; see sched.h.
 *
 * Says all that decides what the scheduler does next and that a restart must not change. Left out:
 * the numbers by which arrivals are ordered (the order itself is told) and the repeated kills of
 * what does not die (a restart begins again with a kill). */
#include "scheduler/core.h"
#include "scheduler/instance.h"

#include <inttypes.h>
#include <stdlib.h>

static int compare_runs(const void *a, const void *b)
{
	const struct run *left = *(struct run *const *)a;
	const struct run *right = *(struct run *const *)b;

	return left->run_no < right->run_no ? -1 : left->run_no > right->run_no;
}

static int compare_limits(const void *a, const void *b)
{
	return strcmp((*(struct dag_limit *const *)a)->dag_id,
		      (*(struct dag_limit *const *)b)->dag_id);
}

/* Compares what heaps compare. */
static int compare_nodes(const void *a, const void *b)
{
	const struct heap_node *left = *(struct heap_node *const *)a;
	const struct heap_node *right = *(struct heap_node *const *)b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* The nodes of a heap from the first to the last; the caller frees the array. */
static struct heap_node **sorted(const struct heap *heap)
{
	struct heap_node **nodes = mem_alloc((heap->count + 1) * sizeof *nodes);

	for (size_t i = 0; i < heap->count; i++)
		nodes[i] = heap->nodes[i];
	qsort(nodes, heap->count, sizeof *nodes, compare_nodes);
	return nodes;
}

static void dump_instance(const struct instance *instance, struct str *out)
{
	str_printf(out, "  task %s %s", instance_task(instance)->id,
		   task_state_name(instance->state));
	if (instance->state == TASK_NONE)
		str_printf(out, " upstream=%u", instance->unfinished_upstream);
	if (instance->attempts > 0)
		str_printf(out, " try=%u attempt=%" PRId64 " released=%" PRId64, instance->attempts,
			   instance->attempt_id, instance->released_at_ms);
	if (instance_waits(instance->state))
		str_printf(out, " due=%" PRId64, instance->due_boot_ms);
	str_append(out, "\n");
}

static void dump_run(const struct run *run, struct str *out)
{
	const char *source = run->identity + strlen(run->identity) + 1;
	const char *key = source + strlen(source) + 1;
	uint32_t failed = 0;

	for (uint32_t i = 0; i < run->dag->task_count; i++)
		failed += run->instances[i].state == TASK_FAILED;
	str_printf(out,
		   "run %" PRId64 " %s dag=%s version=%s source=%s key=%s %s unfinished=%u "
		   "holding=%u failed=%u\n",
		   run->run_no, run->run_id, run->dag->id, run->dag->hash, source, key,
		   run_state_name(run->state), run->unfinished, run->holding, failed);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (!task_state_is_done(run->instances[i].state))
			dump_instance(&run->instances[i], out);
}

static void dump_runs(const struct sched *sched, struct str *out)
{
	VEC(struct run *) runs = {0};
	struct run *run;
	struct run *next;

	HASH_ITER(by_no, sched->runs_by_no, run, next)
	vec_push(&runs, run);
	if (runs.count > 0)
		qsort(runs.items, runs.count, sizeof *runs.items, compare_runs);
	for (size_t i = 0; i < runs.count; i++)
		dump_run(runs.items[i], out);
	vec_close(&runs);
}

static void dump_line(const struct line *line, const char *name, struct str *out)
{
	struct heap_node **nodes = sorted(&line->waiting);

	for (size_t i = 0; i < line->waiting.count; i++) {
		const struct instance *instance = OWNER_OF(nodes[i], struct instance, wait);

		str_printf(out, "%s%" PRId64 ".%s", i == 0 ? name : " ", instance->run->run_no,
			   instance_task(instance)->id);
	}
	if (line->waiting.count > 0)
		str_append(out, "\n");
	mem_free(nodes);
}

static void dump_limit(const struct dag_limit *limit, struct str *out)
{
	str_printf(out, "dag %s active=%u/%u", limit->dag_id, limit->active,
		   limit->max_active_tasks);
	if (limit->own_runs.count > 0)
		str_printf(out, " own pool=%u/%u", limit->own_pool.used, limit->own_pool.slots);
	str_append(out, "\n");
	dump_line(&limit->common_line, "  line ", out);
	dump_line(&limit->own_line, "  own line ", out);
}

static void dump_limits(const struct queue *queue, struct str *out)
{
	VEC(struct dag_limit *) limits = {0};
	struct dag_limit *limit;
	struct dag_limit *next;

	HASH_ITER(by_id, queue->limits, limit, next)
	vec_push(&limits, limit);
	if (limits.count > 0)
		qsort(limits.items, limits.count, sizeof *limits.items, compare_limits);
	for (size_t i = 0; i < limits.count; i++)
		dump_limit(limits.items[i], out);
	vec_close(&limits);
}

/* Who is to come first in the common pool, over all dags below their limit. */
static void dump_pool(const struct pool *pool, struct str *out)
{
	struct heap_node **nodes = sorted(&pool->lines);

	str_printf(out, "pool default used=%u/%u", pool->used, pool->slots);
	for (size_t i = 0; i < pool->lines.count; i++)
		str_printf(out, " %s", OWNER_OF(nodes[i], struct line, node)->limit->dag_id);
	str_append(out, "\n");
	mem_free(nodes);
}

void sched_dump(const struct sched *sched, struct str *out)
{
	str_printf(out, "next run=%" PRId64 " attempt=%" PRId64 "\n", sched->next_run_no,
		   sched->next_attempt_id);
	dump_runs(sched, out);
	dump_limits(&sched->queue, out);
	dump_pool(&sched->queue.common, out);
}
