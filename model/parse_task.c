/* parse_task.c - list or map of tasks -> struct task; see parse_task.h.
 *
 * First all ids, so that depends_on may name tasks further down; then each task's own keys; then
 * the edges; and once all names are known, the cycles. An error of one step never keeps the next
 * from looking at the rest. */
#include "model/parse_task.h"

#include "base/str.h"
#include "base/vec.h"
#include "model/cycle.h"
#include "model/keys.h"
#include "model/limits.h"
#include "model/names.h"
#include "model/parse_value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_NAMES_SHOWN 20

/* One task as it is read. */
struct draft {
	struct task *task;
	const struct node *node;    /* its keys; NULL = it has none that can be read */
	struct place place;         /* for errors of the whole task */
	const char *id;             /* also of one that is not valid; NULL = none */
	const char *action;         /* the first one seen */
	const struct node *depends; /* value of depends_on */
	size_t launch_bytes;
	uint32_t first_edge;
};

struct edge {
	uint32_t upstream;
	struct place place;
};

struct tasks {
	struct dag *dag;
	struct report *report;
	struct draft *drafts;
	uint32_t count;
	bool is_by_id; /* a map: the ids are its keys */
	struct names ids;
	const char **id_list; /* of ids, NULL-terminated; NULL = not needed so far */
	VEC(struct edge) edges;
};

/* Copies a text of the tree, which dies before the dag. */
static const char *keep(struct tasks *tasks, const char *text)
{
	return arena_strdup(&tasks->dag->arena, text);
}

static void read_description(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	const char *text;

	if (value_text(tasks->report, "description", value, LIMIT_DESCRIPTION_BYTES, &text))
		draft->task->description = keep(tasks, text);
}

static void read_argv(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	const char **argv =
	    arena_alloc(&tasks->dag->arena, ((size_t)value->count + 1) * sizeof *argv);
	const char *text;

	if (value->count == 0)
		report_add(tasks->report, value->place,
			   "'command' is an empty list: its first item is the program");
	for (uint32_t i = 0; i < value->count; i++) {
		const struct node *item = value->items[i];

		argv[i] = "";
		if (i == 0
			? !value_word(tasks->report, "command", item, LIMIT_ARGUMENT_BYTES, &text)
			: !value_scalar(tasks->report, "command", item, LIMIT_ARGUMENT_BYTES,
					&text))
			continue;
		argv[i] = keep(tasks, text);
		draft->launch_bytes += strlen(text) + 1;
	}
	draft->task->argv = argv;
}

static void read_command(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	const char *text;

	if (value->type == NODE_LIST && !value->is_faulty) {
		read_argv(tasks, draft, value);
	} else if (value->type == NODE_MAP || value->type == NODE_NULL) {
		value_mismatch(tasks->report, "command", value, "text or a list");
	} else if (value_word(tasks->report, "command", value, LIMIT_ARGUMENT_BYTES, &text)) {
		draft->task->command = keep(tasks, text);
		draft->launch_bytes += strlen(text) + 1;
	}
}

static void read_depends_on(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	if (value->type == NODE_LIST || value->type == NODE_TEXT)
		draft->depends = value;
	else
		value_mismatch(tasks->report, "depends_on", value, "a list of task ids");
}

static bool env_name_is_valid(const char *name)
{
	return id_is_valid(name, false) && strchr(name, '-') == NULL;
}

static bool check_env_name(struct tasks *tasks, const struct node *key)
{
	if (!env_name_is_valid(key->text)) {
		report_add(tasks->report, key->place,
			   "%s is no name for the environment: a letter or '_', then letters, "
			   "digits, '_', at most 100 in all",
			   report_quote(tasks->report, key->text));
		return false;
	}
	if (str_starts_with(key->text, "HEDDLE_")) {
		report_add(tasks->report, key->place,
			   "'%s' in env: names that begin with HEDDLE_ are set by Heddle",
			   key->text);
		return false;
	}
	return true;
}

