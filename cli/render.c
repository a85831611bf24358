/* render.c - lists, runs and facts as text; see render.h. */
#include "cli/render.h"

#include "cli/ask.h"
#include "cli/table.h"
#include "cli/text.h"
#include "model/param.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void number_cell(struct table *table, const json_t *item, const char *key)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, reply_number(item, key));
	table_cell(table, text);
}

static void instant_cell(struct table *table, const json_t *item, const char *key)
{
	int64_t at_ms = reply_instant(item, key);
	char text[TEXT_SIZE];

	table_cell(table, at_ms == 0 ? "" : text_instant(at_ms, text));
}

/* It waits between two tries, or for a slot for the next one. */
static bool is_between_tries(const json_t *item)
{
	const char *state = reply_text(item, "state");

	return strcmp(state, "up_for_retry") == 0 || strcmp(state, "queued") == 0;
}

/* From begin to end, or to now for what has not ended. */
static void duration_cell(struct table *table, const json_t *item, const char *begin,
			  int64_t now_ms)
{
	int64_t begin_ms = reply_instant(item, begin);
	int64_t end_ms = reply_instant(item, "ended_at");
	char text[TEXT_SIZE];

	if (end_ms == 0)
		end_ms = now_ms;
	table_cell(table, begin_ms == 0 ? "" : text_duration(end_ms - begin_ms, text));
}

static void text_cell(struct table *table, const json_t *item, const char *key)
{
	table_cell(table, reply_text(item, key));
}

/* With errors, it is not what is in force. */
static void file_cell(struct table *table, const json_t *item)
{
	size_t count = json_array_size(json_object_get(item, "errors"));
	struct str text = STR_INIT;

	str_append(&text, reply_text(item, "file"));
	if (count > 0)
		str_printf(&text, " (broken: %zu error%s; its last good version is in force)",
			   count, count == 1 ? "" : "s");
	table_cell(table, str_text(&text));
	str_close(&text);
}

static void dag_row(struct table *table, const json_t *item, int64_t now_ms)
{
	const json_t *last = json_object_get(item, "last_run");

	(void)now_ms;
	text_cell(table, item, "id");
	number_cell(table, item, "tasks");
	text_cell(table, last, "id");
	text_cell(table, last, "state");
	instant_cell(table, last, "created_at");
	table_cell(table, json_is_true(json_object_get(item, "paused")) ? "yes" : "");
	file_cell(table, item);
}

static void run_row(struct table *table, const json_t *item, int64_t now_ms)
{
	text_cell(table, item, "id");
	text_cell(table, item, "dag");
	text_cell(table, item, "state");
	instant_cell(table, item, "created_at");
	duration_cell(table, item, "created_at", now_ms);
	text_cell(table, item, "reason");
}

/* Why it is as it is; of a task that runs well, how far it says it is. */
static void task_words(struct table *table, const json_t *item)
{
	const json_t *progress = json_object_get(item, "progress");
	struct str text = STR_INIT;

	if (reply_text(item, "reason")[0] != '\0' || !json_is_object(progress)) {
		text_cell(table, item, "reason");
		return;
	}
	str_printf(&text, "%" PRId64 " %%", reply_number(progress, "percent"));
	if (reply_text(progress, "text")[0] != '\0')
		str_printf(&text, ": %s", reply_text(progress, "text"));
	table_cell(table, str_text(&text));
	str_close(&text);
}

static void task_row(struct table *table, const json_t *item, int64_t now_ms)
{
	text_cell(table, item, "id");
	text_cell(table, item, "state");
	number_cell(table, item, "attempts");
	instant_cell(table, item, "started_at");
	if (is_between_tries(item))
		table_cell(table, "");
	else
		duration_cell(table, item, "started_at", now_ms);
	task_words(table, item);
}

static void pool_row(struct table *table, const json_t *item, int64_t now_ms)
{
	(void)now_ms;
	text_cell(table, item, "name");
	text_cell(table, item, "dag");
	number_cell(table, item, "slots");
	number_cell(table, item, "used");
	number_cell(table, item, "queued");
}

