/* runs.c - runs, alone and in lists, and waiting for them; see api.h. */
#include "web/api/api.h"

#include "web/compose.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

/* Up to here a count costs a millisecond or two. */
#define RUNS_COUNTED_MAX 10000u

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
	brief->created_at_ms = view->created_at_ms;
	brief->pruned_at_ms = view->pruned_at_ms;
	return true;
}

int api_check_detail(const char *run_id, int64_t pruned_at_ms, struct err *err)
{
	char at[CLOCK_TEXT_SIZE];

	if (pruned_at_ms == 0)
		return 0;
	return err_set(err, ERR_GONE,
		       "run '%s' was pruned at %s, as the retention of its dag says: its tasks, "
		       "logs and outputs are gone; its facts stay (/api/v1/facts?run=%s)",
		       run_id, clock_format_utc(pruned_at_ms, at), run_id);
}

int api_run_brief(struct call *call, struct store_reader *reader, const char *beginning,
		  struct run_brief *brief, struct err *err)
{
	int rc = read_run_id(reader, beginning, call->run_id, err);

	return rc == 0 ? read_run(reader, call->run_id, take_brief, brief, err) : rc;
}

int api_run_detail(struct call *call, struct store_reader *reader, const char *beginning,
		   struct run_brief *brief, struct err *err)
{
	int rc = api_run_brief(call, reader, beginning, brief, err);

	return rc == 0 ? api_check_detail(call->run_id, brief->pruned_at_ms, err) : rc;
}

enum call_outcome api_find_run(struct call *call, struct store_reader *reader)
{
	struct err err;
	int rc = read_run_id(reader, call->names.run, call->run_id, &err);

	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
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
	compose_member_time(compose, "started_at", view->started_at_ms);
	compose_member_time(compose, "ended_at", view->ended_at_ms);
	compose_member_int(compose, "last_fact", view->last_fact);
	compose_member_text(compose, "dag_hash", view->dag_hash);
	compose_member_text(compose, "period", view->period_id);
	compose_member_time(compose, "start_at", view->start_at_ms);
	compose_key(compose, "forced");
	compose_bool(compose, view->is_forced);
	compose_member_time(compose, "pruned_at", view->pruned_at_ms);
	compose_key(compose, "params");
	compose_json(compose, view->params == NULL ? "{}" : view->params);
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
				    .before_run_no = api_cursor_number(call),
				    .limit = query->limit + 1};
	struct run_page page = {.left = query->limit};
	int64_t total = -1;
	struct err err;

	compose_init(&page.compose, &call->answer.body);
	compose_open(&page.compose, '{');
	compose_member_open(&page.compose, "items", '[');
	if (read_runs(reader, &filter, write_page_run, &page, &err) != 0)
		return api_fail(call, &err);
	if (query->since_ms == 0 &&
	    read_run_count(reader, &filter, RUNS_COUNTED_MAX, &total, &err) != 0)
		return api_fail(call, &err);
	compose_close(&page.compose, ']');
	api_write_total(&page.compose, total);
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

static bool write_note(void *context, const struct note_view *view)
{
	struct compose *compose = context;

	compose_open(compose, '{');
	compose_member_time(compose, "at", view->at_ms);
	compose_member_text(compose, "actor", view->actor);
	compose_member_text(compose, "task", view->task_id);
	compose_member_text(compose, "text", view->text);
	compose_close(compose, '}');
	return true;
}

/* Run, tasks and notes are read by a query each. A change between them is no harm: last_fact is
 * read first, so that whoever waits for something newer than it sees the change then. */
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
	compose_member_open(&answer->compose, "notes", '[');
	if (rc == 0)
		rc = read_notes(reader, answer->brief.run_no, write_note, &answer->compose, err);
	compose_close(&answer->compose, ']');
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
