/* runs.c - runs, their tasks and attempts; see api.h. */
#include "web/api/api.h"

#include "web/compose.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool state_is_done(const char *name)
{
	enum run_state state;

	return run_state_from_name(name, &state) && run_state_is_done(state);
}

/* --- finding ------------------------------------------------------------------------------------
 */

static bool take_brief(void *context, const struct run_view *view)
{
	struct run_brief *brief = context;

	brief->run_no = view->run_no;
	brief->is_done = state_is_done(view->state);
	return true;
}

int api_run_brief(struct call *call, struct store_reader *reader, const char *beginning,
		  struct run_brief *brief, struct err *err)
{
	int rc = read_run_id(reader, beginning, call->run_id, err);

	return rc == 0 ? read_run(reader, call->run_id, take_brief, brief, err) : rc;
}

enum call_outcome api_find_run(struct call *call, struct store_reader *reader)
{
	struct err err;
	int rc = read_run_id(reader, call->names.run, call->run_id, &err);

	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}

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

/* --- runs ---------------------------------------------------------------------------------------
 */

/* The members that a run has in lists and alone. */
static void write_run_members(struct compose *compose, const struct run_view *view)
{
	compose_member_text(compose, "id", view->run_id);
	compose_member_text(compose, "dag", view->dag_id);
	compose_member_text(compose, "state", view->state);
	compose_member_text(compose, "reason", view->reason);
	compose_member_text(compose, "key", view->key);
	compose_member_text(compose, "source", view->source);
	compose_member_time(compose, "created_at", view->created_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_member_int(compose, "last_fact", view->last_fact);
	compose_member_text(compose, "dag_hash", view->dag_hash);
}

struct run_page {
	struct compose compose;
	uint32_t left;
	int64_t last_run_no;
	bool more;
};

static bool write_page_run(void *context, const struct run_view *view)
{
	struct run_page *page = context;

	if (page->left == 0) {
		page->more = true;
		return false;
	}
	compose_open(&page->compose, '{');
	write_run_members(&page->compose, view);
	compose_member_int(&page->compose, "task_count", view->task_count);
	compose_close(&page->compose, '}');
	page->last_run_no = view->run_no;
	page->left--;
	return true;
}

static void write_next_run(struct run_page *page)
{
	char cursor[24];

	snprintf(cursor, sizeof cursor, "%" PRId64, page->last_run_no);
	compose_member_text(&page->compose, "next", page->more ? cursor : NULL);
}

enum call_outcome api_runs(struct call *call, struct store_reader *reader)
{
	const struct query *query = &call->query;
	struct run_filter filter = {.dag_id = call->names.dag ? call->names.dag : query->dag,
				    .state = query->state,
				    .since_ms = query->since_ms,
				    .limit = query->limit + 1};
	struct run_page page = {.left = query->limit};
	struct err err;

	if (query->cursor != NULL)
		filter.before_run_no = strtoll(query->cursor, NULL, 10);
	if (query->cursor != NULL && filter.before_run_no <= 0) {
		err_set(&err, ERR_INVALID,
			"query parameter 'cursor' is '%.64s', which no page of "
			"runs has given",
			query->cursor);
		return api_fail(call, &err);
	}
	compose_init(&page.compose, &call->answer.body);
	compose_open(&page.compose, '{');
	compose_member_open(&page.compose, "items", '[');
	if (read_runs(reader, &filter, write_page_run, &page, &err) != 0)
		return api_fail(call, &err);
	compose_close(&page.compose, ']');
	write_next_run(&page);
	compose_close(&page.compose, '}');
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

struct run_answer {
	struct compose compose;
	struct run_brief brief;
	int64_t last_fact;
};

static bool write_one_run(void *context, const struct run_view *view)
{
	struct run_answer *answer = context;

	write_run_members(&answer->compose, view);
	take_brief(&answer->brief, view);
	answer->last_fact = view->last_fact;
	return true;
}

static bool write_task_state(void *context, const struct task_view *view)
{
	compose_member_text(context, view->task_id, view->state);
	return true;
}

/* Run and tasks are read by two queries. A change between them is no harm: last_fact is read first,
 * so that whoever waits for something newer than it sees the change then. */
static int write_run(struct call *call, struct store_reader *reader, struct run_answer *answer,
		     struct err *err)
{
	int rc;

	str_clear(&call->answer.body);
	compose_init(&answer->compose, &call->answer.body);
	compose_open(&answer->compose, '{');
	rc = read_run(reader, call->run_id, write_one_run, answer, err);
	if (rc != 0)
		return rc;
	compose_member_open(&answer->compose, "tasks", '{');
	rc =
	    read_tasks(reader, answer->brief.run_no, NULL, write_task_state, &answer->compose, err);
	compose_close(&answer->compose, '}');
	compose_close(&answer->compose, '}');
	return rc;
}

static bool may_wait(const struct call *call)
{
	return call->query.wait_ms > 0 && !call->time_is_over;
}

/* Reads the run that call->run_id names, or else the path. */
static int find_and_write(struct call *call, struct store_reader *reader, struct run_answer *answer,
			  struct err *err)
{
	int rc = 0;

	if (call->run_id[0] == '\0')
		rc = read_run_id(reader, call->names.run, call->run_id, err);
	return rc == 0 ? write_run(call, reader, answer, err) : rc;
}

enum call_outcome api_run(struct call *call, struct store_reader *reader)
{
	struct run_answer answer;
	struct err err;

	if (find_and_write(call, reader, &answer, &err) != 0)
		return api_fail(call, &err);
	if ((call->query.given & QUERY_SINCE_FACT) == 0) {
		/* Without a fact to start from, the first look is it. */
		call->query.given |= QUERY_SINCE_FACT;
		call->query.since_fact = answer.last_fact;
	}
	call->wait_kind = WAIT_CHANGE;
	if (may_wait(call) && !answer.brief.is_done && answer.last_fact <= call->query.since_fact)
		return CALL_WAIT;
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

enum call_outcome api_run_ended(struct call *call, struct store_reader *reader)
{
	struct run_answer answer;
	struct err err;

	if (call->route->kind == ROUTE_READ && (call->query.given & QUERY_WAIT) == 0)
		call->query.wait_ms = 30000;
	if (find_and_write(call, reader, &answer, &err) != 0)
		return api_fail(call, &err);
	call->wait_kind = WAIT_END;
	if (may_wait(call) && !answer.brief.is_done)
		return CALL_WAIT;
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

/* --- tasks and attempts -------------------------------------------------------------------------
 */

static void write_task_members(struct compose *compose, const struct task_view *view)
{
	compose_member_text(compose, "id", view->task_id);
	compose_member_text(compose, "state", view->state);
	compose_member_text(compose, "reason", view->reason);
}

static void write_task_times(struct compose *compose, const struct task_view *view)
{
	compose_member_time(compose, "started_at", view->started_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_member_time(compose, "retry_at", view->retry_at_ms);
}

static bool write_task(void *context, const struct task_view *view)
{
	struct compose *compose = context;

	compose_open(compose, '{');
	write_task_members(compose, view);
	compose_member_int(compose, "attempts", view->attempts);
	write_task_times(compose, view);
	compose_close(compose, '}');
	return true;
}

enum call_outcome api_tasks(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct compose compose;
	struct err err;

	if (api_run_brief(call, reader, call->names.run, &brief, &err) != 0)
		return api_fail(call, &err);
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_open(&compose, "items", '[');
	if (read_tasks(reader, brief.run_no, call->query.state, write_task, &compose, &err) != 0)
		return api_fail(call, &err);
	compose_close(&compose, ']');
	compose_close(&compose, '}');
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
static void write_absent_measures(struct compose *compose, const struct attempt_view *view)
{
	static const char *const names[] = {
	    "duration_ms", "max_rss_bytes",     "cpu_user_ms",       "cpu_system_ms",
	    "log_bytes",   "log_dropped_bytes", "log_dropped_lines",
	};

	compose_member_time(compose, "released_at", view->released_at_ms);
	compose_member_time(compose, "started_at", view->started_at_ms);
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

static bool write_attempt(void *context, const struct attempt_view *view)
{
	struct compose *compose = context;
	bool running = strcmp(view->state, "running") == 0;
	const char *state = attempt_state(view);

	compose_open(compose, '{');
	compose_member_int(compose, "number", view->number);
	compose_member_text(compose, "state", state);
	compose_member_text(compose, "cause", strcmp(state, "failed") == 0 ? view->state : NULL);
	compose_member_text(compose, "reason", view->reason);
	write_exit(compose, view, running);
	if (running)
		write_absent_measures(compose, view);
	else
		write_measures(compose, view);
	compose_close(compose, '}');
	return true;
}

struct task_answer {
	struct compose compose;
	const char *task_id;
	bool found;
};

static bool write_wanted_task(void *context, const struct task_view *view)
{
	struct task_answer *answer = context;

	if (strcmp(view->task_id, answer->task_id) != 0)
		return true;
	compose_open(&answer->compose, '{');
	write_task_members(&answer->compose, view);
	write_task_times(&answer->compose, view);
	answer->found = true;
	return false;
}

static int write_task_whole(struct call *call, struct store_reader *reader,
			    const struct run_brief *brief, struct err *err)
{
	struct task_answer answer = {.task_id = call->names.task};
	int rc;

	compose_init(&answer.compose, &call->answer.body);
	rc = read_tasks(reader, brief->run_no, NULL, write_wanted_task, &answer, err);
	if (rc == 0 && !answer.found)
		rc = err_set(err, ERR_NOT_FOUND, "run '%s' has no task '%s'", call->run_id,
			     call->names.task);
	if (rc != 0)
		return rc;
	compose_member_open(&answer.compose, "attempts", '[');
	rc = read_attempts(reader, brief->run_no, call->names.task, 0, write_attempt,
			   &answer.compose, err);
	compose_close(&answer.compose, ']');
	compose_close(&answer.compose, '}');
	return rc;
}

enum call_outcome api_task(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct err err;

	if (api_run_brief(call, reader, call->names.run, &brief, &err) != 0 ||
	    write_task_whole(call, reader, &brief, &err) != 0)
		return api_fail(call, &err);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

struct attempt_answer {
	struct str *body;
	bool found;
};

/* Called for one attempt, or for all of them when the latest is wanted: the last one stays. */
static bool write_wanted_attempt(void *context, const struct attempt_view *view)
{
	struct attempt_answer *answer = context;
	struct compose compose;

	str_clear(answer->body);
	compose_init(&compose, answer->body);
	write_attempt(&compose, view);
	answer->found = true;
	return true;
}

static int find_attempt(struct call *call, struct store_reader *reader,
			const struct run_brief *brief, struct err *err)
{
	struct attempt_answer answer = {.body = &call->answer.body};
	enum task_state state;
	int rc = read_attempts(reader, brief->run_no, call->names.task, call->names.attempt,
			       write_wanted_attempt, &answer, err);

	if (rc != 0 || answer.found)
		return rc;
	rc = api_task_state(reader, brief, call->run_id, call->names.task, &state, err);
	if (rc != 0)
		return rc;
	return err_set(err, ERR_NOT_FOUND, "task '%s' has no such attempt (it is %s)",
		       call->names.task, task_state_name(state));
}

enum call_outcome api_attempt(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct err err;

	if (api_run_brief(call, reader, call->names.run, &brief, &err) != 0 ||
	    find_attempt(call, reader, &brief, &err) != 0)
		return api_fail(call, &err);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
