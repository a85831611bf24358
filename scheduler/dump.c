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

static void dump_counts(const struct upstream_counts *counts, struct str *out)
{
	str_printf(out,
		   " upstream=%u: %u success %u failed %u upstream_failed %u skipped %u removed",
		   counts->total, counts->success, counts->failed, counts->upstream_failed,
		   counts->skipped, counts->removed);
}

static void dump_instance(const struct instance *instance, struct str *out)
{
	str_printf(out, "  task %s %s", instance_task(instance)->id,
		   task_state_name(instance->state));
	if (instance->state == TASK_NONE)
		dump_counts(&instance->upstream, out);
	if (instance->state == TASK_CANCELLING)
		str_printf(out, " aim=%s", cancel_aim_name(instance->aim));
	if (instance->attempts > 0)
		str_printf(out, " try=%u/%u attempt=%" PRId64 " released=%" PRId64,
			   instance_tries(instance), instance->attempts, instance->attempt_id,
			   instance->released_at_ms);
	if (instance->due_boot_ms != 0)
		str_printf(out, " due=%" PRId64, instance->due_boot_ms);
	if (instance->outputs != NULL)
		str_printf(out, " outputs=%s", instance->outputs);
	str_append(out, "\n");
}

static void dump_ending(const struct run *run, struct str *out)
{
	if (run->state == RUN_ENDING || run->state == RUN_CANCELLING)
		str_printf(out, " outcome=%s", run_state_name(run->outcome));
	if (run->deadline_boot_ms != 0)
		str_printf(out, " deadline=%" PRId64, run->deadline_boot_ms);
	if (run->start_at_ms != 0)
		str_printf(out, " start=%" PRId64, run->start_at_ms);
	if (run->is_forced)
		str_append(out, " forced");
	str_printf(out, " params=%s period=%s %" PRId64 " %" PRId64 "\n",
		   run->params == NULL ? "" : run->params, run->period.id, run->period.start_ms,
		   run->period.end_ms);
}

