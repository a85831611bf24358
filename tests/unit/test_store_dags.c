/* test_store_dags.c - what is known of the dag folder: dags in force, versions, errors, pools. */
#include "tests/unit/store_kit.h"

static bool print_dag(void *context, const struct dag_view *view)
{
	str_printf(context, "%s %s %s since %" PRId64 " tasks %u last %s %s\n", view->dag_id,
		   view->file, view->hash, view->since_ms, view->task_count,
		   kit_text(view->last_run_id), kit_text(view->last_run_state));
	return true;
}

static bool print_mistake(void *context, const struct dag_error_view *view)
{
	str_printf(context, "%s:%u:%u: %s since %" PRId64 "\n", view->file, view->line,
		   view->column, view->message, view->since_ms);
	return true;
}

static bool print_pool(void *context, const struct pool_view *view)
{
	str_printf(context, "%s.%s %u used %u queued %u\n", kit_text(view->dag_id), view->name,
		   view->slots, view->used, view->queued);
	return true;
}

static void expect_dags(struct kit *kit, const char *after, uint32_t limit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_dags(kit->reader, after, limit, print_dag, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void expect_errors(struct kit *kit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_dag_errors(kit->reader, print_mistake, &text, NULL), 0);
	kit_expect(&text, expected);
}

/* Of each file the first errors, with how many it has. */
static bool print_head(void *context, const struct dag_error_view *view)
{
	str_printf(context, "%s:%u of %u\n", view->file, view->line, view->of_file);
	return true;
}

static void expect_heads(struct kit *kit, uint32_t of_each, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_dag_error_heads(kit->reader, of_each, print_head, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void expect_pools(struct kit *kit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_pools(kit->reader, print_pool, &text, NULL), 0);
	kit_expect(&text, expected);
}

/* Puts the folder and lets go of the dags. */
static void put(struct kit *kit, struct store_dag_file *files, size_t count, int64_t at_ms)
{
	struct err err = {0};

	if (store_put_dags(kit->store, files, count, NULL, 0, 8, at_ms, &err) != 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++)
		dag_unref((struct dag *)(uintptr_t)files[i].dag);
}

static void dags_come_change_move_and_go(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file first[] = {{.dag = kit_dag("c", "x y", "c1"), .file = "c.yaml"},
					 {.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"},
					 {.dag = kit_dag("b", "x", "b1"), .file = "b.yaml"}};
	struct store_dag_file then[] = {{.dag = kit_dag("b", "x y z", "b2"), .file = "b.yaml"},
					{.dag = kit_dag("c", "x y", "c1"), .file = "sub/c.yaml"},
					{.dag = kit_dag("d", "x", "d1"), .file = "d.yaml"}};

	put(kit, first, 3, 1000);
	expect_dags(kit, NULL, 10,
		    "a a.yaml a1 since 1000 tasks 1 last - -\n"
		    "b b.yaml b1 since 1000 tasks 1 last - -\n"
		    "c c.yaml c1 since 1000 tasks 2 last - -\n");
	put(kit, then, 3, 2000);
	expect_dags(kit, NULL, 10,
		    "b b.yaml b2 since 2000 tasks 3 last - -\n"
		    "c sub/c.yaml c1 since 1000 tasks 2 last - -\n"
		    "d d.yaml d1 since 2000 tasks 1 last - -\n");
	expect_dags(kit, "b", 1, "c sub/c.yaml c1 since 1000 tasks 2 last - -\n");
	kit_expect_facts(kit, 3,
			 "4 dag.removed a/-/0 a1 -> removed by folder: -\n"
			 "5 dag.changed b/-/0 b1 -> b2 by folder: -\n"
			 "6 dag.moved c/-/0 c.yaml -> sub/c.yaml by folder: -\n"
			 "7 dag.new d/-/0 - -> d1 by folder: -\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version"), 5);
	assert_int_equal(kit_number(kit, "SELECT file = 'sub/c.yaml' FROM dag_version"
					 " WHERE hash = 'c1'"),
			 1);
}

static void the_folder_of_yesterday_writes_nothing(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file once[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"}};
	struct store_dag_file again[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"}};
	int64_t changes;

	put(kit, once, 1, 1000);
	changes = sqlite3_total_changes64(kit->store->db.handle);
	put(kit, again, 1, 2000);
	assert_int_equal(sqlite3_total_changes64(kit->store->db.handle), changes);
}

static void a_dag_that_comes_back_finds_its_version(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file first[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"}};
	struct store_dag_file again[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"}};

	put(kit, first, 1, 1000);
	put(kit, NULL, 0, 2000);
	expect_dags(kit, NULL, 10, "");
	put(kit, again, 1, 3000);
	expect_dags(kit, NULL, 10, "a a.yaml a1 since 3000 tasks 1 last - -\n");
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM dag_version"), 1);
}

static void a_dag_shows_its_last_run(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file files[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"}};
	struct store_batch *batch = store_batch_create(NULL);
	struct str text = STR_INIT;
	struct err err;

	put(kit, files, 1, 1000);
	kit_run(batch, 1, kit_dag("a", "x", "a1"), "k1", 1000);
	kit_run(batch, 2, kit_dag("a", "x", "a1"), "k2", 1000);
	kit_run_state(batch, 2, RUN_RUNNING, RUN_CANCELLED, 1000);
	kit_apply(kit, batch);
	assert_int_equal(read_dag(kit->reader, "a", print_dag, &text, NULL), 0);
	kit_expect(&text, "a a.yaml a1 since 1000 tasks 1 last 0000000000000002 cancelled\n");
	assert_int_equal(read_dag(kit->reader, "z", print_dag, &text, &err), ERR_NOT_FOUND);
	assert_string_equal(err.message, "there is no dag 'z'");
}

static void a_run_keeps_the_version_it_started_with(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file first[] = {{.dag = kit_dag("a", "x", "a1"), .file = "dags/a.yaml"}};
	struct store_dag_file then[] = {{.dag = kit_dag("a", "x y", "a2"), .file = "dags/a.yaml"}};
	struct store_batch *batch = store_batch_create(NULL);

	put(kit, first, 1, 1000);
	kit_run(batch, 1, kit_dag("a", "x", "a1"), "k1", 1000);
	kit_apply(kit, batch);
	put(kit, then, 1, 2000);
	kit_expect_tasks(kit, 1, "0 x none x0\n");
	/* Where the folder found it counts, not the name it was parsed under. */
	assert_int_equal(kit_number(kit, "SELECT file = 'dags/a.yaml' FROM dag_version"
					 " WHERE hash = 'a1'"),
			 1);
}

static void errors_stay_with_their_first_instant_until_mended(void **state)
{
	struct kit *kit = *state;
	struct dag_error errors[] = {
	    {"b.yaml", 3, 5, "unknown key 'comand'", NULL},
	    {"a.yaml", 1, 1, "not YAML", NULL},
	};

	assert_int_equal(store_put_dags(kit->store, NULL, 0, errors, 2, 8, 1000, NULL), 0);
	errors[1].line = 2;
	assert_int_equal(store_put_dags(kit->store, NULL, 0, errors, 2, 8, 2000, NULL), 0);
	expect_errors(kit, "a.yaml:2:1: not YAML since 2000\n"
			   "b.yaml:3:5: unknown key 'comand' since 1000\n");
	assert_int_equal(store_put_dags(kit->store, NULL, 0, errors, 1, 8, 3000, NULL), 0);
	expect_errors(kit, "b.yaml:3:5: unknown key 'comand' since 1000\n");
	assert_int_equal(store_put_dags(kit->store, NULL, 0, NULL, 0, 8, 4000, NULL), 0);
	expect_errors(kit, "");
}

static void a_file_of_many_errors_hides_no_other(void **state)
{
	struct kit *kit = *state;
	struct dag_error errors[] = {
	    {"a.yaml", 1, 1, "x", NULL},
	    {"a.yaml", 2, 1, "x", NULL},
	    {"a.yaml", 3, 1, "x", NULL},
	    {"b.yaml", 7, 1, "y", NULL},
	};

	assert_int_equal(store_put_dags(kit->store, NULL, 0, errors, 4, 8, 1000, NULL), 0);
	expect_heads(kit, 1, "a.yaml:1 of 3\nb.yaml:7 of 1\n");
	expect_heads(kit, 2, "a.yaml:1 of 3\na.yaml:2 of 3\nb.yaml:7 of 1\n");
}

static void put_with_pools(struct kit *kit, const char *text, const struct pool_size *pools,
			   uint32_t count)
{
	struct dag *dag = kit_dag("own", "x y z", text);
	struct store_dag_file files[] = {{.dag = dag, .file = "own.yaml"}};

	dag->pools = pools;
	dag->pool_count = count;
	put(kit, files, 1, 1000);
}

static void pools_count_what_holds_and_waits_for_a_slot(void **state)
{
	static const struct pool_size pools[] = {{.name = "default", .slots = 2},
						 {.name = "gpu", .slots = 1}};
	static const struct pool_size resized[] = {{.name = "default", .slots = 3}};
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	put_with_pools(kit, "v1", pools, 2);
	kit_run(batch, 1, kit_dag("own", "x y z", "v1"), "k1", 1000);
	kit_release(batch, 1, 0, 11, 1, 1000);
	kit_release(batch, 1, 1, 12, 1, 1000);
	kit_task(batch, 1, 2, TASK_NONE, TASK_QUEUED, 1000);
	kit_task(batch, 1, 1, TASK_RUNNING, TASK_CANCELLING, 1000);
	/* Two dags without pools of their own share the common one. */
	kit_run(batch, 2, kit_dag("plain", "x", "v2"), "k1", 1000);
	kit_release(batch, 2, 0, 13, 1, 1000);
	kit_run(batch, 3, kit_dag("plain2", "x y", "v3"), "k1", 1000);
	kit_release(batch, 3, 0, 14, 1, 1000);
	kit_succeed(batch, 3, 0, 14, 1000);
	kit_task(batch, 3, 1, TASK_NONE, TASK_QUEUED, 1000);
	kit_apply(kit, batch);
	expect_pools(kit, "-.default 8 used 1 queued 1\n"
			  "own.default 2 used 2 queued 1\n"
			  "own.gpu 1 used 0 queued 0\n");
	put_with_pools(kit, "v4", resized, 1);
	expect_pools(kit, "-.default 8 used 1 queued 1\n"
			  "own.default 3 used 2 queued 1\n");
	/* The run keeps its version, and with it the pool that no new run will use. */
	put_with_pools(kit, "v5", NULL, 0);
	expect_pools(kit, "-.default 8 used 1 queued 1\n"
			  "own.default 2 used 2 queued 1\n");
}

static bool print_pause(void *context, const struct dag_view *view)
{
	str_printf(context, "%s %s %s %" PRId64 "%s\n", view->dag_id, kit_text(view->pause_actor),
		   kit_text(view->pause_reason), view->pause_at_ms,
		   view->pause_of_all ? " with all" : "");
	return true;
}

static void expect_paused(struct kit *kit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_dags(kit->reader, NULL, 10, print_pause, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void put_pause(struct kit *kit, const char *dag_id, const char *why, int64_t at_ms)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_DAG_PAUSE, 0, 0, at_ms);

	change->dag_pause.dag_id = dag_id;
	change->dag_pause.is_paused = true;
	change->actor = "user:alice";
	change->why = why;
	kit_apply(kit, batch);
}

static void a_dag_tells_its_own_pause_before_that_of_all(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file files[] = {{.dag = kit_dag("a", "x", "a1"), .file = "a.yaml"},
					 {.dag = kit_dag("b", "x", "b1"), .file = "b.yaml"}};

	put(kit, files, 2, 1000);
	put_pause(kit, "a", "holidays", 2000);
	expect_paused(kit, "a user:alice holidays 2000\nb - - 0\n");
	put_pause(kit, NULL, NULL, 3000);
	expect_paused(kit, "a user:alice holidays 2000\nb user:alice - 3000 with all\n");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(dags_come_change_move_and_go),
	    STORY(the_folder_of_yesterday_writes_nothing),
	    STORY(a_dag_that_comes_back_finds_its_version),
	    STORY(a_dag_shows_its_last_run),
	    STORY(a_run_keeps_the_version_it_started_with),
	    STORY(errors_stay_with_their_first_instant_until_mended),
	    STORY(a_file_of_many_errors_hides_no_other),
	    STORY(pools_count_what_holds_and_waits_for_a_slot),
	    STORY(a_dag_tells_its_own_pause_before_that_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
