/* test_store_read.c - questions find what they ask for, walk an index to it, and come to an end. */
#include "store/reader.h"

#include "tests/unit/store_kit.h"

static void expect_runs(struct kit *kit, struct run_filter filter, const char *expected)
{
	struct str text = STR_INIT;

	if (filter.limit == 0)
		filter.limit = 100;
	assert_int_equal(read_runs(kit->reader, &filter, kit_print_run, &text, NULL), 0);
	kit_expect(&text, expected);
}

/* Five runs of two dags, a second apart; the even ones have failed. */
static void make_runs(struct kit *kit)
{
	static const char *const keys[] = {"", "k1", "k2", "k3", "k4", "k5"};
	struct store_batch *batch = store_batch_create(NULL);

	for (int64_t run_no = 1; run_no <= 5; run_no++) {
		const char *dag_id = run_no < 4 ? "a" : "b";

		kit_run(batch, run_no, kit_dag(dag_id, "x y", dag_id), keys[run_no], run_no * 1000);
		if (run_no % 2 == 0)
			kit_run_state(batch, run_no, RUN_RUNNING, RUN_FAILED, run_no * 1000);
	}
	kit_apply(kit, batch);
}

static void runs_come_newest_first_and_filtered(void **state)
{
	struct kit *kit = *state;

	make_runs(kit);
	expect_runs(kit, (struct run_filter){0},
		    "5 b k5 running\n4 b k4 failed\n3 a k3 running\n2 a k2 failed\n"
		    "1 a k1 running\n");
	expect_runs(kit, (struct run_filter){.dag_id = "a"},
		    "3 a k3 running\n2 a k2 failed\n1 a k1 running\n");
	expect_runs(kit, (struct run_filter){.state = "failed"}, "4 b k4 failed\n2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.dag_id = "a", .state = "running"},
		    "3 a k3 running\n1 a k1 running\n");
	expect_runs(kit, (struct run_filter){.since_ms = 3500}, "5 b k5 running\n4 b k4 failed\n");
	expect_runs(kit, (struct run_filter){.since_ms = 99000}, "");
	expect_runs(kit, (struct run_filter){.dag_id = "none"}, "");
}

static void runs_are_found_by_what_they_say(void **state)
{
	struct kit *kit = *state;
	struct run_filter wrong = {.text = "ownr:x", .limit = 1};
	struct err err = {0};
	int64_t from;

	make_runs(kit);
	assert_int_equal(
	    db_script(&kit->store->db,
		      "UPDATE run SET reason = 'task ''load'' failed' WHERE run_no = 2;"
		      "UPDATE run SET source = 'schedule' WHERE run_no = 3;"
		      "UPDATE dag_version SET owner = 'Desk', tags = '[\"nightly\"]'"
		      " WHERE dag_id = 'b'",
		      NULL),
	    0);
	expect_runs(kit, (struct run_filter){.text = "LOAD"}, "2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.text = "owner:desk tag:night*"},
		    "5 b k5 running\n4 b k4 failed\n");
	expect_runs(kit, (struct run_filter){.text = "state:failed"},
		    "4 b k4 failed\n2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.text = "state:failed", .state = "running"}, "");
	expect_runs(kit, (struct run_filter){.text = "by:schedule dag:a"}, "3 a k3 running\n");
	expect_runs(kit, (struct run_filter){.text = "domain:none"}, "");
	assert_int_equal(read_runs(kit->reader, &wrong, kit_print_run, NULL, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "'owner:'"));
	assert_int_equal(read_runs_bound(kit->reader, &wrong, &from, &err), ERR_INVALID);
}

static int64_t bound_of(struct kit *kit, struct run_filter filter)
{
	int64_t from;

	assert_int_equal(read_runs_bound(kit->reader, &filter, &from, NULL), 0);
	return from;
}

static void words_look_at_a_slice_of_the_runs(void **state)
{
	struct kit *kit = *state;

	make_runs(kit);
	assert_int_equal(
	    db_script(
		&kit->store->db,
		"WITH RECURSIVE n (i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)"
		" INSERT INTO run (run_no, run_id, dag_id, version_no, source, key, state,"
		"  created_at_ms, task_count) SELECT i, printf('%016x', i), iif(i % 2, 'a', 'b'),"
		"  1, 'manual', 'n' || i, 'success', 1, 1 FROM n",
		NULL),
	    0);
	assert_int_equal(bound_of(kit, (struct run_filter){0}), 0);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = " "}), 0);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "x"}), 5006);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "x", .before_run_no = 5006}), 6);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "x", .before_run_no = 6}), 0);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "x", .dag_id = "a"}), 7);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "x state:failed"}), 0);
	assert_int_equal(bound_of(kit, (struct run_filter){.text = "state:success x"}), 5006);
	expect_runs(kit, (struct run_filter){.text = "state:f* dag:b", .from_run_no = 5006}, "");
	expect_runs(kit, (struct run_filter){.text = "state:f* dag:b", .before_run_no = 6},
		    "4 b k4 failed\n");
}

