/* spec.h - dags for simulations, made without a file.
 *
 *	static const struct task_spec tasks[] = {
 *		{.id = "extract", .retries = 1, .retry_delay_ms = 300000},
 *		{.id = "load", .after = "extract"},
 *		{.id = NULL}};
 *	struct dag *dag = spec_dag(&(struct dag_spec){.id = "nightly", .tasks = tasks}); */
#ifndef HEDDLE_TESTS_SIM_SPEC_H
#define HEDDLE_TESTS_SIM_SPEC_H

#include "model/dag.h"

struct task_spec {
	const char *id;    /* NULL ends the list; tasks of the run's end stand last */
	const char *after; /* ids of its upstreams, which stand before it, with blanks between */
	uint32_t retries;
	int64_t retry_delay_ms;
	int64_t timeout_ms;
	enum trigger_rule rule;
	enum task_action action;
	enum task_hook hook;
	bool allow_failure;
	bool is_judged_by;
	const char *when;
	const char
	    *pool;      /* of dag_spec.pools; NULL = the dag's own "default", else the common one */
	uint32_t slots; /* 0 = 1 */
	int32_t priority;
	const struct task_policy *policy; /* NULL = the default one, without jitter */
};

struct dag_spec {
	const char *id;
	const struct task_spec *tasks;
	uint32_t max_active_tasks;     /* 0 = 16 */
	uint32_t max_active_runs;      /* 0 = 100 */
	uint32_t queue_max;            /* 0 = 100 */
	uint32_t own_slots;            /* 0 = the common pool */
	const struct pool_size *pools; /* beside it; name NULL ends them */
	int64_t timeout_ms;
};

extern const struct task_policy spec_policy; /* the default one, without jitter */

/* Returns one reference. The dag's text tells all of it, so that two dags with equal texts are
 * equal. */
struct dag *spec_dag(const struct dag_spec *spec);

/* One edge of a dag that is given by its edges. */
struct spec_edge {
	uint32_t from;
	uint32_t to; /* greater than from */
};

/* Sets upstream and downstream of all tasks. edges are sorted by to, then from. */
void spec_connect(struct dag *dag, const struct spec_edge *edges, size_t edge_count);
/* Sets text and hash from all the rest. */
void spec_seal(struct dag *dag);
/* An empty dag with tasks named t0, t1, ..., not sealed. */
struct dag *spec_create(const char *id, uint32_t task_count);
/* Gives a dag a pool "default" of its own, which all its tasks use. */
void spec_own_pool(struct dag *dag, uint32_t slots);
/* Gives a dag pools; its tasks go on using what they use. */
void spec_pools(struct dag *dag, const struct pool_size *pools, uint32_t count);

#endif
