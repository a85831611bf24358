/* test_store_backup.c - copies of a database in use, and what a check finds in one. */
#include "store/backup.h"
#include "store/check.h"
#include "tests/unit/store_kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static void add_run(struct kit *kit, int64_t run_no)
{
	struct store_batch *batch = store_batch_create(NULL);
	char key[32];

	snprintf(key, sizeof key, "k%lld", (long long)run_no);
	kit_run(batch, run_no, kit_dag("nightly", "extract", "v1"), key, 1000 + run_no);
	kit_release(batch, run_no, 0, 10 + run_no, 1, 1000 + run_no);
	kit_apply(kit, batch);
}

static struct backup_info back_up(struct kit *kit, const char *folder)
{
	struct backup_info info;
	struct err err;

	if (backup_write(kit->path, folder, &info, &err) != 0)
		fail_msg("%s", err.message);
	return info;
}

static size_t count_files(const char *folder, const char *end)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.' && str_ends_with(entry->d_name, end);
	closedir(dir);
	return count;
}

static void a_backup_is_one_sound_file_of_what_was_committed(void **state)
{
	struct kit *kit = *state;
	struct backup_info info;
	struct backup_info again;
	char folder[128];
	struct err err;
	struct stat status;

	snprintf(folder, sizeof folder, "%s/far/away", kit->folder);
	add_run(kit, 1);
	info = back_up(kit, folder);
	add_run(kit, 2);
	assert_int_equal(info.facts, 4);
	assert_int_equal(info.known_until_ms, 1001);
	assert_string_equal(info.incarnation, store_incarnation(kit->store));
	assert_int_equal(count_files(folder, ""), 1);
	assert_int_equal(stat(info.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, info.bytes);
	/* Also where nothing may be written beside it. */
	assert_int_equal(chmod(folder, 0500), 0);
	if (backup_read(info.path, &again, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(again.facts, 4);
	assert_int_equal(count_files(folder, ""), 1);
}

static void the_oldest_go_and_those_of_other_homes_stay(void **state)
{
	struct kit *kit = *state;
	char path[192];
	size_t removed;
	FILE *file;

	add_run(kit, 1);
	for (int i = 0; i < 4; i++) {
		back_up(kit, kit->folder);
		usleep(2000); /* names have milliseconds */
	}
	snprintf(path, sizeof path, "%s/heddle-20200101T000000.000Z-0badcafe.db", kit->folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(
	    backup_prune(kit->folder, store_incarnation(kit->store), 3, &removed, NULL), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(
	    backup_prune(kit->folder, store_incarnation(kit->store), 3, &removed, NULL), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(count_files(kit->folder, "Z-0badcafe.db"), 1);
	assert_int_equal(count_files(kit->folder, ".db"), 1 + 1 + 3); /* heddle.db itself, too */
}

static void what_a_killed_backup_left_is_removed_and_one_under_way_is_not(void **state)
{
	struct kit *kit = *state;
	char dead[192];
	char living[192];
	int fd;

	snprintf(dead, sizeof dead, "%s/heddle-1-x.db.part", kit->folder);
	snprintf(living, sizeof living, "%s/heddle-2-x.db.part", kit->folder);
	fd = open(dead, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	fd = open(living, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	back_up(kit, kit->folder);
	assert_int_equal(access(dead, F_OK), -1);
	assert_int_equal(access(living, F_OK), 0);
	close(fd);
}

static void expect_no_backup(struct kit *kit, int code, const char *words)
{
	struct backup_info info;
	char folder[128];
	struct err err;

	snprintf(folder, sizeof folder, "%s/backups", kit->folder);
	assert_int_equal(backup_write(kit->path, folder, &info, &err), code);
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' is not in: %s", words, err.message);
	if (access(folder, F_OK) == 0)
		assert_int_equal(count_files(folder, ""), 0);
}

static void what_is_damaged_is_not_kept_as_a_backup(void **state)
{
	struct kit *kit = *state;

	add_run(kit, 1);
	add_run(kit, 2);
	assert_int_equal(db_script(&kit->store->db,
				   "DROP TRIGGER fact_is_not_changed;"
				   "UPDATE fact SET actor = 'user:mallory' WHERE fact_no = 2",
				   NULL),
			 0);
	expect_no_backup(kit, ERR_CORRUPT, "facts: fact 2 is not what was written");
}

static void what_is_missing_or_foreign_is_named(void **state)
{
	struct kit *kit = *state;
	struct backup_info info;
	struct err err;
	char path[160];
	FILE *file;

	snprintf(path, sizeof path, "%s/nothing.db", kit->folder);
	assert_int_equal(backup_read(path, &info, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, path));
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(backup_read(path, &info, &err), ERR_CORRUPT);
	fputs("this is not a database, whatever its name says\n", file);
	fclose(file);
	assert_int_equal(backup_read(path, &info, &err), ERR_CORRUPT);
}

/* Whoever restores a file from elsewhere runs no SQL of its maker's, and opens no pipe. */
static void what_only_looks_like_a_backup_is_refused(void **state)
{
	static const char *const scripts[] = {
	    "CREATE TRIGGER evil AFTER INSERT ON fact BEGIN DELETE FROM run; END",
	    "DROP TRIGGER fact_is_not_changed; CREATE TRIGGER fact_is_not_changed AFTER INSERT ON "
	    "fact"
	    " BEGIN DELETE FROM run; END",
	    "CREATE VIEW evil AS SELECT 1",
	    "UPDATE home SET incarnation = '../../x'",
	};
	struct kit *kit = *state;
	struct backup_info info;
	struct err err;
	char path[160];

	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct backup_info made = back_up(kit, kit->folder);
		struct db db = {.handle = NULL};

		assert_int_equal(db_open(&db, made.path, SQLITE_OPEN_READWRITE, &err), 0);
		assert_int_equal(db_script(&db, scripts[i], &err), 0);
		db_close(&db);
		assert_int_equal(backup_read(made.path, &info, &err), ERR_CORRUPT);
		assert_int_equal(unlink(made.path), 0);
	}
	snprintf(path, sizeof path, "%s/pipe", kit->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(backup_read(path, &info, &err), ERR_CORRUPT);
}

static void a_newer_schema_is_refused(void **state)
{
	struct kit *kit = *state;

	assert_int_equal(db_script(&kit->store->db, "PRAGMA user_version = 999", NULL), 0);
	expect_no_backup(kit, ERR_INVALID, "written by a newer Heddle");
}

/* --- the check ----------------------------------------------------------------------------------
 */

static void note_finding(void *context, const char *check, const char *finding)
{
	str_printf(context, "%s: %s\n", check, finding);
}

static void expect_findings(struct kit *kit, const char *expected)
{
	struct str text = STR_INIT;
	struct check_result result;
	struct err err;

	if (check_database(&kit->store->db, note_finding, &text, &result, &err) != 0)
		fail_msg("%s", err.message);
	kit_expect(&text, expected);
}

static void rows_that_do_not_belong_together_are_found(void **state)
{
	struct kit *kit = *state;

	add_run(kit, 1);
	expect_findings(kit, "");
	assert_int_equal(
	    db_script(&kit->store->db,
		      "DELETE FROM attempt;"
		      "INSERT INTO note (at_ms, run_no, actor, text) VALUES (1, 9, 'a', 'b');"
		      "INSERT INTO task_instance (run_no, task, state) VALUES (9, 0, 'none');",
		      NULL),
	    0);
	expect_findings(kit, "rows: tasks of no run: 1\n"
			     "rows: notes at no run: 1\n"
			     "rows: tasks that run without an attempt: 1\n");
}

static void an_index_that_does_not_fit_its_table_is_found(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT;
	struct check_result result;

	add_run(kit, 1);
	assert_int_equal(
	    db_script(&kit->store->db,
		      "PRAGMA writable_schema = ON;"
		      "UPDATE sqlite_schema SET sql = 'CREATE INDEX run_by_dag ON run (key)'"
		      " WHERE name = 'run_by_dag';"
		      "PRAGMA writable_schema = RESET;",
		      NULL),
	    0);
	assert_int_equal(check_database(&kit->store->db, note_finding, &text, &result, NULL), 0);
	assert_true(result.finding_count > 0);
	assert_non_null(strstr(str_text(&text), "run_by_dag"));
	str_close(&text);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_backup_is_one_sound_file_of_what_was_committed),
	    STORY(the_oldest_go_and_those_of_other_homes_stay),
	    STORY(what_a_killed_backup_left_is_removed_and_one_under_way_is_not),
	    STORY(what_is_damaged_is_not_kept_as_a_backup),
	    STORY(what_is_missing_or_foreign_is_named),
	    STORY(what_only_looks_like_a_backup_is_refused),
	    STORY(a_newer_schema_is_refused),
	    STORY(rows_that_do_not_belong_together_are_found),
	    STORY(an_index_that_does_not_fit_its_table_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
