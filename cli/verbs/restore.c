/* restore.c - `heddle restore`: puts a backup into a home, and says what is uncertain then. */
#include "base/sys.h"
#include "cli/local.h"
#include "cli/text.h"
#include "cli/uncertain.h"
#include "cli/verbs/verbs.h"
#include "daemon/regain.h"
#include "daemon/stored.h"
#include "web/restored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the restored home cannot know, as the API tells it. */
static int read_restored(const struct regain_result *result, struct str *text, struct err *err)
{
	struct store_reader *reader = NULL;
	struct compose compose;
	char path[PATH_MAX];
	int rc = 0;

	if (snprintf(path, sizeof path, "%s/heddle.db", result->home) >= PATH_MAX)
		rc = err_set(err, ERR_LIMIT, "path '%.64s...' is too long", result->home);
	if (rc == 0)
		rc = store_reader_open(path, &reader, err);
	compose_init(&compose, text);
	if (rc == 0)
		rc = restored_write(&compose, reader, err);
	store_reader_close(reader);
	return rc;
}

static void print_json(const struct regain_result *result, const char *restored)
{
	struct str text = STR_INIT;
	struct compose compose;

	compose_init(&compose, &text);
	compose_open(&compose, '{');
	compose_member_text(&compose, "home", result->home);
	compose_member_text(&compose, "backup", result->backup.path);
	compose_member_int(&compose, "facts", result->backup.facts);
	compose_member_text(&compose, "replaced",
			    result->replaced[0] == '\0' ? NULL : result->replaced);
	compose_member_int(&compose, "ended", (int64_t)result->ended);
	compose_key(&compose, "held");
	compose_json(&compose, restored);
	compose_close(&compose, '}');
	str_append_char(&text, '\n');
	cli_print_str(&text);
	str_close(&text);
}

static void print_text(const struct regain_result *result, const char *restored)
{
	json_t *answer = json_loads(restored, 0, NULL);
	struct str text = STR_INIT;

	uncertain_render(json_object_get(answer, "restored"), &text);
	cli_print_str(&text);
	if (result->replaced[0] != '\0')
		cli_tell("the old database is in '%s'", result->replaced);
	if (result->ended > 0)
		cli_tell("%zu attempt%s of the old home still ran: ended", result->ended,
			 result->ended == 1 ? "" : "s");
	cli_tell("home '%s' is restored and held: start its daemon, look at the above, then "
		 "'heddle resume --all'",
		 result->home);
	str_close(&text);
	json_decref(answer);
}

/* A backup that only root can read is no good to the owner of the home. */
static int check_readable(const struct regain *regain, const struct local_self *self,
			  struct err *err)
{
	if (!self->is_other || faccessat(AT_FDCWD, regain->backup, R_OK, AT_EACCESS) == 0 ||
	    errno != EACCES)
		return 0;
	return err_set(
	    err, ERR_REFUSED,
	    "user '%s', whose home '%s' is, cannot read '%s': copy it to where that user "
	    "can",
	    self->owner, regain->home, regain->backup);
}

int run_verb_restore(struct cli *cli)
{
	struct regain regain = {.home = cli->home,
				.backup = cli->args->operands[0],
				.force = args_has(cli->args, FLAG_FORCE)};
	struct regain_result result = {.replaced = ""};
	struct local_self self;
	struct str restored = STR_INIT;
	struct err err = {0};
	char actor[128];
	int rc;

	sys_fault_role("restore");
	local_actor(actor);
	regain.actor = actor;
	rc = local_check(cli, "restore", &err);
	if (rc == 0)
		rc = local_become_owner(cli, &self, &err);
	if (rc == 0)
		rc = check_readable(&regain, &self, &err);
	if (rc == 0)
		rc = regain_home(&regain, &result, &err);
	if (rc == 0)
		rc = read_restored(&result, &restored, &err);
	if (rc == 0 && cli->json)
		print_json(&result, str_text(&restored));
	else if (rc == 0)
		print_text(&result, str_text(&restored));
	str_close(&restored);
	return rc == 0 ? CODE_OK : cli_fail_err(&err);
}
