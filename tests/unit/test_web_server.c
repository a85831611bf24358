/* test_web_server.c - the whole server over real sockets, with a real store and a daemon of a few
 * lines behind it: commands are written down at once and answered in a later turn of the loop.
 *
 * The server runs on a thread of its own, as it would in the daemon; what a test wants done there
 * is handed over with on_loop. */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "executor/process/process.h"
#include "model/change.h"
#include "model/limits.h"
#include "store/read.h"
#include "store/store.h"
#include "web/server.h"
#include "web/web.h"

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN "5ec2e7"
#define ANSWERS_MAX 64

/* --- the daemon of a few lines ------------------------------------------------------------------
 */

struct pending {
	uint64_t token;
	enum web_result result;
	char run_id[RUN_ID_SIZE];
	const char *message;
};

struct server {
	char home[64];
	char socket_path[96];
	char db_path[96];
	pthread_t thread;
	uv_loop_t loop;
	uv_async_t wake;
	uv_timer_t answer;
	pthread_mutex_t mutex;
	pthread_cond_t done;
	void (*job)(struct server *server, void *argument);
	void *argument;
	bool up;
	bool down;

	struct web *web;
	uint16_t port;
	struct store *store;
	struct store_reader *reader;
	struct dag dag;
	struct task tasks[2];
	int64_t next_run_no;
	int64_t next_attempt_id;
	struct pending pending[ANSWERS_MAX];
	size_t pending_count;
	bool ready;
	bool held;   /* commits fail */
	bool silent; /* commands are not answered */
	char last_actor[64];
	char last_reason[64];
};

static void must(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s", err->message);
}

static struct store_batch *new_batch(void)
{
	return store_batch_create(NULL);
}

static struct change *add(struct store_batch *batch, enum change_kind kind, int64_t run_no)
{
	struct change *change = change_list_add(&batch->changes, kind);

	change->run_no = run_no;
	change->at_ms = clock_now().wall_ms;
	change->actor = "scheduler";
	return change;
}

static void commit(struct server *server, struct store_batch *batch)
{
	enum store_failure failure;
	struct err err = {0};

	must(store_apply(server->store, batch, &failure, &err), &err);
	store_batch_destroy(batch);
}

static void move_task(struct store_batch *batch, int64_t run_no, enum task_state from,
		      enum task_state to)
{
	struct change *change = add(batch, CHANGE_TASK_STATE, run_no);

	change->task_state.from = from;
	change->task_state.to = to;
}

static int64_t make_run(struct server *server, const char *key, const char *actor,
			char run_id[RUN_ID_SIZE])
{
	struct store_batch *batch = new_batch();
	int64_t run_no = server->next_run_no++;
	struct change *change = add(batch, CHANGE_RUN_NEW, run_no);

	random_hex(run_id, RUN_ID_SIZE - 1);
	change->actor = arena_strdup(&batch->changes.arena, actor);
	change->run_new.run_id = arena_strdup(&batch->changes.arena, run_id);
	change->run_new.dag = dag_ref(&server->dag);
	change->run_new.key = arena_strdup(&batch->changes.arena, key == NULL ? run_id : key);
	change->run_new.source = "manual";
	change->run_new.state = RUN_RUNNING;
	commit(server, batch);
	return run_no;
}

static struct pending *answer_later(struct server *server, uint64_t token, enum web_result result)
{
	struct pending *pending = &server->pending[server->pending_count++];

	assert_true(server->pending_count < ANSWERS_MAX);
	memset(pending, 0, sizeof *pending);
	pending->token = token;
	pending->result = result;
	return pending;
}

static void trigger(struct server *server, const struct web_command *command, uint64_t token)
{
	struct pending *pending;
	char run_id[RUN_ID_SIZE];

	if (strcmp(command->dag_id, server->dag.id) != 0) {
		answer_later(server, token, WEB_NOT_FOUND)->message = "no dag 'x' is in force";
		return;
	}
	if (command->key != NULL && read_run_by_key(server->reader, command->dag_id, "manual",
						    command->key, run_id, NULL) == 0) {
		pending = answer_later(server, token, WEB_UNCHANGED);
	} else {
		make_run(server, command->key, command->actor, run_id);
		pending = answer_later(server, token, WEB_DONE);
	}
	memcpy(pending->run_id, run_id, RUN_ID_SIZE);
}

static void cancel(struct server *server, const struct web_command *command, uint64_t token)
{
	struct pending *pending = answer_later(server, token, WEB_DONE);

	snprintf(server->last_reason, sizeof server->last_reason, "%s",
		 command->reason == NULL ? "" : command->reason);
	snprintf(pending->run_id, sizeof pending->run_id, "%s", command->run_id);
}

static void send_answers(uv_timer_t *timer)
{
	struct server *server = timer->data;
	size_t count = server->pending_count;

	server->pending_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct pending *pending = &server->pending[i];

		web_answer(server->web, pending->token, pending->result,
			   pending->run_id[0] == '\0' ? NULL : pending->run_id, pending->message);
	}
}

static void take_command(void *context, const struct web_command *command, uint64_t token)
{
	struct server *server = context;

	snprintf(server->last_actor, sizeof server->last_actor, "%s", command->actor);
	if (server->silent)
		return;
	if (server->held)
		answer_later(server, token, WEB_HELD)->message = "commits fail: no space left";
	else if (command->kind == WEB_TRIGGER)
		trigger(server, command, token);
	else
		cancel(server, command, token);
	uv_timer_start(&server->answer, send_answers, 0, 0);
}

static bool is_ready(void *context, char why[256])
{
	struct server *server = context;

	snprintf(why, 256, "commits fail: no space left");
	return server->ready;
}

/* --- the thread ---------------------------------------------------------------------------------
 */

static void run_job(uv_async_t *wake)
{
	struct server *server = wake->data;

	pthread_mutex_lock(&server->mutex);
	if (server->job != NULL)
		server->job(server, server->argument);
	server->job = NULL;
	pthread_cond_broadcast(&server->done);
	pthread_mutex_unlock(&server->mutex);
}

