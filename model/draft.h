/* draft.h - what the readers of one dag share while it is read. Nothing outside parse_* includes
 * it. */
#ifndef HEDDLE_MODEL_DRAFT_H
#define HEDDLE_MODEL_DRAFT_H

#include "base/vec.h"
#include "model/dag.h"
#include "model/names.h"
#include "model/parse_dag.h"
#include "model/yaml/tree.h"

#include <jansson.h>

#define NO_TASK UINT32_MAX

/* Where a template stands, and so what it may hold. */
enum template_spot {
	SPOT_SHELL, /* text for /bin/sh */
	SPOT_CODE,  /* argv, another shell, sql */
	SPOT_ENV,
	SPOT_VALUE, /* cwd, database */
	SPOT_WHEN,  /* a whole condition */
};

/* A text with templates, to be checked once all names are known. */
struct templated {
	const struct node *node; /* whose place is told */
	const char *text;        /* node->text, or the text of the file that it names */
	const char *file;        /* that file's name; NULL = the text is the node's own */
	uint32_t task;           /* position of the task it stands in; NO_TASK = env of the dag */
	enum template_spot spot;
};

/* An env map that was read: tasks that share the map share its variables. */
struct env_cache {
	const struct node *map;
	const struct env_var *vars;
	uint32_t count;
	bool has_templates;
};

struct draft_task {
	struct task *task;
	const struct node *node; /* its keys, with defaults; NULL = it has none that can be read */
	struct place place;      /* for errors of the whole task */
	const char *id;          /* also of one that is not valid; NULL = none */
	const char *action;      /* the first one seen */
	const struct node *depends; /* value of depends_on */
	const struct node *pool;    /* likewise, to be looked up once all are known */
	const struct node *slots;
	struct task_policy policy;
	bool has_policy;
	size_t launch_bytes;
	uint32_t first_edge;
};

struct edge {
	uint32_t upstream;
	struct place place;
};

struct draft {
	struct dag *dag;
	struct report *report;
	const struct dag_reading *reading;
	struct arena *arena;              /* for nodes that live as long as the reading */
	const struct node *root;          /* with what the folders add */
	const struct node *task_defaults; /* the keys of `defaults` that reach tasks; NULL = none */
	const struct node_entry *env;     /* the dag's, joined; NULL = none */
	struct draft_task *tasks;
	uint32_t task_count;
	struct names ids;     /* of the tasks -> position */
	const char **id_list; /* of ids, NULL-terminated; NULL = not needed so far */
	struct names folded;  /* ids as they stand in names of the environment */
	VEC(struct edge) edges;
	VEC(struct templated) templates;
	VEC(struct env_cache) envs;
	VEC(struct dag_file) files;
	json_t *vars;         /* dag->vars, read when the first template names one */
	size_t search_budget; /* steps left for telling whether a task is upstream of another */
};

/* Copies a text of the tree, which dies before the dag. NULL gives NULL. */
static inline const char *draft_keep(struct draft *draft, const char *text)
{
	return arena_strdup(&draft->dag->arena, text);
}

/* Remembers the text when it holds templates (a condition: always). */
void draft_add_template(struct draft *draft, const struct node *node, const char *text,
			const char *file, uint32_t task, enum template_spot spot);
/* Reports a task that is not there, with the nearest that is. */
void draft_unknown_task(struct draft *draft, struct place place, const char *id);

#endif
