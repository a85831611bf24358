/* test_store_prune.c - what is due to be packed and pruned, what goes and what stays. */
#include "store/prune.h"

#include "tests/unit/store_kit.h"

#define DAY_MS 86400000LL
#define NOW_MS (400 * DAY_MS)

/* A dag whose runs are kept so long, or so many of them. */
static struct dag *kept_dag(const char *id, const char *text, int64_t kept_ms, uint32_t kept_runs)
{
	struct dag *dag = kit_dag(id, "extract load", text);

	dag->retention_ms = kept_ms;
	dag->retention_runs = kept_runs;
	return dag;
}

/* A run with one attempt, numbered as the run is, that ends then. */
static void add_run(struct kit *kit, struct dag *dag, int64_t run_no, int64_t at_ms)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change;
	char key[32];

	snprintf(key, sizeof key, "key-%" PRId64, run_no);
	kit_run(batch, run_no, dag_ref(dag), key, at_ms - 10)->run_new.params = "{\"a\":1}";
	kit_release(batch, run_no, 0, run_no, 1, at_ms - 9);
	kit_succeed(batch, run_no, 0, run_no, at_ms - 1);
	change = kit_change(batch, CHANGE_OUTPUTS, run_no, 0, at_ms - 1);
	change->outputs.attempt_id = run_no;
	change->outputs.json = "{\"rows\":3}";
	kit_run_state(batch, run_no, RUN_RUNNING, RUN_SUCCESS, at_ms);
	kit_apply(kit, batch);
}

static void prune(struct kit *kit, int64_t run_no, int64_t ended_at_ms)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_RUN_PRUNE, run_no, 0, NOW_MS);

	change->why = "retention 90d";
	change->run_prune.ended_at_ms = ended_at_ms;
	kit_apply(kit, batch);
}

static void clear(struct kit *kit, int64_t run_no, size_t max_rows, struct prune_counts *counts)
{
	struct prune_clear run = {run_no, INT64_MAX, true};
	struct err err = {0};

	if (store_clear_runs(kit->store, &run, 1, max_rows, counts, &err) != 0)
		fail_msg("%s", err.message);
}

static void put_in_force(struct kit *kit, struct dag *dag)
{
	struct store_dag_file file = {.dag = dag, .file = "a.yaml"};

	assert_int_equal(
	    store_put_dags(kit->store, &file, dag == NULL ? 0 : 1, NULL, 0, 8, NOW_MS, NULL), 0);
}

/* The runs that are due, as numbers, two at a time. */
static void expect_due(struct kit *kit, const char *expected)
{
	struct prune_walk walk = {.is_over = false};
	struct prune_run runs[2];
	struct str text = STR_INIT;
	struct err err = {0};
	size_t count;

	while (!walk.is_over) {
		if (prune_read_due(kit->reader, NOW_MS, &walk, runs, 2, &count, &err) != 0)
			fail_msg("%s", err.message);
		for (size_t i = 0; i < count; i++)
			str_printf(&text, "%s %" PRId64 " %s\n", walk.dag_id, runs[i].run_no,
				   walk.retention);
	}
	kit_expect(&text, expected);
}

static void runs_are_due_by_the_retention_of_their_dag(void **state)
{
	struct kit *kit = *state;
	struct dag *week = kept_dag("week", "w1", 7 * DAY_MS, 0);
	struct dag *three = kept_dag("three", "t1", 0, 3);
	struct dag *plain = kept_dag("plain", "p1", 0, 0); /* of a home of before */

	for (int64_t i = 1; i <= 5; i++)
		add_run(kit, week, i, NOW_MS - (10 - i) * DAY_MS);
	for (int64_t i = 11; i <= 17; i++)
		add_run(kit, three, i, NOW_MS - (20 - i) * DAY_MS);
	add_run(kit, plain, 21, NOW_MS - 91 * DAY_MS);
	add_run(kit, plain, 22, NOW_MS - 89 * DAY_MS);
	expect_due(kit, "plain 21 90d\nthree 11 {runs: 3}\nthree 12 {runs: 3}\nthree 13 {runs: 3}\n"
			"three 14 {runs: 3}\nweek 1 7d\nweek 2 7d\n");
	dag_unref(week);
	dag_unref(three);
	dag_unref(plain);
}

