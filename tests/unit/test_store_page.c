/* test_store_page.c - bars, windows of the grid and what needs somebody: what is shown is right,
 * and nothing is read that is not shown. */
#include "store/read_page.h"
#include "store/reader.h"

#include "tests/unit/store_kit.h"

#define SECOND 1000

static void put_dags(struct kit *kit, const struct store_dag_file *files, size_t count)
{
	assert_int_equal(store_put_dags(kit->store, files, count, NULL, 0, 8, SECOND, NULL), 0);
	for (size_t i = 0; i < count; i++)
		dag_unref((struct dag *)(uintptr_t)files[i].dag);
}

/* A run that is made at an instant and comes to its end so much later. */
static void run_that_ends(struct kit *kit, int64_t run_no, const char *dag_id, const char *tasks,
			  int64_t at_ms, int64_t lasts_ms, enum run_state end)
{
	struct store_batch *batch = store_batch_create(NULL);
	char key[16];

	snprintf(key, sizeof key, "k%" PRId64, run_no);
	kit_run(batch, run_no, kit_dag(dag_id, tasks, tasks), key, at_ms);
	kit_run_state(batch, run_no, RUN_RUNNING, end, at_ms + lasts_ms)->why =
	    end == RUN_FAILED ? "task 'x' failed" : NULL;
	kit_apply(kit, batch);
}

static void print_bars(struct str *out, const struct run_bar *bars, size_t count)
{
	for (size_t i = 0; i < count; i++)
		str_printf(out, "%s%" PRId64 " %s %" PRId64, i == 0 ? "" : ", ", bars[i].run_no,
			   run_state_name(bars[i].state),
			   run_bar_duration_ms(&bars[i], 90 * SECOND));
}

static bool print_row(void *context, const struct dag_row_view *row)
{
	str_printf(context, "%s: ", row->dag.dag_id);
	print_bars(context, row->bars, row->bar_count);
	str_printf(context, " | usual %" PRId64 ", %u run, %u wait, %u tasks wait; %s\n",
		   row->usual_ms, row->running, row->queued, row->queued_tasks,
		   kit_text(row->last_run_reason));
	return true;
}

static void expect_rows(struct kit *kit, struct dag_filter filter, const char *expected)
{
	struct str text = STR_INIT;

	filter.limit = filter.limit == 0 ? 100 : filter.limit;
	assert_int_equal(read_dag_rows(kit->reader, &filter, print_row, &text, NULL), 0);
	kit_expect(&text, expected);
}

static void a_row_holds_the_last_runs_and_what_waits(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct store_dag_file files[] = {{.dag = kit_dag("a", "x y", "x y"), .file = "a.yaml"},
					 {.dag = kit_dag("b", "x", "x"), .file = "b.yaml"}};

	put_dags(kit, files, 2);
	run_that_ends(kit, 1, "a", "x y", 1 * SECOND, 900, RUN_SUCCESS);
	run_that_ends(kit, 2, "a", "x y", 2 * SECOND, 100, RUN_SUCCESS);
	run_that_ends(kit, 3, "a", "x y", 3 * SECOND, 9000, RUN_FAILED);
	run_that_ends(kit, 4, "a", "x y", 4 * SECOND, 300, RUN_SUCCESS);
	kit_run(batch, 5, kit_dag("a", "x y", "x y"), "k5", 60 * SECOND);
	kit_task(batch, 5, 0, TASK_NONE, TASK_QUEUED, 60 * SECOND);
	kit_run(batch, 6, kit_dag("b", "x", "x"), "k6", 61 * SECOND)->run_new.state = RUN_QUEUED;
	kit_apply(kit, batch);
	expect_rows(kit, (struct dag_filter){.bars = 3},
		    "a: 5 running 30000, 4 success 300, 3 failed 9000 | usual 0, 1 run, 0 wait, 1 "
		    "tasks wait; -\n"
		    "b: 6 queued 0 | usual 0, 0 run, 1 wait, 0 tasks wait; -\n");
	expect_rows(kit, (struct dag_filter){.bars = 14, .limit = 1},
		    "a: 5 running 30000, 4 success 300, 3 failed 9000, 2 success 100, 1 success "
		    "900 | usual 300, 1 run, 0 wait, 1 tasks wait; -\n");
	expect_rows(kit, (struct dag_filter){.after = "a", .bars = 0},
		    "b:  | usual 0, 0 run, 1 wait, 0 tasks wait; -\n");
}

