/* space.c - room left on the home's file system; see space.h. */
#include "daemon/space.h"

#include "base/log.h"

#include <stdio.h>

/* From worst to best. Parts of a thousand of all there is. */
static const struct {
	enum space_level level;
	unsigned below;
	const char *means;
} levels[] = {
    {SPACE_OUT, 10, "less than 1 % of the home's disk is free: no new task starts; make room"},
    {SPACE_LOW, 50, "less than 5 % of the home's disk is free; below 1 % no new task starts"},
};
#define LEVEL_COUNT (sizeof levels / sizeof levels[0])

static unsigned thousandths(uint64_t free, uint64_t all)
{
	/* Some file systems have no fixed number of inodes and say 0. */
	return all == 0 ? 1000 : (unsigned)((double)free * 1000 / (double)all);
}

enum space_level space_judge(const struct statvfs *status, enum space_level before)
{
	unsigned bytes = thousandths(status->f_bavail, status->f_blocks);
	unsigned inodes = thousandths(status->f_favail, status->f_files);
	unsigned least = bytes < inodes ? bytes : inodes;

	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		bool is_worse_than_before = levels[i].level > before;

		if (least < levels[i].below + (is_worse_than_before ? 0 : levels[i].below / 5))
			return levels[i].level;
	}
	return SPACE_ENOUGH;
}

static const char *meaning(enum space_level level)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (levels[i].level == level)
			return levels[i].means;
	return "";
}

bool space_check(struct space *space, const char *home, int64_t now_boot_ms)
{
	enum space_level before = space->level;
	struct statvfs status;

	if (now_boot_ms < space->next_check_boot_ms)
		return false;
	space->next_check_boot_ms = now_boot_ms + SPACE_CHECK_MS;
	if (statvfs(home, &status) != 0)
		return false;
	space->level = space_judge(&status, before);
	if (space->level == before)
		return false;
	snprintf(space->why, sizeof space->why, "%s", meaning(space->level));
	if (space->level == SPACE_ENOUGH)
		log_info("enough of the disk is free again", "home=%s", home);
	else
		log_warn("disk space", "home=%s err=\"%s\"", home, space->why);
	return true;
}