/* What an editor can jump to, as compilers write it. */
static void print_errors(const json_t *items, struct str *out)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		text_clean(out, reply_text(item, "file"));
		str_printf(out, ":%" PRId64 ":%" PRId64 ": ", reply_number(item, "line"),
			   reply_number(item, "column"));
		text_clean(out, reply_text(item, "message"));
		str_append_char(out, '\n');
	}
}

static const struct {
	const char *titles[TABLE_COLUMNS_MAX + 1];
	void (*row)(struct table *table, const json_t *item, int64_t now_ms);
} kinds[] = {
    [RENDER_DAGS] = {{"DAG", "TASKS", "LAST RUN", "STATE", "CREATED", "PAUSED", "FILE", NULL},
		     dag_row},
    [RENDER_RUNS] = {{"RUN", "DAG", "STATE", "CREATED", "DURATION", "REASON", NULL}, run_row},
    [RENDER_TASKS] = {{"TASK", "STATE", "TRIES", "STARTED", "DURATION", "REASON", NULL}, task_row},
    [RENDER_POOLS] = {{"POOL", "DAG", "SLOTS", "USED", "QUEUED", NULL}, pool_row},
};

void render_list(enum render_kind kind, const json_t *items, int64_t now_ms, bool colour,
		 struct str *out)
{
	struct table table;

	if (kind == RENDER_ERRORS) {
		print_errors(items, out);
		return;
	}
	table_init(&table, kinds[kind].titles);
	for (size_t i = 0; i < json_array_size(items); i++)
		kinds[kind].row(&table, json_array_get(items, i), now_ms);
	table_print(&table, colour, out);
	table_close(&table);
}

/* --- a run --------------------------------------------------------------------------------------
 */

static void append_state(const char *state, bool colour, struct str *out)
{
	if (colour)
		str_append(out, text_colour(state));
	text_clean(out, state);
	if (colour)
		str_append(out, text_colour_end(state));
}

static void append_more(const json_t *object, const char *key, const char *before,
			const char *after, struct str *out)
{
	const char *text = reply_text(object, key);

	if (text[0] == '\0')
		return;
	str_append(out, before);
	text_clean(out, text);
	str_append(out, after);
}

static void append_times(const json_t *run, int64_t now_ms, struct str *out)
{
	int64_t created_ms = reply_instant(run, "created_at");
	int64_t ended_ms = reply_instant(run, "ended_at");
	char instant[TEXT_SIZE];
	char duration[TEXT_SIZE];

	str_printf(out, "created  %s\n", text_instant(created_ms, instant));
	if (ended_ms != 0)
		str_printf(out, "ended    %s, after %s\n", text_instant(ended_ms, instant),
			   text_duration(ended_ms - created_ms, duration));
	else
		str_printf(out, "so far   %s\n", text_duration(now_ms - created_ms, duration));
}

/* "region=eu n=3"; a text is shown as it is. */
static void append_params(const json_t *params, struct str *out)
{
	struct str value = STR_INIT;
	const char *name;
	json_t *item;

	if (json_object_size(params) == 0)
		return;
	str_append(out, "params  ");
	json_object_foreach((json_t *)(uintptr_t)params, name, item)
	{
		str_clear(&value);
		param_value_text(item, &value);
		str_append_char(out, ' ');
		text_clean(out, name);
		str_append_char(out, '=');
		text_clean(out, str_text(&value));
	}
	str_append_char(out, '\n');
	str_close(&value);
}

