/* test_store_deeds.c - what people did to a run, and how the day went. */
#include "store/read_day.h"
#include "store/reader.h"
#include "tests/unit/store_kit.h"

static bool print_deed(void *context, const struct deed_view *view)
{
	str_printf(context, "%u %s %s -> %s by %s: %s\n", view->count, kit_text(view->fact.task_id),
		   kit_text(view->fact.from), view->fact.to, view->fact.actor,
		   kit_text(view->fact.why));
	return true;
}

static void expect_deeds(struct kit *kit, uint32_t limit, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(read_deeds(kit->reader, 1, limit, print_deed, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void by(struct change *change, const char *actor, const char *why)
{
	change->actor = actor;
	change->why = why;
}

/* A run that fails, and is let run again by one command with two tasks. */
static void make_story(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("a", "x y", "a"), "k", 1000);
	for (uint32_t task = 0; task < 2; task++)
		by(kit_task(batch, 1, task, TASK_NONE, TASK_CANCELLED, 2000), "scheduler", NULL);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_FAILED, 2000);
	for (uint32_t task = 0; task < 2; task++)
		by(kit_task(batch, 1, task, TASK_CANCELLED, TASK_NONE, 3000), "user:bob", "late");
	kit_run(batch, 2, kit_dag("a", "x y", "a"), "other", 4000);
	kit_apply(kit, batch);
}

static void a_command_is_one_deed(void **state)
{
	struct kit *kit = *state;

	make_story(kit);
	expect_deeds(kit, 9,
		     "1 - - -> running by user:alice (uid 1000): -\n"
		     "2 y cancelled -> none by user:bob: late\n");
}

static void the_last_deeds_are_told(void **state)
{
	struct kit *kit = *state;

	make_story(kit);
	expect_deeds(kit, 1, "2 y cancelled -> none by user:bob: late\n");
}

static void deeds_are_found_by_the_run(void **state)
{
	struct kit *kit = *state;

	make_story(kit);
	expect_deeds(kit, 9,
		     "1 - - -> running by user:alice (uid 1000): -\n"
		     "2 y cancelled -> none by user:bob: late\n");
	for (size_t i = 0; i < kit->reader->db.statement_count; i++) {
		const char *sql = kit->reader->db.statements[i].sql;
		int steps = sqlite3_stmt_status(kit->reader->db.statements[i].statement,
						SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);

		if (strstr(sql, "g.count") != NULL)
			assert_in_range(steps, 0, 4); /* of the deeds themselves */
	}
}

static void make_day(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);

	for (int64_t run_no = 1; run_no <= 6; run_no++) {
		char key[8];

		snprintf(key, sizeof key, "k%d", (int)run_no);
		kit_run(batch, run_no, kit_dag("a", "x", "a"), key, run_no * 1000);
		if (run_no < 6)
			kit_run_state(batch, run_no, RUN_RUNNING,
				      run_no % 2 == 0 ? RUN_FAILED : RUN_SUCCESS, run_no * 1000);
	}
	kit_apply(kit, batch);
}

static void runs_are_counted_by_the_part_of_the_day(void **state)
{
	struct day_part parts[3] = {{0}};
	struct kit *kit = *state;
	bool more = true;

	make_day(kit);
	assert_int_equal(read_day(kit->reader, 2000, 2000, parts, 3, &more, NULL), 0);
	assert_false(more);
	for (size_t i = 0; i < 2; i++) { /* 2 and 3, 4 and 5 */
		assert_int_equal(parts[i].success, 1);
		assert_int_equal(parts[i].failed, 1);
		assert_int_equal(parts[i].others, 0);
	}
	assert_int_equal(parts[2].success + parts[2].failed, 0);
	assert_int_equal(parts[2].others, 1);
}

static void a_day_without_runs_is_empty(void **state)
{
	struct day_part parts[2] = {{0}};
	struct kit *kit = *state;
	bool more = true;

	assert_int_equal(read_day(kit->reader, 1000, 1000, parts, 2, &more, NULL), 0);
	assert_false(more);
	assert_int_equal(parts[0].success + parts[0].failed + parts[0].others, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_command_is_one_deed),       STORY(the_last_deeds_are_told),
	    STORY(deeds_are_found_by_the_run),  STORY(runs_are_counted_by_the_part_of_the_day),
	    STORY(a_day_without_runs_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
