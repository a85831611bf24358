/* test_daemon_folder.c - a folder of dag files is read whole and judged together. */
#include "daemon/folder.h"
#include "daemon/suspects.h"

#include "base/file.h"
#include "model/keys.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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
	assert_int_equal(folder.dag_file_count, 3);
	assert_int_equal(folder.dag_count, 4);
	assert_string_equal(folder.dags[0].id, "first");
	assert_string_equal(folder.dags[0].file, "a/x.yml");
	assert_string_equal(folder.dags[3].id, "fourth");
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
	folder_judge(&folder);
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

/* One folder, read with what was in force before it: "ID FILE" pairs in the order of ids, ended by
 * NULL. */
static void load_below(struct folder *folder, const char *name, const char *const *before)
{
	struct folder former;
	struct err err = {0};
	char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	folder_init(&former);
	for (; before[0] != NULL; before += 2)
		folder_note(&former, before[0], before[1], "0123456789abcdef0123456789abcdef");
	folder_init_after(folder, &former);
	assert_int_equal(folder_add(folder, path, NULL, &err), 0);
	folder_judge(folder);
	folder_sort(folder);
	folder_close(&former);
}

static bool stays(const struct folder *folder, const char *dag_id)
{
	const struct folder_dag *found = folder_find(folder, dag_id);

	return found != NULL && found->stays;
}

static void a_file_that_does_not_check_takes_nothing_out(void **state)
{
	const char *const before[] = {"bad",       "bad.yaml", "gone",      "gone.yaml", "good",
				      "good.yaml", "left",     "good.yaml", NULL};
	struct folder folder;

	(void)state;
	put("stays/good.yaml", DAG("good"));
	put("stays/bad.yaml", "id: bad\ntasks: 7\n");
	load_below(&folder, "stays", before);
	assert_false(stays(&folder, "good"));
	assert_true(stays(&folder, "bad"));
	assert_false(stays(&folder, "gone"));
	assert_false(stays(&folder, "left")); /* its file checks, and has it no more */
	assert_int_equal(folder.dag_count, 2);
	assert_string_equal(folder_find(&folder, "bad")->file, "bad.yaml");
	assert_string_equal(folder_find(&folder, "bad")->hash, "0123456789abcdef0123456789abcdef");
	assert_null(folder_find(&folder, "bad")->dag);
	assert_non_null(folder_find(&folder, "good")->dag);
	assert_int_equal(folder.errors.count, 1);
	folder_close(&folder);
}

static void what_cannot_be_read_takes_nothing_out(void **state)
{
	const char *const before[] = {"away", "shutter.yaml",  "deep", "shut/deep.yaml",
				      "far",  "far/a/b.yaml",  "link", "link.yaml",
				      "long", "long/one.yaml", NULL};
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
	assert_true(stays(&folder, "link"));
	assert_int_equal(stays(&folder, "deep"), geteuid() != 0);
	assert_false(stays(&folder, "long"));
	assert_false(stays(&folder, "away"));
	assert_true(stays(&folder, "far"));
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
	assert_int_equal(folder.dag_count, 1);
	assert_true(stays(&folder, "one"));
	assert_string_equal(folder_find(&folder, "one")->file, "z.yaml");
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
	assert_false(stays(&folder, "one"));
	folder_close(&folder);
}

static void a_heddle_yaml_holds_for_all_below_it(void **state)
{
	const char *const before[] = {NULL};
	const struct folder_dag *found;
	struct folder folder;

	(void)state;
	put("defaults/heddle.yaml", "owner: all\n");
	put("defaults/beside.yaml", DAG("beside"));
	put("defaults/D1/heddle.yaml", "domain: D1\n");
	put("defaults/D1/direct.yaml", DAG("direct"));
	put("defaults/D1/deep/below.yaml", DAG("below"));
	load_below(&folder, "defaults", before);
	assert_int_equal(folder.errors.count, 0);
	assert_int_equal(folder.dag_file_count, 3);
	found = folder_find(&folder, "below");
	assert_string_equal(found->dag->domain, "D1");
	assert_string_equal(found->dag->owner, "all");
	assert_int_equal(found->dag->file_count, 2);
	assert_string_equal(found->dag->files[0].name, "D1/heddle.yaml"); /* the nearest first */
	assert_null(folder_find(&folder, "beside")->dag->domain);
	folder_close(&folder);
}

