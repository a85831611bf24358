/* restore.c - from committed rows to the scheduler and the executor; see restore.h. */
#include "daemon/restore.h"

#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

static const char lost_refused[] = "the store refused its end twice; the record is in spool/dead";
static const char lost_restored[] =
    "the home was restored from a backup made while it ran: how it ended is not known";

struct load {
	struct store *store;
	struct store_reader *reader;
	struct sched *sched;
	const struct home *home;
	struct restored *restored;
	struct moment now;
	bool same_boot;
	struct version *versions; /* hash by number: what is parsed already */
	struct dag *dag;          /* of the run being read */
	bool is_ended;            /* the run has ended: see sched_task_row.outputs */
	struct arena arena;       /* of outputs */
	const char **outputs;     /* of the run being read, by task; NULL = none */
};

struct version {
	int64_t number;
	struct dag *dag;
	UT_hash_handle hh;
};

static void forget_versions(struct load *load)
{
	struct version *version;
	struct version *next;

	HASH_ITER(hh, load->versions, version, next)
	{
		HASH_DEL(load->versions, version);
		dag_unref(version->dag);
		mem_free(version);
	}
}

static void keep_version(struct load *load, int64_t number, struct dag *dag)
{
	struct version *version = mem_alloc(sizeof *version);

	version->number = number;
	version->dag = dag_ref(dag);
	HASH_ADD(hh, load->versions, number, sizeof version->number, version);
}

static struct dag *find_version(const struct load *load, int64_t number)
{
	struct version *version;

	HASH_FIND(hh, load->versions, &number, sizeof number, version);
	return version == NULL ? NULL : version->dag;
}

/* Parses the version of a run's row; *out is a reference of the caller's. */
static int parse_row(const struct store_run_row *row, struct dag **out, struct err *err)
{
	struct dag_errors errors;
	struct dag_list dags;
	int rc = 0;

	dag_errors_init(&errors);
	dag_list_init(&dags);
	if (dag_parse_version(row->dag_file, row->dag_text, row->dag_text_bytes, row->files,
			      row->file_count, &dags, &errors) != 0 ||
	    dags.count != 1)
		rc = err_set(
		    err, ERR_CORRUPT,
		    "the stored version of dag '%s', which run %s keeps, does not parse: %s",
		    row->dag_id, row->run_id,
		    errors.count > 0 ? errors.items[0].message : "not one dag");
	*out = rc == 0 ? dag_ref(dags.items[0]) : NULL;
	dag_list_close(&dags);
	dag_errors_close(&errors);
	return rc;
}

static int parse_version(struct load *load, const struct store_run_row *row, struct err *err)
{
	struct dag *dag = NULL;
	int rc;

	if (find_version(load, row->version_no) != NULL)
		return 0;
	rc = parse_row(row, &dag, err);
	if (rc == 0)
		keep_version(load, row->version_no, dag);
	dag_unref(dag);
	return rc;
}

/* An instant of another boot's clock means nothing on this one; it was cleared when this boot was
 * noted, and what remains on the wall clock counts. 0 = none. */
static int64_t due_on_this_boot(const struct load *load, int64_t wall_ms, int64_t boot_ms)
{
	if (wall_ms == 0 && boot_ms == 0)
		return 0;
	if (load->same_boot && boot_ms != 0)
		return boot_ms;
	return load->now.boot_ms + (wall_ms > load->now.wall_ms ? wall_ms - load->now.wall_ms : 0);
}

static void feed_run(struct load *load, const struct store_run_row *row)
{
	struct sched_run_row run = {.run_no = row->run_no,
				    .run_id = row->run_id,
				    .key = row->key,
				    .source = row->source,
				    .state = row->state,
				    .dag = load->dag,
				    .outcome = row->outcome,
				    .deadline_boot_ms = due_on_this_boot(
					load, row->deadline_wall_ms, row->deadline_boot_ms),
				    .params = row->params,
				    .period = row->period,
				    .start_at_ms = row->start_at_ms,
				    .is_forced = row->is_forced};

	sched_restore_run(load->sched, &run);
}