static void dump_run(const struct run *run, struct str *out)
{
	const char *source = run->identity + strlen(run->identity) + 1;
	const char *key = source + strlen(source) + 1;
	uint32_t failed = 0;

	for (uint32_t i = 0; i < run->dag->task_count; i++)
		failed += run->instances[i].state == TASK_FAILED;
	str_printf(out,
		   "run %" PRId64 " %s dag=%s version=%s source=%s key=%s %s unfinished=%u+%u "
		   "holding=%u failed=%u",
		   run->run_no, run->run_id, run->dag->id, run->dag->hash, source, key,
		   run_state_name(run->state), run->unfinished, run->unfinished_hooks, run->holding,
		   failed);
	dump_ending(run, out);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (!task_state_is_done(run->instances[i].state) ||
		    run->instances[i].outputs != NULL)
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

static void dump_line(const struct line *line, struct str *out)
{
	struct heap_node **nodes = sorted(&line->waiting);

	if (line->waiting.count > 0)
		str_printf(out, "  line for %s", line->pool->name);
	for (size_t i = 0; i < line->waiting.count; i++) {
		const struct instance *instance = OWNER_OF(nodes[i], struct instance, wait);

		str_printf(out, " %" PRId64 ".%s", instance->run->run_no,
			   instance_task(instance)->id);
	}
	if (line->waiting.count > 0)
		str_append(out, "\n");
	mem_free(nodes);
}

static int compare_lines(const void *a, const void *b)
{
	const struct pool *left = (*(struct line *const *)a)->pool;
	const struct pool *right = (*(struct line *const *)b)->pool;
	size_t shorter = left->key_bytes < right->key_bytes ? left->key_bytes : right->key_bytes;
	int order = shorter == 0 ? 0 : memcmp(left->key, right->key, shorter);

	return order != 0
		   ? order
		   : (left->key_bytes > right->key_bytes) - (left->key_bytes < right->key_bytes);
}

static void dump_lines(const struct dag_limit *limit, struct str *out)
{
	VEC(struct line *) lines = {0};

	for (size_t i = 0; i < limit->lines.count; i++)
		vec_push(&lines, limit->lines.items[i]);
	if (lines.count > 0)
		qsort(lines.items, lines.count, sizeof *lines.items, compare_lines);
	for (size_t i = 0; i < lines.count; i++)
		dump_line(lines.items[i], out);
	vec_close(&lines);
}

static void dump_limit(const struct dag_limit *limit, struct str *out)
{
	str_printf(out, "dag %s active=%u/%u runs=%u/%u queued=%zu waiting=%u%s\n", limit->dag_id,
		   limit->active, limit->max_active_tasks, limit->active_runs,
		   limit->max_active_runs, limit->queued_runs.count, limit->waiting_runs,
		   limit->is_paused ? " paused" : "");
	dump_lines(limit, out);
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

/* Who is to come first in a pool, over all dags below their limit. */
static void dump_pool(const struct pool *pool, struct str *out)
{
	struct heap_node **nodes = sorted(&pool->lines);

	str_printf(out, "pool %s", pool->name);
	if (pool->key != NULL)
		str_printf(out, " of %c '%s'", pool->key[0], pool->key + 1);
	str_printf(out, " used=%u/%u", pool->used, pool->slots);
	for (size_t i = 0; i < pool->lines.count; i++)
		str_printf(out, " %s", OWNER_OF(nodes[i], struct line, node)->limit->dag_id);
	str_append(out, "\n");
	mem_free(nodes);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line for each, in the order of the lines. */
static void append_sorted(char **texts, size_t count, struct str *out)
{
	if (count > 0)
		qsort(texts, count, sizeof *texts, compare_texts);
	for (size_t i = 0; i < count; i++) {
		str_append(out, texts[i]);
		mem_free(texts[i]);
	}
}

static void dump_pools(const struct queue *queue, struct str *out)
{
	VEC(char *) texts = {0};
	struct pool *pool;
	struct pool *next;

	dump_pool(&queue->common, out);
	HASH_ITER(by_key, queue->pools, pool, next)
	{
		struct str text = STR_INIT;

		dump_pool(pool, &text);
		vec_push(&texts, str_take(&text));
	}
	append_sorted(texts.items, texts.count, out);
	vec_close(&texts);
}

static void dump_pauses(const struct sched *sched, struct str *out)
{
	VEC(char *) texts = {0};
	struct pause *pause;
	struct pause *next;

	HASH_ITER(by_dag, sched->pauses, pause, next)
	{
		struct str text = STR_INIT;

		str_printf(&text, "pause %s by %s at %" PRId64 ": %s\n",
			   pause->dag_id[0] == '\0' ? "(all)" : pause->dag_id, pause->actor,
			   pause->at_ms, pause->reason == NULL ? "" : pause->reason);
		vec_push(&texts, str_take(&text));
	}
	append_sorted(texts.items, texts.count, out);
	vec_close(&texts);
}

/* Only those that a restart brings back. */
static void dump_clock(const struct sched *sched, struct str *out)
{
	if (sched->clock.jump_until_boot_ms != 0)
		str_printf(out, "clock jumped by %" PRId64 ", holds until %" PRId64 "\n",
			   sched->clock.jump_by_ms, sched->clock.jump_until_boot_ms);
	if (sched->clock.behind_until_ms != 0)
		str_printf(out, "clock behind until %" PRId64 "\n", sched->clock.behind_until_ms);
}

void sched_dump(const struct sched *sched, struct str *out)
{
	str_printf(out, "next run=%" PRId64 " attempt=%" PRId64 "\n", sched->next_run_no,
		   sched->next_attempt_id);
	dump_runs(sched, out);
	dump_limits(&sched->queue, out);
	dump_pools(&sched->queue, out);
	dump_pauses(sched, out);
	dump_clock(sched, out);
}
