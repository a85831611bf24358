/* process.c - the executor: the table of attempts and the calls of process.h. */
#include "executor/process/process.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "executor/process/frame.h"
#include "executor/process/internal.h"
#include "executor/process/kin.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KILL_PATIENCE_MS 1000 /* for a shim to end its task itself */
#define FORGET_AGAIN_MS 1000  /* after an exit record could not be removed */
#define PATIENCE_MS 5000
#define START_LOOK_MS 50 /* most attempts that do little are over by then */
#define START_LOOK_MAX_MS 1000

static void on_tick(uv_timer_t *tick);

struct attempt *executor_find(struct process_executor *executor, int64_t attempt_id)
{
	struct attempt *attempt;

	HASH_FIND(hh, executor->attempts, &attempt_id, sizeof attempt_id, attempt);
	return attempt;
}

static struct attempt *add(struct process_executor *executor, struct process_ref ref)
{
	struct attempt *attempt = mem_alloc(sizeof *attempt);

	attempt->id = ref.attempt_id;
	attempt->released_at_ms = ref.released_at_ms;
	HASH_ADD(hh, executor->attempts, id, sizeof attempt->id, attempt);
	return attempt;
}

static void drop(struct process_executor *executor, struct attempt *attempt)
{
	adopt_unwatch(attempt);
	HASH_DEL(executor->attempts, attempt);
	mem_free(attempt->claim);
	/* The environment may hold secrets. */
	mem_wipe_free(attempt->frame.data, attempt->frame.size);
	mem_free(attempt);
}

void executor_arm(struct process_executor *executor, int64_t at_ms)
{
	int64_t now_ms = (int64_t)uv_now(executor->loop);

	if (executor->is_stopping || (executor->tick_at_ms != 0 && executor->tick_at_ms <= at_ms))
		return;
	executor->tick_at_ms = at_ms;
	uv_timer_start(&executor->tick, on_tick, at_ms > now_ms ? (uint64_t)(at_ms - now_ms) : 0,
		       0);
}

void executor_wake(struct process_executor *executor, struct attempt *attempt, int64_t delay_ms)
{
	int64_t at_ms = (int64_t)uv_now(executor->loop) + delay_ms;

	if (attempt->wake_at_ms == 0 || attempt->wake_at_ms > at_ms)
		attempt->wake_at_ms = at_ms;
	executor_arm(executor, attempt->wake_at_ms);
}

void executor_expect_end(struct process_executor *executor, struct attempt *attempt,
			 int64_t delay_ms)
{
	attempt->overdue_at_ms = (int64_t)uv_now(executor->loop) + delay_ms;
	executor_arm(executor, attempt->overdue_at_ms);
}

void executor_expect_start(struct process_executor *executor, struct attempt *attempt)
{
	if (executor->events.started == NULL || attempt->is_announced)
		return;
	attempt->start_pause_ms = START_LOOK_MS;
	attempt->start_at_ms = (int64_t)uv_now(executor->loop) + START_LOOK_MS;
	executor_arm(executor, attempt->start_at_ms);
}

/* Reading the claim later costs nothing for the many that are over sooner; a word from each shim
 * would wake us once more for every attempt. What waits for its shim is looked after again once it
 * has one. */
static void look_for_start(struct process_executor *executor, struct attempt *attempt)
{
	struct process_ref ref = {attempt->id, attempt->released_at_ms};
	struct begun begun = {attempt->id, 0};

	attempt->start_at_ms = 0;
	if (attempt->phase != PHASE_LAUNCHED && attempt->phase != PHASE_ATTACHED)
		return;
	if (process_started_at(executor->home, executor->incarnation, ref, &begun.at_ms) == 0) {
		attempt->is_announced = true;
		vec_push(&executor->begun, begun);
		return;
	}
	attempt->start_pause_ms = attempt->start_pause_ms * 2 < START_LOOK_MAX_MS
				      ? attempt->start_pause_ms * 2
				      : START_LOOK_MAX_MS;
	attempt->start_at_ms = (int64_t)uv_now(executor->loop) + attempt->start_pause_ms;
}

void executor_trouble(struct process_executor *executor, struct attempt *attempt, const char *text)
{
	if (attempt->is_troubled == (text != NULL))
		return;
	attempt->is_troubled = text != NULL;
	executor->events.trouble(executor->events.context, attempt->id, text);
}

/* There is one place where people read this, so what is over must not hide what is not. */
void executor_obstacle(struct process_executor *executor, enum obstacle obstacle, const char *text)
{
	char *own = executor->obstacles[obstacle];
	const char *left = text;

	if ((own[0] != '\0') == (text != NULL))
		return;
	snprintf(own, sizeof executor->obstacles[obstacle], "%s", text == NULL ? "" : text);
	for (int i = 0; left == NULL && i < OBSTACLE_COUNT; i++)
		if (executor->obstacles[i][0] != '\0')
			left = executor->obstacles[i];
	executor->events.trouble(executor->events.context, 0, left);
}

