/* condition.c - the conditions of tasks; see condition.h.
 *
 * A condition is judged once in a run, so its parse is not kept; the params of the run, which may
 * be long, are read once. */
#include "scheduler/condition.h"

#include "base/tz.h"

#include <string.h>

static json_t *read_json(const char *text)
{
	json_t *value = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);

	return value == NULL ? json_object() : value;
}

void condition_forget(struct run *run)
{
	json_decref(run->params_read);
	run->params_read = NULL;
}

static json_t *outputs_of(void *context, uint32_t task)
{
	const struct run *run = context;
	const char *outputs = run->instances[task].outputs;

	return outputs == NULL ? NULL : read_json(outputs);
}

static enum task_state state_of(void *context, uint32_t task)
{
	const struct run *run = context;

	return run->instances[task].state;
}

static const struct tz *zone_of(const struct sched *sched, const struct dag *dag)
{
	const struct tz *zone = NULL;

	if (sched->config.find_zone != NULL && dag->timezone != NULL)
		zone = sched->config.find_zone(sched->config.zone_context, dag->timezone);
	return zone == NULL ? sched->utc : zone;
}

static struct run_values values_for(const struct sched *sched, const struct instance *instance)
{
	struct run *run = instance->run;

	if (run->params_read == NULL)
		run->params_read = read_json(run->params);
	return (struct run_values){.dag = run->dag,
				   .tz = zone_of(sched, run->dag),
				   .run_id = run->run_id,
				   .kind = run->identity + strlen(run->identity) + 1,
				   .period = run->period,
				   .params = run->params_read,
				   .task = instance_position(instance),
				   .outputs = outputs_of,
				   .state = state_of,
				   .context = run};
}

int condition_judge(struct sched *sched, const struct instance *instance, bool *out,
		    struct err *err)
{
	struct run_values values = values_for(sched, instance);
	struct template_values names = run_values_for(&values);
	struct template_error error;
	struct template *condition;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = template_parse_condition(&arena, instance_task(instance)->when, &condition, &error);
	if (rc != 0)
		err_set(err, rc, "%s: %s", instance_task(instance)->when, error.message);
	else
		rc = template_judge(condition, &names, out, err);
	arena_close(&arena);
	return rc;
}
