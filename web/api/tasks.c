/* tasks.c - the tasks of a run and what was measured of their attempts; see api.h. */
#include "web/api/api.h"

#include "executor/process/process.h"
#include "web/attempt_progress.h"
#include "web/compose.h"
#include "web/scripts.h"

#include <microhttpd.h>
#include <string.h>

struct task_search {
	const char *task_id;
	enum task_state *state;
	bool found;
};

static bool find_task(void *context, const struct task_view *view)
{
	struct task_search *search = context;

	search->found = strcmp(view->task_id, search->task_id) == 0;
	if (search->found)
		(void)task_state_from_name(view->state, search->state);
	return !search->found;
}

int api_task_state(struct store_reader *reader, const struct run_brief *brief, const char *run_id,
		   const char *task_id, enum task_state *state, struct err *err)
{
	struct task_search search = {.task_id = task_id, .state = state};
	int rc = read_tasks(reader, brief->run_no, NULL, find_task, &search, err);

	if (rc == 0 && !search.found)
		rc = err_set(err, ERR_NOT_FOUND,
			     "run '%s' has no task '%s': its tasks are listed under "
			     "/api/v1/runs/%s/tasks",
			     run_id, task_id, run_id);
	return rc;
}

/* What the tasks of a run are written with. */
struct task_writer {
	struct compose compose;
	const struct call *call;
	struct store_reader *reader;
	int64_t run_no;
	int64_t after; /* positions below it are not shown */
	uint32_t left;
	int64_t last;
	bool more;
	bool has_progress; /* of the task that view_now saw last */
	struct progress progress;
	struct script_looks looks; /* that were had for attempts */
};

/* What is known of an attempt under way beside its row. */
struct under_way {
	const struct call *call;
	const char *trouble;   /* NULL = none */
	int64_t started_at_ms; /* 0 = no shim has claimed it yet */
	bool has_progress;
	struct progress progress;
};

static int64_t claimed_at_ms(const struct call *call, const struct attempt_view *view)
{
	struct process_ref ref = {view->attempt_id, view->released_at_ms};
	int64_t started_at_ms;

	(void)process_started_at(call->home, view->incarnation, ref, &started_at_ms);
	return started_at_ms;
}

static bool look_at_attempt(void *context, const struct attempt_view *view)
{
	struct under_way *out = context;

	out->has_progress = attempt_progress(out->call->home, view, &out->progress);
	out->trouble = troubles_find(&out->call->troubles, view->attempt_id);
	out->started_at_ms = claimed_at_ms(out->call, view);
	return true;
}

/* Puts what is known now in place of what the row of a task under way can tell: a reason that is
 * about the past, and the instant at which its attempt was released. */
static struct task_view view_now(struct task_writer *writer, const struct task_view *view)
{
	struct under_way now = {.call = writer->call};
	struct task_view shown = *view;
	enum task_state state;

	writer->has_progress = false;
	if (!task_state_from_name(view->state, &state) ||
	    (state != TASK_RUNNING && state != TASK_CANCELLING) ||
	    read_attempts(writer->reader, writer->run_no, view->task_id, view->attempts,
			  look_at_attempt, &now, NULL) != 0)
		return shown;
	if (now.trouble != NULL)
		shown.reason = now.trouble;
	if (now.started_at_ms != 0)
		shown.started_at_ms = now.started_at_ms;
	writer->has_progress = now.has_progress;
	writer->progress = now.progress;
	return shown;
}

static void write_task_members(struct compose *compose, const struct task_view *view)
{
	compose_member_text(compose, "id", view->task_id);
	compose_member_text(compose, "state", view->state);
	compose_member_text(compose, "reason", view->reason);
}

static void write_progress(struct compose *compose, const struct progress *progress)
{
	compose_key(compose, "progress");
	if (progress == NULL) {
		compose_text(compose, NULL);
		return;
	}
	compose_open(compose, '{');
	compose_member_int(compose, "percent", progress->percent);
	compose_member_text(compose, "text", progress->text);
	compose_close(compose, '}');
}

