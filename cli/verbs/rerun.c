/* rerun.c - `heddle rerun`: says which tasks of a run will run again, then lets them. */
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/preview.h"
#include "cli/scripts.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "cli/wait.h"

#include <stdio.h>

#define BIT(name) FLAG_BIT(FLAG_##name)

/* What the command line wants. */
struct rerun {
	struct cli *cli;
	const char **tasks; /* of --from or --only */
	struct preview_wish wish;
	struct wait wait;
};

static int read_wishes(struct rerun *rerun, struct err *err)
{
	const struct args *args = rerun->cli->args;
	enum flag_id by = args_has(args, FLAG_ONLY) ? FLAG_ONLY : FLAG_FROM;
	size_t at = 0;
	int rc = args_check_one_of(args, BIT(FAILED) | BIT(FROM) | BIT(ONLY), err);

	if (rc == 0)
		rc = args_check_one_of(args, BIT(LATEST) | BIT(PINNED), err);
	if (rc == 0)
		rc = wait_read(args, &rerun->wait, err);
	if (rc != 0)
		return rc;
	rerun->wish.only = by == FLAG_ONLY;
	rerun->wish.task_count = args_count(args, by);
	rerun->tasks = mem_alloc((rerun->wish.task_count + 1) * sizeof *rerun->tasks);
	for (size_t i = 0; i < rerun->wish.task_count; i++)
		rerun->tasks[i] = args_next(args, by, &at);
	rerun->wish.tasks = rerun->tasks;
	return 0;
}

static void tell_line(const char *line)
{
	cli_tell("%s", line);
}

/* What runs again runs the scripts as they are now. */
static int tell_scripts(const struct rerun *rerun, const json_t *run, const json_t *dry_run)
{
	json_t *again = preview_again(dry_run);
	int code = CODE_OK;

	if (json_object_size(again) > 0)
		code = scripts_tell(rerun->cli, reply_text(run, "id"), again, tell_line);
	json_decref(again);
	return code;
}

/* Asks for the list of what the rerun would do, and tells it. */
static int tell_resets(const struct rerun *rerun, const json_t *run, const char *path,
		       const json_t *body)
{
	struct reply list = {0};
	struct str dry = STR_INIT;
	struct str text = STR_INIT;
	int code;

	if (rerun->cli->json)
		return CODE_OK;
	str_printf(&dry, "%s?dry_run=1", path);
	code = ask_to_do(rerun->cli, "POST", str_text(&dry), json_deep_copy(body), &list);
	if (code == CODE_OK) {
		preview_rerun(json_object_get(run, "tasks"), list.json, &text);
		cli_print_line(str_text(&text));
		code = tell_scripts(rerun, run, list.json);
	}
	reply_close(&list);
	str_close(&text);
	str_close(&dry);
	return code;
}

static int put_tasks(const struct rerun *rerun, json_t *body)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < rerun->wish.task_count; i++)
		if (json_array_append_new(tasks, json_string(rerun->tasks[i])) != 0) {
			json_decref(tasks);
			return cli_fail(CODE_USAGE, "TASK is not UTF-8");
		}
	json_object_set_new(body, "mode",
			    json_string(rerun->wish.only              ? "only"
					: rerun->wish.task_count == 0 ? "failed"
								      : "from"));
	if (rerun->wish.task_count > 0)
		json_object_set(body, "tasks", tasks);
	json_decref(tasks);
	return CODE_OK;
}

/* The types of params are those of the version that the run goes on with. */
static int build_body(const struct rerun *rerun, const json_t *run, json_t *body)
{
	const struct args *args = rerun->cli->args;
	const char *hash = args_has(args, FLAG_LATEST) ? NULL : reply_text(run, "dag_hash");
	json_t *params = NULL;
	int code = put_tasks(rerun, body);

	if (code == CODE_OK)
		code = source_ask_params(rerun->cli, reply_text(run, "dag"), hash, &params);
	if (code == CODE_OK && !ask_put_flag(body, "reason", args, FLAG_REASON))
		code = CODE_USAGE;
	if (params != NULL)
		json_object_set_new(body, "params", params);
	if (args_has(args, FLAG_LATEST))
		json_object_set_new(body, "version", json_string("latest"));
	return code;
}

/* Says what will be reset and does it; *reply is then the run. */
static int do_it(const struct rerun *rerun, const json_t *run, struct reply *reply)
{
	json_t *body = json_object();
	char path[64];
	int code = build_body(rerun, run, body);

	snprintf(path, sizeof path, "/api/v1/runs/%s:rerun", reply_text(run, "id"));
	if (code == CODE_OK)
		code = tell_resets(rerun, run, path, body);
	if (code == CODE_OK)
		code = ask_to_do(rerun->cli, "POST", path, body, reply);
	else
		json_decref(body);
	return code;
}

/* The API answers 200 to what changed nothing, 202 to what is under way now. */
static int finish(const struct rerun *rerun, struct reply *reply)
{
	const char *id = reply_text(reply->json, "id");
	const char *state = reply_text(reply->json, "state");

	if (!rerun->cli->json && reply->status == 200)
		cli_tell("run %s has nothing to reset: it stays %s", id, state);
	else if (!rerun->cli->json && !rerun->wait.wanted)
		cli_tell("run %s is %s", id, state);
	return wait_finish(rerun->cli, &rerun->wait, reply);
}

int run_verb_rerun(struct cli *cli)
{
	struct rerun rerun = {.cli = cli};
	struct reply run = {0};
	struct reply reply = {0};
	struct err err = {0};
	int code;

	if (read_wishes(&rerun, &err) != 0) {
		mem_free(rerun.tasks);
		return cli_fail_err(&err);
	}
	code = ask_run(cli, cli->args->operands[0], &run);
	if (code == CODE_OK)
		code = do_it(&rerun, run.json, &reply);
	if (code == CODE_OK)
		code = finish(&rerun, &reply);
	reply_close(&reply);
	reply_close(&run);
	mem_free(rerun.tasks);
	return code;
}
