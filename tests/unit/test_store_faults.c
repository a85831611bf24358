/* test_store_faults.c - whatever write, sync or open fails, and whenever the process is killed:
 * each batch is on disk once and whole, and a reader never sees half of one. */
#include "base/sys.h"
#include "store/writer.h"

#include "tests/unit/store_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BATCHES 3
#define FACTS_PER_BATCH 12

/* One batch is a whole run of two tasks, from its trigger to its end. */
static struct store_batch *run_batch(int64_t run_no, size_t padding)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct arena *arena = &batch->changes.arena;
	char *why = arena_alloc(arena, padding + 1);

	memset(why, 'x', padding);
	kit_run(batch, run_no, kit_dag("nightly", "extract load", "v1"),
		arena_printf(arena, "k%d", (int)run_no), 1000);
	for (uint32_t task = 0; task < 2; task++) {
		kit_release(batch, run_no, task, run_no * 2 + task, 1, 1000);
		kit_succeed(batch, run_no, task, run_no * 2 + task, 2000);
	}
	kit_run_state(batch, run_no, RUN_RUNNING, RUN_SUCCESS, 2000)->why = why;
	return batch;
}

static bool check_success(void *context, const struct task_view *view)
{
	++*(int *)context;
	assert_string_equal(view->state, "success");
	return true;
}

static bool check_whole_run(void *context, const struct run_view *view)
{
	++*(int64_t *)context;
	assert_string_equal(view->state, "success");
	return true;
}

/* Every run that is to be seen has ended, and its tasks have: none is there in part. */
static int64_t count_whole_runs(struct store_reader *reader)
{
	struct run_filter filter = {.limit = 10000};
	int64_t runs = 0;
	int tasks = 0;

	assert_int_equal(read_runs(reader, &filter, check_whole_run, &runs, NULL), 0);
	assert_int_equal(read_tasks(reader, 1, NULL, check_success, &tasks, NULL), 0);
	/* The two looks are not one: what was committed between them is seen by the second alone.
	 */
	if (runs == 0 && tasks > 0)
		assert_int_equal(read_runs(reader, &filter, check_whole_run, &runs, NULL), 0);
	assert_int_equal(tasks, runs == 0 ? 0 : 2);
	return runs;
}

/* --- through the writer
 * ------------------------------------------------------------------------- */

struct story {
	struct kit *kit;
	uv_loop_t loop;
	struct store_writer *writer;
	int64_t committed;
	int64_t wanted;
	size_t padding;
	enum store_failure failure;
	int failing;
	int recovered;
	void (*mend)(struct story *story); /* what ends a failure that lasts; NULL = it passes */
};

static void on_stopped(void *context)
{
	(void)context;
}

static void on_committed(void *context, struct store_batch *batch)
{
	struct story *story = context;

	store_batch_destroy(batch);
	story->committed++;
	assert_int_equal(story->failing, story->recovered);
	assert_in_range(count_whole_runs(story->kit->reader), story->committed, story->wanted);
	if (story->committed < story->wanted)
		store_writer_submit(story->writer, run_batch(story->committed + 1, story->padding));
	else
		store_writer_stop(story->writer, on_stopped, NULL);
}

static void on_failing(void *context, enum store_failure failure, const char *reason)
{
	struct story *story = context;

	assert_int_not_equal(reason[0], '\0');
	story->failure = failure;
	if (story->failing == story->recovered)
		story->failing++;
	count_whole_runs(story->kit->reader);
	if (story->mend != NULL)
		story->mend(story);
}

static void on_recovered(void *context)
{
	((struct story *)context)->recovered++;
}

static void on_broken(void *context, const char *reason, const struct store_batch *unwritten)
{
	(void)context;
	(void)unwritten;
	fail_msg("broken: %s", reason);
}

