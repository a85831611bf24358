/* uncertain.c - see uncertain.h. */
#include "cli/uncertain.h"

#include "cli/ask.h"
#include "cli/table.h"
#include "cli/text.h"

#include <stdio.h>

static void add_row(struct table *table, const json_t *one)
{
	char number[24];
	char at[TEXT_SIZE];

	snprintf(number, sizeof number, "%lld", (long long)reply_number(one, "attempt"));
	table_cell(table, reply_text(one, "run"));
	table_cell(table, reply_text(one, "dag"));
	table_cell(table, reply_text(one, "task"));
	table_cell(table, number);
	table_cell(table, text_instant(reply_instant(one, "released_at"), at));
	table_cell(table, json_is_true(json_object_get(one, "lost")) ? "lost" : "not judged yet");
}

static void render_attempts(const json_t *list, struct str *out)
{
	static const char *const titles[] = {"RUN",   "DAG",       "TASK", "ATTEMPT",
					     "SINCE", "NOW IT IS", NULL};
	struct table table;
	const json_t *one;
	size_t i;

	table_init(&table, titles);
	json_array_foreach(list, i, one) add_row(&table, one);
	table_print(&table, false, out);
	table_close(&table);
}

void uncertain_render(const json_t *restored, struct str *out)
{
	const json_t *list = json_object_get(restored, "uncertain");
	int64_t until_ms = reply_instant(restored, "known_until");
	char until[TEXT_SIZE];

	str_append(out, "The home was ");
	text_clean(out, reply_text(restored, "reason"));
	str_printf(out, " by %s and starts nothing until it is resumed.\n",
		   reply_text(restored, "actor"));
	str_printf(out,
		   "It knows nothing of what happened after %s: runs begun, ended, marked or "
		   "cancelled since, their\noutputs, pauses and notes. A key that made a run since "
		   "would make another one.\n",
		   until_ms == 0 ? "its making" : text_instant(until_ms, until));
	str_printf(out, "%lld run%s under way; ",
		   (long long)reply_number(restored, "runs_under_way"),
		   reply_number(restored, "runs_under_way") == 1 ? " is" : "s are");
	if (json_array_size(list) == 0) {
		str_append(out, "no attempt was under way when the backup was made.\n");
		return;
	}
	str_printf(out,
		   "%zu%s attempt%s under way when the backup was made, and how %s ended is not "
		   "known\n(what the retries of a task allow is tried again once the home is "
		   "resumed; cancel or mark what must not):\n",
		   json_array_size(list),
		   json_is_true(json_object_get(restored, "more")) ? " and more" : "",
		   json_array_size(list) == 1 ? " was" : "s were",
		   json_array_size(list) == 1 ? "it" : "they");
	render_attempts(list, out);
}
