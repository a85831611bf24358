/* follow.c - path_resolution(7), step by step, with a word about each link; see follow.h. */
#include "daemon/follow.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own bound */

struct walk {
	char done[PATH_MAX]; /* the folder reached, without links; "" = the root */
	char rest[PATH_MAX]; /* what is still to be walked */
	unsigned links;
};

/* Takes the first name off the rest; false when there is none. */
static bool next_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t skipped = strspn(walk->rest, "/");
	size_t length = strcspn(walk->rest + skipped, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, walk->rest + skipped, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + skipped + length,
		strlen(walk->rest + skipped + length) + 1);
	return true;
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Puts the link's target before the rest; false when the two are too long or the links too many. */
static bool take_link(struct walk *walk, const char *path)
{
	char target[PATH_MAX];
	char rest[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof target - 1);

	if (length <= 0 || ++walk->links > LINKS_MAX)
		return false;
	target[length] = '\0';
	if ((size_t)snprintf(rest, sizeof rest, "%s/%s", target, walk->rest) >= sizeof rest)
		return false;
	memcpy(walk->rest, rest, strlen(rest) + 1);
	if (target[0] == '/')
		walk->done[0] = '\0';
	return true;
}

/* One name further; false = the walk is over. */
static bool step(struct walk *walk, const char *name,
		 void (*place)(void *context, const char *folder, const char *name), void *context)
{
	char path[PATH_MAX];
	struct stat status;
	bool is_last = walk->rest[strspn(walk->rest, "/")] == '\0';
	bool is_there;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", walk->done, name) >= sizeof path)
		return false;
	is_there = lstat(path, &status) == 0;
	if (!is_there || is_last || S_ISLNK(status.st_mode))
		place(context, walk->done[0] == '\0' ? "/" : walk->done, name);
	if (!is_there)
		return false;
	if (S_ISLNK(status.st_mode))
		return take_link(walk, path);
	memcpy(walk->done, path, strlen(path) + 1);
	return true;
}

void follow_path(const char *path,
		 void (*place)(void *context, const char *folder, const char *name), void *context)
{
	struct walk walk = {.links = 0};
	char name[NAME_MAX + 1];
	bool goes_on = (size_t)snprintf(walk.rest, sizeof walk.rest, "%s", path) < sizeof walk.rest;

	while (goes_on && next_name(&walk, name)) {
		if (strcmp(name, "..") == 0)
			go_up(&walk);
		else if (strcmp(name, ".") != 0)
			goes_on = step(&walk, name, place, context);
	}
}
