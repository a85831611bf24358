/* logs.c - the log of an attempt: found, measured, cut to the range that is asked for. See api.h.
 *
 * A short log goes out as one answer. A long one, and one that is followed, is handed on open, to
 * be streamed (web/stream.h). A log that was never made reads as empty: the attempt could not
 * start, or its shim has not come so far yet. */
#include "web/api/api.h"

#include "executor/process/log.h"
#include "web/range.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE_BYTES 65536 /* a log up to this goes out as one answer */

static bool take_attempt(void *context, const struct attempt_view *view)
{
	struct attempt_files *wanted = context;

	wanted->ref.attempt_id = view->attempt_id;
	wanted->ref.released_at_ms = view->released_at_ms;
	wanted->number = view->number;
	wanted->running = strcmp(view->state, "running") == 0;
	snprintf(wanted->incarnation, sizeof wanted->incarnation, "%s", view->incarnation);
	wanted->found = true;
	return true;
}

int api_attempt_files(struct call *call, struct store_reader *reader, const struct run_brief *brief,
		      struct attempt_files *files, struct err *err)
{
	memset(files, 0, sizeof *files);
	return read_attempts(reader, brief->run_no, call->names.task, call->names.attempt,
			     take_attempt, files, err);
}

static bool wants_events(const struct call *call)
{
	return strcmp(call->media, "text/event-stream") == 0;
}

static bool wants_lines(const struct call *call)
{
	const uint64_t lines =
	    QUERY_FROM | QUERY_TO_LINE | QUERY_LINES | QUERY_TAIL | QUERY_FIND | QUERY_LEVEL;

	return (call->query.given & lines) != 0 || strcmp(call->media, "application/json") == 0;
}

/* Who follows "latest" of a task whose turn has not come waits for its first attempt. */
static enum call_outcome without_attempt(struct call *call, struct store_reader *reader,
					 const struct run_brief *brief)
{
	enum task_state state;
	struct err err;

	if (api_task_state(reader, brief, call->run_id, call->names.task, &state, &err) != 0)
		return api_fail(call, &err);
	call->wait_kind = WAIT_CHANGE;
	if ((call->query.follow || wants_events(call)) && !call->time_is_over &&
	    !task_state_is_done(state) && !brief->is_done &&
	    call->names.attempt == ROUTE_ATTEMPT_LATEST)
		return CALL_WAIT;
	if (call->names.attempt == ROUTE_ATTEMPT_LATEST)
		err_set(&err, ERR_NOT_FOUND, "task '%s' has no attempt, so it has no log: it is %s",
			call->names.task, task_state_name(state));
	else
		err_set(&err, ERR_NOT_FOUND, "task '%s' has no attempt %" PRIu32 ": it is %s",
			call->names.task, call->names.attempt, task_state_name(state));
	return api_fail(call, &err);
}

