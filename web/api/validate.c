/* validate.c - what is wrong with a text that is to be a DAG file; see api.h. */
#include "web/api/api.h"

#include <microhttpd.h>

#define UNNAMED "dag.yaml" /* at the top of the folder */

enum call_outcome api_validate(struct call *call, struct store_reader *reader)
{
	const char *file = call->query.file;

	(void)reader;
	call->events->check(call->events->check_context, file == NULL ? UNNAMED : file, call->text,
			    &call->answer.body);
	call->answer.status = MHD_HTTP_OK;
	return CALL_ANSWERED;
}
