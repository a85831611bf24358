/* space.h - how much room the home's file system has left, in bytes and in inodes.
 *
 * Below 5 % it is low: a warning. Below 1 % it is out: nothing new is started, so that what runs
 * can still write its log and its end (DESIGN.md section 3). A level is left only when there is a
 * fifth more than where it began, so that a disk at the edge does not start and stop by turns. */
#ifndef HEDDLE_DAEMON_SPACE_H
#define HEDDLE_DAEMON_SPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define SPACE_CHECK_MS 1000 /* between two looks, while anything happens or starts are held */

enum space_level {
	SPACE_ENOUGH,
	SPACE_LOW,
	SPACE_OUT,
};

struct space {
	enum space_level level;
	int64_t next_check_boot_ms;
	char why[160]; /* in words, while not enough */
};

/* The level that follows from what a file system says and from the level so far. */
enum space_level space_judge(const struct statvfs *status, enum space_level before);

/* Looks again when it is time to; true when the level changed, which it has then logged. A file
 * system that cannot be asked changes nothing. */
bool space_check(struct space *space, const char *home, int64_t now_boot_ms);

#endif
