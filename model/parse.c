/* parse.c - the text of a DAG file -> its dags; see dag_parse in dag.h.
 *
 * bytes -> documents (yaml/source.h) -> a tree each (yaml/tree.h) -> struct dag. A broken document
 * does not keep the others from being checked, but a file is taken whole or not at all. */
#include "base/str.h"
#include "base/vec.h"
#include "model/dag.h"
#include "model/keys.h"
#include "model/limits.h"
#include "model/names.h"
#include "model/parse_task.h"
#include "model/parse_value.h"
#include "model/yaml/tree.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define HASH_BYTES 16

/* One file as it is parsed. */
struct file {
	struct source source;
	struct report report;
	struct tree_use use;
	struct names ids; /* of its dags -> line; the texts live in the dags */
	struct dag_list dags;
	uint32_t documents; /* that are not empty */
};

static struct dag *dag_create(const struct file *file, const struct document *document)
{
	unsigned char hash[HASH_BYTES];
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = "";
	dag->source = arena_strdup(&dag->arena, file->source.name);
	dag->text_bytes = document->end - document->start;
	dag->text =
	    arena_strndup(&dag->arena, file->source.text + document->start, dag->text_bytes);
	dag->line = document->line;
	dag->max_active_tasks = DEFAULT_MAX_ACTIVE_TASKS;
	crypto_generichash(hash, sizeof hash, (const unsigned char *)dag->text, dag->text_bytes,
			   NULL, 0);
	sodium_bin2hex(dag->hash, sizeof dag->hash, hash, sizeof hash);
	return dag;
}

static void read_id(struct file *file, struct dag *dag, const struct node *value)
{
	const char *id;
	uint32_t first_line;

	if (!value_id(&file->report, "id", value, true, &id))
		return;
	dag->id = arena_strdup(&dag->arena, id);
	first_line = names_add(&file->ids, dag->id, value->place.line);
	if (first_line != NAMES_NONE)
		report_add(&file->report, value->place, "duplicate dag id '%s' (first on line %u)",
			   id, first_line);
}

static void read_description(struct file *file, struct dag *dag, const struct node *value)
{
	const char *text;

	if (value_text(&file->report, "description", value, LIMIT_DESCRIPTION_BYTES, &text))
		dag->description = arena_strdup(&dag->arena, text);
}

static void read_max_active_tasks(struct file *file, struct dag *dag, const struct node *value)
{
	int64_t count;

	if (value_integer(&file->report, "max_active_tasks", value, 1, LIMIT_POOL_SLOTS, &count))
		dag->max_active_tasks = (uint32_t)count;
}

static void read_pools(struct file *file, struct dag *dag, const struct node *value)
{
	struct pool_size *pools;

	if (!value_is_map(&file->report, "pools", value))
		return;
	pools = arena_alloc(&dag->arena, value->count * sizeof *pools);
	dag->pools = pools;
	for (uint32_t i = 0; i < value->count; i++) {
		const struct node_entry *entry = &value->entries[i];
		const char *name;
		int64_t slots;
		bool is_named = value_id(&file->report, "pool", entry->key, false, &name);

		if (!value_integer(&file->report, is_named ? name : "pool", entry->value, 1,
				   LIMIT_POOL_SLOTS, &slots) ||
		    !is_named)
			continue;
		pools[dag->pool_count++] = (struct pool_size){
		    .name = arena_strdup(&dag->arena, name), .slots = (uint32_t)slots};
	}
}

static void read_tasks(struct file *file, struct dag *dag, const struct node *value)
{
	parse_tasks(dag, value, &file->report);
}

static const struct {
	const char *key;
	void (*read)(struct file *file, struct dag *dag, const struct node *value);
} readers[] = {
    {"id", read_id},       {"description", read_description},
    {"pools", read_pools}, {"max_active_tasks", read_max_active_tasks},
    {"tasks", read_tasks},
};

/* Reads one key and returns what it is, or most likely is. NULL = nobody knows. */
static const struct key *read_key(struct file *file, struct dag *dag,
				  const struct node_entry *entry)
{
	const char *name = entry->key->text;
	const struct key *key = key_find(name, LEVEL_DAG);

	if (key == NULL) {
		key_report_unknown(&file->report, entry->key->place, name, LEVEL_DAG);
		return key_guess(&file->report, name, LEVEL_DAG);
	}
	if (!key->is_supported)
		report_add(&file->report, entry->key->place, "key '%s' is not supported yet", name);
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].key, name) == 0)
			readers[i].read(file, dag, entry->value);
	return key;
}

static void read_dag(struct file *file, struct dag *dag, const struct node *root)
{
	bool has_id = root->is_faulty;
	bool has_tasks = root->is_faulty;

	for (uint32_t i = 0; i < root->count; i++) {
		const struct key *key = read_key(file, dag, &root->entries[i]);

		has_id = has_id || (key != NULL && strcmp(key->name, "id") == 0);
		has_tasks = has_tasks || (key != NULL && strcmp(key->name, "tasks") == 0);
	}
	if (!has_id)
		report_add(&file->report, root->place, "the dag has no 'id'");
	if (!has_tasks)
		report_add(&file->report, root->place, "the dag has no 'tasks'");
}

