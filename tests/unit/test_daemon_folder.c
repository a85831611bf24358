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
	    cmocka_unit_test(suspects_are_kept_over_a_restart_and_cleared),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
