/* commit.c - transactions, and what is done when one fails.
 *
 * A COMMIT that fails may have taken place all the same: the log may hold it whole while only its
 * sync failed. As long as the connection lives, SQLite goes by its index of the log, which does not
 * know it, and writes over it. Once the log was read anew (a reopened connection), it may be there.
 * So the number of the last fact is looked up before the rows are written again: the number of
 * before says that they are not there, that of the group's last fact says that they are. Then the
 * failed sync is not to be trusted (the kernel may have dropped what it could not write, and says
 * so only once), and a complete checkpoint, with a sync of the database file, makes them durable.
 */
#include "store/chain.h"
#include "store/core.h"

#include "base/mem.h"

#include <string.h>

/* A log that readers have kept from being begun anew for so long is worth waiting for them. */
#define LONG_LOG_PAGES (8 * STORE_TIDY_PAGES)

static const char sql_last_fact[] = "SELECT max(fact_no) FROM fact";

struct store_batch *store_batch_create(void *context)
{
	struct store_batch *batch = mem_alloc(sizeof *batch);

	change_list_init(&batch->changes);
	batch->context = context;
	return batch;
}

void store_batch_destroy(struct store_batch *batch)
{
	if (batch == NULL)
		return;
	change_list_close(&batch->changes);
	mem_free(batch);
}

/* BUSY waits for another process to let go of a lock: as little a bug as an I/O error. */
static enum store_failure failure_of(int rc)
{
	switch (rc) {
	case ERR_FULL:
		return STORE_FULL;
	case ERR_IO:
	case ERR_AGAIN:
		return STORE_IO;
	default:
		return STORE_BUG;
	}
}

int store_checkpoint(struct store *store, int mode, struct err *err)
{
	int in_log = 0;
	int carried = 0;
	int result = sqlite3_wal_checkpoint_v2(store->db.handle, NULL, mode, &in_log, &carried);

	if (result != SQLITE_OK) {
		result = db_error(&store->db, result, err);
		err_wrap(err, "carry the log over");
		return result;
	}
	if (carried == in_log)
		store->wal_pages = 0;
	return 0;
}

/* Whether the group whose COMMIT failed is there. */
static int look_up_pending(struct store *store, bool *there, struct err *err)
{
	int64_t seen = 0;
	int rc = db_get(&store->db, sql_last_fact, &seen, err, "");

	if (rc != 0)
		return rc;
	if (seen < store->last_fact ||
	    (seen > store->last_fact && store->pending_fact != 0 && seen != store->pending_fact))
		return err_set(err, ERR_CORRUPT,
			       "the last fact on disk is %lld, neither %lld nor %lld: '%s' was "
			       "changed by another program",
			       (long long)seen, (long long)store->last_fact,
			       (long long)store->pending_fact, store->path);
	if (seen == store->last_fact)
		return 0;
	rc = store_checkpoint(store, SQLITE_CHECKPOINT_RESTART, err);
	if (rc != 0)
		return rc;
	*there = store->pending_fact != 0;
	store->last_fact = seen;
	return chain_last(&store->db, store->last_hash, err);
}

/* The next transaction goes on from what is committed. */
static void start_over(struct store *store)
{
	store->next_fact = store->last_fact + 1;
	memcpy(store->next_hash, store->last_hash, sizeof store->next_hash);
}

int store_settle(struct store *store, bool *there, struct err *err)
{
	int rc;

	*there = false;
	rc = store_check_files(store, err);
	if (rc == 0 && store->db.handle == NULL)
		rc = store_reopen(store, err);
	if (rc == 0 && store->unsettled)
		rc = look_up_pending(store, there, err);
	if (rc != 0)
		return rc;
	store->unsettled = false;
	store->pending_fact = 0;
	start_over(store);
	return 0;
}

int store_begin(struct store *store, struct err *err)
{
	/* Takes the write lock at once: a lock refused later would undo work. */
	static const char sql_begin[] = "BEGIN IMMEDIATE";

	return db_run(&store->db, sql_begin, err, "");
}

