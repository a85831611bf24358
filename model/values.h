/* values.h - what the names in templates and conditions stand for in one run.
 *
 * The names are those of DIALECT.md, "Templates". Whoever renders or judges fills in what it knows;
 * the texts and functions are the caller's and outlive the use. */
#ifndef HEDDLE_MODEL_VALUES_H
#define HEDDLE_MODEL_VALUES_H

#include "base/str.h"
#include "base/tz.h"
#include "model/dag.h"
#include "model/state.h"
#include "model/template/template.h"

#include <jansson.h>
#include <stdint.h>

/* What a run stands for. Without a schedule or a product that says more it is an instant. */
struct run_period {
	const char *id; /* "2026-11-20T06:00:00+01:00", "2026-11-20" ...: unique among the dag's */
	int64_t start_ms; /* wall time */
	int64_t end_ms;   /* = start_ms of a period that is an instant */
};

struct run_values {
	const struct dag *dag;
	const struct tz *tz; /* the dag's zone */
	const char *run_id;
	const char *kind; /* "manual" */
	struct run_period period;
	const json_t *params; /* an object, all params of the dag */
	uint32_t task;        /* position of the task that is rendered or judged */
	uint32_t attempt;     /* from 1; 0 = not started yet */
	/* The outputs of a task of the run as an object, a new reference; NULL = it gave none. */
	json_t *(*outputs)(void *context, uint32_t task);
	enum task_state (*state)(void *context, uint32_t task);
	void *context;
};

/* For template_render and template_judge; *values outlives it. */
struct template_values run_values_for(const struct run_values *values);

/* "2026-11-20", in the zone. */
void run_values_date(const struct run_values *values, char out[16]);

#endif
