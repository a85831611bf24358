/* test_store_writer.c - the writing thread: what is handed in is committed in order, and the loop
 * hears of it. */
#include "store/writer.h"

#include "tests/unit/store_kit.h"

#include <sqlite3.h>
#include <sys/stat.h>

struct story {
	struct kit *kit;
	uv_loop_t loop;
	struct store_writer *writer;
	struct str heard; /* a word an event */
	bool inside_call;
	bool stop_at_end;  /* stop once all was committed */
	uint32_t submits;  /* from within callbacks, to come */
	uint32_t position; /* of the next task */
};

static void hear(struct story *story, const char *word)
{
	assert_false(story->inside_call);
	str_append(&story->heard, word);
}

static void on_stopped(void *context)
{
	hear(context, "stopped ");
}

static void stop(struct story *story)
{
	story->inside_call = true;
	store_writer_stop(story->writer, on_stopped, story);
	story->inside_call = false;
}

static void submit(struct story *story, struct store_batch *batch)
{
	story->inside_call = true;
	store_writer_submit(story->writer, batch);
	story->inside_call = false;
}

/* A batch that releases the next task of run 1; its name is the task's position. */
static struct store_batch *next_batch(struct story *story)
{
	static const char *const names[] = {"0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 "};
	uint32_t task = story->position++;
	struct store_batch *batch = store_batch_create((void *)(uintptr_t)names[task]);

	kit_release(batch, 1, task, task + 1, 1, 1000);
	return batch;
}

static void on_committed(void *context, struct store_batch *batch)
{
	struct story *story = context;

	hear(story, batch->context);
	store_batch_destroy(batch);
	if (story->submits > 0) {
		story->submits--;
		submit(story, next_batch(story));
	} else if (story->stop_at_end && store_writer_is_idle(story->writer)) {
		stop(story);
	}
}

static void on_failing(void *context, enum store_failure failure, const char *reason)
{
	struct story *story = context;

	assert_int_not_equal(reason[0], '\0');
	hear(story, failure == STORE_FULL ? "full " : "failing ");
}

static void on_recovered(void *context)
{
	hear(context, "recovered ");
}

static void on_broken(void *context, const char *reason, const struct store_batch *unwritten)
{
	struct story *story = context;

	assert_non_null(strstr(reason, "there is no task in state"));
	hear(story, "broken: ");
	for (; unwritten != NULL; unwritten = unwritten->next)
		hear(story, unwritten->context);
}

static int story_start(void **state)
{
	struct store_writer_events events = {.committed = on_committed,
					     .failing = on_failing,
					     .recovered = on_recovered,
					     .broken = on_broken};
	struct story *story = mem_alloc(sizeof *story);
	struct store_batch *batch = store_batch_create(NULL);
	void *kit;

	if (kit_start(&kit) != 0)
		return -1;
	story->kit = kit;
	kit_run(batch, 1, kit_dag("nightly", "a b c d e f g h", "v1"), "k1", 1000);
	kit_apply(story->kit, batch);
	events.context = story;
	uv_loop_init(&story->loop);
	*state = story;
	return store_writer_start(&story->loop, story->kit->store, &events, &story->writer, NULL);
}

static int story_stop(void **state)
{
	struct story *story = *state;
	void *kit = story->kit;

	assert_int_equal(uv_loop_close(&story->loop), 0);
	str_close(&story->heard);
	mem_free(story);
	return kit_stop(&kit);
}

static void run_loop(struct story *story)
{
	uv_run(&story->loop, UV_RUN_DEFAULT);
}

static void batches_are_committed_in_order(void **state)
{
	struct story *story = *state;

	for (int i = 0; i < 5; i++)
		submit(story, next_batch(story));
	assert_false(store_writer_is_idle(story->writer));
	/* The loop ends when nothing is to come: an idle writer does not hold it. */
	run_loop(story);
	assert_true(store_writer_is_idle(story->writer));
	assert_string_equal(str_text(&story->heard), "0 1 2 3 4 ");
	stop(story);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "0 1 2 3 4 stopped ");
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM attempt"), 5);
}

static void stopping_first_finishes_what_was_handed_in(void **state)
{
	struct story *story = *state;

	for (int i = 0; i < 3; i++)
		submit(story, next_batch(story));
	stop(story);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "0 1 2 stopped ");
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM attempt"), 3);
}

static void callbacks_may_submit_and_stop(void **state)
{
	struct story *story = *state;

	story->submits = 4;
	story->stop_at_end = true;
	submit(story, next_batch(story));
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "0 1 2 3 4 stopped ");
}

static int count_commit(void *count)
{
	++*(int *)count;
	return 0; /* go on with it */
}

