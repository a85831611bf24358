/* show.c - `heddle runs show`. */
#include "base/clock.h"
#include "cli/ask.h"
#include "cli/render.h"
#include "cli/scripts.h"
#include "cli/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

static int show_json(struct cli *cli, const char *path)
{
	struct reply reply = {0};
	int code = ask_get(cli, path, &reply);

	if (code == CODE_OK)
		reply_print(&reply);
	reply_close(&reply);
	return code;
}

static int show_text(struct cli *cli, const char *path, const char *run_id)
{
	struct reply run = {0};
	struct reply tasks = {0};
	struct str text = STR_INIT;
	char tasks_path[64];
	bool has_tasks = false; /* of a pruned run there are none */
	int code;

	snprintf(tasks_path, sizeof tasks_path, "%s/tasks", path);
	code = ask_get(cli, path, &run);
	if (code == CODE_OK)
		has_tasks = reply_instant(run.json, "pruned_at") == 0;
	if (has_tasks)
		code = ask_get(cli, tasks_path, &tasks);
	if (code == CODE_OK) {
		render_run(run.json, json_object_get(tasks.json, "items"), clock_now().wall_ms,
			   cli->colour, &text);
		cli_print_str(&text);
	}
	if (code == CODE_OK && has_tasks)
		code = scripts_tell(cli, run_id, NULL, cli_print_line);
	str_close(&text);
	reply_close(&tasks);
	reply_close(&run);
	return code;
}

/* RUN, or --dag X --latest, but not both. */
static int check(const struct args *args, struct err *err)
{
	bool has_run = args->operand_count == 2;

	if (strcmp(args->operands[0], "show") != 0)
		return err_set(err, ERR_USAGE,
			       "unknown word '%s' after 'runs': heddle runs show RUN",
			       args->operands[0]);
	if (args_has(args, FLAG_DAG) != args_has(args, FLAG_LATEST))
		return err_set(err, ERR_USAGE, "'--dag' and '--latest' go together");
	if (has_run == args_has(args, FLAG_LATEST))
		return err_set(err, ERR_USAGE,
			       "which run? heddle runs show RUN, or: heddle runs show --dag DAG "
			       "--latest");
	return 0;
}

int run_verb_runs(struct cli *cli)
{
	const struct args *args = cli->args;
	struct err err = {0};
	char run_id[17];
	char path[48];
	int code;

	if (check(args, &err) != 0)
		return cli_fail_err(&err);
	code = ask_run_id(cli, args->operand_count == 2 ? args->operands[1] : NULL, run_id);
	if (code != CODE_OK)
		return code;
	snprintf(path, sizeof path, "/api/v1/runs/%s", run_id);
	return cli->json ? show_json(cli, path) : show_text(cli, path, run_id);
}
