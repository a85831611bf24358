/* logs.c - `heddle logs`: what tasks printed, also while they print it.
 *
 * A log that is followed outlives its daemon: when the connection breaks, the log is asked for
 * again from the byte after the last one printed, so that no line is doubled or lost.
 *
 * Where nobody looks the bytes go out as they are. A terminal gets what cannot steer it. With
 * --json each line is an object: {"task":"load","attempt":1,"line":7,"text":"..."}. */
#include "base/clock.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/ask.h"
#include "cli/lines.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verbs/verbs.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPT_MAX 1000000000
#define RETRY_PAUSE_MS 100

/* What is to be shown, and what was. */
struct logs {
	struct cli *cli;
	char run_id[17];
	const char *task; /* NULL = all */
	int64_t attempt;  /* 0 = the newest, and with follow those after it */
	bool follow;
	bool is_terminal;   /* stdout */
	VEC(int64_t) shown; /* by position in the list of tasks: the last attempt shown */
	size_t shown_count;
	bool run_is_over;
	bool task_is_over; /* the one that is wanted */
	int64_t last_fact;
};

/* --- one attempt's log --------------------------------------------------------------------------
 */

struct stream {
	struct logs *logs;
	const char *task;
	int64_t number;
	char path[256]; /* of the attempt */
	struct terminal terminal;
	struct lines lines;   /* of --json */
	struct str out;       /* what is about to be printed */
	int64_t offset_bytes; /* that stdout has */
	int64_t skip_bytes;   /* of this answer that stdout has already */
	bool has_begun;       /* this answer */
	bool stdout_failed;
	bool attempt_is_over; /* it was, before this answer was asked for */
	int64_t give_up_ms;   /* 0 = the daemon answers */
};

/* What is no UTF-8 becomes U+FFFD: JSON has no other bytes. */
static json_t *text_json(const char *text, size_t size)
{
	struct str clean = STR_INIT;
	json_t *json;

	for (size_t at = 0; at < size;) {
		size_t length = utf8_length(text + at);

		str_append_bytes(&clean, length == 0 ? "\xef\xbf\xbd" : text + at,
				 length == 0 ? 3 : length);
		at += length == 0 ? 1 : length;
	}
	json = json_stringn(str_text(&clean), clean.size);
	str_close(&clean);
	return json;
}

static void add_json(void *context, const char *text, size_t size)
{
	struct stream *stream = context;
	json_t *line = json_pack("{s:s,s:I,s:I,s:o}", "task", stream->task, "attempt",
				 (json_int_t)stream->number, "line",
				 (json_int_t)stream->lines.count, "text", text_json(text, size));
	char *printed = json_dumps(line, JSON_COMPACT);

	str_append(&stream->out, printed);
	str_append_char(&stream->out, '\n');
	free(printed); /* jansson's own */
	json_decref(line);
}

static bool print_out(struct stream *stream)
{
	bool is_printed = cli_print_str(&stream->out);

	str_clear(&stream->out);
	return is_printed;
}

static bool print_bytes(struct stream *stream, const char *bytes, size_t count)
{
	if (stream->logs->cli->json)
		lines_add(&stream->lines, bytes, count, add_json, stream);
	else if (stream->logs->is_terminal)
		terminal_add(&stream->terminal, bytes, count, &stream->out);
	else
		return cli_print(bytes, count);
	return print_out(stream);
}

/* What was held back until more came. */
static void end_printing(struct stream *stream)
{
	lines_end(&stream->lines, add_json, stream);
	terminal_end(&stream->terminal, &stream->out);
	(void)print_out(stream); /* told when stdout is closed */
	lines_close(&stream->lines);
	terminal_close(&stream->terminal);
	str_close(&stream->out);
}

/* An answer that is not partial begins at the log's first byte, whatever was asked for. */
static bool on_piece(void *context, int status, const char *bytes, size_t count)
{
	struct stream *stream = context;
	size_t drop;

	if (!stream->has_begun)
		stream->skip_bytes = status == 206 ? 0 : stream->offset_bytes;
	stream->has_begun = true;
	drop = (int64_t)count < stream->skip_bytes ? count : (size_t)stream->skip_bytes;
	stream->skip_bytes -= (int64_t)drop;
	stream->stdout_failed = !print_bytes(stream, bytes + drop, count - drop);
	if (!stream->stdout_failed)
		stream->offset_bytes += (int64_t)(count - drop);
	return !stream->stdout_failed;
}

