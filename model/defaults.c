/* defaults.c - see defaults.h. */
#include "model/defaults.h"

#include "base/mem.h"
#include "model/keys.h"
#include "model/limits.h"
#include "model/parse_dag.h"
#include "model/parse_text.h"

#include <stdatomic.h>
#include <string.h>

struct defaults {
	atomic_uint references;
	struct arena arena;
	struct source source;
	const struct node *root;
	const struct pool_size *pools;
	uint32_t pool_count;
	char hash[33];
};

bool defaults_is_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return strcmp(name, "heddle.yaml") == 0 || strcmp(name, "heddle.yml") == 0;
}

static struct defaults *create(const char *source, const char *text, size_t size)
{
	struct defaults *defaults = mem_alloc(sizeof *defaults);

	atomic_init(&defaults->references, 1);
	arena_init(&defaults->arena);
	source_init(&defaults->source, arena_strdup(&defaults->arena, source),
		    arena_strndup(&defaults->arena, text, size), size);
	parse_hash(text, size, defaults->hash);
	return defaults;
}

struct defaults *defaults_ref(struct defaults *defaults)
{
	atomic_fetch_add(&defaults->references, 1);
	return defaults;
}

void defaults_unref(struct defaults *defaults)
{
	if (defaults == NULL || atomic_fetch_sub(&defaults->references, 1) != 1)
		return;
	source_close(&defaults->source);
	arena_close(&defaults->arena);
	mem_free(defaults);
}

const char *defaults_source(const struct defaults *defaults)
{
	return defaults->source.name;
}

const char *defaults_text(const struct defaults *defaults, size_t *size)
{
	*size = defaults->source.size;
	return defaults->source.text;
}

const char *defaults_hash(const struct defaults *defaults)
{
	return defaults->hash;
}

const struct node *defaults_root(const struct defaults *defaults)
{
	return defaults->root;
}

const struct pool_size *defaults_pools(const struct defaults *defaults, uint32_t *count)
{
	*count = defaults->pool_count;
	return defaults->pools;
}

static struct node *make_node(struct arena *arena, enum node_type type, const char *text)
{
	struct node *node = arena_alloc(arena, sizeof *node);

	*node = (struct node){.type = type,
			      .place = {.line = 1, .column = 1},
			      .text = text,
			      .bytes = text == NULL ? 0 : strlen(text)};
	return node;
}

static struct node *make_map(struct arena *arena, struct node_entry *entries, uint32_t count)
{
	struct node *node = make_node(arena, NODE_MAP, NULL);

	node->entries = entries;
	node->count = count;
	return node;
}

static struct node_entry make_entry(struct arena *arena, const char *key, const struct node *value)
{
	return (struct node_entry){.key = make_node(arena, NODE_TEXT, key), .value = value};
}

/* The smallest dag there is, {id: rehearsal, tasks: {task: {command: rehearsal}}}: joined with the
 * defaults it shows what is wrong with these. */
static const struct node *make_rehearsal(struct arena *arena)
{
	struct node_entry *task = arena_alloc(arena, sizeof *task);
	struct node_entry *tasks = arena_alloc(arena, sizeof *tasks);
	struct node_entry *root = arena_alloc(arena, 2 * sizeof *root);

	*task = make_entry(arena, "command", make_node(arena, NODE_TEXT, "rehearsal"));
	*tasks = make_entry(arena, "task", make_map(arena, task, 1));
	root[0] = make_entry(arena, "id", make_node(arena, NODE_TEXT, "rehearsal"));
	root[1] = make_entry(arena, "tasks", make_map(arena, tasks, 1));
	return make_map(arena, root, 2);
}

/* The rehearsal has an id and tasks of its own, which hide those of the file. */
static void report_hidden(const struct defaults *defaults, struct report *report)
{
	static const char *const names[] = {"id", "tasks"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct node_entry *entry = node_get_entry(defaults->root, names[i]);

		if (entry != NULL)
			key_report_unknown(report, entry->key->place, names[i], LEVEL_FOLDER);
	}
}

/* The rehearsal's dag has them as its own. */
static void keep_pools(struct defaults *defaults, const struct dag *dag)
{
	struct pool_size *pools =
	    arena_alloc(&defaults->arena, (dag->pool_count + 1) * sizeof *pools);

	for (uint32_t i = 0; i < dag->pool_count; i++)
		pools[i] =
		    (struct pool_size){.name = arena_strdup(&defaults->arena, dag->pools[i].name),
				       .slots = dag->pools[i].slots};
	defaults->pools = pools;
	defaults->pool_count = dag->pool_count;
}

static void rehearse(struct defaults *defaults, struct report *report)
{
	struct names ids = {0};
	struct dag_reading reading = {.report = report,
				      .folders = &defaults->root,
				      .folder_count = 1,
				      .ids = &ids,
				      .is_rehearsal = true};
	struct dag *dag = parse_dag_create(defaults->source.name, "", 0, 1);
	struct arena arena;

	arena_init(&arena);
	parse_dag(dag, make_rehearsal(&arena), &reading);
	keep_pools(defaults, dag);
	arena_close(&arena);
	names_close(&ids);
	dag_unref(dag);
}

/* True for a tree that can be read key by key, whatever stands in its values. */
static bool is_map(const struct node *root, struct report *report)
{
	if (root == NULL || root->type == NODE_MAP)
		return root != NULL;
	report_add(report, root->place,
		   "heddle.yaml is a map of keys ('owner', 'defaults' ...), not %s",
		   node_describe(report, root));
	return false;
}

/* The one document of the file; the root stays NULL when it is empty or no map. */
static void read_root(struct defaults *defaults, struct report *report)
{
	struct document document;
	const struct node *root = NULL;
	struct tree_use use = {0};
	struct place place;
	uint32_t line = 1;

	if (!source_next_document(&defaults->source, &line, &document))
		return;
	if (source_odd_directive(&defaults->source, &document, &place))
		report_syntax(report, place,
			      "unknown directive: only %%YAML 1.2 may stand before '---'");
	else if (tree_read(&document, &defaults->arena, &use, report, &root) &&
		 is_map(root, report))
		defaults->root = root;
	while (source_next_document(&defaults->source, &line, &document)) {
		const struct node *more = NULL;

		(void)tree_read(&document, &defaults->arena, &use, report, &more);
		if (more != NULL)
			report_add(report, more->place,
				   "a second document in heddle.yaml: it holds one map of keys");
	}
}

static int parse(const char *source, const char *text, size_t size, bool is_kept,
		 struct defaults **out, struct dag_errors *errors)
{
	struct defaults *defaults = create(source, text, size <= LIMIT_DAG_FILE_BYTES ? size : 0);
	struct report report;
	int rc;

	*out = NULL;
	report_init(&report, &defaults->source);
	if (parse_check_text(&report, size))
		read_root(defaults, &report);
	if (defaults->root != NULL && !is_kept) {
		report_hidden(defaults, &report);
		rehearse(defaults, &report);
	}
	rc = report_deliver(&report, errors);
	report_close(&report);
	if (rc == 0)
		*out = defaults;
	else
		defaults_unref(defaults);
	return rc;
}

int defaults_parse(const char *source, const char *text, size_t size, struct defaults **out,
		   struct dag_errors *errors)
{
	return parse(source, text, size, false, out, errors);
}

int defaults_parse_kept(const char *source, const char *text, size_t size, struct defaults **out,
			struct dag_errors *errors)
{
	return parse(source, text, size, true, out, errors);
}
