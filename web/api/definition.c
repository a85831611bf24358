/* definition.c - what a dag is made of: its tasks, as its text in force says; see api.h. */
#include "web/api/api.h"

#include "model/dag.h"
#include "model/param.h"
#include "model/trigger_rule.h"

#include <string.h>

#define LAST_RUNS 14

static const char *action_name(enum task_action action)
{
	static const char *const names[] = {
	    [ACTION_COMMAND] = "command", [ACTION_SQL] = "sql", [ACTION_EMPTY] = "empty"};

	return names[action];
}

static const char *hook_name(enum task_hook hook)
{
	static const char *const names[] = {[HOOK_NONE] = NULL,
					    [HOOK_SUCCESS] = "on_success",
					    [HOOK_FAILURE] = "on_failure",
					    [HOOK_EXIT] = "on_exit"};

	return names[hook];
}

static void write_order(struct compose *compose, const struct dag *dag, const struct task *task)
{
	compose_member_open(compose, "depends_on", '[');
	for (uint32_t i = 0; i < task->upstream_count; i++)
		compose_text(compose, dag->tasks[task->upstream[i]].id);
	compose_close(compose, ']');
	compose_member_text(compose, "trigger_rule", trigger_rule_name(task->trigger_rule));
	compose_member_text(compose, "when", task->when);
}

static void write_task(struct compose *compose, const struct dag *dag, const struct task *task)
{
	compose_open(compose, '{');
	compose_member_text(compose, "id", task->id);
	compose_member_text(compose, "description", task->description);
	compose_member_text(compose, "action", action_name(task->action));
	write_order(compose, dag, task);
	compose_member_text(compose, "group", task->group);
	compose_member_text(compose, "hook", hook_name(task->hook));
	compose_member_text(compose, "pool",
			    task->pool == POOL_COMMON ? "default" : dag->pools[task->pool].name);
	compose_member_int(compose, "slots", task->slots);
	compose_member_int(compose, "priority", task->priority);
	compose_member_int(compose, "retries", task->retries);
	compose_member_int(compose, "retry_delay_ms", task->retry_delay_ms);
	compose_member_int(compose, "timeout_ms", task->timeout_ms);
	compose_key(compose, "allow_failure");
	compose_bool(compose, task->allow_failure);
	compose_member_int(compose, "line", task->line);
	compose_close(compose, '}');
}

static void write_param(struct compose *compose, const struct param *param)
{
	compose_open(compose, '{');
	compose_member_text(compose, "name", param->name);
	compose_member_text(compose, "type", param_type_name(param->type));
	compose_member_text(compose, "description", param->description);
	compose_key(compose, "required");
	compose_bool(compose, param->is_required);
	compose_member_int(compose, "line", param->line);
	compose_close(compose, '}');
}

/* One file may hold several dags. */
static const struct dag *find_dag(const struct dag_list *dags, const struct version_text *view)
{
	for (size_t i = 0; i < dags->count; i++)
		if (strcmp(dags->items[i]->hash, view->hash) == 0)
			return dags->items[i];
	return dags->count == 1 ? dags->items[0] : NULL;
}

/* A text that this program does not take any more, as an older one did, has no parts to show. */
static void write_parts(void *context, const struct version_text *view)
{
	struct compose *compose = context;
	struct dag_errors errors;
	struct dag_list dags;
	const struct dag *dag = NULL;

	dag_list_init(&dags);
	dag_errors_init(&errors);
	if (dag_parse_version(view->file, view->text, view->bytes, view->files, view->file_count,
			      &dags, &errors) == 0)
		dag = find_dag(&dags, view);
	compose_member_open(compose, "definition", '[');
	for (uint32_t i = 0; dag != NULL && i < dag->task_count; i++)
		write_task(compose, dag, &dag->tasks[i]);
	compose_close(compose, ']');
	compose_member_open(compose, "params", '[');
	for (uint32_t i = 0; dag != NULL && i < dag->param_count; i++)
		write_param(compose, &dag->params[i]);
	compose_close(compose, ']');
	dag_list_close(&dags);
	dag_errors_close(&errors);
}

static bool write_last_run(void *context, const struct run_view *view)
{
	struct compose *compose = context;

	compose_open(compose, '{');
	compose_member_text(compose, "id", view->run_id);
	compose_member_text(compose, "state", view->state);
	compose_member_time(compose, "created_at", view->created_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_close(compose, '}');
	return true;
}

int api_write_dag_parts(struct compose *compose, struct store_reader *reader, const char *dag_id,
			const char *version, struct err *err)
{
	struct run_filter filter = {.dag_id = dag_id, .limit = LAST_RUNS};
	int rc = read_version_text(reader, dag_id, version, write_parts, compose, err);

	if (rc != 0)
		return rc;
	compose_member_open(compose, "last_runs", '[');
	rc = read_runs(reader, &filter, write_last_run, compose, err);
	compose_close(compose, ']');
	return rc;
}
