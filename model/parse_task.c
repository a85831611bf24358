/* parse_task.c - list or map of tasks -> struct task; see parse_task.h.
 *
 * First all ids, so that depends_on may name tasks further down; then each task's own keys, with
 * the defaults below them; then the edges; and once all names are known, the cycles. An error of
 * one step never keeps the next from looking at the rest. */
#include "model/parse_task.h"

#include "base/str.h"
#include "model/keys.h"
#include "model/layers.h"
#include "model/limits.h"
#include "model/names.h"
#include "model/parse_action.h"
#include "model/parse_env.h"
#include "model/parse_order.h"
#include "model/parse_output.h"
#include "model/parse_policy.h"
#include "model/parse_value.h"

#include <string.h>

/* The keys of a dag that hold tasks. */
static const struct {
	const char *key;
	enum task_hook hook;
} parts[] = {
    {"tasks", HOOK_NONE},
    {"on_success", HOOK_SUCCESS},
    {"on_failure", HOOK_FAILURE},
    {"on_exit", HOOK_EXIT},
};

#define PART_COUNT (sizeof parts / sizeof parts[0])

/* What is being read: one of the parts. */
struct part {
	const char *key;
	enum task_hook hook;
	const struct node *value; /* NULL = the dag has none */
	uint32_t first;           /* position of its first task */
	uint32_t count;
};

static uint32_t position_of(const struct draft *draft, const struct draft_task *task)
{
	return (uint32_t)(task - draft->tasks);
}

static void read_description(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char *text;

	if (value_text(draft->report, "description", value, LIMIT_DESCRIPTION_BYTES, &text))
		own->task->description = draft_keep(draft, text);
}

static void read_depends_on(struct draft *draft, struct draft_task *own, const struct node *value)
{
	if (value->type == NODE_LIST || value->type == NODE_TEXT)
		own->depends = value;
	else
		value_mismatch(draft->report, "depends_on", value, "a list of task ids");
}

static void read_when(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char *text;

	if (value->type == NODE_BOOL && !value->is_faulty) {
		own->task->when = draft_keep(draft, value->text);
	} else if (value_templated(draft->report, "when", value, LIMIT_PATTERN_BYTES, &text)) {
		own->task->when = draft_keep(draft, text);
		draft_add_template(draft, value, text, NULL, position_of(draft, own), SPOT_WHEN);
	}
}

static void read_allow_failure(struct draft *draft, struct draft_task *own,
			       const struct node *value)
{
	(void)value_bool(draft->report, "allow_failure", value, &own->task->allow_failure);
}

static void read_group(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const char *text;

	if (value_word(draft->report, "group", value, LIMIT_WORD_BYTES, &text))
		own->task->group = draft_keep(draft, text);
}

static void read_inputs(struct draft *draft, struct draft_task *own, const struct node *value)
{
	own->task->inputs = parse_words(draft, "inputs", value, LIMIT_WORD_BYTES);
}

static void read_outlets(struct draft *draft, struct draft_task *own, const struct node *value)
{
	own->task->outlets = parse_words(draft, "outlets", value, LIMIT_WORD_BYTES);
}

/* The id was read before all else; in a map it is the key. */
static void read_id(struct draft *draft, struct draft_task *own, const struct node *value)
{
	const struct node *tasks = node_get(draft->root, "tasks");

	if (own->task->hook == HOOK_NONE && tasks->type == NODE_MAP)
		report_add(draft->report, value->place,
			   "'id' twice: in a map of tasks the key %s is the id",
			   report_quote(draft->report, own->id == NULL ? "" : own->id));
}

static const struct {
	const char *key;
	void (*read)(struct draft *draft, struct draft_task *own, const struct node *value);
} readers[] = {
    {"id", read_id},
    {"description", read_description},
    {"depends_on", read_depends_on},
    {"when", read_when},
    {"allow_failure", read_allow_failure},
    {"group", read_group},
    {"inputs", read_inputs},
    {"outlets", read_outlets},
};

static void read_supported(struct draft *draft, struct draft_task *own, const char *name,
			   const struct node *value)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (readers[i].key[0] == name[0] && strcmp(readers[i].key, name) == 0) {
			readers[i].read(draft, own, value);
			return;
		}
	if (!parse_policy_key(draft, own, name, value))
		(void)parse_action_key(draft, own, name, value);
}

/* False = a second action. */
static bool take_action(struct draft *draft, struct draft_task *own, const struct node *key)
{
	if (own->action != NULL) {
		report_add(draft->report, key->place,
			   "two actions in one task: '%s' and '%s' (a task has exactly one)",
			   own->action, key->text);
		return false;
	}
	own->action = key->text;
	return true;
}

static void read_unknown(struct draft *draft, struct draft_task *own, const struct node *name)
{
	const struct key *guess = key_guess(draft->report, name->text, LEVEL_TASK);

	key_report_unknown(draft->report, name->place, name->text, LEVEL_TASK);
	/* That there is no action would be the echo of this error. */
	if (guess != NULL && guess->is_action && own->action == NULL)
		own->action = guess->name;
}

