/* test_store_apply.c - each kind of change is found again: by readers, by a start, and as facts. */
#include "store/store.h"
#include "tests/unit/store_kit.h"

static void a_new_run_has_its_tasks_and_one_fact(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct str text = STR_INIT;

	kit_run(batch, 1, kit_dag("nightly", "extract load", "v1"), "k1", 1000);
	kit_apply(kit, batch);

	assert_int_equal(read_run(kit->reader, "0000000000000001", kit_print_run, &text, NULL), 0);
	kit_expect(&text, "1 nightly k1 running\n");
	kit_expect_tasks(kit, 1,
			 "0 extract none x0\n"
			 "1 load none x0\n");
	kit_expect_facts(kit, 0,
			 "1 run.new nightly/-/0 - -> running by user:alice (uid 1000): -\n");
}

static bool check_ended_attempt(void *context, const struct attempt_view *view)
{
	++*(int *)context;
	assert_int_equal(view->attempt_id, 11);
	assert_string_equal(view->task_id, "extract");
	assert_int_equal(view->number, 1);
	assert_string_equal(view->state, "exit_code");
	assert_int_equal(view->released_at_ms, 1100);
	assert_int_equal(view->started_at_ms, 1195);
	assert_int_equal(view->ended_at_ms, 1200);
	assert_int_equal(view->duration_ms, 5);
	assert_int_equal(view->exit_code, 75);
	assert_int_equal(view->signal, 0);
	assert_int_equal(view->max_rss_bytes, 4096);
	assert_int_equal(view->cpu_user_us, 7);
	assert_int_equal(view->cpu_system_us, 8);
	assert_int_equal(view->log_bytes, 9);
	assert_int_equal(view->log_dropped_bytes, 10);
	assert_int_equal(view->log_dropped_lines, 2);
	assert_string_equal(view->reason, "exit code 75");
	assert_int_equal(strlen(view->incarnation), 8);
	return true;
}

static void apply_failed_attempt(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change;

	kit_run(batch, 1, kit_dag("nightly", "extract load", "v1"), "k1", 1000);
	kit_release(batch, 1, 0, 11, 1, 1100);
	kit_apply(kit, batch);
	batch = store_batch_create(NULL);
	change = kit_end(batch, CHANGE_ATTEMPT_END, 1, 0, 11, CAUSE_EXIT_CODE, 1200);
	change->attempt_end.exit_code = 75;
	change->attempt_end.max_rss_bytes = 4096;
	change->attempt_end.cpu_user_us = 7;
	change->attempt_end.cpu_system_us = 8;
	change->attempt_end.log_bytes = 9;
	change->attempt_end.log_dropped_bytes = 10;
	change->attempt_end.log_dropped_lines = 2;
	snprintf(change->attempt_end.reason, sizeof change->attempt_end.reason, "exit code 75");
	change = kit_task(batch, 1, 0, TASK_RUNNING, TASK_UP_FOR_RETRY, 1200);
	change->why = "try 2 of 3";
	change->task_state.due.wall_ms = 31200;
	change->task_state.due.boot_ms = 90200;
	kit_apply(kit, batch);
}

static bool check_retrying_task(void *context, const struct task_view *view)
{
	(void)context;
	if (view->position != 0)
		return true;
	assert_string_equal(view->state, "up_for_retry");
	assert_string_equal(view->reason, "try 2 of 3");
	assert_int_equal(view->attempts, 1);
	assert_int_equal(view->started_at_ms, 1195);
	assert_int_equal(view->ended_at_ms, 0);
	assert_int_equal(view->retry_at_ms, 31200);
	return true;
}