/* "note     2026-11-20T06:00:00.000+00:00 user:alice at load: two rows were wrong" */
static void append_notes(const json_t *notes, struct str *out)
{
	for (size_t i = 0; i < json_array_size(notes); i++) {
		const json_t *note = json_array_get(notes, i);
		int64_t at_ms = reply_instant(note, "at");
		char instant[TEXT_SIZE];

		str_printf(out, "note     %s", at_ms == 0 ? "" : text_instant(at_ms, instant));
		append_more(note, "actor", " ", "", out);
		append_more(note, "task", " at ", "", out);
		append_more(note, "text", ": ", "", out);
		str_append_char(out, '\n');
	}
}

/* What the run stands for: its name, or an object that holds it as its id. */
static void append_period(const json_t *run, struct str *out)
{
	append_more(run, "period", "period   ", "\n", out);
	append_more(json_object_get(run, "period"), "id", "period   ", "\n", out);
}

/* False when the run has all its detail. */
static bool append_pruned(const json_t *run, struct str *out)
{
	int64_t at_ms = reply_instant(run, "pruned_at");
	char instant[TEXT_SIZE];

	if (at_ms == 0)
		return false;
	str_printf(out,
		   "pruned   %s, as the retention of its dag says: tasks, logs, params and outputs "
		   "are gone\n",
		   text_instant(at_ms, instant));
	return true;
}

void render_run(const json_t *run, const json_t *tasks, int64_t now_ms, bool colour,
		struct str *out)
{
	append_more(run, "id", "run      ", "\n", out);
	append_more(run, "dag", "dag      ", "", out);
	append_more(run, "dag_hash", " (version ", ")", out);
	str_append(out, "\nstate    ");
	append_state(reply_text(run, "state"), colour, out);
	append_more(run, "reason", ": ", "", out);
	if (json_is_true(json_object_get(run, "paused")))
		str_append(out, " (paused)");
	append_more(run, "key", "\nkey      ", "", out);
	append_more(run, "source", " (", ")", out);
	str_append_char(out, '\n');
	append_period(run, out);
	append_params(json_object_get(run, "params"), out);
	append_times(run, now_ms, out);
	append_notes(json_object_get(run, "notes"), out);
	if (append_pruned(run, out))
		return;
	str_append_char(out, '\n');
	render_list(RENDER_TASKS, tasks, now_ms, colour, out);
}

/* --- why ----------------------------------------------------------------------------------------
 */

/* "  held by 'load' of run 9f1c (dag 'flights') since 2026-11-20T06:00:00.000+00:00" */
static void append_holder(const json_t *holder, struct str *out)
{
	int64_t since_ms = reply_instant(holder, "since");
	int64_t slots = reply_number(holder, "slots");
	char instant[TEXT_SIZE];

	str_append(out, "  held by");
	append_more(holder, "task", " '", "'", out);
	append_more(holder, "run", " of run ", "", out);
	append_more(holder, "dag", " (dag '", "'", out);
	if (slots > 1)
		str_printf(out, ", %" PRId64 " slots", slots);
	str_append(out, ")");
	if (since_ms != 0)
		str_printf(out, " since %s", text_instant(since_ms, instant));
	str_append_char(out, '\n');
}

/* A deadline is no cause, nor is a pause of the dag as such, nor what changed since. */
static const char *link_word(const json_t *link, const char *word)
{
	const char *kind = reply_text(link, "kind");
	bool is_beside = strcmp(kind, "timeout") == 0 ||
			 (strcmp(kind, "pause") == 0 && reply_text(link, "run")[0] == '\0') ||
			 strcmp(kind, "broken") == 0 || strcmp(kind, "script") == 0;

	return is_beside ? "and" : word;
}

void render_why(const json_t *why, const char *word, struct str *out)
{
	const json_t *chain = json_object_get(why, "chain");
	const json_t *holders = json_object_get(why, "holders");
	int64_t total = reply_number(why, "holders_total");
	int64_t shown = (int64_t)json_array_size(holders);

	append_more(why, "answer", "", "\n", out);
	for (size_t i = 1; i < json_array_size(chain); i++) {
		str_printf(out, "  %s ", link_word(json_array_get(chain, i), word));
		append_more(json_array_get(chain, i), "text", "", "", out);
		str_append_char(out, '\n');
	}
	for (size_t i = 0; i < json_array_size(holders); i++)
		append_holder(json_array_get(holders, i), out);
	if (total > shown)
		str_printf(out, "  and %" PRId64 " more\n", total - shown);
}