/* Runs job on the loop's thread and waits until it has run. */
static void on_loop(struct server *server, void (*job)(struct server *, void *), void *argument)
{
	pthread_mutex_lock(&server->mutex);
	server->job = job;
	server->argument = argument;
	uv_async_send(&server->wake);
	while (server->job != NULL)
		pthread_cond_wait(&server->done, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
}

static void make_dag(struct server *server)
{
	server->tasks[0].id = "extract";
	server->tasks[0].command = "true";
	server->tasks[1].id = "load";
	server->tasks[1].command = "true";
	server->dag.references = 1000; /* never freed: it is not its own */
	server->dag.id = "nightly.etl";
	server->dag.description = "From \"raw\" to ready";
	server->dag.source = "nightly.yaml";
	server->dag.text = "id: nightly.etl\n";
	server->dag.text_bytes = strlen(server->dag.text);
	memcpy(server->dag.hash, "00112233445566778899aabbccddeeff", 33);
	server->dag.tasks = server->tasks;
	server->dag.task_count = 2;
	server->dag.max_active_tasks = 16;
}

static void open_store(struct server *server)
{
	struct store_dag_file files[1] = {{&server->dag, "nightly.yaml"}};
	struct dag_error error = {"broken.yaml", 3, 7, "unknown key 'comand'", NULL};
	struct err err = {0};

	make_dag(server);
	must(store_open(server->db_path, &server->store, &err), &err);
	store_set_boot_id(server->store, "boot");
	must(store_put_dags(server->store, files, 1, &error, 1, 8, 1795154400000, &err), &err);
	must(
	    store_next_numbers(server->store, &server->next_run_no, &server->next_attempt_id, &err),
	    &err);
	must(store_reader_open(server->db_path, &server->reader, &err), &err);
}

static void start_web(struct server *server)
{
	struct web_config config = {.db_path = server->db_path,
				    .home = server->home,
				    .socket_path = server->socket_path,
				    .listen_host = "127.0.0.1",
				    .token = TOKEN};
	struct web_events events = {server, take_command, is_ready};
	struct err err = {0};

	must(web_start(&server->loop, &config, &events, &server->web, &err), &err);
	server->port = web_port(server->web);
}

static void *serve(void *argument)
{
	struct server *server = argument;

	open_store(server);
	start_web(server);
	pthread_mutex_lock(&server->mutex);
	server->up = true;
	pthread_cond_broadcast(&server->done);
	pthread_mutex_unlock(&server->mutex);
	uv_run(&server->loop, UV_RUN_DEFAULT);
	store_reader_close(server->reader);
	store_close(server->store);
	return NULL;
}

static int start(void **state)
{
	struct server *server = mem_alloc(sizeof *server);

	snprintf(server->home, sizeof server->home, "/tmp/heddle-web-XXXXXX");
	assert_non_null(mkdtemp(server->home));
	snprintf(server->socket_path, sizeof server->socket_path, "%s/heddle.sock", server->home);
	snprintf(server->db_path, sizeof server->db_path, "%s/heddle.db", server->home);
	pthread_mutex_init(&server->mutex, NULL);
	pthread_cond_init(&server->done, NULL);
	uv_loop_init(&server->loop);
	uv_async_init(&server->loop, &server->wake, run_job);
	uv_timer_init(&server->loop, &server->answer);
	server->wake.data = server;
	server->answer.data = server;
	server->ready = true;
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	pthread_mutex_lock(&server->mutex);
	while (!server->up)
		pthread_cond_wait(&server->done, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
	*state = server;
	return 0;
}

static void web_is_down(void *context)
{
	struct server *server = context;

	server->web = NULL;
	uv_close((uv_handle_t *)&server->wake, NULL);
	uv_close((uv_handle_t *)&server->answer, NULL);
}

static void stop_web(struct server *server, void *argument)
{
	(void)argument;
	web_stop(server->web, web_is_down, server);
}

/* Stops the server and waits for its thread. Twice is no harm. */
static void stop_server(struct server *server)
{
	if (server->down)
		return;
	server->down = true;
	on_loop(server, stop_web, NULL);
	pthread_join(server->thread, NULL);
	assert_null(server->web);
	assert_int_equal(uv_loop_close(&server->loop), 0); /* no handle was forgotten */
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int stop(void **state)
{
	struct server *server = *state;

	stop_server(server);
	nftw(server->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	pthread_mutex_destroy(&server->mutex);
	pthread_cond_destroy(&server->done);
	mem_free(server);
	return 0;
}

/* --- what happens to runs -----------------------------------------------------------------------
 */

struct run {
	int64_t run_no;
	int64_t attempt_id;
	int64_t released_at_ms;
	char id[RUN_ID_SIZE];
	char log_path[PATH_MAX];
};

static void job_make_run(struct server *server, void *argument)
{
	struct run *run = argument;

	run->run_no = make_run(server, NULL, "user:test", run->id);
}

static void job_start_attempt(struct server *server, void *argument)
{
	struct store_batch *batch = new_batch();
	struct run *run = argument;
	struct change *change;
	struct process_ref ref;

	move_task(batch, run->run_no, TASK_NONE, TASK_QUEUED);
	move_task(batch, run->run_no, TASK_QUEUED, TASK_RUNNING);
	change = add(batch, CHANGE_ATTEMPT_NEW, run->run_no);
	change->attempt_new.attempt_id = run->attempt_id = server->next_attempt_id++;
	change->attempt_new.number = 1;
	run->released_at_ms = change->at_ms;
	commit(server, batch);
	ref = (struct process_ref){run->attempt_id, run->released_at_ms};
	process_log_path(server->home, store_incarnation(server->store), ref, run->log_path);
	web_run_changed(server->web, run->id);
}

static void job_end_attempt(struct server *server, void *argument)
{
	struct store_batch *batch = new_batch();
	struct run *run = argument;
	struct change *change = add(batch, CHANGE_ATTEMPT_END, run->run_no);

	change->attempt_end.attempt_id = run->attempt_id;
	change->attempt_end.cause = CAUSE_EXIT_CODE;
	change->attempt_end.exit_code = 3;
	change->attempt_end.started_at_ms = run->released_at_ms + 1;
	change->attempt_end.ended_at_ms = run->released_at_ms + 8;
	change->attempt_end.duration_ms = 7;
	change->attempt_end.max_rss_bytes = 4096;
	change->attempt_end.cpu_user_us = 2500;
	change->attempt_end.log_bytes = 99;
	snprintf(change->attempt_end.reason, sizeof change->attempt_end.reason, "exit code 3");
	move_task(batch, run->run_no, TASK_RUNNING, TASK_FAILED);
	commit(server, batch);
	web_run_changed(server->web, run->id);
}

static void job_end_run(struct server *server, void *argument)
{
	struct store_batch *batch = new_batch();
	struct run *run = argument;
	struct change *change = add(batch, CHANGE_RUN_STATE, run->run_no);

	change->run_state.from = RUN_RUNNING;
	change->run_state.to = RUN_FAILED;
	commit(server, batch);
	web_run_ended(server->web, run->id);
}

static void job_count_set_aside(struct server *server, void *argument)
{
	*(size_t *)argument = server->web->set_aside;
}

/* Waits until so many connections are set aside; fails after ten seconds. */
static void await_set_aside(struct server *server, size_t wanted)
{
	size_t count = wanted + 1;

	for (int i = 0; i < 1000 && count != wanted; i++) {
		on_loop(server, job_count_set_aside, &count);
		if (count != wanted)
			usleep(10000);
	}
	assert_int_equal(count, wanted);
}

static void new_run(struct server *server, struct run *run)
{
	memset(run, 0, sizeof *run);
	on_loop(server, job_make_run, run);
}

static void append_log(const struct run *run, const char *text, size_t size)
{
	char folder[PATH_MAX];
	struct err err = {0};
	int fd;

	snprintf(folder, sizeof folder, "%s", run->log_path);
	*strrchr(folder, '/') = '\0';
	must(file_mkdirs(folder, &err), &err);
	fd = open(run->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	must(fd_write_all(fd, text, size, &err), &err);
	close(fd);
}

/* --- the client ---------------------------------------------------------------------------------
 */

static int connected(int fd, const struct sockaddr *address, socklen_t size)
{
	struct timeval patience = {20, 0};

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
	if (connect(fd, address, size) != 0)
		fail_msg("connect: %s", strerror(errno));
	return fd;
}

static int connect_tcp(const struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(server->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return connected(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 (const struct sockaddr *)&address, sizeof address);
}

static int connect_unix(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket_path);
	return connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 (const struct sockaddr *)&address, sizeof address);
}

static void send_bytes(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* refused and closed: what it said is still to be read */
		bytes += sent;
		size -= (size_t)sent;
	}
}

static void send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/* A connection and what came over it and was not yet taken. */
struct client {
	struct str in;
	size_t taken;
	int fd;
	bool closed;
};

struct reply {
	int status; /* 0 = the connection was closed without one */
	char head[2048];
	struct str body;
	bool cut; /* closed in the middle of the body */
};

static void close_reply(struct reply *reply)
{
	str_close(&reply->body);
}

static void hang_up(struct client *client)
{
	close(client->fd);
	str_close(&client->in);
}

static bool receive(struct client *client)
{
	char buffer[65536];
	ssize_t got = recv(client->fd, buffer, sizeof buffer, 0);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail_msg("no answer within 20 s; so far: %s",
			 str_text(&client->in) + client->taken);
	if (got <= 0) {
		client->closed = true;
		return false;
	}
	str_append_bytes(&client->in, buffer, (size_t)got);
	return true;
}

static const char *rest(const struct client *client)
{
	return str_text(&client->in) + client->taken;
}

static size_t rest_size(const struct client *client)
{
	return client->in.size - client->taken;
}

/* The value of a header in *reply, or NULL. */
static const char *header(const struct reply *reply, const char *name)
{
	static char value[256];
	size_t length = strlen(name);

	for (const char *line = reply->head; (line = strstr(line, "\r\n")) != NULL;) {
		line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			snprintf(value, sizeof value, "%.*s", (int)strcspn(line + length + 2, "\r"),
				 line + length + 2);
			return value;
		}
	}
	return NULL;
}

static bool read_head(struct client *client, struct reply *reply)
{
	const char *end;

	while ((end = strstr(rest(client), "\r\n\r\n")) == NULL)
		if (!receive(client))
			return false;
	snprintf(reply->head, sizeof reply->head, "%.*s", (int)(end + 2 - rest(client)),
		 rest(client));
	client->taken += (size_t)(end + 4 - rest(client));
	assert_true(str_starts_with(reply->head, "HTTP/1."));
	reply->status = (int)strtol(reply->head + strlen("HTTP/1.1 "), NULL, 10);
	return true;
}

static void read_counted(struct client *client, struct reply *reply, size_t size)
{
	while (rest_size(client) < size && receive(client))
		;
	reply->cut = rest_size(client) < size;
	if (reply->cut)
		size = rest_size(client);
	str_append_bytes(&reply->body, rest(client), size);
	client->taken += size;
}

/* One chunk; false after the last one. */
static bool read_chunk(struct client *client, struct reply *reply)
{
	const char *end;
	size_t size;

	while ((end = strstr(rest(client), "\r\n")) == NULL)
		if (!receive(client)) {
			reply->cut = true;
			return false;
		}
	size = strtoul(rest(client), NULL, 16);
	client->taken += (size_t)(end + 2 - rest(client));
	read_counted(client, reply, size);
	while (!reply->cut && rest_size(client) < 2 && receive(client))
		;
	client->taken += 2;
	return size > 0 && !reply->cut;
}

static void read_body(struct client *client, struct reply *reply, bool is_head)
{
	const char *length = header(reply, "Content-Length");

	if (is_head || reply->status == 304 || reply->status < 200)
		return;
	if (length != NULL) {
		read_counted(client, reply, strtoul(length, NULL, 10));
		return;
	}
	if (header(reply, "Transfer-Encoding") != NULL) {
		while (read_chunk(client, reply))
			;
		return;
	}
	while (receive(client))
		;
	read_counted(client, reply, rest_size(client));
}

/* The next answer of the connection. */
static struct reply next_reply(struct client *client, bool is_head)
{
	struct reply reply = {0};

	if (read_head(client, &reply))
		read_body(client, &reply, is_head);
	return reply;
}

static struct client over_unix(const struct server *server)
{
	return (struct client){.fd = connect_unix(server)};
}

static struct client over_tcp(const struct server *server)
{
	return (struct client){.fd = connect_tcp(server)};
}

static void send_request(struct client *client, const char *method, const char *path,
			 const char *headers, const char *body)
{
	struct str text = STR_INIT;

	str_printf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);
	if (body != NULL)
		str_printf(&text, "Content-Length: %zu\r\n", strlen(body));
	str_printf(&text, "\r\n%s", body == NULL ? "" : body);
	send_bytes(client->fd, text.data, text.size);
	str_close(&text);
}

/* One request on a connection of its own, over the Unix socket. */
static struct reply ask(const struct server *server, const char *method, const char *path,
			const char *headers, const char *body)
{
	struct client client = over_unix(server);
	struct reply reply;

	send_request(&client, method, path, headers, body);
	reply = next_reply(&client, strcmp(method, "HEAD") == 0);
	hang_up(&client);
	return reply;
}

static struct reply get(const struct server *server, const char *path)
{
	return ask(server, "GET", path, "", NULL);
}

static struct reply send_raw(const struct server *server, const char *text)
{
	struct client client = over_unix(server);
	struct reply reply;

	send_text(client.fd, text);
	reply = next_reply(&client, false);
	hang_up(&client);
	return reply;
}

static json_t *body_of(const struct reply *reply)
{
	json_error_t error;
	json_t *body = json_loadb(str_text(&reply->body), reply->body.size, 0, &error);

	if (body == NULL)
		fail_msg("%s in: %s", error.text, str_text(&reply->body));
	return body;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "(none)" : text;
}

static void expect_status(const struct reply *reply, int status)
{
	if (reply->status != status)
		fail_msg("status %d, not %d: %s", reply->status, status, str_text(&reply->body));
}

/* A problem with this status whose detail says so. */
static void expect_problem(struct reply *reply, int status, const char *says)
{
	json_t *problem;

	expect_status(reply, status);
	assert_string_equal(header(reply, "Content-Type"), "application/problem+json");
	problem = body_of(reply);
	assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
	assert_string_equal(text_at(problem, "type"), "about:blank");
	if (strstr(text_at(problem, "detail"), says) == NULL)
		fail_msg("'%s' does not say '%s'", text_at(problem, "detail"), says);
	json_decref(problem);
	close_reply(reply);
}

/* --- who may ------------------------------------------------------------------------------------
 */

static void health_readiness_and_version_need_no_token(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;
	json_t *version;

	send_request(&client, "GET", "/healthz", "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "ok\n");
	close_reply(&reply);
	send_request(&client, "GET", "/readyz", "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "ready\n");
	close_reply(&reply);
	send_request(&client, "GET", "/version", "", NULL);
	reply = next_reply(&client, false);
	version = body_of(&reply);
	assert_string_equal(text_at(version, "version"), HEDDLE_VERSION);
	json_decref(version);
	close_reply(&reply);
	hang_up(&client);
}

static void who_is_not_ready_says_why(void **state)
{
	struct server *server = *state;
	struct reply reply;

	server->ready = false;
	reply = get(server, "/readyz");
	expect_status(&reply, 503);
	assert_string_equal(str_text(&reply.body), "commits fail: no space left\n");
	close_reply(&reply);
}

static void tcp_wants_the_token_for_everything_else(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;

	send_request(&client, "GET", "/api/v1/dags", "", NULL);
	reply = next_reply(&client, false);
	assert_string_equal(header(&reply, "WWW-Authenticate"), "Bearer realm=\"heddle\"");
	expect_problem(&reply, 401, "no token is given");
	send_request(&client, "GET", "/nowhere", "", NULL);
	reply = next_reply(&client, false);
	expect_problem(&reply, 401, "no token is given");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer 5ec2e8\r\n", "{}");
	reply = next_reply(&client, false);
	expect_problem(&reply, 401, "not valid");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer " TOKEN "\r\n", "{}");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_string_equal(server->last_actor, "token:home");
	close_reply(&reply);
	hang_up(&client);
}

static void another_host_or_site_is_refused(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;

	send_text(client.fd, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	reply = next_reply(&client, false);
	expect_problem(&reply, 403, "not this daemon's name");
	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Origin: http://evil.example\r\nAuthorization: Bearer " TOKEN "\r\n", "{}");
	reply = next_reply(&client, false);
	expect_problem(&reply, 403, "another site");
	hang_up(&client);
}

/* Runs in a child that is nobody: exits with the status it was answered, divided by 10. */
static void ask_as_nobody(const struct server *server)
{
	struct client client;
	struct reply reply;

	if (setuid(65534) != 0)
		_exit(1);
	client = over_unix(server);
	send_request(&client, "GET", "/healthz", "", NULL);
	reply = next_reply(&client, false);
	_exit(reply.status / 10);
}

static void a_stranger_on_the_unix_socket_is_refused(void **state)
{
	struct server *server = *state;
	struct stat status;
	int code;
	pid_t child;

	assert_int_equal(stat(server->socket_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	if (geteuid() != 0)
		skip(); /* only root can become somebody else */
	assert_int_equal(chmod(server->home, 0755), 0);
	assert_int_equal(chmod(server->socket_path, 0777), 0);
	child = fork();
	if (child == 0)
		ask_as_nobody(server);
	assert_int_equal(waitpid(child, &code, 0), child);
	assert_true(WIFEXITED(code));
	assert_int_equal(WEXITSTATUS(code), 40);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void a_trigger_makes_a_run_and_tells_it(void **state)
{
	struct server *server = *state;
	struct reply reply =
	    ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"id\":\"2026-11-20\"}");
	char first[RUN_ID_SIZE];
	char location[64];
	json_t *run;

	expect_status(&reply, 201);
	run = body_of(&reply);
	snprintf(first, sizeof first, "%s", text_at(run, "id"));
	snprintf(location, sizeof location, "/api/v1/runs/%s", first);
	assert_string_equal(header(&reply, "Location"), location);
	assert_string_equal(text_at(run, "dag"), "nightly.etl");
	assert_string_equal(text_at(run, "state"), "running");
	assert_string_equal(text_at(run, "key"), "2026-11-20");
	assert_string_equal(text_at(json_object_get(run, "tasks"), "extract"), "none");
	assert_true(json_is_null(json_object_get(run, "ended_at")));
	assert_true(str_starts_with(server->last_actor, "user:"));
	json_decref(run);
	close_reply(&reply);

	/* The same key is the same run, whether in the body or in the header. */
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs",
		    "Idempotency-Key: 2026-11-20\r\n", NULL);
	expect_status(&reply, 200);
	run = body_of(&reply);
	assert_string_equal(text_at(run, "id"), first);
	json_decref(run);
	close_reply(&reply);
}

static void the_keys_of_a_run_stand_in_their_order(void **state)
{
	static const char *const keys[] = {"id",        "dag",      "state",      "reason",
					   "key",       "source",   "created_at", "ended_at",
					   "last_fact", "dag_hash", "tasks"};
	struct reply reply =
	    ask(*state, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"id\":\"k\"}");
	const char *at = str_text(&reply.body);
	char quoted[32];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(quoted, sizeof quoted, "\"%s\":", keys[i]);
		at = strstr(at, quoted);
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "{\"extract\":\"none\",\"load\":\"none\"}}\n"));
	close_reply(&reply);
}

static void what_cannot_be_triggered_says_why(void **state)
{
	struct server *server = *state;
	struct reply reply;

	reply = ask(server, "POST", "/api/v1/dags/x/runs", "", "");
	expect_problem(&reply, 404, "no dag 'x' is in force");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "{\"params\":{}}");
	expect_problem(&reply, 422, "key 'params' is not supported yet");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "Idempotency-Key: a\r\n",
		    "{\"id\":\"b\"}");
	expect_problem(&reply, 422, "differ");
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs?wait=1y", "", "");
	expect_problem(&reply, 400, "a duration of at most 10m");
	server->held = true;
	reply = ask(server, "POST", "/api/v1/dags/nightly.etl/runs", "", "");
	assert_string_equal(header(&reply, "Retry-After"), "1");
	expect_problem(&reply, 503, "commits fail: no space left");
}

static void a_cancel_goes_to_the_whole_id(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%.12s:cancel", run.id);
	reply = ask(server, "POST", path, "", "{\"reason\":\"wrong day\"}");
	expect_status(&reply, 202);
	assert_non_null(strstr(str_text(&reply.body), run.id));
	assert_string_equal(server->last_reason, "wrong day");
	close_reply(&reply);
	reply = ask(server, "POST", "/api/v1/runs/ffffffff:cancel", "", "");
	expect_problem(&reply, 404, "there is no run 'ffffffff'");
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void a_trigger_that_waits_is_answered_when_the_run_has_ended(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run = {.run_no = 1};
	struct reply reply;
	json_t *answer;

	send_request(&client, "POST", "/api/v1/dags/nightly.etl/runs?wait=30s", "", "{}");
	await_set_aside(server, 1);
	for (bool made = false; !made;) {
		struct reply list = get(server, "/api/v1/runs");
		json_t *runs = body_of(&list);
		json_t *first = json_array_get(json_object_get(runs, "items"), 0);

		made = first != NULL;
		if (made)
			snprintf(run.id, sizeof run.id, "%s", text_at(first, "id"));
		json_decref(runs);
		close_reply(&list);
	}
	on_loop(server, job_start_attempt, &run);
	on_loop(server, job_end_attempt, &run);
	on_loop(server, job_end_run, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	answer = body_of(&reply);
	assert_string_equal(text_at(answer, "state"), "failed");
	assert_string_equal(text_at(answer, "id"), run.id);
	json_decref(answer);
	close_reply(&reply);
	hang_up(&client);
}

static void when_the_time_is_over_the_run_is_told_as_it_is(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct reply reply =
	    ask(server, "POST", "/api/v1/dags/nightly.etl/runs?wait=150ms", "", "{}");
	int64_t took = clock_now().boot_ms - before;

	expect_status(&reply, 201);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	assert_true(took >= 140);
	close_reply(&reply);
	await_set_aside(server, 0);
}

static void a_wait_for_the_end_sleeps_through_changes(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run;
	struct reply reply;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%.14s:wait", run.id);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	on_loop(server, job_end_attempt, &run);
	await_set_aside(server, 1);
	on_loop(server, job_end_run, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"failed\""));
	close_reply(&reply);
	/* It has ended already: nothing to wait for. */
	send_request(&client, "GET", path, "", NULL);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	close_reply(&reply);
	hang_up(&client);
}

static int64_t last_fact(const struct reply *reply)
{
	json_t *run = body_of(reply);
	int64_t fact = json_integer_value(json_object_get(run, "last_fact"));

	json_decref(run);
	return fact;
}

static void a_long_poll_is_answered_by_the_next_fact(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct run run;
	struct reply reply;
	char path[128];
	int64_t fact;

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s", run.id);
	reply = get(server, path);
	fact = last_fact(&reply);
	close_reply(&reply);
	snprintf(path, sizeof path, "/api/v1/runs/%s?wait=30s&since=%lld", run.id, (long long)fact);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_true(last_fact(&reply) > fact);
	assert_non_null(strstr(str_text(&reply.body), "\"extract\":\"running\""));
	close_reply(&reply);
	hang_up(&client);
}

static void facts_are_told_oldest_first_and_waited_for(void **state)
{
	struct server *server = *state;
	struct client of_run = over_unix(server);
	struct client of_all = over_unix(server);
	struct run run;
	struct reply reply;
	char path[128];
	json_t *facts;
	json_t *item;
	int64_t newest;

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/facts?run=%.10s&limit=1", run.id);
	reply = get(server, path);
	facts = body_of(&reply);
	item = json_array_get(json_object_get(facts, "items"), 0);
	assert_string_equal(text_at(item, "kind"), "run.new");
	assert_string_equal(text_at(item, "run"), run.id);
	assert_string_equal(text_at(item, "actor"), "user:test");
	assert_true(json_is_null(json_object_get(item, "attempt")));
	newest = json_integer_value(json_object_get(item, "fact"));
	json_decref(facts);
	close_reply(&reply);

	snprintf(path, sizeof path, "/api/v1/facts?run=%s&since=%lld&wait=30s", run.id,
		 (long long)newest);
	send_request(&of_run, "GET", path, "", NULL);
	snprintf(path, sizeof path, "/api/v1/facts?since=%lld&wait=30s", (long long)newest);
	send_request(&of_all, "GET", path, "", NULL);
	await_set_aside(server, 2);
	on_loop(server, job_start_attempt, &run);
	reply = next_reply(&of_run, false);
	assert_non_null(strstr(str_text(&reply.body), "\"kind\":\"attempt.new\""));
	assert_non_null(strstr(str_text(&reply.body), "\"attempt\":1"));
	close_reply(&reply);
	reply = next_reply(&of_all, false);
	assert_non_null(strstr(str_text(&reply.body), "\"task\":\"extract\""));
	close_reply(&reply);
	hang_up(&of_run);
	hang_up(&of_all);
}

static void a_run_that_has_ended_has_no_more_facts_to_wait_for(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct run run;
	struct reply reply;
	char path[128];

	new_run(server, &run);
	on_loop(server, job_end_run, &run);
	snprintf(path, sizeof path, "/api/v1/facts?run=%s&since=999999&wait=30s", run.id);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "{\"items\":[]}\n");
	assert_true(clock_now().boot_ms - before < 10000);
	close_reply(&reply);
}

static void a_client_that_goes_away_is_not_waited_for(void **state)
{
	struct server *server = *state;
	struct client unix_client = over_unix(server);
	struct client tcp_client = over_tcp(server);
	struct run run;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&unix_client, "GET", path, "", NULL);
	send_request(&tcp_client, "GET", path, "Authorization: Bearer " TOKEN "\r\n", NULL);
	await_set_aside(server, 2);
	hang_up(&unix_client);
	await_set_aside(server, 1);
	hang_up(&tcp_client);
	await_set_aside(server, 0);
}