static void what_gathers_meanwhile_is_one_commit(void **state)
{
	struct story *story = *state;
	struct store *store = story->kit->store;
	int commits = 0;

	/* While this is held, the first group's commit waits and the others gather. */
	pthread_mutex_lock(&store->lock);
	sqlite3_commit_hook(store->db.handle, count_commit, &commits);
	for (int i = 0; i < 8; i++)
		submit(story, next_batch(story));
	pthread_mutex_unlock(&store->lock);
	stop(story);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "0 1 2 3 4 5 6 7 stopped ");
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM attempt"), 8);
	/* What the thread found at first, and all the rest. */
	assert_in_range(commits, 1, 2);
}

static void a_lock_held_by_another_program_is_waited_for(void **state)
{
	struct story *story = *state;
	struct db other = {0};

	assert_int_equal(db_open(&other, story->kit->path, SQLITE_OPEN_READWRITE, NULL), 0);
	assert_int_equal(db_script(&other, "BEGIN IMMEDIATE", NULL), 0);
	submit(story, next_batch(story));
	while (strstr(str_text(&story->heard), "failing") == NULL)
		uv_run(&story->loop, UV_RUN_ONCE);
	assert_false(store_writer_is_idle(story->writer));
	assert_int_equal(db_script(&other, "COMMIT", NULL), 0);
	db_close(&other);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "failing recovered 0 ");
	stop(story);
	run_loop(story);
}

static void stopping_while_failing_gives_up(void **state)
{
	struct story *story = *state;
	struct db other = {0};

	assert_int_equal(db_open(&other, story->kit->path, SQLITE_OPEN_READWRITE, NULL), 0);
	assert_int_equal(db_script(&other, "BEGIN IMMEDIATE", NULL), 0);
	submit(story, next_batch(story));
	while (strstr(str_text(&story->heard), "failing") == NULL)
		uv_run(&story->loop, UV_RUN_ONCE);
	submit(story, next_batch(story));
	stop(story);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "failing stopped ");
	assert_int_equal(db_script(&other, "COMMIT", NULL), 0);
	db_close(&other);
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM attempt"), 0);
}

static struct store_batch *refused_batch(void)
{
	struct store_batch *batch = store_batch_create((void *)(uintptr_t) "refused ");

	kit_task(batch, 1, 7, TASK_RUNNING, TASK_SUCCESS, 1000);
	return batch;
}

static void a_batch_that_is_refused_stops_everything_behind_it(void **state)
{
	struct story *story = *state;

	/* All gather into one group, and yet those before the refused one are written. */
	pthread_mutex_lock(&story->kit->store->lock);
	submit(story, next_batch(story));
	submit(story, next_batch(story));
	submit(story, refused_batch());
	submit(story, next_batch(story));
	pthread_mutex_unlock(&story->kit->store->lock);
	while (strstr(str_text(&story->heard), "broken") == NULL)
		uv_run(&story->loop, UV_RUN_ONCE);
	assert_string_equal(str_text(&story->heard), "0 1 broken: refused 2 ");
	assert_false(store_writer_is_idle(story->writer));
	stop(story);
	run_loop(story);
	assert_string_equal(str_text(&story->heard), "0 1 broken: refused 2 stopped ");
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM attempt"), 2);
}

/* Enough commits that the log is carried over several times, with a reader at work. */
static void a_long_story_leaves_a_short_log(void **state)
{
	struct story *story = *state;
	struct store_batch *batch;
	struct stat status;
	char log[160];

	for (int64_t run_no = 2; run_no < 400; run_no++) {
		batch = store_batch_create((void *)(uintptr_t) "");
		kit_run(batch, run_no, kit_dag("nightly", "a b c d e f g h", "v1"), "k", 1000)
		    ->run_new.key = arena_printf(&batch->changes.arena, "k%d", (int)run_no);
		submit(story, batch);
		run_loop(story);
		if (run_no % 50 == 0)
			assert_int_equal(read_facts(story->kit->reader, NULL, 0, 10, kit_print_fact,
						    &story->heard, NULL),
					 0);
	}
	stop(story);
	run_loop(story);
	snprintf(log, sizeof log, "%s-wal", story->kit->path);
	assert_int_equal(stat(log, &status), 0);
	assert_in_range(status.st_size, 1, 2 * STORE_TIDY_PAGES * 4200);
	assert_int_equal(kit_number(story->kit, "SELECT count(*) FROM run"), 399);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, story_start, story_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(batches_are_committed_in_order),
	    STORY(stopping_first_finishes_what_was_handed_in),
	    STORY(callbacks_may_submit_and_stop),
	    STORY(what_gathers_meanwhile_is_one_commit),
	    STORY(a_lock_held_by_another_program_is_waited_for),
	    STORY(stopping_while_failing_gives_up),
	    STORY(a_batch_that_is_refused_stops_everything_behind_it),
	    STORY(a_long_story_leaves_a_short_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
