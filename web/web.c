/* web.c - the servers in the loop: starting, turning, stopping; see web.h.
 *
 * Each server gives one epoll descriptor, which the loop polls; when something is ready it runs
 * once and says when it next wants to (only while it has connections). What a handler cannot answer
 * at once is set aside, and taken up by whoever has the answer. */
#include "web/web.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "web/listen.h"
#include "web/patience.h"
#include "web/request.h"
#include "web/server.h"
#include "web/signed_out.h"
#include "web/stream.h"

#include <assert.h>
#include <inttypes.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of each socket; both together leave half of the usual 1024 descriptors for everything else. */
#define CONNECTIONS_MAX 256u
#define CONNECTION_BYTES (32u * 1024) /* headers, body buffer and answer headers of one */
#define CONNECTION_IDLE_S 60u
#define HEAD_IDLE_S 10u         /* before the first request: nobody sends that by hand */
#define CONNECTIONS_ONE_IP 128u /* so that one address leaves places for others */
#define COMPLAIN_EVERY_MS 60000

/* --- turning ------------------------------------------------------------------------------------
 */

static void on_server_timer(uv_timer_t *timer);

static void arm_server_timer(struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES)
		uv_timer_start(&listener->timer, on_server_timer, wait_ms, 0);
	else
		uv_timer_stop(&listener->timer);
}

static unsigned count_connections(struct listener *listener)
{
	return MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	    ->num_connections;
}

/* A server that has as many connections as it may stops listening, and looks whether it may again
 * only when it begins a run. So one more run follows whenever a connection has ended. */
static void turn(struct listener *listener)
{
	unsigned count;

	assert(!listener->is_running);
	listener->is_running = true;
	MHD_run(listener->daemon);
	count = count_connections(listener);
	if (count < listener->connections) {
		MHD_run(listener->daemon);
		count = count_connections(listener);
	}
	listener->connections = count;
	listener->is_running = false;
	arm_server_timer(listener);
}

static void on_server_timer(uv_timer_t *timer)
{
	turn(timer->data);
}

static void on_server_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	turn(poll->data);
}

static void end_if_stopped(struct web *web);

void server_suspend(struct listener *listener, struct MHD_Connection *connection)
{
	assert(listener->is_running);
	listener->web->set_aside++;
	MHD_suspend_connection(connection);
}

void server_resume(struct listener *listener, struct MHD_Connection *connection)
{
	struct web *web = listener->web;

	web->set_aside--;
	MHD_resume_connection(connection);
	if (web->gathers)
		return;
	turn(listener);
	end_if_stopped(web);
}

int server_fd(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info == NULL ? -1 : info->connect_fd;
}

static void on_deadline(uv_timer_t *timer)
{
	struct web *web = timer->data;

	request_expire(web, uv_now(web->loop));
}

void server_arm_deadline(struct web *web)
{
	const struct heap_node *first = heap_peek(&web->deadlines);
	int64_t wait_ms;

	if (first == NULL) {
		uv_timer_stop(&web->deadline);
		return;
	}
	wait_ms = first->key - (int64_t)uv_now(web->loop);
	uv_timer_start(&web->deadline, on_deadline, wait_ms < 0 ? 0 : (uint64_t)wait_ms, 0);
}

/* --- starting -----------------------------------------------------------------------------------
 */

static void log_complaint(void *cls, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Most complaints are about clients: one a minute is told, so that none of them can fill the log.
 */
static void log_complaint(void *cls, const char *format, va_list args)
{
	struct web *web = cls;
	int64_t now_ms = clock_now().boot_ms;
	char text[256];
	char quoted[512];

	if (web->complaints++ > 0 && now_ms - web->complained_boot_ms < COMPLAIN_EVERY_MS)
		return;
	vsnprintf(text, sizeof text, format, args);
	text[strcspn(text, "\n")] = '\0';
	log_warn("http server complains", "text=%s complaints=%" PRIu64,
		 log_quote(text, quoted, sizeof quoted), web->complaints);
	web->complained_boot_ms = now_ms;
}

/* The target is decoded by target.h, from what came over the wire. */
static size_t keep_encoded(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

/* A connection that sends no request must not hold its place as long as one that did; see
 * server_is_asked. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, HEAD_IDLE_S);
		patience_begin(cls, connection, slot);
	} else {
		patience_end(slot);
	}
}

void server_is_asked(struct MHD_Connection *connection)
{
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, CONNECTION_IDLE_S);
}

/* Takes the descriptor over when it succeeds. */
static struct MHD_Daemon *start_server(struct listener *listener, int fd)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
	    request_handle, listener, MHD_OPTION_EXTERNAL_LOGGER, log_complaint, listener->web,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, request_begin, listener,
	    MHD_OPTION_NOTIFY_COMPLETED, request_end, listener, MHD_OPTION_UNESCAPE_CALLBACK,
	    keep_encoded, NULL, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_ONE_IP, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, listener, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_IDLE_S, MHD_OPTION_END);
}

