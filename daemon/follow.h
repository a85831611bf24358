/* follow.h - by which links a path leads to what it names.
 *
 * Whoever swaps one of them changes what is found behind the path: so the folder that holds each is
 * to be watched, for that link's name. */
#ifndef HEDDLE_DAEMON_FOLLOW_H
#define HEDDLE_DAEMON_FOLLOW_H

/* Walks path (absolute) name by name and calls for each that is a link, in links' targets too:
 * folder is where it lies, free of links itself. At last it calls for the name that the path ends
 * with once all links are followed; when that or a folder above it does not exist, for the first
 * name that is missing. The texts live until place returns. Loops end after 40 links, as in the
 * kernel. */
void follow_path(const char *path,
		 void (*place)(void *context, const char *folder, const char *name), void *context);

#endif
