/* cycle.c - knots of tasks, by Tarjan's strongly connected components; see cycle.h.
 *
 * R. Tarjan, "Depth-first search and linear graph algorithms", 1972. The walk keeps its own stack:
 * a chain of 20,000 tasks must not be 20,000 calls deep. */
#include "model/cycle.h"

#include "base/mem.h"

#include <stdbool.h>

#define NO_KNOT UINT32_MAX

struct frame {
	uint32_t task;
	uint32_t edge; /* next one of its downstream edges */
};

struct search {
	const struct task *tasks;
	uint32_t task_count;
	uint32_t visits;
	uint32_t *visit;  /* when the task was first seen, from 1; 0 = not yet */
	uint32_t *lowest; /* earliest visit that it leads back to */
	uint32_t *knot;   /* the knot it belongs to; NO_KNOT while that is open */
	uint32_t *open;   /* tasks whose knot is not known yet, in the order of their visits */
	uint32_t open_count;
	uint32_t *before; /* of the way back: the task from which it was reached */
	uint32_t *queue;
	struct frame *frames;
	uint32_t frame_count;
};

static void search_init(struct search *search, const struct task *tasks, uint32_t task_count)
{
	*search = (struct search){.tasks = tasks, .task_count = task_count};
	search->visit = mem_alloc(task_count * sizeof(uint32_t));
	search->lowest = mem_alloc(task_count * sizeof(uint32_t));
	search->knot = mem_alloc(task_count * sizeof(uint32_t));
	search->open = mem_alloc(task_count * sizeof(uint32_t));
	search->before = mem_alloc(task_count * sizeof(uint32_t));
	search->queue = mem_alloc(task_count * sizeof(uint32_t));
	search->frames = mem_alloc(task_count * sizeof(struct frame));
	for (uint32_t i = 0; i < task_count; i++) {
		search->knot[i] = NO_KNOT;
		search->before[i] = UINT32_MAX;
	}
}

static void search_close(struct search *search)
{
	mem_free(search->visit);
	mem_free(search->lowest);
	mem_free(search->knot);
	mem_free(search->open);
	mem_free(search->before);
	mem_free(search->queue);
	mem_free(search->frames);
}

static void enter(struct search *search, uint32_t task)
{
	search->visits++;
	search->visit[task] = search->visits;
	search->lowest[task] = search->visits;
	search->open[search->open_count++] = task;
	search->frames[search->frame_count++] = (struct frame){.task = task};
}

static void lower(struct search *search, uint32_t task, uint32_t visit)
{
	if (visit < search->lowest[task])
		search->lowest[task] = visit;
}

/* All edges of the task are walked: if it leads back to none before it, it and the open tasks
 * behind it are one knot, named by it. */
static void leave(struct search *search, uint32_t task)
{
	uint32_t member;

	search->frame_count--;
	if (search->frame_count > 0)
		lower(search, search->frames[search->frame_count - 1].task, search->lowest[task]);
	if (search->lowest[task] != search->visit[task])
		return;
	do {
		member = search->open[--search->open_count];
		search->knot[member] = task;
	} while (member != task);
}

static void walk(struct search *search, uint32_t start)
{
	enter(search, start);
	while (search->frame_count > 0) {
		struct frame *frame = &search->frames[search->frame_count - 1];
		const struct task *task = &search->tasks[frame->task];
		uint32_t next;

		if (frame->edge == task->downstream_count) {
			leave(search, frame->task);
			continue;
		}
		next = task->downstream[frame->edge++];
		if (search->visit[next] == 0)
			enter(search, next);
		else if (search->knot[next] == NO_KNOT)
			lower(search, frame->task, search->visit[next]);
	}
}

/* Breadth first from start through its knot until an edge leads back. Returns the last task before
 * that edge; before[] tells the way to it. */
static uint32_t find_way_back(struct search *search, uint32_t start)
{
	uint32_t head = 0;
	uint32_t tail = 0;

	search->queue[tail++] = start;
	while (head < tail) {
		uint32_t at = search->queue[head++];
		const struct task *task = &search->tasks[at];

		for (uint32_t i = 0; i < task->downstream_count; i++) {
			uint32_t next = task->downstream[i];

			if (next == start)
				return at;
			if (search->knot[next] != search->knot[start] ||
			    search->before[next] != UINT32_MAX)
				continue;
			search->before[next] = at;
			search->queue[tail++] = next;
		}
	}
	return UINT32_MAX;
}

/* Turns before[] into the path from start to last. The queue is done with: its room is used. */
static void tell_path(struct search *search, uint32_t start, uint32_t last, cycle_fn each,
		      void *context)
{
	uint32_t at = search->task_count;

	for (uint32_t task = last; task != start; task = search->before[task])
		search->queue[--at] = task;
	search->queue[--at] = start;
	each(context, search->queue + at, search->task_count - at);
}

void cycle_each(const struct task *tasks, uint32_t task_count, cycle_fn each, void *context)
{
	struct search search;
	bool *is_told = mem_alloc(task_count * sizeof *is_told);

	search_init(&search, tasks, task_count);
	for (uint32_t i = 0; i < task_count; i++)
		if (search.visit[i] == 0)
			walk(&search, i);
	for (uint32_t i = 0; i < task_count; i++) {
		uint32_t last;

		if (is_told[search.knot[i]])
			continue;
		is_told[search.knot[i]] = true;
		last = find_way_back(&search, i);
		if (last != UINT32_MAX)
			tell_path(&search, i, last, each, context);
	}
	mem_free(is_told);
	search_close(&search);
}
