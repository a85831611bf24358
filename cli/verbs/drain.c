/* drain.c - waiting for what runs, before a maintenance; see drain.h. */
#include "cli/verbs/drain.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOLD_TASKS 3

/* wait_ms 0 = as it stands now. */
static int ask_drain(struct cli *cli, int64_t wait_ms, struct reply *reply)
{
	struct question question = {.method = "GET", .wait_ms = wait_ms, .patient = true};
	int64_t before_ms = clock_now().boot_ms;
	char path[64];
	int code;

	snprintf(path, sizeof path, "/api/v1/drain?wait=%" PRId64 "ms", wait_ms);
	question.path = path;
	code = ask(cli, &question, reply);
	/* A daemon that stops answers early; the next question is for the one after it. */
	if (code == CODE_OK && reply_number(reply->json, "under_way") > 0 &&
	    clock_now().boot_ms - before_ms < wait_ms)
		ask_pause(100);
	return code;
}

/* "waits for 4 tasks: flights/load of run 9f1c..., ..." */
static void tell_tasks(const json_t *answer)
{
	int64_t count = reply_number(answer, "under_way");
	const json_t *tasks = json_object_get(answer, "tasks");
	struct str line = STR_INIT;
	size_t shown = json_array_size(tasks);

	str_printf(&line, "waits for %" PRId64 " task%s: ", count, count == 1 ? "" : "s");
	for (size_t i = 0; i < shown && i < TOLD_TASKS; i++) {
		const json_t *task = json_array_get(tasks, i);

		str_printf(&line, "%s%s/%s of run %s", i == 0 ? "" : ", ", reply_text(task, "dag"),
			   reply_text(task, "task"), reply_text(task, "run"));
	}
	str_append(&line, count > TOLD_TASKS ? " ..." : "");
	cli_tell("%s", str_text(&line));
	str_close(&line);
}

int drain_wait(struct cli *cli, const struct wait *wait)
{
	struct reply reply = {0};
	int64_t told = -1;
	int64_t wait_ms = 0;
	int code;

	for (;;) {
		int64_t count;

		code = ask_drain(cli, wait_ms, &reply);
		count = reply_number(reply.json, "under_way");
		if (code != CODE_OK || count == 0)
			break;
		if (!json_is_true(json_object_get(reply.json, "paused"))) {
			code = cli_fail(CODE_REFUSED, "the dags were resumed meanwhile");
			break;
		}
		if (count != told)
			tell_tasks(reply.json);
		told = count;
		wait_ms = wait_poll_ms(wait);
		if (wait_ms == 0) {
			code = cli_fail(CODE_TIMED_OUT, "%" PRId64 " task%s under way", count,
					count == 1 ? "" : "s");
			break;
		}
	}
	if (code == CODE_OK)
		cli_tell("nothing runs any more");
	reply_close(&reply);
	return code;
}
