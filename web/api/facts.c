/* facts.c - what has happened, oldest first; feeds whoever watches. See api.h. */
#include "web/api/api.h"

#include "web/compose.h"

#include <microhttpd.h>

struct fact_page {
	struct compose compose;
	uint32_t count;
};

static bool write_fact(void *context, const struct fact_view *view)
{
	struct fact_page *page = context;
	struct compose *compose = &page->compose;

	compose_open(compose, '{');
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
	compose_close(compose, '}');
	page->count++;
	return true;
}

static int write_page(struct call *call, struct store_reader *reader, struct fact_page *page,
		      struct err *err)
{
	int rc;

	page->count = 0;
	str_clear(&call->answer.body);
	compose_init(&page->compose, &call->answer.body);
	compose_open(&page->compose, '{');
	compose_member_open(&page->compose, "items", '[');
	rc = read_facts(reader, call->run_id[0] == '\0' ? NULL : call->run_id,
			call->query.since_fact, call->query.limit, write_fact, page, err);
	compose_close(&page->compose, ']');
	compose_close(&page->compose, '}');
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