static void many_wait_and_only_the_right_ones_are_woken(void **state)
{
	enum {
		COUNT = 60
	};
	struct server *server = *state;
	struct client clients[COUNT];
	struct run runs[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		char path[96];

		new_run(server, &runs[i]);
		clients[i] = over_unix(server);
		snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=5m", runs[i].id);
		send_request(&clients[i], "GET", path, "", NULL);
	}
	await_set_aside(server, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply;

		on_loop(server, job_end_run, &runs[i]);
		reply = next_reply(&clients[i], false);
		expect_status(&reply, 200);
		assert_non_null(strstr(str_text(&reply.body), runs[i].id));
		close_reply(&reply);
		await_set_aside(server, COUNT - 1 - i);
		hang_up(&clients[i]);
	}
}

/* How many of our descriptors lead to the database or its companions. */
static size_t count_database_fds(const struct server *server)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char path[320];
		char target[PATH_MAX];
		ssize_t length;

		snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
		length = readlink(path, target, sizeof target - 1);
		target[length < 0 ? 0 : length] = '\0';
		count += strncmp(target, server->db_path, strlen(server->db_path)) == 0;
	}
	closedir(folder);
	return count;
}

struct crowd {
	struct run run;
	size_t database_fds;
};

/* All that wait look again, and the loop takes none of them back before all have been looked at. */
static void job_wake_all_and_count(struct server *server, void *argument)
{
	struct crowd *crowd = argument;

	web_run_changed(server->web, crowd->run.id);
	usleep(300000);
	crowd->database_fds = count_database_fds(server);
}