static void a_run_counts_from_when_it_began(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct run_bar bars[4];
	struct str text = STR_INIT;
	uint32_t count;

	kit_run(batch, 1, kit_dag("a", "x", "x"), "k1", 1 * SECOND)->run_new.state = RUN_QUEUED;
	kit_run_state(batch, 1, RUN_QUEUED, RUN_RUNNING, 11 * SECOND);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_FAILED, 13 * SECOND);
	/* Corrected by hand, much later: it ran as long as it ran. */
	kit_run_state(batch, 1, RUN_FAILED, RUN_SUCCESS, 80 * SECOND);
	kit_apply(kit, batch);
	assert_int_equal(read_bars(kit->reader, "a", bars, 4, &count, NULL), 0);
	print_bars(&text, bars, count);
	kit_expect(&text, "1 success 2000");
	/* Run again, it counts anew. */
	batch = store_batch_create(NULL);
	kit_run_state(batch, 1, RUN_SUCCESS, RUN_QUEUED, 81 * SECOND);
	kit_apply(kit, batch);
	assert_int_equal(read_bars(kit->reader, "a", bars, 4, &count, NULL), 0);
	print_bars(&text, bars, count);
	kit_expect(&text, "1 queued 0");
	batch = store_batch_create(NULL);
	kit_run_state(batch, 1, RUN_QUEUED, RUN_RUNNING, 82 * SECOND);
	kit_run_state(batch, 1, RUN_RUNNING, RUN_SUCCESS, 85 * SECOND);
	kit_apply(kit, batch);
	assert_int_equal(read_bars(kit->reader, "a", bars, 4, &count, NULL), 0);
	print_bars(&text, bars, count);
	kit_expect(&text, "1 success 3000");
	assert_int_equal(kit_number(kit, "SELECT ended_at_ms FROM run"), 85 * SECOND);
}

static struct dag *described(const char *id, const char *description, const char *owner,
			     const char *tag)
{
	struct dag *dag = kit_dag(id, "x", id);

	dag->description = arena_strdup(&dag->arena, description);
	dag->owner = arena_strdup(&dag->arena, owner);
	if (tag != NULL) {
		const char **tags = arena_alloc(&dag->arena, 2 * sizeof *tags);

		tags[0] = arena_strdup(&dag->arena, tag);
		dag->tags = tags;
	}
	return dag;
}

static bool print_id(void *context, const struct dag_row_view *row)
{
	str_printf(context, "%s ", row->dag.dag_id);
	return true;
}

static void expect_found(struct kit *kit, struct dag_filter filter, const char *expected)
{
	struct str text = STR_INIT;
	int64_t count;
	int64_t words = 0;

	filter.limit = 100;
	assert_int_equal(read_dag_rows(kit->reader, &filter, print_id, &text, NULL), 0);
	for (size_t i = 0; i < text.size; i++)
		words += text.data[i] == ' ';
	kit_expect(&text, expected);
	assert_int_equal(read_dag_count(kit->reader, &filter, &count, NULL), 0);
	assert_int_equal(count, words);
}

struct place {
	char after[LIMIT_ID_BYTES + 1];
	char key[200];
	struct str text;
};

static bool take_place(void *context, const struct dag_row_view *row)
{
	struct place *place = context;

	snprintf(place->after, sizeof place->after, "%s", row->dag.dag_id);
	snprintf(place->key, sizeof place->key, "%s", row->sort_key);
	str_printf(&place->text, "%s ", row->dag.dag_id);
	return true;
}

