/* test_store_amend.c - params, periods, outputs, resets, other versions and pauses are found again.
 */
#include "store/store.h"
#include "tests/unit/store_kit.h"

static int take_run(void *context, const struct store_run_row *row, struct err *err)
{
	struct str *text = context;

	(void)err;
	str_printf(text,
		   "%s %s hash=%s params=%s period=%s %lld-%lld outcome=%s deadline=%lld/%lld\n",
		   row->run_id + 15, run_state_name(row->state), row->dag_hash,
		   row->params == NULL ? "-" : row->params, row->period.id,
		   (long long)row->period.start_ms, (long long)row->period.end_ms,
		   row->state == RUN_ENDING ? run_state_name(row->outcome) : "-",
		   (long long)row->deadline_wall_ms, (long long)row->deadline_boot_ms);
	return 0;
}

static int take_task(void *context, const struct store_task_row *row, struct err *err)
{
	(void)err;
	str_printf(context, "  %u %s x%u before=%u aim=%s\n", row->task,
		   task_state_name(row->state), row->attempts, row->attempts_before,
		   row->state == TASK_CANCELLING ? cancel_aim_name(row->aim) : "-");
	return 0;
}

static void expect_rows(struct kit *kit, const char *run_id, const char *wanted)
{
	struct str text = STR_INIT;
	struct store_loader loader = {&text, take_run, take_task};
	struct err err = {0};

	if (read_run_rows(kit->reader, run_id, &loader, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(str_text(&text), wanted);
	str_close(&text);
}

static void begin_run(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_run(batch, 1, kit_dag("d", "a b", "v1"), "k", 1000);

	change->run_new.params = "{\"region\":\"eu\"}";
	change->run_new.period = (struct run_period){"2026-11-20", 500, 900};
	change->run_new.deadline = (struct moment){.wall_ms = 9000, .boot_ms = 8000};
	kit_release(batch, 1, 0, 11, 1, 1100);
	kit_apply(kit, batch);
}

static void what_a_run_was_started_with_is_kept(void **state)
{
	struct kit *kit = *state;

	begin_run(kit);
	expect_rows(kit, "0000000000000001",
		    "1 running hash=v1 params={\"region\":\"eu\"} period=2026-11-20 500-900 "
		    "outcome=- deadline=9000/8000\n"
		    "  0 running x1 before=0 aim=-\n"
		    "  1 none x0 before=0 aim=-\n");
}

static void put_output(struct kit *kit, uint32_t task, const char *json)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_OUTPUTS, 1, task, 1300);

	change->outputs.attempt_id = 11;
	change->outputs.json = json;
	kit_apply(kit, batch);
}

static void expect_output(struct kit *kit, uint32_t task, const char *wanted)
{
	struct str json = STR_INIT;

	assert_int_equal(read_output(kit->reader, 1, task, &json, NULL), 0);
	assert_string_equal(str_text(&json), wanted);
	str_close(&json);
}

static void reset_first(struct kit *kit)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change;

	kit_end(batch, CHANGE_ATTEMPT_END, 1, 0, 11, CAUSE_EXIT_CODE, 1400);
	kit_task(batch, 1, 0, TASK_RUNNING, TASK_FAILED, 1400);
	change = kit_task(batch, 1, 0, TASK_FAILED, TASK_NONE, 1500);
	change->task_state.attempts_before = 1;
	kit_apply(kit, batch);
}

static void a_reset_takes_the_outputs_and_gives_the_retries_back(void **state)
{
	struct kit *kit = *state;

	begin_run(kit);
	put_output(kit, 0, "{\"rows\":1}");
	put_output(kit, 0, "{\"rows\":2}");
	expect_output(kit, 0, "{\"rows\":2}");
	expect_output(kit, 1, "");
	reset_first(kit);
	expect_output(kit, 0, "");
	expect_rows(kit, "0000000000000001",
		    "1 running hash=v1 params={\"region\":\"eu\"} period=2026-11-20 500-900 "
		    "outcome=- deadline=9000/8000\n"
		    "  0 none x1 before=1 aim=-\n"
		    "  1 none x0 before=0 aim=-\n");
}

