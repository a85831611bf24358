/* retention_round.h - one round of tidying a home, in bounded steps: what ended is packed, what is
 * past retention goes, then versions of no use and what nobody owns.
 *
 *	PACK -> MARK -> CLEAR -> VERSIONS -> SWEEP -> TOTALS -> over
 *
 * Steps block and are made on a worker, or by a program that has the home to itself. What each step
 * needs is on disk: a round that is cut short is simply not finished, and the next one goes on.
 *
 * Which runs may be pruned is not decided here: a step that finds some lists them in `due`, and
 * whoever makes the steps prunes those that nobody works on (CHANGE_RUN_PRUNE), before the next
 * step. */
#ifndef HEDDLE_DAEMON_RETENTION_ROUND_H
#define HEDDLE_DAEMON_RETENTION_ROUND_H

#include "base/vec.h"
#include "daemon/retention_files.h"
#include "executor/process/pack.h"
#include "store/prune.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

struct home;

#define ROUND_RUNS 32           /* packed with two commits */
#define ROUND_DUE 64            /* pruned with one, and cleared with one */
#define ROUND_DAGS 200          /* looked at in a step */
#define ROUND_ROWS 400          /* removed with one */
#define ROUND_ENTRIES 400       /* of folders looked at in a step */
#define ROUND_BYTES (4LL << 20) /* packed in a step */
#define ROUND_VERSIONS 16       /* judged in a step */
#define ROUND_VERSION_MS 600000 /* of no use for so long: then it goes */
#define ROUND_STALE_MS 3600000  /* a file that somebody was writing: not any more after it */

/* What a round is to do. */
enum round_part {
	ROUND_PACK = 1 << 0,
	ROUND_PRUNE = 1 << 1, /* runs and versions */
	ROUND_SWEEP = 1 << 2,
	ROUND_BACKUPS = 1 << 3, /* with it: what migrations left, too */
	ROUND_TOTALS = 1 << 4,  /* counts the artifacts that stay */
};

struct round_wish {
	unsigned parts;   /* of enum round_part */
	bool is_dry;      /* says what would go and lets all stay */
	int64_t quiet_ms; /* runs that ended later are not packed yet */
};

struct round_report {
	int64_t packed_runs;
	int64_t packed_bytes; /* of their files */
	int64_t due_runs;     /* past retention: pruned, or to be */
	struct prune_counts pruned;
	struct file_counts files;     /* of pruned runs */
	struct file_counts orphans;   /* that belong to nobody */
	struct file_counts backups;   /* of migrations: removed when asked for */
	struct file_counts artifacts; /* that stay */
	int64_t faults;               /* what could not be done: left for the next round */
	char first_fault[ERR_MESSAGE_MAX];
};

enum round_phase {
	PHASE_PACK,
	PHASE_MARK,
	PHASE_CLEAR,
	PHASE_VERSIONS,
	PHASE_SWEEP,
	PHASE_TOTALS,
	PHASE_OVER,
};

struct round_packing {
	struct pack_writer *writer; /* of the run at hand; NULL = none */
	struct prune_pack pack;     /* of it */
	bool has_failed;            /* something could not be removed: it comes again */
};

/* Runs whose files are being packed. */
struct round_pack {
	struct prune_run after;
	struct prune_run listed[ROUND_RUNS];
	size_t listed_count;
	size_t next; /* of listed */
	struct round_packing runs[ROUND_RUNS];
	size_t begun;   /* of runs */
	size_t written; /* of runs: those before it are in their places */
	size_t cleared; /* likewise: and what stood there before is gone */
	bool is_noted;  /* the store knows of all that are written */
	bool is_full;   /* no more are begun before these are done */
};

struct round_sweep {
	size_t place;      /* which of the folders; retention_sweep.c */
	DIR *days;         /* of logs/ */
	char day[16];      /* the folder at hand, below logs/ */
	DIR *folder;       /* open at present */
	bool has_kept;     /* something stays in it */
	int64_t oldest_ms; /* when the oldest run under way was made */
};

struct retention_round {
	const struct home *home; /* the caller's, as is the store */
	struct store *store;
	struct store_reader *reader; /* opened by the first step */
	struct round_wish wish;
	int64_t now_ms; /* when it began */
	enum round_phase phase;
	struct round_pack pack;
	struct prune_walk walk;
	struct prune_run due[ROUND_DUE]; /* to be pruned before the next step */
	size_t due_count;
	int64_t cleared_run_no; /* runs up to it had their turn */
	int64_t judged_version_no;
	struct round_sweep sweep;
	struct round_report report;
};

void round_init(struct retention_round *round, const struct home *home, struct store *store,
		struct round_wish wish);
/* Does the next bounded piece. Fails when nothing can be done at all (no database, no room): the
 * round is then over. What fails for one run alone is counted as a fault. */
int round_step(struct retention_round *round, struct err *err);
bool round_is_over(const struct retention_round *round);
/* Any thread, when no step is under way. */
void round_close(struct retention_round *round);

/* What retention_sweep.c does: one piece of the last phase. */
int sweep_step(struct retention_round *round, bool *done, struct err *err);
void sweep_close(struct round_sweep *sweep);
/* Notes what could not be done. */
void round_fault(struct retention_round *round, const struct err *err);

#endif
