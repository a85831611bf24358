/* test_store_open.c - what a start makes of the file it finds. */
#include "store/migrate.h"
#include "store/netfs.h"
#include "tests/unit/store_kit.h"

#include <sys/stat.h>

static void write_file(const char *path, const void *bytes, size_t count)
{
	FILE *file = fopen(path, "wbe");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
}

/* Opening must fail with the code, and the message must name the path. */
static void expect_refused(struct kit *kit, int code, const char *words)
{
	struct store *store;
	struct err err;

	assert_int_equal(store_open(kit->path, &store, &err), code);
	assert_null(store);
	assert_non_null(strstr(err.message, kit->path));
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' is not in: %s", words, err.message);
}

static void run_sql(const char *path, const char *sql)
{
	struct db db = {0};

	assert_int_equal(db_open(&db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), 0);
	assert_int_equal(db_script(&db, sql, NULL), 0);
	db_close(&db);
}

static void only_the_owner_can_read_the_files(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct kit *kit = *state;
	struct stat status;
	char path[160];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", kit->path, ends[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
}

static void the_database_is_ours_in_wal_mode_and_strict(void **state)
{
	struct kit *kit = *state;
	sqlite3_stmt *row;

	assert_int_equal(kit_number(kit, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
	assert_int_equal(kit_number(kit, "PRAGMA user_version"), (int64_t)schema_present.count);
	assert_int_equal(kit_number(kit, "PRAGMA synchronous"), 2);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM pragma_table_list"
					 " WHERE schema = 'main' AND type = 'table' AND strict = 0"
					 " AND name NOT LIKE 'sqlite%'"),
			 0);
	assert_int_equal(db_query(&kit->store->db, "PRAGMA journal_mode", &row, NULL, ""), 0);
	assert_int_equal(db_step(&kit->store->db, row, NULL), 1);
	assert_string_equal(db_text(row, 0), "wal");
	db_reset(row);
}

static void the_home_keeps_its_incarnation_and_the_last_boot(void **state)
{
	struct kit *kit = *state;
	char incarnation[9];
	char previous[64];

	snprintf(incarnation, sizeof incarnation, "%s", store_incarnation(kit->store));
	assert_int_equal(strspn(incarnation, "0123456789abcdef"), 8);
	assert_int_equal(store_note_boot(kit->store, "boot-a", previous, NULL), 0);
	assert_string_equal(previous, "");
	kit_close_store(kit);
	kit_open_store(kit);
	assert_string_equal(store_incarnation(kit->store), incarnation);
	assert_int_equal(store_note_boot(kit->store, "boot-b", previous, NULL), 0);
	assert_string_equal(previous, "boot-a");
	assert_int_equal(store_note_boot(kit->store, "boot-b", previous, NULL), 0);
	assert_string_equal(previous, "boot-b");
}

/* What a first start would write stands there already: it waits for no commit. */
static void a_new_home_is_made_with_what_its_first_start_notes(void **state)
{
	struct kit *kit = *state;
	struct moment now = {.wall_ms = 1790000000000, .boot_ms = 5000};
	struct sched_clock clock;
	char previous[64];
	char log_path[160];
	struct stat status;
	int64_t last_fact_ms;

	kit_close_store(kit);
	unlink(kit->path);
	assert_int_equal(store_create(kit->path, "boot-a", now, NULL), 0);
	assert_int_equal(store_create(kit->path, "boot-b", now, NULL), 0);
	kit_open_store(kit);
	assert_int_equal(store_note_boot(kit->store, "boot-a", previous, NULL), 0);
	assert_string_equal(previous, "boot-a");
	now.boot_ms += 10;
	assert_int_equal(store_take_clock(kit->store, now, &clock, &last_fact_ms, NULL), 0);
	assert_true(clock.is_known);
	assert_int_equal(clock.ahead_ms, 1790000000000 - 5000);
	snprintf(log_path, sizeof log_path, "%s-wal", kit->path);
	assert_int_equal(stat(log_path, &status), 0);
	assert_int_equal(status.st_size, 0);
}

static void a_memory_database_serves_tests(void **state)
{
	struct store *store;
	char previous[64];

	(void)state;
	assert_int_equal(store_open(":memory:", &store, NULL), 0);
	assert_int_equal(store_note_boot(store, "boot-a", previous, NULL), 0);
	store_close(store);
}

