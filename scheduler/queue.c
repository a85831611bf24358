/* queue.c - lines, pools and the limits of a dag; see queue.h.
 *
 * Each heap holds exactly those who may stand in it now. Whatever changes that for a line or a pool
 * ends with its refresh, which takes it out and puts it back where it belongs. */
#include "scheduler/queue.h"

#include "scheduler/core.h"

#include <assert.h>
#include <string.h>

static void pool_refresh(struct queue *queue, struct pool *pool)
{
	struct heap_node *first = heap_peek(&pool->lines);

	heap_remove(&queue->ready, &pool->node);
	if (first == NULL || pool->used >= pool->slots)
		return;
	pool->node.key = first->key;
	heap_push(&queue->ready, &pool->node);
}

static void line_refresh(struct queue *queue, struct line *line)
{
	struct heap_node *first = heap_peek(&line->waiting);

	heap_remove(&line->pool->lines, &line->node);
	if (first != NULL && line->limit->active < line->limit->max_active_tasks) {
		line->node.key = first->key;
		heap_push(&line->pool->lines, &line->node);
	}
	pool_refresh(queue, line->pool);
}

static void limit_refresh(struct queue *queue, struct dag_limit *limit)
{
	line_refresh(queue, &limit->common_line);
	line_refresh(queue, &limit->own_line);
}

void queue_init(struct queue *queue, uint32_t common_slots)
{
	memset(queue, 0, sizeof *queue);
	queue->common.slots = common_slots;
	queue->next_order = 1;
}

void queue_close(struct queue *queue)
{
	assert(queue->limits == NULL);
	heap_close(&queue->common.lines);
	heap_close(&queue->ready);
}

const struct pool_size *queue_own_pool(const struct dag *dag)
{
	for (uint32_t i = 0; i < dag->pool_count; i++)
		if (strcmp(dag->pools[i].name, "default") == 0)
			return &dag->pools[i];
	return NULL;
}

static struct dag_limit *limit_create(struct queue *queue, const char *dag_id)
{
	struct dag_limit *limit = mem_alloc(sizeof *limit);

	limit->dag_id = mem_strdup(dag_id);
	limit->common_line.limit = limit;
	limit->common_line.pool = &queue->common;
	limit->own_line.limit = limit;
	limit->own_line.pool = &limit->own_pool;
	HASH_ADD_KEYPTR(by_id, queue->limits, limit->dag_id, strlen(limit->dag_id), limit);
	return limit;
}

static void limit_destroy(struct queue *queue, struct dag_limit *limit)
{
	assert(limit->active == 0 && limit->own_pool.used == 0);
	assert(limit->common_line.waiting.count == 0 && limit->own_line.waiting.count == 0);
	HASH_DELETE(by_id, queue->limits, limit);
	heap_close(&limit->runs);
	heap_close(&limit->own_runs);
	heap_close(&limit->own_pool.lines);
	heap_close(&limit->common_line.waiting);
	heap_close(&limit->own_line.waiting);
	mem_free(limit->dag_id);
	mem_free(limit);
}

static void follow_newest_run(struct queue *queue, struct dag_limit *limit)
{
	struct heap_node *newest = heap_peek(&limit->runs);
	struct heap_node *newest_own = heap_peek(&limit->own_runs);

	if (newest != NULL)
		limit->max_active_tasks =
		    OWNER_OF(newest, struct run, newest)->dag->max_active_tasks;
	if (newest_own != NULL)
		limit->own_pool.slots =
		    queue_own_pool(OWNER_OF(newest_own, struct run, newest_own)->dag)->slots;
	limit_refresh(queue, limit);
}

void queue_add_run(struct queue *queue, struct run *run)
{
	const char *dag_id = run->dag->id;
	struct dag_limit *limit;

	HASH_FIND(by_id, queue->limits, dag_id, strlen(dag_id), limit);
	if (limit == NULL)
		limit = limit_create(queue, dag_id);
	run->limit = limit;
	run->newest.key = -run->run_no;
	heap_push(&limit->runs, &run->newest);
	run->line = &limit->common_line;
	if (queue_own_pool(run->dag) != NULL) {
		run->line = &limit->own_line;
		run->newest_own.key = -run->run_no;
		heap_push(&limit->own_runs, &run->newest_own);
	}
	follow_newest_run(queue, limit);
}

void queue_remove_run(struct queue *queue, struct run *run)
{
	struct dag_limit *limit = run->limit;

	heap_remove(&limit->runs, &run->newest);
	heap_remove(&limit->own_runs, &run->newest_own);
	run->limit = NULL;
	run->line = NULL;
	if (limit->runs.count == 0)
		limit_destroy(queue, limit);
	else
		follow_newest_run(queue, limit);
}

int64_t queue_arrive(struct queue *queue)
{
	return queue->next_order++;
}

void queue_add(struct queue *queue, struct instance *instance, int64_t order)
{
	struct line *line = instance->run->line;

	instance->wait.key = order;
	heap_push(&line->waiting, &instance->wait);
	if (order >= queue->next_order)
		queue->next_order = order + 1;
	line_refresh(queue, line);
}

void queue_remove(struct queue *queue, struct instance *instance)
{
	struct line *line = instance->run->line;

	heap_remove(&line->waiting, &instance->wait);
	line_refresh(queue, line);
}

void queue_take_slot(struct queue *queue, struct instance *instance)
{
	struct line *line = instance->run->line;

	line->pool->used++;
	line->limit->active++;
	limit_refresh(queue, line->limit);
}

void queue_give_slot(struct queue *queue, struct instance *instance)
{
	struct line *line = instance->run->line;

	assert(line->pool->used > 0 && line->limit->active > 0);
	line->pool->used--;
	line->limit->active--;
	limit_refresh(queue, line->limit);
}

struct instance *queue_next(const struct queue *queue)
{
	struct heap_node *ready = heap_peek(&queue->ready);
	struct line *line;

	if (ready == NULL)
		return NULL;
	line = OWNER_OF(heap_peek(&OWNER_OF(ready, struct pool, node)->lines), struct line, node);
	return OWNER_OF(heap_peek(&line->waiting), struct instance, wait);
}
