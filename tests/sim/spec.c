/* spec.c - dags for simulations; see spec.h. */
#include "tests/sim/spec.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "tests/sim/fail.h"

#include <inttypes.h>
#include <string.h>

struct dag *spec_create(const char *id, uint32_t task_count)
{
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = arena_strdup(&dag->arena, id);
	dag->source = "sim.yaml";
	dag->line = 1;
	dag->max_active_tasks = 16;
	dag->task_count = task_count;
	dag->tasks = arena_alloc(&dag->arena, (task_count + 1) * sizeof *dag->tasks);
	for (uint32_t i = 0; i < task_count; i++) {
		dag->tasks[i].id = arena_printf(&dag->arena, "t%u", i);
		dag->tasks[i].command = "true";
		dag->tasks[i].line = i + 2;
	}
	return dag;
}

void spec_own_pool(struct dag *dag, uint32_t slots)
{
	struct pool_size *pool = arena_alloc(&dag->arena, sizeof *pool);

	pool->name = "default";
	pool->slots = slots;
	dag->pools = pool;
	dag->pool_count = 1;
}

static void count_edges(struct dag *dag, const struct spec_edge *edges, size_t edge_count)
{
	for (size_t i = 0; i < edge_count; i++) {
		sim_check(edges[i].from < edges[i].to && edges[i].to < dag->task_count,
			  "edge %u -> %u", edges[i].from, edges[i].to);
		dag->tasks[edges[i].to].upstream_count++;
		dag->tasks[edges[i].from].downstream_count++;
	}
}

void spec_connect(struct dag *dag, const struct spec_edge *edges, size_t edge_count)
{
	uint32_t **upstream = mem_alloc((dag->task_count + 1) * sizeof *upstream);
	uint32_t **downstream = mem_alloc((dag->task_count + 1) * sizeof *downstream);

	count_edges(dag, edges, edge_count);
	for (uint32_t i = 0; i < dag->task_count; i++) {
		struct task *task = &dag->tasks[i];

		upstream[i] = arena_alloc(&dag->arena, (task->upstream_count + 1) * 4);
		downstream[i] = arena_alloc(&dag->arena, (task->downstream_count + 1) * 4);
		task->upstream = upstream[i];
		task->downstream = downstream[i];
	}
	for (size_t i = 0; i < edge_count; i++) {
		*upstream[edges[i].to]++ = edges[i].from;
		*downstream[edges[i].from]++ = edges[i].to;
	}
	mem_free(upstream);
	mem_free(downstream);
}

static void describe_task(const struct dag *dag, const struct task *task, struct str *out)
{
	str_printf(out, "  - {id: %s, command: 'true', retries: %u, retry_delay: %" PRId64 "ms",
		   task->id, task->retries, task->retry_delay_ms);
	if (task->timeout_ms > 0)
		str_printf(out, ", timeout: %" PRId64 "ms", task->timeout_ms);
	for (uint32_t u = 0; u < task->upstream_count; u++)
		str_printf(out, "%s%s", u == 0 ? ", depends_on: [" : ", ",
			   dag->tasks[task->upstream[u]].id);
	str_append(out, task->upstream_count > 0 ? "]}\n" : "}\n");
}

static void seal_hash(struct dag *dag)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a: only equal texts need equal names */

	for (size_t i = 0; i < dag->text_bytes; i++)
		hash = (hash ^ (unsigned char)dag->text[i]) * 1099511628211u;
	snprintf(dag->hash, sizeof dag->hash, "%016" PRIx64 "%016zx", hash, dag->text_bytes);
}

void spec_seal(struct dag *dag)
{
	struct str text = STR_INIT;

	str_printf(&text, "id: %s\nmax_active_tasks: %u\n", dag->id, dag->max_active_tasks);
	if (dag->pool_count > 0)
		str_printf(&text, "pools: {default: %u}\n", dag->pools[0].slots);
	str_append(&text, "tasks:\n");
	for (uint32_t i = 0; i < dag->task_count; i++)
		describe_task(dag, &dag->tasks[i], &text);
	dag->text = arena_strdup(&dag->arena, str_text(&text));
	dag->text_bytes = text.size;
	str_close(&text);
	seal_hash(dag);
}

typedef VEC(struct spec_edge) edge_list;

static bool list_names(const char *list, const char *id)
{
	size_t length = strlen(id);

	for (const char *at = list; at != NULL && *at != '\0'; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, id, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static void collect_edges(const struct dag_spec *spec, uint32_t task_count, edge_list *edges)
{
	for (uint32_t to = 0; to < task_count; to++)
		for (uint32_t from = 0; from < to; from++)
			if (list_names(spec->tasks[to].after, spec->tasks[from].id))
				vec_push(edges, ((struct spec_edge){from, to}));
}

struct dag *spec_dag(const struct dag_spec *spec)
{
	uint32_t count = 0;
	edge_list edges = {0};
	struct dag *dag;

	while (spec->tasks[count].id != NULL)
		count++;
	dag = spec_create(spec->id, count);
	for (uint32_t i = 0; i < count; i++) {
		dag->tasks[i].id = arena_strdup(&dag->arena, spec->tasks[i].id);
		dag->tasks[i].retries = spec->tasks[i].retries;
		dag->tasks[i].retry_delay_ms = spec->tasks[i].retry_delay_ms;
		dag->tasks[i].timeout_ms = spec->tasks[i].timeout_ms;
	}
	if (spec->max_active_tasks > 0)
		dag->max_active_tasks = spec->max_active_tasks;
	if (spec->own_slots > 0)
		spec_own_pool(dag, spec->own_slots);
	collect_edges(spec, count, &edges);
	spec_connect(dag, edges.items, edges.count);
	vec_close(&edges);
	spec_seal(dag);
	return dag;
}
