/* test_daemon_retention.c - removing what runs left, and whole rounds over a home without a daemon.
 */
#include "base/file.h"
#include "base/mem.h"
#include "daemon/home.h"
#include "daemon/retention_alone.h"
#include "daemon/retention_files.h"
#include "store/store.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS (24 * 3600 * 1000LL)

struct kit {
	struct home home;
	struct err err;
};

static int setup(void **state)
{
	struct kit *kit = mem_alloc(sizeof *kit);

	snprintf(kit->home.path, sizeof kit->home.path, "/tmp/heddle-retain-XXXXXX");
	assert_non_null(mkdtemp(kit->home.path));
	snprintf(kit->home.db_path, sizeof kit->home.db_path, "%.100s/heddle.db", kit->home.path);
	*state = kit;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct kit *kit = *state;

	nftw(kit->home.path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(kit);
	return 0;
}

/* Makes a file, and the folders above it. */
static const char *put(const struct kit *kit, const char *name, const char *text)
{
	static char path[PATH_MAX];
	char folder[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%.100s/%.3000s", kit->home.path, name);
	snprintf(folder, sizeof folder, "%s", path);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(folder, NULL), 0);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), NULL), 0);
	close(fd);
	return path;
}

static bool is_there(const struct kit *kit, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%.100s/%.3000s", kit->home.path, name);
	return access(path, F_OK) == 0;
}

static bool remove_tree(struct kit *kit, const char *name, struct file_walk *walk)
{
	char path[PATH_MAX];
	bool gone;

	snprintf(path, sizeof path, "%.100s/%.3000s", kit->home.path, name);
	if (files_remove(path, walk, &gone, &kit->err) != 0)
		fail_msg("%s", kit->err.message);
	return gone;
}

static void a_folder_goes_step_by_step(void **state)
{
	struct kit *kit = *state;
	int steps = 0;
	bool gone = false;

	for (int i = 0; i < 10; i++) {
		char name[32];

		snprintf(name, sizeof name, "d/sub%d/f%d", i % 3, i);
		put(kit, name, "x");
	}
	while (!gone && steps < 20) {
		struct file_walk walk = {.left = 4};

		gone = remove_tree(kit, "d", &walk);
		assert_true(walk.counts.files <= 4);
		steps++;
	}
	assert_true(gone && steps > 3);
	assert_false(is_there(kit, "d"));
}

static void a_dry_walk_counts_and_leaves_all(void **state)
{
	struct kit *kit = *state;
	struct file_walk walk = {.is_dry = true, .left = 100};

	put(kit, "d/a", "x");
	put(kit, "d/e/b", "y");
	assert_true(remove_tree(kit, "d", &walk));
	assert_int_equal(walk.counts.files, 4);
	assert_true(walk.counts.bytes > 0);
	assert_true(is_there(kit, "d/e/b"));
	assert_true(remove_tree(kit, "nothing/there", &walk));
}

static void no_link_is_followed_and_a_closed_folder_is_opened(void **state)
{
	struct kit *kit = *state;
	struct file_walk walk = {.left = 100};
	char to[PATH_MAX];
	char link[PATH_MAX];

	put(kit, "keep/precious", "x");
	put(kit, "d/closed/f", "x");
	snprintf(to, sizeof to, "%.100s/keep", kit->home.path);
	snprintf(link, sizeof link, "%.100s/d/link", kit->home.path);
	assert_int_equal(symlink(to, link), 0);
	snprintf(to, sizeof to, "%.100s/d/closed", kit->home.path);
	assert_int_equal(chmod(to, 0), 0);
	assert_true(remove_tree(kit, "d", &walk));
	assert_false(is_there(kit, "d"));
	assert_true(is_there(kit, "keep/precious"));
}

/* --- rounds -------------------------------------------------------------------------------------
 */

static struct dag *make_dag(void)
{
	struct dag *dag = mem_alloc(sizeof *dag);

	atomic_init(&dag->references, 1);
	arena_init(&dag->arena);
	dag->id = arena_strdup(&dag->arena, "a");
	dag->source = arena_strdup(&dag->arena, "a.yaml");
	dag->text = arena_strdup(&dag->arena, "text");
	dag->text_bytes = 4;
	snprintf(dag->hash, sizeof dag->hash, "hash");
	dag->tasks = arena_alloc(&dag->arena, sizeof *dag->tasks);
	dag->tasks[0].slots = 1;
	dag->tasks[0].id = arena_strdup(&dag->arena, "t");
	dag->task_count = 1;
	dag->retention_ms = 30 * DAY_MS;
	return dag;
}

static struct change *add(struct store_batch *batch, enum change_kind kind, int64_t run_no,
			  int64_t at_ms)
{
	struct change *change = change_list_add(&batch->changes, kind);

	change->run_no = run_no;
	change->at_ms = at_ms;
	return change;
}

static void move(struct store_batch *batch, int64_t run_no, enum task_state from,
		 enum task_state to, int64_t at_ms)
{
	struct change *change = add(batch, CHANGE_TASK_STATE, run_no, at_ms);

	change->task_state.from = from;
	change->task_state.to = to;
}

