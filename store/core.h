/* core.h - the open store, as its own files share it.
 *
 * Every transaction that writes facts numbers them on from the last one committed. That number is
 * also how it is found out, after a COMMIT that failed, whether it took place all the same. */
#ifndef HEDDLE_STORE_CORE_H
#define HEDDLE_STORE_CORE_H

#include "store/db.h"
#include "store/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Pages in the log (4 KiB each) from which on it is carried over. */
#define STORE_TIDY_PAGES 1000

/* Of the hash that a fact carries; see chain.h. */
#define CHAIN_HASH_BYTES 32

/* Which file a path named. */
struct file_id {
	dev_t device;
	ino_t inode; /* 0 = not looked at yet */
};

struct store {
	pthread_mutex_t lock; /* one call at a time, from whichever thread */
	struct db db;         /* closed after an I/O error, until the next call */
	char *path;
	char *log_path;      /* of the -wal file */
	struct file_id file; /* as opened; never changes after store_open */
	struct file_id log;  /* likewise, of the connection at hand */
	bool is_away;        /* path or log_path names another file now, or none */
	char incarnation[9];
	char boot_id[64];
	int64_t last_fact; /* committed */
	int64_t next_fact; /* free; runs ahead of last_fact inside a transaction */
	unsigned char last_hash[CHAIN_HASH_BYTES]; /* that last_fact carries */
	unsigned char next_hash[CHAIN_HASH_BYTES]; /* that the fact before next_fact carries */
	/* A COMMIT failed: whether it took place must be looked up before anything is written.
	 * pending_fact is its last fact, 0 when nobody will hand the same rows in again. */
	bool unsettled;
	int64_t pending_fact;
	int wal_pages;     /* in the log, as of the last commit */
	int tidy_at_pages; /* when store_tidy has something to do */
};

/* Whether a commit would land in the files that the paths name. What is written to a file that was
 * moved away or removed is lost, though SQLite says that it is on disk. Fails with ERR_IO, and
 * notes it in is_away: the connection is kept then, since moved back the files go on where they
 * were. */
int store_check_files(struct store *store, struct err *err);
/* Remembers the files of a connection just opened. */
void store_note_files(struct store *store);

/* Opens the connection of a store whose db is closed, without creating a file. */
int store_reopen(struct store *store, struct err *err);

/* Readies the store for writing: opens it again after an I/O error, settles what was left open.
 * *there tells that the group of which the COMMIT failed is on disk. */
int store_settle(struct store *store, bool *there, struct err *err);

/* One transaction. store_end commits when rc is 0, else rolls back; returns the rc that holds.
 * pending tells that the caller will hand in the same rows again after a failure. */
int store_begin(struct store *store, struct err *err);
int store_end(struct store *store, int rc, bool pending, struct err *err);

/* The same for what is written once, on the calling thread: settles, begins. */
int store_begin_once(struct store *store, struct err *err);
int store_end_once(struct store *store, int rc, struct err *err);

/* Before reading: settles, and waits (ERR_AGAIN) for what a failed commit left open, so that
 * nothing is seen that may vanish. */
int store_begin_reading(struct store *store, struct err *err);

/* Carries the log over into the database file. mode is one of SQLITE_CHECKPOINT_: PASSIVE goes as
 * far as readers let it; RESTART and TRUNCATE wait for them a little, fail with ERR_AGAIN when they
 * stay, and otherwise leave nothing that is only in the log. */
int store_checkpoint(struct store *store, int mode, struct err *err);

/* Carries the log over once it has grown. For when nobody waits for a commit. */
void store_tidy(struct store *store);

struct fact {
	int64_t at_ms;
	const char *kind;
	int64_t run_no;     /* 0 = none */
	int64_t task;       /* -1 = none */
	int64_t attempt_id; /* 0 = none */
	int64_t attempt;    /* 0 = none */
	const char *dag_id; /* NULL = none, or that of the run */
	const char *from;   /* NULL = none */
	const char *to;
	const char *actor; /* NULL = the scheduler */
	const char *why;   /* NULL = none */
};

/* The parts of a change's fact that all kinds share. */
struct fact store_fact_of(const struct change *change, const char *kind, const char *from,
			  const char *to);
/* Appends a fact, inside a transaction. */
int store_put_fact(struct store *store, const struct fact *fact, struct err *err);

/* The number of a dag's version, kept under file from now on; written, with the files that belong
 * to it, when it is new. */
int store_put_version(struct store *store, const struct dag *dag, const char *file,
		      int64_t *version_no, struct err *err);
int store_put_version_list(struct store *store, const struct store_dag_file *dags, size_t count,
			   struct err *err);
/* The number of the version that a run keeps, written when it is new. Where it was last found is
 * known better from the folder. */
int store_version_of_run(struct store *store, const struct dag *dag, int64_t *version_no,
			 struct err *err);

/* Both inside a transaction. Of a folder whose dags are written: notes which heddle.yaml sizes
 * which pools, and settles the sizes of those that are shared. dags_changed = other versions, or in
 * other files. */
int store_put_pools(struct store *store, const struct store_folder *folder, bool dags_changed,
		    struct err *err);
/* Writes the rows of the folder's files. */
int store_put_dag_files(struct store *store, const struct store_folder *folder, struct err *err);

/* Writes one change to its rows, and its fact. */
int apply_change(struct store *store, const struct change *change, struct err *err);

#endif