static void read_key(struct draft *draft, struct draft_task *own, const struct node_entry *entry)
{
	const struct key *key = key_find(entry->key->text, LEVEL_TASK);

	if (key == NULL)
		read_unknown(draft, own, entry->key);
	else if (key->is_action && !take_action(draft, own, entry->key))
		return;
	else if (key->is_supported)
		read_supported(draft, own, key->name, entry->value);
	else
		report_add(draft->report, entry->key->place, "%s '%s' is not supported yet",
			   key->is_action ? "action" : "key", key->name);
}

/* For a message. */
static const char *name_of(struct report *report, const struct draft_task *own)
{
	return own->id == NULL
		   ? "the task"
		   : arena_printf(&report->arena, "task %s", report_quote(report, own->id));
}

static void check_task(struct draft *draft, struct draft_task *own)
{
	struct report *report = draft->report;

	if (own->action == NULL && !own->node->is_faulty)
		report_add(report, own->place, "%s has no action: give it a 'command'",
			   name_of(report, own));
	if (own->launch_bytes > LIMIT_LAUNCH_BYTES)
		report_add(report, own->place,
			   "%s: command and env take %zu bytes together: at most %u",
			   name_of(report, own), own->launch_bytes, LIMIT_LAUNCH_BYTES);
}

static void read_task(struct draft *draft, struct draft_task *own)
{
	own->node = layers_task(draft->arena, own->node, draft->task_defaults, draft->env);
	for (uint32_t i = 0; i < own->node->count; i++)
		read_key(draft, own, &own->node->entries[i]);
	parse_policy_end(draft, own);
	parse_action_end(draft, own);
	check_task(draft, own);
}

/* The value of the task's id, also where the key is another tool's word or misspelt: the wrong key
 * is told in its turn, and tasks that depend on this one are not to be told of an unknown task. */
static const struct node *find_id(struct draft *draft, const struct node *node)
{
	const struct node *id = node_get(node, "id");

	for (uint32_t i = 0; id == NULL && i < node->count; i++) {
		const char *name = node->entries[i].key->text;
		const struct key *guess = key_find(name, LEVEL_TASK) != NULL
					      ? NULL
					      : key_guess(draft->report, name, LEVEL_TASK);

		if (guess != NULL && strcmp(guess->name, "id") == 0)
			id = node->entries[i].value;
	}
	return id;
}

