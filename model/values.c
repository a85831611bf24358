/* values.c - see values.h. */
#include "model/values.h"

#include "base/arena.h"
#include "model/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_values_date(const struct run_values *values, char out[16])
{
	struct civil date;

	tz_to_civil(values->tz, values->period.start_ms, &date);
	snprintf(out, 16, "%04d-%02d-%02d", (int)date.year % 10000, (int)date.month % 100,
		 (int)date.day % 100);
}

static json_t *date_text(const struct run_values *values, const char *format)
{
	struct civil date;
	char text[32];

	tz_to_civil(values->tz, values->period.start_ms, &date);
	if (strcmp(format, "%H") == 0)
		snprintf(text, sizeof text, "%02d", (int)date.hour % 100);
	else
		snprintf(text, sizeof text,
			 strcmp(format, "%F") == 0 ? "%04d-%02d-%02d" : "%04d%02d%02d",
			 (int)date.year % 10000, (int)date.month % 100, (int)date.day % 100);
	return json_string(text);
}

static json_t *instant_text(const struct run_values *values, int64_t at_ms)
{
	char text[40];

	tz_format_rfc3339(values->tz, at_ms, text);
	return json_string(text);
}

/* Follows the rest of a path into a value; NULL = it leads nowhere. A borrowed reference. */
static json_t *follow(json_t *value, const struct template_path *path, uint32_t first)
{
	for (uint32_t i = first; value != NULL && i < path->count; i++) {
		const char *part = path->parts[i];

		if (json_is_array(value))
			value = part[strspn(part, "0123456789")] == '\0'
				    ? json_array_get(value, (size_t)strtoul(part, NULL, 10))
				    : NULL;
		else
			value = json_object_get(value, part);
	}
	return value;
}

static json_t *get_period(const struct run_values *values, const struct template_path *path)
{
	const char *name = path->count == 2 ? path->parts[1] : "";

	if (strcmp(name, "start") == 0)
		return instant_text(values, values->period.start_ms);
	if (strcmp(name, "end") == 0)
		return instant_text(values, values->period.end_ms);
	if (strcmp(name, "date") == 0)
		return date_text(values, "%F");
	if (strcmp(name, "hour") == 0)
		return date_text(values, "%H");
	return strcmp(name, "id") == 0 ? json_string(values->period.id) : NULL;
}

static json_t *get_date(const struct run_values *values, const struct template_path *path)
{
	if (strcmp(path->parts[0], "ds") == 0)
		return date_text(values, "%F");
	if (strcmp(path->parts[0], "ts") == 0)
		return instant_text(values, values->period.start_ms);
	return date_text(values, "%Y%m%d");
}

static json_t *get_run(const struct run_values *values, const struct template_path *path)
{
	if (path->count != 2)
		return NULL;
	return json_string(strcmp(path->parts[1], "id") == 0 ? values->run_id : values->kind);
}

static json_t *get_dag(const struct run_values *values, const struct template_path *path)
{
	(void)path;
	return json_string(values->dag->id);
}

static json_t *get_task(const struct run_values *values, const struct template_path *path)
{
	if (path->count != 2)
		return NULL;
	if (strcmp(path->parts[1], "attempt") == 0)
		return values->attempt == 0 ? NULL : json_integer(values->attempt);
	return json_string(values->dag->tasks[values->task].id);
}

static json_t *get_params(const struct run_values *values, const struct template_path *path)
{
	return json_incref(follow((json_t *)values->params, path, 1));
}

static json_t *get_tasks(const struct run_values *values, const struct template_path *path)
{
	uint32_t task = path->count < 3 ? UINT32_MAX : dag_find_task(values->dag, path->parts[1]);
	json_t *outputs;
	json_t *value;

	if (task == UINT32_MAX)
		return NULL;
	if (strcmp(path->parts[2], "state") == 0)
		return json_string(task_state_name(values->state(values->context, task)));
	outputs = values->outputs(values->context, task);
	value = json_incref(follow(outputs, path, 3));
	json_decref(outputs);
	return value;
}

static json_t *get_vars(const struct run_values *values, const struct template_path *path)
{
	json_t *vars =
	    values->dag->vars == NULL ? NULL : json_loads(values->dag->vars, JSON_DECODE_ANY, NULL);
	json_t *value = json_incref(follow(vars, path, 1));

	json_decref(vars);
	return value;
}

/* A value that is a template itself is rendered with the same names; env cannot name env, so that
 * this ends. */
static json_t *render_env(const struct run_values *values, const char *text)
{
	struct template_values inner = run_values_for(values);
	struct arena arena;
	struct template *template;
	struct template_error error;
	struct str out = STR_INIT;
	struct err err;
	json_t *value = NULL;

	arena_init(&arena);
	if (template_parse(&arena, text, &template, &error) == 0 &&
	    template_render(template, &inner, LIMIT_ARGUMENT_BYTES, &out, &err) == 0)
		value = json_string(str_text(&out));
	str_close(&out);
	arena_close(&arena);
	return value;
}

static json_t *get_env(const struct run_values *values, const struct template_path *path)
{
	const struct task *task = &values->dag->tasks[values->task];

	for (uint32_t i = 0; path->count == 2 && i < task->env_count; i++)
		if (strcmp(task->env[i].name, path->parts[1]) == 0)
			return template_is_one(task->env[i].value)
				   ? render_env(values, task->env[i].value)
				   : json_string(task->env[i].value);
	return NULL;
}

static const struct {
	const char *name;
	json_t *(*get)(const struct run_values *values, const struct template_path *path);
} roots[] = {
    {"ds", get_date},     {"ds_nodash", get_date}, {"ts", get_date},   {"period", get_period},
    {"run", get_run},     {"dag", get_dag},        {"task", get_task}, {"params", get_params},
    {"tasks", get_tasks}, {"vars", get_vars},      {"env", get_env},
};

static void explain(const struct run_values *values, const struct template_path *path,
		    struct str *why)
{
	if (path->count >= 4 && strcmp(path->parts[0], "tasks") == 0) {
		str_printf(why, "task '%s' gave no output '%s'", path->parts[1], path->parts[3]);
		return;
	}
	str_append(why, "no value for '");
	for (uint32_t i = 0; i < path->count; i++)
		str_printf(why, "%s%s", i == 0 ? "" : ".", path->parts[i]);
	str_printf(why, "' in dag '%s'", values->dag->id);
}

static json_t *get(void *context, const struct template_path *path, struct str *why)
{
	const struct run_values *values = context;
	json_t *value = NULL;

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
		if (strcmp(roots[i].name, path->parts[0]) == 0)
			value = roots[i].get(values, path);
	if (value == NULL)
		explain(values, path, why);
	return value;
}

struct template_values run_values_for(const struct run_values *values)
{
	return (struct template_values){
	    .get = get, .context = (void *)(uintptr_t)values, .tz = values->tz};
}
