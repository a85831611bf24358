/* store.c - opens the home's database, checks it, and keeps the home's own row; see store.h. */
#include "store/core.h"

#include "base/mem.h"
#include "store/chain.h"
#include "store/create.h"
#include "store/migrate.h"
#include "store/netfs.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

/* Facts looked at when the file is opened. */
#define CHECKED_FACTS 100

/* A daemon at rest stays small: the cache holds what a commit touches, not the database. Temporary
 * tables are in memory, so that a full disk does not matter to them. */
static const char pragmas[] = "PRAGMA cache_size = -1024;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA journal_size_limit = 16777216;";

static const char sql_wal[] = "PRAGMA journal_mode = WAL";
static const char sql_last_fact[] = "SELECT max(fact_no) FROM fact";
static const char sql_home[] = "SELECT incarnation, boot_id FROM home";
static const char sql_home_boot[] = "UPDATE home SET boot_id = ?1";
static const char sql_home_folder[] = "UPDATE home SET folder = ?1";
static const char sql_home_is_in[] = "SELECT count(*) FROM home WHERE folder = ?1";
/* Readings of another boot's clock mean nothing on this one; the wall clock's remain. */
static const char sql_forget_boot_clock[] =
    "UPDATE task_instance SET due_boot_ms = NULL WHERE due_boot_ms IS NOT NULL"
    " AND run_no IN (SELECT run_no FROM run WHERE ended_at_ms IS NULL)";
static const char sql_forget_run_deadlines[] =
    "UPDATE run SET deadline_boot_ms = NULL WHERE deadline_boot_ms IS NOT NULL"
    " AND ended_at_ms IS NULL";
static const char sql_forget_clock[] =
    "UPDATE clock SET ahead_ms = NULL, jump_by_ms = 0, jump_until_boot_ms = 0";
static const char sql_dead_letter[] =
    "INSERT INTO dead_letter (at_ms, kind, subject, body, reason) VALUES (?1, ?2, ?3, ?4, ?5)";

/* Called by SQLite after each commit; carrying the log over is left to store_tidy. */
static int note_log_pages(void *context, sqlite3 *handle, const char *name, int pages)
{
	struct store *store = context;

	(void)handle;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static bool is_in_memory(const struct store *store)
{
	return strcmp(store->path, ":memory:") == 0;
}

/* Some file systems have no shared memory for the log's index: SQLite then stays in another mode
 * without an error. */
static int switch_to_wal(struct store *store, struct err *err)
{
	sqlite3_stmt *row;
	char mode[16] = "";
	int rc = db_query(&store->db, sql_wal, &row, err, "");

	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1)
		snprintf(mode, sizeof mode, "%s", db_text(row, 0));
	db_reset(row);
	if (rc < 0)
		return rc;
	if (strcmp(mode, "wal") == 0 || is_in_memory(store))
		return 0;
	return err_set(err, ERR_REFUSED,
		       "'%s' cannot be used in WAL mode here (it stays in '%s'): keep the home on "
		       "a local disk",
		       store->path, mode);
}

static int set_up(struct store *store, struct err *err)
{
	/* A person at work with another SQLite program is waited for a little. */
	sqlite3_busy_timeout(store->db.handle, 250);
	sqlite3_wal_hook(store->db.handle, note_log_pages, store);
	store->tidy_at_pages = STORE_TIDY_PAGES;
	return db_script(&store->db, pragmas, err);
}

/* Reads a home's row. incarnation has 9 bytes, boot_id 64. */
static int read_home(struct store *store, char *incarnation, char *boot_id, struct err *err)
{
	sqlite3_stmt *row;
	int rc = db_query(&store->db, sql_home, &row, err, "");

	if (rc == 0)
		rc = db_step(&store->db, row, err);
	if (rc == 1) {
		snprintf(incarnation, 9, "%s", db_text(row, 0));
		snprintf(boot_id, 64, "%s", db_text(row, 1));
	}
	db_reset(row);
	if (rc == 0)
		return err_set(err, ERR_CORRUPT, "'%s' has lost the row of its home", store->path);
	return rc == 1 ? 0 : rc;
}

int store_reopen(struct store *store, struct err *err)
{
	char incarnation[9];
	char boot_id[64];
	int rc = db_open(&store->db, store->path, SQLITE_OPEN_READWRITE, err);

	if (rc != 0)
		return rc;
	rc = set_up(store, err);
	if (rc == 0)
		rc = read_home(store, incarnation, boot_id, err);
	if (rc == 0 && strcmp(incarnation, store->incarnation) != 0)
		rc =
		    err_set(err, ERR_CORRUPT, "'%s' was replaced by another database", store->path);
	if (rc == 0)
		store_note_files(store);
	if (rc != 0)
		db_close(&store->db);
	else if (store->pending_fact == 0)
		store->unsettled = true; /* trust the file's numbers, not those of before */
	return rc;
}