/* A connection has up to three files open: the database, its log, and the log's index. */
static void many_that_wait_share_a_few_connections_to_the_database(void **state)
{
	enum {
		COUNT = 300,
		OVER_TCP = 100
	};
	struct server *server = *state;
	size_t before = count_database_fds(server);
	struct client *clients = mem_alloc(COUNT * sizeof *clients);
	struct crowd crowd;

	new_run(server, &crowd.run);
	for (size_t i = 0; i < COUNT; i++) {
		clients[i] = i < OVER_TCP ? over_tcp(server) : over_unix(server);
		send_request(&clients[i], "GET", "/api/v1/facts?since=999999&wait=5m",
			     "Authorization: Bearer " TOKEN "\r\n", NULL);
	}
	await_set_aside(server, COUNT);
	on_loop(server, job_wake_all_and_count, &crowd);
	assert_in_range(crowd.database_fds, before, before + 3 * READERS_MAX);
	for (size_t i = 0; i < COUNT; i++)
		hang_up(&clients[i]);
	await_set_aside(server, 0);
	assert_in_range(count_database_fds(server), before, before + 3 * READERS_MAX);
	mem_free(clients);
}

/* --- lists --------------------------------------------------------------------------------------
 */

static void dags_errors_and_pools_are_listed(void **state)
{
	struct server *server = *state;
	struct reply reply = get(server, "/api/v1/dags");
	json_t *list = body_of(&reply);
	json_t *dag = json_array_get(json_object_get(list, "items"), 0);

	assert_string_equal(text_at(dag, "id"), "nightly.etl");
	assert_string_equal(text_at(dag, "description"), "From \"raw\" to ready");
	assert_string_equal(text_at(dag, "file"), "nightly.yaml");
	assert_int_equal(json_integer_value(json_object_get(dag, "tasks")), 2);
	assert_true(json_is_null(json_object_get(dag, "last_run")));
	assert_true(json_is_null(json_object_get(list, "next")));
	json_decref(list);
	close_reply(&reply);

	reply = get(server, "/api/v1/dags/nightly.etl");
	expect_status(&reply, 200);
	close_reply(&reply);
	reply = get(server, "/api/v1/dags/nightly");
	expect_problem(&reply, 404, "nightly");
	reply = get(server, "/api/v1/errors");
	assert_non_null(strstr(str_text(&reply.body),
			       "{\"file\":\"broken.yaml\",\"line\":3,\"column\":7,"
			       "\"message\":\"unknown key 'comand'\","));
	close_reply(&reply);
	reply = get(server, "/api/v1/pools");
	assert_non_null(
	    strstr(str_text(&reply.body), "{\"dag\":null,\"name\":\"default\",\"slots\":8,"));
	close_reply(&reply);
}