/* A run with one attempt of its number, that ended then, and the files of it. */
static void add_run(struct kit *kit, struct store *store, struct dag *dag, int64_t run_no,
		    int64_t at_ms)
{
	struct store_batch *batch = store_batch_create(NULL);
	struct process_ref ref = {run_no, at_ms - 5};
	enum store_failure failure;
	struct change *change = add(batch, CHANGE_RUN_NEW, run_no, at_ms - 9);
	char path[PATH_MAX];

	change->run_new.run_id = arena_printf(&batch->changes.arena, "%016" PRIx64, run_no);
	change->run_new.key = change->run_new.run_id;
	change->run_new.dag = dag_ref(dag);
	change->run_new.source = "manual";
	change->run_new.state = RUN_RUNNING;
	move(batch, run_no, TASK_NONE, TASK_QUEUED, at_ms - 6);
	move(batch, run_no, TASK_QUEUED, TASK_RUNNING, at_ms - 5);
	change = add(batch, CHANGE_ATTEMPT_NEW, run_no, at_ms - 5);
	change->attempt_new.attempt_id = run_no;
	change->attempt_new.number = 1;
	change = add(batch, CHANGE_ATTEMPT_END, run_no, at_ms - 1);
	change->attempt_end.attempt_id = run_no;
	change->attempt_end.cause = CAUSE_SUCCESS;
	change->attempt_end.ended_at_ms = at_ms - 1;
	move(batch, run_no, TASK_RUNNING, TASK_SUCCESS, at_ms - 1);
	change = add(batch, CHANGE_RUN_STATE, run_no, at_ms);
	change->run_state.from = RUN_RUNNING;
	change->run_state.to = RUN_SUCCESS;
	if (store_apply(store, batch, &failure, &kit->err) != 0)
		fail_msg("%s", kit->err.message);
	store_batch_destroy(batch);
	process_log_path(kit->home.path, store_incarnation(store), ref, path);
	put(kit, path + strlen(kit->home.path) + 1, "a line\n");
	process_claim_path(kit->home.path, store_incarnation(store), ref, path);
	put(kit, path + strlen(kit->home.path) + 1, "claim");
	snprintf(path, sizeof path, "runs/%016" PRIx64 "/f", run_no);
	put(kit, path, "scratch");
}

static void fill(struct kit *kit, const int64_t *days_ago, size_t count)
{
	struct dag *dag = make_dag();
	struct store *store;

	if (store_open(kit->home.db_path, &store, &kit->err) != 0)
		fail_msg("%s", kit->err.message);
	store_set_boot_id(store, "boot");
	for (size_t i = 0; i < count; i++)
		add_run(kit, store, dag, (int64_t)i + 1,
			clock_now().wall_ms - days_ago[i] * DAY_MS - 1000);
	store_close(store);
	dag_unref(dag);
}

static json_t *tidy(struct kit *kit, bool is_dry)
{
	struct round_wish wish = {.parts = ROUND_PACK | ROUND_PRUNE | ROUND_SWEEP | ROUND_TOTALS,
				  .is_dry = is_dry};
	json_t *told;
	char *text;

	if (retention_alone(&kit->home, wish, &text, &kit->err) != 0)
		fail_msg("%s", kit->err.message);
	told = json_loads(text, 0, NULL);
	mem_free(text);
	assert_true(json_is_null(json_object_get(told, "error")));
	return told;
}

static void expect(json_t *told, const char *part, const char *name, int64_t wanted)
{
	assert_int_equal(json_integer_value(json_object_get(json_object_get(told, part), name)),
			 wanted);
}

static void a_round_packs_what_stays_and_prunes_what_is_due(void **state)
{
	static const int64_t days_ago[] = {40, 35, 20, 0};
	struct kit *kit = *state;
	json_t *told;

	fill(kit, days_ago, 4);
	told = tidy(kit, true);
	expect(told, "packed", "runs", 4);
	expect(told, "pruned", "runs", 2);
	json_decref(told);
	assert_true(is_there(kit, "runs/0000000000000001/f"));
	told = tidy(kit, false);
	expect(told, "packed", "runs", 4);
	expect(told, "pruned", "runs", 2);
	expect(told, "pruned", "attempts", 2);
	json_decref(told);
	assert_false(is_there(kit, "runs/0000000000000001"));
	assert_false(is_there(kit, "runs/0000000000000002"));
	assert_true(is_there(kit, "runs/0000000000000003/f"));
	told = tidy(kit, false);
	expect(told, "packed", "runs", 0);
	expect(told, "pruned", "runs", 0);
	json_decref(told);
}

/* A folder that cannot be removed: deeper than anybody goes. */
static void what_cannot_go_is_told_and_keeps_nothing_else(void **state)
{
	static const int64_t days_ago[] = {40, 39, 38};
	struct kit *kit = *state;
	struct str deep = STR_INIT;
	json_t *told;

	fill(kit, days_ago, 3);
	str_append(&deep, "runs/0000000000000002");
	for (int i = 0; i < 70; i++)
		str_append(&deep, "/d");
	str_append(&deep, "/f");
	put(kit, str_text(&deep), "x");
	told = tidy(kit, false);
	expect(told, "pruned", "runs", 2);
	assert_int_equal(json_integer_value(json_object_get(told, "faults")), 1);
	assert_non_null(
	    strstr(json_string_value(json_object_get(told, "first_fault")), "too deep"));
	json_decref(told);
	assert_true(is_there(kit, str_text(&deep)));
	assert_false(is_there(kit, "runs/0000000000000003"));
	str_close(&deep);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_folder_goes_step_by_step),
	    STORY(a_dry_walk_counts_and_leaves_all),
	    STORY(no_link_is_followed_and_a_closed_folder_is_opened),
	    STORY(a_round_packs_what_stays_and_prunes_what_is_due),
	    STORY(what_cannot_go_is_told_and_keeps_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
