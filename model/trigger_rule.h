/* trigger_rule.h - whether a task may run, by the states of its upstream tasks.
 *
 * The twelve rules of Airflow 3 (airflow.ti_deps.deps.trigger_rule_dep), decided as early as the
 * states allow: a rule that can no longer come true is told at once. In one point Heddle differs:
 * no rule waits for ever. Airflow's all_skipped beside a removed task never comes to an end; here a
 * removed task counts as done and as neither success, failure nor skip. */
#ifndef HEDDLE_MODEL_TRIGGER_RULE_H
#define HEDDLE_MODEL_TRIGGER_RULE_H

#include "model/dag.h"

#include <stdbool.h>
#include <stdint.h>

/* The names as written, in the order of enum trigger_rule; NULL-terminated. */
extern const char *const trigger_rule_names[RULE_COUNT + 1];

const char *trigger_rule_name(enum trigger_rule rule);
bool trigger_rule_from_name(const char *name, enum trigger_rule *out);

/* How many upstream tasks have come to what. A task whose failure is allowed counts as success. */
struct upstream_counts {
	uint32_t total;
	uint32_t success;
	uint32_t failed; /* failed; also cancelled */
	uint32_t upstream_failed;
	uint32_t skipped;
	uint32_t removed;
};

enum rule_verdict {
	VERDICT_WAIT,
	VERDICT_RUN,
	VERDICT_SKIP,            /* the task becomes skipped */
	VERDICT_UPSTREAM_FAILED, /* the task becomes upstream_failed */
};

/* total beyond the sum of the others are unfinished. */
enum rule_verdict trigger_rule_judge(enum trigger_rule rule, const struct upstream_counts *counts);
const char *rule_verdict_name(enum rule_verdict verdict); /* "run", "wait", "skipped" ... */

#endif
