/* restored.c - whether the home came out of a backup, and what it cannot know; see api.h. */
#include "web/api/api.h"

#include "web/restored.h"

#include <microhttpd.h>

enum call_outcome api_restored(struct call *call, struct store_reader *reader)
{
	struct compose compose;
	struct err err;

	compose_init(&compose, &call->answer.body);
	if (restored_write(&compose, reader, &err) != 0) {
		str_clear(&call->answer.body);
		return api_fail(call, &err);
	}
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
