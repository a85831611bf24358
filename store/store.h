/* store.h - the home's database: one writer, who commits groups, and what a start reads back.
 *
 * heddle.db is SQLite in WAL mode with synchronous=FULL. store_open checks and migrates it. From
 * then on one thread writes (store_writer_start); readers have their own connections (read.h). */
#ifndef HEDDLE_STORE_STORE_H
#define HEDDLE_STORE_STORE_H

#include "base/err.h"
#include "base/str.h"
#include "model/change.h"
#include "model/dag.h"
#include "model/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* How a commit that failed is to be met (DESIGN.md section 1). */
enum store_failure {
	STORE_FULL, /* no space: the same batch is tried again until there is */
	STORE_IO,   /* the device failed: closed, reopened, the same batch written again */
	STORE_BUG,  /* anything else: what was to be written is wrong, or the file is damaged */
};

/* Makes the database of a new home; where path exists it is left as it is. It holds what a start of
 * this boot notes, so that a first start waits for no commit. Fails as store_open does. */
int store_create(const char *path, const char *boot_id, struct moment now, struct err *err);
/* Opens path, creates or migrates it, checks header, schema number and WAL mode. ":memory:" gives
 * one for tests. Fails with ERR_INVALID when a newer Heddle wrote it, ERR_CORRUPT when it is no
 * sound database, ERR_REFUSED on a network file system, else I/O codes. */
int store_open(const char *path, struct store **out, struct err *err);
void store_close(struct store *store); /* NULL is allowed */

/* Fails with ERR_IO, and the remedy, when the database is not where it was opened: moved, removed
 * or replaced. Any thread. */
int store_check_place(const struct store *store, struct err *err);

/* The home's incarnation: 8 hex digits, made with the database, new after a restore. */
const char *store_incarnation(const struct store *store);
/* The boot id under which the previous daemon last started, "" at first; remembers the new one. */
int store_note_boot(struct store *store, const char *boot_id, char previous[64], struct err *err);
/* Remembers where the home is by now. */
int store_note_folder(struct store *store, const char *folder, struct err *err);
/* What was noted of the clocks, and the instant of the newest fact (0 = none). What means nothing
 * after a reboot was forgotten when the boot was noted, and is noted as it is now. */
int store_take_clock(struct store *store, struct moment now, struct sched_clock *clock,
		     int64_t *last_fact_ms, struct err *err);

/* What one commit writes. */
struct store_batch {
	struct change_list changes;
	struct store_batch *next;
	void *context; /* the caller's */
};

struct store_batch *store_batch_create(void *context);
void store_batch_destroy(struct store_batch *batch);

/* Writes batches (linked by next) in one transaction, on the calling thread. On failure *failure
 * tells how to meet it. After STORE_FULL and STORE_IO the next call must bring the same batches: it
 * finds out whether the failed commit took place all the same, and writes them only if not. All
 * batches stay the caller's. */
int store_apply(struct store *store, const struct store_batch *batches, enum store_failure *failure,
		struct err *err);

/* --- the dags in force
 * ---------------------------------------------------------------------------- */

/* A dag that is in force from now on. */
struct store_dag_file {
	const struct dag *dag; /* NULL = its version is kept already: then dag_id and hash count */
	const char *file;      /* relative to the dag folder */
	const char *dag_id;
	const char *hash;
	const char *git_commit; /* of the work tree that holds the file; NULL = none */
	bool start_paused;      /* when it comes into force for the first time */
};

/* What stat said of a file. */
struct store_stamp {
	int64_t device;
	int64_t inode;
	int64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
};

/* A file that its dags name. */
struct store_file_need {
	const char *path; /* absolute */
	struct store_stamp stamp;
};

struct store_file_dag {
	const char *dag_id;
	const char *hash; /* of its version */
	uint32_t line;
};

/* A file of the folder that checks, in force or not, as it was when it was read. */
struct store_file_row {
	const char *file;
	struct store_stamp stamp;
	const char *around; /* what else it was read with, in the caller's words */
	struct store_file_dag *dags;
	size_t dag_count;
	struct store_file_need *needs;
	size_t need_count;
};

/* The pools that a heddle.yaml sizes. */
struct store_pool_file {
	const char *file;
	const struct pool_size *pools; /* domains are not looked at */
	uint32_t count;
};

/* What is known of the folder after a reading. */
struct store_folder {
	const struct store_dag_file *dags; /* all that are in force */
	size_t dag_count;
	const struct store_dag_file *refused; /* versions to be kept that are not in force */
	size_t refused_count;
	const struct dag_error *errors; /* all */
	size_t error_count;
	const struct store_file_row *files; /* those that were read */
	size_t file_count;
	const char *const *gone; /* files of which the rows go */
	size_t gone_count;
	const struct store_pool_file *pool_files; /* each heddle.yaml that was read, and checks */
	size_t pool_file_count;
	/* Each heddle.yaml that is there, and the names of what does not check or cannot be read,
	 * files and folders, sorted; NULL = those that were there still are. */
	const char *const *there;
	size_t there_count;
	uint32_t default_pool_slots;
	int64_t at_ms;
};

