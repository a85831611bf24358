/* parse_dag.h - one document's tree -> struct dag. */
#ifndef HEDDLE_MODEL_PARSE_DAG_H
#define HEDDLE_MODEL_PARSE_DAG_H

#include "model/dag.h"
#include "model/names.h"
#include "model/yaml/tree.h"

/* What one dag is read from. */
struct dag_reading {
	struct report *report;
	const struct node *const *folders; /* roots of the heddle.yaml files above, nearest first */
	size_t folder_count;
	dag_read_file *read_file; /* NULL = no file can be had */
	void *context;
	struct names *ids; /* of the dags of the file so far -> line */
	/* A heddle.yaml is checked by itself: names that only a dag can know are not. */
	bool is_rehearsal;
	/* The version was checked when it came: what the machine has today does not matter. */
	bool is_kept;
	/* What the folder holds is not at hand: pools, vars and files that may be there are not
	 * looked for. */
	bool is_alone;
};

/* Reads the document's map, joined with the folders' defaults, into a dag that knows its source,
 * text and line. What is wrong goes to the report; the dag is of use only when that stays empty. */
void parse_dag(struct dag *dag, const struct node *root, const struct dag_reading *reading);

#endif
