/* disk.h - what outlives a crash: the rows of rows.h and, beside them, the database that store/
 * keeps in a file. Both get every commit. A restart reads from the database when there is one, and
 * holds all it reads against the rows. */
#ifndef HEDDLE_TESTS_SIM_DISK_H
#define HEDDLE_TESTS_SIM_DISK_H

#include "tests/sim/rows.h"

struct store;

struct disk {
	struct rows rows;
	struct store *store; /* NULL = rows alone */
	char path[64];       /* of the database */
	unsigned boot;       /* the machine has restarted so often */
};

/* Where the database of a world is kept while its process lives; a process that aborts leaves it to
 * be looked at. */
void disk_path(char path[64], long pid, uint64_t seed);
void disk_open(struct disk *disk, bool on_store, uint64_t seed, struct moment now);
void disk_close(struct disk *disk); /* removes the database */
/* Commits lists of changes in one transaction. They stay the caller's. */
void disk_commit(struct disk *disk, struct change_list *const *lists, size_t count);
/* The daemon has died, or with reboot the machine: the database is opened anew, and instants of an
 * old boot clock mean nothing any more. */
void disk_crash(struct disk *disk, bool reboot, struct moment now);
/* As rows_restore, from the database when there is one. known: dags among which the stored versions
 * are found again. */
struct sched *disk_load(struct disk *disk, uint32_t slots, int64_t grace_ms, struct moment now,
			struct dag *const *known, size_t known_count);

#endif