static void headers(struct call *call)
{
	call->answer.content_type = "text/plain; charset=utf-8";
	answer_header(&call->answer, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
}

/* What is known at the start of a log that goes on: its length is not. */
static void live_range_header(struct call *call, int64_t first, int64_t size)
{
	answer_header(&call->answer, MHD_HTTP_HEADER_CONTENT_RANGE,
		      "bytes %" PRId64 "-%" PRId64 "/*", first, size > first ? size - 1 : first);
}

/* Sets *first and *end to what is to be sent, and the status. Whoever follows may begin exactly at
 * the end: so a reader that was cut off goes on. False: the answer is 416. */
static bool take_range(struct call *call, bool live, int64_t size, int64_t *first, int64_t *end)
{
	enum range_result result;

	*first = 0;
	*end = size;
	result = range_parse(call->range, size, first, end);
	if (result == RANGE_UNSATISFIABLE && live)
		result = range_parse(call->range, size + 1, first, end);
	call->answer.status = result == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK;
	if (result == RANGE_UNSATISFIABLE) {
		answer_problem(&call->answer, MHD_HTTP_RANGE_NOT_SATISFIABLE,
			       "the log has %" PRId64 " bytes: the range begins behind its end",
			       size);
		answer_header(&call->answer, MHD_HTTP_HEADER_CONTENT_RANGE, "bytes */%" PRId64,
			      size);
		return false;
	}
	headers(call);
	if (result == RANGE_PART && live)
		live_range_header(call, *first, size);
	else if (result == RANGE_PART)
		answer_header(&call->answer, MHD_HTTP_HEADER_CONTENT_RANGE,
			      "bytes %" PRId64 "-%" PRId64 "/%" PRId64, *first, *end - 1, size);
	return true;
}

static int read_at_once(const struct process_log *log, int64_t first, int64_t end, struct str *body,
			struct err *err)
{
	char buffer[8192];

	while (first < end) {
		size_t want =
		    end - first < (int64_t)sizeof buffer ? (size_t)(end - first) : sizeof buffer;
		ssize_t got = process_log_read(log, buffer, want, first);

		if (got < 0)
			return err_errno(err, errno, "read the log");
		if (got == 0)
			return err_set(err, ERR_IO, "the log became shorter while it was read");
		str_append_bytes(body, buffer, (size_t)got);
		first += got;
	}
	return 0;
}

/* Events go on after the offset that the client has; a log cannot have shrunk to before it. What a
 * browser says when it comes again is newer than the address it was given. */
static int take_event_offset(struct call *call, int64_t size, int64_t *first, struct err *err)
{
	int64_t last;
	int rc = api_last_event(call, &last, err);

	call->answer.status = MHD_HTTP_OK;
	call->answer.content_type = "text/event-stream";
	*first = last >= 0 ? last : call->query.offset;
	if (rc == 0 && *first > size)
		rc = err_set(err, ERR_INVALID,
			     "%s is %" PRId64
			     ": it must be an offset in the log, which has %" PRId64 " bytes",
			     last >= 0 ? "header 'Last-Event-ID'" : "query parameter 'offset'",
			     *first, size);
	return rc;
}

static void hand_on(struct call *call, const struct run_brief *brief,
		    const struct attempt_files *wanted, const struct process_log *log,
		    int64_t first, int64_t end)
{
	call->log.is_open = true;
	call->log.log = *log;
	call->log.ref = wanted->ref;
	call->log.run_created_at_ms = brief->created_at_ms;
	snprintf(call->log.incarnation, sizeof call->log.incarnation, "%s", wanted->incarnation);
	call->log.offset = first;
	call->log.end = end;
	call->log.run_no = brief->run_no;
	call->log.attempt = wanted->number;
	call->log.is_events = wants_events(call);
	snprintf(call->log.task_id, sizeof call->log.task_id, "%s", call->names.task);
}

static int serve_events(struct call *call, const struct run_brief *brief,
			const struct attempt_files *wanted, struct process_log *log,
			struct err *err)
{
	int64_t first;
	int rc = take_event_offset(call, log->size_bytes, &first, err);

	if (rc == 0 && !call->is_head)
		hand_on(call, brief, wanted, log, first, -1);
	else
		process_log_close(log);
	return rc;
}

static int serve_bytes(struct call *call, const struct run_brief *brief,
		       const struct attempt_files *wanted, struct process_log *log, struct err *err)
{
	bool live = call->query.follow && !call->is_head;
	int64_t first;
	int64_t end;
	int rc = 0;

	if (take_range(call, live, log->size_bytes, &first, &end)) {
		if (live || end - first > AT_ONCE_BYTES) {
			hand_on(call, brief, wanted, log, first, live ? -1 : end);
			return 0;
		}
		rc = read_at_once(log, first, end, &call->answer.body, err);
	}
	process_log_close(log);
	return rc;
}

static enum call_outcome serve_lines(struct call *call, const struct attempt_files *wanted,
				     struct process_log *log)
{
	struct marks_log marked = {call->marks, log, wanted->incarnation, wanted->ref.attempt_id};
	enum call_outcome outcome = api_log_lines(call, &marked, wanted->running);

	process_log_close(log);
	return outcome;
}

static enum call_outcome serve(struct call *call, const struct run_brief *brief,
			       const struct attempt_files *wanted)
{
	struct pack_run run = {call->run_id, brief->created_at_ms};
	struct process_log log;
	struct err err;
	int rc = process_log_open(call->home, wanted->incarnation, wanted->ref, run, &log, &err);

	if (rc == 0 && wants_lines(call))
		return serve_lines(call, wanted, &log);
	if (rc == 0)
		rc = wants_events(call) ? serve_events(call, brief, wanted, &log, &err)
					: serve_bytes(call, brief, wanted, &log, &err);
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}

enum call_outcome api_log(struct call *call, struct store_reader *reader)
{
	struct attempt_files wanted;
	struct run_brief brief;
	int64_t last;
	struct err err;

	if (api_last_event(call, &last, &err) != 0 ||
	    api_run_detail(call, reader, call->names.run, &brief, &err) != 0)
		return api_fail(call, &err);
	if (api_attempt_files(call, reader, &brief, &wanted, &err) != 0)
		return api_fail(call, &err);
	if (!wanted.found)
		return without_attempt(call, reader, &brief);
	return serve(call, &brief, &wanted);
}
