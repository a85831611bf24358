/* trigger.c - `heddle trigger`: starts a run, and waits for its end. */
#include "cli/ask.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "cli/wait.h"

#include <stdio.h>

static int build_body(struct cli *cli, const char *dag_id, json_t **out)
{
	const struct args *args = cli->args;
	json_t *body = json_object();
	json_t *params = NULL;
	int code = CODE_USAGE;

	if (ask_put_flag(body, "id", args, FLAG_ID) &&
	    ask_put_flag(body, "period", args, FLAG_PERIOD) &&
	    ask_put_flag(body, "at", args, FLAG_AT) &&
	    ask_put_flag(body, "reason", args, FLAG_REASON))
		code = source_ask_params(cli, dag_id, NULL, &params);
	if (params != NULL)
		json_object_set_new(body, "params", params);
	if (args_has(args, FLAG_FORCE))
		json_object_set_new(body, "force", json_true());
	*out = body;
	return code;
}

/* The key of the question is that of the run, unless --id names another: so a question that has to
 * be asked again because the connection broke starts no second run. */
static int post_trigger(struct cli *cli, const char *dag_id, struct reply *reply)
{
	struct str path = STR_INIT;
	json_t *body = NULL;
	int code = ask_check_dag(cli, dag_id);

	if (code == CODE_OK)
		code = build_body(cli, dag_id, &body);
	if (code != CODE_OK) {
		json_decref(body);
		return code;
	}
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag_id);
	str_append(&path, "/runs");
	code = ask_to_do(cli, "POST", str_text(&path), body, reply);
	str_close(&path);
	return code;
}

int run_verb_trigger(struct cli *cli)
{
	struct reply reply = {0};
	struct wait wait;
	struct err err = {0};
	int code;

	if (wait_read(cli->args, &wait, &err) != 0)
		return cli_fail_err(&err);
	code = post_trigger(cli, cli->args->operands[0], &reply);
	if (code == CODE_OK && !cli->json)
		/* At once: who waits may want to know what for. */
		cli_print_line(reply_text(reply.json, "id"));
	if (code == CODE_OK)
		code = wait_finish(cli, &wait, &reply);
	reply_close(&reply);
	return code;
}
