/* drain.c - what still runs while everything is paused; see api.h. */
#include "web/api/api.h"

#include "store/read_under_way.h"
#include "web/compose.h"

#include <microhttpd.h>

#define SHOWN_MAX 20 /* of the tasks; all are counted */

struct drain_answer {
	struct compose compose;
	int64_t count;
	bool is_paused;
};

static bool write_task(void *context, const struct under_way_view *view)
{
	struct drain_answer *answer = context;
	struct compose *compose = &answer->compose;

	if (answer->count++ >= SHOWN_MAX)
		return true;
	compose_open(compose, '{');
	compose_member_text(compose, "run", view->run_id);
	compose_member_text(compose, "dag", view->dag_id);
	compose_member_text(compose, "task", view->task_id);
	compose_member_text(compose, "state", view->state);
	compose_member_int(compose, "attempt", view->attempt);
	compose_member_time(compose, "since", view->released_at_ms);
	compose_close(compose, '}');
	return true;
}

static bool look_at_pause(void *context, const struct pause_view *view)
{
	struct drain_answer *answer = context;

	answer->is_paused = answer->is_paused || view->dag_id[0] == '\0';
	return true;
}

/* Waits while all dags are paused and something still runs. */
enum call_outcome api_drain(struct call *call, struct store_reader *reader)
{
	struct drain_answer answer = {.count = 0};
	struct err err;

	str_clear(&call->answer.body);
	compose_init(&answer.compose, &call->answer.body);
	compose_open(&answer.compose, '{');
	compose_member_open(&answer.compose, "tasks", '[');
	if (read_pauses(reader, look_at_pause, &answer, &err) != 0 ||
	    read_under_way(reader, write_task, &answer, &err) != 0)
		return api_fail(call, &err);
	compose_close(&answer.compose, ']');
	compose_member_int(&answer.compose, "under_way", answer.count);
	compose_key(&answer.compose, "paused");
	compose_bool(&answer.compose, answer.is_paused);
	compose_close(&answer.compose, '}');
	call->wait_kind = WAIT_CHANGE;
	if (call->query.wait_ms > 0 && !call->time_is_over && answer.is_paused && answer.count > 0)
		return CALL_WAIT;
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
