/* server.h - what the parts of the running server share. Only for files of this folder. */
#ifndef HEDDLE_WEB_SERVER_H
#define HEDDLE_WEB_SERVER_H

#include "base/heap.h"
#include "web/api/marks.h"
#include "web/readers.h"
#include "web/repeat.h"
#include "web/session.h"
#include "web/trouble.h"
#include "web/waits.h"
#include "web/web.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct request;
struct stream;

/* One of the two sockets with its own server. */
struct listener {
	struct web *web;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;       /* the server's epoll descriptor */
	uv_timer_t timer;     /* the server's next time-out; off while there is no connection */
	unsigned connections; /* after the last run */
	bool is_unix;
	bool is_open;    /* the handles are */
	bool is_running; /* inside MHD_run: connections must not be resumed now */
};

enum {
	LISTENER_UNIX,
	LISTENER_TCP,
	LISTENER_COUNT
};

struct web {
	uv_loop_t *loop;
	struct web_events events;
	char *db_path;
	char *home;
	char *socket_path;
	char *listen_host; /* NULL = no TCP */
	char *token;
	char start[WEB_START_SIZE]; /* of this daemon, another one each time */
	char machine[65];           /* this machine's name */
	char own_actor[128];        /* whoever has our own user id */
	struct listener listeners[LISTENER_COUNT];
	uint16_t port;

	struct readers readers;
	struct marks marks; /* of logs, for workers */
	struct troubles troubles;
	struct waits waits;
	struct heap deadlines; /* of requests that wait, by uv_now */
	uv_timer_t deadline;
	struct request *commands; /* hash by token: those that wait for web_answer */
	uint64_t last_token;
	struct request *requests; /* all, linked */
	struct stream *streams;   /* likewise */
	size_t feed_count;        /* of them, those of facts */
	_Atomic uint64_t changes; /* of what belongs to no run: workers look whether it moved */
	struct sessions sessions;
	struct repeats repeats;
	struct heap places; /* of connections that owe something, by uv_now */
	uv_timer_t patience;
	size_t set_aside; /* suspended connections: all come back before the end */

	uint64_t answers[6]; /* so far, by the first digit of their status */
	uint64_t complaints; /* of the servers, so far */
	int64_t complained_boot_ms;

	bool stopping;
	bool gathers; /* connections are taken up one after the other: the servers run after it */
	size_t open_handles;
	void (*stopped)(void *context);
	void *stopped_context;
};

/* Sets a connection aside; inside a handler of the server only. */
void server_suspend(struct listener *listener, struct MHD_Connection *connection);
/* Takes it up again and lets the server go on with it at once. Not inside a handler. */
void server_resume(struct listener *listener, struct MHD_Connection *connection);
/* A request's head has come whole: the connection may be idle for longer from now on. */
void server_is_asked(struct MHD_Connection *connection);
/* Moves the timer to the nearest deadline. */
void server_arm_deadline(struct web *web);
/* The descriptor of a connection, -1 when it has none. */
int server_fd(struct MHD_Connection *connection);

#endif