static void pages_follow_one_another(void **state)
{
	struct kit *kit = *state;

	make_runs(kit);
	expect_runs(kit, (struct run_filter){.limit = 2}, "5 b k5 running\n4 b k4 failed\n");
	expect_runs(kit, (struct run_filter){.limit = 2, .before_run_no = 4},
		    "3 a k3 running\n2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.limit = 2, .before_run_no = 2}, "1 a k1 running\n");
}

static void a_clock_set_back_hides_no_run(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	make_runs(kit);
	kit_run(batch, 6, kit_dag("a", "x y", "a"), "k6", 1500);
	kit_run(batch, 7, kit_dag("a", "x y", "a"), "k7", 4500);
	kit_apply(kit, batch);
	expect_runs(kit, (struct run_filter){.dag_id = "a", .since_ms = 1200},
		    "7 a k7 running\n6 a k6 running\n3 a k3 running\n2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.dag_id = "a", .since_ms = 4000}, "7 a k7 running\n");
}

static void a_run_is_found_by_the_beginning_of_its_id(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	char run_id[17];
	struct err err;

	kit_run(batch, 1, kit_dag("a", "x", "a"), "k1", 1000)->run_new.run_id = "9f1c000000000000";
	kit_run(batch, 2, kit_dag("a", "x", "a"), "k2", 1000)->run_new.run_id = "9f2d000000000000";
	kit_run(batch, 3, kit_dag("a", "x", "a"), "k3", 1000)->run_new.run_id = "ffffffffffffffff";
	kit_apply(kit, batch);
	assert_int_equal(read_run_id(kit->reader, "9f1", run_id, NULL), 0);
	assert_string_equal(run_id, "9f1c000000000000");
	assert_int_equal(read_run_id(kit->reader, "9f2d000000000000", run_id, NULL), 0);
	assert_string_equal(run_id, "9f2d000000000000");
	assert_int_equal(read_run_id(kit->reader, "f", run_id, NULL), 0);
	assert_string_equal(run_id, "ffffffffffffffff");
	assert_int_equal(read_run_id(kit->reader, "9f", run_id, &err), ERR_INVALID);
	assert_string_equal(err.message, "several runs begin with '9f': '9f1c000000000000', "
					 "'9f2d000000000000' ...");
	assert_int_equal(read_run_id(kit->reader, "9f3", run_id, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "there is no run '9f3'");
	assert_int_equal(read_run_id(kit->reader, "", run_id, &err), ERR_NOT_FOUND);
	assert_int_equal(read_run_id(kit->reader, "9%", run_id, &err), ERR_NOT_FOUND);
	assert_int_equal(read_run_id(kit->reader, "9f1c0000000000000", run_id, &err),
			 ERR_NOT_FOUND);
}

static void a_run_is_found_by_its_key_and_as_the_latest(void **state)
{
	struct kit *kit = *state;
	char run_id[17];
	struct err err;

	make_runs(kit);
	assert_int_equal(read_run_by_key(kit->reader, "a", "manual", "k2", run_id, NULL), 0);
	assert_string_equal(run_id, "0000000000000002");
	assert_int_equal(read_run_by_key(kit->reader, "b", "manual", "k2", run_id, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(read_latest_run_id(kit->reader, "a", run_id, NULL), 0);
	assert_string_equal(run_id, "0000000000000003");
	assert_int_equal(read_latest_run_id(kit->reader, "c", run_id, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "dag 'c' has no run");
}

static void what_is_not_there_is_said(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct err err;

	assert_int_equal(read_run(kit->reader, "0000000000000001", kit_print_run, &text, &err),
			 ERR_NOT_FOUND);
	assert_string_equal(err.message, "there is no run '0000000000000001'");
	assert_int_equal(read_tasks(kit->reader, 5, NULL, kit_print_task, &text, NULL), 0);
	kit_expect(&text, "");
}

static bool take_one(void *context, const struct fact_view *view)
{
	(void)view;
	++*(int *)context;
	return false;
}

static void facts_can_be_followed_from_a_number(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	int taken = 0;

	make_runs(kit);
	assert_int_equal(
	    read_facts(kit->reader, "0000000000000002", 0, 10, kit_print_fact, &text, NULL), 0);
	kit_expect(&text, "2 run.new a/-/0 - -> running by user:alice (uid 1000): -\n"
			  "3 run.state a/-/0 running -> failed by scheduler: -\n");
	assert_int_equal(
	    read_facts(kit->reader, "0000000000000002", 2, 10, kit_print_fact, &text, NULL), 0);
	kit_expect(&text, "3 run.state a/-/0 running -> failed by scheduler: -\n");
	assert_int_equal(read_facts(kit->reader, NULL, 5, 1, kit_print_fact, &text, NULL), 0);
	kit_expect(&text, "6 run.state b/-/0 running -> failed by scheduler: -\n");
	/* The callback may end the query, and the reader serves on. */
	assert_int_equal(read_facts(kit->reader, NULL, 0, 10, take_one, &taken, NULL), 0);
	assert_int_equal(taken, 1);
	assert_int_equal(read_facts(kit->reader, NULL, 6, 10, take_one, &taken, NULL), 0);
	assert_int_equal(taken, 2);
}

static void only_committed_rows_are_seen(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	make_runs(kit);
	kit_run(batch, 6, kit_dag("a", "x y", "a"), "k6", 6000);
	assert_int_equal(store_begin(kit->store, NULL), 0);
	assert_int_equal(apply_change(kit->store, batch->changes.first, NULL), 0);
	expect_runs(kit, (struct run_filter){.limit = 1}, "5 b k5 running\n");
	assert_int_equal(store_end(kit->store, 0, false, NULL), 0);
	expect_runs(kit, (struct run_filter){.limit = 1}, "6 a k6 running\n");
	store_batch_destroy(batch);
}

static void make_many_tasks(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct str names = STR_INIT;

	for (int i = 0; i < 3000; i++)
		str_printf(&names, "t%d ", i);
	kit_run(batch, 6, kit_dag("big", str_text(&names), "big"), "k6", 6000);
	kit_apply(kit, batch);
	str_close(&names);
}

static void a_query_that_takes_too_long_is_cut_off(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct err err;
	int64_t limit_ms = kit->reader->limit_ms;

	make_many_tasks(kit);
	assert_int_equal(limit_ms, 5000);
	kit->reader->limit_ms = 0;
	assert_int_equal(read_tasks(kit->reader, 6, NULL, kit_print_task, &text, &err), ERR_LIMIT);
	assert_string_equal(err.message, "the query took longer than 0 ms and was cut off");
	kit->reader->limit_ms = limit_ms;
	str_clear(&text);
	assert_int_equal(read_tasks(kit->reader, 6, NULL, kit_print_task, &text, &err), 0);
	str_close(&text);
}

static void a_reader_cannot_write(void **state)
{
	struct kit *kit = *state;
	struct err err;

	assert_int_not_equal(db_script(&kit->reader->db, "DELETE FROM run", &err), 0);
	assert_int_not_equal(db_script(&kit->reader->db, "CREATE TEMP TABLE t (x)", &err), 0);
}

static void a_reader_opens_what_no_daemon_serves(void **state)
{
	struct kit *kit = *state;

	make_runs(kit);
	kit_close_store(kit);
	kit_open_reader(kit);
	expect_runs(kit, (struct run_filter){.limit = 1}, "5 b k5 running\n");
}

static bool no_more(void *context, const void *view)
{
	(void)context;
	(void)view;
	return true;
}

static bool any_task(void *context, const struct task_view *view)
{
	return no_more(context, view);
}

static bool any_attempt(void *context, const struct attempt_view *view)
{
	return no_more(context, view);
}

static bool any_dag(void *context, const struct dag_view *view)
{
	return no_more(context, view);
}

static bool any_pool(void *context, const struct pool_view *view)
{
	return no_more(context, view);
}

static void expect_few_full_scan_steps(struct kit *kit, int most)
{
	for (size_t i = 0; i < kit->reader->db.statement_count; i++) {
		int steps = sqlite3_stmt_status(kit->reader->db.statements[i].statement,
						SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);

		if (steps > most)
			fail_msg("%d rows passed by: %s", steps, kit->reader->db.statements[i].sql);
	}
}

/* SQLite counts the rows it passes without an index. The pools are few and all are asked for. */
static void no_question_scans_a_table(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct store_dag_file files[] = {{.dag = kit_dag("a", "x y", "a"), .file = "a.yaml"}};
	char run_id[17];

	assert_int_equal(store_put_dags(kit->store, files, 1, NULL, 0, 8, 1000, NULL), 0);
	dag_unref((struct dag *)(uintptr_t)files[0].dag);
	make_runs(kit);
	make_many_tasks(kit);
	expect_runs(kit, (struct run_filter){.dag_id = "a", .limit = 1}, "3 a k3 running\n");
	expect_runs(kit, (struct run_filter){.dag_id = "a", .state = "failed"}, "2 a k2 failed\n");
	expect_runs(kit, (struct run_filter){.state = "failed", .limit = 1}, "4 b k4 failed\n");
	expect_runs(kit, (struct run_filter){.since_ms = 4500, .before_run_no = 6},
		    "5 b k5 running\n");
	assert_int_equal(read_run_id(kit->reader, "0000000000000001", run_id, NULL), 0);
	assert_int_equal(read_latest_run_id(kit->reader, "a", run_id, NULL), 0);
	assert_int_equal(read_run_by_key(kit->reader, "a", "manual", "k1", run_id, NULL), 0);
	assert_int_equal(read_run(kit->reader, run_id, kit_print_run, &text, NULL), 0);
	assert_int_equal(read_tasks(kit->reader, 1, NULL, any_task, NULL, NULL), 0);
	assert_int_equal(read_attempts(kit->reader, 1, "x", 0, any_attempt, NULL, NULL), 0);
	assert_int_equal(read_attempts(kit->reader, 1, NULL, 0, any_attempt, NULL, NULL), 0);
	assert_int_equal(read_facts(kit->reader, run_id, 0, 9, kit_print_fact, &text, NULL), 0);
	assert_int_equal(read_facts(kit->reader, NULL, 0, 9, kit_print_fact, &text, NULL), 0);
	assert_int_equal(read_dag(kit->reader, "a", any_dag, NULL, NULL), 0);
	assert_int_equal(read_dags(kit->reader, NULL, 9, any_dag, NULL, NULL), 0);
	expect_few_full_scan_steps(kit, 0);
	assert_int_equal(read_pools(kit->reader, any_pool, NULL, NULL), 0);
	expect_few_full_scan_steps(kit, 4);
	str_close(&text);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(runs_come_newest_first_and_filtered),
	    STORY(runs_are_found_by_what_they_say),
	    STORY(words_look_at_a_slice_of_the_runs),
	    STORY(pages_follow_one_another),
	    STORY(a_clock_set_back_hides_no_run),
	    STORY(a_run_is_found_by_the_beginning_of_its_id),
	    STORY(a_run_is_found_by_its_key_and_as_the_latest),
	    STORY(what_is_not_there_is_said),
	    STORY(facts_can_be_followed_from_a_number),
	    STORY(only_committed_rows_are_seen),
	    STORY(a_query_that_takes_too_long_is_cut_off),
	    STORY(a_reader_cannot_write),
	    STORY(a_reader_opens_what_no_daemon_serves),
	    STORY(no_question_scans_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
