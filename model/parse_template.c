/* parse_template.c - see parse_template.h. The names are those of DIALECT.md, "Templates". */
#include "model/parse_template.h"

#include "model/limits.h"
#include "model/param.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One text being checked. */
struct check {
	struct draft *draft;
	const struct templated *templated;
	struct arena arena;
	unsigned errors; /* of this text so far */
};

/* More of one text would be told a thousand times what is wrong once. */
#define TEXT_ERRORS_MAX 50u

static const struct draft_task *own_task(const struct check *check)
{
	return check->templated->task == NO_TASK ? NULL
						 : &check->draft->tasks[check->templated->task];
}

/* How many pairs of braces begin up to the offset; at least 1. */
static size_t count_braces(const char *text, size_t offset)
{
	const char *brace = strstr(text, "{{");
	size_t count = 0;

	for (; brace != NULL && (size_t)(brace - text) <= offset; brace = strstr(brace + 2, "{{"))
		count++;
	return count == 0 ? 1 : count;
}

/* The place of the braces that the offset lies behind, found by counting them in the source, where
 * escapes and folds may have moved them; of braces that an escape hides, the place of the value. */
static struct place brace_place(const struct check *check, size_t offset)
{
	const struct node *node = check->templated->node;
	const struct source *source =
	    node->place.source == NULL ? check->draft->report->source : node->place.source;
	struct place place = node->place;
	struct place found = node->place;
	size_t start = node->start;

	for (size_t left = count_braces(node->text, offset); left > 0; left--) {
		const char *brace = memmem(source->text + start, node->end - start, "{{", 2);

		if (brace == NULL || !source_find(source, "{{", start, node->end, &place))
			break;
		found = place;
		place.column += 2;
		start = (size_t)(brace - source->text) + 2;
	}
	found.source = node->place.source;
	return found;
}

/* Of a condition on one line: the character itself. */
static struct place condition_place(const struct check *check, size_t offset)
{
	const struct node *node = check->templated->node;
	struct place place = node->place;
	size_t length = strlen(node->text);
	bool is_as_written = node->end - node->start == length + (node->is_plain ? 0 : 2);

	if (!is_as_written || strchr(node->text, '\n') != NULL)
		return place;
	place.column += node->is_plain ? 0 : 1;
	for (size_t i = 0; i < offset && i < length; i++)
		place.column += ((unsigned char)node->text[i] & 0xc0) != 0x80;
	return place;
}

static uint32_t line_of(const char *text, size_t offset)
{
	uint32_t line = 1;

	for (size_t i = 0; i < offset && text[i] != '\0'; i++)
		line += text[i] == '\n';
	return line;
}

static void report_error(void *context, const struct template_error *error)
{
	struct check *check = context;
	const struct templated *templated = check->templated;
	struct report *report = check->draft->report;

	if (++check->errors > TEXT_ERRORS_MAX)
		return;
	if (templated->file != NULL)
		report_add(report, templated->node->place, "%s:%u: %s", templated->file,
			   line_of(templated->text, error->offset), error->message);
	else if (templated->spot == SPOT_WHEN)
		report_add(report, condition_place(check, error->offset), "'when': %s",
			   error->message);
	else
		report_add(report, brace_place(check, error->offset), "%s", error->message);
}

/* --- names -----------------------------------------------------------------------------------*/

static enum template_class unknown(const struct template_path *path, struct str *why,
				   const char *const *names)
{
	const char *last = path->parts[path->count - 1];
	const char *nearest =
	    names == NULL || strlen(last) > LIMIT_ID_BYTES ? NULL : str_nearest(last, names);

	str_append(why, "unknown name '");
	for (uint32_t i = 0; i < path->count; i++)
		str_printf(why, "%s%.100s", i == 0 ? "" : ".", path->parts[i]);
	str_append_char(why, '\'');
	if (nearest != NULL)
		str_printf(why, " (did you mean '%s'?)", nearest);
	return TEMPLATE_UNKNOWN;
}

