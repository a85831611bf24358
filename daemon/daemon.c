/* daemon.c - puts the parts together, in the order in which each may rely on the one before, and
 * takes them apart in the reverse order; see daemon.h. */
#include "daemon/daemon.h"

#include "base/checksum.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/sys.h"
#include "daemon/dispatch.h"
#include "daemon/drain.h"
#include "daemon/force.h"
#include "daemon/held.h"
#include "daemon/home.h"
#include "daemon/identity.h"
#include "daemon/init.h"
#include "daemon/limits.h"
#include "daemon/notify.h"
#include "daemon/operate.h"
#include "daemon/reload.h"
#include "daemon/restore.h"
#include "daemon/retention.h"
#include "daemon/scratch.h"
#include "daemon/stall.h"
#include "daemon/task_peer.h"
#include "daemon/verdict.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTS_ANEW_MAX 5
#define ADDRESS_SIZE 300 /* of a host, a port and brackets */

struct daemon {
	const struct daemon_options *options;
	struct home home;
	struct identity identity;
	struct force force;
	struct reload reload;
	struct retention retention;
	struct stall stall;
	uv_loop_t loop;
	struct store *store;
	struct dispatch dispatch;
	struct restored restored;
	struct init init;
	struct notify notify;
	struct drain drain;
	uv_signal_t terminate;
	uv_signal_t interrupt;
	uint16_t port; /* in use; 0 = none */
	bool loop_is_open;
	bool signals_are_open;
	bool stopping;
	bool is_told_ready;
	bool broken; /* the store refused a change: start anew */
};

/* --- stopping ------------------------------------------------------------------------------------
 */

static void web_stopped(void *context)
{
	struct daemon *daemon = context;

	daemon->dispatch.web = NULL;
}

static void executor_stopped(void *context)
{
	struct daemon *daemon = context;

	daemon->dispatch.executor = NULL;
	if (daemon->dispatch.web != NULL)
		web_stop(daemon->dispatch.web, web_stopped, daemon);
}

static void writer_stopped(void *context)
{
	struct daemon *daemon = context;

	daemon->dispatch.writer = NULL;
	if (daemon->dispatch.executor != NULL)
		process_executor_stop(daemon->dispatch.executor, executor_stopped, daemon);
	else
		executor_stopped(daemon);
}

/* Takes no more, lets the writer finish (what it commits is still answered), then the others. Parts
 * that did not come to be started are left out. */
static void stop(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	daemon->stopping = true;
	if (daemon->signals_are_open) {
		uv_close((uv_handle_t *)&daemon->terminate, NULL);
		uv_close((uv_handle_t *)&daemon->interrupt, NULL);
	}
	init_stop(&daemon->init);
	notify_stop(&daemon->notify);
	drain_stop(&daemon->drain);
	reload_stop(&daemon->reload);
	stall_stop(&daemon->stall);
	retention_stop(&daemon->retention);
	dispatch_stop(&daemon->dispatch);
	if (daemon->dispatch.writer != NULL)
		store_writer_stop(daemon->dispatch.writer, writer_stopped, daemon);
	else
		writer_stopped(daemon);
}

static void stop_now(struct daemon *daemon, int number)
{
	char status[96];
	size_t count = process_count(daemon->dispatch.executor);

	log_info("stopping", "signal=%d attempts_going_on=%zu", number, count);
	snprintf(status, sizeof status, "Stopping: %zu attempts go on without the daemon", count);
	notify_say("STOPPING=1", status);
	stop(daemon);
}

static void drained(void *context)
{
	stop_now(context, 0);
}

/* As process 1 the first signal drains; who is impatient sends a second one. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	if (init_is_needed() && !daemon->drain.is_on)
		drain_begin(&daemon->drain, &daemon->dispatch, drained, daemon);
	else
		stop_now(daemon, number);
}

static void on_committed(void *context)
{
	struct daemon *daemon = context;

	drain_look(&daemon->drain);
}

static void on_broken(void *context, const char *reason)
{
	struct daemon *daemon = context;
	char quoted[512];

	log_error("the store refused a change: starting anew from what is on disk", "err=%s",
		  log_quote(reason, quoted, sizeof quoted));
	daemon->broken = true;
	uv_stop(&daemon->loop);
}

/* --- starting ------------------------------------------------------------------------------------
 */

