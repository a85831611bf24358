/* why_target.c - what GET /why asks about, which is named as people name it; see api.h.
 *
 *	TARGET = RUN | RUN/TASK | DAG | DAG/TASK | DAG@PERIOD | DAG@PERIOD/TASK
 *
 * A dag is asked about through its newest run, or the one for the period; a dag of exactly this
 * name comes before a run whose id begins so. Content-Location then says which run it is. Who asks
 * about a dag alone wants to know that it starts nothing, too: names.dag is set then. Of a dag
 * without such a run the answer is made here, in the form of every other. */
#include "web/api/api.h"

#include "base/clock.h"

#include <ctype.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define RUNS_MAX 1000 /* of a dag, looked at for the one with the period */

struct asked {
	struct call *call;
	char name[QUERY_TEXT_MAX + 1];        /* of the dag, or the beginning of a run's id */
	char period[LIMIT_RUN_KEY_BYTES + 1]; /* "" = the newest run */
	char in_day[RUN_ID_SIZE]; /* the newest of an instant in the day that is asked for */
	uint32_t runs_seen;       /* in which the period was not found */
	/* Of the dag, when one is meant. */
	char file[PATH_MAX];
	char pause[PAUSE_TEXT_SIZE]; /* "" = it is not paused */
	bool is_dag;
	struct compose compose;
};

/* --- what is meant ------------------------------------------------------------------------------
 */

/* Copies what stands before the first such character; the rest, or NULL, is returned. */
static const char *cut(const char *text, char at, char *out, size_t size)
{
	const char *end = strchr(text, at);

	snprintf(out, size, "%.*s", (int)(end == NULL ? strlen(text) : (size_t)(end - text)), text);
	return end == NULL ? NULL : end + 1;
}

/* "@" may stand in the name of no dag, run or task, "/" in none of them nor in a period. */
static int read_target(struct asked *asked, struct err *err)
{
	const char *target = asked->call->query.target;
	char front[QUERY_TEXT_MAX + 1];
	const char *task;
	const char *period;

	if (target == NULL)
		return err_set(err, ERR_INVALID,
			       "query parameter 'target' is missing: it must be RUN, RUN/TASK, DAG "
			       "or DAG@PERIOD");
	task = cut(target, '/', front, sizeof front);
	period = cut(front, '@', asked->name, sizeof asked->name);
	if (asked->name[0] == '\0' || (period != NULL && period[0] == '\0') ||
	    (task != NULL && (task[0] == '\0' || strchr(task, '/') != NULL)))
		return err_set(err, ERR_INVALID,
			       "query parameter 'target' is '%.64s': it must be RUN, RUN/TASK, DAG "
			       "or DAG@PERIOD",
			       target);
	snprintf(asked->period, sizeof asked->period, "%s", period == NULL ? "" : period);
	asked->call->names.task = task;
	return 0;
}

void api_pause_text(const struct dag_view *view, char out[PAUSE_TEXT_SIZE])
{
	char at[CLOCK_TEXT_SIZE];

	out[0] = '\0';
	if (view->pause_actor == NULL)
		return;
	snprintf(out, PAUSE_TEXT_SIZE, "%s by %s since %.19sZ%s%s",
		 view->pause_of_all ? "all dags are paused" : "the dag is paused",
		 view->pause_actor, clock_format_utc(view->pause_at_ms, at),
		 view->pause_reason == NULL ? "" : ": ",
		 view->pause_reason == NULL ? "" : view->pause_reason);
}

static bool take_dag(void *context, const struct dag_view *view)
{
	struct asked *asked = context;

	asked->is_dag = true;
	snprintf(asked->file, sizeof asked->file, "%s", view->file);
	if (view->last_run_id != NULL && asked->period[0] == '\0')
		snprintf(asked->call->run_id, RUN_ID_SIZE, "%s", view->last_run_id);
	api_pause_text(view, asked->pause);
	return true;
}

/* A day is asked for, and the run stands for an instant of it, as those without a period do. */
static bool is_in_day(const char *period, const char *day)
{
	size_t length = strlen(day);

	return length == sizeof "2026-11-20" - 1 && strncmp(period, day, length) == 0 &&
	       period[length] == 'T';
}

static bool take_run(void *context, const struct run_view *view)
{
	struct asked *asked = context;

	asked->runs_seen++;
	if (strcmp(view->period_id, asked->period) != 0) {
		if (asked->in_day[0] == '\0' && is_in_day(view->period_id, asked->period))
			snprintf(asked->in_day, sizeof asked->in_day, "%s", view->run_id);
		return true;
	}
	snprintf(asked->call->run_id, RUN_ID_SIZE, "%s", view->run_id);
	return false;
}