/* Writes all batches, one after another, and checks that each is there once. */
static void run_story(struct story *story)
{
	struct store_writer_events events = {.context = story,
					     .committed = on_committed,
					     .failing = on_failing,
					     .recovered = on_recovered,
					     .broken = on_broken};

	uv_loop_init(&story->loop);
	assert_int_equal(
	    store_writer_start(&story->loop, story->kit->store, &events, &story->writer, NULL), 0);
	store_writer_submit(story->writer, run_batch(1, story->padding));
	uv_run(&story->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&story->loop), 0);
	assert_int_equal(story->committed, story->wanted);
	assert_int_equal(story->failing, story->recovered);
	assert_int_equal(count_whole_runs(story->kit->reader), story->wanted);
}

/* After everything the file is opened anew: exactly these facts, once each. */
static void expect_sound_file(struct kit *kit, int64_t batches)
{
	kit_close_store(kit);
	kit_open_store(kit);
	kit_open_reader(kit);
	assert_int_equal(count_whole_runs(kit->reader), batches);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fact"), batches * FACTS_PER_BATCH);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pragma_integrity_check"
					 " WHERE integrity_check <> 'ok'"),
			 0);
}

#ifdef HEDDLE_FAULTS

/* Sets a fault that strikes once, and counts from here. */
static void arm(struct kit *kit, const char *call, int n, const char *what)
{
	char plan[64];
	char struck[96];

	snprintf(struck, sizeof struck, "%s/struck", kit->folder);
	unlink(struck);
	snprintf(plan, sizeof plan, "daemon:%s:%d:%s", call, n, what);
	setenv("HEDDLE_FAULT", plan, 1);
	setenv("HEDDLE_FAULT_ONCE", struck, 1);
	sys_fault_role("daemon");
}

/* True when it struck. */
static bool disarm(struct kit *kit)
{
	char struck[96];

	unsetenv("HEDDLE_FAULT");
	unsetenv("HEDDLE_FAULT_ONCE");
	snprintf(struck, sizeof struck, "%s/struck", kit->folder);
	return access(struck, F_OK) == 0;
}

/* The n-th call fails, n = 1, 2, ... until all goes through without it. Returns how many did. */
static int fail_each(const char *call, const char *what, enum store_failure expected)
{
	bool struck = true;
	int n = 0;

	while (struck) {
		void *state = NULL;
		struct story story = {.wanted = BATCHES};

		assert_int_equal(kit_start(&state), 0);
		story.kit = state;
		arm(story.kit, call, ++n, what);
		run_story(&story);
		struck = disarm(story.kit);
		assert_int_equal(story.failing, struck ? 1 : 0);
		if (struck)
			assert_int_equal(story.failure, expected);
		expect_sound_file(story.kit, BATCHES);
		assert_int_equal(kit_stop(&state), 0);
	}
	return n - 1;
}

static void a_write_may_find_no_space(void **state)
{
	(void)state;
	assert_in_range(fail_each("write", "ENOSPC", STORE_FULL), 3 * BATCHES, 1000);
}

static void a_write_may_fail(void **state)
{
	(void)state;
	assert_in_range(fail_each("write", "EIO", STORE_IO), 3 * BATCHES, 1000);
}

static void a_sync_may_find_no_space(void **state)
{
	(void)state;
	assert_in_range(fail_each("fsync", "EDQUOT", STORE_FULL), BATCHES, 100);
}

static void a_sync_may_fail(void **state)
{
	(void)state;
	assert_in_range(fail_each("fsync", "EIO", STORE_IO), BATCHES, 100);
}

/* A sync fails, and then opening the file again does, too. */
static void opening_again_may_fail(void **state)
{
	(void)state;
	for (int n = 1; n <= 3; n++) {
		void *kit = NULL;
		struct story story = {.wanted = BATCHES};
		char plan[96];

		assert_int_equal(kit_start(&kit), 0);
		story.kit = kit;
		snprintf(plan, sizeof plan, "daemon:fsync:3:EIO,daemon:open:%d:EMFILE", n);
		setenv("HEDDLE_FAULT", plan, 1);
		sys_fault_role("daemon");
		run_story(&story);
		unsetenv("HEDDLE_FAULT");
		assert_int_equal(story.failing, 1);
		expect_sound_file(story.kit, BATCHES);
		assert_int_equal(kit_stop(&kit), 0);
	}
}