/* The newest facts, where a torn file shows first. */
static int check_facts(struct store *store, struct err *err)
{
	int64_t checked;
	int rc = chain_check(&store->db, CHECKED_FACTS, &checked, err);

	if (rc == ERR_CORRUPT)
		err_wrap(err, "the last facts of '%s'", store->path);
	return rc;
}

static int open_checked(struct store *store, struct err *err)
{
	char boot_id[64];
	size_t number;
	int rc = db_open(&store->db, store->path, SQLITE_OPEN_READWRITE, err);

	/* Another program's file is recognised before anything in it is changed. */
	if (rc == 0)
		rc = schema_check(&store->db, store->path, &schema_present, &number, err);
	if (rc == 0)
		rc = set_up(store, err);
	if (rc == 0)
		rc = switch_to_wal(store, err);
	if (rc == 0)
		rc = migrate(&store->db, store->path, &schema_present, err);
	if (rc == 0)
		rc = create_home_row(&store->db, NULL, err);
	if (rc == 0)
		rc = read_home(store, store->incarnation, boot_id, err);
	if (rc == 0)
		rc = check_facts(store, err);
	if (rc == 0)
		rc = db_get(&store->db, sql_last_fact, &store->last_fact, err, "");
	if (rc == 0)
		rc = chain_last(&store->db, store->last_hash, err);
	store->next_fact = store->last_fact + 1;
	memcpy(store->next_hash, store->last_hash, sizeof store->next_hash);
	if (rc == 0)
		store_note_files(store);
	return rc;
}

int store_create(const char *path, const char *boot_id, struct moment now, struct err *err)
{
	int rc = netfs_check(path, err);

	if (rc == 0)
		rc = create_database(path, &schema_present, boot_id, now, err);
	if (rc != 0)
		err_wrap(err, "create the database '%s'", path);
	return rc;
}

int store_open(const char *path, struct store **out, struct err *err)
{
	struct store *store = mem_alloc(sizeof *store);
	struct str log_path = STR_INIT;
	int rc = 0;

	pthread_mutex_init(&store->lock, NULL);
	store->path = mem_strdup(path);
	str_printf(&log_path, "%s-wal", path);
	store->log_path = str_take(&log_path);
	if (!is_in_memory(store)) {
		rc = netfs_check(path, err);
		if (rc == 0)
			rc = create_database(path, &schema_present, NULL, clock_now(), err);
	}
	if (rc == 0)
		rc = open_checked(store, err);
	if (rc != 0) {
		err_wrap(err, "open the database '%s'%s", path,
			 rc == ERR_CORRUPT ? " (restore a backup, or move it away to begin anew)"
					   : "");
		store_close(store);
		store = NULL;
	}
	*out = store;
	return rc;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(&store->db);
	pthread_mutex_destroy(&store->lock);
	mem_free(store->path);
	mem_free(store->log_path);
	mem_free(store);
}

const char *store_incarnation(const struct store *store)
{
	return store->incarnation;
}

void store_set_boot_id(struct store *store, const char *boot_id)
{
	snprintf(store->boot_id, sizeof store->boot_id, "%s", boot_id);
}

int store_note_boot(struct store *store, const char *boot_id, char previous[64], struct err *err)
{
	char incarnation[9];
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = read_home(store, incarnation, previous, err);
		if (rc == 0 && strcmp(previous, boot_id) != 0)
			rc = db_run(&store->db, sql_home_boot, err, "t", boot_id);
		if (rc == 0 && strcmp(previous, boot_id) != 0)
			rc = db_run(&store->db, sql_forget_boot_clock, err, "");
		if (rc == 0 && strcmp(previous, boot_id) != 0)
			rc = db_run(&store->db, sql_forget_run_deadlines, err, "");
		if (rc == 0 && strcmp(previous, boot_id) != 0)
			rc = db_run(&store->db, sql_forget_clock, err, "");
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	return rc;
}

/* A start that finds all as it was spares itself the commit. */
int store_note_folder(struct store *store, const char *folder, struct err *err)
{
	int64_t is_noted = 0;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_reading(store, err);
	if (rc == 0)
		rc = db_get(&store->db, sql_home_is_in, &is_noted, err, "t", folder);
	if (rc == 0 && is_noted == 0)
		rc = store_begin_once(store, err);
	if (rc == 0 && is_noted == 0) {
		rc = db_run(&store->db, sql_home_folder, err, "t", folder);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	return rc;
}

int store_put_dead_letter(struct store *store, const char *kind, const char *subject,
			  const char *body, const char *reason, int64_t at_ms, struct err *err)
{
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_begin_once(store, err);
	if (rc == 0) {
		rc = db_run(&store->db, sql_dead_letter, err, "itttt", at_ms, kind, subject, body,
			    reason);
		rc = store_end_once(store, rc, err);
	}
	pthread_mutex_unlock(&store->lock);
	return rc;
}
