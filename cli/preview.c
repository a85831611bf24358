/* preview.c - see preview.h. */
#include "cli/preview.h"

#include "base/mem.h"
#include "base/vec.h"
#include "cli/ask.h"
#include "model/state.h"

#include <string.h>

#define NAMES_SHOWN 20
#define AGAIN "runs again" /* of a dry run, at the end of what becomes of a task */

/* --- a rerun ------------------------------------------------------------------------------------
 */

/* Names that are told, up to NAMES_SHOWN, and counted. */
struct names {
	struct str text;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	if (names->count < NAMES_SHOWN)
		str_printf(&names->text, "%s%s", names->count == 0 ? "" : ", ", name);
	names->count++;
}

/* "load, report (2 tasks)" */
static void append_names(struct names *names, struct str *out)
{
	str_append(out, names->count == 0 ? "nothing" : str_text(&names->text));
	if (names->count > NAMES_SHOWN)
		str_printf(out, " and %zu more", names->count - NAMES_SHOWN);
	if (names->count > 1)
		str_printf(out, " (%zu tasks)", names->count);
	str_close(&names->text);
}

static bool runs_again(const json_t *change)
{
	const char *what = reply_text(change, "what");
	size_t length = strlen(what);

	if (strcmp(reply_text(change, "to"), task_state_name(TASK_NONE)) == 0)
		return true;
	return length >= strlen(AGAIN) && strcmp(what + length - strlen(AGAIN), AGAIN) == 0;
}

/* Fills changed (by task) and the names of what runs again. */
static void sort_changes(const json_t *changes, json_t *changed, struct names *resets)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		if (strcmp(reply_text(change, "kind"), "task") != 0)
			continue;
		json_object_set_new(changed, reply_text(change, "task"), json_true());
		if (runs_again(change))
			add_name(resets, reply_text(change, "task"));
	}
}

json_t *preview_again(const json_t *dry_run)
{
	json_t *again = json_object();
	const json_t *change;
	size_t i;

	json_array_foreach(json_object_get(dry_run, "changes"), i, change)
	{
		if (strcmp(reply_text(change, "kind"), "task") == 0 && runs_again(change))
			json_object_set_new(again, reply_text(change, "task"), json_true());
	}
	return again;
}

/* By an earlier rerun: it is in the history of the run only. */
static bool is_removed(const json_t *state)
{
	return json_is_string(state) &&
	       strcmp(json_string_value(state), task_state_name(TASK_REMOVED)) == 0;
}

void preview_rerun(const json_t *tasks, const json_t *dry_run, struct str *out)
{
	const json_t *changes = json_object_get(dry_run, "changes");
	struct names resets = {STR_INIT, 0};
	struct names keeps = {STR_INIT, 0};
	json_t *changed = json_object();
	const json_t *state;
	const char *task;

	sort_changes(changes, changed, &resets);
	json_object_foreach((json_t *)(uintptr_t)tasks, task, state)
	{
		if (json_object_get(changed, task) == NULL && !is_removed(state))
			add_name(&keeps, task);
	}
	str_append(out, "resets: ");
	append_names(&resets, out);
	if (reply_number(dry_run, "total") > (int64_t)json_array_size(changes)) {
		str_append(out, " at least; keeps: the rest");
		str_close(&keeps.text);
	} else {
		str_append(out, "; keeps: ");
		append_names(&keeps, out);
	}
	json_decref(changed);
}

/* --- a choice -----------------------------------------------------------------------------------
 */

/* Tasks that were wished for. Those of the run's end are left out: they run whenever it ends. */
struct choice {
	const struct dag *dag;
	uint32_t task_count;
	bool *chosen; /* by position */
};

static int choose(struct choice *choice, const struct preview_wish *wish, struct err *err)
{
	for (size_t i = 0; i < wish->task_count; i++) {
		uint32_t task = dag_find_task(choice->dag, wish->tasks[i]);

		if (task == UINT32_MAX)
			return dag_miss_task(choice->dag, wish->tasks[i], err);
		choice->chosen[task] = true;
	}
	return 0;
}

/* Each edge is looked at once. */
static void choose_downstream(struct choice *choice)
{
	VEC(uint32_t) open = {0};

	for (uint32_t i = 0; i < choice->dag->task_count; i++)
		if (choice->chosen[i])
			vec_push(&open, i);
	while (open.count > 0) {
		const struct task *task = &choice->dag->tasks[open.items[--open.count]];

		for (uint32_t d = 0; d < task->downstream_count; d++) {
			if (choice->chosen[task->downstream[d]])
				continue;
			choice->chosen[task->downstream[d]] = true;
			vec_push(&open, task->downstream[d]);
		}
	}
	vec_close(&open);
}

int preview_choose(const struct dag *dag, const struct preview_wish *wish, bool **chosen,
		   struct err *err)
{
	struct choice choice = {.dag = dag, .task_count = dag->task_count - dag->hook_count};
	int rc;

	choice.chosen = mem_alloc((dag->task_count + 1) * sizeof *choice.chosen);
	rc = choose(&choice, wish, err);
	for (uint32_t i = choice.task_count; rc == 0 && i < dag->task_count; i++)
		if (choice.chosen[i])
			rc = err_set(err, ERR_USAGE,
				     "task '%s' belongs to the end of the run: it runs when the "
				     "run ends",
				     dag->tasks[i].id);
	if (rc == 0 && !wish->only)
		choose_downstream(&choice);
	if (rc != 0) {
		mem_free(choice.chosen);
		choice.chosen = NULL;
	}
	*chosen = choice.chosen;
	return rc;
}