/* A name of exactly these parts: "period.start". */
static enum template_class resolve_one_of(const struct template_path *path, struct str *why,
					  const char *const *names)
{
	for (size_t i = 0; path->count == 2 && names[i] != NULL; i++)
		if (strcmp(names[i], path->parts[1]) == 0)
			return TEMPLATE_BOUND;
	return unknown(path, why, names);
}

static enum template_class resolve_date(struct check *check, const struct template_path *path,
					struct str *why)
{
	(void)check;
	return path->count == 1 ? TEMPLATE_BOUND : unknown(path, why, NULL);
}

static enum template_class resolve_period(struct check *check, const struct template_path *path,
					  struct str *why)
{
	static const char *const names[] = {"start", "end", "date", "hour", "id", NULL};

	(void)check;
	return resolve_one_of(path, why, names);
}

static enum template_class resolve_run(struct check *check, const struct template_path *path,
				       struct str *why)
{
	static const char *const names[] = {"id", "kind", NULL};

	(void)check;
	return resolve_one_of(path, why, names);
}

static enum template_class resolve_dag(struct check *check, const struct template_path *path,
				       struct str *why)
{
	static const char *const names[] = {"id", NULL};

	(void)check;
	return resolve_one_of(path, why, names);
}

static enum template_class resolve_task(struct check *check, const struct template_path *path,
					struct str *why)
{
	static const char *const names[] = {"id", "attempt", NULL};

	if (check->templated->spot == SPOT_WHEN && path->count == 2 &&
	    strcmp(path->parts[1], "attempt") == 0) {
		str_append(why, "task.attempt is not known before the task starts");
		return TEMPLATE_UNKNOWN;
	}
	return resolve_one_of(path, why, names);
}

static enum template_class resolve_params(struct check *check, const struct template_path *path,
					  struct str *why)
{
	const struct dag *dag = check->draft->dag;
	const struct param *param = path->count < 2 ? NULL : param_find(dag, path->parts[1]);
	const char **names;
	enum template_class class;

	if (param != NULL && path->count > 2 && param->type != PARAM_LIST &&
	    param->type != PARAM_OBJECT) {
		str_printf(why, "param '%s' is a %s: it has no parts", param->name,
			   param_type_name(param->type));
		return TEMPLATE_UNKNOWN;
	}
	if (param != NULL)
		return param_is_bound(param) ? TEMPLATE_BOUND : TEMPLATE_FREE;
	if (check->draft->reading->is_rehearsal)
		return TEMPLATE_BOUND;
	names = mem_alloc((dag->param_count + 1) * sizeof *names);
	for (uint32_t i = 0; i < dag->param_count; i++)
		names[i] = dag->params[i].name;
	class = unknown(path, why, names);
	mem_free(names);
	return class;
}

/* Whether a is upstream of b, over any number of tasks. Says yes when looking would take too long.
 */
static bool is_upstream(struct draft *draft, uint32_t a, uint32_t b)
{
	const struct task *tasks = draft->dag->tasks;
	uint8_t *seen = mem_alloc(draft->task_count);
	uint32_t *stack = mem_alloc(draft->task_count * sizeof *stack);
	uint32_t depth = 0;
	bool found = false;

	stack[depth++] = b;
	seen[b] = 1;
	while (depth > 0 && !found && draft->search_budget > 0) {
		const struct task *task = &tasks[stack[--depth]];

		for (uint32_t i = 0; i < task->upstream_count && !found; i++) {
			uint32_t next = task->upstream[i];

			draft->search_budget -= draft->search_budget > 0;
			found = next == a;
			if (!seen[next])
				stack[depth++] = next;
			seen[next] = 1;
		}
	}
	mem_free(stack);
	mem_free(seen);
	return found || draft->search_budget == 0;
}

/* Whether the outputs of a reach the environment of b. */
static bool is_direct(const struct draft *draft, uint32_t a, uint32_t b)
{
	const struct task *task = &draft->dag->tasks[b];

	for (uint32_t i = 0; i < task->upstream_count; i++)
		if (task->upstream[i] == a)
			return true;
	return false;
}