static void one_file_alone_has_the_defaults_above_it(void **state)
{
	struct folder folder;
	struct err err = {0};
	char path[256];

	(void)state;
	put("defaults/.git/HEAD", "");
	put("heddle.yaml", "owner: beyond the work tree\n");
	snprintf(path, sizeof path, "%s/defaults/D1/deep/below.yaml", root);
	folder_init(&folder);
	assert_int_equal(folder_add(&folder, path, NULL, &err), 0);
	folder_judge(&folder);
	assert_int_equal(folder.errors.count, 0);
	assert_int_equal(folder.dag_count, 1);
	assert_string_equal(folder.dags[0].dag->owner, "all");
	assert_string_equal(folder.dags[0].dag->domain, "D1");
	folder_close(&folder);
	snprintf(path, sizeof path, "%s/heddle.yaml", root);
	assert_int_equal(unlink(path), 0);
}

/* A second reading, with the first as what was before it. */
static void read_again(struct folder *next, const struct folder *former, const char *name)
{
	struct err err = {0};
	char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	folder_init_after(next, former);
	assert_int_equal(folder_add(next, path, NULL, &err), 0);
	folder_judge(next);
	folder_sort(next);
}

static void a_heddle_yaml_that_does_not_check_leaves_what_is_in_force(void **state)
{
	const char *const before[] = {NULL};
	struct folder first;
	struct folder second;
	struct folder third;

	(void)state;
	put("broken/heddle.yaml", "owner: all\n");
	put("broken/old.yaml", DAG("old"));
	load_below(&first, "broken", before);
	assert_int_equal(first.errors.count, 0);
	put("broken/heddle.yaml", "ownr: all\n");
	put("broken/new.yaml", DAG("new"));
	read_again(&second, &first, "broken");
	assert_int_equal(second.errors.count, 2);
	assert_string_equal(second.errors.items[0].source, "heddle.yaml");
	assert_non_null(strstr(second.errors.items[0].message, "'ownr'"));
	assert_string_equal(second.errors.items[1].source, "new.yaml");
	assert_non_null(strstr(second.errors.items[1].message, "'heddle.yaml'"));
	assert_true(stays(&second, "old"));
	assert_null(folder_find(&second, "new"));
	put("broken/heddle.yaml", "owner: all of them\n");
	read_again(&third, &second, "broken");
	assert_int_equal(third.errors.count, 0);
	assert_string_equal(folder_find(&third, "old")->dag->owner, "all of them");
	assert_string_equal(folder_find(&third, "new")->dag->owner, "all of them");
	folder_close(&third);
	folder_close(&second);
	folder_close(&first);
}

#define SQL_DAG "id: q\ntasks: [{id: a, sql: {engine: duckdb, file: sql/q.sql}}]\n"

/* The keys say whether a task may name a file. */
static void skip_without_named_files(void)
{
	if (!key_find("sql", LEVEL_TASK)->is_supported)
		skip();
}

static void a_named_file_belongs_to_the_version(void **state)
{
	const char *const before[] = {NULL};
	struct folder first;
	struct folder second;
	const struct dag *dag;

	(void)state;
	skip_without_named_files();
	put("named/sub/q.yaml", SQL_DAG);
	load_below(&first, "named", before);
	assert_int_equal(first.errors.count, 1);
	assert_non_null(strstr(first.errors.items[0].message, "there is no such file"));
	assert_int_equal(first.files[0].need_count, 1);
	put("named/sub/sql/q.sql", "select 1\n");
	read_again(&second, &first, "named");
	assert_int_equal(second.errors.count, 0);
	dag = folder_find(&second, "q")->dag;
	assert_int_equal(dag->file_count, 1);
	assert_string_equal(dag->files[0].text, "select 1\n");
	folder_close(&second);
	folder_close(&first);
}

/* Makes a file look as if it had not been changed for long. */
static void age(const char *name)
{
	struct timespec pause = {0, 120 * 1000 * 1000};
	char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(access(path, F_OK), 0);
	nanosleep(&pause, NULL); /* the change time cannot be set */
}