static void runs_come_newest_first_in_pages(void **state)
{
	struct server *server = *state;
	struct run runs[5];
	char path[96] = "/api/v1/runs?limit=2";
	size_t seen = 0;

	for (size_t i = 0; i < 5; i++)
		new_run(server, &runs[i]);
	while (path[0] != '\0') {
		struct reply reply = get(server, path);
		json_t *page = body_of(&reply);
		json_t *items = json_object_get(page, "items");
		json_t *next = json_object_get(page, "next");

		assert_true(json_array_size(items) <= 2);
		for (size_t i = 0; i < json_array_size(items); i++, seen++)
			assert_string_equal(text_at(json_array_get(items, i), "id"),
					    runs[4 - seen].id);
		path[0] = '\0';
		if (json_is_string(next))
			snprintf(path, sizeof path, "/api/v1/runs?limit=2&cursor=%s",
				 json_string_value(next));
		json_decref(page);
		close_reply(&reply);
	}
	assert_int_equal(seen, 5);
}

static size_t count_items(const struct server *server, const char *path)
{
	struct reply reply = get(server, path);
	json_t *page;
	size_t count;

	expect_status(&reply, 200);
	page = body_of(&reply);
	count = json_array_size(json_object_get(page, "items"));
	json_decref(page);
	close_reply(&reply);
	return count;
}

static void runs_are_filtered(void **state)
{
	struct server *server = *state;
	struct reply reply;
	struct run run;

	new_run(server, &run);
	on_loop(server, job_end_run, &run);
	new_run(server, &run);
	assert_int_equal(count_items(server, "/api/v1/runs?state=failed"), 1);
	assert_int_equal(count_items(server, "/api/v1/runs?dag=nightly.etl"), 2);
	assert_int_equal(count_items(server, "/api/v1/runs?dag=other"), 0);
	assert_int_equal(count_items(server, "/api/v1/dags/nightly.etl/runs?state=running"), 1);
	assert_int_equal(count_items(server, "/api/v1/runs?since=1h"), 2);
	assert_int_equal(count_items(server, "/api/v1/runs?since=2999-01-01"), 0);
	reply = get(server, "/api/v1/runs?status=failed");
	expect_problem(&reply, 400, "unknown query parameter 'status'");
	reply = get(server, "/api/v1/runs?cursor=abc");
	expect_problem(&reply, 400, "cursor");
}

static void a_run_is_found_by_the_beginning_of_its_id(void **state)
{
	struct server *server = *state;
	struct run runs[17]; /* two of them begin with the same digit */
	struct reply reply;
	char path[96];

	for (size_t i = 0; i < 17; i++)
		new_run(server, &runs[i]);
	snprintf(path, sizeof path, "/api/v1/runs/%.12s", runs[3].id);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), runs[3].id));
	close_reply(&reply);
	for (size_t i = 0, several = 0; i < 16; i++) {
		snprintf(path, sizeof path, "/api/v1/runs/%zx", i);
		reply = get(server, path);
		if (reply.status == 400 && several++ == 0)
			assert_non_null(strstr(str_text(&reply.body), "several runs begin with"));
		close_reply(&reply);
		assert_true(i < 15 || several > 0);
	}
	reply = get(server, "/api/v1/runs/0000000000000000");
	expect_problem(&reply, 404, "there is no run");
}

static void tasks_and_attempts_tell_what_was_measured(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[128];
	json_t *task;
	json_t *attempt;

	new_run(server, &run);
	on_loop(server, job_start_attempt, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract/attempts/latest", run.id);
	reply = get(server, path);
	attempt = body_of(&reply);
	assert_string_equal(text_at(attempt, "state"), "running");
	assert_true(json_is_null(json_object_get(attempt, "exit_code")));
	assert_true(json_is_null(json_object_get(attempt, "max_rss_bytes")));
	json_decref(attempt);
	close_reply(&reply);

	on_loop(server, job_end_attempt, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract", run.id);
	reply = get(server, path);
	task = body_of(&reply);
	attempt = json_array_get(json_object_get(task, "attempts"), 0);
	assert_string_equal(text_at(task, "state"), "failed");
	assert_string_equal(text_at(attempt, "state"), "failed");
	assert_string_equal(text_at(attempt, "cause"), "exit_code");
	assert_string_equal(text_at(attempt, "reason"), "exit code 3");
	assert_int_equal(json_integer_value(json_object_get(attempt, "exit_code")), 3);
	assert_true(json_is_null(json_object_get(attempt, "signal")));
	assert_int_equal(json_integer_value(json_object_get(attempt, "duration_ms")), 7);
	assert_int_equal(json_integer_value(json_object_get(attempt, "cpu_user_ms")), 2);
	assert_int_equal(json_integer_value(json_object_get(attempt, "max_rss_bytes")), 4096);
	json_decref(task);
	close_reply(&reply);

	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks", run.id);
	assert_int_equal(count_items(server, path), 2);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks?state=failed", run.id);
	assert_int_equal(count_items(server, path), 1);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/unload", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no task 'unload'");
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/extract/attempts/2", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no such attempt");
}