static void take_output(void *context, uint32_t task, const char *json)
{
	struct load *load = context;

	if (task < load->dag->task_count && (load->is_ended || load->dag->tasks[task].is_judged_by))
		load->outputs[task] = arena_strdup(&load->arena, json);
}

static bool reads_outputs(const struct load *load)
{
	for (uint32_t i = 0; i < load->dag->task_count; i++)
		if (load->is_ended || load->dag->tasks[i].is_judged_by)
			return true;
	return false;
}

/* Those of a run's tasks, before its tasks are fed; the ones of the run before are gone. */
static int take_outputs(struct load *load, int64_t run_no, struct err *err)
{
	arena_close(&load->arena);
	arena_init(&load->arena);
	load->outputs = NULL;
	if (!reads_outputs(load))
		return 0;
	load->outputs =
	    arena_alloc(&load->arena, (load->dag->task_count + 1) * sizeof *load->outputs);
	return read_outputs(load->reader, run_no, take_output, load, err);
}

static int take_run(void *context, const struct store_run_row *row, struct err *err)
{
	struct load *load = context;
	int rc = parse_version(load, row, err);

	if (rc != 0)
		return rc;
	load->dag = find_version(load, row->version_no);
	rc = take_outputs(load, row->run_no, err);
	if (rc == 0)
		feed_run(load, row);
	return rc;
}

static void note_attempt(struct load *load, const struct store_task_row *row)
{
	struct restored *restored = load->restored;
	struct restored_attempt *attempt;

	if (!task_state_holds_slot(row->state))
		return;
	if (restored->count == restored->capacity) {
		restored->capacity = restored->capacity == 0 ? 16 : restored->capacity * 2;
		restored->items =
		    mem_realloc(restored->items, restored->capacity * sizeof *restored->items);
	}
	attempt = &restored->items[restored->count++];
	attempt->attempt_id = row->attempt_id;
	/* Its claim and its record, if they are here at all, are of a home that knew more. */
	if (row->attempt_incarnation != NULL &&
	    strcmp(row->attempt_incarnation, store_incarnation(load->store)) != 0)
		attempt->lost_why = lost_restored;
	else
		attempt->lost_why = NULL;
	/* What is being cancelled and was never claimed is not begun any more. */
	attempt->same_machine =
	    row->state != TASK_CANCELLING && row->attempt_boot_id != NULL &&
	    row->attempt_incarnation != NULL &&
	    strcmp(row->attempt_boot_id, load->home->boot_id) == 0 &&
	    strcmp(row->attempt_incarnation, store_incarnation(load->store)) == 0;
}

static void feed_task(struct load *load, const struct store_task_row *row)
{
	struct sched_task_row task = {
	    .run_no = row->run_no,
	    .task = row->task,
	    .state = row->state,
	    .attempts = row->attempts,
	    .attempt_id = row->attempt_id,
	    .released_at_ms = row->released_at_ms,
	    .due_boot_ms = due_on_this_boot(load, row->due_wall_ms, row->due_boot_ms),
	    .queued_order = row->queued_order,
	    .aim = row->aim,
	    .attempts_before = row->attempts_before};

	if (load->outputs != NULL && row->task < load->dag->task_count)
		task.outputs = load->outputs[row->task];
	sched_restore_task(load->sched, &task);
}

static int take_task(void *context, const struct store_task_row *row, struct err *err)
{
	struct load *load = context;

	(void)err;
	feed_task(load, row);
	note_attempt(load, row);
	return 0;
}

static int compare_attempts(const void *a, const void *b)
{
	const struct restored_attempt *left = a;
	const struct restored_attempt *right = b;

	return (left->attempt_id > right->attempt_id) - (left->attempt_id < right->attempt_id);
}

int restore_runs(struct store *store, struct store_reader *reader, struct sched *sched,
		 const struct home *home, bool same_boot, struct restored *restored,
		 struct err *err)
{
	struct load load = {.store = store,
			    .reader = reader,
			    .sched = sched,
			    .home = home,
			    .restored = restored,
			    .now = clock_now(),
			    .same_boot = same_boot};
	struct store_loader loader = {&load, take_run, take_task};
	int rc;

