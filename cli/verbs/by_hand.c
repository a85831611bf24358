/* by_hand.c - `heddle mark`, `note`, `pause` and `resume`: what somebody decides beside the
 * scheduler. */
#include "base/str.h"
#include "cli/ask.h"
#include "cli/uncertain.h"
#include "cli/verbs/drain.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lets go of a body that is not sent. */
static int drop(json_t *body)
{
	json_decref(body);
	return CODE_USAGE;
}

/* --- mark ---------------------------------------------------------------------------------------
 */

static int check_mark(const struct args *args, struct err *err)
{
	static const char *const states[] = {"success", "failed", "skipped", NULL};
	const char *state = args->operands[2];
	const char *nearest = str_nearest(state, states);

	for (size_t i = 0; states[i] != NULL; i++)
		if (strcmp(states[i], state) == 0 && args_has(args, FLAG_REASON))
			return 0;
	if (nearest != NULL && strcmp(nearest, state) == 0)
		return err_set(err, ERR_USAGE,
			       "'mark' needs a reason, for those who look later: --reason TEXT");
	return err_set(err, ERR_USAGE, "a task cannot be marked '%s': success, failed or skipped",
		       state);
}

static int post_mark(struct cli *cli, const char *run_id, struct reply *reply)
{
	const struct args *args = cli->args;
	json_t *body = json_object();
	struct str path = STR_INIT;
	int code;

	if (!ask_put_text(body, "state", "STATE", args->operands[2]) ||
	    !ask_put_flag(body, "reason", args, FLAG_REASON))
		return drop(body);
	str_printf(&path, "/api/v1/runs/%s/tasks/", run_id);
	http_encode(&path, args->operands[1]);
	str_append(&path, ":mark");
	code = ask_to_do(cli, "POST", str_text(&path), body, reply);
	str_close(&path);
	return code;
}

/* A task that runs is ended first. */
static void tell_mark(const json_t *run, const char *task)
{
	const char *state = reply_text(json_object_get(run, "tasks"), task);

	cli_tell("task '%s' of run %s is %s%s; the run is %s", task, reply_text(run, "id"), state,
		 strcmp(state, "cancelling") == 0 ? " and gets its mark when it has ended" : "",
		 reply_text(run, "state"));
}

int run_verb_mark(struct cli *cli)
{
	struct reply reply = {0};
	struct err err = {0};
	char run_id[17];
	int code;

	if (check_mark(cli->args, &err) != 0)
		return cli_fail_err(&err);
	code = ask_run_id(cli, cli->args->operands[0], run_id);
	if (code == CODE_OK)
		code = post_mark(cli, run_id, &reply);
	if (code == CODE_OK && cli->json)
		reply_print(&reply);
	else if (code == CODE_OK)
		tell_mark(reply.json, cli->args->operands[1]);
	reply_close(&reply);
	return code;
}

/* --- note ---------------------------------------------------------------------------------------
 */

int run_verb_note(struct cli *cli)
{
	const struct args *args = cli->args;
	const char *task = args->operand_count == 3 ? args->operands[1] : NULL;
	json_t *body = json_object();
	struct reply reply = {0};
	char run_id[17];
	char path[64];
	int code;

	if (!ask_put_text(body, "text", "TEXT", args->operands[args->operand_count - 1]) ||
	    !ask_put_text(body, "task", "TASK", task))
		return drop(body);
	code = ask_run_id(cli, args->operands[0], run_id);
	if (code != CODE_OK) {
		json_decref(body);
		return code;
	}
	snprintf(path, sizeof path, "/api/v1/runs/%s:note", run_id);
	code = ask_to_do(cli, "POST", path, body, &reply);
	if (code == CODE_OK && cli->json)
		reply_print(&reply);
	else if (code == CODE_OK)
		cli_tell("noted at %s%s%srun %s", task == NULL ? "" : "task '",
			 task == NULL ? "" : task, task == NULL ? "" : "' of ", run_id);
	reply_close(&reply);
	return code;
}

/* --- pause and resume ---------------------------------------------------------------------------
 */

/* What is asked of the daemon for one dag, or for all of them (NULL). */
static int post_pause(struct cli *cli, const char *dag, bool pause, struct reply *reply)
{
	struct str path = STR_INIT;
	json_t *body = json_object();
	int code;

	if (!ask_put_flag(body, "reason", cli->args, FLAG_REASON))
		return drop(body);
	if (dag != NULL) {
		json_object_set_new(body, "paused", json_boolean(pause));
		str_append(&path, "/api/v1/dags/");
		http_encode(&path, dag);
	} else {
		str_printf(&path, "/api/v1/dags:%s", pause ? "pause" : "resume");
	}
	code = ask_to_do(cli, dag == NULL ? "POST" : "PATCH", str_text(&path), body, reply);
	str_close(&path);
	return code;
}

