/* look.c - looks at the database for a request: once, or again whenever something has happened,
 * until what it waits for is there or its time is over. See inflight.h. */
#include "web/inflight.h"

#include "base/clock.h"
#include "web/hangup.h"
#include "web/session.h"
#include "web/task.h"

/* A task's rights are looked at first, each time: what it names may have moved. */
static enum call_outcome look(struct request *request, struct store_reader *reader)
{
	struct call *call = &request->call;

	if (call->task.attempt_id != 0 && !task_reaches(call, reader))
		return CALL_ANSWERED;
	return request->read == NULL ? CALL_ANSWERED : request->read(call, reader);
}

static void on_worker(uv_work_t *work)
{
	struct request *request = work->data;
	struct web *web = request->listener->web;
	struct store_reader *reader;
	struct err err;

	if (readers_take(&web->readers, web->db_path, &reader, &err) != 0) {
		err_wrap(&err, "open the database");
		request->outcome = api_fail(&request->call, &err);
		return;
	}
	request->outcome = look(request, reader);
	readers_give(&web->readers, reader,
		     request->call.answer.status >= MHD_HTTP_INTERNAL_SERVER_ERROR);
}

static void after_worker(uv_work_t *work, int status);

/* What is known on the loop only, and not in the database. */
static void take_along(struct request *request)
{
	const struct web *web = request->listener->web;
	struct call *call = &request->call;

	troubles_copy(&call->troubles, &web->troubles);
	if ((call->route->flags & ROUTE_CONCERNS) == 0)
		return;
	if (web->events.ready(web->events.context, call->not_ready))
		call->not_ready[0] = '\0';
	call->warning[0] = '\0';
	if (web->events.warns != NULL)
		web->events.warns(web->events.context, call->warning);
}

/* The connection is set aside. */
void look_start(struct request *request)
{
	struct web *web = request->listener->web;

	request->busy = true;
	request->stale = false;
	request->changes_seen = web->changes;
	request->call.time_is_over = request->time_is_over || web->stopping;
	take_along(request);
	request->work.data = request;
	(void)uv_queue_work(web->loop, &request->work, on_worker, after_worker);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void look_again(struct request *request)
{
	if (request->busy)
		request->stale = true;
	else
		look_start(request);
}

static void on_change(struct wait *wait)
{
	look_again((struct request *)((char *)wait - offsetof(struct request, wait)));
}

void look_end(struct request *request)
{
	request->time_is_over = true;
	heap_remove(&request->listener->web->deadlines, &request->deadline);
	look_again(request);
}

static void begin_waiting(struct request *request)
{
	struct web *web = request->listener->web;
	struct call *call = &request->call;

	waits_add(&web->waits, &request->wait, call->run_id[0] == '\0' ? NULL : call->run_id,
		  call->wait_kind, on_change);
	if (call->query.wait_ms == 0)
		return;
	request->deadline.key = (int64_t)request->began_ms + call->query.wait_ms;
	heap_push(&web->deadlines, &request->deadline);
	server_arm_deadline(web);
}

static void on_gone(void *context)
{
	look_end(context);
}

static void watch_client(struct request *request)
{
	if (request->hangup == NULL)
		request->hangup = hangup_watch(request->listener->web->loop,
					       server_fd(request->connection), on_gone, request);
}

/* The first time, one more look follows: what was committed between the first one and now has woken
 * nobody. */
static void park(struct request *request)
{
	bool first = !request->wait.is_in;

	if (first)
		begin_waiting(request);
	if (first || request->stale || request->time_is_over || request->listener->web->stopping)
		look_start(request);
	else
		watch_client(request);
}

void look_await(struct request *request)
{
	begin_waiting(request);
	watch_client(request);
}

void look_forget(struct request *request)
{
	struct web *web = request->listener->web;

	waits_remove(&web->waits, &request->wait);
	heap_remove(&web->deadlines, &request->deadline);
	server_arm_deadline(web);
	hangup_stop(request->hangup);
	request->hangup = NULL;
}

/* What 'If-Match' was compared with may have changed meanwhile. */
static bool is_overtaken(const struct request *request)
{
	return request->call.if_match != NULL &&
	       request->changes_seen != request->listener->web->changes;
}

static void after_worker(uv_work_t *work, int status)
{
	struct request *request = work->data;

	(void)status;
	request->busy = false;
	if (request->outcome == CALL_AGAIN) {
		look_start(request); /* behind all that came meanwhile */
		return;
	}
	if (request->outcome == CALL_WAIT) {
		park(request);
		return;
	}
	if (request->call.answer.status == 0) {
		if (is_overtaken(request))
			look_start(request);
		else
			command_start(request); /* only the run's id was missing, or to be judged */
		return;
	}
	if (request->call.signed_out)
		session_end(&request->listener->web->sessions, request->call.cookie,
			    clock_now().wall_ms);
	if (request->status != 0 && request->call.answer.status == MHD_HTTP_OK)
		request->call.answer.status = request->status;
	request_finish(request);
}

static struct request *from_node(struct heap_node *node)
{
	return (struct request *)((char *)node - offsetof(struct request, deadline));
}

void request_expire(struct web *web, uint64_t now_ms)
{
	struct heap_node *node;

	while ((node = heap_peek(&web->deadlines)) != NULL && node->key <= (int64_t)now_ms)
		look_end(from_node(node));
	server_arm_deadline(web);
}