/* --- a fact -------------------------------------------------------------------------------------
 */

static void append_try(const json_t *fact, struct str *out)
{
	int64_t number = reply_number(fact, "attempt");

	if (number > 0)
		str_printf(out, " (try %" PRId64 ")", number);
}

static void task_fact(const json_t *fact, const char *state, bool colour, struct str *out)
{
	text_clean(out, reply_text(fact, "task"));
	str_append_char(out, ' ');
	append_state(state, colour, out);
	append_try(fact, out);
}

static void run_fact(const json_t *fact, bool colour, struct str *out)
{
	str_append(out, "run ");
	append_state(reply_text(fact, "to"), colour, out);
	/* A reason names who gave it. */
	if (reply_text(fact, "why")[0] == '\0' &&
	    strcmp(reply_text(fact, "actor"), "scheduler") != 0)
		append_more(fact, "actor", " by ", "", out);
}

static void new_run_fact(const json_t *fact, struct str *out)
{
	append_more(fact, "run", "run ", "", out);
	append_more(fact, "dag", " of ", "", out);
	append_more(fact, "actor", " by ", "", out);
}

/* Facts that are no change of state, in words. */
static const struct {
	const char *kind;
	const char *words;
	bool tells_to; /* what is there now */
	bool tells_who;
} events[] = {
    {"task.outputs", "gave outputs", false, false},
    {"run.note", "noted", false, true},
    {"run.prune", "pruned", false, false},
    {"run.version", "goes on with version", true, false},
    {"run.params", "goes on with params", true, false},
};

static bool event_fact(const json_t *fact, const char *kind, struct str *out)
{
	const char *task = reply_text(fact, "task");

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (strcmp(events[i].kind, kind) != 0)
			continue;
		text_clean(out, task[0] == '\0' ? "run" : task);
		str_printf(out, " %s", events[i].words);
		if (events[i].tells_to)
			append_more(fact, "to", " ", "", out);
		if (events[i].tells_who)
			append_more(fact, "actor", " by ", "", out);
		return true;
	}
	return false;
}

static void other_fact(const json_t *fact, struct str *out)
{
	if (event_fact(fact, reply_text(fact, "kind"), out))
		return;
	text_clean(out, reply_text(fact, "kind"));
	append_more(fact, "task", " ", "", out);
	append_try(fact, out);
	append_more(fact, "from", " from ", "", out);
	append_more(fact, "to", " to ", "", out);
}

/* A task that starts running is told by its new attempt, which knows its number; the end of an
 * attempt by the task's next state, which knows what follows from it. */
static bool is_told_elsewhere(const json_t *fact, const char *kind)
{
	return strcmp(kind, "attempt.end") == 0 ||
	       (strcmp(kind, "task.state") == 0 && strcmp(reply_text(fact, "to"), "running") == 0);
}

void render_fact(const json_t *fact, bool colour, struct str *out)
{
	const char *kind = reply_text(fact, "kind");
	char time[TEXT_SIZE];

	if (is_told_elsewhere(fact, kind))
		return;
	str_printf(out, "%s ", text_instant(reply_instant(fact, "at"), time));
	if (strcmp(kind, "attempt.new") == 0)
		task_fact(fact, "running", colour, out);
	else if (strcmp(kind, "task.state") == 0)
		task_fact(fact, reply_text(fact, "to"), colour, out);
	else if (strcmp(kind, "run.state") == 0)
		run_fact(fact, colour, out);
	else if (strcmp(kind, "run.new") == 0)
		new_run_fact(fact, out);
	else
		other_fact(fact, out);
	append_more(fact, "why", ": ", "", out);
	str_append_char(out, '\n');
}
