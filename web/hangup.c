/* hangup.c - clients that go away; see hangup.h. */
#include "web/hangup.h"

#include "base/mem.h"

struct hangup {
	uv_poll_t poll;
	void (*gone)(void *context);
	void *context;
};

static void free_hangup(uv_handle_t *handle)
{
	mem_free(handle->data);
}

/* An error is a client that is gone, too. */
static void on_event(uv_poll_t *poll, int status, int events)
{
	struct hangup *hangup = poll->data;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	hangup->gone(hangup->context);
}

struct hangup *hangup_watch(uv_loop_t *loop, int fd, void (*gone)(void *context), void *context)
{
	struct hangup *hangup = mem_alloc(sizeof *hangup);

	hangup->gone = gone;
	hangup->context = context;
	if (uv_poll_init(loop, &hangup->poll, fd) != 0) {
		mem_free(hangup);
		return NULL;
	}
	hangup->poll.data = hangup;
	if (uv_poll_start(&hangup->poll, UV_DISCONNECT, on_event) != 0) {
		hangup_stop(hangup);
		return NULL;
	}
	return hangup;
}

void hangup_stop(struct hangup *hangup)
{
	if (hangup == NULL)
		return;
	uv_poll_stop(&hangup->poll);
	uv_close((uv_handle_t *)&hangup->poll, free_hangup);
}