static void read_env(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	struct env_var *env;

	if (!value_is_map(tasks->report, "env", value))
		return;
	env = arena_alloc(&tasks->dag->arena, value->count * sizeof *env);
	draft->task->env = env;
	for (uint32_t i = 0; i < value->count; i++) {
		const struct node *key = value->entries[i].key;
		size_t room = LIMIT_ARGUMENT_BYTES;
		const char *text;

		/* The kernel bounds name=value as one text. */
		if (!check_env_name(tasks, key) ||
		    !value_scalar(tasks->report, key->text, value->entries[i].value,
				  room - strlen(key->text) - 1, &text))
			continue;
		env[draft->task->env_count++] =
		    (struct env_var){keep(tasks, key->text), keep(tasks, text)};
		draft->launch_bytes += strlen(key->text) + strlen(text) + 2;
	}
}

static void read_cwd(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	const char *text;

	if (value_word(tasks->report, "cwd", value, PATH_MAX - 1, &text))
		draft->task->cwd = keep(tasks, text);
}

static void read_timeout(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	int64_t timeout_ms;

	if (!value_duration(tasks->report, "timeout", value, &timeout_ms))
		return;
	if (timeout_ms == 0)
		report_add(tasks->report, value->place,
			   "'timeout' must be longer than 0: leave it out for none");
	draft->task->timeout_ms = timeout_ms;
}

static void read_retries(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	int64_t retries;

	if (value_integer(tasks->report, "retries", value, 0, LIMIT_RETRIES, &retries))
		draft->task->retries = (uint32_t)retries;
}

static void read_retry_delay(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	(void)value_duration(tasks->report, "retry_delay", value, &draft->task->retry_delay_ms);
}

/* The id was read before all else. */
static void read_id(struct tasks *tasks, struct draft *draft, const struct node *value)
{
	if (tasks->is_by_id)
		report_add(tasks->report, value->place,
			   "'id' twice: in a map of tasks the key %s is the id",
			   report_quote(tasks->report, draft->id == NULL ? "" : draft->id));
}

static const struct {
	const char *key;
	void (*read)(struct tasks *tasks, struct draft *draft, const struct node *value);
} readers[] = {
    {"id", read_id},
    {"command", read_command},
    {"depends_on", read_depends_on},
    {"env", read_env},
    {"cwd", read_cwd},
    {"timeout", read_timeout},
    {"retries", read_retries},
    {"retry_delay", read_retry_delay},
    {"description", read_description},
};

static void read_supported(struct tasks *tasks, struct draft *draft, const char *name,
			   const struct node *value)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].key, name) == 0)
			readers[i].read(tasks, draft, value);
}

/* False = a second action. */
static bool take_action(struct tasks *tasks, struct draft *draft, const struct node *key)
{
	if (draft->action != NULL) {
		report_add(tasks->report, key->place,
			   "two actions in one task: '%s' and '%s' (a task has exactly one)",
			   draft->action, key->text);
		return false;
	}
	draft->action = key->text;
	return true;
}

static void read_unknown(struct tasks *tasks, struct draft *draft, const struct node *name)
{
	const struct key *guess = key_guess(tasks->report, name->text, LEVEL_TASK);

	key_report_unknown(tasks->report, name->place, name->text, LEVEL_TASK);
	/* That there is no action would be the echo of this error. */
	if (guess != NULL && guess->is_action && draft->action == NULL)
		draft->action = guess->name;
}

static void read_key(struct tasks *tasks, struct draft *draft, const struct node_entry *entry)
{
	const struct key *key = key_find(entry->key->text, LEVEL_TASK);

	if (key == NULL)
		read_unknown(tasks, draft, entry->key);
	else if (key->is_action && !take_action(tasks, draft, entry->key))
		return;
	else if (key->is_supported)
		read_supported(tasks, draft, key->name, entry->value);
	else
		report_add(tasks->report, entry->key->place, "%s '%s' is not supported yet",
			   key->is_action ? "action" : "key", key->name);
}