/* What is said of the task whose output or state is named, and whether it may be named here. */
static bool check_named_task(struct check *check, uint32_t named, struct str *why)
{
	struct draft *draft = check->draft;
	const struct draft_task *own = own_task(check);

	if (own == NULL) {
		str_append(why, "tasks are named in a task's own keys, not in the env of the dag");
		return false;
	}
	if (own->task->hook != HOOK_NONE && draft->dag->tasks[named].hook == HOOK_NONE)
		return true;
	if (named == check->templated->task || !is_upstream(draft, named, check->templated->task)) {
		str_printf(why, "task '%s' is not upstream of '%s': add it to depends_on",
			   draft->dag->tasks[named].id, own->task->id);
		return false;
	}
	return true;
}

static enum template_class resolve_tasks(struct check *check, const struct template_path *path,
					 struct str *why)
{
	struct draft *draft = check->draft;
	uint32_t named;
	bool is_output;

	if (draft->reading->is_rehearsal)
		return TEMPLATE_BOUND;
	named = path->count < 2 ? NAMES_NONE : names_find(&draft->ids, path->parts[1]);
	if (named == NAMES_NONE) {
		str_printf(why, "unknown task '%.100s' in a template",
			   path->count < 2 ? "" : path->parts[1]);
		return TEMPLATE_UNKNOWN;
	}
	is_output = path->count >= 4 && strcmp(path->parts[2], "output") == 0;
	if (!is_output && (path->count != 3 || strcmp(path->parts[2], "state") != 0)) {
		str_printf(why, "of a task there are tasks.%s.output.NAME and tasks.%s.state",
			   draft->dag->tasks[named].id, draft->dag->tasks[named].id);
		return TEMPLATE_UNKNOWN;
	}
	if (!check_named_task(check, named, why))
		return TEMPLATE_UNKNOWN;
	if (is_output && draft->dag->tasks[named].action == ACTION_EMPTY) {
		str_printf(why, "task '%s' does nothing: it gives no outputs",
			   draft->dag->tasks[named].id);
		return TEMPLATE_UNKNOWN;
	}
	if (is_output && check->templated->spot == SPOT_WHEN)
		draft->dag->tasks[named].is_judged_by = true;
	if (!is_output)
		return TEMPLATE_BOUND;
	return is_direct(draft, named, check->templated->task) ? TEMPLATE_FREE
							       : TEMPLATE_FREE_APART;
}

static enum template_class resolve_vars(struct check *check, const struct template_path *path,
					struct str *why)
{
	struct draft *draft = check->draft;
	const json_t *value;

	if (draft->vars == NULL && draft->dag->vars != NULL)
		draft->vars = json_loads(draft->dag->vars, JSON_DECODE_ANY, NULL);
	value = path->count < 2 ? NULL : draft->vars;

	for (uint32_t i = 1; value != NULL && i < path->count; i++)
		value = json_is_array(value)
			    ? json_array_get(value, (size_t)strtoul(path->parts[i], NULL, 10))
			    : json_object_get(value, path->parts[i]);
	if (value != NULL || draft->reading->is_alone)
		return TEMPLATE_BOUND;
	(void)unknown(path, why, NULL);
	str_append(why, " (vars stand in heddle.yaml)");
	return TEMPLATE_UNKNOWN;
}

static const char *find_env(const struct env_var *env, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(env[i].name, name) == 0)
			return env[i].value;
	return NULL;
}

static enum template_class resolve_env(struct check *check, const struct template_path *path,
				       struct str *why)
{
	const struct draft_task *own = own_task(check);
	const struct dag *dag = check->draft->dag;
	const char *value = NULL;