static void only_what_changed_is_read_again(void **state)
{
	const char *const before[] = {NULL};
	struct folder first;
	struct folder second;
	struct folder third;

	(void)state;
	put("same/a.yaml", DAG("a"));
	put("same/b.yaml", DAG("b"));
	put("same/bad.yaml", "id: bad\ntasks: 7\n");
	age("same/a.yaml");
	load_below(&first, "same", before);
	assert_int_equal(first.errors.count, 1);
	read_again(&second, &first, "same");
	for (size_t i = 0; i < second.file_count; i++)
		assert_false(second.files[i].is_read);
	assert_int_equal(second.errors.count, 1); /* taken over, too */
	assert_string_equal(folder_find(&second, "a")->hash, folder_find(&first, "a")->hash);
	assert_null(folder_find(&second, "a")->dag);
	put("same/b.yaml", DAG("b") "# changed\n");
	read_again(&third, &second, "same");
	assert_false(folder_find_file(&third, "a.yaml")->is_read);
	assert_true(folder_find_file(&third, "b.yaml")->is_read);
	assert_string_not_equal(folder_find(&third, "b")->hash, folder_find(&second, "b")->hash);
	folder_close(&third);
	folder_close(&second);
	folder_close(&first);
}

static void a_change_of_a_named_file_is_a_new_version(void **state)
{
	const char *const before[] = {NULL};
	struct folder first;
	struct folder second;

	(void)state;
	skip_without_named_files();
	put("name/q.yaml", SQL_DAG);
	put("name/sql/q.sql", "select 1\n");
	age("name/q.yaml");
	load_below(&first, "name", before);
	put("name/sql/q.sql", "select 2\n");
	read_again(&second, &first, "name");
	assert_true(folder_find_file(&second, "q.yaml")->is_read);
	assert_string_not_equal(folder_find(&second, "q")->hash, folder_find(&first, "q")->hash);
	folder_close(&second);
	folder_close(&first);
}

static void an_error_of_a_heddle_yaml_is_told_once_and_whom_it_hits(void **state)
{
	const char *const before[] = {NULL};
	struct folder folder;

	(void)state;
	put("once/heddle.yaml", "env: {X: '{{ params.nope }}'}\n");
	put("once/a.yaml", DAG("a"));
	put("once/b.yaml", DAG("b"));
	load_below(&folder, "once", before);
	assert_int_equal(folder.errors.count, 3);
	assert_string_equal(folder.errors.items[0].source, "a.yaml");
	assert_string_equal(folder.errors.items[0].message,
			    "a default does not fit this file: heddle.yaml:1:11: unknown name "
			    "'params.nope'");
	assert_string_equal(folder.errors.items[1].source, "b.yaml");
	assert_string_equal(folder.errors.items[2].source, "heddle.yaml");
	assert_int_equal(folder.dag_count, 0);
	folder_close(&folder);
}

/* Loads the folder and checks that its one file with errors is told these. */
static void expect_told(const char *name, const char *file, const char *const *messages)
{
	const char *const before[] = {NULL};
	struct folder folder;
	size_t told = 0;

	load_below(&folder, name, before);
	for (size_t i = 0; i < folder.errors.count; i++) {
		if (strcmp(folder.errors.items[i].source, file) != 0)
			continue;
		assert_non_null(messages[told]);
		assert_string_equal(folder.errors.items[i].message, messages[told++]);
	}
	assert_null(messages[told]);
	folder_close(&folder);
}

static void a_file_below_a_broken_heddle_yaml_is_told_its_own_errors(void **state)
{
	const char *const own[] = {
	    "the defaults of 'heddle.yaml' hold for this file, and that file does not check: mend "
	    "it first",
	    "unknown key 'comand' (did you mean 'command'?)", NULL};
	const char *const none[] = {own[0], NULL};

	(void)state;
	put("two/heddle.yaml", "ownr: me\nvars: {a: 1}\npools: {p: 1}\n");
	put("two/a.yaml", "id: a\ntasks: [{id: t, comand: ls}]\n");
	expect_told("two", "a.yaml", own);
	put("two/a.yaml",
	    "id: a\ntasks: [{id: t, pool: p, command: 'ls {{ vars.a }} {{ env.B }}'}]\n");
	expect_told("two", "a.yaml", none);
}

