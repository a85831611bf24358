/* local.c - see local.h. */
#include "cli/local.h"

#include "cli/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

static bool find_owner(const struct cli *cli, struct stat *status)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/heddle.db", cli->home) < (int)sizeof path &&
	    stat(path, status) == 0)
		return true;
	return stat(cli->home, status) == 0;
}

static void name_owner(uid_t user, char name[64])
{
	const struct passwd *entry = getpwuid(user);

	if (entry != NULL)
		snprintf(name, 64, "%.63s", entry->pw_name);
	else
		snprintf(name, 64, "%u", (unsigned)user);
}

/* The groups first: who is not root any more may not change them. */
static int become(const struct stat *owner, struct local_self *self)
{
	const struct passwd *entry = getpwuid(owner->st_uid);
	gid_t group = entry == NULL ? owner->st_gid : entry->pw_gid;

	if (entry == NULL ? setgroups(1, &group) : initgroups(entry->pw_name, group))
		return -1;
	self->is_other = true;
	return setegid(group) != 0 || seteuid(owner->st_uid) != 0 ? -1 : 0;
}

int local_become_owner(const struct cli *cli, struct local_self *self, struct err *err)
{
	struct stat owner;
	int error;

	memset(self, 0, sizeof *self);
	if (geteuid() != 0 || !find_owner(cli, &owner) || owner.st_uid == 0)
		return 0;
	name_owner(owner.st_uid, self->owner);
	self->group = getegid();
	self->group_count = getgroups(LOCAL_GROUPS_MAX, self->groups);
	if (self->group_count >= 0 && become(&owner, self) == 0)
		return 0;
	error = errno;
	local_return(self);
	return err_errno(err, error, "become user '%s', whose home '%s' is", self->owner,
			 cli->home);
}

void local_return(struct local_self *self)
{
	if (!self->is_other)
		return;
	self->is_other = false;
	if (seteuid(0) != 0 || setegid(self->group) != 0 ||
	    setgroups((size_t)self->group_count, self->groups) != 0)
		cli_tell("what follows is done as user '%s'", self->owner);
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
