/* parse_env.c - see parse_env.h. */
#include "model/parse_env.h"

#include "base/str.h"
#include "model/limits.h"
#include "model/parse_value.h"

#include <string.h>

static bool env_name_is_valid(const char *name)
{
	return id_is_valid(name, false) && strchr(name, '-') == NULL;
}

static bool check_name(struct draft *draft, const struct node *key)
{
	if (!env_name_is_valid(key->text)) {
		report_add(draft->report, key->place,
			   "%s is no name for the environment: a letter or '_', then letters, "
			   "digits, '_', at most 100 in all",
			   report_quote(draft->report, key->text));
		return false;
	}
	if (str_starts_with(key->text, "HEDDLE_")) {
		report_add(draft->report, key->place,
			   "'%s' in env: names that begin with HEDDLE_ are set by Heddle",
			   key->text);
		return false;
	}
	return true;
}

/* Reads one variable; false = it is wrong. */
static bool read_variable(struct draft *draft, const struct node_entry *entry, uint32_t task,
			  struct env_var *var)
{
	const char *name = entry->key->text;
	const char *text;

	/* The kernel bounds name=value as one text. */
	if (!check_name(draft, entry->key) ||
	    !value_templated_scalar(draft->report, name, entry->value,
				    LIMIT_ARGUMENT_BYTES - strlen(name) - 1, &text))
		return false;
	draft_add_template(draft, entry->value, text, NULL, task, SPOT_ENV);
	*var = (struct env_var){draft_keep(draft, name), draft_keep(draft, text)};
	return true;
}

static const struct env_cache *find_cached(const struct draft *draft, const struct node *value)
{
	/* Most tasks share the newest or have one of their own. */
	for (size_t i = draft->envs.count; i > 0 && draft->envs.count - i < 4; i--)
		if (draft->envs.items[i - 1].map == value)
			return &draft->envs.items[i - 1];
	if (draft->envs.count > 0 && draft->envs.items[0].map == value)
		return &draft->envs.items[0];
	return NULL;
}

static void read_map(struct draft *draft, const struct node *value, uint32_t task,
		     struct env_cache *read)
{
	struct env_var *vars = arena_alloc(&draft->dag->arena, value->count * sizeof *vars);
	size_t before = draft->templates.count;

	*read = (struct env_cache){.map = value, .vars = vars};
	for (uint32_t i = 0; i < value->count; i++)
		if (read_variable(draft, &value->entries[i], task, &vars[read->count]))
			read->count++;
	read->has_templates = draft->templates.count > before;
	vec_push(&draft->envs, *read);
}

size_t parse_env(struct draft *draft, const struct node *value, uint32_t task,
		 const struct env_var **vars, uint32_t *count)
{
	const struct env_cache *cached;
	struct env_cache read;
	size_t bytes = 0;

	if (!value_is_map(draft->report, "env", value))
		return 0;
	cached = find_cached(draft, value);
	if (cached == NULL)
		read_map(draft, value, task, &read);
	else
		read = *cached;
	*vars = read.vars;
	*count = read.count;
	if (task != NO_TASK && read.has_templates)
		draft->tasks[task].task->has_templates = true;
	for (uint32_t i = 0; i < read.count; i++)
		bytes += strlen(read.vars[i].name) + strlen(read.vars[i].value) + 2;
	return bytes;
}

const char *const *parse_words(struct draft *draft, const char *name, const struct node *value,
			       size_t max_bytes)
{
	uint32_t count = value->type == NODE_LIST ? value->count : 1;
	const char **words;
	const char *text;
	uint32_t kept = 0;

	if (value->type != NODE_LIST && value->type != NODE_TEXT) {
		value_mismatch(draft->report, name, value, "a list of texts");
		return NULL;
	}
	words = arena_alloc(&draft->dag->arena, ((size_t)count + 1) * sizeof *words);
	for (uint32_t i = 0; i < count; i++)
		if (value_word(draft->report, name,
			       value->type == NODE_LIST ? value->items[i] : value, max_bytes,
			       &text))
			words[kept++] = draft_keep(draft, text);
	return words;
}
