/* disk.c - what outlives a crash; see disk.h. */
#include "tests/sim/disk.h"

#include <string.h>

void disk_open(struct disk *disk, bool on_store, uint64_t seed)
{
	(void)on_store;
	(void)seed;
	memset(disk, 0, sizeof *disk);
	rows_init(&disk->rows);
}

void disk_close(struct disk *disk)
{
	rows_close(&disk->rows);
}

void disk_commit(struct disk *disk, struct change_list *const *lists, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rows_apply(&disk->rows, lists[i]);
}

struct sched *disk_load(struct disk *disk, uint32_t slots, int64_t grace_ms, struct moment now,
			struct dag *const *known, size_t known_count)
{
	(void)known;
	(void)known_count;
	return rows_restore(&disk->rows, slots, grace_ms, now);
}

void disk_reboot(struct disk *disk)
{
	rows_reboot(&disk->rows);
}