static void tell_pause(const char *dag, bool paused)
{
	const char *what = paused ? "paused: nothing new is started" : "no longer paused";

	if (dag == NULL)
		cli_tell("all dags are %s", what);
	else
		cli_tell("dag '%s' is %s", dag, what);
}

/* done: gets what holds of the dag now, {"dag": ID, "paused": true}, dag null for all. */
static int pause_one(struct cli *cli, const char *dag, bool pause, json_t *done)
{
	struct reply reply = {0};
	int code = dag == NULL ? CODE_OK : ask_check_dag(cli, dag);
	bool paused;

	if (code == CODE_OK)
		code = post_pause(cli, dag, pause, &reply);
	paused = json_is_true(json_object_get(reply.json, "paused"));
	if (code == CODE_OK)
		json_array_append_new(done, json_pack("{s:s?,s:b}", "dag", dag, "paused", paused));
	if (code == CODE_OK && !cli->json)
		tell_pause(dag, paused);
	reply_close(&reply);
	return code;
}

static int check_pause(const struct args *args, const char *verb, struct err *err)
{
	if (args_has(args, FLAG_ALL) == (args->operand_count > 0))
		return err_set(err, ERR_USAGE,
			       "which dags? heddle %s DAG..., or for all of them: heddle %s --all",
			       verb, verb);
	return 0;
}

/* A home that came out of a backup goes on with this: what is uncertain in it is told first. */
static int tell_restored(struct cli *cli)
{
	const struct question question = {
	    .method = "GET", .path = "/api/v1/restored", .may_miss = true};
	struct reply reply = {0};
	struct str text = STR_INIT;
	int code = ask(cli, &question, &reply);
	const json_t *restored = json_object_get(reply.json, "restored");

	if (code == CODE_OK && json_is_object(restored)) {
		uncertain_render(restored, &text);
		fputs(str_text(&text), stderr);
	}
	str_close(&text);
	reply_close(&reply);
	return code == CODE_NOT_FOUND ? CODE_OK : code; /* an older daemon does not know it */
}

/* One dag that cannot be had keeps none of the others from it. */
static int pause_each(struct cli *cli, bool pause)
{
	const struct args *args = cli->args;
	json_t *done = json_array();
	char *text;
	int code = CODE_OK;

	if (args_has(args, FLAG_ALL) && !pause)
		code = tell_restored(cli);
	if (args_has(args, FLAG_ALL) && code == CODE_OK)
		code = pause_one(cli, NULL, pause, done);
	for (size_t i = 0; i < args->operand_count; i++) {
		int one = pause_one(cli, args->operands[i], pause, done);

		code = code == CODE_OK ? one : code;
	}
	text = json_dumps(done, JSON_COMPACT);
	if (cli->json && json_array_size(done) > 0)
		cli_print_line(text);
	free(text); /* jansson's own */
	json_decref(done);
	return code;
}

/* Only when all dags are paused does anything come to rest. */
static int check_drain(const struct args *args, struct err *err)
{
	if (args_has(args, FLAG_DRAIN) && !args_has(args, FLAG_ALL))
		return err_set(err, ERR_USAGE,
			       "'--drain' is of all dags: heddle pause --all --drain");
	if (args_has(args, FLAG_WAIT) && !args_has(args, FLAG_DRAIN))
		return err_set(err, ERR_USAGE, "'--wait' says how long '--drain' may take");
	return 0;
}

int run_verb_pause(struct cli *cli)
{
	struct err err = {0};
	struct wait wait;
	int code;

	if (check_pause(cli->args, "pause", &err) != 0 || check_drain(cli->args, &err) != 0 ||
	    wait_read(cli->args, &wait, &err) != 0)
		return cli_fail_err(&err);
	code = pause_each(cli, true);
	return code == CODE_OK && args_has(cli->args, FLAG_DRAIN) ? drain_wait(cli, &wait) : code;
}

int run_verb_resume(struct cli *cli)
{
	struct err err = {0};

	return check_pause(cli->args, "resume", &err) == 0 ? pause_each(cli, false)
							   : cli_fail_err(&err);
}