static void an_empty_file_becomes_a_home(void **state)
{
	struct kit *kit = *state;

	kit_close_store(kit);
	unlink(kit->path);
	write_file(kit->path, "", 0);
	kit_open_store(kit);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM home"), 1);
}

/* Killed before the new database got its name. */
static void what_a_killed_start_left_aside_is_no_database(void **state)
{
	struct kit *kit = *state;
	char aside[160];

	kit_close_store(kit);
	unlink(kit->path);
	snprintf(aside, sizeof aside, "%s.tmp", kit->path);
	write_file(aside, "SQLite format 3", 16);
	kit_open_store(kit);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM home"), 1);
	assert_int_equal(access(aside, F_OK), -1);
}

static void garbage_is_refused_with_a_way_out(void **state)
{
	struct kit *kit = *state;
	char bytes[8192];

	kit_close_store(kit);
	memset(bytes, 'x', sizeof bytes);
	write_file(kit->path, bytes, sizeof bytes);
	expect_refused(kit, ERR_CORRUPT, "restore a backup, or move it away");
}

static void a_torn_file_is_refused(void **state)
{
	struct kit *kit = *state;
	char zeros[4096] = {0};
	FILE *file;

	kit_close_store(kit);
	file = fopen(kit->path, "r+be");
	assert_non_null(file);
	/* The first page holds the list of the tables, after a header of 100 bytes. */
	assert_int_equal(fseek(file, 100, SEEK_SET), 0);
	assert_int_equal(fwrite(zeros, 1, sizeof zeros - 100, file), sizeof zeros - 100);
	assert_int_equal(fclose(file), 0);
	expect_refused(kit, ERR_CORRUPT, "restore a backup");
}