static int apply_one(struct kit *kit, const struct store_batch *batch, enum store_failure *failure)
{
	struct err err;

	return store_apply(kit->store, batch, failure, &err);
}

/* Every sync fails: closing cannot carry the log over, and the log still holds the whole group when
 * it is read anew. It took place, and must not be written twice. */
static void a_commit_that_failed_may_have_taken_place(void **state)
{
	struct kit *kit = *state;
	struct store_batch *first = run_batch(1, 0);
	struct store_batch *second = run_batch(2, 0);
	enum store_failure failure;

	kit_apply(kit, first);
	store_reader_close(kit->reader); /* the last connection reads the log anew */
	kit->reader = NULL;
	setenv("HEDDLE_FAULT", "daemon:fsync:0:EIO", 1);
	sys_fault_role("daemon");
	assert_int_equal(apply_one(kit, second, &failure), ERR_IO);
	assert_int_equal(failure, STORE_IO);
	/* It is found, but not believed as long as it cannot be made durable. */
	assert_int_equal(apply_one(kit, second, &failure), ERR_IO);
	assert_true(kit->store->unsettled);
	unsetenv("HEDDLE_FAULT");
	assert_int_equal(apply_one(kit, second, &failure), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM fact"), 2 * FACTS_PER_BATCH);
	store_batch_destroy(second);
	kit_apply(kit, run_batch(3, 0));
	expect_sound_file(kit, 3);
}

/* The same with a reader, whose connection keeps the index of the log: it did not take place. */
static void a_commit_that_failed_may_be_gone(void **state)
{
	struct kit *kit = *state;
	struct store_batch *second = run_batch(2, 0);
	enum store_failure failure;

	kit_apply(kit, run_batch(1, 0));
	assert_int_equal(count_whole_runs(kit->reader), 1);
	setenv("HEDDLE_FAULT", "daemon:fsync:0:EIO", 1);
	sys_fault_role("daemon");
	assert_int_equal(apply_one(kit, second, &failure), ERR_IO);
	unsetenv("HEDDLE_FAULT");
	assert_int_equal(count_whole_runs(kit->reader), 1);
	assert_int_equal(apply_one(kit, second, &failure), 0);
	assert_int_equal(count_whole_runs(kit->reader), 2);
	store_batch_destroy(second);
	expect_sound_file(kit, 2);
}

static void while_a_commit_is_in_doubt_nothing_else_is_written(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = run_batch(1, 0);
	enum store_failure failure;
	int64_t next_run_no;
	int64_t next_attempt_id;
	struct err err;

	setenv("HEDDLE_FAULT", "daemon:fsync:0:EIO", 1);
	sys_fault_role("daemon");
	assert_int_equal(apply_one(kit, batch, &failure), ERR_IO);
	unsetenv("HEDDLE_FAULT");
	assert_int_equal(store_put_dags(kit->store, NULL, 0, NULL, 0, 8, 1000, &err), ERR_AGAIN);
	assert_int_equal(store_next_numbers(kit->store, &next_run_no, &next_attempt_id, &err),
			 ERR_AGAIN);
	assert_int_equal(apply_one(kit, batch, &failure), 0);
	assert_int_equal(store_put_dags(kit->store, NULL, 0, NULL, 0, 8, 1000, &err), 0);
	assert_int_equal(store_next_numbers(kit->store, &next_run_no, &next_attempt_id, &err), 0);
	assert_int_equal(next_run_no, 2);
	store_batch_destroy(batch);
}

/* What is written on the calling thread fails whole, and passes when it is called again. */
static void putting_dags_may_fail(void **state)
{
	static const char *const calls[] = {"write", "fsync"};
	bool struck;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int n = 0;

		do {
			void *fresh = NULL;
			struct kit *kit;
			struct dag *dag = kit_dag("a", "x", "a1");
			struct store_dag_file file = {.dag = dag, .file = "a.yaml"};
			struct err err;
			int rc;

			assert_int_equal(kit_start(&fresh), 0);
			kit = fresh;
			arm(kit, calls[i], ++n, "EIO");
			rc = store_put_dags(kit->store, &file, 1, NULL, 0, 8, 1000, &err);
			struck = disarm(kit);
			assert_int_equal(rc, struck ? ERR_IO : 0);
			assert_int_equal(
			    store_put_dags(kit->store, &file, 1, NULL, 0, 8, 1000, &err), 0);
			kit_expect_facts(kit, 0, "1 dag.new a/-/0 - -> a1 by folder: -\n");
			dag_unref(dag);
			assert_int_equal(kit_stop(&fresh), 0);
		} while (struck);
	}
}

