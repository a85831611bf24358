/* run.c - `heddle run FILE`: one dag to its end, here, with a daemon of its own. */
#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "cli/ask.h"
#include "cli/live.h"
#include "cli/own.h"
#include "cli/preview.h"
#include "cli/render.h"
#include "cli/source.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "cli/wait.h"
#include "cli/watch.h"
#include "daemon/folder.h"
#include "model/param.h"
#include "model/render.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 500 /* of one long poll: how long an interrupt may go unseen */

struct local_run {
	struct cli *cli;
	const struct dag *dag;
	json_t *params;     /* NULL = none given */
	const char **tasks; /* that --from or --only name */
	struct preview_wish wish;
	bool *chosen; /* by position; NULL = all tasks */
	int signal_fd;
	bool cancelled;
	struct watch watch;
	struct live live;
};

/* --- the file -----------------------------------------------------------------------------------
 */

static int refuse_choice(const struct folder *folder, const char *file, const char *wanted)
{
	struct str ids = STR_INIT;
	int code;

	for (size_t i = 0; i < folder->dag_count; i++)
		str_printf(&ids, "%s%s", i == 0 ? "" : ", ", folder->dags[i].id);
	if (folder->dag_count == 0)
		code = cli_fail(CODE_INVALID, "'%s' holds no dag", file);
	else if (wanted == NULL)
		code = cli_fail(CODE_USAGE, "'%s' holds several dags: name one with --dag (%s)",
				file, str_text(&ids));
	else
		code = cli_fail(CODE_NOT_FOUND, "'%s' holds no dag '%s', but %s", file, wanted,
				str_text(&ids));
	str_close(&ids);
	return code;
}

/* The only dag, or the one that --dag names. */
static int choose_dag(struct local_run *run, const struct folder *folder, const char *file)
{
	const char *wanted = run->cli->args->values[FLAG_DAG];

	for (size_t i = 0; i < folder->dag_count; i++)
		if (wanted == NULL || strcmp(folder->dags[i].id, wanted) == 0)
			run->dag = folder->dags[i].dag;
	if (run->dag != NULL && (wanted != NULL || folder->dag_count == 1))
		return CODE_OK;
	return refuse_choice(folder, file, wanted);
}

static int tell_errors(const struct folder *folder)
{
	struct str text = STR_INIT;
	struct str clean = STR_INIT;

	for (size_t i = 0; i < folder->errors.count; i++)
		dag_error_format(&folder->errors.items[i], isatty(STDERR_FILENO), &text);
	text_clean_lines(&clean, str_text(&text));
	fputs(str_text(&clean), stderr);
	str_close(&clean);
	str_close(&text);
	return CODE_INVALID;
}

/* Refuses here what the daemon would refuse: nothing has to be started for that. */
static int check_params(struct local_run *run)
{
	json_t *types = source_types(run->dag);
	json_t *all = NULL;
	struct err err = {0};
	int code = source_read_params(run->cli->args, types, &run->params);

	json_decref(types);
	if (code != CODE_OK)
		return code;
	if (params_resolve(run->dag, run->params, &all, &err) != 0)
		return cli_fail(CODE_USAGE, "%s", err.message);
	json_decref(all);
	return CODE_OK;
}

static int read_choice(struct local_run *run)
{
	const struct args *args = run->cli->args;
	enum flag_id by = args_has(args, FLAG_ONLY) ? FLAG_ONLY : FLAG_FROM;
	struct err err = {0};
	size_t at = 0;
	int rc = args_check_one_of(args, FLAG_BIT(FLAG_FROM) | FLAG_BIT(FLAG_ONLY), &err);

	run->wish.only = by == FLAG_ONLY;
	run->wish.task_count = args_count(args, by);
	run->tasks = mem_alloc((run->wish.task_count + 1) * sizeof *run->tasks);
	for (size_t i = 0; i < run->wish.task_count; i++)
		run->tasks[i] = args_next(args, by, &at);
	run->wish.tasks = run->tasks;
	if (rc == 0 && run->wish.task_count > 0)
		rc = preview_choose(run->dag, &run->wish, &run->chosen, &err);
	return rc == 0 ? CODE_OK : cli_fail_err(&err);
}

/* --- an interrupt -------------------------------------------------------------------------------
 */

/* From now on what asks this process to end waits to be read. A reader that goes away ends nothing:
 * the run goes on, and the home is to be removed. */
static int catch_signals(void)
{
	sigset_t set;
	sigset_t blocked;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	blocked = set;
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool was_interrupted(const struct local_run *run)
{
	struct signalfd_siginfo info;

	return read(run->signal_fd, &info, sizeof info) == (ssize_t)sizeof info;
}

/* Whoever interrupts means the tasks, too: they get their time to end. */
static int cancel(struct local_run *run)
{
	struct reply reply = {0};
	char path[64];
	int code;

	run->cancelled = true;
	cli_tell("interrupted: the run is being cancelled");
	snprintf(path, sizeof path, "/api/v1/runs/%s:cancel", run->watch.run_id);
	code =
	    ask_to_do(run->cli, "POST", path, json_pack("{s:s}", "reason", "interrupted"), &reply);
	reply_close(&reply);
	return code;
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void print_fact(struct watch *watch, const json_t *fact)
{
	struct local_run *run = watch->context;
	struct str line = STR_INIT;

	if (run->cli->json)
		return;
	render_fact(fact, run->cli->colour, &line);
	cli_print_str(&line);
	str_close(&line);
	live_take_fact(&run->live, fact);
}

/* --- the run ------------------------------------------------------------------------------------
 */

static void put_choice(const struct local_run *run, json_t *body)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < run->wish.task_count; i++)
		json_array_append_new(tasks, json_string(run->tasks[i]));
	if (run->wish.task_count > 0) {
		json_object_set(body, "tasks", tasks);
		json_object_set_new(body, "mode", json_string(run->wish.only ? "only" : "from"));
	}
	json_decref(tasks);
}

