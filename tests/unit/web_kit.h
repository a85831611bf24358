/* web_kit.h - a whole server over real sockets, with a real store and a daemon of a few lines
 * behind it: commands are written down at once and answered in a later turn of the loop.
 *
 * The server runs on a thread of its own, as it would in the daemon; what a test wants done there
 * is handed over with on_loop. */
#ifndef HEDDLE_TESTS_UNIT_WEB_KIT_H
#define HEDDLE_TESTS_UNIT_WEB_KIT_H

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
	struct str last_command; /* all of it but its actor, as text */
};

static inline void must(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s", err->message);
}

static inline struct store_batch *new_batch(void)
{
	return store_batch_create(NULL);
}

static inline struct change *add(struct store_batch *batch, enum change_kind kind, int64_t run_no)
{
	struct change *change = change_list_add(&batch->changes, kind);

	change->run_no = run_no;
	change->at_ms = clock_now().wall_ms;
	change->actor = "scheduler";
	return change;
}

static inline void commit(struct server *server, struct store_batch *batch)
{
	enum store_failure failure;
	struct err err = {0};

	must(store_apply(server->store, batch, &failure, &err), &err);
	store_batch_destroy(batch);
}

static inline void move_task(struct store_batch *batch, int64_t run_no, enum task_state from,
			     enum task_state to)
{
	struct change *change = add(batch, CHANGE_TASK_STATE, run_no);

	change->task_state.from = from;
	change->task_state.to = to;
}

static inline int64_t make_run(struct server *server, const char *key, const char *actor,
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

static inline struct pending *answer_later(struct server *server, uint64_t token,
					   enum web_result result)
{
	struct pending *pending = &server->pending[server->pending_count++];

	assert_true(server->pending_count < ANSWERS_MAX);
	memset(pending, 0, sizeof *pending);
	pending->token = token;
	pending->result = result;
	return pending;
}

static inline void trigger(struct server *server, const struct web_command *command, uint64_t token)
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

static inline void cancel(struct server *server, const struct web_command *command, uint64_t token)
{
	struct pending *pending = answer_later(server, token, WEB_DONE);

	snprintf(server->last_reason, sizeof server->last_reason, "%s",
		 command->reason == NULL ? "" : command->reason);
	if (command->run_id != NULL)
		snprintf(pending->run_id, sizeof pending->run_id, "%s", command->run_id);
}

static inline void send_answers(uv_timer_t *timer)
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

/* What came through of a command, key=value. */
static inline void note_command(struct server *server, const struct web_command *command)
{
	static const char *const kinds[WEB_COMMAND_COUNT] = {
	    [WEB_TRIGGER] = "trigger", [WEB_CANCEL] = "cancel", [WEB_RERUN] = "rerun",
	    [WEB_MARK] = "mark",       [WEB_PAUSE] = "pause",   [WEB_RESUME] = "resume",
	    [WEB_NOTE] = "note",
	};
	const struct {
		const char *name;
		const char *value;
	} members[] = {
	    {"dag", command->dag_id},    {"mode", command->mode},     {"task", command->task},
	    {"state", command->state},   {"text", command->text},     {"params", command->params},
	    {"period", command->period}, {"reason", command->reason},
	};
	struct str *text = &server->last_command;

	str_clear(text);
	str_append(text, kinds[command->kind]);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].value != NULL)
			str_printf(text, " %s=%s", members[i].name, members[i].value);
	for (size_t i = 0; i < command->task_count; i++)
		str_printf(text, " +%s", command->tasks[i]);
	str_append(text, command->latest ? " latest" : "");
}

