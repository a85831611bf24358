/* parse_dag.c - the keys of a dag; see parse_dag.h. Its tasks are read in parse_task.c. */
#include "model/parse_dag.h"

#include "base/tz.h"
#include "model/draft.h"
#include "model/keys.h"
#include "model/layers.h"
#include "model/limits.h"
#include "model/node_json.h"
#include "model/parse_env.h"
#include "model/parse_param.h"
#include "model/parse_task.h"
#include "model/parse_template.h"
#include "model/parse_value.h"

#include <string.h>

static void read_id(struct draft *draft, const struct node *value)
{
	const char *id;
	uint32_t first_line;

	if (!value_id(draft->report, "id", value, true, &id))
		return;
	draft->dag->id = draft_keep(draft, id);
	first_line = names_add(draft->reading->ids, draft->dag->id, value->place.line);
	if (first_line != NAMES_NONE)
		report_add(draft->report, value->place, "duplicate dag id '%s' (first on line %u)",
			   id, first_line);
}

static void read_description(struct draft *draft, const struct node *value)
{
	const char *text;

	if (value_text(draft->report, "description", value, LIMIT_DESCRIPTION_BYTES, &text))
		draft->dag->description = draft_keep(draft, text);
}

static void read_domain(struct draft *draft, const struct node *value)
{
	const char *id;

	if (value_id(draft->report, "domain", value, false, &id))
		draft->dag->domain = draft_keep(draft, id);
}

static void read_owner(struct draft *draft, const struct node *value)
{
	const char *text;

	if (value_word(draft->report, "owner", value, LIMIT_WORD_BYTES, &text))
		draft->dag->owner = draft_keep(draft, text);
}

static void read_tags(struct draft *draft, const struct node *value)
{
	draft->dag->tags = parse_words(draft, "tags", value, LIMIT_WORD_BYTES);
}

static void read_timezone(struct draft *draft, const struct node *value)
{
	const char *name;
	struct tz *tz = NULL;
	struct err err;

	if (!value_word(draft->report, "timezone", value, LIMIT_WORD_BYTES, &name))
		return;
	if (!draft->reading->is_kept && tz_load(name, &tz, &err) != 0)
		report_add(draft->report, value->place,
			   "unknown time zone %s: an IANA name such as Europe/Berlin or UTC",
			   report_quote(draft->report, name));
	tz_destroy(tz);
	draft->dag->timezone = draft_keep(draft, name);
}

/* A whole number into a field of the dag. */
static void read_count(struct draft *draft, const char *name, const struct node *value,
		       uint32_t *out)
{
	int64_t count;

	if (value_integer(draft->report, name, value, 1, LIMIT_POOL_SLOTS, &count))
		*out = (uint32_t)count;
}

static void read_max_active_tasks(struct draft *draft, const struct node *value)
{
	read_count(draft, "max_active_tasks", value, &draft->dag->max_active_tasks);
}

static void read_max_active_runs(struct draft *draft, const struct node *value)
{
	read_count(draft, "max_active_runs", value, &draft->dag->max_active_runs);
}

static void read_queue_max(struct draft *draft, const struct node *value)
{
	int64_t count;

	if (value_integer(draft->report, "queue_max", value, 0, LIMIT_POOL_SLOTS, &count))
		draft->dag->queue_max = (uint32_t)count;
}

static void read_overlap(struct draft *draft, const struct node *value)
{
	static const char *const words[] = {"queue", "skip", "latest", "cancel", "allow", NULL};
	unsigned word;

	if (value_choice(draft->report, "overlap", value, words, &word) && word != 0)
		report_add(draft->report, value->place,
			   "overlap '%s' is not supported yet (only queue)", words[word]);
}

static void read_timeout(struct draft *draft, const struct node *value)
{
	(void)value_span(draft->report, "timeout", value, &draft->dag->timeout_ms);
}

static void read_retention_runs(struct draft *draft, const struct node *value)
{
	const struct node_entry *entry = &value->entries[0];
	int64_t runs;

	if (value->count != 1 || strcmp(entry->key->text, "runs") != 0) {
		report_add(draft->report, value->place,
			   "'retention' is a duration (90d) or {runs: 500}");
		return;
	}
	if (!value_integer(draft->report, "runs", entry->value, 1, 1000000000, &runs))
		return;
	draft->dag->retention_runs = (uint32_t)runs;
	draft->dag->retention_ms = 0;
}

