/* random_dag.c - a dag as chance would have it; see random_dag.h. */
#include "tests/sim/random_dag.h"

#include "base/vec.h"
#include "tests/sim/spec.h"

/* Few edges make wide dags, many make long ones. */
static void connect(struct rng *rng, struct dag *dag)
{
	unsigned percent = (unsigned)rng_between(rng, 0, 30);
	VEC(struct spec_edge) edges = {0};

	for (uint32_t to = 1; to < dag->task_count; to++)
		for (uint32_t from = 0; from < to; from++)
			if (rng_chance(rng, percent))
				vec_push(&edges, ((struct spec_edge){from, to}));
	spec_connect(dag, edges.items, edges.count);
	vec_close(&edges);
}

struct dag *random_dag(struct rng *rng, const char *id)
{
	uint32_t most = rng_chance(rng, 20) ? 40 : 8;
	struct dag *dag = spec_create(id, (uint32_t)rng_between(rng, 1, most));

	for (uint32_t i = 0; i < dag->task_count; i++) {
		if (!rng_chance(rng, 40))
			continue;
		dag->tasks[i].retries = (uint32_t)rng_between(rng, 1, 3);
		dag->tasks[i].retry_delay_ms = rng_chance(rng, 20) ? 0 : rng_between(rng, 1, 60000);
	}
	dag->max_active_tasks = (uint32_t)rng_between(rng, 1, 6);
	if (rng_chance(rng, 30))
		spec_own_pool(dag, (uint32_t)rng_between(rng, 1, 4));
	connect(rng, dag);
	spec_seal(dag);
	return dag;
}
