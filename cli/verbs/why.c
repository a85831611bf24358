/* why.c - `heddle why`: why a run, a task or a whole dag is where it is.
 *
 *	TARGET = RUN | RUN/TASK | DAG | DAG/TASK | DAG@PERIOD | DAG@PERIOD/TASK
 *
 * A dag is asked about through its newest run, or the one for the period: the daemon finds it, and
 * the answer is the daemon's. With --at it is looked for here, the newest of then, and its facts
 *are asked, which are the same for ever (history.h). */
#include "base/mem.h"
#include "base/tz.h"
#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/history.h"
#include "cli/render.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "cli/watch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "500"
#define RUNS_MAX 1000 /* of a dag, looked at for the one with the period */

struct why {
	struct cli *cli;
	char *name; /* of the dag, or the beginning of a run's id */
	char *period;
	char *task;         /* NULL = of the run */
	char run_id[17];    /* "" = the dag has no such run */
	char in_day[17];    /* the newest of an instant in the day that is asked for */
	size_t runs_seen;   /* in which the period was not found */
	int64_t at_ms;      /* the instant that is asked about; INT64_MAX = now */
	struct reply dag;   /* the dag as the API gives it, when one is meant */
	struct reply reply; /* the answer */
};

static void why_close(struct why *why)
{
	mem_free(why->name);
	mem_free(why->period);
	mem_free(why->task);
	reply_close(&why->dag);
	reply_close(&why->reply);
}

/* --- what is asked ------------------------------------------------------------------------------
 */

/* Cuts text at the first such character; NULL = there is none. The rest is the caller's. */
static char *cut(char *text, char at)
{
	char *end = strchr(text, at);

	if (end == NULL)
		return NULL;
	*end = '\0';
	return mem_strdup(end + 1);
}

static int read_instant(struct why *why, struct err *err)
{
	const char *text = why->cli->args->values[FLAG_AT];
	struct tz *utc = NULL;
	bool is_one;

	why->at_ms = INT64_MAX;
	if (text == NULL)
		return 0;
	if (tz_load("UTC", &utc, err) != 0)
		return err->code;
	is_one = tz_parse_instant(utc, text, &why->at_ms);
	tz_destroy(utc);
	return is_one
		   ? 0
		   : err_set(err, ERR_USAGE,
			     "'--at %.60s' is neither an instant (2026-11-20T06:30:00+01:00) nor a "
			     "date",
			     text);
}

static int read_target(struct why *why, struct err *err)
{
	const struct args *args = why->cli->args;

	why->name = mem_strdup(args->operands[0]);
	why->task = cut(why->name, '/');
	why->period = cut(why->name, '@');
	if (why->task != NULL && args->operand_count == 2)
		return err_set(err, ERR_USAGE, "two tasks are named: '%s' and '%s'", why->task,
			       args->operands[1]);
	if (why->task != NULL && strchr(why->task, '/') != NULL)
		return err_set(err, ERR_USAGE,
			       "'%s' names nothing: a task has no parts, it must be RUN/TASK",
			       args->operands[0]);
	if (args->operand_count == 2)
		why->task = mem_strdup(args->operands[1]);
	if (!utf8_is_text(args->operands[0], strlen(args->operands[0])))
		return err_set(err, ERR_USAGE, "TARGET is not UTF-8");
	if (why->name[0] == '\0' || (why->period != NULL && why->period[0] == '\0') ||
	    (why->task != NULL && why->task[0] == '\0'))
		return err_set(err, ERR_USAGE,
			       "'%s' names nothing: it must be RUN, RUN/TASK, DAG or DAG@PERIOD",
			       args->operands[0]);
	return 0;
}

/* No id of a run begins with a letter beyond f. */
static bool can_be_run(const struct why *why)
{
	return why->period == NULL && strspn(why->name, "0123456789abcdef") == strlen(why->name);
}

/* --- which run of then is meant -----------------------------------------------------------------
 */

static void dag_path(const struct why *why, struct str *path)
{
	str_append(path, "/api/v1/dags/");
	http_encode(path, why->name);
}

/* The dag of exactly this name, before any run whose id begins so. CODE_OK without one: then
 * why->run_id is that of the run. */