void executor_over(struct process_executor *executor, const struct attempt_end *end)
{
	struct attempt *attempt = executor_find(executor, end->attempt_id);

	vec_push(&executor->over, *end);
	if (attempt == NULL)
		return;
	executor_trouble(executor, attempt, NULL);
	drop(executor, attempt);
}

static void tell_begun(struct process_executor *executor)
{
	for (size_t i = 0; i < executor->begun.count && !executor->is_held; i++) {
		struct begun begun = executor->begun.items[i];

		executor->begun.items[i].attempt_id = -1;
		if (begun.attempt_id >= 0)
			executor->events.started(executor->events.context, begun.attempt_id,
						 begun.at_ms);
	}
	if (!executor->is_held)
		vec_clear(&executor->begun);
}

/* The listener may call anything of process.h, so that the queues may grow meanwhile. */
void executor_flush(struct process_executor *executor)
{
	if (executor->is_flushing || executor->is_held || executor->is_stopping)
		return;
	executor->is_flushing = true;
	tell_begun(executor);
	for (size_t i = 0; i < executor->over.count && !executor->is_held; i++) {
		struct attempt_end end = executor->over.items[i];

		/* Taken out first: a hold in the middle keeps the rest, and only that. */
		executor->over.items[i].attempt_id = -1;
		if (end.attempt_id >= 0)
			executor->events.ended(executor->events.context, &end);
	}
	if (!executor->is_held)
		vec_clear(&executor->over);
	executor->is_flushing = false;
}

static bool is_due(int64_t at_ms, int64_t now_ms)
{
	return at_ms != 0 && at_ms <= now_ms;
}

/* Looks at every attempt whose time has come, and finds the next time. */
static void look_at_due(struct process_executor *executor, int64_t now_ms)
{
	struct attempt *attempt;
	struct attempt *next;
	bool is_clearing = false;

	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		if (is_due(attempt->start_at_ms, now_ms))
			look_for_start(executor, attempt);
		if (is_due(attempt->overdue_at_ms, now_ms)) {
			attempt->overdue_at_ms = 0;
			adopt_overdue(executor, attempt);
			continue; /* it may be gone; what else is due comes with the next tick */
		}
		if (!is_due(attempt->wake_at_ms, now_ms))
			continue;
		attempt->wake_at_ms = 0;
		if (attempt->phase == PHASE_CLEARING)
			is_clearing = true;
		else
			adopt_judge(executor, attempt);
	}
	if (is_clearing)
		adopt_clear(executor);
}

static void arm_next(struct process_executor *executor)
{
	struct attempt *attempt;
	struct attempt *next;

	if (executor->rescan_at_ms != 0)
		executor_arm(executor, executor->rescan_at_ms);
	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		if (attempt->wake_at_ms != 0)
			executor_arm(executor, attempt->wake_at_ms);
		if (attempt->overdue_at_ms != 0)
			executor_arm(executor, attempt->overdue_at_ms);
		if (attempt->start_at_ms != 0)
			executor_arm(executor, attempt->start_at_ms);
	}
}

static void on_tick(uv_timer_t *tick)
{
	struct process_executor *executor = tick->data;
	int64_t now_ms = (int64_t)uv_now(executor->loop);

	executor->tick_at_ms = 0;
	if (executor->rescan_at_ms != 0 && executor->rescan_at_ms <= now_ms) {
		executor->rescan_at_ms = 0;
		spool_scan(executor);
	}
	look_at_due(executor, now_ms);
	executor_flush(executor);
	arm_next(executor);
}

void executor_handle_opened(struct process_executor *executor)
{
	executor->handle_count++;
}

static void executor_free(struct process_executor *executor)
{
	void (*stopped)(void *context) = executor->stopped;
	void *context = executor->stopped_context;

	vec_close(&executor->over);
	vec_close(&executor->begun);
	census_close(&executor->census);
	mem_free(executor->home);
	mem_free(executor->shim_path);
	mem_free(executor->boot_id);
	mem_free(executor->incarnation);
	mem_free(executor);
	stopped(context);
}

void executor_handle_closed(struct process_executor *executor)
{
	executor->handle_count--;
	if (executor->handle_count == 0 && executor->is_stopping)
		executor_free(executor);
}

