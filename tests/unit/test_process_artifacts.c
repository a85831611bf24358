/* test_process_artifacts.c - the bound of what an attempt leaves in $HEDDLE_ARTIFACTS. */
#include "tests/unit/process_rig.h"

#include "executor/process/artifacts.h"

#define MIB (1024ll * 1024)

/* A folder of artifacts in a folder of its own. */
struct place {
	char outside[64];
	char top[80];
};

static int setup(void **state)
{
	struct place *place = mem_alloc(sizeof *place);

	snprintf(place->outside, sizeof place->outside, "/tmp/heddle-artifacts-XXXXXX");
	assert_non_null(mkdtemp(place->outside));
	snprintf(place->top, sizeof place->top, "%s/a", place->outside);
	assert_int_equal(mkdir(place->top, 0700), 0);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	rig_remove(place->outside);
	mem_free(place);
	return 0;
}

static const char *path_of(const struct place *place, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", place->top, name);
	return path;
}

/* A file without a block, last written at that second. */
static void put(const struct place *place, const char *name, int64_t bytes, time_t second)
{
	const struct timespec times[2] = {{second, 0}, {second, 0}};
	char path[PATH_MAX];
	int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void put_folder(const struct place *place, const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(mkdir(path_of(place, name, path), 0700), 0);
}

static bool stays(const struct place *place, const char *name)
{
	struct stat status;
	char path[PATH_MAX];

	return lstat(path_of(place, name, path), &status) == 0;
}

static void expect_cut(const struct place *place, uint64_t files, uint64_t bytes)
{
	struct artifacts_cut cut;

	artifacts_bound(place->top, ARTIFACTS_LOOKED_AT, &cut);
	assert_int_equal(cut.files, files);
	assert_int_equal(cut.bytes, bytes);
	assert_int_equal(cut.faults, 0);
	assert_false(cut.is_partial);
}

static void what_fits_stays(void **state)
{
	const struct place *place = *state;
	char note[ARTIFACTS_NOTE_SIZE];
	struct artifacts_cut cut;

	put_folder(place, "sub");
	put(place, "sub/a", 255 * MIB, 2);
	put(place, "b", MIB, 1);
	artifacts_bound(place->top, ARTIFACTS_LOOKED_AT, &cut);
	assert_false(artifacts_note(&cut, note));
	assert_true(stays(place, "sub/a") && stays(place, "b"));
}

static void the_first_written_stay(void **state)
{
	const struct place *place = *state;

	put_folder(place, "sub");
	put(place, "sub/third", 100 * MIB, 30);
	put(place, "a-second", 150 * MIB, 20);
	put(place, "z-first", 100 * MIB, 10);
	put(place, "small", 6 * MIB, 40);
	put(place, "alone", 257 * MIB, 5);
	expect_cut(place, 2, (uint64_t)(357 * MIB));
	assert_true(stays(place, "z-first") && stays(place, "a-second") && stays(place, "small"));
	/* Its folder has nothing left in it. */
	assert_false(stays(place, "sub"));
}

static void of_many_files_a_thousand_stay(void **state)
{
	const struct place *place = *state;
	char name[32];

	put_folder(place, "sub");
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "%s%d", i % 2 == 0 ? "sub/" : "", i);
		put(place, name, 1, 10000 - i);
	}
	expect_cut(place, 2000, 2000);
	assert_true(stays(place, "2999") && stays(place, "sub/2000"));
	assert_false(stays(place, "1999") || stays(place, "sub/0"));
}

/* More than are held at a time: the bound holds, and so does that of memory. */
static void of_very_many_files_a_thousand_stay(void **state)
{
	const struct place *place = *state;
	char name[32];

	for (unsigned i = 0; i < ARTIFACTS_SORTED * 2 + 100; i++) {
		snprintf(name, sizeof name, "%u", i);
		put(place, name, 0, 10);
	}
	expect_cut(place, ARTIFACTS_SORTED * 2 + 100 - LIMIT_ARTIFACTS_FILES, 0);
	expect_cut(place, 0, 0);
}

