/* system.c - is it alive, is it ready, which one is it; and what all calls share. See api.h. */
#include "web/api/api.h"

#include "web/compose.h"

#include <microhttpd.h>

void call_close(struct call *call)
{
	target_close(&call->target);
	answer_close(&call->answer);
	str_close(&call->told);
	mem_free(call->params);
	json_decref(call->given_params);
	troubles_close(&call->troubles);
	if (!call->log.is_open)
		return;
	process_log_close(&call->log.log);
	call->log.is_open = false;
}

void api_healthz(struct call *call)
{
	answer_text(&call->answer, MHD_HTTP_OK, "ok");
}

void api_readyz(struct call *call)
{
	char why[256] = "";

	if (call->events->ready(call->events->context, why))
		answer_text(&call->answer, MHD_HTTP_OK, "ready");
	else
		answer_text(&call->answer, MHD_HTTP_SERVICE_UNAVAILABLE, why);
}

void api_metrics(struct call *call)
{
	call->events->metrics(call->events->metrics_context, &call->answer.body);
	call->answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
	call->answer.status = MHD_HTTP_OK;
}

static void write_holds(struct compose *compose, const struct web_events *events)
{
	struct web_hold holds[WEB_HOLDS_MAX];
	size_t count = events->holds == NULL ? 0 : events->holds(events->context, holds);

	compose_member_open(compose, "holds", '[');
	for (size_t i = 0; i < count; i++) {
		compose_open(compose, '{');
		compose_member_text(compose, "kind", holds[i].kind);
		compose_key(compose, "all");
		compose_bool(compose, holds[i].holds_all);
		compose_member_text(compose, "why", holds[i].why);
		compose_close(compose, '}');
	}
	compose_close(compose, ']');
}

void api_version(struct call *call)
{
	struct compose compose;

	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "name", "heddle");
	compose_member_text(&compose, "version", HEDDLE_VERSION);
	compose_member_text(&compose, "api", "v1");
	write_holds(&compose, call->events);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_fail(struct call *call, const struct err *err)
{
	answer_err(&call->answer, err);
	return CALL_ANSWERED;
}