static void a_run_that_ends_knows_its_outcome_and_forgets_it_when_it_goes_on(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change;

	begin_run(kit);
	change = kit_run_state(batch, 1, RUN_RUNNING, RUN_ENDING, 2000);
	change->run_state.outcome = RUN_FAILED;
	change->why = "task 'a' failed";
	kit_apply(kit, batch);
	expect_rows(kit, "0000000000000001",
		    "1 ending hash=v1 params={\"region\":\"eu\"} period=2026-11-20 500-900 "
		    "outcome=failed deadline=9000/8000\n"
		    "  0 running x1 before=0 aim=-\n"
		    "  1 none x0 before=0 aim=-\n");
	batch = store_batch_create(NULL);
	change = kit_run_state(batch, 1, RUN_ENDING, RUN_FAILED, 2100);
	change->run_state.outcome = RUN_FAILED;
	change = kit_run_state(batch, 1, RUN_FAILED, RUN_RUNNING, 2200);
	change->run_state.outcome = RUN_RUNNING;
	change->why = "rerun";
	kit_apply(kit, batch);
	expect_rows(kit, "0000000000000001",
		    "1 running hash=v1 params={\"region\":\"eu\"} period=2026-11-20 500-900 "
		    "outcome=- deadline=0/0\n"
		    "  0 running x1 before=0 aim=-\n"
		    "  1 none x0 before=0 aim=-\n");
}

static void another_version_takes_tasks_and_attempts_along_by_name(void **state)
{
	static const uint32_t old_positions[] = {UINT32_MAX, 0};
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change;

	begin_run(kit);
	put_output(kit, 0, "{\"rows\":2}");
	kit_task(batch, 1, 1, TASK_NONE, TASK_SKIPPED, 1500);
	change = kit_change(batch, CHANGE_RUN_VERSION, 1, 0, 1600);
	change->run_version.dag = kit_dag("d", "new a", "v2");
	change->run_version.old_positions = old_positions;
	change->run_version.old_task_count = 2;
	change = kit_change(batch, CHANGE_RUN_PARAMS, 1, 0, 1600);
	change->run_params = "{}";
	kit_apply(kit, batch);
	expect_rows(kit, "0000000000000001",
		    "1 running hash=v2 params={} period=2026-11-20 500-900 outcome=- "
		    "deadline=9000/8000\n"
		    "  0 none x0 before=0 aim=-\n"
		    "  1 running x1 before=0 aim=-\n");
	expect_output(kit, 1, "{\"rows\":2}");
	/* Facts speak of the tasks as they were called when they were written. */
	kit_expect_facts(kit, 5,
			 "6 task.state d/b/0 none -> skipped by scheduler: -\n"
			 "7 run.version d/-/0 - -> v2 by scheduler: -\n"
			 "8 run.params d/-/0 - -> {} by scheduler: -\n");
}

/* Moves the run to another version, whose only task was at the position old of the former one. */
static void move_to(struct kit *kit, const char *task, const char *text, uint32_t old)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_RUN_VERSION, 1, 0, 1600);

	change->run_version.dag = kit_dag("d", task, text);
	change->run_version.old_positions = &old;
	change->run_version.old_task_count = 2;
	kit_apply(kit, batch);
}

static void finish(struct kit *kit, int64_t attempt_id)
{
	struct store_batch *batch = store_batch_create(NULL);

	kit_end(batch, CHANGE_ATTEMPT_END, 1, 0, attempt_id, CAUSE_SUCCESS, 1500);
	kit_task(batch, 1, 0, TASK_RUNNING, TASK_SUCCESS, 1500);
	kit_apply(kit, batch);
}

static void a_task_may_go_and_come_back_more_than_once(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch;

	begin_run(kit);
	finish(kit, 11);
	for (int64_t round = 0; round < 3; round++) {
		move_to(kit, "other", round == 0 ? "v2" : round == 1 ? "v4" : "v6", UINT32_MAX);
		move_to(kit, "a", round == 0 ? "v3" : round == 1 ? "v5" : "v7", UINT32_MAX);
		batch = store_batch_create(NULL);
		kit_release(batch, 1, 0, 12 + round, 1, 1700);
		kit_apply(kit, batch);
		finish(kit, 12 + round);
	}
}

static bool print_pause(void *context, const struct pause_view *view)
{
	str_printf(context, "'%s' %s %s\n", view->dag_id, view->actor,
		   view->reason == NULL ? "-" : view->reason);
	return true;
}

static void put_pause(struct kit *kit, const char *dag_id, bool is_paused, const char *why)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_DAG_PAUSE, 0, 0, 1000);

	change->dag_pause.dag_id = dag_id;
	change->dag_pause.is_paused = is_paused;
	change->actor = "user:alice";
	change->why = why;
	kit_apply(kit, batch);
}

static void expect_pauses(struct kit *kit, const char *wanted)
{
	struct str text = STR_INIT;

	assert_int_equal(read_pauses(kit->reader, print_pause, &text, NULL), 0);
	assert_string_equal(str_text(&text), wanted);
	str_close(&text);
}