static bool can_be_run(const struct asked *asked)
{
	return asked->period[0] == '\0' &&
	       strspn(asked->name, "0123456789abcdef") == strlen(asked->name);
}

/* Fills call->run_id, which stays "" when the dag has no such run. */
static int find(struct asked *asked, struct store_reader *reader, struct err *err)
{
	struct run_filter filter = {.dag_id = asked->name, .limit = RUNS_MAX};
	int rc = ERR_NOT_FOUND;

	if (!isdigit((unsigned char)asked->name[0]) || asked->period[0] != '\0')
		rc = read_dag(reader, asked->name, take_dag, asked, err);
	if (rc == 0 && asked->period[0] != '\0') {
		rc = read_runs(reader, &filter, take_run, asked, err);
		if (asked->call->run_id[0] == '\0')
			snprintf(asked->call->run_id, RUN_ID_SIZE, "%s", asked->in_day);
		return rc;
	}
	if (rc != ERR_NOT_FOUND)
		return rc;
	if (can_be_run(asked))
		return read_run_id(reader, asked->name, asked->call->run_id, err);
	err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s'", asked->name);
	api_suggest_dag(reader, asked->name, err);
	return ERR_NOT_FOUND;
}

/* --- a dag without such a run -------------------------------------------------------------------
 */

static void write_link(struct asked *asked, const char *kind, const char *text)
{
	static const char *const nothing[] = {"run", "task", "pool", "count", "limit", "at"};
	struct compose *compose = &asked->compose;

	compose_open(compose, '{');
	compose_member_text(compose, "kind", kind);
	compose_member_text(compose, "text", text);
	compose_member_text(compose, "dag", asked->name);
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		compose_member_text(compose, nothing[i], NULL);
	compose_close(compose, '}');
}

static void say_never(const struct asked *asked, struct str *text)
{
	str_printf(text, "dag '%s' has ", asked->name);
	if (asked->period[0] == '\0')
		str_append(text, "never run: nobody triggered it");
	else if (asked->runs_seen < RUNS_MAX)
		str_printf(text, "no run for '%s': nobody triggered it", asked->period);
	else
		str_printf(text, "no run for '%s' among its newest %u", asked->period,
			   asked->runs_seen);
}

static bool write_broken(void *context, const struct dag_error_view *view)
{
	struct asked *asked = context;
	struct str text = STR_INIT;

	if (strcmp(view->file, asked->file) != 0)
		return true;
	str_printf(&text,
		   "its file does not check, its last good version is in force: %s:%u:%u: %s",
		   view->file, view->line, view->column, view->message);
	write_link(asked, "broken", str_text(&text));
	str_close(&text);
	return true;
}

/* That nobody triggered it is all there is to know; a pause or a broken file would be next. */
static int explain_absence(struct asked *asked, struct store_reader *reader, struct err *err)
{
	struct compose *compose = &asked->compose;
	struct str never = STR_INIT;
	int rc;

	say_never(asked, &never);
	compose_init(compose, &asked->call->answer.body);
	compose_open(compose, '{');
	compose_member_text(compose, "answer", str_text(&never));
	compose_member_open(compose, "chain", '[');
	write_link(asked, "never", str_text(&never));
	if (asked->pause[0] != '\0')
		write_link(asked, "pause", asked->pause);
	rc = read_dag_errors(reader, write_broken, asked, err);
	compose_close(compose, ']');
	compose_member_open(compose, "holders", '[');
	compose_close(compose, ']');
	compose_member_int(compose, "holders_total", 0);
	compose_close(compose, '}');
	str_close(&never);
	asked->call->answer.status = MHD_HTTP_OK;
	return rc;
}

/* The name has led to a run, which need not be the same one tomorrow. */
static void tell_run(struct asked *asked)
{
	struct call *call = asked->call;
	const char *task = call->names.task;

	if (!asked->is_dag)
		return;
	if (task == NULL || id_is_valid(task, false))
		answer_header(&call->answer, MHD_HTTP_HEADER_CONTENT_LOCATION,
			      "/api/v1/runs/%s%s%s/why", call->run_id,
			      task == NULL ? "" : "/tasks/", task == NULL ? "" : task);
	if (task == NULL && asked->period[0] == '\0')
		call->names.dag = call->query.target;
}

enum call_outcome api_why_target(struct call *call, struct store_reader *reader)
{
	struct asked asked = {.call = call};
	struct err err;
	int rc = read_target(&asked, &err);

	if (rc == 0)
		rc = find(&asked, reader, &err);
	if (rc == 0 && call->run_id[0] == '\0')
		rc = explain_absence(&asked, reader, &err);
	else if (rc == 0)
		tell_run(&asked);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}