static int look_at_attempt(struct stream *stream)
{
	struct reply reply = {0};
	int code = ask_get(stream->logs->cli, stream->path, &reply);

	stream->attempt_is_over =
	    code == CODE_OK && strcmp(reply_text(reply.json, "state"), "running") != 0;
	reply_close(&reply);
	return code;
}

static int ask_for_rest(struct stream *stream, struct reply *reply, struct err *err)
{
	struct question question = {.method = "GET", .piece = on_piece, .context = stream};
	bool follow = stream->logs->follow && !stream->attempt_is_over;
	char range[64];
	char path[288];
	const char *headers[] = {range, NULL};

	snprintf(range, sizeof range, "Range: bytes=%" PRId64 "-", stream->offset_bytes);
	snprintf(path, sizeof path, "%s/log%s", stream->path, follow ? "?follow=1" : "");
	question.path = path;
	question.headers = stream->offset_bytes > 0 ? headers : NULL;
	stream->has_begun = false;
	return ask_once(stream->logs->cli, &question, reply, err);
}

/* The daemon went away: true while it is worth to wait for it. */
static bool is_worth_waiting(struct stream *stream)
{
	int64_t now_ms = clock_now().boot_ms;

	if (stream->give_up_ms == 0)
		stream->give_up_ms = now_ms + ASK_PATIENCE_MS;
	ask_pause(RETRY_PAUSE_MS);
	return now_ms < stream->give_up_ms;
}

enum piece_result {
	PIECE_WHOLE,
	PIECE_BROKEN,
	PIECE_FAILED
};

/* Prints what there is beyond offset_bytes. 416: there is nothing beyond it. */
static enum piece_result take_rest(struct stream *stream, int *code)
{
	struct reply reply = {0};
	struct err err = {0};
	int64_t before = stream->offset_bytes;
	int rc = ask_for_rest(stream, &reply, &err);
	bool whole = rc == 0 && ((reply.status >= 200 && reply.status <= 299) ||
				 (reply.status == 416 && before > 0));
	bool gone = rc == ERR_AGAIN || rc == ERR_NOT_FOUND || (rc == 0 && reply.status == 503);
	enum piece_result result = PIECE_FAILED;

	if (stream->offset_bytes > before)
		stream->give_up_ms = 0;
	if (stream->stdout_failed)
		*code = CODE_FAILED; /* told when stdout is closed */
	else if (whole)
		result = PIECE_WHOLE;
	else if (gone && is_worth_waiting(stream))
		result = PIECE_BROKEN;
	else
		*code =
		    rc != 0 ? ask_tell_failure(stream->logs->cli, &err) : ask_tell_problem(&reply);
	if (result == PIECE_WHOLE && stream->offset_bytes == before && !stream->attempt_is_over &&
	    stream->logs->follow)
		ask_pause(RETRY_PAUSE_MS); /* a daemon that stops ends streams early */
	reply_close(&reply);
	return result;
}

/* Nothing came. That is told when the attempt has written something: its file is gone. */
static int explain_nothing(struct logs *logs, const char *path, const char *task, int64_t number)
{
	struct reply reply = {0};
	int code = ask_get(logs->cli, path, &reply);
	int64_t log_bytes = reply_number(reply.json, "log_bytes");

	if (code == CODE_OK && log_bytes > 0 &&
	    strcmp(reply_text(reply.json, "state"), "running") != 0)
		cli_tell("the log file of task '%s' (try %" PRId64 ") is gone: it had %" PRId64
			 " bytes",
			 task, number, log_bytes);
	reply_close(&reply);
	return code;
}

/* A stream that ends may have been cut off. What was asked for after the attempt was seen to be
 * over is all there is. */
