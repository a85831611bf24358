/* restore.c - from committed rows to the scheduler and the executor; see restore.h. */
#include "daemon/restore.h"

#include "base/log.h"
#include "base/mem.h"
#include "daemon/launch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(memory, size) mem_free(memory)
#include <uthash.h>

struct load {
	struct store *store;
	struct sched *sched;
	const struct home *home;
	struct restored *restored;
	struct moment now;
	bool same_boot;
	struct version *versions; /* hash by number: what is parsed already */
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

static int parse_version(struct load *load, const struct store_run_row *row, struct err *err)
{
	struct dag_errors errors;
	struct dag_list dags;
	int rc = 0;

	if (find_version(load, row->version_no) != NULL)
		return 0;
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
	if (rc == 0)
		keep_version(load, row->version_no, dags.items[0]);
	dag_list_close(&dags);
	dag_errors_close(&errors);
	return rc;
}

static int take_run(void *context, const struct store_run_row *row, struct err *err)
{
	struct load *load = context;
	struct sched_run_row run = {.run_no = row->run_no,
				    .run_id = row->run_id,
				    .key = row->key,
				    .source = row->source,
				    .state = row->state};
	int rc = parse_version(load, row, err);

	if (rc != 0)
		return rc;
	run.dag = find_version(load, row->version_no);
	sched_restore_run(load->sched, &run);
	return 0;
}

static int64_t due_on_this_boot(const struct load *load, const struct store_task_row *row)
{
	if (row->due_wall_ms == 0 && row->due_boot_ms == 0)
		return 0;
	/* A former boot's reading was cleared when this one was noted: then what remains counts. */
	if (load->same_boot && row->due_boot_ms != 0)
		return row->due_boot_ms;
	return load->now.boot_ms +
	       (row->due_wall_ms > load->now.wall_ms ? row->due_wall_ms - load->now.wall_ms : 0);
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
	attempt->is_set_aside = false;
	/* What is being cancelled and was never claimed is not begun any more. */
	attempt->same_machine =
	    row->state != TASK_CANCELLING && row->attempt_boot_id != NULL &&
	    row->attempt_incarnation != NULL &&
	    strcmp(row->attempt_boot_id, load->home->boot_id) == 0 &&
	    strcmp(row->attempt_incarnation, store_incarnation(load->store)) == 0;
}

static int take_task(void *context, const struct store_task_row *row, struct err *err)
{
	struct load *load = context;
	struct sched_task_row task = {.run_no = row->run_no,
				      .task = row->task,
				      .state = row->state,
				      .attempts = row->attempts,
				      .attempt_id = row->attempt_id,
				      .released_at_ms = row->released_at_ms,
				      .due_boot_ms = due_on_this_boot(load, row),
				      .queued_order = row->queued_order};

	(void)err;
	sched_restore_task(load->sched, &task);
	note_attempt(load, row);
	return 0;
}

static int compare_attempts(const void *a, const void *b)
{
	const struct restored_attempt *left = a;
	const struct restored_attempt *right = b;

	return (left->attempt_id > right->attempt_id) - (left->attempt_id < right->attempt_id);
}

int restore_runs(struct store *store, struct sched *sched, const struct home *home, bool same_boot,
		 struct restored *restored, struct err *err)
{
	struct load load = {.store = store,
			    .sched = sched,
			    .home = home,
			    .restored = restored,
			    .now = clock_now(),
			    .same_boot = same_boot};
	struct store_loader loader = {&load, take_run, take_task};
	int rc;

	memset(restored, 0, sizeof *restored);
	rc = store_load_active(store, &loader, err);
	forget_versions(&load);
	if (rc == 0 && restored->count > 0)
		qsort(restored->items, restored->count, sizeof *restored->items, compare_attempts);
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
		attempt->is_set_aside = true;
}

void restore_set_aside(struct sched *sched, const struct restored *restored,
		       struct sched_output *output)
{
	for (size_t i = 0; i < restored->count; i++) {
		struct moment now = clock_now();
		struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "daemon"};

		if (!restored->items[i].is_set_aside)
			continue;
		input.ended.attempt_id = restored->items[i].attempt_id;
		input.ended.cause = CAUSE_LOST;
		input.ended.ended_at_ms = now.wall_ms;
		snprintf(input.ended.reason, sizeof input.ended.reason,
			 "the store refused its end twice; the record is in spool/dead");
		sched_step(sched, &input, now, output);
	}
}

struct adoption {
	const struct home *home;
	const struct restored *restored;
	struct process_executor *executor;
};

static void adopt(void *context, const struct effect *attempt)
{
	struct adoption *adoption = context;
	const struct restored_attempt *found =
	    find_attempt(adoption->restored, attempt->attempt_id);
	struct process_launch launch;
	struct arena arena;

	if (found != NULL && found->is_set_aside)
		return;
	arena_init(&arena);
	launch_build(adoption->home, attempt, &arena, &launch);
	process_adopt(adoption->executor, &launch, found != NULL && found->same_machine);
	arena_close(&arena);
}

void restore_attempts(struct sched *sched, const struct home *home, const struct restored *restored,
		      struct process_executor *executor)
{
	struct adoption adoption = {home, restored, executor};

	sched_each_attempt(sched, adopt, &adoption);
	if (restored->count > 0)
		log_info("attempts of the last daemon taken up", "attempts=%zu", restored->count);
}

void restored_close(struct restored *restored)
{
	mem_free(restored->items);
	memset(restored, 0, sizeof *restored);
}