/* A new home is made, or is not; what a failure left behind does not stand in the way of the next.
 */
static void making_a_home_may_fail(void **state)
{
	static const char *const calls[] = {"open",   "write",  "fsync",
					    "rename", "unlink", "fallocate"};
	struct kit *kit = *state;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		bool struck = true;

		for (int n = 1; struck; n++) {
			struct err err = {0};
			int rc;

			snprintf(kit->path, sizeof kit->path, "%s/%zu-%d.db", kit->folder, i, n);
			kit_close_store(kit);
			arm(kit, calls[i], n, "ENOSPC");
			rc = store_open(kit->path, &kit->store, &err);
			struck = disarm(kit);
			if (rc != 0)
				assert_non_null(strstr(err.message, kit->path));
			assert_true(rc == 0 || struck);
			kit_close_store(kit);
			kit_open_store(kit);
			kit_apply(kit, run_batch(1, 0));
			expect_sound_file(kit, 1);
		}
	}
}

/* --- killed -------------------------------------------------------------------------------------
 */

/* In a process of its own: opens, writes batches, tells each one committed by a byte. */
static void write_until_killed(struct kit *kit, int n, int out)
{
	enum store_failure failure;
	char plan[64];

	snprintf(plan, sizeof plan, "daemon:any:%d:kill", n);
	setenv("HEDDLE_FAULT", plan, 1);
	sys_fault_role("daemon");
	if (store_open(kit->path, &kit->store, NULL) != 0)
		_exit(2);
	for (int64_t run_no = 1; run_no <= BATCHES; run_no++) {
		struct store_batch *batch = run_batch(run_no, 0);

		if (store_apply(kit->store, batch, &failure, NULL) != 0 || write(out, "+", 1) != 1)
			_exit(2);
		if (run_no == BATCHES / 2)
			store_checkpoint(kit->store, SQLITE_CHECKPOINT_PASSIVE, NULL);
	}
	store_close(kit->store);
	_exit(0);
}

/* Kills a writer before its n-th call; returns true when it came to its end without. */
static bool kill_at(int n)
{
	void *state = NULL;
	struct kit *kit;
	char told[BATCHES];
	ssize_t committed;
	int pipe_fds[2];
	int status;
	pid_t child;

	assert_int_equal(kit_start(&state), 0);
	kit = state;
	kit_close_store(kit);
	unlink(kit->path);
	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	if (child == 0)
		write_until_killed(kit, n, pipe_fds[1]);
	close(pipe_fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	committed = read(pipe_fds[0], told, sizeof told);
	close(pipe_fds[0]);
	kit_open_store(kit);
	kit_open_reader(kit);
	assert_in_range(count_whole_runs(kit->reader), committed,
			committed == BATCHES ? BATCHES : committed + 1);
	expect_sound_file(kit, count_whole_runs(kit->reader));
	assert_int_equal(kit_stop(&state), 0);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFEXITED(status);
}

static void a_kill_leaves_whole_batches(void **state)
{
	int n = 1;

	(void)state;
	while (!kill_at(n))
		n++;
	assert_in_range(n, 5 * BATCHES, 1000);
}

#endif

/* --- a disk that is really full
 * ------------------------------------------------------------------ */

static void fill(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof zeros) > 0)
		;
	close(fd);
}

static void empty_disk(struct story *story)
{
	char ballast[96];

	assert_int_equal(story->failure, STORE_FULL);
	snprintf(ballast, sizeof ballast, "%s/ballast", story->kit->folder);
	unlink(ballast);
}

