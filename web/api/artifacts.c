/* artifacts.c - what an attempt left in $HEDDLE_ARTIFACTS: the list, and each file. See api.h.
 *
 * A file is handed on open, to be streamed, as a long log is: the answer holds as many bytes of it
 * as it had when it was opened. */
#include "web/api/api.h"

#include "executor/process/artifacts_read.h"
#include "web/range.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <string.h>

/* Finds the attempt that the path names. */
static int find(struct call *call, struct store_reader *reader, struct attempt_files *files,
		struct err *err)
{
	struct run_brief brief;
	int rc = api_run_detail(call, reader, call->names.run, &brief, err);

	if (rc == 0)
		rc = api_attempt_files(call, reader, &brief, files, err);
	if (rc == 0 && !files->found)
		rc = api_no_attempt(call, reader, &brief, err);
	return rc;
}

/* --- the list -----------------------------------------------------------------------------------
 */

static void write_list(struct call *call, const struct artifact_list *list)
{
	const struct artifact *items = list->items.items;
	size_t count = list->items.count;
	struct compose compose;

	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_open(&compose, "items", '[');
	for (size_t i = 0; i < count; i++) {
		compose_open(&compose, '{');
		compose_member_text(&compose, "name", items[i].name);
		compose_member_int(&compose, "bytes", items[i].bytes);
		compose_member_time(&compose, "modified_at", items[i].modified_at_ms);
		compose_close(&compose, '}');
	}
	compose_close(&compose, ']');
	compose_member_text(&compose, "next", list->more ? items[count - 1].name : NULL);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_artifacts(struct call *call, struct store_reader *reader)
{
	struct artifact_query query = {.after = call->query.cursor,
				       .limit = call->query.limit,
				       .is_good = route_artifact_is_good};
	struct artifact_list list = {0};
	struct attempt_files files;
	struct err err;
	int rc = find(call, reader, &files, &err);

	if (rc == 0)
		rc = artifacts_list(call->home, files.incarnation, files.ref, &query, &list, &err);
	if (rc == 0)
		write_list(call, &list);
	artifacts_close(&list);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}

/* --- a file -------------------------------------------------------------------------------------
 */

/* False: the answer is 416. */
static bool take_range(struct call *call, int64_t bytes, int64_t *first, int64_t *end)
{
	struct answer *answer = &call->answer;
	enum range_result result;

	*first = 0;
	*end = bytes;
	result = range_parse(call->range, bytes, first, end);
	if (result == RANGE_UNSATISFIABLE) {
		answer_problem(
		    answer, MHD_HTTP_RANGE_NOT_SATISFIABLE,
		    "the artifact has %" PRId64 " bytes: the range begins behind its end", bytes);
		answer_header(answer, MHD_HTTP_HEADER_CONTENT_RANGE, "bytes */%" PRId64, bytes);
		return false;
	}
	answer->status = result == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK;
	if (result == RANGE_PART)
		answer_header(answer, MHD_HTTP_HEADER_CONTENT_RANGE,
			      "bytes %" PRId64 "-%" PRId64 "/%" PRId64, *first, *end - 1, bytes);
	return true;
}

/* No browser shows it as a page of ours, whatever is in it. */
static void add_headers(struct call *call)
{
	const char *slash = strrchr(call->names.artifact, '/');

	call->answer.content_type = "application/octet-stream";
	answer_attach(&call->answer, slash == NULL ? call->names.artifact : slash + 1);
	answer_header(&call->answer, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
}

/* Takes the descriptor over. */
static void serve(struct call *call, int fd, int64_t bytes)
{
	struct process_log file = {.fd = fd, .size_bytes = bytes};
	int64_t first;
	int64_t end;

	if (!take_range(call, bytes, &first, &end)) {
		process_log_close(&file);
		return;
	}
	add_headers(call);
	call->log.is_open = true;
	call->log.log = file;
	call->log.offset = first;
	call->log.end = end;
}

enum call_outcome api_artifact(struct call *call, struct store_reader *reader)
{
	struct attempt_files files;
	int64_t bytes = 0;
	struct err err;
	int fd = -1;
	int rc = find(call, reader, &files, &err);

	if (rc == 0)
		rc = artifact_open(call->home, files.incarnation, files.ref, call->names.artifact,
				   &fd, &bytes, &err);
	if (rc != 0)
		return api_fail(call, &err);
	serve(call, fd, bytes);
	return CALL_ANSWERED;
}
