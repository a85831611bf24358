/* store_kit.h - what the tests of the store share: a folder with a database, dags made by hand, and
 * batches that tell a task's life. */
#ifndef HEDDLE_TESTS_STORE_KIT_H
#define HEDDLE_TESTS_STORE_KIT_H

#include "base/mem.h"
#include "base/str.h"
#include "store/core.h"
#include "store/read.h"
#include "store/store.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kit {
	char folder[64];
	char path[128];
	struct store *store;
	struct store_reader *reader;
};

static inline void kit_open_store(struct kit *kit)
{
	struct err err = {0};

	if (store_open(kit->path, &kit->store, &err) != 0)
		fail_msg("%s", err.message);
	store_set_boot_id(kit->store, "boot-1");
}

static inline void kit_close_store(struct kit *kit)
{
	store_reader_close(kit->reader);
	kit->reader = NULL;
	store_close(kit->store);
	kit->store = NULL;
}

static inline void kit_open_reader(struct kit *kit)
{
	struct err err = {0};

	if (store_reader_open(kit->path, &kit->reader, &err) != 0)
		fail_msg("%s", err.message);
}

static inline int kit_start(void **state)
{
	struct kit *kit = mem_alloc(sizeof *kit);

	/* In memory where it can be had: no test needs a real disk to sync, and many sync often. */
	snprintf(kit->folder, sizeof kit->folder, "%s/heddle-store-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(kit->folder) == NULL)
		return -1;
	snprintf(kit->path, sizeof kit->path, "%s/heddle.db", kit->folder);
	kit_open_store(kit);
	kit_open_reader(kit);
	*state = kit;
	return 0;
}

static inline int kit_stop(void **state)
{
	struct kit *kit = *state;
	char command[128];
	int rc;

	kit_close_store(kit);
	snprintf(command, sizeof command, "rm -rf '%s'", kit->folder);
	rc = system(command);
	mem_free(kit);
	return rc;
}

/* A dag with the tasks named in one text ("extract load"). Its version is its text. */
static inline struct dag *kit_dag(const char *id, const char *tasks, const char *text)
{
	struct dag *dag = mem_alloc(sizeof *dag);
	char *names;
	char *rest = NULL;

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = arena_strdup(&dag->arena, id);
	dag->source = arena_printf(&dag->arena, "%s.yaml", id);
	dag->text = arena_strdup(&dag->arena, text);
	dag->text_bytes = strlen(text);
	snprintf(dag->hash, sizeof dag->hash, "%.32s", text);
	dag->tasks = arena_alloc(&dag->arena, (strlen(tasks) + 1) * sizeof *dag->tasks);
	names = arena_strdup(&dag->arena, tasks);
	for (char *name = strtok_r(names, " ", &rest); name != NULL;
	     name = strtok_r(NULL, " ", &rest)) {
		dag->tasks[dag->task_count].slots = 1;
		dag->tasks[dag->task_count++].id = name;
	}
	return dag;
}

static inline struct change *kit_change(struct store_batch *batch, enum change_kind kind,
					int64_t run_no, uint32_t task, int64_t at_ms)
{
	struct change *change = change_list_add(&batch->changes, kind);

	change->run_no = run_no;
	change->task = task;
	change->at_ms = at_ms;
	return change;
}

/* The change takes over one reference to dag. The run's id is its number in hex digits. */
static inline struct change *kit_run(struct store_batch *batch, int64_t run_no, struct dag *dag,
				     const char *key, int64_t at_ms)
{
	struct change *change = kit_change(batch, CHANGE_RUN_NEW, run_no, 0, at_ms);
	struct arena *arena = &batch->changes.arena;

	change->actor = "user:alice (uid 1000)";
	change->run_new.run_id = arena_printf(arena, "%016" PRIx64, run_no);
	change->run_new.dag = dag;
	change->run_new.key = arena_strdup(arena, key);
	change->run_new.source = "manual";
	change->run_new.state = RUN_RUNNING;
	return change;
}

static inline struct change *kit_run_state(struct store_batch *batch, int64_t run_no,
					   enum run_state from, enum run_state to, int64_t at_ms)
{
	struct change *change = kit_change(batch, CHANGE_RUN_STATE, run_no, 0, at_ms);

	change->run_state.from = from;
	change->run_state.to = to;
	return change;
}

static inline struct change *kit_task(struct store_batch *batch, int64_t run_no, uint32_t task,
				      enum task_state from, enum task_state to, int64_t at_ms)
{
	struct change *change = kit_change(batch, CHANGE_TASK_STATE, run_no, task, at_ms);

	change->task_state.from = from;
	change->task_state.to = to;
	return change;
}

static inline struct change *kit_attempt(struct store_batch *batch, int64_t run_no, uint32_t task,
					 int64_t attempt_id, uint32_t number, int64_t at_ms)
{
	struct change *change = kit_change(batch, CHANGE_ATTEMPT_NEW, run_no, task, at_ms);

	change->attempt_new.attempt_id = attempt_id;
	change->attempt_new.number = number;
	return change;
}

static inline struct change *kit_end(struct store_batch *batch, enum change_kind kind,
				     int64_t run_no, uint32_t task, int64_t attempt_id,
				     enum attempt_cause cause, int64_t at_ms)
{
	struct change *change = kit_change(batch, kind, run_no, task, at_ms);

	change->attempt_end.attempt_id = attempt_id;
	change->attempt_end.cause = cause;
	change->attempt_end.started_at_ms = at_ms - 5;
	change->attempt_end.ended_at_ms = at_ms;
	change->attempt_end.duration_ms = 5;
	return change;
}

/* none -> queued -> running, with an attempt. */
static inline void kit_release(struct store_batch *batch, int64_t run_no, uint32_t task,
			       int64_t attempt_id, uint32_t number, int64_t at_ms)
{
	kit_task(batch, run_no, task, TASK_NONE, TASK_QUEUED, at_ms);
	kit_task(batch, run_no, task, TASK_QUEUED, TASK_RUNNING, at_ms);
	kit_attempt(batch, run_no, task, attempt_id, number, at_ms);
}

static inline void kit_succeed(struct store_batch *batch, int64_t run_no, uint32_t task,
			       int64_t attempt_id, int64_t at_ms)
{
	kit_end(batch, CHANGE_ATTEMPT_END, run_no, task, attempt_id, CAUSE_SUCCESS, at_ms);
	kit_task(batch, run_no, task, TASK_RUNNING, TASK_SUCCESS, at_ms);
}

static inline void kit_apply(struct kit *kit, struct store_batch *batch)
{
	enum store_failure failure = STORE_BUG;
	struct err err = {0};

	if (store_apply(kit->store, batch, &failure, &err) != 0)
		fail_msg("%s", err.message);
	store_batch_destroy(batch);
}

/* One integer, read by SQL from the store's own connection. The text must be a literal. */
static inline int64_t kit_number(struct kit *kit, const char *sql)
{
	struct err err = {0};
	int64_t number = -1;

	if (db_get(&kit->store->db, sql, &number, &err, "") != 0)
		fail_msg("%s: %s", sql, err.message);
	return number;
}

/* "-" for no text. */
static inline const char *kit_text(const char *text)
{
	return text == NULL ? "-" : text;
}

static inline bool kit_print_task(void *context, const struct task_view *view)
{
	str_printf(context, "%u %s %s x%u\n", view->position, view->task_id, view->state,
		   view->attempts);
	return true;
}

static inline bool kit_print_run(void *context, const struct run_view *view)
{
	str_printf(context, "%" PRId64 " %s %s %s\n", view->run_no, view->dag_id, view->key,
		   view->state);
	return true;
}

static inline bool kit_print_fact(void *context, const struct fact_view *view)
{
	str_printf(context, "%" PRId64 " %s %s/%s/%u %s -> %s by %s: %s\n", view->fact_no,
		   view->kind, kit_text(view->dag_id), kit_text(view->task_id),
		   view->attempt_number, kit_text(view->from), view->to, view->actor,
		   kit_text(view->why));
	return true;
}

/* Compares the text, and closes it. */
static inline void kit_expect(struct str *text, const char *expected)
{
	assert_string_equal(str_text(text), expected);
	str_close(text);
}

static inline void kit_expect_tasks(struct kit *kit, int64_t run_no, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_tasks(kit->reader, run_no, NULL, kit_print_task, &text, NULL), 0);
	kit_expect(&text, expected);
}

static inline void kit_expect_facts(struct kit *kit, int64_t since, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_facts(kit->reader, NULL, since, 1000, kit_print_fact, &text, NULL),
			 0);
	kit_expect(&text, expected);
}

#endif
