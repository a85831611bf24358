/* local.c - see local.h. */
#include "cli/local.h"

#include <errno.h>
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

static int refuse_home(const struct cli *cli, const char *format, struct err *err)
    __attribute__((format(printf, 2, 0)));

/* errno says why it was not found: a folder that is closed to us hides what it holds. */
static int refuse_home(const struct cli *cli, const char *format, struct err *err)
{
	char text[PATH_MAX + 64];

	if (errno == EACCES)
		return err_set(err, ERR_REFUSED,
			       "home '%s' is another user's: become that user, who runs the daemon",
			       cli->home);
	snprintf(text, sizeof text, format, cli->home);
	return err_set(err, ERR_NOT_FOUND, "%s", text);
}

int local_db_path(const struct cli *cli, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/heddle.db", cli->home) >= PATH_MAX)
		return err_set(err, ERR_USAGE, "path '%.64s...' is too long", cli->home);
	if (access(cli->home, F_OK) != 0)
		return refuse_home(cli, "there is no home '%s': name one with --home", err);
	if (access(path, F_OK) != 0)
		return refuse_home(cli, "home '%s' has no database yet", err);
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
