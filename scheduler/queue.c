/* queue.c - lines, pools and the limits of a dag; see queue.h.
 *
 * Each heap holds exactly those who may stand in it now. Whatever changes that for a line or a pool
 * ends with its refresh, which takes it out and puts it back where it belongs.
 *
 * The key of a pool: 'd', the dag's id, NUL, the name; or 's', the domain, NUL, the name. */
#include "scheduler/queue.h"

#include "base/str.h"
#include "scheduler/core.h"
#include "scheduler/version.h"

#include <assert.h>
#include <string.h>

/* --- heaps that hold who may stand in them ------------------------------------------------------
 */

static struct instance *line_first(const struct line *line)
{
	return OWNER_OF(heap_peek(&line->waiting), struct instance, wait);
}

static struct instance *pool_first(const struct pool *pool)
{
	return line_first(OWNER_OF(heap_peek(&pool->lines), struct line, node));
}

bool pool_has_room(const struct pool *pool, uint32_t slots)
{
	return pool->used == 0 || (uint64_t)pool->used + slots <= pool->slots;
}

/* Puts a node into a heap under the place of another. */
static void push_like(struct heap *heap, struct heap_node *node, const struct heap_node *like)
{
	node->key = like->key;
	node->order = like->order;
	heap_push(heap, node);
}

static void pool_refresh(struct queue *queue, struct pool *pool)
{
	struct heap_node *first = heap_peek(&pool->lines);

	heap_remove(&queue->ready, &pool->node);
	if (first != NULL && pool_has_room(pool, instance_slots(pool_first(pool))))
		push_like(&queue->ready, &pool->node, first);
}

bool limit_is_open(const struct dag_limit *limit)
{
	return limit->active < limit->max_active_tasks && !limit->is_paused;
}

static void line_refresh(struct queue *queue, struct line *line)
{
	struct heap_node *first = heap_peek(&line->waiting);

	heap_remove(&line->pool->lines, &line->node);
	if (first != NULL && limit_is_open(line->limit))
		push_like(&line->pool->lines, &line->node, first);
	pool_refresh(queue, line->pool);
}

static void refresh_runs(struct queue *queue, struct dag_limit *limit)
{
	struct heap_node *first = heap_peek(&limit->queued_runs);

	heap_remove(&queue->startable, &limit->node);
	if (first != NULL && !limit->is_paused && limit->active_runs < limit->max_active_runs)
		push_like(&queue->startable, &limit->node, first);
}

static void limit_refresh(struct queue *queue, struct dag_limit *limit)
{
	for (size_t i = 0; i < limit->lines.count; i++)
		line_refresh(queue, limit->lines.items[i]);
	refresh_runs(queue, limit);
}

/* --- pools ---------------------------------------------------------------------------------------
 */

static char *pool_key(const char *dag_id, const struct pool_size *size, size_t *key_bytes)
{
	struct str key = STR_INIT;
	const char *owner;

	assert(size != NULL);
	owner = size->domain == NULL ? dag_id : size->domain;

	str_append_char(&key, size->domain == NULL ? 'd' : 's');
	str_append_bytes(&key, owner, strlen(owner) + 1);
	str_append(&key, size->name);
	*key_bytes = key.size;
	return str_take(&key);
}

static struct pool *pool_find(const struct queue *queue, const char *dag_id,
			      const struct pool_size *size)
{
	size_t key_bytes;
	char *key = pool_key(dag_id, size, &key_bytes);
	struct pool *pool;

	HASH_FIND(by_key, queue->pools, key, key_bytes, pool);
	mem_free(key);
	return pool;
}

/* Finds or makes it. */
static struct pool *pool_take(struct queue *queue, const char *dag_id, const struct pool_size *size)
{
	struct pool *pool = pool_find(queue, dag_id, size);

	if (pool != NULL)
		return pool;
	pool = mem_alloc(sizeof *pool);
	pool->key = pool_key(dag_id, size, &pool->key_bytes);
	pool->name = pool->key + strlen(pool->key) + 1;
	HASH_ADD_KEYPTR(by_key, queue->pools, pool->key, pool->key_bytes, pool);
	return pool;
}

static bool pool_is_shared(const struct pool *pool)
{
	return pool->key != NULL && pool->key[0] == 's';
}