static int check_config(const struct process_config *config, struct err *err)
{
	if (!place_incarnation_is_good(config->incarnation))
		return err_set(err, ERR_INVALID, "'%s' is no incarnation", config->incarnation);
	if (strlen(config->boot_id) >= CLAIM_BOOT_ID_SIZE || config->boot_id[0] == '\0')
		return err_set(err, ERR_INVALID, "'%s' is no boot id", config->boot_id);
	if (config->home[0] != '/' || strlen(config->home) + PLACE_PATH_SIZE > PATH_MAX)
		return err_set(err, ERR_INVALID, "'%s' is no home", config->home);
	if (access(config->shim_path, X_OK) != 0)
		return err_errno(err, errno, "run '%s'", config->shim_path);
	return 0;
}

int process_executor_start(uv_loop_t *loop, const struct process_config *config,
			   const struct process_events *events, struct process_executor **out,
			   struct err *err)
{
	struct process_executor *executor;
	int rc = check_config(config, err);

	if (rc != 0)
		return rc;
	executor = mem_alloc(sizeof *executor);
	executor->loop = loop;
	executor->home = mem_strdup(config->home);
	executor->shim_path = mem_strdup(config->shim_path);
	executor->boot_id = mem_strdup(config->boot_id);
	executor->incarnation = mem_strdup(config->incarnation);
	executor->events = *events;
	executor->patience_ms = PATIENCE_MS;
	cgroup_base_path(executor->incarnation, executor->cgroup_base);
	rc = spool_open(executor, err);
	if (rc != 0) {
		mem_free(executor->home);
		mem_free(executor->shim_path);
		mem_free(executor->boot_id);
		mem_free(executor->incarnation);
		mem_free(executor);
		return rc;
	}
	uv_timer_init(loop, &executor->tick);
	executor->tick.data = executor;
	executor_handle_opened(executor);
	link_init(executor);
	link_start(executor);
	*out = executor;
	return 0;
}

static void on_tick_closed(uv_handle_t *handle)
{
	executor_handle_closed(handle->data);
}

void process_executor_stop(struct process_executor *executor, void (*stopped)(void *context),
			   void *context)
{
	struct attempt *attempt;
	struct attempt *next;

	executor->is_stopping = true;
	executor->stopped = stopped;
	executor->stopped_context = context;
	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		drop(executor, attempt);
	}
	uv_close((uv_handle_t *)&executor->tick, on_tick_closed);
	spool_close(executor);
	link_stop(executor);
}

static void put_text(struct str *frame, const char *text)
{
	str_append_bytes(frame, text, strlen(text) + 1);
}

static void put_variable(struct str *frame, const struct env_var *variable)
{
	str_append(frame, variable->name);
	str_append_char(frame, '=');
	put_text(frame, variable->value);
}

static uint32_t count_arguments(const char *const *argv)
{
	uint32_t count = 0;

	while (argv[count] != NULL)
		count++;
	return count;
}

static bool build_frame(struct process_executor *executor, const struct process_launch *launch,
			struct str *frame)
{
	const char *const shell[] = {"/bin/sh", "-e", "-c", launch->command, NULL};
	const char *const *argv = launch->command != NULL ? shell : launch->argv;
	char name[PLACE_NAME_SIZE];
	char day[PLACE_DAY_SIZE];
	struct frame_launch head = {
	    .attempt_id = launch->ref.attempt_id,
	    .timeout_ms = launch->timeout_ms,
	    .grace_ms = launch->grace_ms,
	    .log_limit_bytes = launch->log_limit_bytes,
	    .memory_bytes = launch->memory_bytes,
	    .cpus_milli = launch->cpus_milli,
	    .pids = launch->pids,
	    .without_cgroup = launch->without_cgroup,
	    .keep_stdout = launch->keep_stdout,
	    .want_artifacts = launch->want_artifacts,
	    .name = place_name(executor->incarnation, launch->ref.attempt_id, name),
	    .day = clock_format_day(launch->ref.released_at_ms, day),
	    .cwd = launch->cwd,
	    .run_dir = launch->run_dir == NULL ? "" : launch->run_dir,
	    .stdin_text = launch->stdin_text,
	    .argc = count_arguments(argv),
	    .envc = launch->env_count};

	if (head.argc == 0 || head.argc > FRAME_STRINGS_MAX || head.envc > FRAME_STRINGS_MAX ||
	    strlen(launch->cwd) >= PATH_MAX || strlen(head.run_dir) >= PATH_MAX)
		return false;
	frame_launch_begin(frame, &head);
	for (uint32_t i = 0; i < head.argc; i++)
		put_text(frame, argv[i]);
	for (uint32_t i = 0; i < head.envc; i++)
		put_variable(frame, &launch->env[i]);
	return frame_launch_end(frame, &head);
}

static bool is_stdin_too_large(const struct process_launch *launch)
{
	return launch->stdin_text != NULL && strlen(launch->stdin_text) > PROCESS_STDIN_MAX_BYTES;
}