/* "a-b" and "a_b" are one name where ids become part of names in the environment. */
static void check_meeting(struct draft *draft, const struct draft_task *own, struct place place)
{
	char *name = arena_strdup(&draft->report->arena, own->id);
	uint32_t other;

	for (char *c = name; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	other = names_add(&draft->folded, name, position_of(draft, own));
	if (other != NAMES_NONE)
		report_add(draft->report, place,
			   "task ids '%s' and '%s' meet in the environment, where '-' becomes '_'",
			   draft->tasks[other].id, own->id);
}

/* Makes an id known; is_valid is false for one that no task can have, but depends_on may name. */
static void enter_id(struct draft *draft, struct draft_task *own, struct place place, bool is_valid)
{
	uint32_t first;

	own->task->id = draft_keep(draft, own->id);
	first = names_add(&draft->ids, own->task->id, position_of(draft, own));
	if (first != NAMES_NONE)
		report_add(draft->report, place, "duplicate task id %s (first on line %u)",
			   report_quote(draft->report, own->id), draft->tasks[first].place.line);
	else if (is_valid)
		check_meeting(draft, own, place);
}

static void take_id(struct draft *draft, struct draft_task *own, const struct node *id)
{
	bool is_valid = value_id(draft->report, "id", id, false, &own->id);

	if (!is_valid)
		own->id = id->text;
	if (own->id != NULL && id->bytes <= LIMIT_ID_BYTES)
		enter_id(draft, own, id->place, is_valid);
}

/* A task of a run's end may do without a name: it gets that of its part and its place there. */
static void name_hook(struct draft *draft, const struct part *part, struct draft_task *own)
{
	own->id = arena_printf(&draft->report->arena, "%s_%u", part->key,
			       position_of(draft, own) - part->first + 1);
	enter_id(draft, own, own->place, true);
}

static void read_listed_task(struct draft *draft, const struct part *part, struct draft_task *own,
			     const struct node *item)
{
	const struct node *id;

	own->place = item->place;
	if (item->type != NODE_MAP) {
		value_mismatch(draft->report, part->key, item, "a list of maps");
		return;
	}
	own->node = item;
	id = find_id(draft, item);
	if (id != NULL)
		take_id(draft, own, id);
	else if (part->hook != HOOK_NONE)
		name_hook(draft, part, own);
	else if (!item->is_faulty)
		report_add(draft->report, item->place, "the task has no 'id'");
}

static void read_named_task(struct draft *draft, struct draft_task *own,
			    const struct node_entry *entry)
{
	own->place = entry->key->place;
	take_id(draft, own, entry->key);
	if (entry->value->type == NODE_MAP)
		own->node = entry->value;
	else
		value_mismatch(draft->report,
			       own->id != NULL && id_is_valid(own->id, false) ? own->id : "task",
			       entry->value, "a map of the task's keys");
}

static void begin_task(struct draft *draft, const struct part *part, struct draft_task *own)
{
	struct task *task = &draft->dag->tasks[position_of(draft, own)];

	own->task = task;
	own->policy = task_policy_default;
	task->id = "";
	task->retry_delay_ms = DEFAULT_RETRY_DELAY_MS;
	task->policy = &task_policy_default;
	task->pool = POOL_COMMON;
	task->slots = 1;
	task->hook = part->hook;
}

static void read_ids(struct draft *draft, const struct part *part)
{
	for (uint32_t i = 0; i < part->count; i++) {
		struct draft_task *own = &draft->tasks[part->first + i];

		begin_task(draft, part, own);
		if (part->value->type == NODE_MAP)
			read_named_task(draft, own, &part->value->entries[i]);
		else
			read_listed_task(draft, part, own, part->value->items[i]);
		own->task->line = own->place.line;
	}
}

/* The tasks in the value of the key, or 0 with the reason reported. */
static uint32_t count_tasks(const struct part *part, struct report *report)
{
	const struct node *value = part->value;
	bool is_run = part->hook == HOOK_NONE;

	if (value == NULL)
		return 0;
	if (value->type != NODE_LIST && (value->type != NODE_MAP || !is_run)) {
		value_mismatch(report, part->key, value,
			       is_run ? "a list of tasks or a map of tasks by id"
				      : "a list of tasks");
		return 0;
	}
	if (value->count == 0 && is_run && !value->is_faulty)
		report_add(report, value->place, "'tasks' is empty: a dag has at least one task");
	if (value->count <= LIMIT_TASKS)
		return value->count;
	report_syntax(report, value->place, "%u tasks in one dag: at most %u", value->count,
		      LIMIT_TASKS);
	return 0;
}

/* Keeps those keys of `defaults` that reach tasks, and reports the others once. */
static void read_defaults(struct draft *draft)
{
	const struct node *defaults = node_get(draft->root, "defaults");
	struct node *kept;
	struct node_entry *entries;

	if (defaults == NULL || !value_is_map(draft->report, "defaults", defaults))
		return;
	kept = arena_alloc(draft->arena, sizeof *kept);
	*kept = *defaults;
	kept->count = 0;
	entries = arena_alloc(draft->arena, defaults->count * sizeof *entries);
	kept->entries = entries;
	for (uint32_t i = 0; i < defaults->count; i++) {
		const struct node *name = defaults->entries[i].key;
		const struct key *key = key_find(name->text, LEVEL_TASK);

		if (key == NULL)
			key_report_unknown(draft->report, name->place, name->text, LEVEL_TASK);
		else if (!key_may_be_default(key))
			report_add(draft->report, name->place,
				   "'%s' cannot stand in defaults: each task has its own",
				   name->text);
		else if (!key->is_supported)
			report_add(draft->report, name->place, "key '%s' is not supported yet",
				   name->text);
		else
			entries[kept->count++] = defaults->entries[i];
	}
	draft->task_defaults = kept;
}

/* NULL also for a part that is not supported yet, which is told where the keys are checked. */
static const struct node *part_value(const struct draft *draft, const char *name)
{
	const struct key *key = key_find(name, LEVEL_DAG);

	return key != NULL && key->is_supported ? node_get(draft->root, name) : NULL;
}

/* Finds the parts and gives each its positions. Returns the tasks of all. */
static uint32_t find_parts(struct draft *draft, struct part found[PART_COUNT])
{
	uint32_t total = 0;

	for (size_t i = 0; i < PART_COUNT; i++) {
		found[i] = (struct part){.key = parts[i].key,
					 .hook = parts[i].hook,
					 .value = part_value(draft, parts[i].key),
					 .first = total};
		found[i].count = count_tasks(&found[i], draft->report);
		total += found[i].count;
	}
	draft->dag->hook_count = total - found[0].count;
	return total;
}

void parse_tasks(struct draft *draft)
{
	struct part found[PART_COUNT];

	read_defaults(draft);
	draft->task_count = find_parts(draft, found);
	if (draft->task_count == 0)
		return;
	draft->tasks = mem_alloc(draft->task_count * sizeof *draft->tasks);
	draft->dag->tasks =
	    arena_alloc(&draft->dag->arena, draft->task_count * sizeof *draft->dag->tasks);
	draft->dag->task_count = draft->task_count;
	for (size_t i = 0; i < PART_COUNT; i++)
		read_ids(draft, &found[i]);
	for (uint32_t i = 0; i < draft->task_count; i++)
		if (draft->tasks[i].node != NULL)
			read_task(draft, &draft->tasks[i]);
	if (!draft->reading->is_kept)
		parse_outputs_meet(draft);
	parse_order(draft);
}
