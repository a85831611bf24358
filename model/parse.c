/* parse.c - the text of a DAG file -> its dags; see dag_parse in dag.h.
 *
 * bytes -> documents (yaml/source.h) -> a tree each (yaml/tree.h) -> struct dag. A broken document
 * does not keep the others from being checked, but a file is taken whole or not at all. */
#include "base/str.h"
#include "base/vec.h"
#include "model/dag.h"
#include "model/defaults.h"
#include "model/keys.h"
#include "model/limits.h"
#include "model/names.h"
#include "model/parse_dag.h"
#include "model/parse_text.h"
#include "model/yaml/tree.h"

#include <string.h>

/* One file as it is parsed. */
struct file {
	struct source source;
	struct report report;
	struct tree_use use;
	struct names ids; /* of its dags -> line; the texts live in the dags */
	struct dag_list dags;
	uint32_t documents; /* that are not empty */
	const struct dag_surroundings *around;
	const struct node **folders; /* roots of around->defaults */
	bool is_kept;
};

/* The files of the folders above belong to the version. */
static void add_defaults(const struct file *file, struct dag *dag)
{
	size_t count = file->around->default_count;
	struct dag_file *files = arena_alloc(&dag->arena, count * sizeof *files);

	for (size_t i = 0; i < count; i++) {
		const struct defaults *defaults = file->around->defaults[i];
		const char *text = defaults_text(defaults, &files[i].bytes);

		files[i].kind = DAG_FILE_DEFAULTS;
		files[i].name = arena_strdup(&dag->arena, defaults_source(defaults));
		files[i].text = arena_strndup(&dag->arena, text, files[i].bytes);
		memcpy(files[i].hash, defaults_hash(defaults), sizeof files[i].hash);
	}
	dag->files = files;
	dag->file_count = (uint32_t)count;
}

/* Of a dag without files this is the hash of its text. */
static void name_version(struct dag *dag)
{
	struct str all = STR_INIT;

	parse_hash(dag->text, dag->text_bytes, dag->hash);
	if (dag->file_count == 0)
		return;
	str_printf(&all, "%s\n", dag->hash);
	for (uint32_t i = 0; i < dag->file_count; i++)
		str_printf(&all, "%d %s %s\n", (int)dag->files[i].kind, dag->files[i].hash,
			   dag->files[i].name);
	parse_hash(str_text(&all), all.size, dag->hash);
	str_close(&all);
}

static struct dag *read_dag(struct file *file, const struct document *document,
			    const struct node *root)
{
	struct dag_reading reading = {.report = &file->report,
				      .folders = file->folders,
				      .folder_count = file->around->default_count,
				      .read_file = file->around->read_file,
				      .context = file->around->context,
				      .ids = &file->ids,
				      .is_kept = file->is_kept,
				      .is_alone = file->around->is_unknown};
	struct dag *dag = parse_dag_create(file->source.name, file->source.text + document->start,
					   document->end - document->start, document->line);

	add_defaults(file, dag);
	parse_dag(dag, root, &reading);
	name_version(dag);
	return dag;
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

	arena_init(&arena);
	if (source_odd_directive(&file->source, document, &place)) {
		report_syntax(&file->report, place,
			      "unknown directive: only %%YAML 1.2 may stand before '---'");
		file->documents++;
	} else if (!tree_read(document, &arena, &file->use, &file->report, &root)) {
		file->documents++;
	} else if (root != NULL) {
		file->documents++;
		if (!is_other_kind(file, root))
			vec_push(&file->dags, read_dag(file, document, root));
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
			report_syntax(&file->report,
				      (struct place){.line = document.line, .column = 1},
				      "more than %u documents in one file", LIMIT_DOCUMENTS);
			return;
		}
		read_document(file, &document);
	}
	if (file->documents == 0)
		report_add(&file->report, (struct place){.line = 1, .column = 1},
			   "the file holds no dag: a dag has an 'id' and 'tasks'");
}

static int parse(struct file *file, const char *source, const char *text, size_t size,
		 struct dag_list *out, struct dag_errors *errors)
{
	int rc;

	source_init(&file->source, source, text, size <= LIMIT_DAG_FILE_BYTES ? size : 0);
	report_init(&file->report, &file->source);
	file->folders = mem_alloc((file->around->default_count + 1) * sizeof *file->folders);
	for (size_t i = 0; i < file->around->default_count; i++)
		file->folders[i] = defaults_root(file->around->defaults[i]);
	if (parse_check_text(&file->report, size))
		read_documents(file);
	rc = report_deliver(&file->report, errors);
	for (size_t i = 0; rc == 0 && i < file->dags.count; i++)
		vec_push(out, dag_ref(file->dags.items[i]));
	dag_list_close(&file->dags);
	names_close(&file->ids);
	mem_free(file->folders);
	report_close(&file->report);
	source_close(&file->source);
	return rc;
}

int dag_parse_in(const char *source, const char *text, size_t size,
		 const struct dag_surroundings *around, struct dag_list *out,
		 struct dag_errors *errors)
{
	struct file file = {.around = around};

	return parse(&file, source, text, size, out, errors);
}

int dag_parse(const char *source, const char *text, size_t size, struct dag_list *out,
	      struct dag_errors *errors)
{
	struct dag_surroundings nothing = {0};

	return dag_parse_in(source, text, size, &nothing, out, errors);
}

/* The files that were kept with a version. */
struct kept {
	const struct dag_file *files;
	size_t count;
};

static int read_kept(void *context, const char *path, struct str *out, struct err *err)
{
	const struct kept *kept = context;

	for (size_t i = 0; i < kept->count; i++)
		if (kept->files[i].kind == DAG_FILE_NAMED &&
		    strcmp(kept->files[i].name, path) == 0) {
			str_append_bytes(out, kept->files[i].text, kept->files[i].bytes);
			return 0;
		}
	return err_set(err, ERR_NOT_FOUND, "it is not kept with this version");
}

int dag_parse_version(const char *source, const char *text, size_t size,
		      const struct dag_file *files, size_t file_count, struct dag_list *out,
		      struct dag_errors *errors)
{
	struct kept kept = {files, file_count};
	struct defaults **defaults = mem_alloc((file_count + 1) * sizeof *defaults);
	struct dag_surroundings around = {.read_file = read_kept, .context = &kept};
	struct file file = {.around = &around, .is_kept = true};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < file_count; i++)
		if (files[i].kind == DAG_FILE_DEFAULTS) {
			rc = defaults_parse_kept(files[i].name, files[i].text, files[i].bytes,
						 &defaults[around.default_count], errors);
			around.default_count += rc == 0;
		}
	around.defaults = (const struct defaults *const *)defaults;
	if (rc == 0)
		rc = parse(&file, source, text, size, out, errors);
	for (size_t i = 0; i < around.default_count; i++)
		defaults_unref(defaults[i]);
	mem_free(defaults);
	return rc;
}