static int trigger(struct local_run *run)
{
	const struct args *args = run->cli->args;
	json_t *body = json_object();
	struct reply reply = {0};
	struct str path = STR_INIT;
	int code = CODE_USAGE;

	if (run->params != NULL)
		json_object_set(body, "params", run->params);
	put_choice(run, body);
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, run->dag->id);
	str_append(&path, "/runs");
	if (ask_put_flag(body, "period", args, FLAG_PERIOD))
		code = ask_to_do(run->cli, "POST", str_text(&path), body, &reply);
	else
		json_decref(body);
	snprintf(run->watch.run_id, sizeof run->watch.run_id, "%s", reply_text(reply.json, "id"));
	reply_close(&reply);
	str_close(&path);
	return code;
}

static int tell_end(struct local_run *run)
{
	struct reply reply = {0};
	int code = ask_run(run->cli, run->watch.run_id, &reply);

	if (code == CODE_OK && run->cli->json)
		reply_print(&reply);
	else if (code == CODE_OK)
		wait_tell_end(reply.json);
	reply_close(&reply);
	return code == CODE_OK ? exit_code_of_run(run->watch.end) : code;
}

static int follow(struct local_run *run)
{
	int code = trigger(run);

	run->watch.cli = run->cli;
	run->watch.take = print_fact;
	run->watch.context = run;
	live_init(&run->live, run->cli, run->watch.run_id);
	while (code == CODE_OK && !watch_is_over(&run->watch)) {
		code = watch_look(&run->watch, LOOK_MS);
		if (code == CODE_OK && was_interrupted(run) && !run->cancelled)
			code = cancel(run);
		live_look(&run->live);
	}
	live_close(&run->live);
	return code == CODE_OK ? tell_end(run) : code;
}

static int run_here(struct local_run *run, const char *file)
{
	struct own own;
	int code;

	run->signal_fd = catch_signals();
	code = own_start(&own, run->cli, file);
	if (code == CODE_OK)
		code = follow(run);
	own_stop(&own, run->cli);
	fd_close(&run->signal_fd);
	return code;
}

/* --- what would be run --------------------------------------------------------------------------
 */

/* Tasks of the run's end run whatever else does. */
static bool would_run(const struct local_run *run, uint32_t task)
{
	return run->chosen == NULL || run->chosen[task] || run->dag->tasks[task].hook != HOOK_NONE;
}

static json_t *dag_json(const struct local_run *run)
{
	json_t *tasks = json_array();

	for (uint32_t i = 0; i < run->dag->task_count; i++)
		if (would_run(run, i))
			json_array_append_new(tasks, json_string(run->dag->tasks[i].id));
	return json_pack("{s:s, s:o}", "dag", run->dag->id, "tasks", tasks);
}

static void print_task(const struct dag *dag, const struct task *task)
{
	struct str line = STR_INIT;

	str_append(&line, task->id);
	for (uint32_t i = 0; i < task->upstream_count; i++)
		str_printf(&line, "%s%s", i == 0 ? " after " : ", ",
			   dag->tasks[task->upstream[i]].id);
	cli_print_line(str_text(&line));
	str_close(&line);
}

static int dry_run(const struct local_run *run)
{
	json_t *json = dag_json(run);
	char *text = json_dumps(json, JSON_COMPACT);

	if (run->cli->json)
		cli_print_line(text);
	for (uint32_t i = 0; !run->cli->json && i < run->dag->task_count; i++)
		if (would_run(run, i))
			print_task(run->dag, &run->dag->tasks[i]);
	free(text); /* jansson's own */
	json_decref(json);
	return CODE_OK;
}

static int run_file(struct local_run *run, struct folder *folder, const char *file)
{
	int code;

	folder_judge(folder);
	code = folder->errors.count > 0 ? tell_errors(folder) : choose_dag(run, folder, file);
	if (code == CODE_OK)
		code = check_params(run);
	if (code == CODE_OK)
		code = read_choice(run);
	if (code != CODE_OK)
		return code;
	return args_has(run->cli->args, FLAG_DRY_RUN) ? dry_run(run) : run_here(run, file);
}

int run_verb_run(struct cli *cli)
{
	const char *file = cli->args->operands[0];
	struct local_run run = {.cli = cli};
	struct folder folder;
	struct stat status;
	struct err err = {0};
	int code;

	if (args_has(cli->args, FLAG_URL) || args_has(cli->args, FLAG_DAGS))
		return cli_fail(CODE_USAGE, "'run' needs no daemon and no dag folder: leave out "
					    "'--url' and '--dags'");
	if (stat(file, &status) == 0 && S_ISDIR(status.st_mode))
		return cli_fail(CODE_USAGE, "'%s' is a folder: heddle run FILE", file);
	folder_init(&folder);
	if (folder_add(&folder, file, file, &err) != 0)
		code = cli_fail_err(&err);
	else
		code = run_file(&run, &folder, file);
	json_decref(run.params);
	mem_free(run.tasks);
	mem_free(run.chosen);
	folder_close(&folder);
	return code;
}
