/* test_daemon_folder.c - a folder of dag files is read whole and judged together. */
#include "daemon/folder.h"
#include "daemon/suspects.h"

#include "base/file.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/heddle-folder-XXXXXX");
	return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static void put(const char *name, const char *text)
{
	char path[256];
	char *slash;

	snprintf(path, sizeof path, "%s/%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, NULL), 0);
	*slash = '/';
	assert_int_equal(file_write_durable(path, text, 0600, NULL), 0);
}

static void load(struct folder *folder)
{
	struct err err = {0};

	folder_init(folder);
	assert_int_equal(folder_add(folder, root, NULL, &err), 0);
	folder_judge(folder);
}

#define DAG(id) "id: " id "\ntasks: [{id: a, command: 'true'}]\n"

static void files_are_read_in_order_with_those_below(void **state)
{
	struct folder folder;

	(void)state;
	put("b.yaml", DAG("second"));
	put("a/x.yml", DAG("first"));
	put("c.yaml", DAG("third") "---\n" DAG("fourth"));
	put("notes.txt", "not a dag");
	put(".hidden.yaml", "neither");
	put(".git/config.yaml", "neither");
	load(&folder);
	assert_int_equal(folder.errors.count, 0);
	assert_int_equal(folder.file_count, 3);
	assert_int_equal(folder.dag_count, 4);
	assert_string_equal(folder.dags[0].dag->id, "first");
	assert_string_equal(folder.dags[0].file, "a/x.yml");
	assert_string_equal(folder.dags[3].dag->id, "fourth");
	assert_string_equal(folder.dags[3].file, "c.yaml");
	folder_close(&folder);
}

static void an_id_in_two_files_is_an_error_of_the_later_one(void **state)
{
	struct folder folder;

	(void)state;
	put("z.yaml", DAG("second"));
	load(&folder);
	assert_int_equal(folder.dag_count, 4);
	assert_int_equal(folder.errors.count, 1);
	assert_string_equal(folder.errors.items[0].source, "z.yaml");
	assert_non_null(strstr(folder.errors.items[0].message, "'second' is taken by b.yaml:1"));
	folder_close(&folder);
}

static void links_are_followed_but_no_loop_twice(void **state)
{
	struct folder folder;
	char path[256];

	(void)state;
	put("z.yaml", DAG("last"));
	snprintf(path, sizeof path, "%s/a/loop", root);
	assert_int_equal(symlink("..", path), 0);
	load(&folder);
	assert_int_equal(folder.dag_count, 5);
	assert_int_equal(folder.errors.count, 0);
	folder_close(&folder);
	unlink(path);
}

static void what_cannot_be_read_is_told_and_does_not_block(void **state)
{
	struct folder folder;
	char path[256];

	(void)state;
	snprintf(path, sizeof path, "%s/fifo.yaml", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/gone.yaml", root);
	assert_int_equal(symlink("/no/such/file", path), 0);
	load(&folder);
	assert_int_equal(folder.dag_count, 5);
	assert_int_equal(folder.errors.count, 2);
	assert_string_equal(folder.errors.items[0].source, "fifo.yaml");
	assert_non_null(strstr(folder.errors.items[0].message, "not a regular file"));
	assert_non_null(strstr(folder.errors.items[1].message, "No such file"));
	folder_close(&folder);
}

static void a_file_beyond_the_bound_is_told_with_its_size(void **state)
{
	struct folder folder;
	struct err err = {0};
	char path[256];

	(void)state;
	put("huge/huge.yaml", DAG("huge"));
	snprintf(path, sizeof path, "%s/huge/huge.yaml", root);
	assert_int_equal(truncate(path, 8388609), 0);
	snprintf(path, sizeof path, "%s/huge", root);
	folder_init(&folder);
	assert_int_equal(folder_add(&folder, path, NULL, &err), 0);
	assert_int_equal(folder.dag_count, 0);
	assert_int_equal(folder.errors.count, 1);
	assert_string_equal(folder.errors.items[0].message,
			    "the file has 8388609 bytes: at most 8388608 (8 MiB)");
	folder_close(&folder);
	snprintf(path, sizeof path, "%s/huge/huge.yaml", root);
	assert_int_equal(unlink(path), 0);
}

static void one_file_full_of_errors_hides_no_other(void **state)
{
	struct str text = STR_INIT;
	struct folder folder;

	(void)state;
	str_append(&text, "id: bad\ntasks:\n");
	for (int i = 0; i < 3000; i++)
		str_printf(&text, "  - {id: t%d, comand: x}\n", i);
	put("m1.yaml", str_text(&text));
	put("m2.yaml", "id: worse\ntasks: 7\n");
	load(&folder);
	assert_true(folder.errors.count > 1000);
	assert_string_equal(folder.errors.items[folder.errors.count - 1].source, "m2.yaml");
	folder_close(&folder);
	str_close(&text);
}

static void a_folder_that_is_missing_is_an_error_of_the_call(void **state)
{
	struct folder folder;
	struct err err = {0};

	(void)state;
	folder_init(&folder);
	assert_int_equal(folder_add(&folder, "/no/such/folder", NULL, &err), ERR_NOT_FOUND);
	folder_close(&folder);
}

/* One folder, read with what was in force before it: "ID FILE" pairs, ended by NULL. */
static void load_below(struct folder *folder, const char *name, const char *const *before)
{
	struct err err = {0};
	char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	folder_init(folder);
	for (; before[0] != NULL; before += 2)
		folder_note(folder, before[0], before[1]);
	assert_int_equal(folder_add(folder, path, NULL, &err), 0);
	folder_judge(folder);
	folder_sort(folder);
}

static const struct folder_known *known(const struct folder *folder, const char *dag_id)
{
	for (size_t i = 0; i < folder->known.count; i++)
		if (strcmp(folder->known.items[i].dag_id, dag_id) == 0)
			return &folder->known.items[i];
	fail_msg("'%s' is not known", dag_id);
	return NULL;
}

static void a_file_that_does_not_check_takes_nothing_out(void **state)
{
	const char *const before[] = {"good",      "good.yaml", "bad",       "bad.yaml", "gone",
				      "gone.yaml", "left",      "good.yaml", NULL};
	struct folder folder;

	(void)state;
	put("stays/good.yaml", DAG("good"));
	put("stays/bad.yaml", "id: bad\ntasks: 7\n");
	load_below(&folder, "stays", before);
	assert_false(known(&folder, "good")->stays);
	assert_true(known(&folder, "bad")->stays);
	assert_false(known(&folder, "gone")->stays);
	assert_false(known(&folder, "left")->stays); /* its file checks, and has it no more */
	assert_int_equal(folder.dag_count, 1);
	folder_keep(&folder, known(&folder, "bad"), DAG("bad"), strlen(DAG("bad")));
	folder_sort(&folder);
	assert_int_equal(folder.dag_count, 2);
	assert_string_equal(folder_find(&folder, "bad")->file, "bad.yaml");
	assert_string_equal(folder_find(&folder, "bad")->dag->source, "bad.yaml");
	assert_int_equal(folder.errors.count, 1);
	folder_keep(&folder, known(&folder, "bad"), "tasks: 7", 8);
	assert_int_equal(folder.errors.count, 2);
	assert_non_null(strstr(folder.errors.items[1].message, "not accepted any more"));
	folder_close(&folder);
}

static void what_cannot_be_read_takes_nothing_out(void **state)
{
	const char *const before[] = {"link", "link.yaml",     "deep", "shut/deep.yaml",
				      "long", "long/one.yaml", "away", "shutter.yaml",
				      "far",  "far/a/b.yaml",  NULL};
	struct folder folder;
	char path[256];

	(void)state;
	put("unread/good.yaml", DAG("good"));
	snprintf(path, sizeof path, "%s/unread/link.yaml", root);
	assert_int_equal(symlink("link.yaml", path), 0); /* ELOOP, also for root */
	snprintf(path, sizeof path, "%s/unread/far", root);
	assert_int_equal(symlink("/no/such/folder", path), 0);
	snprintf(path, sizeof path, "%s/unread/other", root);
	assert_int_equal(symlink("/no/such/folder", path), 0); /* nothing was below it */
	snprintf(path, sizeof path, "%s/unread/shut", root);
	assert_int_equal(mkdir(path, 0), 0);
	load_below(&folder, "unread", before);
	assert_true(known(&folder, "link")->stays);
	assert_int_equal(known(&folder, "deep")->stays, geteuid() != 0);
	assert_false(known(&folder, "long")->stays);
	assert_false(known(&folder, "away")->stays);
	assert_true(known(&folder, "far")->stays);
	assert_int_equal(folder.errors.count, geteuid() != 0 ? 3 : 2);
	assert_string_equal(folder.errors.items[0].source, "far");
	assert_string_equal(folder.errors.items[1].source, "link.yaml");
	folder_close(&folder);
	assert_int_equal(rmdir(path), 0);
}

static void an_id_in_two_files_stays_with_the_one_in_force(void **state)
{
	const char *const before[] = {"one", "z.yaml", NULL};
	struct folder folder;

	(void)state;
	put("two/a.yaml", DAG("one"));
	put("two/z.yaml", DAG("one"));
	load_below(&folder, "two", before);
	assert_int_equal(folder.dag_count, 1);
	assert_string_equal(folder.dags[0].file, "z.yaml");
	assert_int_equal(folder.errors.count, 1);
	assert_string_equal(folder.errors.items[0].source, "a.yaml");
	assert_non_null(strstr(folder.errors.items[0].message, "'one' is taken by z.yaml:1"));
	folder_close(&folder);
}

static void a_file_that_does_not_check_still_holds_its_id(void **state)
{
	const char *const before[] = {"one", "z.yaml", NULL};
	struct folder folder;

	(void)state;
	put("held/a.yaml", DAG("one"));
	put("held/z.yaml", "id: one\ntasks: 7\n");
	load_below(&folder, "held", before);
	assert_int_equal(folder.dag_count, 0);
	assert_true(known(&folder, "one")->stays);
	assert_int_equal(folder.errors.count, 2);
	assert_string_equal(folder.errors.items[1].source, "a.yaml");
	assert_non_null(strstr(folder.errors.items[1].message, "'one' is in force from z.yaml"));
	folder_close(&folder);
}

static void a_file_that_was_renamed_is_the_same_dag(void **state)
{
	const char *const before[] = {"one", "old.yaml", NULL};
	struct folder folder;

	(void)state;
	put("renamed/new.yaml", DAG("one"));
	load_below(&folder, "renamed", before);
	assert_int_equal(folder.dag_count, 1);
	assert_string_equal(folder.dags[0].file, "new.yaml");
	assert_int_equal(folder.errors.count, 0);
	assert_false(known(&folder, "one")->stays);
	folder_close(&folder);
}

static void no_dag_runs_without_the_defaults_above_it(void **state)
{
	const char *const before[] = {NULL};
	struct folder folder;
	struct err err = {0};
	char path[256];

	(void)state;
	put("defaults/beside.yaml", DAG("beside"));
	put("defaults/D1/heddle.yaml", "domain: D1\n");
	put("defaults/D1/direct.yaml", DAG("direct"));
	put("defaults/D1/deep/below.yaml", DAG("below"));
	load_below(&folder, "defaults", before);
	assert_int_equal(folder.dag_count, 1);
	assert_string_equal(folder.dags[0].dag->id, "beside");
	assert_int_equal(folder.errors.count, 3);
	assert_string_equal(folder.errors.items[0].source, "D1/deep/below.yaml");
	assert_non_null(strstr(folder.errors.items[0].message, "'D1/heddle.yaml'"));
	assert_string_equal(folder.errors.items[1].source, "D1/direct.yaml");
	assert_string_equal(folder.errors.items[2].source, "D1/heddle.yaml");
	folder_close(&folder);
	snprintf(path, sizeof path, "%s/defaults/D1/direct.yaml", root);
	folder_init(&folder);
	assert_int_equal(folder_add(&folder, path, NULL, &err), 0);
	assert_int_equal(folder.dag_count, 0);
	assert_int_equal(folder.errors.count, 1);
	folder_close(&folder);
}

static void suspects_are_kept_over_a_restart_and_cleared(void **state)
{
	struct suspects suspects;
	struct err err = {0};

	(void)state;
	put("spool/x", "");
	suspects_open(&suspects, root);
	assert_int_equal(suspects_failures(&suspects, 7), 0);
	suspects_note(&suspects, 7);
	suspects_note(&suspects, 9);
	suspects_note(&suspects, 7);
	assert_int_equal(suspects_save(&suspects, &err), 0);
	suspects_close(&suspects);
	suspects_open(&suspects, root);
	assert_int_equal(suspects_failures(&suspects, 7), 2);
	assert_int_equal(suspects_failures(&suspects, 9), 1);
	suspects_clear(&suspects, 7);
	suspects_clear(&suspects, 9);
	assert_int_equal(suspects_save(&suspects, &err), 0);
	assert_int_not_equal(access(suspects.path, F_OK), 0);
	assert_int_equal(suspects_save(&suspects, &err), 0);
	suspects_close(&suspects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_are_read_in_order_with_those_below),
	    cmocka_unit_test(an_id_in_two_files_is_an_error_of_the_later_one),
	    cmocka_unit_test(links_are_followed_but_no_loop_twice),
	    cmocka_unit_test(what_cannot_be_read_is_told_and_does_not_block),
	    cmocka_unit_test(a_file_beyond_the_bound_is_told_with_its_size),
	    cmocka_unit_test(one_file_full_of_errors_hides_no_other),
	    cmocka_unit_test(a_folder_that_is_missing_is_an_error_of_the_call),
	    cmocka_unit_test(a_file_that_does_not_check_takes_nothing_out),
	    cmocka_unit_test(what_cannot_be_read_takes_nothing_out),
	    cmocka_unit_test(an_id_in_two_files_stays_with_the_one_in_force),
	    cmocka_unit_test(a_file_that_does_not_check_still_holds_its_id),
	    cmocka_unit_test(a_file_that_was_renamed_is_the_same_dag),
	    cmocka_unit_test(no_dag_runs_without_the_defaults_above_it),
	    cmocka_unit_test(suspects_are_kept_over_a_restart_and_cleared),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
