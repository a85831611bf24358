/* backup.c - `heddle backup`: whole copies of the home's database, once or again and again. */
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"
#include "cli/local.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "daemon/doctor.h"
#include "daemon/stored.h"
#include "model/duration.h"
#include "web/compose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVERY_MIN_MS 1000
#define KEEP_MAX 100000
#define KEEP_WITH_EVERY 96 /* a day of one every 15 minutes: a disk must not fill by itself */

struct plan {
	char db_path[PATH_MAX];
	char folder[PATH_MAX];
	int64_t every_ms; /* 0 = once */
	int64_t keep;     /* 0 = all */
};

static int read_folder(const struct cli *cli, struct plan *plan, struct err *err)
{
	const char *to = cli->args->values[FLAG_TO];
	int length;

	if (to != NULL && strstr(to, "://") != NULL)
		return err_set(
		    err, ERR_USAGE,
		    "'%.*s' as the target of a backup is not supported yet: name a folder, "
		    "and copy it from there",
		    (int)(strstr(to, "://") + 3 - to), to);
	if (to != NULL)
		length = snprintf(plan->folder, sizeof plan->folder, "%s", to);
	else
		length = snprintf(plan->folder, sizeof plan->folder, "%s/backups", cli->home);
	if ((size_t)length >= sizeof plan->folder)
		return err_set(err, ERR_USAGE, "path '%.64s...' is too long", plan->folder);
	return 0;
}

static int read_every(const struct args *args, struct plan *plan, struct err *err)
{
	const char *every = args->values[FLAG_EVERY];

	plan->every_ms = 0;
	if (every == NULL)
		return 0;
	if (duration_parse(every, &plan->every_ms, err) != 0) {
		err_wrap(err, "--every");
		err->code = ERR_USAGE;
		return ERR_USAGE;
	}
	if (plan->every_ms < EVERY_MIN_MS)
		return err_set(err, ERR_USAGE, "--every is at least 1s");
	return 0;
}

static int read_plan(struct cli *cli, struct plan *plan, struct err *err)
{
	int rc = local_check(cli, "backup", err);

	if (rc == 0)
		rc = read_folder(cli, plan, err);
	if (rc == 0)
		rc = read_every(cli->args, plan, err);
	if (rc == 0)
		rc = args_number(cli->args, FLAG_KEEP, 1, KEEP_MAX,
				 plan->every_ms == 0 ? 0 : KEEP_WITH_EVERY, &plan->keep, err);
	return rc == 0 ? local_db_path(cli, plan->db_path, err) : rc;
}

static void print_json(const struct backup_info *info, size_t removed)
{
	struct str text = STR_INIT;
	struct compose compose;

	compose_init(&compose, &text);
	compose_open(&compose, '{');
	compose_member_text(&compose, "path", info->path);
	compose_member_int(&compose, "bytes", info->bytes);
	compose_member_int(&compose, "facts", info->facts);
	compose_member_time(&compose, "known_until", info->known_until_ms);
	compose_member_time(&compose, "made_at", info->made_at_ms);
	compose_member_text(&compose, "incarnation", info->incarnation);
	compose_member_int(&compose, "schema", info->schema);
	compose_member_int(&compose, "removed", (int64_t)removed);
	compose_close(&compose, '}');
	str_append_char(&text, '\n');
	cli_print_str(&text);
	str_close(&text);
}

static void tell(const struct cli *cli, const struct backup_info *info, size_t removed)
{
	if (cli->json) {
		print_json(info, removed);
		return;
	}
	cli_print_line(info->path);
	cli_tell("%.1f MB with %lld facts, checked whole", (double)info->bytes / 1e6,
		 (long long)info->facts);
	if (removed > 0)
		cli_tell("%zu older backup%s removed", removed, removed == 1 ? "" : "s");
}

static int back_up(struct cli *cli, const struct plan *plan)
{
	struct backup_info info;
	struct err err = {0};
	size_t removed = 0;
	struct local_self self = {.is_other = false};
	bool is_in_home = !args_has(cli->args, FLAG_TO);
	int rc = is_in_home ? local_become_owner(cli, &self, &err) : 0;

	if (rc == 0)
		rc = backup_write(plan->db_path, plan->folder, &info, &err);
	if (is_in_home || local_become_owner(cli, &self, NULL) == 0)
		doctor_note_backup(cli->home, &info, rc == 0 ? NULL : err.message);
	local_return(&self);
	if (rc == 0 && plan->keep > 0)
		rc = backup_prune(plan->folder, info.incarnation, (size_t)plan->keep, &removed,
				  &err);
	if (rc != 0)
		return cli_fail_err(&err);
	tell(cli, &info, removed);
	return CODE_OK;
}

static void sleep_until(int64_t boot_ms)
{
	struct timespec at = {boot_ms / 1000, boot_ms % 1000 * 1000000};

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* Until it is ended by a signal: whatever is half written then is removed by the next one. One that
 * fails is told, and the next is tried all the same. */
static _Noreturn void back_up_for_ever(struct cli *cli, const struct plan *plan)
{
	int64_t next_ms = clock_now().boot_ms;

	for (;;) {
		(void)back_up(cli, plan);
		while (next_ms <= clock_now().boot_ms)
			next_ms += plan->every_ms;
		sleep_until(next_ms);
	}
}

int run_verb_backup(struct cli *cli)
{
	struct plan plan;
	struct err err = {0};

	sys_fault_role("backup");
	if (read_plan(cli, &plan, &err) != 0)
		return cli_fail_err(&err);
	if (plan.every_ms > 0)
		back_up_for_ever(cli, &plan);
	return back_up(cli, &plan);
}