static int find_dag(struct why *why)
{
	struct question question = {.method = "GET", .patient = true, .may_miss = true};
	struct str path = STR_INIT;
	int code;

	if (can_be_run(why) && isdigit((unsigned char)why->name[0])) /* no dag's id begins so */
		return ask_run_id(why->cli, why->name, why->run_id);
	code = ask_check_dag(why->cli, why->name);
	if (code != CODE_OK)
		return code;
	dag_path(why, &path);
	question.path = str_text(&path);
	code = ask(why->cli, &question, &why->dag);
	if (code == CODE_NOT_FOUND && can_be_run(why))
		code = ask_run_id(why->cli, why->name, why->run_id);
	else if (code == CODE_NOT_FOUND)
		code = ask_tell_problem(&why->dag);
	str_close(&path);
	return code;
}

/* A day is asked for, and the run stands for an instant of it, as those without a period do. */
static bool is_in_day(const char *period, const char *day)
{
	size_t length = strlen(day);

	return length == sizeof "2026-11-20" - 1 && strncmp(period, day, length) == 0 &&
	       period[length] == 'T';
}

static void take_if_meant(struct why *why, const json_t *run)
{
	const char *period = reply_text(run, "period");
	const char *id = reply_text(run, "id");

	if (reply_instant(run, "created_at") > why->at_ms)
		return;
	if (why->period == NULL || strcmp(period, why->period) == 0)
		snprintf(why->run_id, sizeof why->run_id, "%s", id);
	else if (why->in_day[0] == '\0' && is_in_day(period, why->period))
		snprintf(why->in_day, sizeof why->in_day, "%s", id);
}

/* Looks through one page; newest first. */
static void find_in_page(struct why *why, const json_t *items)
{
	for (size_t i = 0; i < json_array_size(items) && why->run_id[0] == '\0'; i++) {
		const json_t *run = json_array_get(items, i);

		why->runs_seen++;
		take_if_meant(why, run);
	}
}

static int look_through_runs(struct why *why)
{
	struct reply page = {0};
	struct str path = STR_INIT;
	char cursor[32] = "";
	int code;

	do {
		str_clear(&path);
		dag_path(why, &path);
		str_append(&path, "/runs?limit=" PAGE);
		if (cursor[0] != '\0')
			str_printf(&path, "&cursor=%s", cursor);
		code = ask_get(why->cli, str_text(&path), &page);
		if (code != CODE_OK)
			break;
		find_in_page(why, json_object_get(page.json, "items"));
		snprintf(cursor, sizeof cursor, "%s", reply_text(page.json, "next"));
	} while (cursor[0] != '\0' && why->run_id[0] == '\0' && why->runs_seen < RUNS_MAX);
	if (why->run_id[0] == '\0')
		snprintf(why->run_id, sizeof why->run_id, "%s", why->in_day);
	str_close(&path);
	reply_close(&page);
	return code;
}

static int find_run(struct why *why)
{
	int code = find_dag(why);

	return code != CODE_OK || why->run_id[0] != '\0' ? code : look_through_runs(why);
}

/* --- a dag without such a run -------------------------------------------------------------------
 */