/* Nobody uses it, and nobody tells of it, who would not do so again. */
static bool pool_is_idle(const struct pool *pool)
{
	return pool->seats.count == 0 && !(pool_is_shared(pool) && pool->put_slots > 0);
}

static void pool_destroy(struct queue *queue, struct pool *pool)
{
	assert(queue->pools != NULL && pool->used == 0 && pool->lines.count == 0);
	HASH_DELETE(by_key, queue->pools, pool);
	heap_close(&pool->lines);
	heap_close(&pool->seats);
	mem_free(pool->key);
	mem_free(pool);
}

/* Its size is what was told, else what the newest run says. */
static void pool_resize(struct queue *queue, struct pool *pool)
{
	struct heap_node *newest = heap_peek(&pool->seats);

	if (pool->put_slots > 0)
		pool->slots = pool->put_slots;
	else if (newest != NULL)
		pool->slots = OWNER_OF(newest, struct seat, newest)->slots;
	pool_refresh(queue, pool);
}

/* --- lines and seats -----------------------------------------------------------------------------
 */

static struct line *line_find(struct dag_limit *limit, struct pool *pool)
{
	struct line *line;

	for (size_t i = 0; i < limit->lines.count; i++)
		if (limit->lines.items[i]->pool == pool)
			return limit->lines.items[i];
	line = mem_alloc(sizeof *line);
	line->limit = limit;
	line->pool = pool;
	vec_push(&limit->lines, line);
	return line;
}

static void line_leave(struct line *line)
{
	struct dag_limit *limit = line->limit;
	size_t i = 0;

	if (--line->seat_count > 0)
		return;
	assert(line->waiting.count == 0 && !heap_node_is_in(&line->node));
	while (limit->lines.items[i] != line)
		i++;
	limit->lines.items[i] = limit->lines.items[--limit->lines.count];
	heap_close(&line->waiting);
	mem_free(line);
}

/* What the version in force says of a dag's own pool; 0 = nothing, or it is not known. */
static uint32_t told_slots(const struct queue *queue, const char *dag_id, const char *name)
{
	const struct dag_limit *limit = queue_find_limit(queue, dag_id);
	const struct dag *dag = limit == NULL ? NULL : limit->in_force;

	for (uint32_t i = 0; dag != NULL && i < dag->pool_count; i++)
		if (dag->pools[i].domain == NULL && strcmp(dag->pools[i].name, name) == 0)
			return dag->pools[i].slots;
	return 0;
}

static void take_seat(struct queue *queue, struct run *run, struct seat *seat,
		      const struct pool_size *size)
{
	struct pool *pool = size == NULL ? &queue->common : pool_take(queue, run->dag->id, size);

	seat->run = run;
	seat->line = line_find(run->limit, pool);
	seat->line->seat_count++;
	if (size == NULL)
		return;
	if (!pool_is_shared(pool) && pool->seats.count == 0)
		pool->put_slots = told_slots(queue, run->dag->id, pool->name);
	seat->slots = size->slots;
	seat->newest.key = -run->run_no;
	heap_push(&pool->seats, &seat->newest);
	pool_resize(queue, pool);
}

static void leave_seat(struct queue *queue, struct seat *seat)
{
	struct pool *pool = seat->line->pool;

	line_leave(seat->line);
	if (pool == &queue->common)
		return;
	heap_remove(&pool->seats, &seat->newest);
	if (pool_is_idle(pool))
		pool_destroy(queue, pool);
	else
		pool_resize(queue, pool);
}

/* The common pool's seat stands first, then those of the dag's pools in their order. */
static void take_seats(struct queue *queue, struct run *run)
{
	run->seats = mem_alloc((run->dag->pool_count + 1) * sizeof *run->seats);
	take_seat(queue, run, &run->seats[0], NULL);
	for (uint32_t i = 0; i < run->dag->pool_count; i++)
		take_seat(queue, run, &run->seats[i + 1], &run->dag->pools[i]);
}

struct line *queue_line_of(const struct instance *instance)
{
	uint32_t pool = instance_task(instance)->pool;

	return instance->run->seats[pool == POOL_COMMON ? 0 : pool + 1].line;
}

/* --- priorities ----------------------------------------------------------------------------------
 */

