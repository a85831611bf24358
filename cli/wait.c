/* wait.c - waiting for the end of a run; see wait.h. */
#include "cli/wait.h"

#include "base/clock.h"
#include "cli/text.h"
#include "model/duration.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RUN_PATH_SIZE 96

int wait_read(const struct args *args, struct wait *out, struct err *err)
{
	const char *text = args->values[FLAG_WAIT];
	int64_t duration_ms;

	memset(out, 0, sizeof *out);
	out->wanted = args_has(args, FLAG_WAIT);
	if (text == NULL)
		return 0;
	if (duration_parse(text, &duration_ms, err) != 0) {
		err_wrap(err, "flag '--wait'");
		return err->code = ERR_USAGE;
	}
	out->is_bounded = true;
	out->until_boot_ms = clock_now().boot_ms + duration_ms;
	return 0;
}

bool wait_run_is_over(const json_t *run)
{
	enum run_state state;

	return run_state_from_name(reply_text(run, "state"), &state) && run_state_is_done(state);
}

int64_t wait_poll_ms(const struct wait *wait)
{
	int64_t left_ms;

	if (!wait->is_bounded)
		return ASK_WAIT_MS;
	left_ms = wait->until_boot_ms - clock_now().boot_ms;
	if (left_ms < 0)
		left_ms = 0;
	return left_ms < ASK_WAIT_MS ? left_ms : ASK_WAIT_MS;
}

static int poll_run(struct cli *cli, const char *run_id, int64_t wait_ms, struct reply *reply)
{
	struct question question = {.method = "GET", .wait_ms = wait_ms, .patient = true};
	char path[RUN_PATH_SIZE];
	int64_t before_ms = clock_now().boot_ms;
	int code;

	snprintf(path, sizeof path, "/api/v1/runs/%s:wait?wait=%" PRId64 "ms", run_id, wait_ms);
	question.path = path;
	code = ask(cli, &question, reply);
	/* A daemon that stops answers early; the next question is for the one after it. */
	if (code == CODE_OK && !wait_run_is_over(reply->json) &&
	    clock_now().boot_ms - before_ms < wait_ms)
		ask_pause(100);
	return code;
}

int wait_for_end(struct cli *cli, const char *run_id, const struct wait *wait, struct reply *reply)
{
	for (;;) {
		int64_t wait_ms = wait_poll_ms(wait);
		int code = poll_run(cli, run_id, wait_ms, reply);

		if (code != CODE_OK || wait_run_is_over(reply->json))
			return code;
		if (wait_ms == 0 || (wait->is_bounded && wait_poll_ms(wait) == 0))
			return cli_fail(CODE_TIMED_OUT,
					"run %s is still %s; go on with: heddle watch %s", run_id,
					reply_text(reply->json, "state"), run_id);
	}
}

void wait_tell_end(const json_t *run)
{
	int64_t duration_ms = reply_instant(run, "ended_at") - reply_instant(run, "created_at");
	struct str line = STR_INIT;
	char text[TEXT_SIZE];

	str_printf(&line, "run %s of %s: %s after %s", reply_text(run, "id"),
		   reply_text(run, "dag"), reply_text(run, "state"),
		   text_duration(duration_ms, text));
	if (reply_text(run, "reason")[0] != '\0')
		str_append(&line, ": ");
	str_append(&line, reply_text(run, "reason"));
	cli_tell("%s", str_text(&line));
	str_close(&line);
}

int wait_finish(struct cli *cli, const struct wait *wait, struct reply *reply)
{
	char run_id[32];
	int code = CODE_OK;

	snprintf(run_id, sizeof run_id, "%s", reply_text(reply->json, "id"));
	if (wait->wanted)
		code = wait_for_end(cli, run_id, wait, reply);
	if (cli->json && (code == CODE_OK || code == CODE_TIMED_OUT))
		reply_print(reply);
	if (code != CODE_OK || !wait->wanted)
		return code;
	if (!cli->json)
		wait_tell_end(reply->json);
	return exit_code_of_run(reply_text(reply->json, "state"));
}
