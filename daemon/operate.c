/* operate.c - see operate.h.
 *
 * A run that has ended is not known to the scheduler: its rows are fed back right before the step
 * that reruns or marks it, with the version that it keeps. */
#include "daemon/operate.h"

#include "base/mem.h"
#include "daemon/dispatch_core.h"
#include "daemon/rehearsal.h"
#include "daemon/restore.h"
#include "daemon/retention.h"
#include "model/param.h"

#include <stdio.h>
#include <string.h>

/* What is on disk of the run that a command names. */
struct target {
	int64_t run_no;       /* 0 = no such run */
	int64_t pruned_at_ms; /* 0 = it has its detail */
	bool is_done;
	char dag_id[LIMIT_ID_BYTES + 1];
	char hash[33]; /* of the version that it keeps */
	struct str params;
};

static bool take_target(void *context, const struct run_view *view)
{
	struct target *target = context;
	enum run_state state;

	target->run_no = view->run_no;
	target->pruned_at_ms = view->pruned_at_ms;
	target->is_done = run_state_from_name(view->state, &state) && run_state_is_done(state);
	snprintf(target->dag_id, sizeof target->dag_id, "%s", view->dag_id);
	snprintf(target->hash, sizeof target->hash, "%s", view->dag_hash);
	if (view->params != NULL)
		str_append(&target->params, view->params);
	return true;
}

static bool find_target(struct dispatch *dispatch, const char *run_id, struct target *target)
{
	memset(target, 0, sizeof *target);
	(void)read_run(dispatch->reader, run_id, take_target, target, NULL);
	return target->run_no != 0;
}

/* The version that the run keeps: from memory, else read and parsed here. */
static struct dag *kept_version(struct dispatch *dispatch, const char *run_id,
				const struct target *target, struct err *err)
{
	struct dag *dag = force_kept(dispatch->force, target->hash);

	return dag != NULL ? dag_ref(dag) : restore_version(dispatch->reader, run_id, err);
}

/* Large versions are parsed by workers: false = that is under way, and the command is taken again
 * then. Two versions that a cache cannot hold together would be fetched by turns for ever: the
 * third time it is parsed here. */
static bool has_version(struct dispatch *dispatch, const struct web_command *command,
			const struct target *target, uint64_t token)
{
	if (command->times_parked >= 2 || force_kept(dispatch->force, target->hash) != NULL)
		return true;
	dispatch_fetch_kept(dispatch, target->hash, command, token);
	return false;
}

/* Likewise the version in force, whose limits hold for the run, too. */
static bool has_in_force(struct dispatch *dispatch, const struct web_command *command,
			 const struct target *target, uint64_t token)
{
	const struct folder_dag *found = force_find(dispatch->force, target->dag_id);

	if (found == NULL || command->times_parked >= 2 ||
	    force_dag(dispatch->force, found) != NULL)
		return true;
	dispatch_fetch(dispatch, found, command, token);
	return false;
}

static void tell_in_force(struct dispatch *dispatch, const struct target *target)
{
	const struct folder_dag *found = force_find(dispatch->force, target->dag_id);
	struct dag *dag = found == NULL ? NULL : force_dag(dispatch->force, found);
	struct err err;

	dag = dag != NULL     ? dag_ref(dag)
	      : found != NULL ? force_load(dispatch->force, found, &err)
			      : NULL;
	if (dag != NULL)
		sched_put_dag(dispatch->sched, dag);
	dag_unref(dag);
}

/* True, and answered, when the run has no detail any more, or is losing it this moment. */
static bool is_gone(struct dispatch *dispatch, const struct target *target, uint64_t token)
{
	if (target->pruned_at_ms == 0 && !retention_is_pruning(dispatch->retention, target->run_no))
		return false;
	dispatch_answer(dispatch, token, WEB_GONE, NULL,
			"the run was pruned, as the retention of its dag says: there is nothing "
			"left to go on with. Trigger a new one");
	return true;
}

/* Feeds an ended run back, unless the command is only rehearsed. False = it is answered. */
static bool take_ended(struct dispatch *dispatch, const struct rehearsal_run *run,
		       const struct target *target, uint64_t token)
{
	struct rehearsal_run ended = *run;
	struct err err = {0};
	bool is_answered = false;
	int rc;

	ended.kept = kept_version(dispatch, run->command->run_id, target, &err);
	rc = ended.kept == NULL ? err.code : 0;
	if (rc == 0)
		is_answered = rehearsal_run(dispatch, &ended, token);
	if (rc == 0 && !is_answered)
		rc = restore_ended_run(dispatch->reader, dispatch->sched, run->command->run_id,
				       ended.kept, &err);
	if (rc != 0)
		dispatch_answer(dispatch, token, WEB_REFUSED, NULL, err.message);
	else if (!is_answered)
		tell_in_force(dispatch, target);
	dag_unref(ended.kept);
	return rc == 0 && !is_answered;
}

/* Finds the run that a command is to, and feeds it back when it has ended; *run_no is the input's,
 * and gets its number. False = the command is answered. */
