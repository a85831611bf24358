/* read_under_way.h - the attempts that run, of all runs. */
#ifndef HEDDLE_STORE_READ_UNDER_WAY_H
#define HEDDLE_STORE_READ_UNDER_WAY_H

#include "store/read.h"

struct under_way_view {
	const char *run_id;
	const char *dag_id;
	const char *task_id;
	const char *state; /* "running" or "cancelling" */
	uint32_t attempt;  /* its number */
	int64_t released_at_ms;
};

typedef bool (*under_way_view_fn)(void *context, const struct under_way_view *view);

/* Oldest runs first. Only active tasks are read. */
int read_under_way(struct store_reader *reader, under_way_view_fn each, void *context,
		   struct err *err);

#endif