static void read_task(struct tasks *tasks, struct draft *draft)
{
	struct report *report = tasks->report;
	const char *name = draft->id == NULL ? "the task"
					     : arena_printf(&report->arena, "task %s",
							    report_quote(report, draft->id));

	for (uint32_t i = 0; i < draft->node->count; i++)
		read_key(tasks, draft, &draft->node->entries[i]);
	if (draft->action == NULL && !draft->node->is_faulty)
		report_add(report, draft->place, "%s has no action: give it a 'command'", name);
	if (draft->launch_bytes > LIMIT_LAUNCH_BYTES)
		report_add(report, draft->place,
			   "%s: command and env take %zu bytes together: at most %u", name,
			   draft->launch_bytes, LIMIT_LAUNCH_BYTES);
}

/* The value of the task's id, also where the key is another tool's word or misspelt: the wrong key
 * is told in its turn, and tasks that depend on this one are not to be told of an unknown task. */
static const struct node *find_id(struct tasks *tasks, const struct node *node)
{
	const struct node *id = node_get(node, "id");

	for (uint32_t i = 0; id == NULL && i < node->count; i++) {
		const char *name = node->entries[i].key->text;
		const struct key *guess = key_find(name, LEVEL_TASK) != NULL
					      ? NULL
					      : key_guess(tasks->report, name, LEVEL_TASK);

		if (guess != NULL && strcmp(guess->name, "id") == 0)
			id = node->entries[i].value;
	}
	return id;
}

/* "a-b" and "a_b" are one name where ids become part of names in the environment. */
static void check_meeting(struct tasks *tasks, struct names *folded, const struct draft *draft,
			  struct place place)
{
	char *name = arena_strdup(&tasks->report->arena, draft->id);
	uint32_t other;