/* There is no "none": a home that lets go of nothing fills its disk. */
static void read_retention(struct draft *draft, const struct node *value)
{
	int64_t kept_ms = 0;

	if (value->type == NODE_MAP && value->count > 0)
		read_retention_runs(draft, value);
	else if (value_duration(draft->report, "retention", value, &kept_ms) && kept_ms == 0)
		report_add(draft->report, value->place, "'retention' must be longer than 0");
	else if (kept_ms > 0)
		draft->dag->retention_ms = kept_ms;
}

/* The pools of heddle.yaml are those of its domain, or of all dags without one. */
static void read_pool(struct draft *draft, const struct node_entry *entry, struct pool_size *pool)
{
	bool is_inherited =
	    !draft->reading->is_rehearsal && entry->key->place.source != draft->report->source;
	const char *name;
	int64_t slots;
	bool is_named = value_id(draft->report, "pool", entry->key, false, &name);

	if (!value_integer(draft->report, is_named ? name : "pool", entry->value, 1,
			   LIMIT_POOL_SLOTS, &slots) ||
	    !is_named)
		return;
	pool->name = draft_keep(draft, name);
	pool->slots = (uint32_t)slots;
	if (is_inherited)
		pool->domain = draft->dag->domain == NULL ? "" : draft->dag->domain;
	draft->dag->pool_count++;
}

static void read_pools(struct draft *draft, const struct node *value)
{
	struct pool_size *pools;

	if (!value_is_map(draft->report, "pools", value))
		return;
	pools = arena_alloc(&draft->dag->arena, value->count * sizeof *pools);
	draft->dag->pools = pools;
	for (uint32_t i = 0; i < value->count; i++)
		read_pool(draft, &value->entries[i], &pools[draft->dag->pool_count]);
}

static void read_env(struct draft *draft, const struct node *value)
{
	(void)parse_env(draft, value, NO_TASK, &draft->dag->env, &draft->dag->env_count);
}

static void read_params(struct draft *draft, const struct node *value)
{
	parse_params(draft->dag, value, draft->report, draft->reading->is_kept);
}

/* Values are put in as they are: braces in them would never be filled. */
static void check_var(struct draft *draft, const char *name, const struct node *value)
{
	const char *text;

	if (value->type == NODE_TEXT)
		(void)value_text(draft->report, name, value, LIMIT_DAG_FILE_BYTES, &text);
	for (uint32_t i = 0; value->type == NODE_LIST && i < value->count; i++)
		check_var(draft, name, value->items[i]);
	for (uint32_t i = 0; value->type == NODE_MAP && i < value->count; i++)
		check_var(draft, name, value->entries[i].value);
}

static void read_vars(struct draft *draft, const struct node *value)
{
	if (!value_is_map(draft->report, "vars", value))
		return;
	for (uint32_t i = 0; i < value->count; i++) {
		const char *name;

		if (value_id(draft->report, "vars", value->entries[i].key, false, &name) &&
		    !draft->reading->is_kept)
			check_var(draft, name, value->entries[i].value);
	}
	draft->dag->vars = node_to_json_text(value, &draft->dag->arena);
}

static void read_start_paused(struct draft *draft, const struct node *value)
{
	(void)value_bool(draft->report, "start_paused", value, &draft->dag->start_paused);
}

/* Whether the dag's map has what a folder requires. */
static void check_required(struct draft *draft, const struct node *item)
{
	const struct key *key;
	const char *name;

	if (!value_name(draft->report, "require", item, &name))
		return;
	key = key_find(name, LEVEL_DAG);
	if (strcmp(name, "isolation") == 0)
		report_add(draft->report, item->place,
			   "'isolation' in require is not supported yet");
	else if (key == NULL)
		key_report_unknown(draft->report, item->place, name, LEVEL_DAG);
	else if (!key->is_supported && !draft->reading->is_kept)
		report_add(draft->report, item->place, "'%s' in require is not supported yet",
			   name);
	else if (!draft->reading->is_rehearsal && node_get(draft->root, name) == NULL)
		report_add(draft->report, (struct place){.line = draft->dag->line, .column = 1},
			   "the dag has no '%s', which %s:%u requires", name,
			   item->place.source->name, item->place.line);
}

static void read_require(struct draft *draft, const struct node *value)
{
	if (value->type != NODE_LIST) {
		value_mismatch(draft->report, "require", value, "a list of keys");
		return;
	}
	for (uint32_t i = 0; i < value->count; i++)
		check_required(draft, value->items[i]);
}

/* What is read elsewhere, because it needs the rest of the dag. */
static void read_later(struct draft *draft, const struct node *value)
{
	(void)draft;
	(void)value;
}