static uint32_t default_pool_slots(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 2 ? (uint32_t)cores * 4 : 8; /* DIALECT.md: 4 x cores, at least 8 */
}

/* The end of an attempt that could not be written twice: out of the spool, kept as a dead letter.
 * Its shim is dead and its record gone, so the executor will call it lost, and the retry policy
 * decides. */
static int set_aside(struct daemon *daemon, const struct suspect *suspect, struct err *err)
{
	struct process_ref ref = {suspect->attempt_id, 0};
	char record[PATH_MAX];
	char folder[PATH_MAX];
	char aside[PATH_MAX];
	char subject[64];
	int rc;

	process_record_path(daemon->home.path, store_incarnation(daemon->store), ref, record);
	snprintf(folder, sizeof folder, "%.*s/spool/dead", PATH_MAX - 64, daemon->home.path);
	snprintf(aside, sizeof aside, "%.*s/%s-%" PRId64, PATH_MAX - 64, folder,
		 store_incarnation(daemon->store), suspect->attempt_id);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_errno(err, errno, "create folder '%s'", folder);
	if (sys_rename(record, aside) != 0 && errno != ENOENT)
		return err_errno(err, errno, "set aside '%s'", record);
	snprintf(subject, sizeof subject, "attempt %" PRId64, suspect->attempt_id);
	rc = store_put_dead_letter(daemon->store, "attempt.end", subject, aside,
				   "the store refused its end twice", clock_now().wall_ms, err);
	log_error("exit record set aside", "attempt=%" PRId64 " file=%s", suspect->attempt_id,
		  aside);
	return rc;
}

static int set_aside_suspects(struct daemon *daemon, struct err *err)
{
	struct suspects *suspects = &daemon->dispatch.suspects;
	bool any = false;
	int rc = 0;

	suspects_open(suspects, daemon->home.path);
	for (size_t i = 0; rc == 0 && i < suspects->count; i++) {
		if (suspects->items[i].failures < SUSPECT_FAILURES_MAX)
			continue;
		rc = set_aside(daemon, &suspects->items[i], err);
		restored_set_aside(&daemon->restored, suspects->items[i].attempt_id);
		suspects_clear(suspects, suspects->items[i--].attempt_id);
		any = true;
	}
	if (rc == 0 && any)
		rc = suspects_save(suspects, err);
	return rc;
}

static int open_store(struct daemon *daemon, bool *same_boot, struct err *err)
{
	char previous[64];
	int rc = home_check_store(&daemon->home, err);

	if (rc == 0)
		rc = home_check_attempts(&daemon->home, err);
	if (rc == 0)
		rc = home_check_copy(&daemon->home, err);
	if (rc == 0)
		rc = store_create(daemon->home.db_path, daemon->home.boot_id, clock_now(), err);
	if (rc == 0)
		rc = store_open(daemon->home.db_path, &daemon->store, err);
	if (rc == 0)
		rc = store_note_boot(daemon->store, daemon->home.boot_id, previous, err);
	if (rc == 0)
		rc = store_note_folder(daemon->store, daemon->home.path, err);
	if (rc != 0)
		return rc;
	*same_boot = strcmp(previous, daemon->home.boot_id) == 0;
	store_set_boot_id(daemon->store, daemon->home.boot_id);
	return 0;
}

/* What is left to chance is the same in every life of a home, so that it can be replayed. */
static uint64_t seed_of(const char *incarnation)
{
	return checksum_crc32c(incarnation, strlen(incarnation));
}

static const struct tz *find_zone(void *context, const char *name)
{
	return zones_find(context, name, clock_now().boot_ms);
}

static int restore_clock(struct daemon *daemon, struct err *err)
{
	struct sched_clock clock;
	int64_t last_fact_ms = 0;
	int rc = store_take_clock(daemon->store, clock_now(), &clock, &last_fact_ms, err);

	if (rc == 0)
		sched_restore_clock(daemon->dispatch.sched, &clock, last_fact_ms);
	return rc;
}