static int commit(struct store *store, bool pending, struct err *err)
{
	static const char sql_commit[] = "COMMIT";
	int rc = db_run(&store->db, sql_commit, err, "");

	/* Moved away since the last look: the commit took place where nobody will find it. */
	if (rc == 0)
		rc = store_check_files(store, err);
	if (rc == 0) {
		store->last_fact = store->next_fact - 1;
		memcpy(store->last_hash, store->next_hash, sizeof store->last_hash);
		return 0;
	}
	store->unsettled = true;
	store->pending_fact = pending ? store->next_fact - 1 : 0;
	return rc;
}

int store_end(struct store *store, int rc, bool pending, struct err *err)
{
	static const char sql_rollback[] = "ROLLBACK";
	struct err ignored;

	if (rc == 0)
		rc = commit(store, pending, err);
	if (rc == 0)
		return 0;
	start_over(store);
	/* SQLite has rolled back by itself after some errors, not after others. */
	if (store->db.handle != NULL && sqlite3_get_autocommit(store->db.handle) == 0)
		db_run(&store->db, sql_rollback, &ignored, "");
	return rc;
}

/* After an I/O error nothing that the connection remembers is to be relied on. One whose files are
 * merely elsewhere is sound. */
static void drop_connection(struct store *store, int rc)
{
	if (rc == ERR_IO && !store->is_away && strcmp(store->path, ":memory:") != 0)
		db_close(&store->db);
}

int store_begin_once(struct store *store, struct err *err)
{
	bool there;
	int rc;

	if (store->unsettled && store->pending_fact != 0)
		return err_set(err, ERR_AGAIN, "an earlier commit is not settled yet");
	rc = store_settle(store, &there, err);
	if (rc == 0)
		rc = store_begin(store, err);
	if (rc != 0)
		drop_connection(store, rc);
	return rc;
}

int store_begin_reading(struct store *store, struct err *err)
{
	bool there;

	if (store->unsettled && store->pending_fact != 0)
		return err_set(err, ERR_AGAIN, "an earlier commit is not settled yet");
	return store_settle(store, &there, err);
}

int store_end_once(struct store *store, int rc, struct err *err)
{
	rc = store_end(store, rc, false, err);
	if (rc != 0)
		drop_connection(store, rc);
	return rc;
}

static int apply_batches(struct store *store, const struct store_batch *batches, struct err *err)
{
	int rc = 0;

	for (const struct store_batch *batch = batches; batch != NULL && rc == 0;
	     batch = batch->next)
		for (const struct change *change = batch->changes.first; change != NULL && rc == 0;
		     change = change->next)
			rc = apply_change(store, change, err);
	return rc;
}

/* On a full disk the log is what may be given back: most of it stands in the database file too. */
static void make_room(struct store *store)
{
	struct err ignored;

	if (store->db.handle != NULL)
		store_checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE, &ignored);
}

int store_apply(struct store *store, const struct store_batch *batches, enum store_failure *failure,
		struct err *err)
{
	bool there = false;
	int rc;

	pthread_mutex_lock(&store->lock);
	rc = store_settle(store, &there, err);
	if (rc == 0 && !there) {
		rc = store_begin(store, err);
		if (rc == 0)
			rc = apply_batches(store, batches, err);
		rc = store_end(store, rc, true, err);
	}
	if (rc != 0) {
		if (!store->is_away)
			err_wrap(err, "write '%s'", store->path);
		*failure = failure_of(rc);
		drop_connection(store, rc);
	}
	if (rc == ERR_FULL)
		make_room(store);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

void store_tidy(struct store *store)
{
	struct err ignored;
	int mode;

	pthread_mutex_lock(&store->lock);
	/* A checkpoint that fails leaves everything in the log, where it is as safe; it is tried
	 * again when the log has grown by as much again. */
	if (store->db.handle != NULL && store->wal_pages >= store->tidy_at_pages) {
		mode = store->wal_pages > LONG_LOG_PAGES ? SQLITE_CHECKPOINT_RESTART
							 : SQLITE_CHECKPOINT_PASSIVE;
		store->tidy_at_pages = store->wal_pages + STORE_TIDY_PAGES;
		store_checkpoint(store, mode, &ignored);
		if (store->wal_pages == 0)
			store->tidy_at_pages = STORE_TIDY_PAGES;
	}
	pthread_mutex_unlock(&store->lock);
}