static void an_attempt_is_kept_with_all_that_was_measured(void **state)
{
	struct kit *kit = *state;
	int shown = 0;

	apply_failed_attempt(kit);
	assert_int_equal(
	    read_attempts(kit->reader, 1, "extract", 0, check_ended_attempt, &shown, NULL), 0);
	assert_int_equal(read_attempts(kit->reader, 1, NULL, 1, check_ended_attempt, &shown, NULL),
			 0);
	assert_int_equal(
	    read_attempts(kit->reader, 1, "load", 0, check_ended_attempt, &shown, NULL), 0);
	assert_int_equal(
	    read_attempts(kit->reader, 1, "extract", 2, check_ended_attempt, &shown, NULL), 0);
	assert_int_equal(shown, 2);
	assert_int_equal(read_tasks(kit->reader, 1, NULL, check_retrying_task, NULL, NULL), 0);
	kit_expect_facts(kit, 1,
			 "2 task.state nightly/extract/0 none -> queued by scheduler: -\n"
			 "3 task.state nightly/extract/0 queued -> running by scheduler: -\n"
			 "4 attempt.new nightly/extract/1 - -> running by scheduler: -\n"
			 "5 attempt.end nightly/extract/1 running -> exit_code by scheduler: "
			 "exit code 75\n"
			 "6 task.state nightly/extract/0 running -> up_for_retry by scheduler: "
			 "try 2 of 3\n");
}

static bool check_running_task(void *context, const struct task_view *view)
{
	(void)context;
	assert_string_equal(view->task_id, "extract");
	assert_int_equal(view->started_at_ms, 1100);
	assert_int_equal(view->ended_at_ms, 0);
	return true;
}

static void a_running_task_shows_since_when(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("nightly", "extract load", "v1"), "k1", 1000);
	kit_release(batch, 1, 0, 11, 1, 1100);
	kit_apply(kit, batch);
	assert_int_equal(read_tasks(kit->reader, 1, "running", check_running_task, NULL, NULL), 0);
}

static int print_loaded_run(void *context, const struct store_run_row *row, struct err *err)
{
	(void)err;
	str_printf(context, "run %" PRId64 " %s %s %s %s state %d text %.*s file %s\n", row->run_no,
		   row->run_id, row->dag_id, row->key, row->source, (int)row->state,
		   (int)row->dag_text_bytes, row->dag_text, row->dag_file);
	return 0;
}

static int print_loaded_task(void *context, const struct store_task_row *row, struct err *err)
{
	(void)err;
	str_printf(context,
		   "  task %u %s attempts %u id %" PRId64 " released %" PRId64 " boot %s %s"
		   " due %" PRId64 " %" PRId64 " order %" PRId64 "\n",
		   row->task, task_state_name(row->state), row->attempts, row->attempt_id,
		   row->released_at_ms, kit_text(row->attempt_boot_id),
		   row->attempt_ended ? "ended" : "open", row->due_wall_ms, row->due_boot_ms,
		   row->queued_order);
	return 0;
}

static void a_start_reads_back_what_has_not_ended(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct store_loader loader = {&text, print_loaded_run, print_loaded_task};
	struct store_batch *batch;
	int64_t next_run_no;
	int64_t next_attempt_id;

	apply_failed_attempt(kit);
	batch = store_batch_create(NULL);
	kit_task(batch, 1, 0, TASK_UP_FOR_RETRY, TASK_QUEUED, 31200);
	kit_run(batch, 2, kit_dag("nightly", "extract load", "v1"), "k2", 31200);
	kit_run_state(batch, 2, RUN_RUNNING, RUN_CANCELLED, 31200);
	kit_run(batch, 3, kit_dag("other", "only", "v2"), "k3", 31200);
	kit_run_state(batch, 3, RUN_RUNNING, RUN_CANCELLING, 31200);
	kit_release(batch, 3, 0, 12, 1, 31200);
	kit_apply(kit, batch);
	kit_close_store(kit);
	kit_open_store(kit);

	assert_int_equal(store_load_active(kit->store, &loader, NULL), 0);
	kit_expect(
	    &text,
	    "run 1 0000000000000001 nightly k1 manual state 0 text v1 file nightly.yaml\n"
	    "  task 0 queued attempts 1 id 11 released 1100 boot boot-1 ended due 0 0 order 7\n"
	    "  task 1 none attempts 0 id 0 released 0 boot - open due 0 0 order 0\n"
	    "run 3 0000000000000003 other k3 manual state 1 text v2 file other.yaml\n"
	    "  task 0 running attempts 1 id 12 released 31200 boot boot-1 open due 0 0 order "
	    "0\n");
	assert_int_equal(store_next_numbers(kit->store, &next_run_no, &next_attempt_id, NULL), 0);
	assert_int_equal(next_run_no, 4);
	assert_int_equal(next_attempt_id, 13);
}