static void refuse_launch(struct process_executor *executor, struct attempt *attempt,
			  const struct process_launch *launch)
{
	struct attempt_end end = {.attempt_id = attempt->id, .cause = CAUSE_COULD_NOT_START};

	end.ended_at_ms = clock_now().wall_ms;
	if (is_stdin_too_large(launch))
		snprintf(end.reason, sizeof end.reason, "the stdin is larger than %u bytes",
			 PROCESS_STDIN_MAX_BYTES);
	else
		snprintf(end.reason, sizeof end.reason,
			 "no command, or command and environment are larger than %u bytes",
			 LIMIT_LAUNCH_BYTES);
	executor_over(executor, &end);
	executor_arm(executor, (int64_t)uv_now(executor->loop));
}

/* The attempt in the table, with its launch; NULL when it was there already or cannot be. */
static struct attempt *take_launch(struct process_executor *executor,
				   const struct process_launch *launch)
{
	struct attempt *attempt = executor_find(executor, launch->ref.attempt_id);

	if (attempt != NULL)
		return NULL;
	attempt = add(executor, launch->ref);
	attempt->timeout_ms = launch->timeout_ms;
	attempt->grace_ms = launch->grace_ms;
	if (build_frame(executor, launch, &attempt->frame))
		return attempt;
	refuse_launch(executor, attempt, launch);
	return NULL;
}

void process_launch(struct process_executor *executor, const struct process_launch *launch)
{
	struct attempt *attempt = take_launch(executor, launch);

	if (attempt == NULL)
		return;
	attempt->may_launch = true;
	/* Not judged first: a claim that exists is found by the shim, at no cost for the others. */
	if (link_is_up(executor))
		link_launch(executor, attempt);
}

void process_adopt(struct process_executor *executor, const struct process_launch *launch,
		   bool same_machine)
{
	struct attempt *attempt = take_launch(executor, launch);

	if (attempt == NULL)
		return;
	attempt->may_launch = same_machine;
	if (executor->is_ready)
		executor_wake(executor, attempt, 0);
}

static struct attempt *find_or_add(struct process_executor *executor, struct process_ref ref)
{
	struct attempt *attempt = executor_find(executor, ref.attempt_id);

	if (attempt != NULL)
		return attempt;
	attempt = add(executor, ref);
	attempt->is_quiet = true;
	return attempt;
}

void process_cancel(struct process_executor *executor, struct process_ref ref)
{
	struct attempt *attempt = find_or_add(executor, ref);

	attempt->is_cancelled = true;
	if (executor->is_ready)
		executor_wake(executor, attempt, 0);
}

void process_kill(struct process_executor *executor, struct process_ref ref)
{
	struct attempt *attempt = find_or_add(executor, ref);

	attempt->is_killed = true;
	if (attempt->kill_at_ms == 0)
		attempt->kill_at_ms = (int64_t)uv_now(executor->loop) + KILL_PATIENCE_MS;
	if (executor->is_ready)
		executor_wake(executor, attempt, 0);
}

void process_forget(struct process_executor *executor, struct process_ref ref)
{
	char path[PATH_MAX];

	if (sys_unlink(executor_record_path(executor, ref.attempt_id, path)) == 0 ||
	    errno == ENOENT)
		return;
	log_warn("exit record cannot be removed", "attempt=%lld error=\"%s\"",
		 (long long)ref.attempt_id, strerror(errno));
	/* The scan finds it again, the end is told again, and is forgotten again. */
	executor->rescan_at_ms = (int64_t)uv_now(executor->loop) + FORGET_AGAIN_MS;
	executor_arm(executor, executor->rescan_at_ms);
}

/* Those whose record is not found by the scan are asked for their claim. */
static void wake_told(struct process_executor *executor)
{
	struct attempt *attempt;
	struct attempt *next;

	HASH_ITER(hh, executor->attempts, attempt, next)
	{
		if (attempt->is_told)
			executor_wake(executor, attempt, EXECUTOR_TOLD_MS);
	}
}

void process_hold(struct process_executor *executor, bool held)
{
	executor->is_held = held;
	if (held)
		return;
	wake_told(executor);
	if (executor->has_missed)
		executor->rescan_at_ms = (int64_t)uv_now(executor->loop);
	executor_arm(executor, (int64_t)uv_now(executor->loop));
}

struct process_peer process_judge_peer(struct process_executor *executor, pid_t pid)
{
	const struct link_process *launcher = executor->link.process;
	struct kin_home home = {.path = executor->home,
				.incarnation = executor->incarnation,
				.launcher = launcher == NULL ? 0 : launcher->process.pid,
				.outsiders = &executor->outsiders};

	return kin_find(&home, pid);
}

size_t process_count(const struct process_executor *executor)
{
	return HASH_COUNT(executor->attempts);
}
