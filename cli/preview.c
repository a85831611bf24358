/* preview.c - see preview.h. */
#include "cli/preview.h"

#include "base/mem.h"
#include "base/vec.h"
#include "cli/ask.h"
#include "model/state.h"

#include <inttypes.h>
#include <string.h>

#define NAMES_SHOWN 20

/* A rerun that was wished for, and what it comes to. Tasks of the run's end are left out: they run
 * again whenever the run ends again. */
struct choice {
	const struct dag *dag;
	uint32_t task_count;
	bool *chosen; /* by position */
};

static bool has_failed(const json_t *states, const char *task)
{
	enum task_state state;

	return task_state_from_name(reply_text(states, task), &state) &&
	       (state == TASK_FAILED || state == TASK_UPSTREAM_FAILED || state == TASK_CANCELLED);
}

static int refuse_task(const struct dag *dag, const char *id, struct err *err)
{
	const char **names = mem_alloc((dag->task_count + 1) * sizeof *names);
	const char *nearest;

	for (uint32_t i = 0; i < dag->task_count; i++)
		names[i] = dag->tasks[i].id;
	names[dag->task_count] = NULL;
	nearest = str_nearest(id, names);
	mem_free(names);
	if (nearest != NULL)
		return err_set(err, ERR_NOT_FOUND,
			       "dag '%s' has no task '%.100s' (did you mean '%s'?)", dag->id, id,
			       nearest);
	return err_set(err, ERR_NOT_FOUND, "dag '%s' has no task '%.100s'", dag->id, id);
}

static int choose(struct choice *choice, const json_t *states, const struct preview_wish *wish,
		  struct err *err)
{
	for (uint32_t i = 0; wish->task_count == 0 && i < choice->task_count; i++)
		choice->chosen[i] = has_failed(states, choice->dag->tasks[i].id);
	for (size_t i = 0; i < wish->task_count; i++) {
		uint32_t task = dag_find_task(choice->dag, wish->tasks[i]);

		if (task == UINT32_MAX)
			return refuse_task(choice->dag, wish->tasks[i], err);
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

/* "load, report (2 tasks)" */
static void append_names(const struct choice *choice, bool chosen, struct str *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < choice->task_count; i++) {
		if (choice->chosen[i] != chosen)
			continue;
		if (count < NAMES_SHOWN)
			str_printf(out, "%s%s", count == 0 ? "" : ", ", choice->dag->tasks[i].id);
		count++;
	}
	if (count == 0)
		str_append(out, "nothing");
	else if (count > NAMES_SHOWN)
		str_printf(out, " and %" PRIu32 " more", count - NAMES_SHOWN);
	if (count > 1)
		str_printf(out, " (%" PRIu32 " tasks)", count);
}

int preview_rerun(const struct dag *dag, const json_t *states, const struct preview_wish *wish,
		  struct str *out, struct err *err)
{
	struct choice choice = {.dag = dag, .task_count = dag->task_count - dag->hook_count};
	int rc;

	choice.chosen = mem_alloc((dag->task_count + 1) * sizeof *choice.chosen);
	rc = choose(&choice, states, wish, err);
	if (rc == 0 && !wish->only)
		choose_downstream(&choice);
	if (rc == 0) {
		str_append(out, "resets: ");
		append_names(&choice, true, out);
		str_append(out, "; keeps: ");
		append_names(&choice, false, out);
	}
	mem_free(choice.chosen);
	return rc;
}

int preview_choose(const struct dag *dag, const struct preview_wish *wish, bool **chosen,
		   struct err *err)
{
	struct choice choice = {.dag = dag, .task_count = dag->task_count - dag->hook_count};
	int rc;

	choice.chosen = mem_alloc((dag->task_count + 1) * sizeof *choice.chosen);
	rc = choose(&choice, NULL, wish, err);
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