/* Replaces what is known of the folder: the dags in force, the errors found, the pools, the files.
 * One transaction, on the calling thread. ERR_NOT_FOUND: a version that was to be kept is not. */
int store_put_folder(struct store *store, const struct store_folder *folder, struct err *err);
/* The same without the files. */
int store_put_dags(struct store *store, const struct store_dag_file *dags, size_t dag_count,
		   const struct dag_error *errors, size_t error_count, uint32_t default_pool_slots,
		   int64_t at_ms, struct err *err);
/* Notes whether the work tree held changes when the versions that are in force since since_ms came
 * there from this commit. One transaction, on the calling thread. */
int store_note_dirty(struct store *store, const char *git_commit, int64_t since_ms, bool is_dirty,
		     struct err *err);
/* Keeps versions (of dags that are set) without putting them into force: for a folder that is too
 * large to be held parsed until it is judged. One transaction, on the calling thread. */
int store_put_versions(struct store *store, const struct store_dag_file *dags, size_t count,
		       struct err *err);

/* Calls for every dag in force, by id. Texts live until each returns, which must not call the
 * store. */
int store_each_dag(struct store *store,
		   void (*each)(void *context, const char *dag_id, const char *file,
				const char *hash),
		   void *context, struct err *err);
/* Likewise for the files that had rows, by name. */
typedef void store_file_fn(void *context, const struct store_file_row *file);
int store_each_file(struct store *store, store_file_fn *each, void *context, struct err *err);

/* A version as it is kept, for dag_parse_version. */
struct store_version {
	struct arena arena;
	const char *text;
	size_t bytes;
	const char *file; /* where it was last found */
	struct dag_file *files;
	uint32_t file_count;
};

/* Fills *out, to be closed also after a failure. ERR_NOT_FOUND: no version has this hash. */
int store_version_read(struct store *store, const char *hash, struct store_version *out,
		       struct err *err);
void store_version_close(struct store_version *version);

/* What stands in the column domain of a pool: '' = the dag's own, '-' = of dags without domain. */
const char *store_pool_domain(const struct pool_size *pool);

/* --- what a start reads back
 * ----------------------------------------------------------------------- */

struct store_run_row {
	int64_t run_no;
	const char *run_id;
	const char *dag_id;
	const char *key;
	const char *source;
	enum run_state state;
	const char *dag_text; /* of the version the run keeps */
	size_t dag_text_bytes;
	const char *dag_file;
	int64_t version_no;
	const struct dag_file *files; /* what else belongs to that version */
	uint32_t file_count;
	const char *dag_hash;     /* of that version */
	const char *params;       /* a JSON object; NULL = none */
	struct run_period period; /* as committed */
	enum run_state outcome;   /* of ending and cancelling; else not read */
	int64_t deadline_wall_ms; /* of its timeout; 0 = none */
	int64_t deadline_boot_ms; /* likewise, 0 also after a reboot */
	int64_t start_at_ms;      /* the instant that it was to start at; 0 = at once */
	bool is_forced;
};

struct store_task_row {
	int64_t run_no;
	uint32_t task;
	enum task_state state;
	uint32_t attempts;
	int64_t attempt_id;
	int64_t released_at_ms;
	const char *attempt_boot_id;     /* of the newest attempt; NULL = none */
	const char *attempt_incarnation; /* likewise */
	bool attempt_ended;              /* the newest attempt's end is on disk */
	int64_t due_wall_ms;
	int64_t due_boot_ms;
	int64_t queued_order;     /* fact number of the change to queued */
	enum cancel_aim aim;      /* of cancelling */
	uint32_t attempts_before; /* the newest reset */
};

struct store_loader {
	void *context;
	/* A non-zero return stops the load and is returned by it. */
	int (*run)(void *context, const struct store_run_row *row, struct err *err);
	int (*task)(void *context, const struct store_task_row *row, struct err *err);
};

/* Runs that have not ended, oldest first, each followed by its task instances by position. The
 * callbacks must not call the store; texts live until they return. */
int store_load_active(struct store *store, const struct store_loader *loader, struct err *err);
int store_next_numbers(struct store *store, int64_t *next_run_no, int64_t *next_attempt_id,
		       struct err *err);
/* What is on disk of an attempt. *known false: no such row. *ended: its end is committed. */
int store_attempt_state(struct store *store, int64_t attempt_id, bool *known, bool *ended,
			struct err *err);

/* Released attempts are written with these. Must be set before the first store_apply with
 * CHANGE_ATTEMPT_NEW. */
void store_set_boot_id(struct store *store, const char *boot_id);

/* An input that could not be written twice: kept with its reason so that it cannot stop every
 * start. */
int store_put_dead_letter(struct store *store, const char *kind, const char *subject,
			  const char *body, const char *reason, int64_t at_ms, struct err *err);

#endif
