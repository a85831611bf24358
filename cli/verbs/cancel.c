/* cancel.c - `heddle cancel`: ends a run. */
#include "cli/ask.h"
#include "cli/verbs/verbs.h"
#include "cli/wait.h"

#include <stdio.h>

/* The run is over, or on its way there: either is what was asked for. */
static int finish(struct cli *cli, const char *run_id, const struct wait *wait, struct reply *reply)
{
	int code = CODE_OK;

	if (wait->wanted && !wait_run_is_over(reply->json))
		code = wait_for_end(cli, run_id, wait, reply);
	if (code != CODE_OK && code != CODE_TIMED_OUT)
		return code;
	if (cli->json)
		reply_print(reply);
	else if (wait_run_is_over(reply->json))
		wait_tell_end(reply->json);
	else if (code == CODE_OK)
		cli_tell("run %s is %s", run_id, reply_text(reply->json, "state"));
	return code;
}

static int post(struct cli *cli, const char *run_id, struct reply *reply)
{
	json_t *body = json_object();
	char path[64];

	if (!ask_put_flag(body, "reason", cli->args, FLAG_REASON)) {
		json_decref(body);
		return CODE_USAGE;
	}
	snprintf(path, sizeof path, "/api/v1/runs/%s:cancel", run_id);
	return ask_to_do(cli, "POST", path, body, reply);
}

int run_verb_cancel(struct cli *cli)
{
	struct reply reply = {0};
	struct wait wait;
	struct err err = {0};
	char run_id[17];
	int code;

	if (wait_read(cli->args, &wait, &err) != 0)
		return cli_fail_err(&err);
	code = ask_run_id(cli, cli->args->operands[0], run_id);
	if (code == CODE_OK)
		code = post(cli, run_id, &reply);
	if (code == CODE_OK)
		code = finish(cli, run_id, &wait, &reply);
	reply_close(&reply);
	return code;
}
