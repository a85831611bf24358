/* disk.h - what outlives a crash: the rows of rows.h and, beside them, the database that store/
 * keeps in a file. Both get every commit; a restart reads from the database when there is one. */
#ifndef HEDDLE_TESTS_SIM_DISK_H
#define HEDDLE_TESTS_SIM_DISK_H

#include "tests/sim/rows.h"

struct store;

struct disk {
	struct rows rows;
	struct store *store; /* NULL = rows alone */
	char path[128];      /* of the database */
};

void disk_open(struct disk *disk, bool on_store, uint64_t seed);
void disk_close(struct disk *disk);
/* Commits lists of changes in one transaction. They stay the caller's. */
void disk_commit(struct disk *disk, struct change_list *const *lists, size_t count);
/* As rows_restore, from the database when there is one. known: dags among which the stored versions
 * are found again. */
struct sched *disk_load(struct disk *disk, uint32_t slots, int64_t grace_ms, struct moment now,
			struct dag *const *known, size_t known_count);
/* The machine restarts: instants of the old boot clock mean nothing any more. */
void disk_reboot(struct disk *disk);

#endif