static void dags_are_found_by_what_they_say(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct store_dag_file files[] = {
	    {.dag = described("crm.sync", "Contacts by the hour", "crm", NULL), .file = "1.yaml"},
	    {.dag = described("ops.cost", "Cost by run", "platform", "weekly"), .file = "2.yaml"},
	    {.dag = described("risk", NULL, NULL, "nightly"), .file = "3.yaml"}};
	struct change *pause;

	put_dags(kit, files, 3);
	run_that_ends(kit, 1, "crm.sync", "x", SECOND, 1, RUN_FAILED);
	run_that_ends(kit, 2, "crm.sync", "x", SECOND, 1, RUN_SUCCESS);
	run_that_ends(kit, 3, "risk", "x", SECOND, 1, RUN_FAILED);
	pause = kit_change(batch, CHANGE_DAG_PAUSE, 0, 0, SECOND);
	pause->actor = "alice";
	pause->dag_pause.dag_id = "ops.cost";
	pause->dag_pause.is_paused = true;
	kit_apply(kit, batch);
	expect_found(kit, (struct dag_filter){0}, "crm.sync ops.cost risk ");
	expect_found(kit, (struct dag_filter){.text = "BY THE"}, "crm.sync ");
	expect_found(kit, (struct dag_filter){.text = "cost"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "week"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "%"}, "");
	expect_found(kit, (struct dag_filter){.text = "owner:PLATFORM"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "owner:plat"}, "");
	expect_found(kit, (struct dag_filter){.text = "owner:plat* name:ops.*"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "tag:night*"}, "risk ");
	expect_found(kit, (struct dag_filter){.text = "state:failed"}, "risk ");
	expect_found(kit, (struct dag_filter){.text = "cost week"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "*.*c*"}, "crm.sync ops.cost ");
	expect_found(kit, (struct dag_filter){.owner = "platform"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.tag = "nightly"}, "risk ");
	expect_found(kit, (struct dag_filter){.tag = "night"}, "");
	expect_found(kit, (struct dag_filter){.state = "failed"}, "risk ");
	expect_found(kit, (struct dag_filter){.state = "success"}, "crm.sync ");
	expect_found(kit, (struct dag_filter){.state = "paused"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.state = "none"}, "ops.cost ");
	expect_found(kit, (struct dag_filter){.text = "r", .state = "failed"}, "risk ");
}

/* All pages of a list, a row each. */
static void expect_pages(struct kit *kit, struct dag_filter filter, const char *expected)
{
	struct place place = {.text = STR_INIT};
	size_t before;

	filter.limit = 1;
	do {
		before = place.text.size;
		assert_int_equal(read_dag_rows(kit->reader, &filter, take_place, &place, NULL), 0);
		filter.after = place.after;
		filter.after_key = place.key;
	} while (place.text.size > before);
	kit_expect(&place.text, expected);
}

static void dags_are_ordered_by_what_their_columns_show(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file files[] = {
	    {.dag = described("a", "good", "Zoe", NULL), .file = "a.yaml"},
	    {.dag = described("b", "good", "crm", NULL), .file = "b.yaml"},
	    {.dag = described("c", "bad", NULL, NULL), .file = "c.yaml"},
	    {.dag = kit_dag("d", "x y z", "x y z"), .file = "d.yaml"},
	    {.dag = described("e", "good", "CRM", NULL), .file = "e.yaml"}};

	run_that_ends(kit, 1, "d", "x y z", SECOND, 1, RUN_FAILED); /* before it is in force */
	put_dags(kit, files, 5);
	run_that_ends(kit, 2, "b", "x", SECOND, 1, RUN_SUCCESS);
	run_that_ends(kit, 3, "a", "x", SECOND, 1, RUN_SUCCESS);
	run_that_ends(kit, 4, "b", "x", SECOND, 1, RUN_FAILED);
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_NAME}, "a b c d e ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_NAME, .descends = true},
		     "e d c b a ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_LAST_RUN, .descends = true},
		     "b a d e c ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_LAST_RUN}, "c e d a b ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_TASKS, .descends = true},
		     "d e c b a ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_TASKS}, "a b c e d ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_OWNER}, "c d b e a ");
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_OWNER, .descends = true},
		     "a e b d c ");
	expect_pages(
	    kit, (struct dag_filter){.order = DAGS_BY_LAST_RUN, .text = "good state:failed"}, "b ");
	/* Whoever goes and comes back has its runs. */
	assert_int_equal(store_put_dags(kit->store, NULL, 0, NULL, 0, 8, SECOND, NULL), 0);
	files[0].dag = described("a", "good", "Zoe", NULL);
	files[1].dag = described("b", "good", "crm", NULL);
	put_dags(kit, files, 2);
	expect_pages(kit, (struct dag_filter){.order = DAGS_BY_LAST_RUN}, "a b ");
}

