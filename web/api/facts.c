/* facts.c - what has happened, oldest first; feeds whoever watches. See api.h. */
#include "web/api/api.h"

#include "web/compose.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

struct fact_page {
	struct compose compose;
	uint32_t limit;
	uint32_t count;
	int64_t last;
	bool more;
};

void api_write_fact(struct compose *compose, const struct fact_view *view)
{
	compose_member_int(compose, "fact", view->fact_no);
	compose_member_time(compose, "at", view->at_ms);
	compose_member_text(compose, "kind", view->kind);
	compose_member_text(compose, "run", view->run_id);
	compose_member_text(compose, "dag", view->dag_id);
	compose_member_text(compose, "task", view->task_id);
	compose_key(compose, "attempt");
	if (view->attempt_number == 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, view->attempt_number);
	compose_member_text(compose, "from", view->from);
	compose_member_text(compose, "to", view->to);
	compose_member_text(compose, "actor", view->actor);
	compose_member_text(compose, "why", view->why);
}

static bool write_fact(void *context, const struct fact_view *view)
{
	struct fact_page *page = context;

	page->more = page->count == page->limit;
	if (page->more)
		return false;
	compose_open(&page->compose, '{');
	api_write_fact(&page->compose, view);
	compose_close(&page->compose, '}');
	page->last = view->fact_no;
	page->count++;
	return true;
}

static int write_page(struct call *call, struct store_reader *reader, struct fact_page *page,
		      struct err *err)
{
	int64_t since =
	    call->query.cursor == NULL ? call->query.since_fact : api_cursor_number(call);
	int rc;

	*page = (struct fact_page){.limit = call->query.limit};
	str_clear(&call->answer.body);
	compose_init(&page->compose, &call->answer.body);
	compose_open(&page->compose, '{');
	compose_member_open(&page->compose, "items", '[');
	rc = read_facts(reader, call->run_id[0] == '\0' ? NULL : call->run_id, since,
			call->query.limit + 1, write_fact, page, err);
	api_write_next(&page->compose, page->more, page->last);
	return rc;
}

/* A run that has ended will have no more facts: there is nothing to wait for. Its state is read
 * before its facts, so that none can come between the two unseen. */
enum call_outcome api_facts(struct call *call, struct store_reader *reader)
{
	struct run_brief brief = {.is_done = false};
	struct fact_page page;
	struct err err;

	if (call->query.run != NULL &&
	    api_run_brief(call, reader, call->query.run, &brief, &err) != 0)
		return api_fail(call, &err);
	if (write_page(call, reader, &page, &err) != 0)
		return api_fail(call, &err);
	call->wait_kind = WAIT_CHANGE;
	if (page.count == 0 && call->query.wait_ms > 0 && !call->time_is_over && !brief.is_done)
		return CALL_WAIT;
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}

/* Begins after what the client has, as it says itself or its browser does for it; else with what
 * comes now. So does a client that has more than there is, as after a restore: it would hear
 * nothing until the numbers have caught up. */
enum call_outcome api_stream(struct call *call, struct store_reader *reader)
{
	struct run_brief brief;
	struct err err;
	int64_t newest;
	int64_t last;

	if (api_last_event(call, &last, &err) != 0)
		return api_fail(call, &err);
	if (call->query.run != NULL &&
	    api_run_brief(call, reader, call->query.run, &brief, &err) != 0)
		return api_fail(call, &err);
	if (read_last_fact(reader, &newest, &err) != 0)
		return api_fail(call, &err);
	call->feed.since = newest;
	if (last >= 0)
		call->feed.since = last;
	else if ((call->query.given & QUERY_SINCE_FACT) != 0)
		call->feed.since = call->query.since_fact;
	call->feed.is_ahead = call->feed.since > newest;
	if (call->feed.is_ahead)
		call->feed.since = newest;
	answer_header(&call->answer, "Heddle-Start", "%s", call->start);
	call->answer.content_type = "text/event-stream";
	call->answer.status = MHD_HTTP_OK;
	call->feed.is_open = !call->is_head;
	return CALL_ANSWERED;
}