static void the_version_in_force_says_how_long(void **state)
{
	struct kit *kit = *state;
	struct dag *old = kept_dag("a", "v1", 7 * DAY_MS, 0);
	struct dag *now = kept_dag("a", "v2", 0, 1);

	add_run(kit, old, 1, NOW_MS - 2 * DAY_MS);
	add_run(kit, old, 2, NOW_MS - DAY_MS);
	expect_due(kit, "");
	put_in_force(kit, now);
	expect_due(kit, "a 1 {runs: 1}\n");
	put_in_force(kit, NULL); /* gone from the folder: its newest word holds */
	expect_due(kit, "a 1 {runs: 1}\n");
	dag_unref(old);
	dag_unref(now);
}

static void a_run_under_way_is_never_pruned(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct store_batch *batch = store_batch_create(NULL);
	struct prune_run runs[2];
	size_t count;

	kit_run(batch, 1, dag_ref(dag), "k", 1);
	kit_apply(kit, batch);
	expect_due(kit, "");
	prune(kit, 1, 0); /* whoever asks for it */
	prune(kit, 1, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fact WHERE kind = 'run.prune'"), 0);
	assert_int_equal(prune_read_clearing(kit->reader, 0, runs, 2, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM task_instance"), 2);
	dag_unref(dag);
}

static void a_pruned_run_keeps_its_id_its_facts_and_the_names_of_its_tasks(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct prune_counts counts = {0};
	enum store_failure failure;
	struct store_batch *batch;
	char run_id[17];
	int64_t next_run;
	int64_t next_attempt;
	int64_t facts;

	add_run(kit, dag, 1, 10 * DAY_MS);
	facts = kit_number(kit, "SELECT count(*) FROM fact");
	prune(kit, 1, 10 * DAY_MS - 1); /* it ended anew since */
	expect_due(kit, "a 1 1d\n");
	prune(kit, 1, 10 * DAY_MS);
	prune(kit, 1, 10 * DAY_MS); /* again: nothing happens */
	expect_due(kit, "");
	clear(kit, 1, 1000, &counts);
	assert_int_equal(counts.runs, 1);
	assert_int_equal(counts.attempts, 1);
	assert_int_equal(counts.tasks, 2);
	assert_int_equal(counts.outputs, 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fact"), facts + 1);
	kit_expect_facts(kit, 0,
			 "1 run.new a/-/0 - -> running by user:alice (uid 1000): -\n"
			 "2 task.state a/extract/0 none -> queued by scheduler: -\n"
			 "3 task.state a/extract/0 queued -> running by scheduler: -\n"
			 "4 attempt.new a/extract/1 - -> running by scheduler: -\n"
			 "5 attempt.end a/extract/1 running -> success by scheduler: -\n"
			 "6 task.state a/extract/0 running -> success by scheduler: -\n"
			 "7 task.outputs a/extract/0 - -> set by scheduler: -\n"
			 "8 run.state a/-/0 running -> success by scheduler: -\n"
			 "9 run.prune a/-/0 - -> pruned by scheduler: retention 90d\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM run WHERE params IS NULL AND"
					 " is_clearing IS NULL AND pruned_at_ms > 0"),
			 1);
	assert_int_equal(read_run_by_key(kit->reader, "a", "manual", "key-1", run_id, NULL), 0);
	assert_int_equal(store_next_numbers(kit->store, &next_run, &next_attempt, NULL), 0);
	assert_int_equal(next_run, 2);
	assert_int_equal(next_attempt, 2);
	/* The key never makes a second run. */
	batch = store_batch_create(NULL);
	kit_run(batch, 2, dag_ref(dag), "key-1", NOW_MS);
	assert_true(store_apply(kit->store, batch, &failure, NULL) != 0);
	store_batch_destroy(batch);
	dag_unref(dag);
}

static void rows_go_in_small_steps(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct prune_counts counts = {0};
	struct prune_run runs[2];
	size_t count = 1;
	int steps = 0;

	add_run(kit, dag, 1, 10 * DAY_MS);
	prune(kit, 1, 10 * DAY_MS);
	for (; count > 0 && steps < 10; steps++) {
		clear(kit, 1, 1, &counts);
		assert_int_equal(counts.attempts + counts.tasks + counts.outputs,
				 steps < 4 ? steps + 1 : 4);
		assert_int_equal(prune_read_clearing(kit->reader, 0, runs, 2, &count, NULL), 0);
	}
	assert_int_equal(steps, 4);
	assert_int_equal(counts.runs, 1);
	dag_unref(dag);
}

/* --- versions -----------------------------------------------------------------------------------
 */

static void prune_versions(struct kit *kit, int64_t now_ms, struct prune_counts *counts)
{
	struct prune_version versions[8];
	struct err err = {0};
	size_t count;

	if (prune_read_versions(kit->reader, 0, versions, 8, &count, &err) != 0 ||
	    store_prune_versions(kit->store, versions, count, now_ms, now_ms - 1000, counts,
				 &err) != 0)
		fail_msg("%s", err.message);
}

#define TEXT_OF(hash) \
	kit_number(kit, "SELECT count(*) FROM dag_version WHERE text <> '' AND hash = '" hash "'")
#define ROW_OF(hash) kit_number(kit, "SELECT count(*) FROM dag_version WHERE hash = '" hash "'")

static void versions_of_no_use_go_after_a_while(void **state)
{
	struct kit *kit = *state;
	struct dag *used = kept_dag("a", "used", DAY_MS, 0);
	struct dag *idle = kept_dag("a", "idle", DAY_MS, 0);
	struct dag *force = kept_dag("a", "force", DAY_MS, 0);
	struct store_dag_file file = {.dag = idle, .file = "a.yaml"};
	struct prune_counts counts = {0};

	add_run(kit, used, 1, 10 * DAY_MS);
	assert_int_equal(store_put_versions(kit->store, &file, 1, NULL), 0);
	put_in_force(kit, force);
	prune_versions(kit, NOW_MS, &counts);
	assert_int_equal(counts.versions, 0); /* it may come into force this moment */
	prune_versions(kit, NOW_MS + 500, &counts);
	assert_int_equal(counts.versions, 0);
	prune_versions(kit, NOW_MS + 2000, &counts);
	assert_int_equal(counts.versions, 1);
	assert_int_equal(counts.version_bytes, 4);
	assert_int_equal(ROW_OF("idle"), 0);
	assert_int_equal(TEXT_OF("used"), 1);
	assert_int_equal(TEXT_OF("force"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM version_unused"), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version_task"), 4);
	dag_unref(used);
	dag_unref(idle);
	dag_unref(force);
}

static void a_version_that_facts_speak_of_keeps_its_names_and_may_come_back(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct prune_counts counts = {0};
	struct store_version version;

	add_run(kit, dag, 1, 10 * DAY_MS);
	prune(kit, 1, 10 * DAY_MS);
	clear(kit, 1, 100, &counts);
	prune_versions(kit, NOW_MS, &counts);
	prune_versions(kit, NOW_MS + 2000, &counts);
	assert_int_equal(counts.versions, 1);
	assert_int_equal(TEXT_OF("v1"), 0);
	assert_int_equal(ROW_OF("v1"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version_task"), 2);
	assert_int_equal(store_version_read(kit->store, "v1", &version, NULL), ERR_NOT_FOUND);
	store_version_close(&version);
	put_in_force(kit, dag);
	assert_int_equal(TEXT_OF("v1"), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version_task"), 2);
	prune_versions(kit, NOW_MS + 9000, &counts);
	assert_int_equal(counts.versions, 1);
	dag_unref(dag);
}

static void a_version_taken_up_again_begins_anew(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct store_dag_file file = {.dag = dag, .file = "a.yaml"};
	struct prune_counts counts = {0};

	assert_int_equal(store_put_versions(kit->store, &file, 1, NULL), 0);
	prune_versions(kit, NOW_MS, &counts);
	assert_int_equal(store_put_versions(kit->store, &file, 1, NULL), 0);
	prune_versions(kit, NOW_MS + 5000, &counts);
	assert_int_equal(TEXT_OF("v1"), 1);
	assert_int_equal(counts.versions, 0);
	dag_unref(dag);
}

/* --- packing ------------------------------------------------------------------------------------
 */

static void expect_unpacked(struct kit *kit, int64_t before_ms, const char *expected)
{
	struct prune_run after = {.run_no = 0};
	struct str text = STR_INIT;
	struct prune_run runs[1];
	size_t count = 1;

	while (count > 0) {
		assert_int_equal(
		    prune_read_unpacked(kit->reader, before_ms, &after, runs, 1, &count, NULL), 0);
		if (count > 0)
			str_printf(&text, "%" PRId64 " ", runs[0].run_no);
		after = runs[0];
	}
	kit_expect(&text, expected);
}

static void an_ended_run_is_packed_once_and_again_after_a_rerun(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct prune_pack packs[] = {{1, 500, 7000, 2, 99}, {2, 800, 0, 0, 0}};
	struct store_batch *batch;

	add_run(kit, dag, 1, 500);
	add_run(kit, dag, 2, 700);
	add_run(kit, dag, 3, 900);
	expect_unpacked(kit, 900, "1 2 ");
	assert_int_equal(store_note_packs(kit->store, packs, 2, NULL), 0);
	expect_unpacked(kit, 900, "1 2 "); /* what was there before is not removed yet */
	/* Run 2 has another end than the one that was packed. */
	assert_int_equal(store_note_packed(kit->store, packs, 2, NOW_MS, NULL), 0);
	expect_unpacked(kit, 900, "2 ");
	assert_int_equal(kit_number(kit, "SELECT pack_bytes + artifact_files + artifact_bytes"
					 " FROM run WHERE run_no = 1"),
			 7101);
	batch = store_batch_create(NULL);
	kit_run_state(batch, 1, RUN_SUCCESS, RUN_RUNNING, 1000);
	kit_apply(kit, batch);
	expect_unpacked(kit, 5000, "2 3 ");
	batch = store_batch_create(NULL);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_SUCCESS, 1100);
	kit_apply(kit, batch);
	expect_unpacked(kit, 5000, "2 3 1 ");
	dag_unref(dag);
}

static void attempts_are_told_in_pages(void **state)
{
	struct kit *kit = *state;
	struct dag *dag = kept_dag("a", "v1", DAY_MS, 0);
	struct prune_attempt attempts[2];
	size_t count;

	add_run(kit, dag, 1, 500);
	assert_int_equal(prune_count_attempts(kit->reader, 1, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(prune_read_attempts(kit->reader, 1, 0, attempts, 2, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(attempts[0].attempt_id, 1);
	assert_int_equal(attempts[0].released_at_ms, 491);
	assert_string_equal(attempts[0].incarnation, store_incarnation(kit->store));
	assert_int_equal(prune_read_attempts(kit->reader, 1, 1, attempts, 2, &count, NULL), 0);
	assert_int_equal(count, 0);
	dag_unref(dag);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(runs_are_due_by_the_retention_of_their_dag),
	    STORY(the_version_in_force_says_how_long),
	    STORY(a_run_under_way_is_never_pruned),
	    STORY(a_pruned_run_keeps_its_id_its_facts_and_the_names_of_its_tasks),
	    STORY(rows_go_in_small_steps),
	    STORY(versions_of_no_use_go_after_a_while),
	    STORY(a_version_that_facts_speak_of_keeps_its_names_and_may_come_back),
	    STORY(a_version_taken_up_again_begins_anew),
	    STORY(an_ended_run_is_packed_once_and_again_after_a_rerun),
	    STORY(attempts_are_told_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
