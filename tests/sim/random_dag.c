/* random_dag.c - a dag as chance would have it; see random_dag.h. */
#include "tests/sim/random_dag.h"

#include "base/vec.h"
#include "tests/sim/spec.h"

/* Few edges make wide dags, many make long ones. Tasks of the run's end know only those of their
 * own kind. */
static void connect(struct rng *rng, struct dag *dag)
{
	unsigned percent = (unsigned)rng_between(rng, 0, 30);
	VEC(struct spec_edge) edges = {0};

	for (uint32_t to = 1; to < dag->task_count; to++)
		for (uint32_t from = 0; from < to; from++)
			if (dag->tasks[from].hook == dag->tasks[to].hook &&
			    rng_chance(rng, percent))
				vec_push(&edges, ((struct spec_edge){from, to}));
	spec_connect(dag, edges.items, edges.count);
	vec_close(&edges);
}

static const struct task_policy *random_policy(struct rng *rng, struct dag *dag)
{
	struct task_policy *policy = arena_alloc(&dag->arena, sizeof *policy);
	int32_t *code = arena_alloc(&dag->arena, sizeof *code);

	*code = 7; /* what fails by itself fails with this */
	policy->retry_backoff = rng_chance(rng, 50) ? 1 : 2.5;
	policy->retry_max_delay_ms = rng_between(rng, 1000, 100000);
	policy->retry_jitter = rng_chance(rng, 50) ? 0 : 0.3;
	if (rng_chance(rng, 20))
		policy->start_timeout_ms = rng_between(rng, 1, 200000);
	if (rng_chance(rng, 20))
		policy->retry_on = (struct end_filter){.is_given = true, .match = "later"};
	if (rng_chance(rng, 15))
		policy->fail_on =
		    (struct end_filter){.is_given = true, .exit_codes = code, .exit_code_count = 1};
	return policy;
}

static void fill_retries(struct rng *rng, struct dag *dag, struct task *task)
{
	if (!rng_chance(rng, 40))
		return;
	task->retries = (uint32_t)rng_between(rng, 1, 3);
	task->retry_delay_ms = rng_chance(rng, 20) ? 0 : rng_between(rng, 1, 60000);
	if (rng_chance(rng, 50))
		task->policy = random_policy(rng, dag);
}

static void fill_task(struct rng *rng, struct dag *dag, struct task *task)
{
	fill_retries(rng, dag, task);
	if (rng_chance(rng, 40))
		task->trigger_rule = (enum trigger_rule)rng_between(rng, 0, RULE_COUNT - 1);
	if (rng_chance(rng, 10))
		task->action = ACTION_EMPTY;
	task->allow_failure = rng_chance(rng, 15);
	if (rng_chance(rng, 15))
		task->when = rng_chance(rng, 50) ? "params.n > 5" : "params.nothing == 1";
	if (rng_chance(rng, 20))
		task->priority = (int32_t)rng_between(rng, -3, 3);
}

/* The pools of heddle.yaml are the same for all dags; a dag may size its own beside them. */
static void fill_pools(struct rng *rng, struct dag *dag)
{
	struct pool_size pools[] = {{.name = "db", .domain = "D", .slots = 2},
				    {.name = "own", .slots = (uint32_t)rng_between(rng, 1, 4)}};

	if (rng_chance(rng, 30)) {
		spec_own_pool(dag, (uint32_t)rng_between(rng, 1, 4));
		return;
	}
	if (rng_chance(rng, 50))
		return;
	spec_pools(dag, pools, 2);
	for (uint32_t i = 0; i < dag->task_count; i++) {
		struct task *task = &dag->tasks[i];

		task->pool = rng_chance(rng, 30) ? POOL_COMMON : (uint32_t)rng_between(rng, 0, 1);
		if (task->pool != POOL_COMMON && rng_chance(rng, 30))
			task->slots = (uint32_t)rng_between(rng, 1, pools[task->pool].slots);
	}
}

/* The last tasks belong to the end of the run. */
static void fill_hooks(struct rng *rng, struct dag *dag)
{
	if (!rng_chance(rng, 40) || dag->task_count < 2)
		return;
	dag->hook_count = (uint32_t)rng_between(rng, 1, dag->task_count > 4 ? 4 : 1);
	for (uint32_t i = dag->task_count - dag->hook_count; i < dag->task_count; i++)
		dag->tasks[i].hook = (enum task_hook)rng_between(rng, HOOK_SUCCESS, HOOK_EXIT);
}

/* Every task whose outputs somebody asks for is known as such. A condition names tasks before it,
 * whose outputs then are on hand, or missing, which fails it. */
static void fill_judged(struct rng *rng, struct dag *dag)
{
	for (uint32_t i = 1; i < dag->task_count - dag->hook_count; i++) {
		uint32_t other = (uint32_t)rng_between(rng, 0, i - 1);

		if (!rng_chance(rng, 10))
			continue;
		dag->tasks[other].is_judged_by = true;
		dag->tasks[i].when =
		    arena_printf(&dag->arena, "tasks.%s.output.n > 5", dag->tasks[other].id);
	}
}

struct dag *random_dag(struct rng *rng, const char *id)
{
	uint32_t most = rng_chance(rng, 20) ? 40 : 8;
	struct dag *dag = spec_create(id, (uint32_t)rng_between(rng, 1, most));
	bool is_plain = rng_chance(rng, 30);

	for (uint32_t i = 0; i < dag->task_count; i++)
		if (is_plain)
			fill_retries(rng, dag, &dag->tasks[i]);
		else
			fill_task(rng, dag, &dag->tasks[i]);
	dag->max_active_tasks = (uint32_t)rng_between(rng, 1, 6);
	dag->max_active_runs = (uint32_t)rng_between(rng, 1, 4);
	dag->queue_max = 1000;
	if (rng_chance(rng, 20))
		dag->timeout_ms = rng_between(rng, 1, 600000);
	fill_pools(rng, dag);
	if (!is_plain) {
		fill_hooks(rng, dag);
		fill_judged(rng, dag);
	}
	connect(rng, dag);
	spec_seal(dag);
	return dag;
}
