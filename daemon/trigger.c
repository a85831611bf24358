/* trigger.c - somebody wants a run; see trigger.h. */
#include "daemon/trigger.h"

#include "base/file.h"
#include "base/mem.h"
#include "daemon/dispatch_core.h"
#include "daemon/rehearsal.h"
#include "model/param.h"

#include <stdio.h>
#include <string.h>

/* --- what is wanted ------------------------------------------------------------------------------
 */

/* What the run stands for: the instant, or the first one of the date, that the caller names; else
 * this instant. id_room holds the text of an instant. False = what was named is neither. */
static bool read_period(struct dispatch *dispatch, const struct dag *dag, const char *text,
			char id_room[40], struct run_period *period)
{
	const struct tz *tz = zones_find(&dispatch->zones, dag->timezone, clock_now().boot_ms);

	period->start_ms = clock_now().wall_ms;
	if (tz == NULL || (text != NULL && !tz_parse_instant(tz, text, &period->start_ms)))
		return false;
	tz_format_rfc3339(tz, period->start_ms, id_room);
	period->id = text == NULL ? id_room : text;
	period->end_ms = period->start_ms;
	return true;
}

/* All params of the run, checked; *text is the caller's (mem_free), NULL when the dag has none. */
static int read_params(const struct dag *dag, const char *given, char **text, struct err *err)
{
	json_t *object = given == NULL ? NULL : json_loads(given, 0, NULL);
	json_t *all = NULL;
	int rc = params_resolve(dag, object, &all, err);

	*text = rc == 0 && dag->param_count > 0 ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	json_decref(object);
	return rc;
}

/* When the run is to start. False = answered: it is no instant, or one that has passed. */
static bool read_start(struct dispatch *dispatch, const struct dag *dag, const char *text,
		       int64_t *at_ms, uint64_t token)
{
	const struct tz *tz = zones_find(&dispatch->zones, dag->timezone, clock_now().boot_ms);

	*at_ms = 0;
	if (text == NULL)
		return true;
	if (tz == NULL || !tz_parse_instant(tz, text, at_ms))
		dispatch_answer(dispatch, token, WEB_INVALID, NULL,
				"'at' is neither a date (2026-11-20) nor an instant (RFC 3339)");
	else if (*at_ms <= clock_now().wall_ms)
		dispatch_answer(dispatch, token, WEB_INVALID, NULL,
				"'at' has passed: leave it out to start at once, and say with "
				"'period' what the run stands for");
	else
		return true;
	return false;
}

/* Which tasks are to run. False = answered: it makes no sense. */
static bool read_choice(struct dispatch *dispatch, const struct web_command *command,
			struct input *input, uint64_t token)
{
	bool is_from = strcmp(command->mode, "from") == 0;
	bool is_only = strcmp(command->mode, "only") == 0;

	if ((is_from || is_only) != (command->task_count > 0)) {
		dispatch_answer(dispatch, token, WEB_INVALID, NULL,
				"a run of some tasks needs both: 'mode' from or only, and 'tasks'");
		return false;
	}
	input->trigger.mode = is_from ? RERUN_FROM : RERUN_ONLY;
	input->trigger.tasks = command->tasks;
	input->trigger.task_count = command->task_count;
	return true;
}

/* --- doing it -----------------------------------------------------------------------------------
 */

/* A run that was not made has no id. */
static void answer_trigger(struct dispatch *dispatch, uint64_t token, const char *run_id)
{
	bool is_done = dispatch_output(dispatch)->answer == ANSWER_DONE;

	dispatch_answer_step(dispatch, token, is_done ? run_id : NULL);
}

static void step_trigger(struct dispatch *dispatch, struct dag *dag,
			 const struct web_command *command, uint64_t token)
{
	struct input input = {.kind = INPUT_TRIGGER, .actor = command->actor};
	char run_id[RUN_ID_SIZE];
	char period_id[40];
	char *params = NULL;
	struct err err = {0};

	random_hex(run_id, RUN_ID_SIZE - 1);
	input.trigger.dag = dag;
	input.trigger.run_id = run_id;
	input.trigger.key = command->key != NULL ? command->key : run_id;
	input.trigger.source = "manual";
	input.trigger.is_forced = command->force;
	if (!read_choice(dispatch, command, &input, token))
		return;
	if (!read_start(dispatch, dag, command->at, &input.trigger.start_at_ms, token))
		return;
	if (!read_period(dispatch, dag, command->period != NULL ? command->period : command->at,
			 period_id, &input.trigger.period)) {
		dispatch_answer(
		    dispatch, token, WEB_INVALID, NULL,
		    "'period' is neither a date (2026-11-20) nor an instant (RFC 3339)");
		return;
	}
	if (read_params(dag, command->params, &params, &err) != 0) {
		dispatch_answer(dispatch, token, WEB_INVALID, NULL, err.message);
		return;
	}
	input.trigger.params = params;
	sched_put_dag(dispatch->sched, dag); /* its limits are those in force */
	if (!rehearsal_trigger(dispatch, command, &input, token)) {
		dispatch_step(dispatch, &input);
		answer_trigger(dispatch, token, run_id);
	}
	mem_free(params);
}

/* Finds the run that this key has made before. One indexed row each, so the loop does not wait. */
static bool find_by_key(struct dispatch *dispatch, const char *dag_id, const char *key,
			char run_id[RUN_ID_SIZE])
{
	int64_t run_no = sched_find_key(dispatch->sched, dag_id, "manual", key);

	if (run_no != 0) {
		snprintf(run_id, RUN_ID_SIZE, "%s", sched_run_id(dispatch->sched, run_no));
		return true;
	}
	return read_run_by_key(dispatch->reader, dag_id, "manual", key, run_id, NULL) == 0;
}

/* The same key never makes a second run. */
static void answer_known_run(struct dispatch *dispatch, const struct web_command *command,
			     const char *run_id, uint64_t token)
{
	char why[64];

	snprintf(why, sizeof why, "run '%s' has this key", run_id);
	if (!rehearsal_nothing(dispatch, command, why, token))
		dispatch_answer(dispatch, token, WEB_UNCHANGED, run_id, NULL);
}

void trigger_command(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	const struct folder_dag *found = force_find(dispatch->force, command->dag_id);
	struct dag *dag = found == NULL ? NULL : force_dag(dispatch->force, found);
	char run_id[RUN_ID_SIZE];

	if (found == NULL)
		dispatch_answer_unknown_dag(dispatch, command->dag_id, token);
	else if (command->key != NULL && find_by_key(dispatch, found->id, command->key, run_id))
		answer_known_run(dispatch, command, run_id, token);
	else if (dag == NULL)
		dispatch_fetch(dispatch, found, command, token);
	else
		step_trigger(dispatch, dag, command, token);
}
