/* prune.h - what a home lets go of in time, in small steps: which runs are due, what is known of
 * their files, and the rows that go.
 *
 *	ended --quiet--> packed (executor/process/pack.h) --past its dag's retention--> pruned
 *
 * Pruned is a state of its own (CHANGE_RUN_PRUNE, by the scheduler's leave): from then on nobody
 * reruns or marks the run. Then its files go, then its rows; the run's own row, its facts and the
 * names of its tasks stay, and so do all numbers. A version goes when no run with detail has it, it
 * is not in force and no file of the folder holds it; of one that facts speak of only the text
 *does.
 *
 * The questions are asked over a reader. The calls that write take the store's lock on the calling
 * thread, for one bounded transaction each. */
#ifndef HEDDLE_STORE_PRUNE_H
#define HEDDLE_STORE_PRUNE_H

#include "base/err.h"
#include "model/change.h"
#include "store/read.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRUNE_INCARNATION_SIZE 60

struct prune_run {
	int64_t run_no;
	int64_t created_at_ms;
	int64_t ended_at_ms; /* not read of those being cleared */
	char run_id[RUN_ID_SIZE];
};

struct prune_attempt {
	int64_t attempt_id;
	int64_t released_at_ms;
	char incarnation[PRUNE_INCARNATION_SIZE];
};

/* --- packing
 * ------------------------------------------------------------------------------------ */

/* Runs that ended before before_ms and are not packed, by their ends; beyond after, which is zeros
 * at first. */
int prune_read_unpacked(struct store_reader *reader, int64_t before_ms,
			const struct prune_run *after, struct prune_run *runs, size_t max,
			size_t *count, struct err *err);
/* The attempts of a run by id, beyond after. */
int prune_read_attempts(struct store_reader *reader, int64_t run_no, int64_t after,
			struct prune_attempt *attempts, size_t max, size_t *count, struct err *err);
int prune_count_attempts(struct store_reader *reader, int64_t run_no, size_t *count,
			 struct err *err);

/* What is known of a run's files once they are packed. */
struct prune_pack {
	int64_t run_no;
	int64_t ended_at_ms;
	int64_t pack_bytes; /* 0 = no file was needed */
	int64_t artifact_files;
	int64_t artifact_bytes;
};

/* The file of each is in its place. Of a run that is under way again only its size is noted. */
int store_note_packs(struct store *store, const struct prune_pack *packs, size_t count,
		     struct err *err);
/* And what stood there before is gone: nothing is left to be packed, unless the run has gone on
 * since. */
int store_note_packed(struct store *store, const struct prune_pack *packs, size_t count,
		      int64_t now_ms, struct err *err);

/* --- pruning
 * ------------------------------------------------------------------------------------ */

/* A walk over the dags and their runs past retention. Zeros begin it. */
struct prune_walk {
	char dag_id[LIMIT_ID_BYTES + 1]; /* "" = before the first */
	char retention[32];              /* of that dag, in words */
	bool is_inside;                  /* there may be more of that dag */
	bool is_over;
	int64_t after_ms; /* of that dag, the last one shown */
	int64_t after_run_no;
	int64_t until_ms; /* where its runs begin that are kept */
	int64_t until_run_no;
};

/* The next runs that are due, of one dag, oldest end first. None: the walk has come to another dag,
 * or is over. */
int prune_read_due(struct store_reader *reader, int64_t now_ms, struct prune_walk *walk,
		   struct prune_run *runs, size_t max, size_t *count, struct err *err);
/* Runs that were pruned and have something left, by number. */
int prune_read_clearing(struct store_reader *reader, int64_t after_run_no, struct prune_run *runs,
			size_t max, size_t *count, struct err *err);

struct prune_clear {
	int64_t run_no;
	int64_t through_attempt_id; /* the files of attempts up to it are gone */
	bool is_whole;              /* and all others of the run are */
};

struct prune_counts {
	int64_t runs; /* that have nothing left */
	int64_t attempts;
	int64_t tasks;
	int64_t outputs;
	int64_t versions;
	int64_t version_bytes; /* of text, and of files that no other version has */
};

/* Removes rows of runs that were pruned, about max_rows in all, and adds to *counts. What is left
 * is shown again by prune_read_clearing. */
int store_clear_runs(struct store *store, const struct prune_clear *runs, size_t count,
		     size_t max_rows, struct prune_counts *counts, struct err *err);

/* What a run left as artifacts is noted when it is packed; this is the sum of all. */
int prune_read_artifacts(struct store_reader *reader, int64_t *files, int64_t *bytes,
			 struct err *err);

/* Whose a file is. *is_cleared: it was pruned, and nothing of it is to be left. */
int prune_find_run(struct store_reader *reader, const char *run_id, bool *is_known,
		   bool *is_cleared, struct err *err);
int prune_find_attempt(struct store_reader *reader, int64_t attempt_id, const char *incarnation,
		       bool *is_known, struct err *err);
/* When the oldest run under way was made; INT64_MAX when none is. */
int prune_read_oldest(struct store_reader *reader, int64_t *created_at_ms, struct err *err);

struct prune_version {
	int64_t version_no;
	int64_t unused_since_ms; /* 0 = was not noted yet */
	int64_t bytes;
};

/* Versions of no use, by number, beyond after. */
int prune_read_versions(struct store_reader *reader, int64_t after, struct prune_version *versions,
			size_t max, size_t *count, struct err *err);
/* Notes those that are new among them, and removes those that were of no use since before_ms and
 * are so still: a version may be kept a while before it comes into force. */
int store_prune_versions(struct store *store, const struct prune_version *versions, size_t count,
			 int64_t now_ms, int64_t before_ms, struct prune_counts *counts,
			 struct err *err);

#endif