	if (check->templated->spot == SPOT_ENV) {
		str_append(why, "env.* cannot stand in env itself");
		return TEMPLATE_UNKNOWN;
	}
	if (path->count == 2 && own != NULL)
		value = find_env(own->task->env, own->task->env_count, path->parts[1]);
	if (path->count == 2 && value == NULL)
		value = find_env(dag->env, dag->env_count, path->parts[1]);
	if (value == NULL &&
	    (check->draft->reading->is_rehearsal || check->draft->reading->is_alone))
		return TEMPLATE_BOUND;
	if (value == NULL) {
		(void)unknown(path, why, NULL);
		str_append(why, " (env of the task, the dag or heddle.yaml; never the daemon's)");
		return TEMPLATE_UNKNOWN;
	}
	if (check->templated->spot == SPOT_WHEN && template_is_one(value)) {
		str_printf(why, "env.%s is a template itself: name in 'when' what it is made of",
			   path->parts[1]);
		return TEMPLATE_UNKNOWN;
	}
	return template_is_one(value) ? TEMPLATE_FREE : TEMPLATE_BOUND;
}

static enum template_class resolve_unbuilt(struct check *check, const struct template_path *path,
					   struct str *why)
{
	(void)check;
	str_printf(why, "'%s' in a template is not supported yet", path->parts[0]);
	return TEMPLATE_UNKNOWN;
}

static const struct {
	const char *name;
	enum template_class (*resolve)(struct check *check, const struct template_path *path,
				       struct str *why);
} roots[] = {
    {"ds", resolve_date},       {"ds_nodash", resolve_date},  {"ts", resolve_date},
    {"period", resolve_period}, {"run", resolve_run},         {"dag", resolve_dag},
    {"task", resolve_task},     {"params", resolve_params},   {"tasks", resolve_tasks},
    {"vars", resolve_vars},     {"env", resolve_env},         {"item", resolve_unbuilt},
    {"event", resolve_unbuilt}, {"product", resolve_unbuilt}, {"secret", resolve_unbuilt},
};

#define ROOT_COUNT (sizeof roots / sizeof roots[0])

static enum template_class resolve(void *context, const struct template_path *path, struct str *why)
{
	struct check *check = context;
	const char *names[ROOT_COUNT + 1] = {NULL};
	struct template_path first = *path;

	for (size_t i = 0; i < ROOT_COUNT; i++) {
		names[i] = roots[i].name;
		if (strcmp(roots[i].name, path->parts[0]) == 0)
			return roots[i].resolve(check, path, why);
	}
	first.count = 1;
	return unknown(&first, why, names);
}

/* --- texts -----------------------------------------------------------------------------------*/

static enum template_place place_of(enum template_spot spot)
{
	switch (spot) {
	case SPOT_SHELL:
		return TEMPLATE_IN_SHELL;
	case SPOT_CODE:
		return TEMPLATE_IN_CODE;
	default:
		return TEMPLATE_IN_VALUE;
	}
}

/* NULL with the reason reported. */
static const struct template *parse_condition(struct check *check)
{
	const char *text = check->templated->text;
	const char *brace = strstr(text, "{{");
	struct template_error error = {0};
	struct template *template = NULL;

	if (brace != NULL && !check->draft->reading->is_kept) {
		error.offset = (size_t)(brace - text);
		snprintf(error.message, sizeof error.message,
			 "a condition stands without '{{' and '}}'");
	} else if (template_parse_condition(&check->arena, text, &template, &error) == 0) {
		return template;
	}
	report_error(check, &error);
	return NULL;
}

static void check_one(struct draft *draft, const struct templated *templated)
{
	struct check check = {.draft = draft, .templated = templated};
	struct template_scope scope = {resolve, &check};
	const struct template *template;

	arena_init(&check.arena);
	if (templated->spot == SPOT_WHEN)
		template = parse_condition(&check);
	else
		template = template_parse_all(&check.arena, templated->text, report_error, &check);
	if (template != NULL)
		template_check(template, &scope, place_of(templated->spot), report_error, &check);
	arena_close(&check.arena);
}

void parse_templates(struct draft *draft)
{
	for (size_t i = 0; i < draft->templates.count && !report_is_full(draft->report); i++)
		check_one(draft, &draft->templates.items[i]);
}
