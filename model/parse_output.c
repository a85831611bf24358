/* parse_output.c - see parse_output.h. */
#include "model/parse_output.h"

#include "base/str.h"
#include "model/limits.h"
#include "model/outputs.h"
#include "model/parse_value.h"

#include <string.h>

/* stdout | stdout.last_line | stdout.json [.PART]... */
static bool read_source(const char *text, struct task_output *output)
{
	output->path = "";
	if (strcmp(text, "stdout") == 0)
		output->source = OUTPUT_STDOUT;
	else if (strcmp(text, "stdout.last_line") == 0)
		output->source = OUTPUT_LAST_LINE;
	else if (strcmp(text, "stdout.json") == 0 || str_starts_with(text, "stdout.json."))
		output->source = OUTPUT_JSON;
	else
		return false;
	if (output->source == OUTPUT_JSON && text[strlen("stdout.json")] == '.')
		output->path = text + strlen("stdout.json.");
	return output->source != OUTPUT_JSON || text[strlen("stdout.json")] == '\0' ||
	       (*output->path != '\0' && !str_ends_with(output->path, ".") &&
		strstr(output->path, "..") == NULL && output->path[0] != '.');
}

static bool read_output(struct draft *draft, const struct node_entry *entry,
			struct task_output *output)
{
	const char *name;
	const char *text;

	if (!value_id(draft->report, "output", entry->key, false, &name) ||
	    !value_word(draft->report, name, entry->value, LIMIT_WORD_BYTES, &text))
		return false;
	if (!read_source(text, output)) {
		report_add(draft->report, entry->value->place,
			   "output '%s' cannot come from %s: write stdout, stdout.last_line or "
			   "stdout.json, as in stdout.json.count",
			   name, report_quote(draft->report, text));
		return false;
	}
	output->name = draft_keep(draft, name);
	output->path = draft_keep(draft, output->path);
	return true;
}

/* Where the names of two tasks meet, their outputs do, too, and that has been told. */
static bool tasks_meet(const struct draft_task *own, const struct draft_task *other)
{
	struct str left = STR_INIT;
	struct str right = STR_INIT;
	bool meet;

	outputs_env_name(own->id, "", &left);
	outputs_env_name(other->id, "", &right);
	meet = own != other && strcmp(str_text(&left), str_text(&right)) == 0;
	str_close(&left);
	str_close(&right);
	return meet;
}

static void add_env_name(struct draft *draft, struct names *names, uint32_t task,
			 const struct node *key)
{
	const struct draft_task *own = &draft->tasks[task];
	struct str name = STR_INIT;
	uint32_t other;

	outputs_env_name(own->id, key->text, &name);
	other = names_add(names, arena_strdup(&draft->report->arena, str_text(&name)), task);
	if (other != NAMES_NONE && !tasks_meet(own, &draft->tasks[other]))
		report_add(
		    draft->report, key->place,
		    "output '%s' of task '%s' meets another of task '%s' in the environment: "
		    "both are %s",
		    key->text, own->id, draft->tasks[other].id, str_text(&name));
	str_close(&name);
}

void parse_outputs_meet(struct draft *draft)
{
	struct names names = {0};

	for (uint32_t i = 0; i < draft->task_count; i++) {
		const struct draft_task *own = &draft->tasks[i];
		const struct node *outputs =
		    own->task->output_count == 0 ? NULL : node_get(own->node, "outputs");

		for (uint32_t j = 0; outputs != NULL && own->id != NULL && j < outputs->count; j++)
			add_env_name(draft, &names, i, outputs->entries[j].key);
	}
	names_close(&names);
}

void parse_outputs(struct draft *draft, struct draft_task *own, const struct node *value)
{
	struct task_output *outputs;

	if (!value_is_map(draft->report, "outputs", value))
		return;
	if (value->count > LIMIT_PARAMS) {
		report_add(draft->report, value->place, "%u outputs of one task: at most %u",
			   value->count, LIMIT_PARAMS);
		return;
	}
	outputs = arena_alloc(&draft->dag->arena, value->count * sizeof *outputs);
	own->task->outputs = outputs;
	for (uint32_t i = 0; i < value->count; i++)
		if (read_output(draft, &value->entries[i], &outputs[own->task->output_count]))
			own->task->output_count++;
}
