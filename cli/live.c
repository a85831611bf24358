/* live.c - see live.h. */
#include "cli/live.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/lines.h"
#include "cli/terminal.h"
#include "net/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EVERY_MS 500

struct live_log {
	struct live *live;
	char *task;
	int64_t attempt;
	struct lines lines;
	int64_t offset_bytes; /* taken of the log */
	int64_t skip_bytes;   /* of this answer that were taken before */
	bool has_begun;       /* this answer */
};

void live_init(struct live *live, struct cli *cli, const char *run_id)
{
	memset(live, 0, sizeof *live);
	live->cli = cli;
	live->run_id = run_id;
	live->is_terminal = isatty(STDOUT_FILENO);
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void append_harmless(const struct live *live, const char *text, size_t size, struct str *out)
{
	struct terminal terminal = {.colour = live->cli->colour};

	terminal_add(&terminal, text, size, out);
	terminal_end(&terminal, out);
	terminal_close(&terminal);
}

/* A reader that went away ends nothing: the run goes on. It is told when stdout is closed. */
static void print_line(void *context, const char *text, size_t size)
{
	struct live_log *log = context;
	struct str line = STR_INIT;

	str_printf(&line, "    %s | ", log->task);
	if (log->live->is_terminal)
		append_harmless(log->live, text, size, &line);
	else
		str_append_bytes(&line, text, size);
	str_append_char(&line, '\n');
	(void)fwrite(str_text(&line), 1, line.size, stdout);
	str_close(&line);
}

/* An answer that is not partial begins at the log's first byte, whatever was asked for. */
static bool on_piece(void *context, int status, const char *bytes, size_t count)
{
	struct live_log *log = context;
	size_t drop;

	if (!log->has_begun)
		log->skip_bytes = status == 206 ? 0 : log->offset_bytes;
	log->has_begun = true;
	drop = (int64_t)count < log->skip_bytes ? count : (size_t)log->skip_bytes;
	log->skip_bytes -= (int64_t)drop;
	log->offset_bytes += (int64_t)(count - drop);
	lines_add(&log->lines, bytes + drop, count - drop, print_line, log);
	return true;
}

/* An attempt without a log, or with nothing new in it, has nothing to show. */
static void read_log(struct live_log *log)
{
	char range[64];
	const char *headers[] = {range, NULL};
	struct question question = {.method = "GET", .piece = on_piece, .context = log};
	struct reply reply = {0};
	struct str path = STR_INIT;
	struct err err;

	snprintf(range, sizeof range, "Range: bytes=%" PRId64 "-", log->offset_bytes);
	question.headers = log->offset_bytes > 0 ? headers : NULL;
	str_printf(&path, "/api/v1/runs/%s/tasks/", log->live->run_id);
	http_encode(&path, log->task);
	str_printf(&path, "/attempts/%" PRId64 "/log", log->attempt);
	question.path = str_text(&path);
	log->has_begun = false;
	(void)ask_once(log->live->cli, &question, &reply, &err);
	reply_close(&reply);
	str_close(&path);
}

/* --- which logs ---------------------------------------------------------------------------------
 */

static void begin(struct live *live, const json_t *fact)
{
	struct live_log *log = mem_alloc(sizeof *log);

	memset(log, 0, sizeof *log);
	log->live = live;
	log->task = mem_strdup(reply_text(fact, "task"));
	log->attempt = reply_number(fact, "attempt");
	vec_push(&live->logs, log);
}

static void let_go(struct live_log *log)
{
	lines_close(&log->lines);
	mem_free(log->task);
	mem_free(log);
}

static void end(struct live *live, const json_t *fact)
{
	for (size_t i = 0; i < live->logs.count; i++) {
		struct live_log *log = live->logs.items[i];

		if (log->attempt != reply_number(fact, "attempt") ||
		    strcmp(log->task, reply_text(fact, "task")) != 0)
			continue;
		read_log(log);
		lines_end(&log->lines, print_line, log);
		fflush(stdout);
		let_go(log);
		live->logs.items[i] = live->logs.items[--live->logs.count];
		return;
	}
}

void live_take_fact(struct live *live, const json_t *fact)
{
	const char *kind = reply_text(fact, "kind");

	if (strcmp(kind, "attempt.new") == 0)
		begin(live, fact);
	else if (strcmp(kind, "attempt.end") == 0)
		end(live, fact);
}

void live_look(struct live *live)
{
	int64_t now_ms = clock_now().boot_ms;

	if (now_ms - live->looked_boot_ms < LOOK_EVERY_MS)
		return;
	live->looked_boot_ms = now_ms;
	for (size_t i = 0; i < live->logs.count; i++)
		read_log(live->logs.items[i]);
	fflush(stdout);
}

void live_close(struct live *live)
{
	for (size_t i = 0; i < live->logs.count; i++)
		let_go(live->logs.items[i]);
	vec_close(&live->logs);
}
