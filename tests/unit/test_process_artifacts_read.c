/* test_process_artifacts_read.c - the files that an attempt left, told and opened. */
#include "tests/unit/process_rig.h"

#include "executor/process/artifacts_read.h"

#define INCARNATION "i"

struct place {
	char home[64];
	char top[PATH_MAX];
	struct process_ref ref;
};

static int setup(void **state)
{
	struct place *place = mem_alloc(sizeof *place);

	place->ref = (struct process_ref){7, 1795154400123};
	snprintf(place->home, sizeof place->home, "/tmp/heddle-artifacts-XXXXXX");
	assert_non_null(mkdtemp(place->home));
	process_artifacts_path(place->home, INCARNATION, place->ref, place->top);
	assert_int_equal(file_mkdirs(place->top, NULL), 0);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	rig_remove(place->home);
	mem_free(place);
	return 0;
}

static const char *path_of(const struct place *place, const char *name, char path[PATH_MAX])
{
	assert_true(snprintf(path, PATH_MAX, "%s/%s", place->top, name) < PATH_MAX);
	return path;
}

static void put(const struct place *place, const char *name)
{
	char path[PATH_MAX];
	int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 5), 0);
	close(fd);
}

static void put_folder(const struct place *place, const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(mkdir(path_of(place, name, path), 0700), 0);
}

static bool any(const char *name)
{
	(void)name;
	return true;
}

static bool has_no_x(const char *name)
{
	return strchr(name, 'x') == NULL;
}

static void list(const struct place *place, const char *after, size_t limit,
		 bool (*is_good)(const char *name), struct artifact_list *out)
{
	struct artifact_query query = {after, limit, is_good};
	struct err err;

	if (artifacts_list(place->home, INCARNATION, place->ref, &query, out, &err) != 0)
		fail_msg("%s", err.message);
}

static void expect_names(const struct place *place, const char *after, size_t limit,
			 const char *expected, bool more)
{
	struct artifact_list found;
	struct str names = STR_INIT;

	list(place, after, limit, has_no_x, &found);
	for (size_t i = 0; i < found.items.count; i++) {
		str_printf(&names, "%s ", found.items.items[i].name);
		assert_int_equal(found.items.items[i].bytes, 5);
	}
	assert_string_equal(str_text(&names), expected);
	assert_int_equal(found.more, more);
	str_close(&names);
	artifacts_close(&found);
}

static void names_are_told_in_order(void **state)
{
	const struct place *place = *state;
	char path[PATH_MAX];

	expect_names(place, NULL, 10, "", false);
	put_folder(place, "b");
	put_folder(place, "b/empty");
	put(place, "b/2");
	put(place, "b/x");
	put(place, "b-1");
	put(place, "c");
	put(place, "a");
	assert_int_equal(symlink("a", path_of(place, "link", path)), 0);
	assert_int_equal(symlink("/etc", path_of(place, "folder", path)), 0);
	assert_int_equal(mkfifo(path_of(place, "fifo", path), 0600), 0);
	expect_names(place, NULL, 10, "a b-1 b/2 c ", false);
	expect_names(place, NULL, 4, "a b-1 b/2 c ", false);
	expect_names(place, NULL, 3, "a b-1 b/2 ", true);
	expect_names(place, "b/2", 3, "c ", false);
	/* It need not be there any more. */
	expect_names(place, "b-2", 1, "b/2 ", true);
	expect_names(place, "c", 1, "", false);
}

/* Each page holds the next names of all, in whatever order the folder tells them. */
static void a_page_of_many_is_the_right_one(void **state)
{
	const struct place *place = *state;
	char after[16] = "";
	char name[16];
	int seen = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "%03d", i * 7 % 1000);
		put(place, name);
	}
	for (bool more = true; more;) {
		struct artifact_list found;

		list(place, seen == 0 ? NULL : after, 60, any, &found);
		for (size_t i = 0; i < found.items.count; i++) {
			snprintf(name, sizeof name, "%03d", seen++);
			assert_string_equal(found.items.items[i].name, name);
		}
		snprintf(after, sizeof after, "%s", name);
		more = found.more;
		artifacts_close(&found);
	}
	assert_int_equal(seen, 1000);
}

static void expect_no_file(const struct place *place, const char *name)
{
	struct err err;
	int64_t bytes;
	int fd;

	assert_int_equal(
	    artifact_open(place->home, INCARNATION, place->ref, name, &fd, &bytes, &err),
	    ERR_NOT_FOUND);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(err.message, "has no artifact"));
}

static void files_alone_are_opened(void **state)
{
	const struct place *place = *state;
	char path[PATH_MAX];
	int64_t bytes = 0;
	int fd;

	put_folder(place, "sub");
	put(place, "sub/a");
	assert_int_equal(symlink("sub", path_of(place, "way", path)), 0);
	assert_int_equal(symlink("a", path_of(place, "sub/link", path)), 0);
	assert_int_equal(mkfifo(path_of(place, "fifo", path), 0600), 0);
	assert_int_equal(
	    artifact_open(place->home, INCARNATION, place->ref, "sub/a", &fd, &bytes, NULL), 0);
	assert_int_equal(bytes, 5);
	close(fd);
	expect_no_file(place, "way/a");
	expect_no_file(place, "sub/link");
	expect_no_file(place, "fifo");
	expect_no_file(place, "sub");
	expect_no_file(place, "sub/a/b");
	expect_no_file(place, "none");
}

static void the_folder_itself_is_no_link(void **state)
{
	const struct place *place = *state;

	assert_int_equal(rmdir(place->top), 0);
	expect_no_file(place, "passwd");
	assert_int_equal(symlink("/etc", place->top), 0);
	expect_no_file(place, "passwd");
	expect_names(place, NULL, 10, "", false);
}

static void a_name_stays_below(void **state)
{
	static const char *const good[] = {"a", "a/b", "...", "a..", "..a/b", " "};
	static const char *const bad[] = {"",     ".",   "..",   "/",     "/a",   "a/",
					  "a//b", "./a", "a/..", "a/./b", "../a", "a/../b"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(artifact_name_is_good(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(artifact_name_is_good(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	    STORY(names_are_told_in_order),       STORY(a_page_of_many_is_the_right_one),
	    STORY(files_alone_are_opened),        STORY(the_folder_itself_is_no_link),
	    cmocka_unit_test(a_name_stays_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
