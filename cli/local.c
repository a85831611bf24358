/* local.c - see local.h. */
#include "cli/local.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

int local_check(const struct cli *cli, const char *verb, struct err *err)
{
	if (!args_has(cli->args, FLAG_URL))
		return 0;
	return err_set(
	    err, ERR_USAGE,
	    "'%s' works in the home itself: run it on the machine of the daemon, without "
	    "--url",
	    verb);
}

int local_db_path(const struct cli *cli, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/heddle.db", cli->home) >= PATH_MAX)
		return err_set(err, ERR_USAGE, "path '%.64s...' is too long", cli->home);
	if (access(cli->home, F_OK) != 0)
		return err_set(err, ERR_NOT_FOUND, "there is no home '%s': name one with --home",
			       cli->home);
	if (access(path, F_OK) != 0)
		return err_set(err, ERR_NOT_FOUND, "home '%s' has no database yet", cli->home);
	return 0;
}

void local_actor(char actor[128])
{
	struct passwd entry;
	struct passwd *found = NULL;
	char buffer[4096];

	if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
		snprintf(actor, 128, "user:%u", (unsigned)geteuid());
	else
		snprintf(actor, 128, "user:%.100s", found->pw_name);
}
