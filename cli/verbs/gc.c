/* gc.c - `heddle gc`: packs what ended and lets go of what is past retention, now. A daemon does it
 * beside its work; without one it is done here, with the home's lock held. */
#include "base/file.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/local.h"
#include "cli/verbs/verbs.h"
#include "daemon/home.h"
#include "daemon/retention_alone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_PAUSE_MS 100

/* --- telling ------------------------------------------------------------------------------------
 */

static int64_t number_at(const json_t *told, const char *part, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(told, part), name));
}

static const char *bytes_text(int64_t bytes, char text[32])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
		size /= 1024;
		unit++;
	}
	snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
	return text;
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void tell_runs(const json_t *told, bool is_dry)
{
	int64_t packed = number_at(told, "packed", "runs");
	int64_t runs = number_at(told, "pruned", "runs");
	int64_t versions = number_at(told, "versions", "count");
	char line[256];
	char bytes[32];

	snprintf(line, sizeof line, "%s the logs of %" PRId64 " run%s",
		 is_dry ? "to pack:" : "packed", packed, plural(packed));
	cli_print_line(line);
	snprintf(line, sizeof line,
		 "%s %" PRId64 " run%s past retention: %" PRId64 " attempts, %" PRId64 " files, %s",
		 is_dry ? "to prune:" : "pruned", runs, plural(runs),
		 number_at(told, "pruned", "attempts"), number_at(told, "pruned", "files"),
		 bytes_text(number_at(told, "pruned", "bytes"), bytes));
	cli_print_line(line);
	snprintf(line, sizeof line, "%s %" PRId64 " version%s of no use: %s",
		 is_dry ? "to drop:" : "dropped", versions, plural(versions),
		 bytes_text(number_at(told, "versions", "bytes"), bytes));
	cli_print_line(line);
}

static void tell_files(const json_t *told, bool is_dry, bool with_backups)
{
	int64_t orphans = number_at(told, "orphans", "files");
	int64_t backups = number_at(told, "backups", "files");
	char line[256];
	char bytes[32];

	snprintf(line, sizeof line, "%s %" PRId64 " file%s that belong to nothing: %s",
		 is_dry ? "to remove:" : "removed", orphans, plural(orphans),
		 bytes_text(number_at(told, "orphans", "bytes"), bytes));
	cli_print_line(line);
	if (backups > 0) {
		snprintf(line, sizeof line,
			 "%s %" PRId64 " cop%s of the database, made by migrations: %s%s",
			 !with_backups ? "kept"
			 : is_dry      ? "to remove:"
				       : "removed",
			 backups, backups == 1 ? "y" : "ies",
			 bytes_text(number_at(told, "backups", "bytes"), bytes),
			 with_backups ? "" : " (they go with --backups)");
		cli_print_line(line);
	}
	snprintf(line, sizeof line, "kept artifacts: %" PRId64 " files, %s",
		 number_at(told, "artifacts", "files"),
		 bytes_text(number_at(told, "artifacts", "bytes"), bytes));
	cli_print_line(line);
}

/* Exits as a check does: 1 when something could not be done. */
static int tell(struct cli *cli, const json_t *told, const char *text)
{
	const char *error = reply_text(told, "error");
	int64_t faults = json_integer_value(json_object_get(told, "faults"));

	if (cli->json) {
		cli_print_line(text);
	} else {
		tell_runs(told, args_has(cli->args, FLAG_DRY_RUN));
		tell_files(told, args_has(cli->args, FLAG_DRY_RUN),
			   args_has(cli->args, FLAG_BACKUPS));
	}
	if (error[0] != '\0')
		return cli_fail(CODE_FAILED, "it was cut short: %s", error);
	if (faults > 0)
		return cli_fail(CODE_FAILED, "%" PRId64 " thing%s left for later: %s", faults,
				faults == 1 ? " is" : "s are", reply_text(told, "first_fault"));
	return CODE_OK;
}

static int tell_told(struct cli *cli, const json_t *told)
{
	json_t *own = json_copy((json_t *)(uintptr_t)told);
	char *text;
	int code;

	json_object_del(own, "former");
	text = json_dumps(own, JSON_COMPACT);
	code = tell(cli, own, text);
	free(text); /* jansson's own */
	json_decref(own);
	return code;
}

