/* resolved.c - see resolved.h. */
#include "model/resolved.h"

#include "base/vec.h"
#include "model/keys.h"
#include "model/layers.h"
#include "model/node_json.h"
#include "model/yaml/tree.h"

#include <assert.h>
#include <string.h>

/* A text that is read again: the dag's own, or a heddle.yaml's. */
struct layer {
	struct source source;
	struct report report;
	const struct node *root;
};

struct resolving {
	const struct dag *dag;
	struct arena arena;
	const struct layer *own;
	const struct node *root; /* the dag's keys, with those of the folders */
};

static const struct node *read_root(struct layer *layer, struct arena *arena)
{
	struct tree_use use = {0};
	struct document document;
	const struct node *root = NULL;
	uint32_t line = 1;

	while (root == NULL && source_next_document(&layer->source, &line, &document))
		(void)tree_read(&document, arena, &use, &layer->report, &root);
	return root;
}

static void layer_init(struct layer *layer, const char *name, const char *text, size_t size,
		       struct arena *arena)
{
	source_init(&layer->source, name, text, size);
	report_init(&layer->report, &layer->source);
	layer->root = read_root(layer, arena);
}

static void layer_close(struct layer *layer)
{
	report_close(&layer->report);
	source_close(&layer->source);
}

/* --- values with their places -------------------------------------------------------------------
 */

/* The dag's text is one document of its file: its lines count from there. */
static json_t *place_json(const struct resolving *resolving, const struct node *node)
{
	const struct source *source = node->place.source;
	uint32_t line = node->place.line;
	char number[16];
	struct str text = STR_INIT;
	json_t *json;

	if (source == &resolving->own->source)
		line += resolving->dag->line - 1;
	snprintf(number, sizeof number, ":%u", line);
	str_append(&text, source->name);
	str_append(&text, number);
	json = json_string(str_text(&text));
	str_close(&text);
	return json;
}

static json_t *value_json(const struct resolving *resolving, const struct node *node)
{
	json_t *map;

	if (node->type != NODE_MAP || node->count == 0)
		return json_pack("{s:o, s:o}", "value", node_to_json(node), "from",
				 place_json(resolving, node));
	map = json_object();
	for (uint32_t i = 0; i < node->count; i++)
		json_object_set_new(map, node->entries[i].key->text,
				    value_json(resolving, node->entries[i].value));
	return map;
}

/* What holds without the key, as a value; NULL = nothing, or something that only words tell. */
static json_t *fallback_json(const struct key *key)
{
	static const char *const not_values[] = {"required", "none", "folder's"};
	const char *text = key->fallback;
	json_t *value;

	for (size_t i = 0; i < sizeof not_values / sizeof not_values[0]; i++)
		if (strcmp(text, not_values[i]) == 0)
			return NULL;
	if (strcmp(text, "[]") == 0)
		value = json_array();
	else if (strcmp(text, "{}") == 0)
		value = json_object();
	else if (strcmp(text, "[/bin/sh, -e]") == 0)
		value = json_pack("[s, s]", "/bin/sh", "-e");
	else if (strchr(text, ' ') != NULL)
		return NULL;
	else if (scalar_type(text) == NODE_INTEGER)
		value = json_integer(scalar_integer(text));
	else if (scalar_type(text) == NODE_FLOAT)
		value = json_real(scalar_number(text));
	else if (scalar_type(text) == NODE_BOOL)
		value = json_boolean(text[0] == 't');
	else
		value = json_string(text);
	return json_pack("{s:o, s:s}", "value", value, "from", "default");
}

/* --- tasks --------------------------------------------------------------------------------------
 */

/* The shell reads the text of a command, outputs come from what one printed. */
static bool is_beside_command(const char *name, const struct node *task)
{
	const struct node *command = node_get(task, "command");

	if (strcmp(name, "shell") == 0)
		return command != NULL && command->type != NODE_LIST;
	return strcmp(name, "outputs") != 0 || command != NULL;
}