static void another_programs_database_is_left_alone(void **state)
{
	struct kit *kit = *state;
	struct db db = {0};
	int64_t count;

	kit_close_store(kit);
	unlink(kit->path);
	run_sql(kit->path, "CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup');");
	expect_refused(kit, ERR_CORRUPT, "is a database of another program");
	assert_int_equal(db_open(&db, kit->path, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(db_get(&db, "SELECT count(*) FROM sqlite_schema", &count, NULL, ""), 0);
	assert_int_equal(count, 1);
	db_close(&db);
}

static void a_newer_schema_is_refused(void **state)
{
	struct kit *kit = *state;

	kit_close_store(kit);
	run_sql(kit->path, "PRAGMA user_version = 999");
	expect_refused(kit, ERR_INVALID, "was written by a newer Heddle (schema 999");
}

static void a_missing_fact_is_noticed(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	kit_release(batch, 1, 0, 11, 1, 1000);
	kit_apply(kit, batch);
	kit_close_store(kit);
	run_sql(kit->path, "DROP TRIGGER fact_is_not_removed; DELETE FROM fact WHERE fact_no = 2");
	expect_refused(kit, ERR_CORRUPT, "fact 2 is missing");
}

static void a_fact_that_was_changed_is_noticed(void **state)
{
	struct kit *kit = *state;
	struct store_batch *batch = store_batch_create(NULL);

	kit_run(batch, 1, kit_dag("nightly", "extract", "v1"), "k1", 1000);
	kit_release(batch, 1, 0, 11, 1, 1000);
	kit_apply(kit, batch);
	kit_close_store(kit);
	run_sql(kit->path, "DROP TRIGGER fact_is_not_changed;"
			   "UPDATE fact SET actor = 'user:mallory' WHERE fact_no = 2");
	expect_refused(kit, ERR_CORRUPT, "fact 2 is not what was written");
}

static void a_folder_that_is_missing_is_named(void **state)
{
	struct store *store;
	struct err err;

	(void)state;
	assert_int_equal(store_open("/nonexistent/heddle.db", &store, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "/nonexistent"));
}

static const char *const two_steps[] = {
    "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1), (2);",
    "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b SELECT x * 10 FROM a; DROP TABLE a;",
};
static const char *const bad_step[] = {
    "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1), (2);",
    "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);",
};

static int lead(const char *path, const char *const *steps, size_t count, struct err *err)
{
	struct schema schema = {steps, count, NULL};
	struct db db = {0};
	int rc = db_open(&db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);

	if (rc == 0)
		rc = migrate(&db, path, &schema, err);
	db_close(&db);
	return rc;
}

static int64_t number_in(const char *path, const char *sql)
{
	struct db db = {0};
	int64_t number = -1;

	assert_int_equal(db_open(&db, path, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(db_get(&db, sql, &number, NULL, ""), 0);
	db_close(&db);
	return number;
}

static void an_older_schema_is_led_on_with_a_backup_beside(void **state)
{
	struct kit *kit = *state;
	char path[160];
	char backup[176];

	snprintf(path, sizeof path, "%s/old.db", kit->folder);
	snprintf(backup, sizeof backup, "%s.schema-1", path);
	assert_int_equal(lead(path, two_steps, 1, NULL), 0);
	assert_int_equal(access(backup, F_OK), -1); /* a new file has nothing to lose */
	assert_int_equal(lead(path, two_steps, 2, NULL), 0);
	assert_int_equal(number_in(path, "PRAGMA user_version"), 2);
	assert_int_equal(number_in(path, "SELECT sum(x) FROM b"), 30);
	assert_int_equal(number_in(backup, "PRAGMA user_version"), 1);
	assert_int_equal(number_in(backup, "SELECT sum(x) FROM a"), 3);
	assert_int_equal(lead(path, two_steps, 2, NULL), 0);
}

/* What the file holds: how each of its tables is made, and the rows it begins with, by name. A
 * column that was added stands in its table's text without a space, all else is to the letter. */
static void describe(const char *path, struct str *text)
{
	struct db db = {0};
	sqlite3_stmt *row;

	assert_int_equal(db_open(&db, path, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(
	    db_query(&db,
		     "SELECT type || ' ' || name || ' ' || iif(type = 'table', replace("
		     "replace(sql, ' ', ''), '\"', ''), coalesce(sql, ''))"
		     " FROM sqlite_schema UNION ALL"
		     " SELECT 'clock ' || count(*) || max(jump_by_ms) FROM clock UNION ALL"
		     " SELECT 'home ' || count(*) FROM home ORDER BY 1",
		     &row, NULL, ""),
	    0);
	while (db_step(&db, row, NULL) == 1)
		str_printf(text, "%s\n", db_text(row, 0));
	db_reset(row);
	db_close(&db);
}

static void a_new_home_has_the_tables_that_the_steps_lead_to(void **state)
{
	struct kit *kit = *state;
	struct schema at_once = {NULL, schema_present.count, schema_present.tables};
	struct str expected = STR_INIT;
	struct str found = STR_INIT;
	char path[2][160];
	struct db db = {0};

	for (int i = 0; i < 2; i++)
		snprintf(path[i], sizeof path[i], "%s/new%d.db", kit->folder, i);
	assert_int_equal(lead(path[0], schema_present.steps, schema_present.count, NULL), 0);
	assert_int_equal(db_open(&db, path[1], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
			 0);
	assert_int_equal(migrate(&db, path[1], &at_once, NULL), 0);
	db_close(&db);
	describe(path[0], &expected);
	describe(path[1], &found);
	kit_expect(&found, str_text(&expected));
	assert_true(strlen(str_text(&expected)) > 5000);
	assert_int_equal(number_in(path[1], "PRAGMA user_version"), schema_present.count);
	str_close(&expected);
}

/* A home of schema 3: the clock was set back before the third run, and the last one waits. */
static void runs_of_an_older_home_learn_their_times(void **state)
{
	struct kit *kit = *state;
	const char *steps[4];
	char path[160];
	struct db db = {0};

	for (size_t i = 0; i < 4; i++)
		steps[i] = schema_present.steps[i];
	snprintf(path, sizeof path, "%s/old.db", kit->folder);
	assert_int_equal(lead(path, steps, 3, NULL), 0);
	assert_int_equal(db_open(&db, path, SQLITE_OPEN_READWRITE, NULL), 0);
	assert_int_equal(db_script(&db,
				   "INSERT INTO run (run_no, run_id, dag_id, version_no, source,"
				   " key, state, created_at_ms, ended_at_ms, task_count) VALUES"
				   " (1, '1', 'a', 1, 'manual', '1', 'success', 10, 15, 1),"
				   " (2, '2', 'a', 1, 'manual', '2', 'success', 20, 25, 1),"
				   " (3, '3', 'a', 1, 'manual', '3', 'running', 5, NULL, 1),"
				   " (4, '4', 'a', 1, 'manual', '4', 'queued', 30, NULL, 1)",
				   NULL),
			 0);
	db_close(&db);
	assert_int_equal(lead(path, steps, 4, NULL), 0);
	assert_int_equal(number_in(path, "SELECT count(*) FROM run WHERE (run_no, newest_at_ms) IN"
					 " (VALUES (1, 10), (2, 20), (3, 20), (4, 30))"),
			 4);
	assert_int_equal(number_in(path, "SELECT count(*) FROM run WHERE started_at_ms IS"
					 " iif(run_no = 4, NULL, created_at_ms)"),
			 4);
}

static void a_migration_tried_again_replaces_its_backup(void **state)
{
	struct kit *kit = *state;
	char path[160];
	char backup[176];

	snprintf(path, sizeof path, "%s/old.db", kit->folder);
	snprintf(backup, sizeof backup, "%s.schema-1", path);
	assert_int_equal(lead(path, bad_step, 1, NULL), 0);
	assert_int_not_equal(lead(path, bad_step, 2, NULL), 0);
	run_sql(path, "INSERT INTO a VALUES (5)");
	assert_int_equal(lead(path, two_steps, 2, NULL), 0);
	assert_int_equal(number_in(path, "SELECT sum(x) FROM b"), 80);
	assert_int_equal(number_in(backup, "SELECT sum(x) FROM a"), 8);
}

static void a_backup_that_cannot_be_written_changes_nothing(void **state)
{
	struct kit *kit = *state;
	struct err err;
	char path[160];
	char backup[176];

	snprintf(path, sizeof path, "%s/old.db", kit->folder);
	snprintf(backup, sizeof backup, "%s.schema-1", path);
	assert_int_equal(lead(path, two_steps, 1, NULL), 0);
	assert_int_equal(mkdir(backup, 0700), 0);
	assert_int_not_equal(lead(path, two_steps, 2, &err), 0);
	assert_non_null(strstr(err.message, backup));
	assert_int_equal(number_in(path, "PRAGMA user_version"), 1);
	assert_int_equal(number_in(path, "SELECT sum(x) FROM a"), 3);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
	struct kit *kit = *state;
	struct err err;
	char path[160];

	snprintf(path, sizeof path, "%s/old.db", kit->folder);
	assert_int_equal(lead(path, bad_step, 1, NULL), 0);
	assert_int_not_equal(lead(path, bad_step, 2, &err), 0);
	assert_non_null(strstr(err.message, "lead from schema 1 to 2"));
	assert_int_equal(number_in(path, "PRAGMA user_version"), 1);
	assert_int_equal(number_in(path, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(number_in(path, "SELECT sum(x) FROM a"), 3);
}

static void network_file_systems_are_told_from_local_ones(void **state)
{
	(void)state;
	assert_string_equal(netfs_name(0x6969, NULL), "NFS");
	assert_string_equal(netfs_name(0xff534d42, NULL), "CIFS");
	assert_string_equal(netfs_name(0x65735546, "fuse.sshfs"), "fuse.sshfs");
	assert_null(netfs_name(0x65735546, "fuse.fuse-overlayfs"));
	assert_null(netfs_name(0x65735546, NULL));
	assert_null(netfs_name(0xef53, NULL)); /* ext4 */
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, kit_start, kit_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(only_the_owner_can_read_the_files),
	    STORY(the_database_is_ours_in_wal_mode_and_strict),
	    STORY(the_home_keeps_its_incarnation_and_the_last_boot),
	    STORY(a_memory_database_serves_tests),
	    STORY(an_empty_file_becomes_a_home),
	    STORY(a_new_home_is_made_with_what_its_first_start_notes),
	    STORY(what_a_killed_start_left_aside_is_no_database),
	    STORY(garbage_is_refused_with_a_way_out),
	    STORY(a_torn_file_is_refused),
	    STORY(another_programs_database_is_left_alone),
	    STORY(a_newer_schema_is_refused),
	    STORY(a_missing_fact_is_noticed),
	    STORY(a_fact_that_was_changed_is_noticed),
	    STORY(a_folder_that_is_missing_is_named),
	    STORY(an_older_schema_is_led_on_with_a_backup_beside),
	    STORY(a_new_home_has_the_tables_that_the_steps_lead_to),
	    STORY(runs_of_an_older_home_learn_their_times),
	    STORY(a_migration_tried_again_replaces_its_backup),
	    STORY(a_backup_that_cannot_be_written_changes_nothing),
	    STORY(a_migration_that_fails_changes_nothing),
	    STORY(network_file_systems_are_told_from_local_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