static int poll_server(struct listener *listener, struct err *err)
{
	struct web *web = listener->web;
	int fd = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	int rc = uv_poll_init(web->loop, &listener->poll, fd);

	if (rc != 0)
		return err_set(err, ERR_IO, "poll the http server: %s", uv_strerror(rc));
	uv_timer_init(web->loop, &listener->timer);
	listener->poll.data = listener;
	listener->timer.data = listener;
	listener->is_open = true;
	web->open_handles += 2;
	rc = uv_poll_start(&listener->poll, UV_READABLE, on_server_ready);
	if (rc != 0)
		return err_set(err, ERR_IO, "poll the http server: %s", uv_strerror(rc));
	return 0;
}

/* Takes the descriptor over in any case. */
static int open_listener(struct web *web, struct listener *listener, int fd, struct err *err)
{
	listener->web = web;
	listener->daemon = start_server(listener, fd);
	if (listener->daemon == NULL) {
		fd_close(&fd);
		return err_set(err, ERR_IO, "start the http server");
	}
	return poll_server(listener, err);
}

/* Tasks that run, and people, know the port of before: it is kept where that can be. */
static int open_listeners(struct web *web, uint16_t port, uint16_t former_port, struct err *err)
{
	int fd = -1;
	int rc = listen_unix(web->socket_path, &fd, err);

	web->listeners[LISTENER_UNIX].is_unix = true;
	if (rc == 0)
		rc = open_listener(web, &web->listeners[LISTENER_UNIX], fd, err);
	if (rc != 0 || web->listen_host == NULL)
		return rc;
	rc = ERR_REFUSED;
	if (port == 0 && former_port != 0)
		rc = listen_tcp(web->listen_host, former_port, &fd, &web->port, err);
	if (rc != 0)
		rc = listen_tcp(web->listen_host, port, &fd, &web->port, err);
	if (rc == 0)
		rc = open_listener(web, &web->listeners[LISTENER_TCP], fd, err);
	return rc;
}

/* Root needs no look-up, which keeps a start in a container free of it. */
static void name_own_actor(struct web *web)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char buffer[1024];
	uid_t uid = geteuid();

	if (uid == 0)
		snprintf(web->own_actor, sizeof web->own_actor, "user:root");
	else if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
		snprintf(web->own_actor, sizeof web->own_actor, "user:%.100s", entry.pw_name);
	else
		snprintf(web->own_actor, sizeof web->own_actor, "uid:%u", (unsigned)uid);
}

static void name_start(struct web *web)
{
	unsigned char bytes[(WEB_START_SIZE - 1) / 2];

	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(web->start, sizeof web->start, bytes, sizeof bytes);
}

static struct web *create(uv_loop_t *loop, const struct web_config *config,
			  const struct web_events *events)
{
	struct web *web = mem_alloc(sizeof *web);

	web->loop = loop;
	readers_init(&web->readers);
	marks_init(&web->marks);
	web->events = *events;
	web->db_path = mem_strdup(config->db_path);
	web->home = mem_strdup(config->home);
	web->socket_path = mem_strdup(config->socket_path);
	web->listen_host = mem_strdup(config->listen_host);
	web->token = mem_strdup(config->token);
	name_start(web);
	session_init(&web->sessions, config->token);
	if (gethostname(web->machine, sizeof web->machine - 1) != 0)
		web->machine[0] = '\0';
	name_own_actor(web);
	uv_timer_init(loop, &web->deadline);
	web->deadline.data = web;
	uv_timer_init(loop, &web->patience);
	web->patience.data = web;
	web->open_handles = 2;
	return web;
}

int web_start(uv_loop_t *loop, const struct web_config *config, const struct web_events *events,
	      struct web **out, struct err *err)
{
	struct web *web = create(loop, config, events);
	int rc = signed_out_load(config->home, &web->sessions, clock_now().wall_ms, err);

	if (rc == 0)
		rc = open_listeners(web, config->listen_port, config->former_port, err);

	if (rc != 0) {
		web_stop(web, NULL, NULL);
		return rc;
	}
	*out = web;
	return 0;
}

void web_count(const struct web *web, struct web_counts *out)
{
	memcpy(out->answers, web->answers, sizeof out->answers);
	out->streams = web->feed_count;
	out->connections = 0;
	for (size_t i = 0; i < LISTENER_COUNT; i++)
		out->connections += web->listeners[i].connections;
}