static void nothing_but_files_stays(void **state)
{
	const struct place *place = *state;
	char path[PATH_MAX];
	char outside[PATH_MAX];
	FILE *file;

	snprintf(outside, sizeof outside, "%s/precious", place->outside);
	file = fopen(outside, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(symlink(outside, path_of(place, "link", path)), 0);
	assert_int_equal(symlink(place->outside, path_of(place, "folder-link", path)), 0);
	assert_int_equal(mkfifo(path_of(place, "fifo", path), 0600), 0);
	put_folder(place, "empty");
	put_folder(place, "shut");
	put(place, "shut/in", 3, 1);
	assert_int_equal(chmod(path_of(place, "shut", path), 0), 0);
	expect_cut(place, 3, 0);
	assert_int_equal(access(outside, F_OK), 0);
	assert_false(stays(place, "link") || stays(place, "fifo") || stays(place, "empty"));
	assert_true(stays(place, "shut/in"));
}

static void what_lies_too_deep_goes(void **state)
{
	const struct place *place = *state;
	char name[PATH_MAX] = "d";

	for (unsigned depth = 1; depth <= ARTIFACTS_DEPTH + 2; depth++) {
		char file[PATH_MAX + 8];

		put_folder(place, name);
		snprintf(file, sizeof file, "%s/file", name);
		put(place, file, 1, 1);
		snprintf(name + strlen(name), 3, "/d");
	}
	expect_cut(place, 2, 2);
	name[2 * ARTIFACTS_DEPTH - 1] = '\0';
	assert_true(stays(place, name));
	name[2 * ARTIFACTS_DEPTH - 1] = '/';
	name[2 * ARTIFACTS_DEPTH + 1] = '\0';
	assert_false(stays(place, name));
}

static void a_name_without_end_goes(void **state)
{
	const struct place *place = *state;
	char name[1300] = "";

	for (int depth = 0; depth < 5; depth++) {
		memset(name + strlen(name), 'x', 240);
		put_folder(place, name);
		name[strlen(name)] = '/';
	}
	memcpy(name + strlen(name), "f", 2);
	put(place, name, 7, 1);
	expect_cut(place, 1, 7);
	assert_false(stays(place, ""));
}

/* Deeper than is looked at. */
static void what_was_not_looked_at_is_told(void **state)
{
	const struct place *place = *state;
	char note[ARTIFACTS_NOTE_SIZE];
	struct artifacts_cut cut;
	int fd = open(place->top, O_RDONLY | O_DIRECTORY);

	for (int depth = 0; depth < 100; depth++) {
		int inner;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		inner = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = inner;
	}
	close(fd);
	artifacts_bound(place->top, ARTIFACTS_LOOKED_AT, &cut);
	assert_true(cut.is_partial);
	assert_true(artifacts_note(&cut, note));
	assert_non_null(strstr(note, "too many or too deep"));
}

static void no_more_is_looked_at_than_was_said(void **state)
{
	const struct place *place = *state;
	struct artifacts_cut cut;
	char path[PATH_MAX];

	for (int i = 0; i < 10; i++) {
		char name[8];

		snprintf(name, sizeof name, "%d", i);
		assert_int_equal(symlink("x", path_of(place, name, path)), 0);
	}
	artifacts_bound(place->top, 4, &cut);
	assert_true(cut.is_partial);
	assert_int_equal(cut.files, 4);
}

static void the_folder_itself_may_be_anything(void **state)
{
	const struct place *place = *state;
	struct artifacts_cut cut;

	assert_int_equal(rmdir(place->top), 0);
	assert_int_equal(symlink("/etc", place->top), 0);
	expect_cut(place, 1, 0);
	assert_false(stays(place, ""));
	/* And gone. */
	expect_cut(place, 0, 0);
	assert_int_equal(mkfifo(place->top, 0600), 0);
	artifacts_bound(place->top, ARTIFACTS_LOOKED_AT, &cut);
	assert_int_equal(cut.files, 1);
}

static void a_fault_is_told(void **state)
{
	struct artifacts_cut cut = {.files = 2, .bytes = 9, .faults = 3, .fault_errno = EACCES};
	char note[ARTIFACTS_NOTE_SIZE];

	(void)state;
	assert_true(artifacts_note(&cut, note));
	assert_string_equal(note, "artifacts: 2 files, 9 bytes removed: at most 256 MiB / 1,000 "
				  "files of an attempt are kept, and nothing but files; 3 could "
				  "not be removed: Permission denied");
}

static void parents_are_opened_without_links(void **state)
{
	const struct place *place = *state;
	int top = open(place->top, O_RDONLY | O_DIRECTORY);
	char path[PATH_MAX];
	const char *last;
	int fd;

	put_folder(place, "sub");
	assert_int_equal(symlink("sub", path_of(place, "link", path)), 0);
	fd = artifacts_open_parent(top, "sub/x", &last);
	assert_true(fd >= 0);
	assert_string_equal(last, "x");
	close(fd);
	assert_int_equal(artifacts_open_parent(top, "link/x", &last), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(artifacts_open_parent(top, "none/x", &last), -1);
	assert_int_equal(errno, ENOENT);
	close(top);
}

/* --- through a shim -----------------------------------------------------------------------------
 */

static int setup_rig(void **state)
{
	*state = rig_create();
	return 0;
}

static int teardown_rig(void **state)
{
	rig_destroy(*state);
	return 0;
}

static const struct attempt_end *run(struct rig *rig, const char *command, char path[PATH_MAX])
{
	struct process_launch launch = rig_command(rig, 1, command);
	struct env_var env[2] = {{"PATH", "/usr/bin:/bin"}, {"HEDDLE_ARTIFACTS", NULL}};

	env[1].value = process_artifacts_path(rig->home, rig->incarnation, rig_ref(rig, 1), path);
	launch.env = env;
	launch.env_count = 2;
	launch.want_artifacts = true;
	return rig_run(rig, &launch);
}

static void the_shim_bounds_and_says_so(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];
	char file[PATH_MAX + 16];
	char *log;

	rig_expect_cause(run(rig,
			     "cd \"$HEDDLE_ARTIFACTS\"; truncate -s 200M a; touch -d @1 a; "
			     "truncate -s 100M b; ln -s / link; echo said; exit 4",
			     path),
			 CAUSE_EXIT_CODE);
	assert_int_equal(rig_end(rig, 1)->exit_code, 4);
	snprintf(file, sizeof file, "%s/a", path);
	assert_int_equal(access(file, F_OK), 0);
	snprintf(file, sizeof file, "%s/b", path);
	assert_int_equal(access(file, F_OK), -1);
	log = rig_log_text(rig, 1);
	assert_string_equal(log, "said\n[heddle] artifacts: 2 files, 104857600 bytes removed: at "
				 "most 256 MiB / 1,000 files of an attempt are kept, and nothing "
				 "but files\n");
	mem_free(log);
}

/* A process that its task left behind is gone before, so that nothing is put there after. */
static void nobody_writes_after_the_bound(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];

	rig_expect_cause(run(rig,
			     "(while :; do mkdir -p \"$HEDDLE_ARTIFACTS\"; "
			     "ln -sf / \"$HEDDLE_ARTIFACTS/l\"; done) & sleep 0.1",
			     path),
			 CAUSE_SUCCESS);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define SHIM_STORY(test) cmocka_unit_test_setup_teardown(test, setup_rig, teardown_rig)
	    STORY(what_fits_stays),
	    STORY(the_first_written_stay),
	    STORY(of_many_files_a_thousand_stay),
	    STORY(of_very_many_files_a_thousand_stay),
	    STORY(nothing_but_files_stays),
	    STORY(what_lies_too_deep_goes),
	    STORY(a_name_without_end_goes),
	    STORY(what_was_not_looked_at_is_told),
	    STORY(no_more_is_looked_at_than_was_said),
	    STORY(the_folder_itself_may_be_anything),
	    cmocka_unit_test(a_fault_is_told),
	    STORY(parents_are_opened_without_links),
	    SHIM_STORY(the_shim_bounds_and_says_so),
	    SHIM_STORY(nobody_writes_after_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