static bool take_run(struct dispatch *dispatch, const struct web_command *command,
		     const struct input *input, int64_t *run_no, struct target *target,
		     uint64_t token)
{
	struct rehearsal_run run = {.command = command, .input = input};

	if (!find_target(dispatch, command->run_id, target)) {
		dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL,
				"no such run; 'heddle ls runs' lists them");
		return false;
	}
	*run_no = target->run_no;
	run.run_no = target->run_no;
	if (sched_find_run(dispatch->sched, command->run_id) != 0)
		return !rehearsal_run(dispatch, &run, token);
	if (is_gone(dispatch, target, token))
		return false;
	/* Its end may be decided and on its way to the disk: then its rows are not the last word.
	 */
	if (target->is_done)
		return has_version(dispatch, command, target, token) &&
		       has_in_force(dispatch, command, target, token) &&
		       take_ended(dispatch, &run, target, token);
	dispatch_answer(dispatch, token, WEB_HELD, NULL,
			"the run is ending this moment: ask again");
	return false;
}

/* --- cancel -------------------------------------------------------------------------------------
 */

void operate_cancel(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct input input = {.kind = INPUT_CANCEL, .actor = command->actor};
	struct rehearsal_run run = {.command = command, .input = &input};
	struct target target;

	input.cancel.run_no = sched_find_run(dispatch->sched, command->run_id);
	input.cancel.reason = command->reason;
	run.run_no = input.cancel.run_no;
	if (run.run_no == 0 && !find_target(dispatch, command->run_id, &target)) {
		dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL,
				"no such run; 'heddle ls runs' lists them");
	} else if (run.run_no == 0) {
		str_close(&target.params);
		if (!rehearsal_nothing(dispatch, command, "the run has ended", token))
			dispatch_answer(dispatch, token, WEB_UNCHANGED, command->run_id, NULL);
	} else if (!rehearsal_run(dispatch, &run, token)) {
		dispatch_step(dispatch, &input);
		dispatch_answer(dispatch, token, WEB_DONE, command->run_id, NULL);
	}
}

/* --- rerun --------------------------------------------------------------------------------------
 */

static bool read_mode(const char *name, enum rerun_mode *mode)
{
	static const char *const names[] = {
	    [RERUN_FAILED] = "failed",
	    [RERUN_FROM] = "from",
	    [RERUN_ONLY] = "only",
	    [RERUN_ALL] = "all",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0) {
			*mode = (enum rerun_mode)i;
			return true;
		}
	return false;
}

/* Those of the run that another version does not declare mean nothing to it. */
static void drop_undeclared(const struct dag *dag, json_t *params)
{
	const char *name;
	void *next;
	json_t *value;

	json_object_foreach_safe(params, next, name, value)
	{
		if (param_find(dag, name) == NULL)
			json_object_del(params, name);
	}
}

/* The params of the run with those that the command changes, checked for the version that it goes
 * on with; *text is the caller's. NULL = they stay as they are. */
static int join_params(const struct dag *dag, const struct target *target, const char *given,
		       char **text, struct err *err)
{
	json_t *all = target->params.size == 0 ? json_object()
					       : json_loads(str_text(&target->params), 0, NULL);
	json_t *before = json_copy(all);
	json_t *changes = given == NULL ? NULL : json_loads(given, 0, NULL);
	json_t *resolved = NULL;
	int rc;

	drop_undeclared(dag, all);
	json_object_update(all, changes);
	rc = params_resolve(dag, all, &resolved, err);
	*text =
	    rc == 0 && !json_equal(resolved, before) ? json_dumps(resolved, JSON_COMPACT) : NULL;
	json_decref(resolved);
	json_decref(changes);
	json_decref(before);
	json_decref(all);
	return rc;
}

/* The version in force, for --latest. False = answered, or to be taken again once it is parsed. */
static bool find_latest(struct dispatch *dispatch, const struct web_command *command,
			const struct target *target, uint64_t token, struct dag **dag)
{
	const struct folder_dag *found = force_find(dispatch->force, target->dag_id);

	*dag = NULL;
	if (found == NULL) {
		dispatch_answer(
		    dispatch, token, WEB_REFUSED, NULL,
		    "the dag is not in force any more: rerun with the run's own version "
		    "(--pinned)");
		return false;
	}
	*dag = force_dag(dispatch->force, found);
	if (*dag == NULL)
		dispatch_fetch(dispatch, found, command, token);
	return *dag != NULL;
}

/* Params are checked against the version that the run goes on with. */
static struct dag *version_for(struct dispatch *dispatch, const char *run_id,
			       const struct target *target, struct dag *latest, struct err *err)
{
	return latest != NULL ? dag_ref(latest) : kept_version(dispatch, run_id, target, err);
}