static void runs_are_counted_up_to_a_bound(void **state)
{
	struct kit *kit = *state;
	int64_t count;

	for (int64_t run_no = 1; run_no <= 5; run_no++)
		run_that_ends(kit, run_no, run_no < 4 ? "a" : "b", "x", SECOND, 1,
			      run_no % 2 == 0 ? RUN_FAILED : RUN_SUCCESS);
	assert_int_equal(read_run_count(kit->reader, &(struct run_filter){0}, 9, &count, NULL), 0);
	assert_int_equal(count, 5);
	assert_int_equal(read_run_count(kit->reader, &(struct run_filter){0}, 4, &count, NULL), 0);
	assert_int_equal(count, -1);
	assert_int_equal(
	    read_run_count(kit->reader, &(struct run_filter){.dag_id = "a"}, 9, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(
	    read_run_count(kit->reader, &(struct run_filter){.state = "failed"}, 9, &count, NULL),
	    0);
	assert_int_equal(count, 2);
	assert_int_equal(read_run_count(kit->reader,
					&(struct run_filter){.dag_id = "a", .state = "success"}, 9,
					&count, NULL),
			 0);
	assert_int_equal(count, 2);
}

/* --- the grid -----------------------------------------------------------------------------------
 */

static void expect_grid(struct kit *kit, struct grid_window window, const char *expected)
{
	struct str text = STR_INIT;
	struct grid grid;

	window.runs = window.runs == 0 ? 10 : window.runs;
	window.tasks = window.tasks == 0 ? 10 : window.tasks;
	assert_int_equal(read_grid(kit->reader, &window, &grid, NULL), 0);
	str_printf(&text, "%u of %u:", grid.task_count, grid.task_total);
	for (uint32_t i = 0; i < grid.task_count; i++)
		str_printf(&text, " %s", grid.tasks[i]);
	for (uint32_t i = 0; i < grid.run_count; i++)
		str_printf(&text, "\n%" PRId64 " %s", grid.runs[i].run_no, grid.cells[i]);
	str_printf(&text, "%s\n", grid.older ? "\nolder" : "");
	grid_close(&grid);
	kit_expect(&text, expected);
}

/* Three runs; the last one has another version, in which d is new, b is gone and c stands before a.
 */
static void make_grid(struct kit *kit)
{
	struct store_dag_file file = {.dag = kit_dag("g", "c a d", "c a d"), .file = "g.yaml"};
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("g", "a b c", "a b c"), "k1", 1 * SECOND);
	kit_release(batch, 1, 0, 1, 1, 1 * SECOND);
	kit_succeed(batch, 1, 0, 1, 1 * SECOND);
	kit_task(batch, 1, 1, TASK_NONE, TASK_SKIPPED, 1 * SECOND);
	kit_task(batch, 1, 2, TASK_NONE, TASK_UPSTREAM_FAILED, 1 * SECOND);
	kit_run(batch, 2, kit_dag("g", "a b c", "a b c"), "k2", 2 * SECOND);
	kit_task(batch, 2, 0, TASK_NONE, TASK_QUEUED, 2 * SECOND);
	kit_apply(kit, batch);
	put_dags(kit, &file, 1);
	batch = store_batch_create(NULL);
	kit_run(batch, 3, kit_dag("g", "c a d", "c a d"), "k3", 3 * SECOND);
	kit_release(batch, 3, 2, 2, 1, 3 * SECOND);
	kit_apply(kit, batch);
}

static void a_grid_follows_tasks_over_versions(void **state)
{
	struct kit *kit = *state;

	make_grid(kit);
	expect_grid(kit, (struct grid_window){.dag_id = "g"},
		    "3 of 3: c a d\n3 ..r\n2 .q-\n1 us-\n");
}

static void a_grid_is_read_by_windows(void **state)
{
	struct kit *kit = *state;

	make_grid(kit);
	expect_grid(kit, (struct grid_window){.dag_id = "g", .runs = 1, .tasks = 2},
		    "2 of 3: c a\n3 ..\nolder\n");
	expect_grid(kit, (struct grid_window){.dag_id = "g", .runs = 2, .from = 1, .tasks = 1},
		    "1 of 3: a\n3 .\n2 q\nolder\n");
	expect_grid(kit, (struct grid_window){.dag_id = "g", .before_run_no = 3, .from = 2},
		    "1 of 3: d\n2 -\n1 -\n");
	expect_grid(kit, (struct grid_window){.dag_id = "g", .to_ms = 2 * SECOND},
		    "3 of 3: c a d\n2 .q-\n1 us-\n");
	expect_grid(kit, (struct grid_window){.dag_id = "g", .to_ms = 500}, "3 of 3: c a d\n");
	expect_grid(kit, (struct grid_window){.dag_id = "g", .from = 9}, "0 of 3:\n3 \n2 \n1 \n");
}

static void a_dag_that_is_gone_has_its_grid(void **state)
{
	struct kit *kit = *state;
	struct grid grid;
	struct err err;

	make_grid(kit);
	put_dags(kit, NULL, 0);
	expect_grid(kit, (struct grid_window){.dag_id = "g", .before_run_no = 3},
		    "3 of 3: a b c\n2 q..\n1 sku\n");
	assert_int_equal(
	    read_grid(kit->reader, &(struct grid_window){.dag_id = "no", .runs = 1}, &grid, &err),
	    ERR_NOT_FOUND);
	assert_string_equal(err.message, "there is no dag 'no'");
	grid_close(&grid);
}

/* --- what needs somebody ------------------------------------------------------------------------
 */

static bool print_failure(void *context, const struct failure_view *view)
{
	str_printf(context, "%s %.16s x%u%s: %s\n", view->dag_id, view->run_id, view->count,
		   view->is_last ? " last" : "", kit_text(view->reason));
	return true;
}

static void failures_are_told_by_dag(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	bool more;

	run_that_ends(kit, 1, "b", "x", 1 * SECOND, 1, RUN_FAILED);
	run_that_ends(kit, 2, "a", "x", 2 * SECOND, 1, RUN_FAILED);
	run_that_ends(kit, 3, "b", "x", 3 * SECOND, 1, RUN_FAILED);
	run_that_ends(kit, 4, "b", "x", 4 * SECOND, 1, RUN_SUCCESS);
	run_that_ends(kit, 5, "c", "x", 5 * SECOND, 1, RUN_CANCELLED);
	run_that_ends(kit, 6, "a", "x", 6 * SECOND, 1, RUN_FAILED);
	assert_int_equal(read_failures(kit->reader, 0, print_failure, &text, &more, NULL), 0);
	assert_false(more);
	kit_expect(&text, "a 0000000000000006 x2 last: task 'x' failed\n"
			  "b 0000000000000003 x2: task 'x' failed\n");
	assert_int_equal(read_failures(kit->reader, 3 * SECOND, print_failure, &text, &more, NULL),
			 0);
	kit_expect(&text, "a 0000000000000006 x1 last: task 'x' failed\n"
			  "b 0000000000000003 x1: task 'x' failed\n");
	assert_int_equal(read_failures(kit->reader, 7 * SECOND, print_failure, &text, &more, NULL),
			 0);
	kit_expect(&text, "");
}

static bool print_held(void *context, const struct held_view *view)
{
	str_printf(context, "'%s' by %s: %u\n", view->pause.dag_id, view->pause.actor,
		   view->queued);
	return true;
}

static void a_pause_that_holds_nothing_is_not_told(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	static const char *const paused[] = {"a", "b", NULL};
	struct str text = STR_INIT;

	for (size_t i = 0; i < 3; i++) {
		struct change *pause = kit_change(batch, CHANGE_DAG_PAUSE, 0, 0, SECOND);

		pause->actor = "alice";
		pause->dag_pause.dag_id = paused[i];
		pause->dag_pause.is_paused = true;
	}
	for (int64_t run_no = 1; run_no <= 3; run_no++)
		kit_run(batch, run_no, kit_dag(run_no == 3 ? "c" : "a", "x", "x"),
			run_no == 1 ? "k1" : "k2", SECOND)
		    ->run_new.state = RUN_QUEUED;
	kit_apply(kit, batch);
	assert_int_equal(read_held(kit->reader, print_held, &text, NULL), 0);
	kit_expect(&text, "'' by alice: 1\n'a' by alice: 2\n");
}

static bool print_letter(void *context, const struct letter_view *view)
{
	str_printf(context, "%s %s: %s\n", view->kind, view->subject, view->reason);
	return true;
}

static void what_could_not_be_written_and_places_are_found(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct str text = STR_INIT;
	struct attempt_place place;
	struct err err;

	kit_run(batch, 1, kit_dag("a", "x y", "x y"), "k1", SECOND);
	kit_release(batch, 1, 1, 7, 3, SECOND);
	kit_apply(kit, batch);
	assert_int_equal(read_attempt_place(kit->reader, 7, &place, NULL), 0);
	assert_string_equal(place.dag_id, "a");
	assert_string_equal(place.run_id, "0000000000000001");
	assert_string_equal(place.task_id, "y");
	assert_int_equal(place.number, 3);
	assert_int_equal(read_attempt_place(kit->reader, 8, &place, &err), ERR_NOT_FOUND);
	assert_int_equal(
	    store_put_dead_letter(kit->store, "record", "7", "{}", "it is torn", SECOND, NULL), 0);
	assert_int_equal(read_letters(kit->reader, 5, print_letter, &text, NULL), 0);
	kit_expect(&text, "record 7: it is torn\n");
}

/* --- what it costs ------------------------------------------------------------------------------
 */

static bool any_row(void *context, const struct dag_row_view *row)
{
	(void)context;
	(void)row;
	return true;
}

/* Rows passed by without an index, and steps of SQLite's machine: with ten times the history the
 * same window costs the same. */
static int steps_of(struct kit *kit)
{
	int steps = 0;

	for (size_t i = 0; i < kit->reader->db.statement_count; i++) {
		sqlite3_stmt *statement = kit->reader->db.statements[i].statement;

		if (sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 1) > 0)
			fail_msg("sorts: %s", kit->reader->db.statements[i].sql);
		steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	}
	return steps;
}