static int stop_at_once(void *context, const struct store_run_row *row, struct err *err)
{
	(void)context;
	(void)row;
	return err_set(err, ERR_CORRUPT, "no such thing");
}

static void a_loader_may_stop_the_load(void **state)
{
	struct kit *kit = *state;
	struct store_loader loader = {NULL, stop_at_once, print_loaded_task};
	struct err err;

	apply_failed_attempt(kit);
	assert_int_equal(store_load_active(kit->store, &loader, &err), ERR_CORRUPT);
	assert_string_equal(err.message, "no such thing");
}

static void the_state_of_an_attempt_is_known(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;
	bool known;
	bool ended;

	apply_failed_attempt(kit);
	batch = store_batch_create(NULL);
	kit_release(batch, 1, 1, 12, 1, 1300);
	kit_apply(kit, batch);
	assert_int_equal(store_attempt_state(kit->store, 11, &known, &ended, NULL), 0);
	assert_true(known && ended);
	assert_int_equal(store_attempt_state(kit->store, 12, &known, &ended, NULL), 0);
	assert_true(known && !ended);
	assert_int_equal(store_attempt_state(kit->store, 99, &known, &ended, NULL), 0);
	assert_false(known || ended);
}

static bool check_ended_run(void *context, const struct run_view *view)
{
	++*(int *)context;
	assert_string_equal(view->state, "failed");
	assert_string_equal(view->reason, "task 'extract' failed");
	assert_int_equal(view->created_at_ms, 1000);
	assert_int_equal(view->ended_at_ms, 1500);
	assert_int_equal(view->task_count, 2);
	assert_int_equal(view->last_fact, 7);
	return true;
}

static void a_run_that_ends_is_no_longer_active(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct store_loader loader = {&text, print_loaded_run, print_loaded_task};
	struct store_batch *batch;
	int shown = 0;

	apply_failed_attempt(kit);
	batch = store_batch_create(NULL);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_FAILED, 1500)->why = "task 'extract' failed";
	kit_apply(kit, batch);
	assert_int_equal(read_run(kit->reader, "0000000000000001", check_ended_run, &shown, NULL),
			 0);
	assert_int_equal(shown, 1);
	assert_int_equal(store_load_active(kit->store, &loader, NULL), 0);
	kit_expect(&text, "");
}

static void a_late_record_is_a_fact_once(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;

	apply_failed_attempt(kit);
	for (int i = 0; i < 3; i++) {
		batch = store_batch_create(NULL);
		/* What is known already; something else; an attempt nobody knows. */
		kit_end(batch, CHANGE_ATTEMPT_LATE, 1, 0, 11, CAUSE_EXIT_CODE, 1200);
		kit_end(batch, CHANGE_ATTEMPT_LATE, 0, 0, 11, CAUSE_LOST, 1300)->actor = "executor";
		kit_end(batch, CHANGE_ATTEMPT_LATE, 0, 0, 77, CAUSE_SUCCESS, 1300);
		kit_apply(kit, batch);
	}
	kit_expect_facts(kit, 6,
			 "7 attempt.late nightly/extract/1 - -> lost by executor: -\n"
			 "8 attempt.late -/-/0 - -> success by scheduler: -\n");
}

/* Applies, and gives the failure back as a code; the batch goes. */
static int apply_wrong(struct kit *kit, struct store_batch *batch, struct err *err)
{
	enum store_failure failure = STORE_IO;
	int rc = store_apply(kit->store, batch, &failure, err);

	assert_int_not_equal(rc, 0);
	assert_int_equal(failure, STORE_BUG);
	store_batch_destroy(batch);
	return rc;
}