static void a_heddle_yaml_holds_nothing_of_a_dag_and_no_templates_in_vars(void **state)
{
	const char *const dag_keys[] = {
	    "key 'id' does not belong to heddle.yaml: it is a key of the dag or a task",
	    "key 'tasks' does not belong to heddle.yaml: it is a key of the dag", NULL};
	const char *const also_double[] = {dag_keys[0], "duplicate key 'owner' (first on line 2)",
					   dag_keys[1], NULL};
	const char *const vars[] = {"'day' takes no template: '{{ ds }}'",
				    "'deep' takes no template: '{{ ts }}'", NULL};
	const char *const required[] = {"'schedule' in require is not supported yet", NULL};

	(void)state;
	put("keys/heddle.yaml", "id: d\nowner: me\ntasks: []\n");
	expect_told("keys", "heddle.yaml", dag_keys);
	put("keys/heddle.yaml", "id: d\nowner: me\nowner: you\ntasks: []\n");
	expect_told("keys", "heddle.yaml", also_double);
	put("vars/heddle.yaml", "vars: {day: '{{ ds }}', deep: [1, {a: '{{ ts }}'}]}\n");
	expect_told("vars", "heddle.yaml", vars);
	put("need/heddle.yaml", "require: [owner, schedule]\n");
	expect_told("need", "heddle.yaml", required);
}

static void a_named_file_is_text_that_says_something(void **state)
{
	const char *const blank[] = {"file 'q.sql' is empty", NULL};
	const char *const latin[] = {"file 'q.sql' is not UTF-8: save it as UTF-8", NULL};
	const char *const none[] = {NULL};

	(void)state;
	skip_without_named_files();
	put("text/a.yaml", "id: q\ntasks: [{id: t, sql: {engine: duckdb, file: q.sql}}]\n");
	put("text/q.sql", " \n");
	expect_told("text", "a.yaml", blank);
	put("text/q.sql", "select 'caf\xe9'\n");
	expect_told("text", "a.yaml", latin);
	put("text/q.sql", "\xef\xbb\xbfselect 1\n");
	expect_told("text", "a.yaml", none);
}

static void folders_too_deep_are_told(void **state)
{
	const char *const before[] = {NULL};
	struct folder folder;
	struct str name = STR_INIT;

	(void)state;
	str_append(&name, "deep/");
	for (int i = 0; i < 70; i++)
		str_append(&name, "d/");
	str_append(&name, "a.yaml");
	put(str_text(&name), DAG("deep"));
	load_below(&folder, "deep", before);
	assert_int_equal(folder.dag_count, 0);
	assert_int_equal(folder.errors.count, 1);
	assert_non_null(strstr(folder.errors.items[0].message, "more than 64 folders"));
	folder_close(&folder);
	str_close(&name);
}

static void make_folder(const char *parent, int number)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s/%d", root, parent, number);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* 257 folders, each with a link to another 257. */
static void folders_without_an_end_are_told_once_and_hide_no_other(void **state)
{
	const char *const before[] = {NULL};
	struct folder folder;
	char path[256];

	(void)state;
	put("maze/z.yaml", DAG("z"));
	put("maze/in/none.txt", "no dag\n");
	put("maze/.out/none.txt", "no dag\n");
	for (int i = 0; i < 257; i++) {
		make_folder("maze/in", i);
		make_folder("maze/.out", i);
		snprintf(path, sizeof path, "%s/maze/in/%d/to", root, i);
		assert_int_equal(symlink("../../.out", path), 0);
	}
	load_below(&folder, "maze", before);
	assert_int_equal(folder.dag_count, 1);
	assert_int_equal(folder.errors.count, 1);
	assert_string_equal(folder.errors.items[0].source, "in");
	assert_non_null(strstr(folder.errors.items[0].message, "more than 65536 folders"));
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
	    cmocka_unit_test(a_heddle_yaml_holds_for_all_below_it),
	    cmocka_unit_test(one_file_alone_has_the_defaults_above_it),
	    cmocka_unit_test(a_heddle_yaml_that_does_not_check_leaves_what_is_in_force),
	    cmocka_unit_test(a_named_file_belongs_to_the_version),
	    cmocka_unit_test(only_what_changed_is_read_again),
	    cmocka_unit_test(a_change_of_a_named_file_is_a_new_version),
	    cmocka_unit_test(an_error_of_a_heddle_yaml_is_told_once_and_whom_it_hits),
	    cmocka_unit_test(a_file_below_a_broken_heddle_yaml_is_told_its_own_errors),
	    cmocka_unit_test(a_heddle_yaml_holds_nothing_of_a_dag_and_no_templates_in_vars),
	    cmocka_unit_test(a_named_file_is_text_that_says_something),
	    cmocka_unit_test(folders_too_deep_are_told),
	    cmocka_unit_test(folders_without_an_end_are_told_once_and_hide_no_other),
	    cmocka_unit_test(suspects_are_kept_over_a_restart_and_cleared),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