/* domain stands before pools, which take it over. */
static const struct {
	const char *key;
	void (*read)(struct draft *draft, const struct node *value);
} readers[] = {
    {"id", read_id},
    {"description", read_description},
    {"domain", read_domain},
    {"owner", read_owner},
    {"tags", read_tags},
    {"timezone", read_timezone},
    {"max_active_tasks", read_max_active_tasks},
    {"max_active_runs", read_max_active_runs},
    {"overlap", read_overlap},
    {"queue_max", read_queue_max},
    {"timeout", read_timeout},
    {"retention", read_retention},
    {"pools", read_pools},
    {"params", read_params},
    {"env", read_env},
    {"vars", read_vars},
    {"start_paused", read_start_paused},
    {"require", read_require},
    {"defaults", read_later},
    {"tasks", read_later},
    {"on_success", read_later},
    {"on_failure", read_later},
    {"on_exit", read_later},
};

/* Checks the name of a key and returns what it is, or most likely is. NULL = nobody knows. */
static const struct key *check_key(struct draft *draft, const struct node_entry *entry)
{
	const char *name = entry->key->text;
	enum key_level level = entry->is_inherited ? LEVEL_FOLDER : LEVEL_DAG;
	const struct key *key = key_find(name, level);

	if (key == NULL) {
		key_report_unknown(draft->report, entry->key->place, name, level);
		return key_guess(draft->report, name, level);
	}
	if (!key->is_supported)
		report_add(draft->report, entry->key->place, "key '%s' is not supported yet", name);
	return key;
}

static void check_keys(struct draft *draft)
{
	const struct node *root = draft->root;
	bool has_id = root->is_faulty;
	bool has_tasks = root->is_faulty;

	for (uint32_t i = 0; i < root->count; i++) {
		const struct key *key = check_key(draft, &root->entries[i]);

		has_id = has_id || (key != NULL && strcmp(key->name, "id") == 0);
		has_tasks = has_tasks || (key != NULL && strcmp(key->name, "tasks") == 0);
	}
	if (!has_id)
		report_add(draft->report, root->place, "the dag has no 'id'");
	if (!has_tasks)
		report_add(draft->report, root->place, "the dag has no 'tasks'");
}

/* In the order of the table: what one needs of another stands before it. */
static void read_keys(struct draft *draft)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		const struct node_entry *entry = node_get_entry(draft->root, readers[i].key);
		const struct key *key =
		    entry == NULL
			? NULL
			: key_find(readers[i].key, entry->is_inherited ? LEVEL_FOLDER : LEVEL_DAG);

		if (key != NULL && key->is_supported)
			readers[i].read(draft, entry->value);
	}
}

static void set_defaults(struct dag *dag)
{
	dag->id = "";
	dag->timezone = "UTC";
	dag->max_active_tasks = DEFAULT_MAX_ACTIVE_TASKS;
	dag->max_active_runs = DEFAULT_MAX_ACTIVE_RUNS;
	dag->queue_max = DEFAULT_QUEUE_MAX;
	dag->retention_ms = DEFAULT_RETENTION_MS;
}

static void close_draft(struct draft *draft)
{
	mem_free(draft->tasks);
	mem_free(draft->id_list);
	names_close(&draft->ids);
	names_close(&draft->folded);
	vec_close(&draft->edges);
	vec_close(&draft->templates);
	vec_close(&draft->envs);
	vec_close(&draft->files);
	json_decref(draft->vars);
}

/* Puts the named files behind those of the folders. */
static void keep_files(struct draft *draft)
{
	struct dag *dag = draft->dag;
	size_t count = dag->file_count + draft->files.count;
	struct dag_file *files = arena_alloc(&dag->arena, count * sizeof *files);

	if (dag->file_count > 0)
		memcpy(files, dag->files, dag->file_count * sizeof *files);
	if (draft->files.count > 0)
		memcpy(files + dag->file_count, draft->files.items,
		       draft->files.count * sizeof *files);
	dag->files = files;
	dag->file_count = (uint32_t)count;
}

void parse_dag(struct dag *dag, const struct node *root, const struct dag_reading *reading)
{
	struct arena arena;
	struct draft draft = {.dag = dag,
			      .report = reading->report,
			      .reading = reading,
			      .arena = &arena,
			      .search_budget = LIMIT_SEARCH_STEPS};

	arena_init(&arena);
	set_defaults(dag);
	draft.root = layers_dag(&arena, root, reading->folders, reading->folder_count);
	draft.env = node_get_entry(draft.root, "env");
	check_keys(&draft);
	read_keys(&draft);
	parse_tasks(&draft);
	parse_templates(&draft);
	keep_files(&draft);
	close_draft(&draft);
	arena_close(&arena);
}