static void pauses_are_kept_until_somebody_resumes(void **state)
{
	struct kit *kit = *state;

	put_pause(kit, "d", true, "holidays");
	put_pause(kit, "e", true, NULL);
	put_pause(kit, NULL, true, "maintenance");
	expect_pauses(kit, "'' user:alice maintenance\n"
			   "'d' user:alice holidays\n"
			   "'e' user:alice -\n");
	put_pause(kit, "d", false, NULL);
	expect_pauses(kit, "'' user:alice maintenance\n"
			   "'e' user:alice -\n");
	put_pause(kit, NULL, false, NULL);
	expect_pauses(kit, "'e' user:alice -\n");
}

static bool print_note(void *context, const struct note_view *view)
{
	str_printf(context, "%lld %s %s %s\n", (long long)view->at_ms, view->actor,
		   view->task_id == NULL ? "-" : view->task_id, view->text);
	return true;
}

static void put_note(struct kit *kit, int64_t at_ms, const char *task_id, const char *text)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_NOTE, 1, 0, at_ms);

	change->note.task_id = task_id;
	change->note.text = text;
	change->actor = "user:alice";
	kit_apply(kit, batch);
}

static void the_newest_notes_of_a_run_are_told_oldest_first(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;

	begin_run(kit);
	for (int i = 0; i < READ_NOTES_MAX - 1; i++)
		put_note(kit, 1000, NULL, "again");
	put_note(kit, 2000, "b", "two rows");
	put_note(kit, 3000, NULL, "late");
	assert_int_equal(read_notes(kit->reader, 1, print_note, &text, NULL), 0);
	assert_string_equal(strstr(str_text(&text), "2000"),
			    "2000 user:alice b two rows\n3000 user:alice - late\n");
	assert_int_equal(text.size, (READ_NOTES_MAX - 2) * strlen("1000 user:alice - again\n") +
					strlen(strstr(str_text(&text), "2000")));
	str_clear(&text);
	assert_int_equal(read_notes(kit->reader, 2, print_note, &text, NULL), 0);
	assert_string_equal(str_text(&text), "");
	str_close(&text);
}

static bool print_scripts(void *context, const struct attempt_view *view)
{
	str_printf(context, "%s %u %s\n", view->task_id, view->number,
		   view->scripts == NULL ? "-" : view->scripts);
	return true;
}

static void put_scripts(struct kit *kit, uint32_t task, int64_t attempt_id, const char *json)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct change *change = kit_change(batch, CHANGE_SCRIPTS, 1, task, 2000);

	change->scripts.attempt_id = attempt_id;
	change->scripts.json = json;
	kit_apply(kit, batch);
}

/* a: tries 1 and 2, b: try 1, of a run whose attempts are 11, 12 and 21. */
static void what_scripts_were_is_told_of_the_newest_attempts(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);
	struct str text = STR_INIT;
	int64_t facts = 0;
	int64_t later = 0;

	begin_run(kit);
	kit_succeed(batch, 1, 0, 11, 1200);
	kit_task(batch, 1, 0, TASK_SUCCESS, TASK_NONE, 1300);
	kit_release(batch, 1, 0, 12, 2, 1400);
	kit_release(batch, 1, 1, 21, 1, 1400);
	kit_apply(kit, batch);
	assert_int_equal(read_last_fact(kit->reader, &facts, NULL), 0);
	put_scripts(kit, 0, 11, "[1]");
	assert_int_equal(read_scripts(kit->reader, 1, print_scripts, &text, NULL), 0);
	assert_string_equal(str_text(&text), "");
	put_scripts(kit, 0, 12, "[2]");
	put_scripts(kit, 1, 21, "[3]");
	put_scripts(kit, 1, 99, "[4]"); /* pruned meanwhile */
	assert_int_equal(read_scripts(kit->reader, 1, print_scripts, &text, NULL), 0);
	assert_string_equal(str_text(&text), "a 2 [2]\nb 1 [3]\n");
	str_clear(&text);
	assert_int_equal(read_attempts(kit->reader, 1, "a", 0, print_scripts, &text, NULL), 0);
	assert_string_equal(str_text(&text), "a 1 [1]\na 2 [2]\n");
	assert_int_equal(read_last_fact(kit->reader, &later, NULL), 0);
	assert_int_equal(facts, later);
	str_close(&text);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(what_a_run_was_started_with_is_kept),
	    STORY(a_reset_takes_the_outputs_and_gives_the_retries_back),
	    STORY(a_run_that_ends_knows_its_outcome_and_forgets_it_when_it_goes_on),
	    STORY(another_version_takes_tasks_and_attempts_along_by_name),
	    STORY(a_task_may_go_and_come_back_more_than_once),
	    STORY(pauses_are_kept_until_somebody_resumes),
	    STORY(the_newest_notes_of_a_run_are_told_oldest_first),
	    STORY(what_scripts_were_is_told_of_the_newest_attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