static int window_steps(struct kit *kit)
{
	struct grid_window window = {.dag_id = "a", .to_ms = 5 * SECOND, .runs = 4, .tasks = 2};
	struct dag_filter filter = {.limit = 10, .bars = 4};
	struct run_filter since = {.dag_id = "a", .state = "failed", .since_ms = 1, .limit = 3};
	struct str text = STR_INIT;
	struct grid grid;

	assert_int_equal(read_grid(kit->reader, &window, &grid, NULL), 0);
	assert_int_equal(grid.run_count, 4);
	grid_close(&grid);
	assert_int_equal(read_dag_rows(kit->reader, &filter, any_row, NULL, NULL), 0);
	assert_int_equal(read_runs(kit->reader, &since, kit_print_run, &text, NULL), 0);
	str_close(&text);
	return steps_of(kit);
}

static void a_window_costs_the_same_with_any_history(void **state)
{
	struct kit *kit = *state;
	struct store_dag_file file = {.dag = kit_dag("a", "x y", "x y"), .file = "a.yaml"};
	int64_t run_no = 1;
	int before;
	int after;

	put_dags(kit, &file, 1);
	for (; run_no <= 20; run_no++)
		run_that_ends(kit, run_no, "a", "x y", SECOND + run_no, 1, RUN_FAILED);
	before = window_steps(kit);
	for (; run_no <= 200; run_no++)
		run_that_ends(kit, run_no, "a", "x y", SECOND + run_no, 1, RUN_FAILED);
	after = window_steps(kit);
	assert_in_range(after, before / 2, before + before / 10);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_row_holds_the_last_runs_and_what_waits),
	    STORY(a_run_counts_from_when_it_began),
	    STORY(dags_are_found_by_what_they_say),
	    STORY(dags_are_ordered_by_what_their_columns_show),
	    STORY(runs_are_counted_up_to_a_bound),
	    STORY(a_grid_follows_tasks_over_versions),
	    STORY(a_grid_is_read_by_windows),
	    STORY(a_dag_that_is_gone_has_its_grid),
	    STORY(failures_are_told_by_dag),
	    STORY(a_pause_that_holds_nothing_is_not_told),
	    STORY(what_could_not_be_written_and_places_are_found),
	    STORY(a_window_costs_the_same_with_any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