static void addresses_and_methods_that_are_not_served_say_so(void **state)
{
	struct server *server = *state;
	struct reply reply = get(server, "/api/v1/nothing");

	expect_problem(&reply, 404, "nothing is served at this address");
	reply = ask(server, "DELETE", "/api/v1/dags/d/runs", "", NULL);
	assert_string_equal(header(&reply, "Allow"), "GET, HEAD, POST");
	expect_problem(&reply, 405, "takes only GET, HEAD, POST");
	reply = ask(server, "HEAD", "/api/v1/dags", "", NULL);
	expect_status(&reply, 200);
	assert_true(strtol(header(&reply, "Content-Length"), NULL, 10) > 50);
	close_reply(&reply);
	reply = get(server, "/api/v1/dags/%zz");
	expect_problem(&reply, 400, "two hex digits");
}

/* --- logs ---------------------------------------------------------------------------------------
 */

static void log_path_of(const struct run *run, const char *rest_of_path, char path[160])
{
	snprintf(path, 160, "/api/v1/runs/%s/tasks/extract/attempts/%s", run->id, rest_of_path);
}

static void start_attempt(struct server *server, struct run *run)
{
	new_run(server, run);
	on_loop(server, job_start_attempt, run);
}

static void a_log_is_served_whole_and_in_parts(void **state)
{
	struct server *server = *state;
	struct run run;
	struct reply reply;
	char path[160];

	start_attempt(server, &run);
	log_path_of(&run, "1/log", path);
	reply = get(server, path); /* not there yet */
	expect_status(&reply, 200);
	assert_int_equal(reply.body.size, 0);
	close_reply(&reply);
	append_log(&run, "0123456789", 10);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_string_equal(header(&reply, "Content-Type"), "text/plain; charset=utf-8");
	assert_string_equal(header(&reply, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(str_text(&reply.body), "0123456789");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=2-4\r\n", NULL);
	expect_status(&reply, 206);
	assert_string_equal(header(&reply, "Content-Range"), "bytes 2-4/10");
	assert_string_equal(str_text(&reply.body), "234");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=-3\r\n", NULL);
	assert_string_equal(str_text(&reply.body), "789");
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=10-\r\n", NULL);
	assert_string_equal(header(&reply, "Content-Range"), "bytes */10");
	expect_problem(&reply, 416, "the log has 10 bytes");
	reply = ask(server, "HEAD", path, "", NULL);
	assert_string_equal(header(&reply, "Content-Length"), "10");
	close_reply(&reply);
}

static void a_long_log_arrives_byte_for_byte(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct run run;
	struct reply reply;
	char path[160];

	start_attempt(server, &run);
	while (text.size < 3000000)
		str_printf(&text, "line %zu of a long log\n", text.size);
	append_log(&run, text.data, text.size);
	log_path_of(&run, "latest/log", path);
	reply = get(server, path);
	expect_status(&reply, 200);
	assert_int_equal(reply.body.size, text.size);
	assert_memory_equal(reply.body.data, text.data, text.size);
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=1000001-2000000\r\n", NULL);
	expect_status(&reply, 206);
	assert_int_equal(reply.body.size, 1000000);
	assert_memory_equal(reply.body.data, text.data + 1000001, 1000000);
	close_reply(&reply);
	reply = ask(server, "HEAD", path, "", NULL);
	expect_status(&reply, 200);
	close_reply(&reply);
	str_close(&text);
}

/* Reads until so many bytes of body have come over a stream that is not over. */
static void read_until(struct client *client, struct reply *reply, size_t size)
{
	while (reply->body.size < size)
		assert_true(read_chunk(client, reply));
}

static void a_followed_log_grows_until_the_attempt_has_ended(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	log_path_of(&run, "latest/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL); /* there is no file yet */
	assert_true(read_head(&client, &reply));
	append_log(&run, "one\n", 4);
	read_until(&client, &reply, 4);
	await_set_aside(server, 1);
	append_log(&run, "two\n", 4);
	read_until(&client, &reply, 8);
	await_set_aside(server, 1);
	append_log(&run, "three\n", 6);
	on_loop(server, job_end_attempt, &run);
	while (read_chunk(&client, &reply))
		;
	assert_false(reply.cut);
	assert_string_equal(str_text(&reply.body), "one\ntwo\nthree\n");
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

static void following_goes_on_where_it_was_cut_off(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "0123456789", 10);
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&client, "GET", path, "Range: bytes=10-\r\n", NULL);
	assert_true(read_head(&client, &reply));
	expect_status(&reply, 206);
	await_set_aside(server, 1);
	append_log(&run, "abc", 3);
	read_until(&client, &reply, 3);
	on_loop(server, job_end_attempt, &run);
	while (read_chunk(&client, &reply))
		;
	assert_string_equal(str_text(&reply.body), "abc");
	close_reply(&reply);
	hang_up(&client);
	/* The same of an attempt that has ended: there is nothing more. */
	reply = ask(server, "GET", path, "Range: bytes=13-\r\n", NULL);
	expect_status(&reply, 206);
	assert_int_equal(reply.body.size, 0);
	assert_false(reply.cut);
	close_reply(&reply);
	reply = ask(server, "GET", path, "Range: bytes=14-\r\n", NULL);
	expect_problem(&reply, 416, "the log has 13 bytes");
}

static void who_follows_a_task_to_come_waits_for_its_first_attempt(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;
	struct run run;
	char path[160];

	new_run(server, &run);
	log_path_of(&run, "latest/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL);
	await_set_aside(server, 1);
	on_loop(server, job_start_attempt, &run);
	append_log(&run, "here\n", 5);
	on_loop(server, job_end_attempt, &run);
	reply = next_reply(&client, false);
	expect_status(&reply, 200);
	assert_string_equal(str_text(&reply.body), "here\n");
	close_reply(&reply);
	hang_up(&client);
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/loadxxx/attempts/1/log", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "no task 'loadxxx'");
	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks/load/attempts/latest/log", run.id);
	reply = get(server, path);
	expect_problem(&reply, 404, "has no attempt");
}

static void a_follower_that_goes_away_is_noticed(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply = {0};
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "one\n", 4);
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&client, "GET", path, "", NULL);
	assert_true(read_head(&client, &reply));
	read_until(&client, &reply, 4);
	await_set_aside(server, 1);
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

/* --- bad and odd requests -----------------------------------------------------------------------
 */

#define ASK_HEALTH "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST_RUN "POST /api/v1/dags/nightly.etl/runs HTTP/1.1\r\nHost: localhost\r\n"

/* What lies between two requests to a proxy but not to us, or the other way round. */
static void a_head_that_two_could_read_differently_is_refused(void **state)
{
#define CASE(text) text, sizeof(text) - 1
#define SMUGGLED "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
	    {CASE(POST_RUN "Content-Length : 49" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length\t: 49" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length:\r\n 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\r\n Content-Length: 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0Content-Length: 49" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0\r\nY: b" SMUGGLED)},
	    {CASE(POST_RUN "X: a\0" SMUGGLED)},
	    {CASE(POST_RUN "Content-Length: 0\0"
			   "49" SMUGGLED)},
	    {CASE(POST_RUN "X\0: a" SMUGGLED)},
	    {CASE(POST_RUN "X: a\rContent-Length: 0" SMUGGLED)},
	    {CASE(POST_RUN "X: a\nContent-Length: 0" SMUGGLED)},
	    {CASE("GET /healthz\0/x HTTP/1.1\r\nHost: localhost" SMUGGLED)},
	    {CASE("GET /healthz%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close" SMUGGLED)},
	    {CASE("POST /api/v1/dags/nightly.etl/runs HTTP/1.0\r\nHost: localhost\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n0" SMUGGLED)},
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client client = over_unix(server);
		struct reply reply;

		send_bytes(client.fd, cases[i].text, cases[i].size);
		reply = next_reply(&client, false);
		if (reply.status != 400)
			fail_msg("case %zu: %d", i, reply.status);
		assert_false(receive(&client));
		close_reply(&reply);
		hang_up(&client);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
#undef SMUGGLED
#undef CASE
}

/* What follows may have been meant as its body. */
static void a_command_without_a_length_is_the_last_on_its_connection(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;

	send_text(client.fd, POST_RUN "\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_string_equal(header(&reply, "Connection"), "close");
	assert_false(receive(&client));
	close_reply(&reply);
	hang_up(&client);
}

static void doubtful_framing_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
	    {POST_RUN "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "given twice"},
	    {POST_RUN "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "given twice"},
	    {POST_RUN "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	     "send one"},
	    {POST_RUN "Transfer-Encoding: gzip\r\n\r\n", "only 'chunked'"},
	    {"GET /healthz HTTP/1.1\r\n\r\n", "'Host' is missing"},
	    {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "given twice"},
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client client = over_unix(server);
		struct reply reply;

		send_text(client.fd, cases[i].text);
		reply = next_reply(&client, false);
		assert_string_equal(header(&reply, "Connection"), "close");
		expect_problem(&reply, 400, cases[i].says);
		assert_false(receive(&client)); /* what followed is not taken for a request */
		hang_up(&client);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
}

static void garbage_is_refused_or_cut_off(void **state)
{
	static const char *const texts[] = {
	    "hello\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nno colon here\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
	    POST_RUN "Content-Length: -1\r\n\r\n",
	    POST_RUN "Content-Length: 99999999999999999999999\r\n\r\n",
	    POST_RUN "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	    "\x16\x03\x01\x02 tls to a plain port\r\n\r\n",
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct reply reply = send_raw(server, texts[i]);

		assert_true(reply.status == 0 || (reply.status >= 400 && reply.status < 600));
		close_reply(&reply);
	}
	assert_int_equal(count_items(server, "/api/v1/runs"), 0);
}

static void a_client_that_leaves_in_the_middle_leaves_nothing_behind(void **state)
{
	static const char *const texts[] = {
	    "",
	    "\r\n\r\n",
	    "GET /heal",
	    "GET /healthz HTTP/1.1\r\nHost: loc",
	    POST_RUN "Content-Length: 100\r\n\r\n{\"id\":",
	    POST_RUN "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"i",
	    POST_RUN "Content-Length: 2\r\n\r\n{}", /* it may have been read already */
	    "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n",
	};
	struct server *server = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct client client = i % 2 == 0 ? over_unix(server) : over_tcp(server);

		send_text(client.fd, texts[i]);
		hang_up(&client);
	}
	await_set_aside(server, 0);
	assert_true(count_items(server, "/api/v1/runs") <= 1);
}

static void huge_headers_are_refused(void **state)
{
	struct server *server = *state;
	struct str text = STR_INIT;
	struct reply reply;

	str_append(&text, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
	for (size_t i = 0; i < 2000; i++)
		str_printf(&text, "X-Header-%zu: %080d\r\n", i, 0);
	str_append(&text, "\r\n");
	reply = send_raw(server, text.data);
	assert_true(reply.status == 0 || reply.status == 431 || reply.status == 413);
	close_reply(&reply);
	str_clear(&text);
	str_append(&text, "GET /");
	while (text.size < 6000)
		str_append_char(&text, 'a');
	str_append(&text, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	reply = send_raw(server, text.data);
	expect_problem(&reply, 414, "longer than");
	str_close(&text);
}

static void a_body_too_large_is_refused(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply =
	    send_raw(server, POST_RUN "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
	struct str chunk = STR_INIT;

	expect_problem(&reply, 413, "larger than");
	send_text(client.fd, POST_RUN "Transfer-Encoding: chunked\r\n\r\n");
	str_append(&chunk, "10000\r\n");
	for (size_t i = 0; i < 65536; i++)
		str_append_char(&chunk, ' ');
	str_append(&chunk, "\r\n");
	for (size_t i = 0; i < 17; i++)
		send_bytes(client.fd, chunk.data, chunk.size);
	send_text(client.fd, "0\r\n\r\n");
	reply = next_reply(&client, false);
	expect_problem(&reply, 413, "larger than");
	str_close(&chunk);
	hang_up(&client);
}

static void a_body_may_come_in_drops_and_chunks(void **state)
{
	static const char text[] = POST_RUN "Content-Length: 12\r\n\r\n{\"id\":\"slow\"";
	struct server *server = *state;
	struct client client = over_unix(server);
	struct reply reply;

	for (size_t i = 0; i + 1 < sizeof text; i++) {
		send_bytes(client.fd, &text[i], 1);
		if (i % 16 == 0)
			usleep(500);
	}
	reply = next_reply(&client, false);
	expect_problem(&reply, 400, "the body is not JSON"); /* one byte short of its brace */
	send_text(client.fd, POST_RUN "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n"
				      "6\r\n\"slow\"\r\n1\r\n}\r\n0\r\n\r\n");
	reply = next_reply(&client, false);
	expect_status(&reply, 201);
	assert_non_null(strstr(str_text(&reply.body), "\"key\":\"slow\""));
	close_reply(&reply);
	hang_up(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct server *server = *state;
	struct client client = over_unix(server);

	send_text(client.fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" POST_RUN
			     "Content-Length: 2\r\n\r\n{}"
			     "GET /api/v1/pools HTTP/1.1\r\nHost: localhost\r\n\r\n"
			     "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (size_t i = 0; i < 4; i++) {
		static const char *const says[] = {"ok", "\"tasks\"", "\"slots\"", "\"api\""};
		struct reply reply = next_reply(&client, false);

		assert_true(reply.status == 200 || reply.status == 201);
		assert_non_null(strstr(str_text(&reply.body), says[i]));
		close_reply(&reply);
	}
	hang_up(&client);
}

/* Whether anyone still listens behind a half-closed connection cannot be known: the server may take
 * it for gone. What must not happen is that it is held. */
static void half_closed_clients_are_answered_or_let_go(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);
	struct reply reply;
	struct run run;
	char path[96];

	new_run(server, &run);
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&client, "GET", path, "Authorization: Bearer " TOKEN "\r\n", NULL);
	await_set_aside(server, 1);
	shutdown(client.fd, SHUT_WR);
	reply = next_reply(&client, false);
	assert_true(reply.status == 0 || reply.status == 200);
	if (reply.status == 200)
		assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	close_reply(&reply);
	hang_up(&client);
	await_set_aside(server, 0);
}

static void a_connection_serves_many_requests(void **state)
{
	struct server *server = *state;
	struct client client = over_tcp(server);

	for (size_t i = 0; i < 300; i++) {
		struct reply reply;

		send_request(&client, i % 3 == 0 ? "POST" : "GET", "/api/v1/dags/nightly.etl/runs",
			     "Authorization: Bearer " TOKEN "\r\n", i % 3 == 0 ? "{}" : NULL);
		reply = next_reply(&client, false);
		expect_status(&reply, i % 3 == 0 ? 201 : 200);
		close_reply(&reply);
	}
	hang_up(&client);
}

static void too_many_clients_wait_for_their_turn(void **state)
{
	enum {
		COUNT = 256
	};
	struct server *server = *state;
	struct client clients[COUNT + 1];
	struct reply reply;

	for (size_t i = 0; i <= COUNT; i++) {
		clients[i] = over_unix(server);
		send_request(&clients[i], "GET", "/healthz", "", NULL);
		if (i == COUNT)
			break;
		reply = next_reply(&clients[i], false);
		expect_status(&reply, 200);
		close_reply(&reply);
	}
	assert_int_equal(recv(clients[COUNT].fd, &(char){0}, 1, MSG_DONTWAIT), -1);
	hang_up(&clients[0]);
	reply = next_reply(&clients[COUNT], false);
	expect_status(&reply, 200);
	close_reply(&reply);
	for (size_t i = 1; i <= COUNT; i++)
		hang_up(&clients[i]);
}

/* Whoever has sent no whole request is let go long before one who has. */
static void a_client_that_asks_nothing_is_let_go(void **state)
{
	struct server *server = *state;
	int64_t before = clock_now().boot_ms;
	struct client silent = over_tcp(server);
	struct client slow = over_tcp(server);
	struct client asks = over_tcp(server);
	struct reply reply;

	send_text(slow.fd, "GET /healthz HTTP/1.1\r\nHost: loc");
	send_request(&asks, "GET", "/healthz", "", NULL);
	reply = next_reply(&asks, false);
	close_reply(&reply);
	assert_false(receive(&silent));
	while (receive(&slow))
		;
	assert_in_range(clock_now().boot_ms - before, 5000, 19000);
	send_request(&asks, "GET", "/healthz", "", NULL);
	reply = next_reply(&asks, false);
	expect_status(&reply, 200);
	close_reply(&reply);
	hang_up(&silent);
	hang_up(&slow);
	hang_up(&asks);
}

static void one_address_leaves_places_for_others(void **state)
{
	enum {
		COUNT = 140,
		ONE_IP = 128
	};
	struct server *server = *state;
	struct client clients[COUNT];
	size_t served = 0;

	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply;

		clients[i] = over_tcp(server);
		(void)send(clients[i].fd, ASK_HEALTH, sizeof ASK_HEALTH - 1, MSG_NOSIGNAL);
		reply = next_reply(&clients[i], false);
		served += reply.status == 200;
		close_reply(&reply);
	}
	assert_int_equal(served, ONE_IP);
	for (size_t i = 0; i < COUNT; i++)
		hang_up(&clients[i]);
}

static void a_database_that_cannot_be_read_is_told(void **state)
{
	struct server *server = *state;
	char away[128];
	struct reply reply;

	snprintf(away, sizeof away, "%s.away", server->db_path);
	assert_int_equal(rename(server->db_path, away), 0);
	reply = get(server, "/api/v1/dags");
	expect_problem(&reply, 500, "open the database");
	assert_int_equal(rename(away, server->db_path), 0);
	reply = get(server, "/api/v1/dags");
	expect_status(&reply, 200);
	close_reply(&reply);
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void a_stop_answers_what_waits(void **state)
{
	struct server *server = *state;
	struct client waiting = over_unix(server);
	struct client commanding = over_tcp(server);
	struct client following = over_unix(server);
	struct client idle = over_tcp(server);
	struct reply followed = {0};
	struct reply reply;
	struct run run;
	char path[160];

	start_attempt(server, &run);
	append_log(&run, "one\n", 4);
	server->silent = true;
	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=10m", run.id);
	send_request(&waiting, "GET", path, "", NULL);
	send_request(&commanding, "POST", "/api/v1/dags/nightly.etl/runs",
		     "Authorization: Bearer " TOKEN "\r\n", "{}");
	log_path_of(&run, "1/log?follow=1", path);
	send_request(&following, "GET", path, "", NULL);
	assert_true(read_head(&following, &followed));
	read_until(&following, &followed, 4);
	await_set_aside(server, 3);
	stop_server(server);
	reply = next_reply(&waiting, false);
	expect_status(&reply, 200);
	assert_non_null(strstr(str_text(&reply.body), "\"state\":\"running\""));
	close_reply(&reply);
	reply = next_reply(&commanding, false);
	assert_string_equal(header(&reply, "Retry-After"), "1");
	expect_problem(&reply, 503, "the daemon is stopping");
	assert_false(read_chunk(&following, &followed));
	assert_string_equal(str_text(&followed.body), "one\n");
	assert_true(followed.cut); /* so that the client knows that there is more to come */
	close_reply(&followed);
	assert_false(receive(&idle));
	assert_int_equal(access(server->socket_path, F_OK), -1);
	hang_up(&waiting);
	hang_up(&commanding);
	hang_up(&following);
	hang_up(&idle);
}

static void a_stop_while_all_are_busy_forgets_nothing(void **state)
{
	enum {
		COUNT = 40
	};
	struct server *server = *state;
	struct client clients[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		clients[i] = over_unix(server);
		send_request(&clients[i], i % 2 == 0 ? "POST" : "GET",
			     "/api/v1/dags/nightly.etl/runs", "", i % 2 == 0 ? "{}" : NULL);
	}
	stop_server(server);
	for (size_t i = 0; i < COUNT; i++) {
		struct reply reply = next_reply(&clients[i], false);

		/* 0: it had not been read yet when the daemon stopped. */
		assert_true(reply.status == 0 || reply.status == 200 || reply.status == 201 ||
			    reply.status == 503);
		close_reply(&reply);
		hang_up(&clients[i]);
	}
}

static void a_stale_socket_is_replaced_and_a_taken_port_refused(void **state)
{
	struct server *server = *state;
	struct web_config config = {.db_path = server->db_path,
				    .home = server->home,
				    .listen_host = "127.0.0.1",
				    .listen_port = server->port,
				    .token = TOKEN};
	struct web_events events = {server, take_command, is_ready};
	char path[128];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct err err = {0};
	struct web *web = NULL;
	uv_loop_t loop;
	int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof path, "%s/other.sock", server->home);
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	assert_int_equal(bind(stale, (const struct sockaddr *)&address, sizeof address), 0);
	close(stale);
	config.socket_path = path;
	uv_loop_init(&loop);
	assert_int_equal(web_start(&loop, &config, &events, &web, &err), ERR_REFUSED);
	assert_non_null(strstr(err.message, "is taken"));
	assert_null(web);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(access(path, F_OK), -1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(health_readiness_and_version_need_no_token),
	    STORY(who_is_not_ready_says_why),
	    STORY(tcp_wants_the_token_for_everything_else),
	    STORY(another_host_or_site_is_refused),
	    STORY(a_stranger_on_the_unix_socket_is_refused),
	    STORY(a_trigger_makes_a_run_and_tells_it),
	    STORY(the_keys_of_a_run_stand_in_their_order),
	    STORY(what_cannot_be_triggered_says_why),
	    STORY(a_cancel_goes_to_the_whole_id),
	    STORY(a_trigger_that_waits_is_answered_when_the_run_has_ended),
	    STORY(when_the_time_is_over_the_run_is_told_as_it_is),
	    STORY(a_wait_for_the_end_sleeps_through_changes),
	    STORY(a_long_poll_is_answered_by_the_next_fact),
	    STORY(facts_are_told_oldest_first_and_waited_for),
	    STORY(a_run_that_has_ended_has_no_more_facts_to_wait_for),
	    STORY(a_client_that_goes_away_is_not_waited_for),
	    STORY(many_wait_and_only_the_right_ones_are_woken),
	    STORY(many_that_wait_share_a_few_connections_to_the_database),
	    STORY(dags_errors_and_pools_are_listed),
	    STORY(runs_come_newest_first_in_pages),
	    STORY(runs_are_filtered),
	    STORY(a_run_is_found_by_the_beginning_of_its_id),
	    STORY(tasks_and_attempts_tell_what_was_measured),
	    STORY(addresses_and_methods_that_are_not_served_say_so),
	    STORY(a_log_is_served_whole_and_in_parts),
	    STORY(a_long_log_arrives_byte_for_byte),
	    STORY(a_followed_log_grows_until_the_attempt_has_ended),
	    STORY(following_goes_on_where_it_was_cut_off),
	    STORY(who_follows_a_task_to_come_waits_for_its_first_attempt),
	    STORY(a_follower_that_goes_away_is_noticed),
	    STORY(a_head_that_two_could_read_differently_is_refused),
	    STORY(a_command_without_a_length_is_the_last_on_its_connection),
	    STORY(doubtful_framing_is_refused),
	    STORY(garbage_is_refused_or_cut_off),
	    STORY(a_client_that_leaves_in_the_middle_leaves_nothing_behind),
	    STORY(huge_headers_are_refused),
	    STORY(a_body_too_large_is_refused),
	    STORY(a_body_may_come_in_drops_and_chunks),
	    STORY(pipelined_requests_are_answered_in_order),
	    STORY(half_closed_clients_are_answered_or_let_go),
	    STORY(a_connection_serves_many_requests),
	    STORY(too_many_clients_wait_for_their_turn),
	    STORY(a_client_that_asks_nothing_is_let_go),
	    STORY(one_address_leaves_places_for_others),
	    STORY(a_database_that_cannot_be_read_is_told),
	    STORY(a_stop_answers_what_waits),
	    STORY(a_stop_while_all_are_busy_forgets_nothing),
	    STORY(a_stale_socket_is_replaced_and_a_taken_port_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
