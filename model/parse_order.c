/* parse_order.c - see parse_order.h. */
#include "model/parse_order.h"

#include "base/str.h"
#include "model/cycle.h"
#include "model/limits.h"
#include "model/parse_value.h"

#include <stdlib.h>

#define CYCLE_NAMES_SHOWN 20

/* All ids as str_nearest wants them, made when the first is looked for. */
static const char *const *all_ids(struct draft *draft)
{
	if (draft->id_list == NULL) {
		draft->id_list = mem_alloc((draft->ids.count + 1) * sizeof *draft->id_list);
		for (size_t i = 0; i < draft->ids.count; i++)
			draft->id_list[i] = draft->ids.items[i].text;
	}
	return draft->id_list;
}

void draft_unknown_task(struct draft *draft, struct place place, const char *id)
{
	const char *nearest = report_nearest(draft->report, id, all_ids(draft), draft->ids.count);

	if (nearest == NULL)
		report_add(draft->report, place, "unknown task %s",
			   report_quote(draft->report, id));
	else
		report_add(draft->report, place, "unknown task %s (did you mean '%s'?)",
			   report_quote(draft->report, id), nearest);
}

/* True when a task of the run names one of its end, or one of another end. */
static bool crosses_ends(const struct draft *draft, uint32_t position, uint32_t upstream)
{
	return draft->tasks[position].task->hook != draft->tasks[upstream].task->hook;
}

/* One entry of depends_on. last_user tells, for each task, which one named it last. */
static void link_one(struct draft *draft, uint32_t position, const struct node *entry,
		     uint32_t *last_user)
{
	struct report *report = draft->report;
	struct edge edge = {.place = entry->place};
	const char *id;

	if (!value_name(report, "depends_on", entry, &id))
		return;
	/* No longer text is the id of a task. */
	edge.upstream = entry->bytes > LIMIT_ID_BYTES ? NAMES_NONE : names_find(&draft->ids, id);
	if (edge.upstream == NAMES_NONE)
		draft_unknown_task(draft, entry->place, id);
	else if (edge.upstream == position)
		report_add(report, entry->place, "task %s depends on itself",
			   report_quote(report, id));
	else if (crosses_ends(draft, position, edge.upstream))
		report_add(report, entry->place,
			   "task %s runs in another part: 'tasks', 'on_success', 'on_failure' and "
			   "'on_exit' do not wait for each other's tasks",
			   report_quote(report, id));
	else if (last_user[edge.upstream] == position)
		report_add(report, entry->place, "%s stands twice in depends_on",
			   report_quote(report, id));
	else if (draft->edges.count == LIMIT_EDGES)
		report_syntax(report, entry->place, "more than %u entries of depends_on in one dag",
			      LIMIT_EDGES);
	else
		vec_push(&draft->edges, edge);
	if (edge.upstream != NAMES_NONE)
		last_user[edge.upstream] = position;
}

static void link_all(struct draft *draft)
{
	uint32_t *last_user = mem_alloc(draft->task_count * sizeof *last_user);

	for (uint32_t i = 0; i < draft->task_count; i++)
		last_user[i] = UINT32_MAX;
	for (uint32_t i = 0; i < draft->task_count && !report_is_full(draft->report); i++) {
		struct draft_task *task = &draft->tasks[i];
		const struct node *depends = task->depends;

		task->first_edge = (uint32_t)draft->edges.count;
		if (depends != NULL && depends->type == NODE_LIST)
			for (uint32_t k = 0; k < depends->count; k++)
				link_one(draft, i, depends->items[k], last_user);
		else if (depends != NULL)
			link_one(draft, i, depends, last_user);
		task->task->upstream_count = (uint32_t)draft->edges.count - task->first_edge;
	}
	mem_free(last_user);
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static void store_upstream(struct draft *draft)
{
	uint32_t *upstream = arena_alloc(&draft->dag->arena, draft->edges.count * sizeof *upstream);

	for (size_t i = 0; i < draft->edges.count; i++)
		upstream[i] = draft->edges.items[i].upstream;
	for (uint32_t i = 0; i < draft->task_count; i++) {
		struct draft_task *own = &draft->tasks[i];
		struct task *task = own->task;

		task->upstream = upstream + own->first_edge;
		qsort(upstream + own->first_edge, task->upstream_count, sizeof *upstream,
		      compare_positions);
		for (uint32_t k = 0; k < task->upstream_count; k++)
			draft->dag->tasks[task->upstream[k]].downstream_count++;
	}
}

/* Tasks are gone through in order, so that each list comes out ascending. */
static void store_downstream(struct draft *draft)
{
	struct task *all = draft->dag->tasks;
	uint32_t *room = arena_alloc(&draft->dag->arena, draft->edges.count * sizeof *room);
	uint32_t **end = mem_alloc(draft->task_count * sizeof *end);

	for (uint32_t i = 0; i < draft->task_count; i++) {
		all[i].downstream = room;
		end[i] = room;
		room += all[i].downstream_count;
	}
	for (uint32_t i = 0; i < draft->task_count; i++)
		for (uint32_t k = 0; k < all[i].upstream_count; k++)
			*end[all[i].upstream[k]]++ = i;
	mem_free(end);
}

/* The place where a task names another as its upstream. */
static struct place edge_place(const struct draft *draft, uint32_t task, uint32_t upstream)
{
	const struct edge *edge = &draft->edges.items[draft->tasks[task].first_edge];

	while (edge->upstream != upstream)
		edge++;
	return edge->place;
}

/* a -> b -> a; of a long one the beginning and the end. */
static void append_path(const struct task *tasks, const uint32_t *path, size_t count,
			struct str *out)
{
	size_t half = CYCLE_NAMES_SHOWN / 2;

	for (size_t i = 0; i < count; i++) {
		if (count > CYCLE_NAMES_SHOWN && i == half) {
			str_printf(out, "(%zu more) -> ", count - 2 * half);
			i = count - half;
		}
		str_printf(out, "%.30s -> ", tasks[path[i]].id);
	}
	str_printf(out, "%.30s", tasks[path[0]].id);
}

static void report_cycle(void *context, const uint32_t *path, size_t count)
{
	struct draft *draft = context;
	struct str text = STR_INIT;

	append_path(draft->dag->tasks, path, count, &text);
	report_add(draft->report, edge_place(draft, path[0], path[count - 1]),
		   "tasks wait for each other: %s", str_text(&text));
	str_close(&text);
}

void parse_order(struct draft *draft)
{
	link_all(draft);
	store_upstream(draft);
	store_downstream(draft);
	cycle_each(draft->dag->tasks, draft->dag->task_count, report_cycle, draft);
}