/* dag-factory's shape: no id here, but maps that hold the tasks of one dag each, or "default". */
static const struct node *find_dag_factory(const struct node *root)
{
	if (node_get(root, "id") != NULL || node_get(root, "tasks") != NULL)
		return NULL;
	for (uint32_t i = 0; i < root->count; i++) {
		const struct node_entry *entry = &root->entries[i];

		if (strcmp(entry->key->text, "default") == 0 ||
		    (key_find(entry->key->text, LEVEL_DAG) == NULL &&
		     node_get(entry->value, "tasks") != NULL))
			return entry->key;
	}
	return NULL;
}

static const struct node *find_key(const struct node *map, const char *name)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (strcmp(map->entries[i].key->text, name) == 0)
			return map->entries[i].key;
	return NULL;
}

/* True for a document of another kind, which is told once instead of key by key. */
static bool is_other_kind(struct file *file, const struct node *root)
{
	const struct node *key;

	if (root->type != NODE_MAP) {
		if (!root->is_faulty)
			report_add(&file->report, root->place,
				   "a dag is a map of keys ('id', 'tasks' ...), not %s",
				   node_describe(&file->report, root));
		return true;
	}
	key = find_key(root, "blueprint");
	if (key != NULL)
		report_add(&file->report, key->place, "blueprints are not supported yet");
	if (key == NULL) {
		key = find_dag_factory(root);
		if (key != NULL)
			report_add(&file->report, key->place,
				   "files of dag-factory are not supported yet");
	}
	return key != NULL;
}

static void read_document(struct file *file, const struct document *document)
{
	struct arena arena;
	const struct node *root = NULL;
	struct place place;
	struct dag *dag;

	arena_init(&arena);
	if (source_odd_directive(&file->source, document, &place)) {
		report_syntax(&file->report, place,
			      "unknown directive: only %%YAML 1.2 may stand before '---'");
		file->documents++;
	} else if (!tree_read(document, &arena, &file->use, &file->report, &root)) {
		file->documents++;
	} else if (root != NULL) {
		file->documents++;
		if (!is_other_kind(file, root)) {
			dag = dag_create(file, document);
			read_dag(file, dag, root);
			vec_push(&file->dags, dag);
		}
	}
	arena_close(&arena);
}

static void read_documents(struct file *file)
{
	struct document document;
	uint32_t line = 1;
	uint32_t count = 0;

	while (!report_is_full(&file->report) &&
	       source_next_document(&file->source, &line, &document)) {
		if (++count > LIMIT_DOCUMENTS) {
			report_syntax(&file->report, (struct place){document.line, 1},
				      "more than %u documents in one file", LIMIT_DOCUMENTS);
			return;
		}
		read_document(file, &document);
	}
	if (file->documents == 0)
		report_add(&file->report, (struct place){1, 1},
			   "the file holds no dag: a dag has an 'id' and 'tasks'");
}

/* True for the file that holds a folder's defaults. */
static bool is_folder_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return strcmp(name, "heddle.yaml") == 0 || strcmp(name, "heddle.yml") == 0;
}

/* What keeps the whole text from being read. */
static bool check_file(struct file *file, size_t size)
{
	struct report *report = &file->report;
	struct place place = {1, 1};
	const char *fault = NULL;

	if (size > LIMIT_DAG_FILE_BYTES)
		report_syntax(report, place, "the file has %zu bytes: at most %u (8 MiB)", size,
			      LIMIT_DAG_FILE_BYTES);
	else if (is_folder_file(file->source.name))
		report_add(report, place,
			   "defaults of a folder (heddle.yaml) are not supported yet");
	else if (sodium_init() < 0)
		report_add(report, place, "the text cannot be hashed: libsodium does not start");
	else
		fault = source_check(&file->source, &place);
	if (fault != NULL)
		report_syntax(report, place, "%s", fault);
	report->is_unprintable = report->count > 0;
	return report->count == 0;
}

int dag_parse(const char *source, const char *text, size_t size, struct dag_list *out,
	      struct dag_errors *errors)
{
	struct file file = {.documents = 0};
	int rc;

	source_init(&file.source, source, text, size <= LIMIT_DAG_FILE_BYTES ? size : 0);
	report_init(&file.report, &file.source);
	if (check_file(&file, size))
		read_documents(&file);
	rc = report_deliver(&file.report, errors);
	for (size_t i = 0; rc == 0 && i < file.dags.count; i++)
		vec_push(out, dag_ref(file.dags.items[i]));
	dag_list_close(&file.dags);
	names_close(&file.ids);
	report_close(&file.report);
	source_close(&file.source);
	return rc;
}