int32_t queue_priority(const struct instance *instance)
{
	const struct run *run = instance->run;

	return run->priorities == NULL ? instance_task(instance)->priority
				       : run->priorities[instance_position(instance)];
}

/* Of a run's tasks, by another version of its dag, or NULL: its own holds. */
static int32_t *priorities_of(const struct run *run, const struct dag *in_force)
{
	int32_t *priorities;
	uint32_t *map;

	if (in_force == NULL || strcmp(in_force->hash, run->dag->hash) == 0)
		return NULL;
	priorities = mem_alloc((run->dag->task_count + 1) * sizeof *priorities);
	map = version_map(run, in_force);
	for (uint32_t i = 0; i < run->dag->task_count; i++)
		priorities[i] = run->dag->tasks[i].priority;
	for (uint32_t i = 0; i < in_force->task_count; i++)
		if (map[i] != UINT32_MAX)
			priorities[map[i]] = in_force->tasks[i].priority;
	mem_free(map);
	return priorities;
}

/* --- limits of a dag -----------------------------------------------------------------------------
 */

void queue_init(struct queue *queue, uint32_t common_slots)
{
	memset(queue, 0, sizeof *queue);
	queue->common.name = "default";
	queue->common.slots = common_slots;
	queue->next_order = 1;
}

void queue_close(struct queue *queue)
{
	assert(queue->limits == NULL);
	queue_forget_told(queue);
	(void)queue_put_pools(queue, NULL, 0);
	assert(queue->pools == NULL);
	heap_close(&queue->common.lines);
	heap_close(&queue->ready);
	heap_close(&queue->startable);
}

struct dag_limit *queue_find_limit(const struct queue *queue, const char *dag_id)
{
	struct dag_limit *limit;

	HASH_FIND(by_id, queue->limits, dag_id, strlen(dag_id), limit);
	return limit;
}

static struct dag_limit *limit_create(const char *dag_id, bool is_paused)
{
	struct dag_limit *limit = mem_alloc(sizeof *limit);

	limit->dag_id = mem_strdup(dag_id);
	limit->is_paused = is_paused;
	return limit;
}

static struct dag_limit *limit_of(struct queue *queue, const struct run *run, bool is_paused)
{
	struct dag_limit *limit = run->is_forced ? NULL : queue_find_limit(queue, run->dag->id);

	if (limit != NULL)
		return limit;
	limit = limit_create(run->dag->id, is_paused && !run->is_forced);
	limit->is_own = run->is_forced;
	if (queue->told != NULL && strcmp(queue->told->id, limit->dag_id) == 0)
		limit->in_force = dag_ref(queue->told);
	if (!limit->is_own)
		HASH_ADD_KEYPTR(by_id, queue->limits, limit->dag_id, strlen(limit->dag_id), limit);
	return limit;
}

static void limit_destroy(struct queue *queue, struct dag_limit *limit)
{
	assert(limit->active == 0 && limit->active_runs == 0 && limit->lines.count == 0);
	if (!limit->is_own)
		HASH_DELETE(by_id, queue->limits, limit);
	heap_remove(&queue->startable, &limit->node);
	heap_close(&limit->runs);
	heap_close(&limit->queued_runs);
	vec_close(&limit->lines);
	dag_unref(limit->in_force);
	mem_free(limit->dag_id);
	mem_free(limit);
}

static void follow(struct queue *queue, struct dag_limit *limit)
{
	struct heap_node *newest = heap_peek(&limit->runs);
	const struct dag *dag = limit->in_force;

	if (dag == NULL && newest != NULL)
		dag = OWNER_OF(newest, struct run, newest)->dag;
	if (dag != NULL) {
		limit->max_active_tasks = dag->max_active_tasks;
		limit->max_active_runs = dag->max_active_runs;
	}
	limit_refresh(queue, limit);
}

static enum run_place place_of(enum run_state state)
{
	if (state == RUN_QUEUED)
		return PLACE_QUEUED;
	return state == RUN_WAITING ? PLACE_WAITING : PLACE_ACTIVE;
}

/* A queued run stands in its dag's line. */
static void place_run(struct run *run)
{
	struct dag_limit *limit = run->limit;

	run->place = place_of(run->state);
	limit->active_runs += run->place == PLACE_ACTIVE;
	limit->waiting_runs += run->place == PLACE_WAITING;
	if (run->place != PLACE_QUEUED)
		return;
	run->waiting.key = run->run_no;
	heap_push(&limit->queued_runs, &run->waiting);
}

