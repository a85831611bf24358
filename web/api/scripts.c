/* scripts.c - the scripts that the tasks of a run started last, and what they are now; see api.h.
 */
#include "web/scripts.h"

#include "web/api/api.h"

#include <microhttpd.h>

struct writer {
	struct compose compose;
	struct script_looks looks;
	const struct attempt_view *attempt;
};

static bool write_script(void *context, const struct script_state *state)
{
	struct writer *writer = context;
	struct compose *compose = &writer->compose;

	compose_open(compose, '{');
	compose_member_text(compose, "task", writer->attempt->task_id);
	compose_member_int(compose, "attempt", writer->attempt->number);
	compose_member_text(compose, "now", state->now);
	scripts_write(compose, state);
	compose_close(compose, '}');
	return true;
}

static bool write_attempt(void *context, const struct attempt_view *view)
{
	struct writer *writer = context;

	writer->attempt = view;
	scripts_each(&writer->looks, view->scripts, write_script, writer);
	return true;
}

enum call_outcome api_scripts(struct call *call, struct store_reader *reader)
{
	struct writer writer = {.attempt = NULL};
	struct run_brief brief;
	struct err err;
	int rc = api_run_detail(call, reader, call->names.run, &brief, &err);

	if (rc == 0) {
		compose_init(&writer.compose, &call->answer.body);
		compose_open(&writer.compose, '{');
		compose_member_open(&writer.compose, "items", '[');
		rc = read_scripts(reader, brief.run_no, write_attempt, &writer, &err);
	}
	scripts_close(&writer.looks);
	if (rc != 0)
		return api_fail(call, &err);
	compose_close(&writer.compose, ']');
	compose_close(&writer.compose, '}');
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