static int start_scheduler(struct daemon *daemon, bool same_boot, struct err *err)
{
	struct sched_config config = {.default_pool_slots = default_pool_slots(),
				      .grace_ms = DEFAULT_GRACE_MS,
				      .seed = seed_of(store_incarnation(daemon->store)),
				      .find_zone = find_zone,
				      .zone_context = &daemon->dispatch.zones};
	int rc =
	    store_next_numbers(daemon->store, &config.next_run_no, &config.next_attempt_id, err);

	if (rc != 0)
		return rc;
	daemon->dispatch.sched = sched_create(&config);
	rc = restore_clock(daemon, err);
	if (rc == 0)
		rc = operate_restore_pauses(daemon->dispatch.sched, daemon->dispatch.reader, err);
	if (rc == 0)
		rc = held_take_up(&daemon->dispatch, err);
	if (rc != 0)
		return rc;
	return restore_runs(daemon->store, daemon->dispatch.reader, daemon->dispatch.sched,
			    &daemon->home, same_boot, &daemon->restored, err);
}

static int start_executor(struct daemon *daemon, struct err *err)
{
	struct process_config config = {.home = daemon->home.path,
					.shim_path = daemon->options->shim_path,
					.boot_id = daemon->home.boot_id,
					.incarnation = store_incarnation(daemon->store)};
	struct process_events events = {.context = &daemon->dispatch,
					.ended = dispatch_attempt_ended,
					.trouble = dispatch_trouble,
					.ready = dispatch_executor_ready};

	return process_executor_start(&daemon->loop, &config, &events, &daemon->dispatch.executor,
				      err);
}

static int start_writer(struct daemon *daemon, struct err *err)
{
	struct store_writer_events events = {.context = &daemon->dispatch,
					     .committed = dispatch_committed,
					     .failing = dispatch_failing,
					     .recovered = dispatch_recovered,
					     .broken = dispatch_broken};

	return store_writer_start(&daemon->loop, daemon->store, &events, &daemon->dispatch.writer,
				  err);
}

static void write_metrics(void *context, struct str *out)
{
	const struct daemon *daemon = context;

	metrics_write(&daemon->dispatch, &daemon->stall, out);
}

static int start_web(struct daemon *daemon, struct err *err)
{
	struct web_config config = {.db_path = daemon->home.db_path,
				    .home = daemon->home.path,
				    .socket_path = daemon->home.socket_path,
				    .listen_host = daemon->options->listen_host,
				    .listen_port = daemon->options->listen_port,
				    .former_port = home_former_port(&daemon->home),
				    .token = daemon->home.token};
	struct web_events events = {.context = &daemon->dispatch,
				    .command = dispatch_command,
				    .ready = dispatch_is_ready,
				    .warns = dispatch_warns,
				    .judge_peer = task_peer_judge,
				    .read_token = task_peer_read_token,
				    .holds = dispatch_holds,
				    .check = verdict_of_text,
				    .check_context = &daemon->home,
				    .metrics = write_metrics,
				    .metrics_context = daemon};
	int rc = web_start(&daemon->loop, &config, &events, &daemon->dispatch.web, err);

	if (rc != 0)
		return rc;
	daemon->port = web_port(daemon->dispatch.web);
	identity_set_url(&daemon->identity, config.listen_host, daemon->port, config.socket_path);
	if (config.listen_host != NULL && config.listen_port == 0)
		home_note_port(&daemon->home, daemon->port);
	return 0;
}

static int start_signals(struct daemon *daemon, struct err *err)
{
	if (uv_signal_init(&daemon->loop, &daemon->terminate) != 0 ||
	    uv_signal_init(&daemon->loop, &daemon->interrupt) != 0)
		return err_set(err, ERR_IO, "signal handlers cannot be installed");
	daemon->signals_are_open = true;
	daemon->terminate.data = daemon;
	daemon->interrupt.data = daemon;
	uv_signal_start(&daemon->terminate, on_signal, SIGTERM);
	uv_signal_start(&daemon->interrupt, on_signal, SIGINT);
	notify_start(&daemon->notify, &daemon->loop);
	return init_is_needed() ? init_start(&daemon->init, &daemon->loop, err) : 0;
}

static int open_parts(struct daemon *daemon, bool *same_boot, struct err *err)
{
	int rc = home_open(daemon->options->home, daemon->options->dags, &daemon->home, err);

	if (rc == 0 && access(daemon->options->shim_path, X_OK) != 0)
		rc = err_errno(err, errno,
			       "the program '%s', which runs the tasks, cannot be executed",
			       daemon->options->shim_path);
	if (rc == 0)
		rc = open_store(daemon, same_boot, err);
	if (rc == 0)
		rc = force_open(&daemon->force, &daemon->loop, daemon->store, err);
	if (rc == 0 && uv_loop_init(&daemon->loop) != 0)
		rc = err_set(err, ERR_IO, "event loop cannot be made");
	else if (rc == 0)
		daemon->loop_is_open = true;
	if (rc == 0)
		rc = dispatch_init(&daemon->dispatch, &daemon->loop, err);
	return rc;
}

