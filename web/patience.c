/* patience.c - clients that take their time; see patience.h. */
#include "web/patience.h"

#include "base/mem.h"
#include "web/server.h"

#include <stddef.h>
#include <sys/socket.h>

struct place {
	struct heap_node due;
	struct web *web;
	int fd;
	bool has_peer;
	struct peer peer;
};

static struct place *place_of(struct heap_node *node)
{
	return (struct place *)((char *)node - offsetof(struct place, due));
}

static void on_patience(uv_timer_t *timer)
{
	struct web *web = timer->data;

	patience_expire(web, (int64_t)uv_now(web->loop));
}

static void arm(struct web *web)
{
	const struct heap_node *first = heap_peek(&web->places);
	int64_t wait_ms;

	if (first == NULL || web->stopping) {
		uv_timer_stop(&web->patience);
		return;
	}
	wait_ms = first->key - (int64_t)uv_now(web->loop);
	uv_timer_start(&web->patience, on_patience, wait_ms < 0 ? 0 : (uint64_t)wait_ms, 0);
}

static void expect(struct place *place, int64_t within_ms)
{
	heap_remove(&place->web->places, &place->due);
	if (within_ms > 0) {
		place->due.key = (int64_t)uv_now(place->web->loop) + within_ms;
		heap_push(&place->web->places, &place->due);
	}
	arm(place->web);
}

void patience_begin(struct listener *listener, struct MHD_Connection *connection, void **slot)
{
	struct place *place = mem_alloc(sizeof *place);

	place->web = listener->web;
	place->fd = server_fd(connection);
	place->has_peer = listener->is_unix;
	if (place->has_peer)
		peer_learn(&place->peer, listener->web, place->fd);
	*slot = place;
	expect(place, PATIENCE_HEAD_MS);
}

void patience_end(void **slot)
{
	struct place *place = *slot;

	if (place == NULL)
		return;
	expect(place, 0);
	mem_free(place);
	*slot = NULL;
}

static struct place *place_at(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

const struct peer *patience_peer(struct MHD_Connection *connection)
{
	const struct place *place = place_at(connection);

	return place == NULL || !place->has_peer ? NULL : &place->peer;
}

void patience_expect(struct MHD_Connection *connection, int64_t within_ms)
{
	struct place *place = place_at(connection);

	if (place != NULL)
		expect(place, within_ms);
}

/* The server closes a connection that has come to its end; the descriptor stays its own. */
void patience_expire(struct web *web, int64_t now_ms)
{
	struct heap_node *node;

	while ((node = heap_peek(&web->places)) != NULL && node->key <= now_ms) {
		heap_remove(&web->places, node);
		if (place_of(node)->fd >= 0)
			(void)shutdown(place_of(node)->fd, SHUT_RDWR);
	}
	arm(web);
}