static inline void take_command(void *context, const struct web_command *command, uint64_t token)
{
	struct server *server = context;

	snprintf(server->last_actor, sizeof server->last_actor, "%s", command->actor);
	note_command(server, command);
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

static inline bool is_ready(void *context, char why[256])
{
	struct server *server = context;

	snprintf(why, 256, "commits fail: no space left");
	return server->ready;
}

/* --- the thread ---------------------------------------------------------------------------------
 */

static inline void run_job(uv_async_t *wake)
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
static inline void on_loop(struct server *server, void (*job)(struct server *, void *),
			   void *argument)
{
	pthread_mutex_lock(&server->mutex);
	server->job = job;
	server->argument = argument;
	uv_async_send(&server->wake);
	while (server->job != NULL)
		pthread_cond_wait(&server->done, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
}

static inline void make_dag(struct server *server)
{
	server->tasks[0].id = "extract";
	server->tasks[0].command = "true";
	server->tasks[1].id = "load";
	server->tasks[1].command = "true";
	server->tasks[0].slots = 1;
	server->tasks[1].slots = 1;
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

static inline void open_store(struct server *server)
{
	struct store_dag_file files[1] = {{.dag = &server->dag, .file = "nightly.yaml"}};
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

static inline void start_web(struct server *server)
{
	struct web_config config = {.db_path = server->db_path,
				    .home = server->home,
				    .socket_path = server->socket_path,
				    .listen_host = "127.0.0.1",
				    .token = TOKEN};
	struct web_events events = {.context = server, .command = take_command, .ready = is_ready};
	struct err err = {0};

	must(web_start(&server->loop, &config, &events, &server->web, &err), &err);
	server->port = web_port(server->web);
}

static inline void *serve(void *argument)
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

static inline int start(void **state)
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

static inline void web_is_down(void *context)
{
	struct server *server = context;

	server->web = NULL;
	uv_close((uv_handle_t *)&server->wake, NULL);
	uv_close((uv_handle_t *)&server->answer, NULL);
}

static inline void stop_web(struct server *server, void *argument)
{
	(void)argument;
	web_stop(server->web, web_is_down, server);
}

/* Stops the server and waits for its thread. Twice is no harm. */
static inline void stop_server(struct server *server)
{
	if (server->down)
		return;
	server->down = true;
	on_loop(server, stop_web, NULL);
	pthread_join(server->thread, NULL);
	assert_null(server->web);
	assert_int_equal(uv_loop_close(&server->loop), 0); /* no handle was forgotten */
}

static inline int remove_entry(const char *path, const struct stat *status, int type,
			       struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int stop(void **state)
{
	struct server *server = *state;

	stop_server(server);
	nftw(server->home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	pthread_mutex_destroy(&server->mutex);
	pthread_cond_destroy(&server->done);
	str_close(&server->last_command);
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

static inline void job_make_run(struct server *server, void *argument)
{
	struct run *run = argument;

	run->run_no = make_run(server, NULL, "user:test", run->id);
}

static inline void job_start_attempt(struct server *server, void *argument)
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

static inline void job_end_attempt(struct server *server, void *argument)
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

static inline void job_end_run(struct server *server, void *argument)
{
	struct store_batch *batch = new_batch();
	struct run *run = argument;
	struct change *change = add(batch, CHANGE_RUN_STATE, run->run_no);

	change->run_state.from = RUN_RUNNING;
	change->run_state.to = RUN_FAILED;
	commit(server, batch);
	web_run_ended(server->web, run->id);
}

static inline void job_count_set_aside(struct server *server, void *argument)
{
	*(size_t *)argument = server->web->set_aside;
}

/* Waits until so many connections are set aside; fails after ten seconds. */
static inline void await_set_aside(struct server *server, size_t wanted)
{
	size_t count = wanted + 1;

	for (int i = 0; i < 1000 && count != wanted; i++) {
		on_loop(server, job_count_set_aside, &count);
		if (count != wanted)
			usleep(10000);
	}
	assert_int_equal(count, wanted);
}

static inline void new_run(struct server *server, struct run *run)
{
	memset(run, 0, sizeof *run);
	on_loop(server, job_make_run, run);
}

static inline void append_log(const struct run *run, const char *text, size_t size)
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

static inline void log_path_of(const struct run *run, const char *rest_of_path, char path[160])
{
	snprintf(path, 160, "/api/v1/runs/%s/tasks/extract/attempts/%s", run->id, rest_of_path);
}

static inline void start_attempt(struct server *server, struct run *run)
{
	new_run(server, run);
	on_loop(server, job_start_attempt, run);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
