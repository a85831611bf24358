/* stream.c - logs as streams; see stream.h. */
#include "web/stream.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "web/hangup.h"
#include "web/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define PIECE_BYTES 32768
#define SEND_BYTES 16384
#define LOOK_AGAIN_MIN_MS 20 /* for a file that is not there yet, or cannot be watched */
#define LOOK_AGAIN_MAX_MS 500

struct stream {
	struct stream *next;
	struct stream *previous;
	struct listener *listener;
	struct MHD_Connection *connection;
	struct call_log log;
	char run_id[RUN_ID_SIZE];

	char *piece;
	size_t filled;
	size_t sent;
	bool at_end;
	bool failed;

	bool set_aside;
	bool gone;  /* the client is, or the daemon stops */
	bool busy;  /* a worker has it */
	bool stale; /* something happened since the worker began to look */
	bool attempt_ended;
	uv_work_t work;

	struct wait wait;
	struct hangup *hangup;
	uv_fs_event_t watch;
	uv_timer_t again;
	uint64_t again_ms;
	bool watching;
	unsigned open_handles;
};

/* --- on the worker ------------------------------------------------------------------------------
 */

static bool take_ended(void *context, const struct attempt_view *view)
{
	*(bool *)context = strcmp(view->state, "running") != 0;
	return true;
}

/* Whether the attempt's end is committed. From then on its log does not grow any more. */
static int look_for_end(struct stream *stream, bool *ended, struct err *err)
{
	const struct call_log *log = &stream->log;
	struct web *web = stream->listener->web;
	struct store_reader *reader;
	int rc = readers_take(&web->readers, web->db_path, &reader, err);

	if (rc != 0)
		return rc;
	rc = read_attempts(reader, log->run_no, log->task_id, log->attempt, take_ended, ended, err);
	readers_give(&web->readers, reader, rc != 0);
	return rc;
}