	for (char *c = name; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	other = names_add(folded, name, (uint32_t)(draft - tasks->drafts));
	if (other != NAMES_NONE)
		report_add(tasks->report, place,
			   "task ids '%s' and '%s' meet in the environment, where '-' becomes '_'",
			   tasks->drafts[other].id, draft->id);
}

/* Checks an id and makes it known, so that depends_on finds also a task whose id is not valid. */
static void take_id(struct tasks *tasks, struct names *folded, struct draft *draft,
		    const struct node *id)
{
	uint32_t position = (uint32_t)(draft - tasks->drafts);
	bool is_valid = value_id(tasks->report, "id", id, false, &draft->id);
	uint32_t first;

	if (!is_valid)
		draft->id = id->text;
	if (draft->id == NULL || id->bytes > LIMIT_ID_BYTES)
		return;
	draft->task->id = keep(tasks, draft->id);
	first = names_add(&tasks->ids, draft->id, position);
	if (first != NAMES_NONE)
		report_add(tasks->report, id->place, "duplicate task id %s (first on line %u)",
			   report_quote(tasks->report, draft->id), tasks->drafts[first].place.line);
	else if (is_valid)
		check_meeting(tasks, folded, draft, id->place);
}

static void read_listed_task(struct tasks *tasks, struct names *folded, struct draft *draft,
			     const struct node *item)
{
	const struct node *id;

	draft->place = item->place;
	if (item->type != NODE_MAP) {
		value_mismatch(tasks->report, "tasks", item, "a list of maps");
		return;
	}
	draft->node = item;
	id = find_id(tasks, item);
	if (id != NULL)
		take_id(tasks, folded, draft, id);
	else if (!item->is_faulty)
		report_add(tasks->report, item->place, "the task has no 'id'");
}

static void read_named_task(struct tasks *tasks, struct names *folded, struct draft *draft,
			    const struct node_entry *entry)
{
	draft->place = entry->key->place;
	take_id(tasks, folded, draft, entry->key);
	if (entry->value->type == NODE_MAP)
		draft->node = entry->value;
	else
		value_mismatch(tasks->report, id_is_valid(draft->id, false) ? draft->id : "task",
			       entry->value, "a map of the task's keys");
}

static void read_ids(struct tasks *tasks, const struct node *value)
{
	struct names folded = {0};

	for (uint32_t i = 0; i < tasks->count; i++) {
		struct draft *draft = &tasks->drafts[i];

		draft->task = &tasks->dag->tasks[i];
		draft->task->id = "";
		draft->task->retry_delay_ms = DEFAULT_RETRY_DELAY_MS;
		if (tasks->is_by_id)
			read_named_task(tasks, &folded, draft, &value->entries[i]);
		else
			read_listed_task(tasks, &folded, draft, value->items[i]);
		draft->task->line = draft->place.line;
	}
	names_close(&folded);
}

/* All ids as str_nearest wants them, made when the first is looked for. */
static const char *const *all_ids(struct tasks *tasks)
{
	if (tasks->id_list == NULL) {
		tasks->id_list = mem_alloc((tasks->ids.count + 1) * sizeof *tasks->id_list);
		for (size_t i = 0; i < tasks->ids.count; i++)
			tasks->id_list[i] = tasks->ids.items[i].text;
	}
	return tasks->id_list;
}

static void report_unknown_task(struct tasks *tasks, struct place place, const char *id)
{
	const char *nearest = report_nearest(tasks->report, id, all_ids(tasks), tasks->ids.count);

	if (nearest == NULL)
		report_add(tasks->report, place, "unknown task %s",
			   report_quote(tasks->report, id));
	else
		report_add(tasks->report, place, "unknown task %s (did you mean '%s'?)",
			   report_quote(tasks->report, id), nearest);
}

/* One entry of depends_on. last_user tells, for each task, which one named it last. */
static void link_one(struct tasks *tasks, uint32_t position, const struct node *entry,
		     uint32_t *last_user)
{
	struct edge edge = {.place = entry->place};
	const char *id;

	if (!value_name(tasks->report, "depends_on", entry, &id))
		return;
	/* No longer text is the id of a task. */
	edge.upstream = entry->bytes > LIMIT_ID_BYTES ? NAMES_NONE : names_find(&tasks->ids, id);
	if (edge.upstream == NAMES_NONE)
		report_unknown_task(tasks, entry->place, id);
	else if (edge.upstream == position)
		report_add(tasks->report, entry->place, "task %s depends on itself",
			   report_quote(tasks->report, id));
	else if (last_user[edge.upstream] == position)
		report_add(tasks->report, entry->place, "%s stands twice in depends_on",
			   report_quote(tasks->report, id));
	else if (tasks->edges.count == LIMIT_EDGES)
		report_syntax(tasks->report, entry->place,
			      "more than %u entries of depends_on in one dag", LIMIT_EDGES);
	else
		vec_push(&tasks->edges, edge);
	if (edge.upstream != NAMES_NONE)
		last_user[edge.upstream] = position;
}

static void link_all(struct tasks *tasks)
{
	uint32_t *last_user = mem_alloc(tasks->count * sizeof *last_user);

	for (uint32_t i = 0; i < tasks->count; i++)
		last_user[i] = UINT32_MAX;
	for (uint32_t i = 0; i < tasks->count && !report_is_full(tasks->report); i++) {
		struct draft *draft = &tasks->drafts[i];
		const struct node *depends = draft->depends;

		draft->first_edge = (uint32_t)tasks->edges.count;
		if (depends != NULL && depends->type == NODE_LIST)
			for (uint32_t k = 0; k < depends->count; k++)
				link_one(tasks, i, depends->items[k], last_user);
		else if (depends != NULL)
			link_one(tasks, i, depends, last_user);
		draft->task->upstream_count = (uint32_t)tasks->edges.count - draft->first_edge;
	}
	mem_free(last_user);
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static void store_upstream(struct tasks *tasks)
{
	uint32_t *upstream = arena_alloc(&tasks->dag->arena, tasks->edges.count * sizeof *upstream);

	for (size_t i = 0; i < tasks->edges.count; i++)
		upstream[i] = tasks->edges.items[i].upstream;
	for (uint32_t i = 0; i < tasks->count; i++) {
		struct draft *draft = &tasks->drafts[i];
		struct task *task = draft->task;

		task->upstream = upstream + draft->first_edge;
		qsort(upstream + draft->first_edge, task->upstream_count, sizeof *upstream,
		      compare_positions);
		for (uint32_t k = 0; k < task->upstream_count; k++)
			tasks->dag->tasks[task->upstream[k]].downstream_count++;
	}
}

/* Tasks are gone through in order, so that each list comes out ascending. */
static void store_downstream(struct tasks *tasks)
{
	struct task *all = tasks->dag->tasks;
	uint32_t *room = arena_alloc(&tasks->dag->arena, tasks->edges.count * sizeof *room);
	uint32_t **end = mem_alloc(tasks->count * sizeof *end);

	for (uint32_t i = 0; i < tasks->count; i++) {
		all[i].downstream = room;
		end[i] = room;
		room += all[i].downstream_count;
	}
	for (uint32_t i = 0; i < tasks->count; i++)
		for (uint32_t k = 0; k < all[i].upstream_count; k++)
			*end[all[i].upstream[k]]++ = i;
	mem_free(end);
}

/* The place where a task names another as its upstream. */
static struct place edge_place(const struct tasks *tasks, uint32_t task, uint32_t upstream)
{
	const struct edge *edge = &tasks->edges.items[tasks->drafts[task].first_edge];

	while (edge->upstream != upstream)
		edge++;
	return edge->place;
}

/* a -> b -> a; of a long one the beginning and the end. */
static void append_path(const struct task *tasks, const uint32_t *path, size_t count,
			struct str *out)
{
	size_t half = CYCLE_NAMES_SHOWN / 2;

	for (size_t i = 0; i < count; i++) {
		if (count > CYCLE_NAMES_SHOWN && i == half) {
			str_printf(out, "(%zu more) -> ", count - 2 * half);
			i = count - half;
		}
		str_printf(out, "%.30s -> ", tasks[path[i]].id);
	}
	str_printf(out, "%.30s", tasks[path[0]].id);
}

static void report_cycle(void *context, const uint32_t *path, size_t count)
{
	struct tasks *tasks = context;
	struct str text = STR_INIT;

	append_path(tasks->dag->tasks, path, count, &text);
	report_add(tasks->report, edge_place(tasks, path[0], path[count - 1]),
		   "tasks wait for each other: %s", str_text(&text));
	str_close(&text);
}

/* The tasks in the value of the key, or 0 with the reason reported. */
static uint32_t count_tasks(const struct node *value, struct report *report)
{
	if (value->type != NODE_LIST && value->type != NODE_MAP) {
		value_mismatch(report, "tasks", value, "a list of tasks or a map of tasks by id");
		return 0;
	}
	if (value->count == 0 && !value->is_faulty)
		report_add(report, value->place, "'tasks' is empty: a dag has at least one task");
	if (value->count <= LIMIT_TASKS)
		return value->count;
	report_syntax(report, value->place, "%u tasks in one dag: at most %u", value->count,
		      LIMIT_TASKS);
	return 0;
}

void parse_tasks(struct dag *dag, const struct node *value, struct report *report)
{
	struct tasks tasks = {.dag = dag, .report = report};

	tasks.is_by_id = value->type == NODE_MAP;
	tasks.count = count_tasks(value, report);
	if (tasks.count == 0)
		return;
	tasks.drafts = mem_alloc(tasks.count * sizeof *tasks.drafts);
	dag->tasks = arena_alloc(&dag->arena, tasks.count * sizeof *dag->tasks);
	dag->task_count = tasks.count;
	read_ids(&tasks, value);
	for (uint32_t i = 0; i < tasks.count; i++)
		if (tasks.drafts[i].node != NULL)
			read_task(&tasks, &tasks.drafts[i]);
	link_all(&tasks);
	store_upstream(&tasks);
	store_downstream(&tasks);
	cycle_each(dag->tasks, dag->task_count, report_cycle, &tasks);
	mem_free(tasks.drafts);
	mem_free(tasks.id_list);
	names_close(&tasks.ids);
	vec_close(&tasks.edges);
}