static int show_attempt(struct logs *logs, const char *task, int64_t number)
{
	struct stream stream = {.logs = logs,
				.task = task,
				.number = number,
				.terminal = {.colour = logs->cli->colour}};
	enum piece_result result = PIECE_FAILED;
	int code = CODE_OK;

	snprintf(stream.path, sizeof stream.path, "/api/v1/runs/%s/tasks/%s/attempts/%" PRId64,
		 logs->run_id, task, number);
	do {
		if (logs->follow)
			code = look_at_attempt(&stream);
		if (code != CODE_OK)
			break;
		result = take_rest(&stream, &code);
	} while (result == PIECE_BROKEN ||
		 (result == PIECE_WHOLE && logs->follow && !stream.attempt_is_over));
	end_printing(&stream);
	if (code == CODE_OK && result == PIECE_WHOLE && stream.offset_bytes == 0)
		code = explain_nothing(logs, stream.path, task, number);
	return code;
}

/* --- which attempts -----------------------------------------------------------------------------
 */

/* The attempt of a task to be shown next, 0 = none (yet). */
static int64_t next_attempt(const struct logs *logs, const json_t *task, size_t position)
{
	int64_t newest = reply_number(task, "attempts");
	int64_t shown = logs->shown.items[position];

	if (logs->task != NULL && strcmp(logs->task, reply_text(task, "id")) != 0)
		return 0;
	if (logs->attempt != 0)
		return shown == 0 && newest >= logs->attempt ? logs->attempt : 0;
	if (newest <= shown || (shown != 0 && !logs->follow))
		return 0;
	return shown == 0 ? newest : shown + 1;
}

/* Starts are ordered; one that is not known yet comes last. */
static bool starts_before(const json_t *a, const json_t *b)
{
	int64_t a_ms = reply_instant(a, "started_at");
	int64_t b_ms = reply_instant(b, "started_at");

	return a_ms != 0 && (b_ms == 0 || a_ms < b_ms);
}

/* Returns the position of the task whose attempt is shown next, or the count of tasks. */
static size_t choose(const struct logs *logs, const json_t *tasks)
{
	size_t count = json_array_size(tasks);
	size_t chosen = count;

	for (size_t i = 0; i < count; i++) {
		const json_t *task = json_array_get(tasks, i);

		if (next_attempt(logs, task, i) != 0 &&
		    (chosen == count || starts_before(task, json_array_get(tasks, chosen))))
			chosen = i;
	}
	return chosen;
}

static void tell_which(const struct logs *logs, const char *task, int64_t number)
{
	struct str line = STR_INIT;

	if (logs->cli->json || (logs->task != NULL && logs->shown_count == 0))
		return;
	text_clean(&line, task);
	fprintf(stderr, "%s==> %s (try %" PRId64 ") <==\n", logs->shown_count == 0 ? "" : "\n",
		str_text(&line), number);
	str_close(&line);
}

static int show_next(struct logs *logs, const json_t *tasks, bool *any)
{
	size_t chosen = choose(logs, tasks);
	const json_t *task = json_array_get(tasks, chosen);
	int64_t number;

	*any = task != NULL;
	if (task == NULL)
		return CODE_OK;
	number = next_attempt(logs, task, chosen);
	tell_which(logs, reply_text(task, "id"), number);
	logs->shown.items[chosen] = number;
	logs->shown_count++;
	return show_attempt(logs, reply_text(task, "id"), number);
}

/* --- the run ------------------------------------------------------------------------------------
 */

/* Asked before the tasks are: when the run is over, the tasks that are seen then are the last. */
static int look_at_run(struct logs *logs, int64_t wait_ms)
{
	struct question question = {.method = "GET", .wait_ms = wait_ms, .patient = true};
	struct reply reply = {0};
	enum run_state state;
	char path[128];
	int code;

	snprintf(path, sizeof path, "/api/v1/runs/%s", logs->run_id);
	if (wait_ms > 0)
		snprintf(path, sizeof path, "/api/v1/runs/%s?wait=%" PRId64 "ms&since=%" PRId64,
			 logs->run_id, wait_ms, logs->last_fact);
	question.path = path;
	code = ask(logs->cli, &question, &reply);
	if (code == CODE_OK && wait_ms > 0 &&
	    reply_number(reply.json, "last_fact") == logs->last_fact)
		ask_pause(RETRY_PAUSE_MS); /* a daemon that stops answers early */
	if (code == CODE_OK) {
		logs->last_fact = reply_number(reply.json, "last_fact");
		logs->run_is_over = run_state_from_name(reply_text(reply.json, "state"), &state) &&
				    run_state_is_done(state);
	}
	reply_close(&reply);
	return code;
}