static int read_piece(struct stream *stream)
{
	struct call_log *log = &stream->log;
	size_t want = PIECE_BYTES;
	ssize_t got;

	if (log->fd < 0)
		log->fd = sys_open(log->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (log->fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (log->end >= 0 && log->end - log->offset < PIECE_BYTES)
		want = (size_t)(log->end - log->offset);
	got = pread(log->fd, stream->piece, want, log->offset);
	if (got < 0)
		return -1;
	stream->filled = (size_t)got;
	log->offset += got;
	return 0;
}

/* The end is looked for only where the file ends, and what came in between is read after it. */
static void fill_followed(struct stream *stream)
{
	bool ended = false;
	struct err err;

	if (read_piece(stream) != 0) {
		stream->failed = true;
		return;
	}
	if (stream->filled > 0)
		return;
	if (look_for_end(stream, &ended, &err) != 0 || (ended && read_piece(stream) != 0))
		stream->failed = true;
	else if (ended && stream->filled == 0)
		stream->at_end = true;
}

static void fill(uv_work_t *work)
{
	struct stream *stream = work->data;

	stream->filled = 0;
	stream->sent = 0;
	if (stream->log.end < 0)
		fill_followed(stream);
	else if (read_piece(stream) != 0 || stream->filled == 0)
		stream->failed = true; /* shorter than it was when its length was told */
}

/* --- on the loop --------------------------------------------------------------------------------
 */

static void start_fill(struct stream *stream);

static void resume(struct stream *stream)
{
	hangup_stop(stream->hangup);
	stream->hangup = NULL;
	uv_timer_stop(&stream->again);
	stream->set_aside = false;
	server_resume(stream->listener, stream->connection);
}

static void look(struct stream *stream)
{
	if (stream->busy || !stream->set_aside)
		stream->stale = true;
	else
		start_fill(stream);
}

static void on_change(struct wait *wait)
{
	look((struct stream *)((char *)wait - offsetof(struct stream, wait)));
}

static void on_file(uv_fs_event_t *watch, const char *name, int events, int status)
{
	(void)name;
	(void)events;
	(void)status;
	look(watch->data);
}

static void on_again(uv_timer_t *timer)
{
	look(timer->data);
}

/* The client cannot be told anything any more. */
static void on_gone(void *context)
{
	struct stream *stream = context;

	stream->gone = true;
	if (!stream->busy)
		resume(stream);
}

/* Watches the file; true when that has just begun, so that one more look is due: what was written
 * before the watch began has woken nobody. Without a file, or without watches left (inotify has a
 * limit), a timer looks again. */
static bool begin_watch(struct stream *stream)
{
	if (stream->watching)
		return false;
	stream->watching = stream->log.fd >= 0 &&
			   uv_fs_event_start(&stream->watch, on_file, stream->log.path, 0) == 0;
	if (stream->watching)
		return true;
	stream->again_ms = stream->again_ms == 0 ? LOOK_AGAIN_MIN_MS : stream->again_ms * 2;
	if (stream->again_ms > LOOK_AGAIN_MAX_MS)
		stream->again_ms = LOOK_AGAIN_MAX_MS;
	uv_timer_start(&stream->again, on_again, stream->again_ms, 0);
	return false;
}

static void idle(struct stream *stream)
{
	if (begin_watch(stream) || stream->stale) {
		start_fill(stream);
		return;
	}
	if (stream->hangup == NULL)
		stream->hangup = hangup_watch(stream->listener->web->loop,
					      server_fd(stream->connection), on_gone, stream);
}

static void after_fill(uv_work_t *work, int status)
{
	struct stream *stream = work->data;
	struct web *web = stream->listener->web;

	(void)status;
	stream->busy = false;
	if (stream->filled > 0 || stream->at_end || stream->failed || stream->gone || web->stopping)
		resume(stream);
	else
		idle(stream);
}

/* The connection is set aside. */
static void start_fill(struct stream *stream)
{
	struct web *web = stream->listener->web;

	stream->busy = true;
	stream->stale = false;
	stream->work.data = stream;
	(void)uv_queue_work(web->loop, &stream->work, fill, after_fill);
}

/* The servers do not run meanwhile, so that the list stays as it is. */
void stream_abandon_all(struct web *web)
{
	for (struct stream *stream = web->streams; stream != NULL; stream = stream->next) {
		stream->gone = true;
		if (stream->set_aside && !stream->busy)
			resume(stream);
	}
}

/* --- as the server's response -------------------------------------------------------------------
 */

/* The server asks for up to max bytes. 0: not now, the connection is set aside. */
static ssize_t take(void *cls, uint64_t position, char *buffer, size_t max)
{
	struct stream *stream = cls;
	size_t count = stream->filled - stream->sent;

	(void)position;
	if (count > 0) {
		count = count < max ? count : max;
		memcpy(buffer, stream->piece + stream->sent, count);
		stream->sent += count;
		return (ssize_t)count;
	}
	if (stream->at_end)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (stream->failed || stream->gone || stream->listener->web->stopping)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	stream->set_aside = true;
	server_suspend(stream->listener, stream->connection);
	start_fill(stream);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;

	if (--stream->open_handles > 0)
		return;
	mem_free(stream->piece);
	mem_free(stream);
}

static void unlink_stream(struct stream *stream)
{
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		stream->listener->web->streams = stream->next;
}

/* The server needs it no more. A stream that a worker has is set aside, and never comes here. */
static void release(void *cls)
{
	struct stream *stream = cls;

	waits_remove(&stream->listener->web->waits, &stream->wait);
	unlink_stream(stream);
	fd_close(&stream->log.fd);
	mem_free(stream->log.path);
	uv_close((uv_handle_t *)&stream->watch, on_closed);
	uv_close((uv_handle_t *)&stream->again, on_closed);
}

static void open_handles(struct stream *stream, uv_loop_t *loop)
{
	uv_fs_event_init(loop, &stream->watch);
	uv_timer_init(loop, &stream->again);
	stream->watch.data = stream;
	stream->again.data = stream;
	stream->open_handles = 2;
}

static struct stream *create(struct listener *listener, struct MHD_Connection *connection,
			     struct call *call)
{
	struct stream *stream = mem_alloc(sizeof *stream);
	struct web *web = listener->web;

	stream->listener = listener;
	stream->connection = connection;
	stream->log = call->log;
	call->log.is_open = false;
	stream->piece = mem_alloc(PIECE_BYTES);
	open_handles(stream, web->loop);
	stream->next = web->streams;
	if (stream->next != NULL)
		stream->next->previous = stream;
	web->streams = stream;
	if (stream->log.end < 0)
		waits_add(&web->waits, &stream->wait, call->run_id, WAIT_CHANGE, on_change);
	return stream;
}

struct MHD_Response *stream_response(struct listener *listener, struct MHD_Connection *connection,
				     struct call *call)
{
	uint64_t size =
	    call->log.end < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)(call->log.end - call->log.offset);
	struct stream *stream = create(listener, connection, call);
	struct MHD_Response *response =
	    MHD_create_response_from_callback(size, SEND_BYTES, take, stream, release);

	if (response == NULL)
		release(stream);
	return response;
}
