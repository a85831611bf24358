/* random_dag.h - a dag as chance would have it: 1 to 40 tasks, any edges that make no cycle. */
#ifndef HEDDLE_TESTS_SIM_RANDOM_DAG_H
#define HEDDLE_TESTS_SIM_RANDOM_DAG_H

#include "model/dag.h"
#include "tests/sim/rng.h"

struct dag *random_dag(struct rng *rng, const char *id); /* one reference */

#endif
