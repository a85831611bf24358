/* stream.c - answers that go out piece by piece; see stream.h. */
#include "web/stream.h"

#include "base/mem.h"
#include "web/hangup.h"
#include "web/server.h"

#include <string.h>
#include <uv.h>

#define SEND_BYTES 16384
#define LOOK_AGAIN_MIN_MS 20 /* for a file that is not there yet, or cannot be watched */
#define LOOK_AGAIN_MAX_MS 500
#define BEAT_MS 15000

struct stream {
	struct stream *next;
	struct stream *previous;
	struct listener *listener;
	struct MHD_Connection *connection;
	struct stream_source *source;

	struct str piece;
	size_t sent;
	enum stream_turn turn; /* after the piece */

	bool set_aside;
	bool gone;  /* the client is, or the daemon stops */
	bool busy;  /* a worker has it */
	bool stale; /* something happened since the worker began to look */
	uv_work_t work;

	struct wait wait;
	struct hangup *hangup;
	uv_fs_event_t watch;
	uv_timer_t again;
	uint64_t again_ms;
	bool watching;
	unsigned open_handles;
};

static void fill(uv_work_t *work)
{
	struct stream *stream = work->data;

	stream->turn = stream->source->fill(stream->source, stream->listener->web, &stream->piece);
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

/* A line that begins with a colon is a comment. */
static void on_beat(uv_timer_t *timer)
{
	struct stream *stream = timer->data;

	if (stream->busy || !stream->set_aside)
		return;
	str_append(&stream->piece, ":\n\n");
	resume(stream);
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
 * before the watch began has woken nobody. */
static bool begin_watch(struct stream *stream)
{
	const char *file = stream->source->file(stream->source);

	if (stream->watching || file == NULL)
		return false;
	stream->watching = uv_fs_event_start(&stream->watch, on_file, file, 0) == 0;
	return stream->watching;
}

/* Without a file, or without watches left (inotify has a limit), a log is looked at again and
 * again. Facts come with commits alone. */
static void begin_timer(struct stream *stream)
{
	if (stream->watching || stream->source->file == NULL) {
		if (stream->source->is_events)
			uv_timer_start(&stream->again, on_beat, BEAT_MS, 0);
		return;
	}
	stream->again_ms = stream->again_ms == 0 ? LOOK_AGAIN_MIN_MS : stream->again_ms * 2;
	if (stream->again_ms > LOOK_AGAIN_MAX_MS)
		stream->again_ms = LOOK_AGAIN_MAX_MS;
	uv_timer_start(&stream->again, on_again, stream->again_ms, 0);
}

static void idle(struct stream *stream)
{
	if ((stream->source->file != NULL && begin_watch(stream)) || stream->stale) {
		start_fill(stream);
		return;
	}
	begin_timer(stream);
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
	if (stream->turn != STREAM_IDLE || stream->piece.size > 0 || stream->gone || web->stopping)
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

/* True when its connection was taken up. */
static bool abandon(struct stream *stream)
{
	stream->gone = true;
	if (!stream->set_aside || stream->busy)
		return false;
	resume(stream);
	return true;
}

bool stream_end_task(struct web *web, int64_t attempt_id)
{
	bool any = false;

	for (struct stream *stream = web->streams; stream != NULL; stream = stream->next)
		if (stream->source->attempt_id == attempt_id && abandon(stream))
			any = true;
	return any;
}

/* The servers do not run meanwhile, so that the list stays as it is. */
void stream_abandon_all(struct web *web)
{
	for (struct stream *stream = web->streams; stream != NULL; stream = stream->next)
		(void)abandon(stream);
}

/* --- as the server's response -------------------------------------------------------------------
 */

/* The server asks for up to max bytes. 0: not now, the connection is set aside. */
static ssize_t take(void *cls, uint64_t position, char *buffer, size_t max)
{
	struct stream *stream = cls;
	size_t count = stream->piece.size - stream->sent;

	(void)position;
	if (count > 0) {
		count = count < max ? count : max;
		memcpy(buffer, stream->piece.data + stream->sent, count);
		stream->sent += count;
		return (ssize_t)count;
	}
	str_clear(&stream->piece);
	stream->sent = 0;
	if (stream->turn == STREAM_ENDED)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (stream->turn == STREAM_FAILED || stream->gone || stream->listener->web->stopping)
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
	str_close(&stream->piece);
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
	stream->source->close(stream->source, stream->listener->web);
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

static void link_stream(struct stream *stream)
{
	struct web *web = stream->listener->web;
	const char *run_id = stream->source->run_id;

	stream->next = web->streams;
	if (stream->next != NULL)
		stream->next->previous = stream;
	web->streams = stream;
	if (run_id != NULL)
		waits_add(&web->waits, &stream->wait, run_id[0] == '\0' ? NULL : run_id,
			  WAIT_CHANGE, on_change);
}

struct MHD_Response *stream_response(struct listener *listener, struct MHD_Connection *connection,
				     struct stream_source *source, uint64_t size)
{
	struct stream *stream = mem_alloc(sizeof *stream);
	struct MHD_Response *response;

	stream->listener = listener;
	stream->connection = connection;
	stream->source = source;
	open_handles(stream, listener->web->loop);
	link_stream(stream);
	response = MHD_create_response_from_callback(size, SEND_BYTES, take, stream, release);
	if (response == NULL)
		release(stream);
	return response;
}