/* --- by the daemon ------------------------------------------------------------------------------
 */

/* Begins a round, once nobody else's is under way. */
static int begin_round(struct cli *cli, struct reply *reply)
{
	char header[64];
	const char *headers[] = {header, NULL};
	char body[64];
	struct question question = {.method = "POST",
				    .path = "/api/v1/gc",
				    .body = body,
				    .headers = headers,
				    .patient = true,
				    .may_collide = true};
	bool is_told = false;
	int code;

	snprintf(body, sizeof body, "{\"dry_run\":%s,\"backups\":%s}",
		 args_has(cli->args, FLAG_DRY_RUN) ? "true" : "false",
		 args_has(cli->args, FLAG_BACKUPS) ? "true" : "false");
	for (;;) {
		snprintf(header, sizeof header, "Idempotency-Key: ");
		random_hex(header + strlen(header), 32);
		code = ask(cli, &question, reply);
		if (code != CODE_REFUSED || reply->status != 409)
			return code;
		if (!is_told)
			cli_tell("waits for what somebody else asked for to end");
		is_told = true;
		ask_pause(LOOK_PAUSE_MS);
	}
}

/* What is said of a round in an answer; NULL: nothing any more. */
static const json_t *find_round(const json_t *answer, json_int_t round)
{
	const json_t *former = json_object_get(answer, "former");

	if (json_integer_value(json_object_get(answer, "round")) == round)
		return answer;
	return json_integer_value(json_object_get(former, "round")) == round ? former : NULL;
}

/* Begins a round, and asks after it until it is over. A daemon that starts anew meanwhile counts
 * from the beginning: then what is asked for goes on in its own time. */
static int ask_daemon(struct cli *cli)
{
	struct reply reply = {0};
	int code = begin_round(cli, &reply);
	json_int_t round = json_integer_value(json_object_get(reply.json, "round"));
	const json_t *told = reply.json;

	while (code == CODE_OK && json_is_true(json_object_get(told, "running"))) {
		ask_pause(LOOK_PAUSE_MS);
		code = ask_get(cli, "/api/v1/gc", &reply);
		told = find_round(reply.json, round);
		if (code == CODE_OK && told == NULL)
			code =
			    cli_fail(CODE_FAILED, "the daemon started anew meanwhile: ask again");
	}
	if (code == CODE_OK)
		code = tell_told(cli, told);
	reply_close(&reply);
	return code;
}

/* --- here ---------------------------------------------------------------------------------------
 */

static int tidy_here(struct cli *cli, const struct home *home)
{
	struct round_wish wish = {.parts = ROUND_PACK | ROUND_PRUNE | ROUND_SWEEP | ROUND_TOTALS,
				  .is_dry = args_has(cli->args, FLAG_DRY_RUN)};
	struct err err = {0};
	json_t *told;
	char *json;
	int code;

	if (args_has(cli->args, FLAG_BACKUPS))
		wish.parts |= ROUND_BACKUPS;
	if (retention_alone(home, wish, &json, &err) != 0)
		return cli_fail_err(&err);
	told = json_loads(json, 0, NULL);
	code = tell(cli, told, json);
	json_decref(told);
	mem_free(json);
	return code;
}

int run_verb_gc(struct cli *cli)
{
	struct local_self self;
	struct err err = {0};
	char path[PATH_MAX];
	struct home home;
	int code;
	int rc;

	if (args_has(cli->args, FLAG_URL))
		return ask_daemon(cli);
	if (local_db_path(cli, path, &err) != 0)
		return cli_fail_err(&err);
	home.lock_fd = -1;
	rc = local_become_owner(cli, &self, &err);
	if (rc == 0)
		rc = home_open(cli->home, NULL, &home, &err);
	if (rc == ERR_REFUSED) {
		local_return(&self);
		return ask_daemon(cli);
	}
	code = rc == 0 ? tidy_here(cli, &home) : cli_fail_err(&err);
	home_close(&home);
	return code;
}