/* As a URL and --listen name it: an IPv6 address stands in brackets (RFC 3986 section 3.2.2). */
static const char *write_address(const struct daemon *daemon, char address[ADDRESS_SIZE])
{
	const char *host = daemon->options->listen_host;

	snprintf(address, ADDRESS_SIZE, strchr(host, ':') == NULL ? "%s:%u" : "[%s]:%u", host,
		 daemon->port);
	return address;
}

/* To the service manager, once commands are taken: launches begin, and the folder was read. */
static void tell_ready(struct daemon *daemon)
{
	struct dispatch *dispatch = &daemon->dispatch;
	char address[ADDRESS_SIZE];
	char status[ADDRESS_SIZE + 64];

	if (daemon->is_told_ready || !dispatch->executor_ready || !dispatch->force->is_read)
		return;
	daemon->is_told_ready = true;
	if (daemon->port != 0)
		snprintf(status, sizeof status, "Serving http://%s/, %zu dags",
			 write_address(daemon, address), dispatch->force->now->dag_count);
	else
		snprintf(status, sizeof status, "Serving the home's socket, %zu dags",
			 dispatch->force->now->dag_count);
	notify_say("READY=1", status);
}

static void on_executor_ready(void *context)
{
	tell_ready(context);
}

static int start_parts(struct daemon *daemon, bool same_boot, struct err *err)
{
	struct dispatch *dispatch = &daemon->dispatch;
	int rc;

	dispatch->home = &daemon->home;
	dispatch->identity = &daemon->identity;
	dispatch->force = &daemon->force;
	dispatch->store = daemon->store;
	dispatch->broken = on_broken;
	dispatch->committed = on_committed;
	dispatch->executor_is_ready = on_executor_ready;
	dispatch->context = daemon;
	rc = store_reader_open(daemon->home.db_path, &dispatch->reader, err);
	if (rc == 0)
		rc = identity_open(&daemon->identity, daemon->home.path,
				   store_incarnation(daemon->store), err);
	if (rc == 0)
		rc = start_scheduler(daemon, same_boot, err);
	if (rc == 0)
		rc = set_aside_suspects(daemon, err);
	if (rc == 0)
		rc = start_web(daemon, err);
	if (rc == 0)
		rc = start_executor(daemon, err);
	if (rc == 0)
		rc = start_writer(daemon, err);
	if (rc == 0)
		rc = start_signals(daemon, err);
	return rc;
}

static enum scratch_verdict judge_scratch(void *context, const char *run_id)
{
	const struct daemon *daemon = context;

	if (daemon->stopping)
		return SCRATCH_STOP;
	return sched_find_run(daemon->dispatch.sched, run_id) != 0 ? SCRATCH_KEEP : SCRATCH_REMOVE;
}

/* A folder read while the daemon starts comes before there is anybody to tell: who waits for it to
 * be ready asks again by himself. */
static void folder_changed(void *context, const struct folder *former)
{
	struct daemon *daemon = context;

	limits_follow(&daemon->dispatch, former);
	if (daemon->dispatch.web != NULL)
		web_changed(daemon->dispatch.web);
	tell_ready(daemon);
}

static void read_folder(struct daemon *daemon)
{
	struct reload *reload = &daemon->reload;

	reload->loop = &daemon->loop;
	reload->store = daemon->store;
	reload->force = &daemon->force;
	reload->path = daemon->home.dags;
	reload->only = daemon->home.dag_file[0] == '\0' ? NULL : daemon->home.dag_file;
	reload->default_pool_slots = default_pool_slots();
	reload->changed = folder_changed;
	reload->context = daemon;
	reload_start(reload);
	stall_start(&daemon->stall, &daemon->loop);
}

static void take_up_runs(struct daemon *daemon)
{
	struct dispatch *dispatch = &daemon->dispatch;
	struct sched_output output;

	sched_output_init(&output);
	restore_attempts(dispatch->sched, &daemon->restored, dispatch->executor, dispatch_build,
			 dispatch);
	(void)dispatch_look_at_space(dispatch);
	limits_restore(dispatch);
	sched_restore_end(dispatch->sched, clock_now(), &output);
	restore_set_aside(dispatch->sched, &daemon->restored, &output);
	restored_close(&daemon->restored);
	dispatch_begin(dispatch, &output);
	sched_output_close(&output);
	scratch_sweep(&daemon->loop, daemon->home.path, judge_scratch, daemon);
	read_folder(daemon);
	retention_start(&daemon->retention, &daemon->loop, dispatch);
}

