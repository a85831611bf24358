/* trigger.c - `heddle trigger` and `heddle cancel`: ask for a change of a run, and wait for its
 * end.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "model/duration.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_PATH_SIZE 96

/* What --wait says. */
struct waiting {
	bool wanted;
	bool is_bounded;
	int64_t until_boot_ms; /* with is_bounded */
};

static int read_waiting(const struct args *args, struct waiting *out, struct err *err)
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

static bool run_is_over(const json_t *run)
{
	enum run_state state;

	return run_state_from_name(reply_text(run, "state"), &state) && run_state_is_done(state);
}

/* The longest next poll that the waiting allows; 0 = its time is over. */
static int64_t next_poll_ms(const struct waiting *waiting)
{
	int64_t left_ms;

	if (!waiting->is_bounded)
		return ASK_WAIT_MS;
	left_ms = waiting->until_boot_ms - clock_now().boot_ms;
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
	if (code == CODE_OK && !run_is_over(reply->json) &&
	    clock_now().boot_ms - before_ms < wait_ms)
		ask_pause(100);
	return code;
}

/* Waits until the run has ended; *reply is then the run as it ended. CODE_OK, whatever the run's
 * state, or CODE_TIMED_OUT. */
static int wait_for_end(struct cli *cli, const char *run_id, const struct waiting *waiting,
			struct reply *reply)
{
	for (;;) {
		int64_t wait_ms = next_poll_ms(waiting);
		int code = poll_run(cli, run_id, wait_ms, reply);

		if (code != CODE_OK || run_is_over(reply->json))
			return code;
		if (wait_ms == 0 || (waiting->is_bounded && next_poll_ms(waiting) == 0))
			return cli_fail(CODE_TIMED_OUT,
					"run %s is still %s; go on with: heddle watch %s", run_id,
					reply_text(reply->json, "state"), run_id);
	}
}

static void tell_end(const json_t *run)
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

/* {"KEY": "VALUE"}; the caller frees it. NULL when there is no value, and for what is not UTF-8. */
static char *body_of(const char *key, const char *value)
{
	json_t *object = value == NULL ? NULL : json_pack("{s:s}", key, value);
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	char *copy = mem_strdup(text);

	free(text); /* jansson's own */
	json_decref(object);
	return copy;
}

/* --- trigger ------------------------------------------------------------------------------------
 */

/* Without --id, a key is made here: a question that has to be asked again because the connection
 * broke must not start a second run. */
static int post_trigger(struct cli *cli, const char *dag, const char *key, struct reply *reply)
{
	struct question question = {.method = "POST", .patient = true};
	char header[64] = "Idempotency-Key: ";
	const char *headers[] = {header, NULL};
	struct str path = STR_INIT;
	char *body = body_of("id", key);
	int code;

	random_hex(header + strlen(header), 32);
	str_append(&path, "/api/v1/dags/");
	http_encode(&path, dag);
	str_append(&path, "/runs");
	question.path = str_text(&path);
	question.body = body;
	question.headers = key == NULL ? headers : NULL;
	code = key != NULL && body == NULL
		   ? cli_fail(CODE_USAGE, "the value of '--id' is not UTF-8")
		   : ask(cli, &question, reply);
	mem_free(body);
	str_close(&path);
	return code;
}

static int finish_trigger(struct cli *cli, const struct waiting *waiting, struct reply *reply)
{
	char run_id[32];
	int code;

	snprintf(run_id, sizeof run_id, "%s", reply_text(reply->json, "id"));
	if (!cli->json)
		cli_print_line(run_id); /* at once: who waits may want to know what for */
	code = waiting->wanted ? wait_for_end(cli, run_id, waiting, reply) : CODE_OK;
	if (cli->json && (code == CODE_OK || code == CODE_TIMED_OUT))
		reply_print(reply);
	if (code != CODE_OK || !waiting->wanted)
		return code;
	if (!cli->json)
		tell_end(reply->json);
	return exit_code_of_run(reply_text(reply->json, "state"));
}

int run_verb_trigger(struct cli *cli)
{
	struct reply reply = {0};
	struct waiting waiting;
	struct err err = {0};
	int code;

	if (read_waiting(cli->args, &waiting, &err) != 0)
		return cli_fail_err(&err);
	code = post_trigger(cli, cli->args->operands[0], cli->args->values[FLAG_ID], &reply);
	if (code == CODE_OK)
		code = finish_trigger(cli, &waiting, &reply);
	reply_close(&reply);
	return code;
}

/* --- cancel -------------------------------------------------------------------------------------
 */

static int post_cancel(struct cli *cli, const char *run_id, const char *reason, struct reply *reply)
{
	struct question question = {.method = "POST", .patient = true};
	char path[RUN_PATH_SIZE];
	char *body = body_of("reason", reason);
	int code;

	snprintf(path, sizeof path, "/api/v1/runs/%s:cancel", run_id);
	question.path = path;
	question.body = body;
	code = reason != NULL && body == NULL
		   ? cli_fail(CODE_USAGE, "the value of '--reason' is not UTF-8")
		   : ask(cli, &question, reply);
	mem_free(body);
	return code;
}

/* The run is over, or on its way there: either is what was asked for. */
static int finish_cancel(struct cli *cli, const char *run_id, const struct waiting *waiting,
			 struct reply *reply)
{
	int code = CODE_OK;

	if (waiting->wanted && !run_is_over(reply->json))
		code = wait_for_end(cli, run_id, waiting, reply);
	if (code != CODE_OK && code != CODE_TIMED_OUT)
		return code;
	if (cli->json)
		reply_print(reply);
	else if (run_is_over(reply->json))
		tell_end(reply->json);
	else if (code == CODE_OK)
		cli_tell("run %s is %s", run_id, reply_text(reply->json, "state"));
	return code;
}

int run_verb_cancel(struct cli *cli)
{
	struct reply reply = {0};
	struct waiting waiting;
	struct err err = {0};
	char run_id[17];
	int code;

	if (read_waiting(cli->args, &waiting, &err) != 0)
		return cli_fail_err(&err);
	code = ask_run_id(cli, cli->args->operands[0], run_id);
	if (code == CODE_OK)
		code = post_cancel(cli, run_id, cli->args->values[FLAG_REASON], &reply);
	if (code == CODE_OK)
		code = finish_cancel(cli, run_id, &waiting, &reply);
	reply_close(&reply);
	return code;
}