/* id: its key in a map of tasks, or NULL. */
static json_t *task_json(const struct resolving *resolving, const struct node *node,
			 const struct node *id)
{
	struct arena *arena = (struct arena *)&resolving->arena;
	const struct node *task = layers_task(arena, node, node_get(resolving->root, "defaults"),
					      node_get_entry(resolving->root, "env"));
	json_t *json = json_object();

	for (size_t i = 0; i < key_count; i++) {
		const struct node *value = node_get(task, keys[i].name);
		json_t *fallback = NULL;

		if ((keys[i].levels & LEVEL_TASK) == 0 || !keys[i].is_supported)
			continue;
		if (id != NULL && strcmp(keys[i].name, "id") == 0)
			value = id;
		if (value == NULL && is_beside_command(keys[i].name, task))
			fallback = fallback_json(&keys[i]);
		if (value != NULL)
			json_object_set_new(json, keys[i].name, value_json(resolving, value));
		else if (fallback != NULL)
			json_object_set_new(json, keys[i].name, fallback);
	}
	return json;
}

static json_t *tasks_json(const struct resolving *resolving, const struct node *tasks)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < tasks->count; i++)
		json_array_append_new(
		    list, tasks->type == NODE_MAP
			      ? task_json(resolving, tasks->entries[i].value, tasks->entries[i].key)
			      : task_json(resolving, tasks->items[i], NULL));
	return list;
}

/* --- the dag ------------------------------------------------------------------------------------
 */

static bool holds_tasks(const char *name)
{
	static const char *const parts[] = {"tasks", "on_success", "on_failure", "on_exit"};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(parts[i], name) == 0)
			return true;
	return false;
}

/* What `defaults` come to stands in the tasks, and what a folder requires is no value. */
static bool is_shown(const struct key *key)
{
	return (key->levels & (LEVEL_DAG | LEVEL_FOLDER)) != 0 && key->is_supported &&
	       strcmp(key->name, "defaults") != 0 && strcmp(key->name, "require") != 0;
}

static json_t *dag_json(const struct resolving *resolving)
{
	json_t *json = json_object();

	for (size_t i = 0; i < key_count; i++) {
		const struct node_entry *entry = node_get_entry(resolving->root, keys[i].name);
		enum key_level level =
		    entry != NULL && entry->is_inherited ? LEVEL_FOLDER : LEVEL_DAG;
		json_t *value;

		if (!is_shown(&keys[i]))
			continue;
		if (entry == NULL || (keys[i].levels & (unsigned)level) == 0)
			value = (keys[i].levels & LEVEL_DAG) == 0 ? NULL : fallback_json(&keys[i]);
		else if (holds_tasks(keys[i].name))
			value = tasks_json(resolving, entry->value);
		else
			value = value_json(resolving, entry->value);
		if (value != NULL)
			json_object_set_new(json, keys[i].name, value);
	}
	return json;
}

json_t *resolved_make(const struct dag *dag)
{
	size_t count = (size_t)dag->file_count + 1;
	struct layer *layers = mem_alloc(count * sizeof *layers);
	const struct node **folders = mem_alloc(count * sizeof *folders);
	struct resolving resolving = {.dag = dag, .own = &layers[0]};
	size_t used = 1;
	json_t *json;

	arena_init(&resolving.arena);
	layer_init(&layers[0], dag->source, dag->text, dag->text_bytes, &resolving.arena);
	assert(layers[0].root != NULL); /* the dag was read from it */
	for (uint32_t i = 0; i < dag->file_count; i++) {
		const struct dag_file *file = &dag->files[i];

		if (file->kind != DAG_FILE_DEFAULTS)
			continue;
		layer_init(&layers[used], file->name, file->text, file->bytes, &resolving.arena);
		folders[used - 1] = layers[used].root;
		used++;
	}
	resolving.root = layers_dag(&resolving.arena, layers[0].root, folders, used - 1);
	json = dag_json(&resolving);
	for (size_t i = 0; i < used; i++)
		layer_close(&layers[i]);
	mem_free(folders);
	mem_free(layers);
	arena_close(&resolving.arena);
	return json;
}

/* --- as text ------------------------------------------------------------------------------------
 */

static void indent_by(struct str *out, unsigned columns)
{
	while (columns-- > 0)
		str_append_char(out, ' ');
}