static void write_task_times(struct task_writer *writer, const struct task_view *view)
{
	struct compose *compose = &writer->compose;

	compose_member_time(compose, "started_at", view->started_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_member_time(compose, "retry_at", view->retry_at_ms);
	write_progress(compose, writer->has_progress ? &writer->progress : NULL);
}

/* The cursor of a page is the position of its last task, counted from 1. */
static bool write_task(void *context, const struct task_view *view)
{
	struct task_writer *writer = context;
	struct task_view shown;

	if (view->position < writer->after)
		return true;
	writer->more = writer->left == 0;
	if (writer->more)
		return false;
	writer->left--;
	writer->last = (int64_t)view->position + 1;
	shown = view_now(writer, view);
	compose_open(&writer->compose, '{');
	write_task_members(&writer->compose, &shown);
	compose_member_int(&writer->compose, "attempts", shown.attempts);
	write_task_times(writer, &shown);
	compose_close(&writer->compose, '}');
	return true;
}

enum call_outcome api_tasks(struct call *call, struct store_reader *reader)
{
	struct task_writer writer = {.call = call,
				     .reader = reader,
				     .after = api_cursor_number(call),
				     .left = api_limit_or_all(call)};
	struct run_brief brief;
	struct err err;

	if (api_run_detail(call, reader, call->names.run, &brief, &err) != 0)
		return api_fail(call, &err);
	writer.run_no = brief.run_no;
	compose_init(&writer.compose, &call->answer.body);
	compose_open(&writer.compose, '{');
	compose_member_open(&writer.compose, "items", '[');
	if (read_tasks(reader, brief.run_no, call->query.state, write_task, &writer, &err) != 0)
		return api_fail(call, &err);
	api_write_next(&writer.compose, writer.more, writer.last);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

static void write_measures(struct compose *compose, const struct attempt_view *view)
{
	compose_member_time(compose, "released_at", view->released_at_ms);
	compose_member_time(compose, "started_at", view->started_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_member_int(compose, "duration_ms", view->duration_ms);
	compose_member_int(compose, "max_rss_bytes", view->max_rss_bytes);
	compose_member_int(compose, "cpu_user_ms", view->cpu_user_us / 1000);
	compose_member_int(compose, "cpu_system_ms", view->cpu_system_us / 1000);
	compose_member_int(compose, "log_bytes", view->log_bytes);
	compose_member_int(compose, "log_dropped_bytes", view->log_dropped_bytes);
	compose_member_int(compose, "log_dropped_lines", view->log_dropped_lines);
}

/* What is not known yet is null, so that 0 always means measured. */
static void write_absent_measures(struct compose *compose, const struct call *call,
				  const struct attempt_view *view)
{
	static const char *const names[] = {
	    "duration_ms", "max_rss_bytes",     "cpu_user_ms",       "cpu_system_ms",
	    "log_bytes",   "log_dropped_bytes", "log_dropped_lines",
	};

	compose_member_time(compose, "released_at", view->released_at_ms);
	compose_member_time(compose, "started_at", claimed_at_ms(call, view));
	compose_member_text(compose, "ended_at", NULL);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		compose_member_text(compose, names[i], NULL);
}

static void write_exit(struct compose *compose, const struct attempt_view *view, bool running)
{
	bool signalled = view->signal != 0;
	bool exited =
	    !running && !signalled && view->started_at_ms != 0 && strcmp(view->state, "lost") != 0;

	compose_key(compose, "exit_code");
	if (exited)
		compose_int(compose, view->exit_code);
	else
		compose_text(compose, NULL);
	compose_key(compose, "signal");
	if (signalled)
		compose_int(compose, view->signal);
	else
		compose_text(compose, NULL);
}

/* The row says "running" or the cause; a client is told the state, as of tasks, and the cause
 * apart. */
static const char *attempt_state(const struct attempt_view *view)
{
	enum attempt_cause cause;

	if (!attempt_cause_from_name(view->state, &cause))
		return view->state;
	return attempt_cause_is_failure(cause) ? "failed" : view->state;
}

static bool write_script(void *context, const struct script_state *state)
{
	struct compose *compose = context;

	compose_open(compose, '{');
	scripts_write(compose, state);
	compose_close(compose, '}');
	return true;
}

static bool write_attempt(void *context, const struct attempt_view *view)
{
	struct task_writer *writer = context;
	struct compose *compose = &writer->compose;
	bool running = strcmp(view->state, "running") == 0;
	const char *state = attempt_state(view);
	struct progress progress;
	const char *trouble =
	    running ? troubles_find(&writer->call->troubles, view->attempt_id) : NULL;

	compose_open(compose, '{');
	compose_member_int(compose, "number", view->number);
	compose_member_text(compose, "state", state);
	compose_member_text(compose, "cause", strcmp(state, "failed") == 0 ? view->state : NULL);
	compose_member_text(compose, "reason", trouble != NULL ? trouble : view->reason);
	write_exit(compose, view, running);
	if (running)
		write_absent_measures(compose, writer->call, view);
	else
		write_measures(compose, view);
	write_progress(compose, running && attempt_progress(writer->call->home, view, &progress)
				    ? &progress
				    : NULL);
	compose_member_open(compose, "scripts", '[');
	scripts_each(&writer->looks, view->scripts, write_script, compose);
	compose_close(compose, ']');
	compose_close(compose, '}');
	return true;
}

struct task_answer {
	struct task_writer writer;
	const char *task_id;
	bool found;
};

static bool write_wanted_task(void *context, const struct task_view *view)
{
	struct task_answer *answer = context;
	struct task_view shown;

	if (strcmp(view->task_id, answer->task_id) != 0)
		return true;
	shown = view_now(&answer->writer, view);
	compose_open(&answer->writer.compose, '{');
	write_task_members(&answer->writer.compose, &shown);
	write_task_times(&answer->writer, &shown);
	answer->found = true;
	return false;
}

static int write_task_whole(struct call *call, struct store_reader *reader,
			    const struct run_brief *brief, struct err *err)
{
	struct task_answer answer = {
	    .writer = {.call = call, .reader = reader, .run_no = brief->run_no},
	    .task_id = call->names.task};
	struct compose *compose = &answer.writer.compose;
	int rc;

	compose_init(compose, &call->answer.body);
	rc = read_tasks(reader, brief->run_no, NULL, write_wanted_task, &answer, err);
	if (rc == 0 && !answer.found)
		rc = err_set(err, ERR_NOT_FOUND, "run '%s' has no task '%s'", call->run_id,
			     call->names.task);
	if (rc != 0)
		return rc;
	compose_member_open(compose, "attempts", '[');
	rc = read_attempts(reader, brief->run_no, call->names.task, 0, write_attempt,
			   &answer.writer, err);
	scripts_close(&answer.writer.looks);
	compose_close(compose, ']');
	compose_close(compose, '}');
	return rc;
}

enum call_outcome api_task(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct err err;

	if (api_run_detail(call, reader, call->names.run, &brief, &err) != 0 ||
	    write_task_whole(call, reader, &brief, &err) != 0)
		return api_fail(call, &err);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

struct attempt_answer {
	struct task_writer writer;
	struct str *body;
	bool found;
};

/* Called for one attempt, or for all of them when the latest is wanted: the last one stays. */
static bool write_wanted_attempt(void *context, const struct attempt_view *view)
{
	struct attempt_answer *answer = context;

	str_clear(answer->body);
	compose_init(&answer->writer.compose, answer->body);
	write_attempt(&answer->writer, view);
	answer->found = true;
	return true;
}

int api_no_attempt(struct call *call, struct store_reader *reader, const struct run_brief *brief,
		   struct err *err)
{
	enum task_state state;
	int rc = api_task_state(reader, brief, call->run_id, call->names.task, &state, err);

	if (rc != 0)
		return rc;
	return err_set(err, ERR_NOT_FOUND, "task '%s' has no such attempt (it is %s)",
		       call->names.task, task_state_name(state));
}

static int find_attempt(struct call *call, struct store_reader *reader,
			const struct run_brief *brief, struct err *err)
{
	struct attempt_answer answer = {.writer = {.call = call}, .body = &call->answer.body};
	int rc = read_attempts(reader, brief->run_no, call->names.task, call->names.attempt,
			       write_wanted_attempt, &answer, err);

	scripts_close(&answer.writer.looks);
	return rc != 0 || answer.found ? rc : api_no_attempt(call, reader, brief, err);
}

enum call_outcome api_attempt(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct err err;

	if (api_run_detail(call, reader, call->names.run, &brief, &err) != 0 ||
	    find_attempt(call, reader, &brief, &err) != 0)
		return api_fail(call, &err);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