/* Whoever started the daemon may look at its page: the link is worth nothing once it was used. */
static void say_link(const struct daemon *daemon)
{
	char address[ADDRESS_SIZE];
	char path[WEB_LINK_SIZE];

	if (daemon->port == 0)
		return;
	web_one_time_link(daemon->dispatch.web, path);
	printf("The page: http://%s%s (good once, for 10 minutes; 'heddle page' prints another)\n",
	       write_address(daemon, address), path);
}

static void say_where(const struct daemon *daemon)
{
	char address[ADDRESS_SIZE];

	if (daemon->port != 0)
		printf("Heddle %s on http://%s/ (home %s, dags %s)\n", HEDDLE_VERSION,
		       write_address(daemon, address), daemon->home.path, daemon->home.dags);
	else
		printf("Heddle %s on %s (home %s, dags %s)\n", HEDDLE_VERSION,
		       daemon->home.socket_path, daemon->home.path, daemon->home.dags);
	say_link(daemon);
	fflush(stdout);
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static void close_parts(struct daemon *daemon)
{
	dispatch_close(&daemon->dispatch);
	zones_close(&daemon->dispatch.zones);
	if (daemon->dispatch.sched != NULL)
		sched_destroy(daemon->dispatch.sched);
	store_reader_close(daemon->dispatch.reader);
	restored_close(&daemon->restored);
	reload_close(&daemon->reload);
	retention_close(&daemon->retention);
	force_close(&daemon->force);
	store_close(daemon->store);
	if (daemon->loop_is_open && uv_loop_close(&daemon->loop) != 0)
		log_warn("event loop closed with open handles", "home=%s", daemon->home.path);
	identity_close(&daemon->identity);
	home_close(&daemon->home);
}

/* Replaces the process by a fresh one. All descriptors close on exec; the launcher ends with its
 * socket, the attempts go on. Returns only when that is not possible. */
static int start_anew(const struct daemon *daemon, struct err *err)
{
	const char *before = getenv("HEDDLE_STARTED_ANEW");
	long count = before == NULL ? 1 : strtol(before, NULL, 10) + 1;
	char listen[ADDRESS_SIZE] = "none";
	char number[32];
	const char *argv[] = {daemon->options->program_path,
			      "daemon",
			      "--home",
			      daemon->home.path,
			      "--dags",
			      daemon->home.dags,
			      "--listen",
			      listen,
			      NULL};

	if (count > STARTS_ANEW_MAX)
		return err_set(err, ERR_BUG,
			       "the store refused a change after each of %d starts: %s",
			       STARTS_ANEW_MAX, daemon->dispatch.failing_why);
	snprintf(number, sizeof number, "%ld", count);
	setenv("HEDDLE_STARTED_ANEW", number, 1);
	if (daemon->options->listen_host != NULL)
		(void)write_address(daemon, listen);
	notify_say("RELOADING=1", "Starting anew: the store refused a change");
	/* execv changes none of them; its type is older than const. */
	execv(argv[0], (char *const *)(uintptr_t)argv);
	return err_errno(err, errno, "start '%s' anew", argv[0]);
}

int daemon_run(const struct daemon_options *options, struct err *err)
{
	struct daemon *daemon = mem_alloc(sizeof *daemon);
	bool same_boot = false;
	int rc;

	sys_fault_role("daemon");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of the write, like a full disk */
	umask(077);
	daemon->options = options;
	daemon->home.lock_fd = -1;
	reload_set_workers();
	notify_say(NULL, "Opening the home");
	rc = open_parts(daemon, &same_boot, err);
	if (rc == 0)
		rc = start_parts(daemon, same_boot, err);
	if (rc == 0) {
		take_up_runs(daemon);
		say_where(daemon);
	} else if (daemon->loop_is_open) {
		stop(daemon);
	}
	if (daemon->loop_is_open)
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	if (daemon->broken)
		return start_anew(daemon, err);
	close_parts(daemon);
	mem_free(daemon);
	return rc;
}
