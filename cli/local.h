/* local.h - verbs that work in the home itself, with or without its daemon. */
#ifndef HEDDLE_CLI_LOCAL_H
#define HEDDLE_CLI_LOCAL_H

#include "cli/cli.h"

#include <stdbool.h>
#include <sys/types.h>

#define LOCAL_GROUPS_MAX 256

/* Fails with ERR_USAGE for a home elsewhere (--url). */
int local_check(const struct cli *cli, const char *verb, struct err *err);
/* The database of the home. Fails with ERR_NOT_FOUND when it has none, ERR_REFUSED when the home is
 * closed to who asks. */
int local_db_path(const struct cli *cli, char path[PATH_MAX], struct err *err);
/* What root does in another user's home is done as that user, from here to local_return: the daemon
 * could not use what root leaves there. The owner is that of the database, else of the folder;
 * nothing changes for others than root, and where there is no home yet. */
struct local_self {
	bool is_other; /* somebody else by now */
	gid_t group;
	gid_t groups[LOCAL_GROUPS_MAX];
	int group_count;
	char owner[64]; /* whom we became */
};
int local_become_owner(const struct cli *cli, struct local_self *self, struct err *err);
void local_return(struct local_self *self);
/* Who asks, as facts name people: "user:alice". */
void local_actor(char actor[128]);

#endif