static const json_t *find_task(const json_t *tasks, const char *task_id)
{
	for (size_t i = 0; i < json_array_size(tasks); i++)
		if (strcmp(reply_text(json_array_get(tasks, i), "id"), task_id) == 0)
			return json_array_get(tasks, i);
	return NULL;
}

static int note_task(struct logs *logs, const json_t *tasks)
{
	const json_t *task = logs->task == NULL ? NULL : find_task(tasks, logs->task);
	enum task_state state;

	while (logs->shown.count < json_array_size(tasks))
		vec_push(&logs->shown, 0);
	if (logs->task != NULL && task == NULL)
		return cli_fail(CODE_NOT_FOUND, "run %s has no task '%s'", logs->run_id,
				logs->task);
	logs->task_is_over = task != NULL &&
			     task_state_from_name(reply_text(task, "state"), &state) &&
			     task_state_is_done(state);
	return CODE_OK;
}

static int look_at_tasks(struct logs *logs, struct reply *tasks)
{
	char path[64];
	int code;

	snprintf(path, sizeof path, "/api/v1/runs/%s/tasks", logs->run_id);
	code = ask_get(logs->cli, path, tasks);
	if (code == CODE_OK)
		code = note_task(logs, json_object_get(tasks->json, "items"));
	return code;
}

static int tell_nothing_shown(const struct logs *logs, const json_t *tasks)
{
	const json_t *task = logs->task == NULL ? NULL : find_task(tasks, logs->task);

	if (task == NULL) {
		cli_tell("no task of run %s has started", logs->run_id);
		return CODE_OK;
	}
	if (reply_number(task, "attempts") == 0)
		return cli_fail(CODE_NOT_FOUND, "task '%s' has not started: it is %s", logs->task,
				reply_text(task, "state"));
	return cli_fail(CODE_NOT_FOUND, "task '%s' has no attempt %" PRId64 ": it has had %" PRId64,
			logs->task, logs->attempt, reply_number(task, "attempts"));
}

static bool is_all(const struct logs *logs)
{
	return !logs->follow || logs->run_is_over || logs->task_is_over ||
	       (logs->attempt != 0 && logs->shown_count > 0);
}

static int show_all(struct logs *logs)
{
	struct reply tasks = {0};
	int code = look_at_run(logs, 0);
	bool any = true;

	if (code == CODE_OK)
		code = look_at_tasks(logs, &tasks);
	while (code == CODE_OK) {
		bool all = is_all(logs);

		code = show_next(logs, json_object_get(tasks.json, "items"), &any);
		if (code != CODE_OK || (!any && all))
			break;
		if (logs->follow)
			code = look_at_run(logs, any ? 0 : ASK_WAIT_MS);
		if (code == CODE_OK && logs->follow)
			code = look_at_tasks(logs, &tasks);
	}
	if (code == CODE_OK && logs->shown_count == 0)
		code = tell_nothing_shown(logs, json_object_get(tasks.json, "items"));
	reply_close(&tasks);
	return code;
}

static int read_wishes(struct logs *logs, struct err *err)
{
	const struct args *args = logs->cli->args;

	logs->follow = args_has(args, FLAG_FOLLOW);
	logs->is_terminal = isatty(STDOUT_FILENO);
	logs->task = args->operand_count > 1 ? args->operands[1] : NULL;
	if (logs->task != NULL && strchr(logs->task, '#') != NULL)
		return err_set(err, ERR_USAGE, "mapped tasks ('%s') are not supported yet",
			       logs->task);
	if (logs->task == NULL && args_has(args, FLAG_ATTEMPT))
		return err_set(err, ERR_USAGE,
			       "'--attempt' needs a task: heddle logs RUN TASK "
			       "--attempt N");
	return args_number(args, FLAG_ATTEMPT, 1, ATTEMPT_MAX, 0, &logs->attempt, err);
}

int run_verb_logs(struct cli *cli)
{
	struct logs logs = {.cli = cli};
	struct err err = {0};
	int code;

	if (read_wishes(&logs, &err) != 0)
		return cli_fail_err(&err);
	code = ask_run_id(cli, cli->args->operands[0], logs.run_id);
	if (code == CODE_OK)
		code = show_all(&logs);
	vec_close(&logs.shown);
	return code;
}