/* That the run of then was not made is all there is to know. */
static void explain_absence(struct why *why)
{
	struct str text = STR_INIT;
	char *json;

	str_printf(&text, "dag '%s' has ", why->name);
	if (why->period == NULL)
		str_append(&text, "no run of that time");
	else if (why->runs_seen < RUNS_MAX)
		str_printf(&text, "no run for '%s': nobody triggered it", why->period);
	else
		str_printf(&text, "no run for '%s' among its newest %zu", why->period,
			   why->runs_seen);
	why->reply.json = json_pack("{s:s,s:[{s:s,s:s,s:s,s:n,s:n,s:n,s:n,s:n,s:n}],s:[],s:i}",
				    "answer", str_text(&text), "chain", "kind", "never", "text",
				    str_text(&text), "dag", why->name, "run", "task", "pool",
				    "count", "limit", "at", "holders", "holders_total", 0);
	json = json_dumps(why->reply.json, JSON_COMPACT);
	str_append(&why->reply.body, json);
	free(json); /* jansson's own */
	str_close(&text);
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static void take_fact(struct watch *watch, const json_t *fact)
{
	history_take(watch->context, fact);
}

static int take_facts(const struct why *why, struct history *history)
{
	struct watch watch = {.cli = why->cli, .take = take_fact, .context = history};
	int code;

	snprintf(watch.run_id, sizeof watch.run_id, "%s", why->run_id);
	do
		code = watch_look(&watch, 0);
	while (code == CODE_OK && watch.more);
	return code;
}

/* Whether the run has the task: of one that never was there is no history. */
static int check_task(const struct why *why)
{
	struct reply reply = {0};
	struct str path = STR_INIT;
	int code;

	if (why->task == NULL)
		return CODE_OK;
	str_printf(&path, "/api/v1/runs/%s/tasks/", why->run_id);
	http_encode(&path, why->task);
	code = ask_get(why->cli, str_text(&path), &reply);
	str_close(&path);
	reply_close(&reply);
	return code;
}

static int explain_then(struct why *why)
{
	struct history history;
	char *text = NULL;
	int code = check_task(why);

	history_init(&history, why->at_ms);
	if (code == CODE_OK)
		code = take_facts(why, &history);
	if (code == CODE_OK) {
		why->reply.json = history_explain(&history, why->task);
		text = json_dumps(why->reply.json, JSON_COMPACT);
		str_append(&why->reply.body, text);
	}
	free(text); /* jansson's own */
	history_close(&history);
	return code;
}

/* The daemon finds out what is meant, and says which run it took for a dag. */
static int explain_now(struct why *why)
{
	static const char runs[] = "/api/v1/runs/";
	const char *location = why->reply.content_location;
	struct str path = STR_INIT;
	int code = can_be_run(why) ? CODE_OK : ask_check_dag(why->cli, why->name);

	str_append(&path, "/api/v1/why?target=");
	http_encode(&path, why->cli->args->operands[0]);
	if (why->cli->args->operand_count == 2) {
		str_append(&path, "%2F");
		http_encode(&path, why->task);
	}
	if (code == CODE_OK)
		code = ask_get(why->cli, str_text(&path), &why->reply);
	if (code == CODE_OK && str_starts_with(location, runs))
		snprintf(why->run_id, sizeof why->run_id, "%.16s", location + strlen(runs));
	str_close(&path);
	return code;
}

static int explain(struct why *why)
{
	bool is_now = why->at_ms == INT64_MAX;
	int code = is_now ? explain_now(why) : find_run(why);

	if (code == CODE_OK && why->run_id[0] != '\0' && (is_now || why->dag.json != NULL) &&
	    !why->cli->json)
		cli_tell("the %srun of dag '%s'%s%s is %s", why->period == NULL ? "newest " : "",
			 why->name, why->period == NULL ? "" : " for ",
			 why->period == NULL ? "" : why->period, why->run_id);
	if (code == CODE_OK && !is_now && why->run_id[0] == '\0')
		explain_absence(why);
	else if (code == CODE_OK && !is_now)
		code = explain_then(why);
	return code;
}

/* What was not caused by what follows stands beside it. */
static bool is_caused(const struct why *why)
{
	const json_t *chain = json_object_get(why->reply.json, "chain");

	return why->at_ms == INT64_MAX &&
	       strcmp(reply_text(json_array_get(chain, 0), "kind"), "never") != 0;
}

static void print_answer(struct why *why)
{
	struct str text = STR_INIT;

	if (why->cli->json) {
		reply_print(&why->reply);
		return;
	}
	render_why(why->reply.json, is_caused(why) ? "because" : "and", &text);
	cli_print_str(&text);
	str_close(&text);
}

int run_verb_why(struct cli *cli)
{
	struct why why = {.cli = cli};
	struct err err = {0};
	int code;

	if (read_target(&why, &err) != 0 || read_instant(&why, &err) != 0) {
		code = cli_fail_err(&err);
	} else {
		code = explain(&why);
		if (code == CODE_OK)
			print_answer(&why);
	}
	why_close(&why);
	return code;
}
