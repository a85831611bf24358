/* history.c - see history.h. */
#include "cli/history.h"

#include "base/str.h"
#include "cli/ask.h"
#include "cli/text.h"
#include "model/state.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TASKS_SHOWN 10

void history_init(struct history *history, int64_t at_ms)
{
	memset(history, 0, sizeof *history);
	history->at_ms = at_ms;
	history->tasks = json_object();
	history->tries = json_object();
}

void history_close(struct history *history)
{
	json_decref(history->run);
	json_decref(history->tasks);
	json_decref(history->tries);
	json_decref(history->born);
}

static void set(json_t **slot, const json_t *fact)
{
	json_decref(*slot);
	*slot = json_incref((json_t *)(uintptr_t)fact);
}

static void take_task(struct history *history, const json_t *fact)
{
	/* Takes a reference of its own. */
	json_object_set(history->tasks, reply_text(fact, "task"), (json_t *)(uintptr_t)fact);
}

static void take_try(struct history *history, const json_t *fact)
{
	json_object_set_new(history->tries, reply_text(fact, "task"),
			    json_integer(reply_number(fact, "attempt")));
}

void history_take(struct history *history, const json_t *fact)
{
	const char *kind = reply_text(fact, "kind");

	if (history->born == NULL)
		set(&history->born, fact);
	/* By their instants, not by their order: a clock may have been set between them. */
	if (reply_instant(fact, "at") > history->at_ms)
		return;
	if (strcmp(kind, "run.new") == 0 || strcmp(kind, "run.state") == 0)
		set(&history->run, fact);
	else if (strcmp(kind, "task.state") == 0)
		take_task(history, fact);
	else if (strcmp(kind, "attempt.new") == 0)
		take_try(history, fact);
}

/* --- telling ------------------------------------------------------------------------------------
 */

static void add_link(json_t *chain, const json_t *fact, const char *kind, const char *task,
		     const struct str *text)
{
	json_array_append_new(chain, json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:n,s:n,s:n,s:s?}", "kind",
					       kind, "text", str_text(text), "dag",
					       fact == NULL ? NULL : reply_text(fact, "dag"), "run",
					       fact == NULL ? NULL : reply_text(fact, "run"),
					       "task", task, "pool", "count", "limit", "at",
					       fact == NULL ? NULL : reply_text(fact, "at")));
}

static void append_why(const json_t *fact, struct str *text)
{
	char since[TEXT_SIZE];

	str_printf(text, " since %s", text_instant(reply_instant(fact, "at"), since));
	if (reply_text(fact, "why")[0] != '\0')
		str_printf(text, ": %s", reply_text(fact, "why"));
}

static void add_run(const struct history *history, json_t *chain)
{
	const json_t *fact = history->run != NULL ? history->run : history->born;
	struct str text = STR_INIT;
	char at[TEXT_SIZE];

	if (history->run == NULL && fact == NULL)
		str_append(&text, "nothing is known of the run then");
	else if (history->run == NULL)
		str_printf(&text, "the run was not there yet: it was triggered at %s",
			   text_instant(reply_instant(fact, "at"), at));
	else
		str_printf(&text, "the run was %s", reply_text(fact, "to"));
	if (history->run != NULL)
		append_why(fact, &text);
	add_link(chain, fact, history->run == NULL ? "never" : reply_text(fact, "to"), NULL, &text);
	str_close(&text);
}

/* Facts name what kept a queued task from starting when it was queued, as a pause; who held the
 * slots of its pool afterwards was written down by nobody. */
static void add_unknown(json_t *chain, const json_t *fact)
{
	struct str text = STR_INIT;

	if (strcmp(reply_text(fact, "to"), "queued") != 0 || reply_text(fact, "why")[0] != '\0')
		return;
	str_append(&text, "who held the slots that it waited for then is not known");
	add_link(chain, fact, "not_known", reply_text(fact, "task"), &text);
	str_close(&text);
}

static void add_task(const struct history *history, json_t *chain, const char *task)
{
	const json_t *fact = json_object_get(history->tasks, task);
	int64_t tries = json_integer_value(json_object_get(history->tries, task));
	struct str text = STR_INIT;

	if (fact == NULL) {
		str_printf(&text, "task '%s' had not begun", task);
		add_link(chain, history->run, "none", task, &text);
		str_close(&text);
		return;
	}
	str_printf(&text, "task '%s' was %s", task, reply_text(fact, "to"));
	if (tries > 0)
		str_printf(&text, " (try %" PRId64 ")", tries);
	append_why(fact, &text);
	add_link(chain, fact, reply_text(fact, "to"), task, &text);
	add_unknown(chain, fact);
	str_close(&text);
}

static bool is_over(const json_t *fact)
{
	enum task_state state;

	return task_state_from_name(reply_text(fact, "to"), &state) &&
	       (task_state_is_done(state) || state == TASK_NONE);
}

/* Those that were on their way: what a run, or a task that had not begun, waited for. */
static void add_others(const struct history *history, json_t *chain, const char *but)
{
	const char *id;
	json_t *fact;
	size_t shown = 0;

	json_object_foreach(history->tasks, id, fact)
	{
		if (is_over(fact) || (but != NULL && strcmp(id, but) == 0) ||
		    shown++ >= TASKS_SHOWN)
			continue;
		add_task(history, chain, id);
	}
}

json_t *history_explain(const struct history *history, const char *task)
{
	json_t *chain = json_array();
	bool is_none;

	if (history->run == NULL || task == NULL) {
		add_run(history, chain);
		is_none = history->run != NULL;
	} else {
		add_task(history, chain, task);
		add_run(history, chain);
		is_none = json_object_get(history->tasks, task) == NULL;
	}
	if (is_none)
		add_others(history, chain, task);
	return json_pack("{s:s,s:o,s:[],s:i}", "answer",
			 reply_text(json_array_get(chain, 0), "text"), "chain", chain, "holders",
			 "holders_total", 0);
}