	memset(restored, 0, sizeof *restored);
	arena_init(&load.arena);
	rc = store_load_active(store, &loader, err);
	arena_close(&load.arena);
	forget_versions(&load);
	if (rc == 0 && restored->count > 0)
		qsort(restored->items, restored->count, sizeof *restored->items, compare_attempts);
	return rc;
}

static int take_version(void *context, const struct store_run_row *row, struct err *err)
{
	return parse_row(row, context, err);
}

static int skip_task(void *context, const struct store_task_row *row, struct err *err)
{
	(void)context;
	(void)row;
	(void)err;
	return 0;
}

struct dag *restore_version(struct store_reader *reader, const char *run_id, struct err *err)
{
	struct dag *dag = NULL;
	struct store_loader loader = {&dag, take_version, skip_task};

	(void)read_run_rows(reader, run_id, &loader, err);
	return dag;
}

static int take_ended_run(void *context, const struct store_run_row *row, struct err *err)
{
	int rc = take_outputs(context, row->run_no, err);

	if (rc == 0)
		feed_run(context, row);
	return rc;
}

static int take_ended_task(void *context, const struct store_task_row *row, struct err *err)
{
	(void)err;
	feed_task(context, row);
	return 0;
}

int restore_ended_run(struct store_reader *reader, struct sched *sched, const char *run_id,
		      struct dag *dag, struct err *err)
{
	struct load load = {
	    .reader = reader, .sched = sched, .dag = dag, .now = clock_now(), .is_ended = true};
	struct store_loader loader = {&load, take_ended_run, take_ended_task};
	int rc;

	arena_init(&load.arena);
	rc = read_run_rows(reader, run_id, &loader, err);
	arena_close(&load.arena);
	return rc;
}

static struct restored_attempt *find_attempt(const struct restored *restored, int64_t attempt_id)
{
	struct restored_attempt key = {.attempt_id = attempt_id};

	if (restored->count == 0)
		return NULL;
	return bsearch(&key, restored->items, restored->count, sizeof key, compare_attempts);
}

void restored_set_aside(struct restored *restored, int64_t attempt_id)
{
	struct restored_attempt *attempt = find_attempt(restored, attempt_id);

	if (attempt != NULL)
		attempt->lost_why = lost_refused;
}

void restore_set_aside(struct sched *sched, const struct restored *restored,
		       struct sched_output *output)
{
	for (size_t i = 0; i < restored->count; i++) {
		struct moment now = clock_now();
		struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "daemon"};

		if (restored->items[i].lost_why == NULL)
			continue;
		input.ended.attempt_id = restored->items[i].attempt_id;
		input.ended.cause = CAUSE_LOST;
		input.ended.ended_at_ms = now.wall_ms;
		snprintf(input.ended.reason, sizeof input.ended.reason, "%s",
			 restored->items[i].lost_why);
		sched_step(sched, &input, now, output);
	}
}

struct adoption {
	const struct restored *restored;
	struct process_executor *executor;
	restore_build *build;
	void *context;
};

static void adopt(void *context, const struct effect *attempt)
{
	struct adoption *adoption = context;
	const struct restored_attempt *found =
	    find_attempt(adoption->restored, attempt->attempt_id);
	bool may_launch = found != NULL && found->same_machine;
	struct process_launch launch;
	struct arena arena;
	struct err err;

	if (found != NULL && found->lost_why != NULL)
		return;
	arena_init(&arena);
	if (adoption->build(adoption->context, attempt, &arena, &launch, &err) != 0) {
		log_warn("attempt cannot be put together again", "attempt=%" PRId64 " err=\"%s\"",
			 attempt->attempt_id, err.message);
		may_launch = false;
	}
	process_adopt(adoption->executor, &launch, may_launch);
	arena_close(&arena);
}

void restore_attempts(struct sched *sched, const struct restored *restored,
		      struct process_executor *executor, restore_build *build, void *context)
{
	struct adoption adoption = {restored, executor, build, context};

	sched_each_attempt(sched, adopt, &adoption);
	if (restored->count > 0)
		log_info("attempts of the last daemon taken up", "attempts=%zu", restored->count);
}

void restored_close(struct restored *restored)
{
	mem_free(restored->items);
	memset(restored, 0, sizeof *restored);
}