static void the_same_key_never_makes_a_second_run(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct err err;

	kit_run(batch, 1, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	kit_apply(kit, batch);
	batch = store_batch_create(NULL);
	kit_run(batch, 2, kit_dag("other", "extract", "v2"), "k1", 1000);
	kit_run(batch, 3, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	assert_int_equal(apply_wrong(kit, batch, &err), ERR_EXISTS);
	assert_non_null(strstr(err.message, "make a run (run_no 3"));
	/* All or nothing: the other run of the batch is not there either. */
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM run"), 1);
	assert_int_equal(kit_number(kit, "SELECT max(fact_no) FROM fact"), 1);
}

static void a_change_that_does_not_fit_the_row_is_a_bug(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;
	struct err err;

	apply_failed_attempt(kit);
	batch = store_batch_create(NULL);
	kit_task(batch, 1, 1, TASK_RUNNING, TASK_SUCCESS, 2000);
	assert_int_equal(apply_wrong(kit, batch, &err), ERR_BUG);
	assert_non_null(strstr(err.message,
			       "heddle.db': change a task (run_no 1, task 1): there is "
			       "no task in state 'running' to change"));
	batch = store_batch_create(NULL);
	kit_run_state(batch, 5, RUN_RUNNING, RUN_SUCCESS, 2000);
	assert_int_equal(apply_wrong(kit, batch, &err), ERR_BUG);
	batch = store_batch_create(NULL);
	kit_end(batch, CHANGE_ATTEMPT_END, 1, 0, 11, CAUSE_SUCCESS, 2000);
	assert_int_equal(apply_wrong(kit, batch, &err), ERR_BUG);
	/* The store goes on with what fits. */
	batch = store_batch_create(NULL);
	kit_task(batch, 1, 1, TASK_NONE, TASK_UPSTREAM_FAILED, 2000);
	kit_apply(kit, batch);
	kit_expect_facts(kit, 6,
			 "7 task.state nightly/load/0 none -> upstream_failed by scheduler: -\n");
}

static void several_batches_are_one_transaction(void **state)
{
	struct kit *kit = *state;
	struct store_batch *first = store_batch_create(NULL);
	struct store_batch *second = store_batch_create(NULL);
	enum store_failure failure;

	kit_run(first, 1, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	kit_release(second, 1, 0, 11, 1, 1000);
	first->next = second;
	assert_int_equal(store_apply(kit->store, first, &failure, NULL), 0);
	kit_expect_tasks(kit, 1, "0 extract running x1\n");
	store_batch_destroy(first);
	store_batch_destroy(second);
}

static void facts_are_neither_changed_nor_removed(void **state)
{
	struct kit *kit = *state;
	struct err err;

	apply_failed_attempt(kit);
	assert_int_not_equal(db_script(&kit->store->db, "UPDATE fact SET why = 'x'", &err), 0);
	assert_non_null(strstr(err.message, "facts are never changed"));
	assert_int_not_equal(db_script(&kit->store->db, "DELETE FROM fact", &err), 0);
	assert_non_null(strstr(err.message, "facts are never removed"));
}

static void a_dead_letter_is_kept_with_its_reason(void **state)
{
	struct kit *kit = *state;

	assert_int_equal(store_put_dead_letter(kit->store, "attempt.end", "attempt 11", "{}",
					       "refused twice", 1234, NULL),
			 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dead_letter WHERE kind ="
					 " 'attempt.end' AND subject = 'attempt 11' AND body = '{}'"
					 " AND reason = 'refused twice' AND at_ms = 1234"),
			 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_new_run_has_its_tasks_and_one_fact),
	    STORY(an_attempt_is_kept_with_all_that_was_measured),
	    STORY(a_running_task_shows_since_when),
	    STORY(a_start_reads_back_what_has_not_ended),
	    STORY(a_loader_may_stop_the_load),
	    STORY(the_state_of_an_attempt_is_known),
	    STORY(a_run_that_ends_is_no_longer_active),
	    STORY(a_late_record_is_a_fact_once),
	    STORY(the_same_key_never_makes_a_second_run),
	    STORY(a_change_that_does_not_fit_the_row_is_a_bug),
	    STORY(several_batches_are_one_transaction),
	    STORY(facts_are_neither_changed_nor_removed),
	    STORY(a_dead_letter_is_kept_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