static void displace_run(struct run *run)
{
	struct dag_limit *limit = run->limit;

	limit->active_runs -= run->place == PLACE_ACTIVE;
	limit->waiting_runs -= run->place == PLACE_WAITING;
	heap_remove(&limit->queued_runs, &run->waiting);
}

void queue_add_run(struct queue *queue, struct run *run, bool dag_is_paused)
{
	struct dag_limit *limit = limit_of(queue, run, dag_is_paused);

	run->limit = limit;
	run->priorities = priorities_of(run, limit->in_force);
	run->newest.key = -run->run_no;
	heap_push(&limit->runs, &run->newest);
	place_run(run);
	take_seats(queue, run);
	follow(queue, limit);
}

void queue_remove_run(struct queue *queue, struct run *run)
{
	struct dag_limit *limit = run->limit;

	heap_remove(&limit->runs, &run->newest);
	displace_run(run);
	for (uint32_t i = 0; i <= run->dag->pool_count; i++)
		leave_seat(queue, &run->seats[i]);
	mem_free(run->seats);
	mem_free(run->priorities);
	run->priorities = NULL;
	run->limit = NULL;
	run->seats = NULL;
	if (limit->runs.count == 0)
		limit_destroy(queue, limit);
	else
		follow(queue, limit);
}

void queue_move_run(struct queue *queue, struct run *run)
{
	if (run->place == place_of(run->state))
		return;
	displace_run(run);
	place_run(run);
	refresh_runs(queue, run->limit);
}

struct run *queue_next_run(const struct queue *queue)
{
	struct heap_node *first = queue->is_paused ? NULL : heap_peek(&queue->startable);
	struct dag_limit *limit;

	if (first == NULL)
		return NULL;
	limit = OWNER_OF(first, struct dag_limit, node);
	return OWNER_OF(heap_peek(&limit->queued_runs), struct run, waiting);
}

bool queue_may_start_run(const struct queue *queue, const struct dag *dag)
{
	const struct dag_limit *limit = queue_find_limit(queue, dag->id);

	if (limit == NULL)
		return dag->max_active_runs > 0;
	return limit->queued_runs.count == 0 && limit->active_runs < dag->max_active_runs;
}

/* Who waits is sorted by the new priorities; their arrivals stay. */
static void sort_line(struct line *line)
{
	VEC(struct instance *) all = {0};

	while (line->waiting.count > 0) {
		vec_push(&all, line_first(line));
		heap_remove(&line->waiting, heap_peek(&line->waiting));
	}
	for (size_t i = 0; i < all.count; i++) {
		all.items[i]->wait.key = -(int64_t)queue_priority(all.items[i]);
		heap_push(&line->waiting, &all.items[i]->wait);
	}
	vec_close(&all);
}

static void order_anew(struct dag_limit *limit)
{
	for (size_t i = 0; i < limit->runs.count; i++) {
		struct run *run = OWNER_OF(limit->runs.nodes[i], struct run, newest);

		mem_free(run->priorities);
		run->priorities = priorities_of(run, limit->in_force);
	}
	for (size_t i = 0; i < limit->lines.count; i++)
		sort_line(limit->lines.items[i]);
}

/* A pool that the version in force does not have any more is for those that began before. */
static void size_own_pools(struct queue *queue, struct dag_limit *limit)
{
	for (size_t i = 0; i < limit->lines.count; i++) {
		struct pool *pool = limit->lines.items[i]->pool;

		if (pool->key == NULL || pool_is_shared(pool))
			continue;
		pool->put_slots = told_slots(queue, limit->dag_id, pool->name);
		pool_resize(queue, pool);
	}
}

static void put_in_force(struct queue *queue, struct dag_limit *limit, struct dag *dag)
{
	bool is_new = limit->in_force == NULL || strcmp(limit->in_force->hash, dag->hash) != 0;

	dag_ref(dag);
	dag_unref(limit->in_force);
	limit->in_force = dag;
	if (is_new)
		order_anew(limit);
	follow(queue, limit);
	size_own_pools(queue, limit);
}

void queue_forget_told(struct queue *queue)
{
	dag_unref(queue->told);
	queue->told = NULL;
}