uint16_t web_port(const struct web *web)
{
	return web->port;
}

/* --- stopping -----------------------------------------------------------------------------------
 */

static void destroy(struct web *web)
{
	void (*stopped)(void *context) = web->stopped;
	void *context = web->stopped_context;

	readers_close(&web->readers);
	marks_close(&web->marks);
	troubles_close(&web->troubles);
	heap_close(&web->deadlines);
	heap_close(&web->places);
	repeat_close(&web->repeats);
	session_close(&web->sessions);
	mem_free(web->db_path);
	mem_free(web->home);
	mem_free(web->socket_path);
	mem_free(web->listen_host);
	if (web->token != NULL)
		mem_wipe_free(web->token, strlen(web->token));
	mem_free(web);
	if (stopped != NULL)
		stopped(context);
}

static void on_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	struct web *web = listener->web;

	if (--web->open_handles == 0)
		destroy(web);
}

static void on_own_closed(uv_handle_t *handle)
{
	struct web *web = handle->data;

	if (--web->open_handles == 0)
		destroy(web);
}

static void close_listener(struct listener *listener)
{
	if (listener->is_open) {
		uv_poll_stop(&listener->poll);
		uv_close((uv_handle_t *)&listener->poll, on_closed);
		uv_close((uv_handle_t *)&listener->timer, on_closed);
	}
	if (listener->daemon != NULL)
		MHD_stop_daemon(listener->daemon);
	listener->daemon = NULL;
}

/* The servers can only be ended when no connection is set aside any more. */
static void end_if_stopped(struct web *web)
{
	if (!web->stopping || web->set_aside > 0 || uv_is_closing((uv_handle_t *)&web->deadline))
		return;
	for (size_t i = 0; i < LISTENER_COUNT; i++)
		close_listener(&web->listeners[i]);
	uv_close((uv_handle_t *)&web->deadline, on_own_closed);
	uv_close((uv_handle_t *)&web->patience, on_own_closed);
}

/* The listening descriptor comes back to us with this. */
static void stop_accepting(struct web *web)
{
	for (size_t i = 0; i < LISTENER_COUNT; i++) {
		int fd = web->listeners[i].daemon == NULL
			     ? -1
			     : MHD_quiesce_daemon(web->listeners[i].daemon);

		fd_close(&fd);
	}
	if (web->listeners[LISTENER_UNIX].daemon != NULL)
		(void)sys_unlink(web->socket_path);
}

void web_stop(struct web *web, void (*stopped)(void *context), void *context)
{
	assert(!web->stopping);
	web->stopping = true;
	web->stopped = stopped;
	web->stopped_context = context;
	stop_accepting(web);
	web->gathers = true;
	request_abandon_all(web);
	stream_abandon_all(web);
	web->gathers = false;
	for (size_t i = 0; i < LISTENER_COUNT; i++)
		if (web->listeners[i].daemon != NULL)
			turn(&web->listeners[i]);
	end_if_stopped(web);
}

void web_one_time_link(struct web *web, char path[WEB_LINK_SIZE])
{
	char secret[SESSION_SECRET_SIZE];

	session_make_link(&web->sessions, clock_now().boot_ms, secret);
	snprintf(path, WEB_LINK_SIZE, "/sign-in/%s", secret);
}

/* --- what the daemon tells ----------------------------------------------------------------------
 */

void web_answer(struct web *web, uint64_t token, enum web_result result, const char *run_id,
		const char *message)
{
	request_answer(web, token, result, run_id, message);
}

void web_trouble(struct web *web, int64_t attempt_id, const char *text)
{
	troubles_note(&web->troubles, attempt_id, text);
}

/* As when the servers stop: connections are only taken up once all of them were gone through. */
void web_attempt_ended(struct web *web, int64_t attempt_id)
{
	bool any;

	if (web->stopping)
		return;
	request_end_task(web, attempt_id);
	web->gathers = true;
	any = stream_end_task(web, attempt_id);
	web->gathers = false;
	for (size_t i = 0; any && i < LISTENER_COUNT; i++)
		if (web->listeners[i].daemon != NULL)
			turn(&web->listeners[i]);
}

void web_run_changed(struct web *web, const char *run_id)
{
	waits_tell(&web->waits, run_id, false);
}

void web_changed(struct web *web)
{
	web->changes++;
	waits_tell_any(&web->waits);
}

void web_run_ended(struct web *web, const char *run_id)
{
	waits_tell(&web->waits, run_id, true);
}
