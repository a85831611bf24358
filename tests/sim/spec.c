/* spec.c - dags for simulations; see spec.h. */
#include "tests/sim/spec.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/limits.h"
#include "model/trigger_rule.h"
#include "tests/sim/fail.h"

#include <inttypes.h>
#include <string.h>

const struct task_policy spec_policy = {.retry_backoff = 1,
					.retry_max_delay_ms = DEFAULT_RETRY_MAX_DELAY_MS};

struct dag *spec_create(const char *id, uint32_t task_count)
{
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = arena_strdup(&dag->arena, id);
	dag->source = "sim.yaml";
	dag->line = 1;
	dag->timezone = "UTC";
	dag->max_active_tasks = 16;
	dag->max_active_runs = 100;
	dag->queue_max = 100;
	dag->task_count = task_count;
	dag->tasks = arena_alloc(&dag->arena, (task_count + 1) * sizeof *dag->tasks);
	for (uint32_t i = 0; i < task_count; i++) {
		dag->tasks[i].id = arena_printf(&dag->arena, "t%u", i);
		dag->tasks[i].command = "true";
		dag->tasks[i].line = i + 2;
		dag->tasks[i].pool = POOL_COMMON;
		dag->tasks[i].slots = 1;
		dag->tasks[i].policy = &spec_policy;
	}
	return dag;
}

void spec_pools(struct dag *dag, const struct pool_size *pools, uint32_t count)
{
	struct pool_size *copy = arena_alloc(&dag->arena, (count + 1) * sizeof *copy);

	memcpy(copy, pools, count * sizeof *copy);
	dag->pools = copy;
	dag->pool_count = count;
}

void spec_own_pool(struct dag *dag, uint32_t slots)
{
	struct pool_size pool = {.name = "default", .slots = slots};

	spec_pools(dag, &pool, 1);
	for (uint32_t i = 0; i < dag->task_count; i++)
		dag->tasks[i].pool = 0;
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

static void describe_policy(const struct task_policy *policy, struct str *out)
{
	str_printf(out, ", backoff: %g, max_delay: %" PRId64 ", jitter: %g, start: %" PRId64,
		   policy->retry_backoff, policy->retry_max_delay_ms, policy->retry_jitter,
		   policy->start_timeout_ms);
	for (uint32_t i = 0; i < policy->retry_on.exit_code_count; i++)
		str_printf(out, ", retry_on: %d", policy->retry_on.exit_codes[i]);
	for (uint32_t i = 0; i < policy->fail_on.exit_code_count; i++)
		str_printf(out, ", fail_on: %d", policy->fail_on.exit_codes[i]);
}

static void describe_task(const struct dag *dag, const struct task *task, struct str *out)
{
	str_printf(out,
		   "  - {id: %s, action: %d, retries: %u, retry_delay: %" PRId64 "ms, rule: %s"
		   ", hook: %d, allow_failure: %d, judged: %d, pool: %u, slots: %u, priority: %d",
		   task->id, (int)task->action, task->retries, task->retry_delay_ms,
		   trigger_rule_name(task->trigger_rule), (int)task->hook, task->allow_failure,
		   task->is_judged_by, task->pool, task->slots, task->priority);
	if (task->policy != &spec_policy)
		describe_policy(task->policy, out);
	if (task->when != NULL)
		str_printf(out, ", when: '%s'", task->when);
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

static void describe_dag(const struct dag *dag, struct str *out)
{
	str_printf(out,
		   "id: %s\nmax_active_tasks: %u\nmax_active_runs: %u\nqueue_max: %u\n"
		   "timeout: %" PRId64 "\n",
		   dag->id, dag->max_active_tasks, dag->max_active_runs, dag->queue_max,
		   dag->timeout_ms);
	for (uint32_t i = 0; i < dag->pool_count; i++)
		str_printf(out, "pool: {%s, %s: %u}\n",
			   dag->pools[i].domain == NULL ? "own" : dag->pools[i].domain,
			   dag->pools[i].name, dag->pools[i].slots);
}

void spec_seal(struct dag *dag)
{
	struct str text = STR_INIT;

	describe_dag(dag, &text);
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

static uint32_t pool_named(const struct dag *dag, const char *name)
{
	for (uint32_t i = 0; i < dag->pool_count; i++)
		if (strcmp(dag->pools[i].name, name == NULL ? "default" : name) == 0)
			return i;
	sim_check(name == NULL, "dag '%s' has no pool '%s'", dag->id, name);
	return POOL_COMMON;
}

static void fill_task(struct dag *dag, struct task *task, const struct task_spec *spec)
{
	task->id = arena_strdup(&dag->arena, spec->id);
	task->retries = spec->retries;
	task->retry_delay_ms = spec->retry_delay_ms;
	task->timeout_ms = spec->timeout_ms;
	task->trigger_rule = spec->rule;
	task->action = spec->action;
	task->hook = spec->hook;
	task->allow_failure = spec->allow_failure;
	task->is_judged_by = spec->is_judged_by;
	task->when = spec->when;
	task->pool = pool_named(dag, spec->pool);
	task->slots = spec->slots == 0 ? 1 : spec->slots;
	task->priority = spec->priority;
	if (spec->policy != NULL)
		task->policy = spec->policy;
	dag->hook_count += spec->hook != HOOK_NONE;
}

static void fill_pools(struct dag *dag, const struct dag_spec *spec)
{
	VEC(struct pool_size) pools = {0};

	if (spec->own_slots > 0)
		vec_push(&pools, ((struct pool_size){.name = "default", .slots = spec->own_slots}));
	for (size_t i = 0; spec->pools != NULL && spec->pools[i].name != NULL; i++)
		vec_push(&pools, spec->pools[i]);
	if (pools.count > 0)
		spec_pools(dag, pools.items, (uint32_t)pools.count);
	vec_close(&pools);
}

static void fill_limits(struct dag *dag, const struct dag_spec *spec)
{
	if (spec->max_active_tasks > 0)
		dag->max_active_tasks = spec->max_active_tasks;
	if (spec->max_active_runs > 0)
		dag->max_active_runs = spec->max_active_runs;
	if (spec->queue_max > 0)
		dag->queue_max = spec->queue_max;
	dag->timeout_ms = spec->timeout_ms;
}

struct dag *spec_dag(const struct dag_spec *spec)
{
	uint32_t count = 0;
	edge_list edges = {0};
	struct dag *dag;

	while (spec->tasks[count].id != NULL)
		count++;
	dag = spec_create(spec->id, count);
	fill_limits(dag, spec);
	fill_pools(dag, spec);
	for (uint32_t i = 0; i < count; i++)
		fill_task(dag, &dag->tasks[i], &spec->tasks[i]);
	collect_edges(spec, count, &edges);
	spec_connect(dag, edges.items, edges.count);
	vec_close(&edges);
	spec_seal(dag);
	return dag;
}