/* True when the text means itself without quotes, wherever it stands. */
static bool is_plain(const char *text)
{
	static const char safe[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./";

	return *text != '\0' && text[strspn(text, safe)] == '\0' &&
	       scalar_type(text) == NODE_TEXT && strcmp(text, "...") != 0;
}

/* True when YAML takes the characters as they are. */
static bool is_printable(const char *text)
{
	struct source source;
	struct place place;
	bool is_so;

	source_init(&source, "", text, strlen(text));
	is_so = source_check(&source, &place) == NULL && strchr(text, '\r') == NULL;
	source_close(&source);
	return is_so;
}

static void write_json(const json_t *value, bool is_ascii, struct str *out)
{
	size_t flags =
	    JSON_ENCODE_ANY | JSON_REAL_PRECISION(15) | (is_ascii ? JSON_ENSURE_ASCII : 0);
	char *text = json_dumps(value, flags);

	str_append(out, text);
	mem_free(text);
}

static void write_text(const json_t *value, struct str *out)
{
	const char *text = json_string_value(value);

	if (is_plain(text))
		str_append(out, text);
	else if (!is_printable(text))
		write_json(value, true, out);
	else if (strpbrk(text, "'\n\t") != NULL)
		write_json(value, false, out);
	else
		str_printf(out, "'%s'", text);
}

static void write_flat(const json_t *value, struct str *out)
{
	if (json_is_string(value))
		write_text(value, out);
	else
		write_json(value, false, out);
}

/* Lines of text stay lines behind a '|', where they can. */
static bool is_block(const json_t *value)
{
	const char *text = json_string_value(value);
	const char *end = text == NULL ? NULL : strchr(text, '\n');

	return end != NULL && end[1] != '\0' && text[0] != ' ' && text[0] != '\n' &&
	       text[0] != '\t' && is_printable(text);
}

static void write_place(const char *from, struct str *out)
{
	str_append(out, "  # ");
	str_append(out, from);
	str_append_char(out, '\n');
}

static void write_block(const char *text, const char *from, unsigned columns, struct str *out)
{
	size_t size = strlen(text);
	const char *chomping = text[size - 1] != '\n' ? "-" : text[size - 2] == '\n' ? "+" : "";

	str_append(out, " |");
	str_append(out, chomping);
	write_place(from, out);
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			indent_by(out, columns);
		str_append_bytes(out, text, length);
		str_append_char(out, '\n');
		text += length + (text[length] == '\n');
	}
}

/* {"value": ..., "from": "..."}; a map of the user's has no text at "from" here. */
static const char *place_of(const json_t *json)
{
	return json_object_get(json, "value") == NULL
		   ? NULL
		   : json_string_value(json_object_get(json, "from"));
}

static void write_member(const char *key, const json_t *json, unsigned columns, struct str *out);

static void write_members(const json_t *map, unsigned columns, bool is_begun, struct str *out)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)map, key, member)
	{
		if (!is_begun)
			indent_by(out, columns);
		is_begun = false;
		write_member(key, member, columns, out);
	}
}

static void write_tasks(const json_t *list, unsigned columns, struct str *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		indent_by(out, columns);
		str_append(out, "- ");
		write_members(json_array_get(list, i), columns + 2, true, out);
	}
}

static void write_key(const char *key, struct str *out)
{
	json_t *text = json_string(key);

	write_flat(text, out);
	json_decref(text);
	str_append_char(out, ':');
}

/* The key, at its place already, and its value. */
static void write_member(const char *key, const json_t *json, unsigned columns, struct str *out)
{
	const char *from = place_of(json);
	const json_t *value = json_object_get(json, "value");

	write_key(key, out);
	if (from != NULL && is_block(value)) {
		write_block(json_string_value(value), from, columns + 2, out);
	} else if (from != NULL) {
		str_append_char(out, ' ');
		write_flat(value, out);
		write_place(from, out);
	} else {
		str_append_char(out, '\n');
		if (json_is_array(json))
			write_tasks(json, columns + 2, out);
		else
			write_members(json, columns + 2, false, out);
	}
}

void resolved_text(const json_t *resolved, struct str *out)
{
	write_members(resolved, 0, false, out);
}