static void step_rerun(struct dispatch *dispatch, const struct web_command *command,
		       struct target *target, enum rerun_mode mode, struct dag *latest,
		       uint64_t token)
{
	struct input input = {.kind = INPUT_RERUN, .actor = command->actor};
	struct err err = {0};
	struct dag *dag = NULL;
	char *params = NULL;
	int rc = 0;

	if (command->params != NULL || latest != NULL) {
		dag = version_for(dispatch, command->run_id, target, latest, &err);
		rc = dag == NULL ? err.code
				 : join_params(dag, target, command->params, &params, &err);
	}
	str_close(&target->params); /* read anew when it is fed back */
	if (rc != 0) {
		dispatch_answer(dispatch, token, WEB_INVALID, NULL, err.message);
	} else {
		input.rerun.mode = mode;
		input.rerun.tasks = command->tasks;
		input.rerun.task_count = command->task_count;
		input.rerun.dag = latest;
		input.rerun.params = params;
		input.rerun.reason = command->reason;
		if (take_run(dispatch, command, &input, &input.rerun.run_no, target, token)) {
			dispatch_step(dispatch, &input);
			dispatch_answer_step(dispatch, token, command->run_id);
		}
	}
	dag_unref(dag);
	mem_free(params);
}

void operate_rerun(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	enum rerun_mode mode = RERUN_FAILED;
	struct target target;
	struct dag *latest = NULL;

	if (!find_target(dispatch, command->run_id, &target))
		dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL,
				"no such run; 'heddle ls runs' lists them");
	else if (is_gone(dispatch, &target, token))
		str_clear(&target.params);
	else if (!read_mode(command->mode, &mode))
		dispatch_answer(dispatch, token, WEB_INVALID, NULL,
				"'mode' is one of failed, from, only, all");
	else if ((!command->latest || find_latest(dispatch, command, &target, token, &latest)) &&
		 (latest != NULL || command->params == NULL ||
		  has_version(dispatch, command, &target, token)))
		step_rerun(dispatch, command, &target, mode, latest, token);
	str_close(&target.params);
}

/* --- mark, pause, note --------------------------------------------------------------------------
 */

void operate_mark(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct input input = {.kind = INPUT_MARK, .actor = command->actor};
	struct target target;

	if (!task_state_from_name(command->state, &input.mark.to) ||
	    (input.mark.to != TASK_SUCCESS && input.mark.to != TASK_FAILED &&
	     input.mark.to != TASK_SKIPPED)) {
		dispatch_answer(dispatch, token, WEB_INVALID, NULL,
				"'state' is one of success, failed, skipped");
		return;
	}
	input.mark.task = command->task;
	input.mark.reason = command->reason;
	if (take_run(dispatch, command, &input, &input.mark.run_no, &target, token)) {
		dispatch_step(dispatch, &input);
		dispatch_answer_step(dispatch, token, command->run_id);
	}
	str_close(&target.params);
}

/* A dag whose file is gone may still have runs under way, and a pause that holds them. */
static bool may_be_paused(const struct dispatch *dispatch, const struct web_command *command)
{
	return command->dag_id == NULL || force_find(dispatch->force, command->dag_id) != NULL ||
	       sched_is_paused_alone(dispatch->sched, command->dag_id);
}

void operate_pause(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct input input = {.kind = command->kind == WEB_PAUSE ? INPUT_PAUSE : INPUT_RESUME,
			      .actor = command->actor};

	if (!may_be_paused(dispatch, command)) {
		dispatch_answer_unknown_dag(dispatch, command->dag_id, token);
		return;
	}
	input.pause.dag_id = command->dag_id;
	input.pause.reason = command->reason;
	if (rehearsal_pause(dispatch, command, &input, token))
		return;
	dispatch_step(dispatch, &input);
	dispatch_answer_step(dispatch, token, NULL);
}

/* A note at a task that is none would be found by nobody. */
static bool has_task(struct dispatch *dispatch, const struct target *target, const char *task)
{
	bool is_known = true;

	return task == NULL ||
	       read_task_is_known(dispatch->reader, target->run_no, task, &is_known, NULL) != 0 ||
	       is_known;
}

void operate_note(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct sched_output *output;
	struct target target;
	struct change *change;

	if (!find_target(dispatch, command->run_id, &target)) {
		dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL,
				"no such run; 'heddle ls runs' lists them");
		return;
	}
	str_close(&target.params);
	if (!has_task(dispatch, &target, command->task)) {
		dispatch_answer(dispatch, token, WEB_NOT_FOUND, NULL,
				"the run has no such task; 'heddle runs show RUN' lists them");
		return;
	}
	if (rehearsal_note(dispatch, command, token))
		return;
	output = dispatch_output(dispatch);
	change = change_list_add(&output->changes, CHANGE_NOTE);
	change->run_no = target.run_no;
	change->at_ms = clock_now().wall_ms;
	change->actor = arena_strdup(&output->changes.arena, command->actor);
	change->note.task_id = arena_strdup(&output->changes.arena, command->task);
	change->note.text = arena_strdup(&output->changes.arena, command->text);
	dispatch_answer(dispatch, token, WEB_DONE, command->run_id, NULL);
}

static bool restore_pause(void *context, const struct pause_view *view)
{
	sched_restore_pause(context, view->dag_id[0] == '\0' ? NULL : view->dag_id, view->actor,
			    view->reason, view->at_ms);
	return true;
}

int operate_restore_pauses(struct sched *sched, struct store_reader *reader, struct err *err)
{
	return read_pauses(reader, restore_pause, sched, err);
}