void queue_put_dag(struct queue *queue, struct dag *dag)
{
	struct dag_limit *limit = queue_find_limit(queue, dag->id);

	queue_forget_told(queue);
	if (limit != NULL)
		put_in_force(queue, limit, dag);
	else
		queue->told = dag_ref(dag);
	/* Those of forced runs have no limit that is found. */
	for (uint32_t i = 0; i < dag->pool_count; i++) {
		struct pool *pool = pool_find(queue, dag->id, &dag->pools[i]);

		if (pool == NULL || pool_is_shared(pool))
			continue;
		pool->put_slots = dag->pools[i].slots;
		pool_resize(queue, pool);
	}
}

static void forget_sizes(struct queue *queue)
{
	struct pool *pool;
	struct pool *next;

	HASH_ITER(by_key, queue->pools, pool, next)
	if (pool_is_shared(pool))
		pool->put_slots = 0;
}

/* True when its size is another one by what was told. */
static bool pool_follow(struct queue *queue, struct pool *pool)
{
	uint32_t slots = pool->slots;

	if (pool_is_idle(pool)) {
		pool_destroy(queue, pool);
		return false;
	}
	pool_resize(queue, pool);
	return pool->slots != slots && pool->seats.count > 0;
}

bool queue_put_pools(struct queue *queue, const struct pool_size *pools, size_t count)
{
	struct pool *pool;
	struct pool *next;
	bool any = false;

	forget_sizes(queue);
	for (size_t i = 0; i < count; i++) {
		assert(pools[i].domain != NULL);
		pool_take(queue, NULL, &pools[i])->put_slots = pools[i].slots;
	}
	HASH_ITER(by_key, queue->pools, pool, next)
	any |= pool_follow(queue, pool);
	return any;
}

void queue_pause_dag(struct queue *queue, const char *dag_id, bool is_paused)
{
	struct dag_limit *limit = queue_find_limit(queue, dag_id);

	if (limit == NULL)
		return;
	limit->is_paused = is_paused;
	limit_refresh(queue, limit);
}

/* --- instances -----------------------------------------------------------------------------------
 */

int64_t queue_arrive(struct queue *queue)
{
	return queue->next_order++;
}

void queue_add(struct queue *queue, struct instance *instance, int64_t order)
{
	struct line *line = queue_line_of(instance);

	instance->wait.key = -(int64_t)queue_priority(instance);
	instance->wait.order = (uint64_t)order;
	heap_push(&line->waiting, &instance->wait);
	line->pool->waiting++;
	if (order >= queue->next_order)
		queue->next_order = order + 1;
	line_refresh(queue, line);
}

void queue_remove(struct queue *queue, struct instance *instance)
{
	struct line *line = queue_line_of(instance);

	heap_remove(&line->waiting, &instance->wait);
	line->pool->waiting--;
	line_refresh(queue, line);
}

/* A dag that reaches its limit, or falls below it, leaves or enters all its pools; else one line is
 * concerned. */
static void refresh_after(struct queue *queue, struct line *line, bool was_open)
{
	if (limit_is_open(line->limit) == was_open)
		line_refresh(queue, line);
	else
		for (size_t i = 0; i < line->limit->lines.count; i++)
			line_refresh(queue, line->limit->lines.items[i]);
}

void queue_take_slot(struct queue *queue, struct instance *instance)
{
	struct line *line = queue_line_of(instance);
	bool was_open = limit_is_open(line->limit);

	line->pool->used += instance_slots(instance);
	line->limit->active++;
	refresh_after(queue, line, was_open);
}

void queue_give_slot(struct queue *queue, struct instance *instance)
{
	struct line *line = queue_line_of(instance);
	bool was_open = limit_is_open(line->limit);

	assert(line->pool->used >= instance_slots(instance) && line->limit->active > 0);
	line->pool->used -= instance_slots(instance);
	line->limit->active--;
	refresh_after(queue, line, was_open);
}

struct instance *queue_next(const struct queue *queue)
{
	struct heap_node *ready = queue->is_paused ? NULL : heap_peek(&queue->ready);

	return ready == NULL ? NULL : pool_first(OWNER_OF(ready, struct pool, node));
}

struct instance *queue_first_of(const struct pool *pool)
{
	return pool->lines.count == 0 ? NULL : pool_first(pool);
}
