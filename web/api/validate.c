/* validate.c - what is wrong with a text that is to be a DAG file; see api.h. */
#include "web/api/api.h"

#include <microhttpd.h>

enum call_outcome api_validate(struct call *call, struct store_reader *reader)
{
	call->events->check(call->events->check_context, reader, call->query.file, call->text,
			    &call->answer.body);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