/* A mount of this process alone, which goes with it. */
static bool mount_small_disk(const char *folder)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", folder, "tmpfs", 0, "size=8m") == 0;
}

static void a_full_disk_is_waited_for(void **state)
{
	struct kit *kit = *state;
	struct story story = {.kit = kit, .wanted = 60, .padding = 2000, .mend = empty_disk};
	char ballast[96];

	kit_close_store(kit);
	if (!mount_small_disk(kit->folder)) {
		print_message("skipped: a small disk cannot be mounted: %s\n", strerror(errno));
		skip();
	}
	kit_open_store(kit);
	kit_open_reader(kit);
	snprintf(ballast, sizeof ballast, "%s/ballast", kit->folder);
	fill(ballast);
	run_story(&story);
	assert_in_range(story.failing, 1, 60);
	expect_sound_file(kit, 60);
	kit_close_store(kit);
	assert_int_equal(umount(kit->folder), 0);
	kit_open_store(kit);
}

static void raise_limit(struct story *story)
{
	struct rlimit limit;

	assert_int_equal(story->failure, STORE_FULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Who starts the daemon must have SIGXFSZ ignored for a failed write to be seen at all. */
static void a_limit_of_file_size_is_as_a_full_disk(void **state)
{
	struct kit *kit = *state;
	struct story story = {.kit = kit, .wanted = 20, .padding = 2000, .mend = raise_limit};
	struct rlimit limit;
	struct rlimit before;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 300000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	run_story(&story);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(story.failing, 1);
	expect_sound_file(kit, 20);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

/* --- the files elsewhere
 * --------------------------------------------------------------------------- */

/* Moves a file of the store away and back, and wants the batch held in between, and written once.
 */
static void expect_held_while_away(struct kit *kit, const char *suffix, int64_t run_no)
{
	struct store_batch *batch = run_batch(run_no, 0);
	enum store_failure failure = STORE_BUG;
	struct err err = {0};
	char here[160];
	char away[160];

	snprintf(here, sizeof here, "%s%s", kit->path, suffix);
	snprintf(away, sizeof away, "%s/away", kit->folder);
	assert_int_equal(rename(here, away), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_apply(kit->store, batch, &failure, &err), ERR_IO);
		assert_int_equal(failure, STORE_IO);
		assert_non_null(strstr(err.message, "was moved or removed: move it back"));
	}
	assert_int_equal(access(here, F_OK), -1); /* nothing was begun in its place */
	assert_int_equal(rename(away, here), 0);
	assert_int_equal(store_apply(kit->store, batch, &failure, &err), 0);
	assert_int_equal(count_whole_runs(kit->reader), run_no);
	store_batch_destroy(batch);
}

static void nothing_is_written_to_a_file_that_was_moved_away(void **state)
{
	struct kit *kit = *state;

	kit_apply(kit, run_batch(1, 0));
	expect_held_while_away(kit, "", 2);
	expect_held_while_away(kit, "-wal", 3);
	assert_int_equal(store_check_place(kit->store, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HEDDLE_FAULTS
	    cmocka_unit_test(a_write_may_find_no_space),
	    cmocka_unit_test(a_write_may_fail),
	    cmocka_unit_test(a_sync_may_find_no_space),
	    cmocka_unit_test(a_sync_may_fail),
	    cmocka_unit_test(opening_again_may_fail),
	    STORY(a_commit_that_failed_may_have_taken_place),
	    STORY(a_commit_that_failed_may_be_gone),
	    STORY(while_a_commit_is_in_doubt_nothing_else_is_written),
	    cmocka_unit_test(putting_dags_may_fail),
	    STORY(making_a_home_may_fail),
	    cmocka_unit_test(a_kill_leaves_whole_batches),
#endif
	    STORY(a_limit_of_file_size_is_as_a_full_disk),
	    STORY(a_full_disk_is_waited_for),
	    cmocka_unit_test_setup_teardown(nothing_is_written_to_a_file_that_was_moved_away,
					    kit_start, kit_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
