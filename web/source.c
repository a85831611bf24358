/* source.c - logs and facts, read piece by piece; see source.h.
 *
 * Server-sent events (HTML, section 9.2.6) are blocks of lines that end with an empty one:
 *
 *	id: 42                 of a fact its number, of a line the offset after it: where to go on
 *	event: task.state      of a log: "line", "end"
 *	data: {...}            JSON of one fact, or the text of one line */
#include "web/source.h"

#include "base/mem.h"
#include "web/feed.h"
#include "web/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX 65536 /* a longer line goes out in parts, each a line of its own */

/* --- logs ---------------------------------------------------------------------------------------
 */

struct log_source {
	struct stream_source source;
	struct call_log log;
	struct str line; /* with events: the beginning of one that has no end yet */
	char run_id[RUN_ID_SIZE];
	char *path; /* of a file of its own */
};

static bool take_ended(void *context, const struct attempt_view *view)
{
	*(bool *)context = strcmp(view->state, "running") != 0;
	return true;
}

/* Whether the attempt's end is committed. From then on its log does not grow any more. One that was
 * pruned meanwhile has ended, too. */
static int look_for_end(const struct call_log *log, struct web *web, bool *ended, struct err *err)
{
	struct store_reader *reader;
	int rc = readers_take(&web->readers, web->db_path, &reader, err);

	if (rc != 0)
		return rc;
	*ended = true;
	rc = read_attempts(reader, log->run_no, log->task_id, log->attempt, take_ended, ended, err);
	readers_give(&web->readers, reader, rc != 0);
	return rc;
}

/* False when it cannot be opened; one that is not there yet is. */
static bool find_log(struct log_source *source, const struct web *web)
{
	struct call_log *log = &source->log;
	struct pack_run run = {source->run_id, log->run_created_at_ms};

	return log->log.fd >= 0 ||
	       process_log_open(web->home, log->incarnation, log->ref, run, &log->log, NULL) == 0;
}

/* The bytes that were read, -1 when that failed. */
static ssize_t read_piece(struct log_source *source, const struct web *web, struct str *piece)
{
	struct call_log *log = &source->log;
	char buffer[STREAM_PIECE_BYTES];
	size_t want = sizeof buffer;
	ssize_t got;

	if (!find_log(source, web))
		return -1;
	if (log->log.fd < 0)
		return 0;
	if (log->end >= 0 && log->end - log->offset < (int64_t)sizeof buffer)
		want = (size_t)(log->end - log->offset);
	got = process_log_read(&log->log, buffer, want, log->offset);
	if (got > 0) {
		str_append_bytes(piece, buffer, (size_t)got);
		log->offset += got;
	}
	return got;
}

/* The end is looked for only where the file ends, and what came in between is read after it. */
static enum stream_turn fill_followed(struct log_source *source, struct web *web, struct str *piece)
{
	bool ended = false;
	ssize_t got = read_piece(source, web, piece);
	struct err err;

	if (got > 0)
		return STREAM_FILLED;
	if (got < 0 || look_for_end(&source->log, web, &ended, &err) != 0)
		return STREAM_FAILED;
	if (!ended)
		return STREAM_IDLE;
	got = read_piece(source, web, piece);
	return got < 0 ? STREAM_FAILED : got > 0 ? STREAM_FILLED : STREAM_ENDED;
}

static enum stream_turn fill_log(struct stream_source *source, struct web *web, struct str *piece)
{
	struct log_source *own = (struct log_source *)source;
	const struct call_log *log = &own->log;

	if (log->end < 0)
		return fill_followed(own, web, piece);
	if (log->offset == log->end)
		return STREAM_ENDED;
	/* Nothing to read: it is shorter than it was when its length was told. */
	return read_piece(own, web, piece) > 0 ? STREAM_FILLED : STREAM_FAILED;
}

/* A CR ends a line of an event, too: it would cut the text in two. */
static void put_line_event(struct log_source *log, int64_t next, struct str *piece)
{
	str_printf(piece, "id: %" PRId64 "\nevent: line\ndata: ", next);
	for (size_t i = 0; i < log->line.size; i++)
		if (log->line.data[i] != '\r')
			str_append_char(piece, log->line.data[i]);
	str_append(piece, "\n\n");
	str_clear(&log->line);
}

static void put_lines(struct log_source *log, const struct str *bytes, struct str *piece)
{
	int64_t first = log->log.offset - (int64_t)bytes->size;
	size_t at = 0;

	while (at < bytes->size) {
		const char *from = bytes->data + at;
		const char *end = memchr(from, '\n', bytes->size - at);
		size_t length = end == NULL ? bytes->size - at : (size_t)(end - from);

		str_append_bytes(&log->line, from, length);
		at += length + (end != NULL);
		if (end != NULL || log->line.size > LINE_BYTES_MAX)
			put_line_event(log, first + (int64_t)at, piece);
	}
}

static enum stream_turn fill_log_events(struct stream_source *source, struct web *web,
					struct str *piece)
{
	struct log_source *log = (struct log_source *)source;
	struct str bytes = STR_INIT;
	enum stream_turn turn = fill_followed(log, web, &bytes);

	put_lines(log, &bytes, piece);
	str_close(&bytes);
	if (turn == STREAM_ENDED) {
		if (log->line.size > 0)
			put_line_event(log, log->log.offset, piece);
		str_printf(piece, "id: %" PRId64 "\nevent: end\ndata:\n\n", log->log.offset);
	}
	/* A piece of a line is not told yet; the rest of it may be there already. */
	if (turn == STREAM_FILLED && piece->size == 0)
		return fill_log_events(source, web, piece);
	return turn;
}

/* Whose changes are worth to be told of: one of its own alone grows. */
static const char *log_file(const struct stream_source *source)
{
	const struct log_source *log = (const struct log_source *)source;

	return log->log.log.fd < 0 || log->log.log.is_packed ? NULL : log->path;
}

static void close_log(struct stream_source *source, struct web *web)
{
	struct log_source *log = (struct log_source *)source;

	(void)web;
	process_log_close(&log->log.log);
	mem_free(log->path);
	str_close(&log->line);
	mem_free(log);
}

static struct stream_source *open_log(const struct web *web, struct call *call)
{
	struct log_source *log = mem_alloc(sizeof *log);
	bool events = call->log.is_events;
	char path[PATH_MAX];

	log->log = call->log;
	log->path =
	    mem_strdup(process_log_path(web->home, log->log.incarnation, log->log.ref, path));
	call->log.is_open = false;
	memcpy(log->run_id, call->run_id, sizeof log->run_id);
	log->source = (struct stream_source){.fill = events ? fill_log_events : fill_log,
					     .close = close_log,
					     .file = log_file,
					     .run_id = log->log.end < 0 ? log->run_id : NULL,
					     .is_events = events};
	return &log->source;
}

struct stream_source *source_open(struct web *web, struct call *call, uint64_t *bytes)
{
	*bytes = MHD_SIZE_UNKNOWN;
	if (call->log.is_open) {
		if (call->log.end >= 0)
			*bytes = (uint64_t)(call->log.end - call->log.offset);
		return open_log(web, call);
	}
	if (!call->feed.is_open)
		return NULL;
	if (web->feed_count < SOURCE_FEEDS_MAX)
		return feed_open(web, call);
	answer_problem(&call->answer, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "%d streams are open, and no more are served: close one, or ask "
		       "/api/v1/facts",
		       SOURCE_FEEDS_MAX);
	answer_header(&call->answer, MHD_HTTP_HEADER_RETRY_AFTER, "5");
	return NULL;
}
